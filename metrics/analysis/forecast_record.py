"""What forecasts are held against: the straight line before the fact, and what came after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.analysis.forecast_shapes import COVERAGE, SPAN, Kind, Question

Floats = NDArray[np.float64]

RECORD_NEEDED: Final = 200
"""Beyond this many closed forecasts the calibration is fitted to them."""


@dataclass(frozen=True)
class Bin:
    """Forecasts whose chance lay above `low` and up to `high`: how many, their mean chance, the share hit."""

    low: float
    high: float
    n: int
    said: float
    happened: float


def pace_project(history: ArrayLike, *, question: Question) -> float | None:
    """Where the quarter ends if it goes on as it began: the straight line, without any odds.

    `history` ends with the quarter's known values. A last value moves from the value before the quarter by
    the change so far, divided by the share of the quarter that is over; a total grows in proportion to it; a
    mean, least or greatest value stays. Before the quarter's first value: the value, or the quarter, before.
    Gives None where there is nothing to go by.
    """
    known = np.array(question.known, dtype=np.float64)
    before = np.asarray(history, dtype=np.float64)
    before = before[: max(len(before) - len(known), 0)]
    done = np.isfinite(known)
    before = before[np.isfinite(before)]
    whole = len(known) + question.periods_left - 1 + question.last_share
    if not done.any():
        return _as_before(before, question.kind, len(known) + question.periods_left, whole)

    elapsed = float(np.flatnonzero(done)[-1] + 1)
    if not question.periods_left and done[-1]:
        elapsed = whole
    values = known[done]
    if question.kind is Kind.LAST:
        start = float(before[-1]) if len(before) else float(values[0])
        return start + (float(values[-1]) - start) * max(whole / elapsed, 1.0)
    if question.kind is Kind.SUM:
        return float(values.sum()) * (whole / len(values))
    return _summary(values, question.kind)


def _as_before(before: Floats, kind: Kind, periods: int, whole: float) -> float | None:
    if not len(before):
        return None
    if kind is Kind.LAST:
        return float(before[-1])
    quarter = before[-periods:]
    if kind is Kind.SUM:
        return float(quarter.sum()) * (whole / len(quarter))
    return _summary(quarter, kind)


def _summary(values: Floats, kind: Kind) -> float:
    if kind is Kind.MEAN:
        return float(values.mean())
    return float(values.min() if kind is Kind.MIN else values.max())


def calibration_fit(standardised: ArrayLike) -> float:
    """The calibration constant that would have made past 80 % intervals hold 80 % of what came.

    `standardised` are `Forecast.standardised` of closed forecasts; NaN are left out. Takes the conformal
    80 % quantile of their sizes (rank ceil(0.8 (n + 1)), Vovk, Gammerman & Shafer 2005) over that of Student's
    t. Meant for more than `RECORD_NEEDED` of them. Raises ValueError when there are none.
    """
    sizes = np.abs(np.asarray(standardised, dtype=np.float64))
    sizes = np.sort(sizes[np.isfinite(sizes)])
    if not len(sizes):
        raise ValueError("No closed forecast to fit the calibration to.")
    rank = min(int(np.ceil(COVERAGE * (len(sizes) + 1))), len(sizes))
    return float(sizes[rank - 1]) / SPAN


def brier(chances: ArrayLike, hits: ArrayLike) -> float:
    """Mean squared distance of chances (0 to 1) from what happened (0 or 1); Brier 1950. Less is better."""
    said, happened = _pairs(chances, hits)
    return float(np.square(said - happened).mean())


def reliability(chances: ArrayLike, hits: ArrayLike, bins: int = 10) -> list[Bin]:
    """Forecasts by the chance they gave, in equal bins; empty bins are left out (Murphy 1973)."""
    said, happened = _pairs(chances, hits)
    places = np.clip(np.ceil(said * bins).astype(np.int64) - 1, 0, bins - 1)
    return [
        Bin(
            low=place / bins,
            high=(place + 1) / bins,
            n=int((places == place).sum()),
            said=float(said[places == place].mean()),
            happened=float(happened[places == place].mean()),
        )
        for place in np.unique(places).tolist()
    ]


def reliability_term(bins: list[Bin]) -> float:
    """Murphy's reliability: the bins' squared gap between said and happened, weighted by size. 0 is best."""
    total = sum(row.n for row in bins)
    return sum(row.n * (row.said - row.happened) ** 2 for row in bins) / total


def coverage(outcomes: ArrayLike, lows: ArrayLike, highs: ArrayLike) -> float:
    """Share of outcomes inside their interval, ends included. Raises ValueError when there are none."""
    came, low, high = (np.asarray(column, dtype=np.float64) for column in (outcomes, lows, highs))
    if not len(came):
        raise ValueError("No outcome to compare with its interval.")
    return float(((came >= low) & (came <= high)).mean())


def _pairs(chances: ArrayLike, hits: ArrayLike) -> tuple[Floats, Floats]:
    said, happened = np.asarray(chances, dtype=np.float64), np.asarray(hits, dtype=np.float64)
    if said.shape != happened.shape or not said.size:
        raise ValueError(f"Chances {said.shape} and hits {happened.shape} have to pair up, at least one.")
    return said, happened
