"""Dated figures of two metrics on one calendar of weeks, months or quarters. Pure: no database, no clock.

Days are counted since 1970-01-01 (a Thursday), as numpy does. A period that is not over takes no part, and what is
missing stays missing (NaN): zeros would be evidence that nobody observed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

WEEKLY: Final = "weekly"
MONTHLY: Final = "monthly"
QUARTERLY: Final = "quarterly"
CALENDARS: Final = {"daily": WEEKLY, "weekly": WEEKLY, "monthly": MONTHLY, "quarterly": QUARTERLY}
# How far back a link is looked for, in periods: three years of weeks, eight of months, ten of quarters. Older figures
# describe another product, and long windows of slowly changing seasons raise false alarms (docs/evidence.md).
WINDOW: Final = {WEEKLY: 156, MONTHLY: 96, QUARTERLY: 40}
EPOCH: Final = date(1970, 1, 1)
# A sum whose periods mostly hold equally many figures is incomplete where one holds fewer.
_USUAL_SHARE: Final = 0.8


@dataclass(frozen=True)
class Points:
    """Figures of one metric (or of one part of a ratio), by day, ascending."""

    days: Days
    values: Floats

    def within(self, first: int, after: int) -> Points:
        """Those from day `first` to the day before `after`."""
        start, end = np.searchsorted(self.days, [first, after])
        return Points(self.days[start:end], self.values[start:end])


NO_POINTS: Final = Points(np.empty(0, np.int64), np.empty(0))


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The day of that number."""
    return EPOCH + timedelta(days=int(number))


@dataclass(frozen=True)
class Grid:
    """Numbered periods: ISO weeks, months, or quarters of a fiscal year that begins in `start_month`."""

    calendar: str
    start_month: int = 1

    def index(self, day: int) -> int:
        """The number of the period that holds the day."""
        return int(self.indexes(np.array([day]))[0])

    def indexes(self, days: Days) -> Days:
        """The number of the period of each day."""
        if self.calendar == WEEKLY:
            return np.asarray((days + 3) // 7)  # the week of 1970-01-01 began three days before
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        return months if self.calendar == MONTHLY else np.asarray((months - self._offset) // 3)

    def start(self, index: int) -> int:
        """The first day of that period."""
        if self.calendar == WEEKLY:
            return index * 7 - 3
        month = index if self.calendar == MONTHLY else index * 3 + self._offset
        return int(np.datetime64(month, "M").astype("datetime64[D]").astype(np.int64))

    def lengths(self, first: int, last: int) -> Floats:
        """How many days each period has, from `first` to `last`."""
        starts = [self.start(index) for index in range(first, last + 2)]
        return np.diff(np.array(starts, dtype=np.float64))

    @property
    def _offset(self) -> int:
        return (self.start_month - 1) % 3


def binned(grid: Grid, points: Points, aggregation: str, first: int, last: int) -> Floats:
    """Aggregates figures by period (last, sum, mean, min, max); NaN where a period has none."""
    values = np.full(max(last - first + 1, 0), np.nan)
    places = grid.indexes(points.days) - first
    inside = (places >= 0) & (places < len(values))
    places, figures = places[inside], points.values[inside]
    if not len(places):
        return values
    starts = np.r_[0, np.flatnonzero(np.diff(places)) + 1]
    ends = np.r_[starts[1:], len(places)]
    if aggregation == "last":
        made = figures[ends - 1]
    elif aggregation in {"sum", "mean"}:
        made = np.add.reduceat(figures, starts)
        made = made / (ends - starts) if aggregation == "mean" else made
    else:
        made = (np.minimum if aggregation == "min" else np.maximum).reduceat(figures, starts)
    values[places[starts]] = made
    return values


def quotients(above: Floats, below: Floats) -> Floats:
    """A ratio by period; NaN where a part is missing or the denominator is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        made = above / below
    return np.where(np.isfinite(made), made, np.nan)


# --- two metrics on one calendar ------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """One metric's figures and how they make a value; `bottom` is a ratio's denominator."""

    points: Points
    frequency: str
    aggregation: str
    bottom: Points | None = None


@dataclass(frozen=True)
class Aside:
    """Days that a test leaves out, both inclusive, and why."""

    first: date
    last: date
    reason: str


@dataclass(frozen=True)
class Aligned:
    """Both series on one calendar, oldest first; `aside` has the periods that are left out, with the reason."""

    calendar: str
    starts: list[date]
    end: date | None  # the last day of the last period
    x: Floats
    y: Floats
    aside: list[tuple[date, str]]

    def __len__(self) -> int:
        return len(self.starts)


def calendar_of(first: str, second: str) -> str:
    """The coarser calendar of two frequencies: a month of one cannot be told by weeks."""
    order = (WEEKLY, MONTHLY, QUARTERLY)
    return max(CALENDARS[first], CALENDARS[second], key=order.index)


def aligned(
    metric: Source, goal: Source, *, today: date, start_month: int = 1, aside: Sequence[Aside] = ()
) -> Aligned:
    """Metric (x) and goal (y) by period up to the last one that is over on `today`, at most WINDOW of them.

    The calendar is the coarser of both; each metric is aggregated its own way, a ratio as the quotient of its sums.
    The first and the last period have a figure of both. Periods that `aside` touches are NaN on both sides.
    """
    calendar = calendar_of(metric.frequency, goal.frequency)
    grid = Grid(calendar, start_month)
    last = grid.index(day_number(today)) - 1
    first = last + 1 - WINDOW[calendar]
    sides = [_values(grid, source, first, last) for source in (metric, goal)]
    places = [np.flatnonzero(np.isfinite(side)) for side in sides]
    if not all(len(place) for place in places):
        return Aligned(calendar, [], None, np.empty(0), np.empty(0), [])
    begin, end = max(int(place[0]) for place in places), min(int(place[-1]) for place in places)
    if end < begin:
        return Aligned(calendar, [], None, np.empty(0), np.empty(0), [])
    x, y = (side[begin : end + 1].copy() for side in sides)
    numbers = range(first + begin, first + end + 1)
    starts = [day_of(grid.start(number)) for number in numbers]
    after = day_of(grid.start(numbers[-1] + 1))
    left_out = _left_out(starts, after, aside)
    for place in left_out:
        x[place] = y[place] = np.nan
    named = [(starts[place], reason) for place, reason in sorted(left_out.items())]
    return Aligned(calendar, starts, after - timedelta(days=1), x, y, named)


def _left_out(starts: Sequence[date], after: date, aside: Sequence[Aside]) -> dict[int, str]:
    """The places of the periods that are touched, with every reason once."""
    reasons: dict[int, list[str]] = {}
    ends = [*starts[1:], after]
    for one in aside:
        for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
            if one.first < end and one.last >= start and one.reason not in reasons.setdefault(place, []):
                reasons[place].append(one.reason)
    return {place: ", ".join(found) for place, found in reasons.items() if found}


def _values(grid: Grid, source: Source, first: int, last: int) -> Floats:
    """The value of every period from `first` to `last`."""
    days = (grid.start(first), grid.start(last + 1))
    top = source.points.within(*days)
    if source.bottom is not None:
        below = binned(grid, source.bottom.within(*days), "sum", first, last)
        return quotients(binned(grid, top, "sum", first, last), below)
    if source.aggregation != "sum":
        return binned(grid, top, source.aggregation, first, last)
    if source.frequency == WEEKLY and grid.calendar != WEEKLY:
        # Some months hold five Thursdays and most hold four: the mean week times the period's weeks does not jump.
        return binned(grid, top, "mean", first, last) * grid.lengths(first, last) / 7
    return _whole_sums(grid, top, first, last)


def _whole_sums(grid: Grid, points: Points, first: int, last: int) -> Floats:
    """Sums by period, missing where a period has fewer figures than nearly all others have.

    A week of six days would look like a fall. Where the number of figures differs from period to period anyway
    (sales are noted when there are any), every period counts as it is; so does a calendar day more or less.
    """
    sums = binned(grid, points, "sum", first, last)
    counts = binned(grid, Points(points.days, np.ones(len(points.days))), "sum", first, last)
    # Months differ in length, so it is the days without a figure that are compared; in weeks that is the same.
    lacking = grid.lengths(first, last) - counts
    known = lacking[np.isfinite(lacking)]
    if len(known):
        usual = float(np.median(known))
        if (known == usual).mean() >= _USUAL_SHARE:
            sums[lacking > usual] = np.nan
    return sums
