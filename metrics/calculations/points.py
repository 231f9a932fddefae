"""Many figures as columns: metric ids, dates and values, checked, moved to their period's day, and compared.

Everything works on whole numpy columns; nothing looks at one row after the other, so that a million rows take
well under a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.errors import ApplicationError

Ints = NDArray[np.int64]
Ids = NDArray[np.int32]
Days = NDArray[Any]  # datetime64[D]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

EARLIEST = date(1900, 1, 1)
GREATEST = 1e15
ERRORS_SHOWN = 100
FREQUENCIES = ("daily", "weekly", "monthly", "quarterly")


@dataclass(frozen=True)
class RowError:
    """One thing wrong in what came in: the row (1 is the first), the column, and what to do about it."""

    row: int
    column: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        return {"row": self.row, "column": self.column, "message": self.message}


class PointsRefusedError(ApplicationError):
    """Figures were refused as a whole. `errors` holds the first hundred, `total` counts all of them."""

    def __init__(self, errors: Sequence[RowError], total: int | None = None) -> None:
        self.errors = list(errors[:ERRORS_SHOWN])
        self.total = len(errors) if total is None else total
        first = self.errors[0]
        more = f" {self.total - 1:,} more rows are wrong." if self.total > 1 else ""
        super().__init__(f"Row {first.row}, {first.column}: {first.message}{more}", extra=self.errors)
        self.all_errors = list(errors)


@dataclass(frozen=True)
class Points:
    """Figures as columns of equal length; `rows` are the numbers of the rows they came from, if any."""

    metric_ids: Ids
    dates: Days
    values: Floats
    rows: Ints | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "metric_ids", np.ascontiguousarray(self.metric_ids, dtype=np.int32))
        object.__setattr__(self, "dates", np.ascontiguousarray(self.dates, dtype="datetime64[D]"))
        object.__setattr__(self, "values", np.ascontiguousarray(self.values, dtype=np.float64))
        if not len(self.metric_ids) == len(self.dates) == len(self.values):
            raise ValueError("The columns of Points must be of equal length.")

    def __len__(self) -> int:
        return len(self.values)

    def take(self, index: Any) -> Points:
        """The rows at `index` (positions, a slice or a mask)."""
        rows = None if self.rows is None else self.rows[index]
        return Points(self.metric_ids[index], self.dates[index], self.values[index], rows)

    def row_at(self, position: int) -> int:
        """The number of the row that the figure at `position` came from."""
        return int(self.rows[position]) if self.rows is not None else position + 1


def points_empty() -> Points:
    return Points(np.empty(0, np.int32), np.empty(0, "datetime64[D]"), np.empty(0, np.float64))


def points_join(parts: Sequence[Points]) -> Points:
    """All parts after each other, without row numbers."""
    if not parts:
        return points_empty()
    return Points(
        np.concatenate([part.metric_ids for part in parts]),
        np.concatenate([part.dates for part in parts]),
        np.concatenate([part.values for part in parts]),
    )


def keys_of(metric_ids: Ids, dates: Days) -> Ints:
    """(metric, date) as one sortable number: the id in the upper, the day since 1970 in the lower half."""
    return (metric_ids.astype(np.int64) << 32) | (dates.astype(np.int64) + 2**31)


def keys_split(keys: Ints) -> tuple[Ids, Days]:
    """Metric ids and dates of keys."""
    days = (keys & 0xFFFFFFFF) - 2**31
    return (keys >> 32).astype(np.int32), days.astype("datetime64[D]")


def period_day(days: Days, frequency: str, fiscal_start_month: int = 1) -> Days:
    """The day that stands for the period holding each date.

    Daily: the date. Weekly: the Thursday of its ISO week. Monthly: the first of the month. Quarterly: the first
    day of the fiscal quarter.
    """
    if frequency == "weekly":
        numbers = days.astype(np.int64)  # 1970-01-01 was a Thursday
        return (numbers - (numbers + 3) % 7 + 3).astype("datetime64[D]")
    if frequency == "monthly":
        return days.astype("datetime64[M]").astype("datetime64[D]")
    if frequency == "quarterly":
        return quarter_start(days, fiscal_start_month)
    return days


def quarter_start(days: Days, fiscal_start_month: int) -> Days:
    """The first day of the fiscal quarter that holds each date."""
    months = days.astype("datetime64[M]").astype(np.int64)
    return (months - (months - (fiscal_start_month - 1)) % 3).astype("datetime64[M]").astype("datetime64[D]")


def day_of_period(day: date, frequency: str, fiscal_start_month: int = 1) -> date:
    """`period_day` of one date."""
    moved: date = period_day(np.array([day], "datetime64[D]"), frequency, fiscal_start_month)[0].item()
    return moved


class MetricFacts(NamedTuple):
    """What the checks need to know of a metric; a push makes a thousand of them."""

    id: int
    key: str
    frequency: str
    is_ratio: bool = False
    archived: bool = False
    product_id: int | None = None


@dataclass(frozen=True)
class Checked:
    """Figures ready to store: valid, moved to their period's day, sorted by key, each key once."""

    points: Points
    keys: Ints
    collapsed: int = 0
    errors: list[RowError] = field(default_factory=list)
    total_errors: int = 0


def points_check(
    points: Points,
    *,
    metrics: Mapping[int, MetricFacts],
    today: date,
    fiscal_start_month: int = 1,
    labels: Mapping[str, str] | None = None,
) -> Checked:
    """Checks every figure, moves dates to their period's day, sorts, and drops equal repetitions.

    Collects all errors instead of stopping at the first: unknown metric, ratio metric, value not finite or not
    below 1e15 in size, date before 1900 or after the current period, and two different values for one period.
    `labels` names the columns ("metric", "date", "value") in the words of whoever sent them.
    """
    names = {"metric": "metric", "date": "date", "value": "value"} | dict(labels or {})
    errors: list[RowError] = []
    ids, inverse = _unique_inverse(points.metric_ids)
    facts = [metrics.get(int(metric_id)) for metric_id in ids]

    def refuse(mask: Mask, column: str, message: Any) -> None:
        for position in np.flatnonzero(mask):
            text = message(int(position)) if callable(message) else message
            errors.append(RowError(points.row_at(int(position)), names[column], text))

    unknown = np.array([fact is None for fact in facts], bool)
    ratio = np.array([fact is not None and fact.is_ratio for fact in facts], bool)
    if unknown.any():
        refuse(
            unknown[inverse], "metric", "There is no such metric here. Create it first, or correct its key."
        )
    if ratio.any():
        refuse(
            ratio[inverse],
            "metric",
            "A ratio is computed from its numerator and denominator. Record those two metrics instead.",
        )
    infinite = ~np.isfinite(points.values)
    if infinite.any():
        refuse(
            infinite, "value", "Not a finite number. Write a number, or leave the row out when there is none."
        )
    huge = ~infinite & (np.abs(points.values) >= GREATEST)
    if huge.any():
        refuse(huge, "value", "Too large: the limit is 1,000,000,000,000,000. Check the unit.")

    moved, bad_dates = _dates_check(points, facts, inverse, today, fiscal_start_month, refuse)
    wrong = infinite | huge | bad_dates | unknown[inverse] | ratio[inverse]
    kept = np.flatnonzero(~wrong) if wrong.any() else None
    clean = Points(points.metric_ids, moved, points.values, points.rows)
    if kept is not None:
        rows = points.rows if points.rows is not None else np.arange(1, len(points) + 1)
        clean = Points(points.metric_ids, moved, points.values, rows).take(kept)
    ordered, keys, collapsed = _sort_once(clean, metrics, names, errors)
    return Checked(ordered, keys, collapsed, sorted(errors, key=lambda error: error.row), len(errors))


def _unique_inverse(ids: Ids) -> tuple[Ids, Any]:
    """np.unique with its inverse, by a table instead of a sort: ids are small whole numbers."""
    if not len(ids):
        return ids, ids.astype(np.int64)
    low, high = int(ids.min()), int(ids.max())
    if high - low > 4_000_000:
        unique, inverse = np.unique(ids, return_inverse=True)
        return unique, inverse
    seen = np.zeros(high - low + 1, bool)
    seen[ids - low] = True
    unique = (np.flatnonzero(seen) + low).astype(np.int32)
    return unique, (np.cumsum(seen) - 1)[ids - low]


def _dates_check(
    points: Points,
    facts: Sequence[MetricFacts | None],
    inverse: Any,
    today: date,
    fiscal_start_month: int,
    refuse: Any,
) -> tuple[Days, Mask]:
    """Dates moved to the day of their period, and which of them are out of bounds."""
    frequencies = [fact.frequency if fact else "daily" for fact in facts]
    used = sorted(set(frequencies))
    latest = {name: np.datetime64(day_of_period(today, name, fiscal_start_month)) for name in used}
    missing = np.isnat(points.dates)
    if len(used) == 1:
        moved = period_day(points.dates, used[0], fiscal_start_month)
        limit: Any = latest[used[0]]
    else:
        codes = np.array([FREQUENCIES.index(name) for name in frequencies], np.int8)[inverse]
        moved = points.dates.copy()
        limit = np.empty(len(points), "datetime64[D]")
        for name in used:
            mask = codes == FREQUENCIES.index(name)
            moved[mask] = period_day(points.dates[mask], name, fiscal_start_month)
            limit[mask] = latest[name]
    early = points.dates < np.datetime64(EARLIEST)
    late = moved > limit
    if missing.any():
        refuse(missing, "date", "Not a date. Write it like 2026-11-18.")
        moved = np.where(missing, np.datetime64(EARLIEST), moved)
    if early.any():
        refuse(early, "date", f"{EARLIEST.year} is the earliest year. Check the century.")
    if late.any():
        refuse(
            late,
            "date",
            lambda position: (
                f"{points.dates[position]} lies in the future. Only periods that have begun can have figures."
            ),
        )
    return moved, missing | early | late


def _sort_once(
    points: Points, metrics: Mapping[int, MetricFacts], names: Mapping[str, str], errors: list[RowError]
) -> tuple[Points, Ints, int]:
    """Sorted by key with equal repetitions dropped; different values for one key become errors."""
    keys = keys_of(points.metric_ids, points.dates)
    steps = np.diff(keys)
    if (steps < 0).any():
        order = np.argsort(keys, kind="stable")
        rows = points.rows if points.rows is not None else np.arange(1, len(points) + 1)
        points = Points(points.metric_ids, points.dates, points.values, rows).take(order)
        keys = keys[order]
        steps = np.diff(keys)
    repeated = steps == 0
    if not repeated.any():
        return points, keys, 0
    first = np.concatenate([[True], ~repeated])
    leader = np.maximum.accumulate(np.where(first, np.arange(len(keys)), 0))
    for position in np.flatnonzero(~first & (points.values != points.values[leader])):
        lead = int(leader[position])
        fact = metrics.get(int(points.metric_ids[position]))
        period = "date" if fact is None or fact.frequency == "daily" else f"{fact.frequency} period"
        errors.append(
            RowError(
                points.row_at(int(position)),
                names["value"],
                f"Row {points.row_at(lead)} has {points.values[lead]:.12g} and this row {points.values[position]:.12g} "
                f"for the same metric and {period} ({points.dates[position]}). Keep one of them.",
            )
        )
    return points.take(first), keys[first], int((~first).sum())
