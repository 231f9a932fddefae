"""From the link test to a verdict: supported, contradicted, inconclusive, or not enough data.

Sources: Benjamini & Hochberg 1995 (J. R. Stat. Soc. B 57:289) for the family of all mappings tested together; Berger
1982 (Technometrics 24:295) for "too small at every lag", which needs no further correction.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .algebra import Booleans, Floats
from .result import LinkResult
from .settling import periods_to_settle


class Verdict(StrEnum):
    """What the data say of a mapping that the team believes in."""

    UNTESTED = "untested"
    NOT_ENOUGH_DATA = "not_enough_data"
    INCONCLUSIVE = "inconclusive"
    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"


class Reason(StrEnum):
    """Why a mapping is contradicted."""

    NONE = ""
    OPPOSITE = "opposite"
    TOO_SMALL = "too_small"


# The smallest partial correlation of surprises worth acting on, unless the goal's owner names a size.
SMALLEST_LINK = 0.30
# Below these, season cannot be told from a link: two quarters in weeks, two years in months, four in quarters.
MINIMUM_PERIODS = {"weekly": 26, "monthly": 24, "quarterly": 16}
# Verdicts from shorter histories than these are provisional.
SETTLED_PERIODS = {"weekly": 39, "monthly": 36, "quarterly": 24}
# An adjusted p-value above this only just passes.
SURE_P = 0.01
# Where even a link of this size would be missed more than once in five times, there are not enough data.
STRONG_LINK = 0.65
_POWER_POINT = 0.8416  # normal deviate of 80 %
ONE_SIDED = 1.645  # and of 95 %


@dataclass(frozen=True)
class Decisions:
    """Verdicts of a family of mappings, one entry a pair."""

    verdict: list[Verdict]
    reason: list[Reason]
    provisional: Booleans
    minimum_detectable: Floats  # the partial correlation that 80 % of tests like this would find
    periods_to_settle: Floats  # NaN unless inconclusive; inf beyond two years

    def __len__(self) -> int:
        return len(self.verdict)


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """The p-values adjusted for the false discovery rate of their family; NaN stay NaN and are not counted."""
    given: Floats = np.asarray(p, dtype=np.float64)
    adjusted = np.full(given.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(given))
    if len(tested):
        order = tested[np.argsort(given[tested], kind="stable")]
        share = given[order] * len(order) / np.arange(1, len(order) + 1)
        adjusted[order] = np.minimum(np.minimum.accumulate(share[::-1])[::-1], 1.0)
    return adjusted


def smallest_link_of(effect_min: ArrayLike, x_sd: ArrayLike, y_sd: ArrayLike) -> Floats:
    """The correlation at which +1 in the metric is followed by `effect_min` in the goal, from both deviations.

    The deviations are those of the surprises (`LinkResult.x_sd`, `y_sd`), the effect is in the same units.
    """
    moved = np.abs(np.asarray(effect_min, dtype=np.float64) * np.asarray(x_sd, dtype=np.float64))
    left: Floats = np.asarray(y_sd, dtype=np.float64)
    whole = np.sqrt(moved**2 + left**2)
    link: Floats = np.divide(moved, whole, out=np.zeros_like(whole), where=whole > 0)
    return link


def minimum_detectable(critical: Floats, df: Floats) -> Floats:
    """The partial correlation that 80 % of tests with this critical value and these degrees of freedom would find."""
    detectable: Floats = np.tanh((critical + _POWER_POINT) / np.sqrt(np.maximum(df - 1, 1.0)))
    return detectable


def verdicts_decide(
    link: LinkResult,
    *,
    believed_sign: ArrayLike,
    p_adjusted: ArrayLike | None = None,
    smallest_link: ArrayLike = SMALLEST_LINK,
    alpha: float = 0.05,
) -> Decisions:
    """The verdicts on pairs that the team believes to be linked with this sign (+1 or -1, one or one a pair).

    `p_adjusted` are the p-values adjusted over the family, by default the unadjusted ones; `smallest_link` the
    correlation below which a link is too small to act on, one or one a pair. Raises ValueError for a sign or a size
    that can be none.
    """
    count = len(link)
    sign = _each(believed_sign, count, "believed_sign")
    if not np.isin(sign, (-1.0, 1.0)).all():
        raise ValueError("A believed sign must be +1 or -1.")
    smallest = _each(smallest_link, count, "smallest_link")
    if not ((smallest > 0) & (smallest < 1)).all():
        raise ValueError("The smallest link worth acting on must lie between 0 and 1.")
    p = link.p if p_adjusted is None else _each(p_adjusted, count, "p_adjusted")
    enough = link.usable & (link.periods >= MINIMUM_PERIODS[link.frequency])
    found = enough & (np.nan_to_num(p, nan=1.0) < alpha)
    same = link.sign == sign
    detectable = minimum_detectable(link.critical, link.df)
    # Written so that NaN, where nothing was found out, counts as weak.
    weak = enough & ~found & ~(detectable <= STRONG_LINK)
    small = enough & ~found & ~weak & _too_small(link, sign, smallest)
    supported = found & link.agrees & same
    opposite = found & link.agrees & ~same
    undecided = enough & ~supported & ~opposite & ~weak & ~small
    verdict, reason = [Verdict.NOT_ENOUGH_DATA] * count, [Reason.NONE] * count
    for mask, word, why in (
        (supported, Verdict.SUPPORTED, Reason.NONE),
        (opposite, Verdict.CONTRADICTED, Reason.OPPOSITE),
        (small, Verdict.CONTRADICTED, Reason.TOO_SMALL),
        (undecided, Verdict.INCONCLUSIVE, Reason.NONE),
    ):
        for place in np.flatnonzero(mask):
            verdict[place], reason[place] = word, why
    provisional = (
        enough
        & ~weak
        & ((link.periods < SETTLED_PERIODS[link.frequency]) | (found & (np.nan_to_num(p, nan=1.0) > SURE_P)))
    )
    wait = np.full(count, np.nan)
    wait[undecided] = periods_to_settle(link.pick(undecided), sign[undecided], smallest[undecided])
    return Decisions(verdict, reason, provisional, detectable, wait)


def _too_small(link: LinkResult, sign: Floats, smallest: Floats) -> Booleans:
    """Whether at every lag the one-sided 95 % limit in the believed direction is below the smallest link."""
    best = np.maximum(sign[:, None] * link.z_own_form, sign[:, None] * link.z_noise_form)
    limit = np.tanh((best + ONE_SIDED) / np.sqrt(np.maximum(link.df - 1, 1.0))[:, None])
    return np.asarray((limit < smallest[:, None]).all(axis=1))


def _each(value: ArrayLike, count: int, name: str) -> Floats:
    """One value a pair, from one for all or one each."""
    given: NDArray[Any] = np.asarray(value, dtype=np.float64)
    if given.ndim and given.shape != (count,):
        raise ValueError(
            f"{name} has the shape {given.shape}; it must be one number or one for each of {count} pairs."
        )
    return np.broadcast_to(given, (count,))
