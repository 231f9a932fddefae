"""From dated figures to the question of how a quarter will end, and from the answer to odds. Pure.

Days are counted since 1970-01-01 (a Thursday), as numpy does. Daily and weekly figures are forecast in ISO
weeks, monthly ones in months, quarterly ones in quarters. Only periods that are over take part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from metrics.analysis.forecast import Forecast as Outlook
from metrics.analysis.forecast import Kind, Question
from metrics.analysis.forecast_record import pace_project
from metrics.analysis.series import (
    CALENDARS,
    Floats,
    Grid,
    Points,
    binned,
    day_number,
    day_of,
    quotients,
)
from strategy.calculations.verdicts import BAND, DECREASE, Aim

# How far back a forecast looks, in periods: four years of weeks, ten of months, fifteen of quarters.
MOST_PERIODS: Final = {"weekly": 208, "monthly": 120, "quarterly": 60}


@dataclass(frozen=True)
class Measure:
    """How a metric's figures make a value: its frequency, and its aggregation over a period."""

    frequency: str
    aggregation: str
    is_ratio: bool = False

    @property
    def calendar(self) -> str:
        return CALENDARS[self.frequency]

    @property
    def kind(self) -> Kind:
        """What of a quarter's periods is its outcome; a ratio's is near the mean of its quotients."""
        if self.frequency == "quarterly":
            return Kind.LAST
        return Kind.MEAN if self.is_ratio else Kind(self.aggregation)

    @property
    def adds_days(self) -> bool:
        """Whether a period misses something as long as its last day's figure has not come."""
        return self.frequency == "daily" and self.aggregation == "sum" and not self.is_ratio


@dataclass(frozen=True)
class Span:
    """A quarter as a half-open range of days."""

    start: int
    end: int

    @classmethod
    def of(cls, start: date, end: date) -> Span:
        return cls(day_number(start), day_number(end))


@dataclass(frozen=True)
class Asked:
    """A quarter ready to be forecast: the periods before now, the question, and the straight line's answer.

    points: periods with a value. first: the first day of the history.
    """

    history: Floats
    question: Question
    calendar: str
    pace: float | None
    points: int
    first: date | None


def ask(top: Points, measure: Measure, quarter: Span, today: date, bottom: Points | None = None) -> Asked:
    """What to forecast on `today` of the metric whose figures are `top` (over `bottom`, for a ratio).

    Uses figures of whole periods before `today` only. A sum's known part is exact to the end of the last of
    them; a mean's and a ratio's known periods each stand at the exact value to date.
    """
    grid = Grid(measure.calendar, day_of(quarter.start).month)
    now = day_number(today)
    last = grid.index(now) - 1  # the last period that is over
    if measure.adds_days and len(top.days):
        # A week whose Sunday has not come in yet would look like a fall.
        last = min(last, grid.index(int(top.days[-1]) + 1) - 1)
    first_inside, last_inside = _inside(grid, measure, quarter)
    boundary = grid.start(last + 1)
    history, first = _history(grid, measure, top, bottom, last)
    known = _known(grid, measure, top, bottom, Span(quarter.start, min(boundary, quarter.end)), first_inside)
    if last < first_inside - 1:  # a period before the quarter is still running: it is forecast on the way
        history = np.r_[history, np.full(first_inside - 1 - last, np.nan)]
    left, share = _left(grid, measure, quarter, max(last, first_inside - 1), first_inside, last_inside)
    question = Question(measure.kind, left, tuple(float(value) for value in known), share)
    points = int(np.isfinite(history).sum())
    return Asked(
        history=history,
        question=question,
        calendar=measure.calendar,
        pace=_pace(history, question, measure, quarter, boundary) if points else None,
        points=points,
        first=None if first is None else day_of(grid.start(first)),
    )


def chance_of(outlook: Outlook, aim: Aim) -> float:
    """The chance that the quarter ends as the aim asks, its tolerance included. ValueError without an aim."""
    if aim.direction == BAND:
        return outlook.chance(at_least=aim.low, at_most=aim.high)
    if aim.value is None:
        raise ValueError("There is no target to compare with.")
    if aim.direction == DECREASE:
        return outlook.chance(at_most=aim.value + aim.tolerance)
    return outlook.chance(at_least=aim.value - aim.tolerance)


# --- the calendar ---------------------------------------------------------------------------------


def _inside(grid: Grid, measure: Measure, quarter: Span) -> tuple[int, int]:
    """The first and the last period of the quarter.

    A weekly figure counts in the quarter that holds its Thursday, so a week lies inside or outside as a whole;
    of daily figures a quarter may hold part of its first and its last week.
    """
    first, last = quarter.start, quarter.end - 1
    if measure.frequency == "weekly":
        first, last = first + -first % 7, last - last % 7  # the first and the last Thursday
    return grid.index(first), grid.index(last)


def _left(
    grid: Grid, measure: Measure, quarter: Span, last: int, first_inside: int, last_inside: int
) -> tuple[int, float]:
    """How many periods of the quarter are to come, and which share of the last one lies in it."""
    left = max(last_inside - last, 0)
    if measure.frequency != "daily" or not left:
        return left, 1.0
    if last < first_inside:  # none is over: as many whole weeks as fit, from the quarter's first day
        weeks = (quarter.end - quarter.start) / 7
        return math.ceil(weeks), (weeks % 1) or 1.0
    return left, (quarter.end - grid.start(last_inside)) / 7


# --- values ---------------------------------------------------------------------------------------


def _history(
    grid: Grid, measure: Measure, top: Points, bottom: Points | None, last: int
) -> tuple[Floats, int | None]:
    """The value of each period up to `last`, missing as NaN, and the number of the first."""
    after = grid.start(last + 1)
    oldest = grid.start(last + 1 - MOST_PERIODS[measure.calendar])
    top = top.within(oldest, after)
    bottom = None if bottom is None else bottom.within(oldest, after)
    if not len(top.days):
        return np.empty(0), None
    first = grid.index(int(top.days[0]))
    if measure.adds_days and int(top.days[0]) > grid.start(first):
        first += 1  # its first week is only part of one
    return _periods(grid, measure, top, bottom, first, last), first


def _known(
    grid: Grid, measure: Measure, top: Points, bottom: Points | None, done: Span, first_inside: int
) -> Floats:
    """The quarter's periods that are over, from the figures dated in it."""
    count = grid.index(done.end - 1) - first_inside + 1 if done.end > done.start else 0
    if count <= 0:
        return np.empty(0)
    top = top.within(done.start, done.end)
    bottom = None if bottom is None else bottom.within(done.start, done.end)
    values = _periods(grid, measure, top, bottom, first_inside, first_inside + count - 1)
    if measure.kind is Kind.MEAN and np.isfinite(values).any():
        to_date = top.values.mean() if bottom is None else top.values.sum() / bottom.values.sum()
        values = np.where(np.isfinite(values), to_date, np.nan)
    return values


def _periods(
    grid: Grid, measure: Measure, top: Points, bottom: Points | None, first: int, last: int
) -> Floats:
    """The value of every period from `first` to `last`; a ratio's is the quotient of its sums."""
    if bottom is None:
        return binned(grid, top, measure.aggregation, first, last)
    above, below = (binned(grid, part, "sum", first, last) for part in (top, bottom))
    return quotients(above, below)


def _pace(
    history: Floats, question: Question, measure: Measure, quarter: Span, boundary: int
) -> float | None:
    """Where the straight line ends. A sum of daily figures grows by the day, not by whole weeks."""
    known = np.array(question.known)
    if measure.adds_days and np.isfinite(known).any():
        elapsed = min(boundary, quarter.end) - quarter.start
        return float(np.nansum(known)) / elapsed * (quarter.end - quarter.start)
    return pace_project(history, question=question)
