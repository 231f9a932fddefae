"""Is the last move of a series more than its usual ups and downs? The XmR chart and its rules.

The natural limits come from how much neighbouring values differ, not from the spread of all values, so that
a drift or a jump does not widen the limits it should be seen against (Shewhart 1931; Wheeler & Chambers 1992;
Wheeler, *Understanding Variation*, 1993). Values are in time order and in the metric's own unit; missing ones
are NaN and are skipped: a pattern runs across a gap, a moving range does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

VALUES_NEEDED: Final = 6
# 3 / d2 and D4 for ranges of two values; the second of each is for their median (Wheeler 1993, appendix).
LIMITS_BY_MEAN: Final = 2.660
LIMITS_BY_MEDIAN: Final = 3.145
RANGE_BY_MEAN: Final = 3.268
RANGE_BY_MEDIAN: Final = 3.865


class Rule(StrEnum):
    """A pattern that chance alone rarely makes."""

    OUTSIDE = "outside"  # beyond three sigma: Shewhart 1931; Western Electric 1956 test 1; Nelson 1984 test 1
    TWO_OF_THREE = "two of three"  # beyond two sigma, same side: Western Electric 2; Nelson 5
    FOUR_OF_FIVE = "four of five"  # beyond one sigma, same side: Western Electric 3; Nelson 6
    EIGHT_ON_ONE_SIDE = "eight on one side"  # Western Electric 4; Nelson 2 asks for nine
    SIX_IN_A_ROW = "six in a row"  # each above (or below) the one before: Nelson 3


@dataclass(frozen=True)
class Limits:
    """The natural process limits. `mean_range` is the mean (or median) move from one value to the next.

    A move above `range_upper` is unusual in itself.
    """

    centre: float
    lower: float
    upper: float
    mean_range: float
    range_upper: float

    @property
    def sigma(self) -> float:
        """The standard deviation that neighbouring values imply: a third of the way to a limit."""
        return (self.upper - self.centre) / 3.0


@dataclass(frozen=True)
class Signal:
    """A rule that the values up to `index` meet; `index` counts every value, missing ones too."""

    index: int
    rule: Rule
    words: str


@dataclass(frozen=True)
class Reading:
    """What the last value says against the ones before it. Without `enough` values nothing is claimed."""

    enough: bool
    is_signal: bool
    rules: tuple[Rule, ...]
    words: str
    limits: Limits | None


def limits(values: ArrayLike, *, baseline: slice | None = None, by_median: bool = False) -> Limits | None:
    """Natural limits of `values`: mean -+ 2.66 times the mean moving range. None below six values.

    `baseline` picks the values that set the limits (all by default). `by_median` takes the median moving
    range with 3.145 instead, which a few wild moves do not widen. Raises ValueError on an infinite value.
    """
    chosen = _checked(values)
    if baseline is not None:
        chosen = chosen[baseline]
    present = chosen[np.isfinite(chosen)]
    moves = np.abs(np.diff(chosen))
    moves = moves[np.isfinite(moves)]
    if len(present) < VALUES_NEEDED or not len(moves):
        return None
    centre = float(present.mean())
    move = float(np.median(moves) if by_median else moves.mean())
    width = (LIMITS_BY_MEDIAN if by_median else LIMITS_BY_MEAN) * move
    return Limits(
        centre=centre,
        lower=centre - width,
        upper=centre + width,
        mean_range=move,
        range_upper=(RANGE_BY_MEDIAN if by_median else RANGE_BY_MEAN) * move,
    )


def signals(values: ArrayLike, within: Limits) -> list[Signal]:
    """Every rule met and where, in order: the value named is the one that completes the pattern.

    Values that follow chance alone meet one of the five for the first time after 77 values on average
    (simulated; Champ & Woodall 1987 give 92 for the first four).
    """
    every = _checked(values)
    places = np.flatnonzero(np.isfinite(every))
    present = every[places]
    found = []
    for side in (1, -1):
        for rule, hits in _patterns(side * present, _mirrored(within, side)).items():
            found += [
                Signal(int(place), rule, _words(rule, side))
                for place in places[np.flatnonzero(hits)].tolist()
            ]
    order = list(Rule)
    return sorted(found, key=lambda signal: (signal.index, order.index(signal.rule)))


def read_last(values: ArrayLike, *, by_median: bool = False) -> Reading:
    """Reads the last value that is present: a signal, or within the usual range of the values before it.

    The limits come from the earlier values only, so that an unusual value cannot widen the range it is
    judged by. Six earlier values are needed.
    """
    every = _checked(values)
    places = np.flatnonzero(np.isfinite(every))
    last = int(places[-1]) if len(places) else 0
    usual = limits(every[:last], by_median=by_median)
    if usual is None:
        return Reading(
            enough=False,
            is_signal=False,
            rules=(),
            words=f"Not enough values yet to tell a signal from the usual ups and downs ({VALUES_NEEDED + 1} needed).",
            limits=None,
        )
    met = [signal for signal in signals(every[: last + 1], usual) if signal.index == last]
    words = f"A signal: {'; '.join(signal.words for signal in met)}." if met else "Within the usual range."
    return Reading(
        enough=True,
        is_signal=bool(met),
        rules=tuple(signal.rule for signal in met),
        words=words,
        limits=usual,
    )


def _checked(values: ArrayLike) -> Floats:
    checked = np.asarray(values, dtype=np.float64)
    if checked.ndim != 1:
        raise ValueError(f"Values have to be one series, not of shape {checked.shape}.")
    if np.isinf(checked).any():
        raise ValueError("A value is infinite.")
    return checked


def _mirrored(within: Limits, side: int) -> Limits:
    if side > 0:
        return within
    return Limits(-within.centre, -within.upper, -within.lower, within.mean_range, within.range_upper)


def _patterns(values: Floats, within: Limits) -> dict[Rule, Mask]:
    """Where each rule is completed on the upper side. A hair's breadth is no deviation: sums round."""
    hair = 1e-9 * max(abs(within.centre), within.mean_range)
    sigma = (within.upper - within.centre) / 3.0
    above = {times: values > within.centre + times * sigma + hair for times in (0, 1, 2, 3)}
    rising = np.diff(values, prepend=values[:1]) > hair
    return {
        Rule.OUTSIDE: above[3],
        Rule.TWO_OF_THREE: above[2] & (_count(above[2], 3) >= 2),
        Rule.FOUR_OF_FIVE: above[1] & (_count(above[1], 5) >= 4),
        Rule.EIGHT_ON_ONE_SIDE: _count(above[0], 8) >= 8,
        Rule.SIX_IN_A_ROW: _count(rising, 5) >= 5,  # six values make five rises
    }


def _count(marks: Mask, width: int) -> NDArray[np.int64]:
    """How many of the last `width` marks are set, at each place."""
    total = np.cumsum(marks, dtype=np.int64)
    earlier = np.zeros_like(total)
    earlier[width:] = total[:-width]
    return total - earlier


def _words(rule: Rule, side: int) -> str:
    up = side > 0
    return {
        Rule.OUTSIDE: f"{'above' if up else 'below'} the usual range",
        Rule.TWO_OF_THREE: f"two of the last three values far {'above' if up else 'below'} the middle",
        Rule.FOUR_OF_FIVE: f"four of the last five values well {'above' if up else 'below'} the middle",
        Rule.EIGHT_ON_ONE_SIDE: f"eight values in a row {'above' if up else 'below'} the middle",
        Rule.SIX_IN_A_ROW: f"six values in a row, each {'higher' if up else 'lower'} than the one before",
    }[rule]
