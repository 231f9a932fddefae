"""Is a metric's last move more than its usual ups and downs? The XmR chart, applied to its moves.

What is judged is the move from one period to the next, not the value: a metric that grows as it should would lie
above the range of its past values every week, and nobody would look any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from metrics.analysis.variation import VALUES_NEEDED, Limits, Rule, read_last

Point = tuple[date, float]
# The moves that say what is usual: about a year of weeks, two of months, three of quarters.
MOVES_SHOWN: Final = {"weekly": 52, "monthly": 24, "quarterly": 12}


@dataclass(frozen=True)
class MoveReading:
    """The last move of a series beside the moves before it, all in the metric's unit.

    low, high: the usual range of a move. rules: the patterns that the last move completes; none within the range.
    """

    move: float
    low: float
    high: float
    rules: tuple[Rule, ...]

    @property
    def is_signal(self) -> bool:
        return bool(self.rules)

    @property
    def is_outside(self) -> bool:
        """Whether the move is beyond the range by itself, not only as one of a run."""
        return not self.low <= self.move <= self.high


@dataclass(frozen=True)
class Variation:
    """`reading` is None without enough moves. `band`: (day, low, high) of the values that were to be expected."""

    period: str  # week, month or quarter
    needed: int
    reading: MoveReading | None = None
    band: Sequence[tuple[date, float, float]] = ()


def variation_of(points: Sequence[Point], *, frequency: str) -> Variation:
    """Reads the last move of `points` (ascending, one a period; "daily" ones are given by week).

    Nothing is claimed with fewer than six earlier moves, or when the period before the last one has no value. The
    band is each period's value before it with the usual range around: of the periods that the range is from.
    """
    frequency = "weekly" if frequency == "daily" else frequency
    period = {"weekly": "week", "monthly": "month", "quarterly": "quarter"}[frequency]
    needed = (
        VALUES_NEEDED + 2
    )  # a move takes two values, and the last move is not among those it is judged by
    nothing = Variation(period, needed)
    if len(points) < 2:
        return nothing
    numbers = [_number(day, frequency) for day, _ in points]
    count = min(numbers[-1] - numbers[0], MOVES_SHOWN[frequency]) + 1
    values = np.full(count, np.nan)
    for number, (_, value) in zip(numbers, points, strict=True):
        if number > numbers[-1] - count:
            values[number - numbers[-1] - 1] = value
    moves = np.diff(values)
    if np.isnan(moves[-1]):
        return nothing
    read = read_last(moves)
    if read.limits is None:
        return nothing
    reading = MoveReading(float(moves[-1]), read.limits.lower, read.limits.upper, read.rules)
    return Variation(period, needed, reading, _band(points, numbers, count, read.limits))


def weeks_of(points: Sequence[Point], *, adds: bool, today: date) -> list[Point]:
    """Daily points by ISO week, dated at its Thursday: the sum where figures add up, otherwise the mean.

    A week that is not over is left out: a part of it would look like a fall.
    """
    weeks: dict[date, list[float]] = {}
    for day, value in points:
        sunday = day + timedelta(days=6 - day.weekday())
        if sunday < today:
            weeks.setdefault(sunday - timedelta(days=3), []).append(value)
    return [(day, sum(part) if adds else sum(part) / len(part)) for day, part in weeks.items()]


def _number(day: date, frequency: str) -> int:
    """Periods counted through, so that neighbours differ by one."""
    if frequency == "weekly":
        return day.toordinal() // 7
    months = day.year * 12 + day.month
    return months if frequency == "monthly" else months // 3


def _band(
    points: Sequence[Point], numbers: Sequence[int], count: int, usual: Limits
) -> list[tuple[date, float, float]]:
    first = numbers[-1] - count + 1
    return [
        (day, before + usual.lower, before + usual.upper)
        for (_, before), (day, _), earlier, number in zip(
            points[:-1], points[1:], numbers[:-1], numbers[1:], strict=True
        )
        if earlier >= first and number == earlier + 1
    ]
