"""One value a quarter, and the newest value of each metric."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from common.quarters import FiscalCalendar, Quarter, month_shift
from metrics.calculations.points import day_of_period
from metrics.models import Metric, MetricQuarter
from metrics.selectors.rows import component_ids, latest_read, sums_read
from teams.selectors import organisation_get

# A quarter's figures as a plain tuple in this order: there are eight of each metric on a page of fifty goals.
_COLUMNS = ("n", "total", "minimum", "maximum", "last_value", "last_date")
_N, _TOTAL, _LAST_DATE = 0, 1, 5
_PLACE = {"sum": _TOTAL, "min": 2, "max": 3, "last": 4}
Span = tuple[Any, ...]
Key = tuple[int, date]


@dataclass(frozen=True)
class QuarterFigures:
    """Values keyed (metric id, first day of the quarter), and the date of each metric's newest figure in them."""

    values: dict[Key, float | None] = field(default_factory=dict)
    newest: dict[int, date] = field(default_factory=dict)


def metric_quarter_values(
    *, metrics: Iterable[Metric], quarters: Iterable[Quarter], calendar: FiscalCalendar | None = None
) -> dict[Key, float | None]:
    """The value of each metric in each quarter, by its aggregation; keyed (metric id, first day of the quarter).

    None where the quarter has no figure. The open quarter's value is that to date. A ratio is the quotient of
    its two metrics' sums; a missing or zero denominator is None. One query whatever the number of metrics, and
    one more when some quarters follow an earlier fiscal calendar than the organisation's.
    """
    return metric_quarters_read(metrics=metrics, quarters=quarters, calendar=calendar).values


def metric_quarters_read(
    *, metrics: Iterable[Metric], quarters: Iterable[Quarter], calendar: FiscalCalendar | None = None
) -> QuarterFigures:
    """As `metric_quarter_values`, with the date of each metric's newest figure in these quarters.

    A ratio is as new as the older of its two metrics.
    """
    wanted, spans = list(metrics), list(dict.fromkeys(quarters))
    ids = component_ids(wanted)
    month = (calendar or organisation_get().calendar).start_month
    # Quarters are rolled up by the calendar in force; those of an older calendar are summed from the figures.
    aligned = [
        span
        for span in spans
        if (span.start.month - month) % 3 == 0 and span.end == month_shift(span.start, 3)
    ]
    figures = _rollup_read(ids, [span.start for span in aligned])
    others = [span for span in spans if span not in aligned]
    for (pk, first, _after), row in sums_read(
        [(pk, span.start, span.end) for pk in ids for span in others]
    ).items():
        figures[pk, first] = tuple(row.get(name) for name in _COLUMNS)
    return QuarterFigures(
        {
            (metric.pk, span.start): _quarter_value(metric, span.start, figures)
            for metric in wanted
            for span in spans
        },
        _newest(wanted, figures),
    )


def _newest(metrics: Iterable[Metric], figures: Mapping[Key, Span]) -> dict[int, date]:
    dates: dict[int, date] = {}
    for (pk, _start), row in figures.items():
        day = row[_LAST_DATE]
        if day is not None and (pk not in dates or day > dates[pk]):
            dates[pk] = day
    found = {}
    for metric in metrics:
        parts = [metric.numerator_id, metric.denominator_id] if metric.is_ratio else [metric.pk]
        known = [dates[pk] for pk in parts if pk in dates]
        if len(known) == len(parts):
            found[metric.pk] = min(known)
    return found


def _rollup_read(ids: Sequence[int], starts: Sequence[date]) -> dict[Key, Span]:
    if not ids or not starts:
        return {}
    rows = MetricQuarter.objects.filter(metric_id__in=ids, quarter_start__in=starts)
    return {(row[-2], row[-1]): row for row in rows.values_list(*_COLUMNS, "metric_id", "quarter_start")}


def _quarter_value(metric: Metric, start: date, figures: Mapping[Key, Span]) -> float | None:
    if metric.numerator_id is not None and metric.denominator_id is not None:
        top, bottom = figures.get((metric.numerator_id, start)), figures.get((metric.denominator_id, start))
        return quotient(None if top is None else top[_TOTAL], None if bottom is None else bottom[_TOTAL])
    row = figures.get((metric.pk, start))
    if row is None:
        return None
    value: float = row[_TOTAL] / row[_N] if metric.aggregation == "mean" else row[_PLACE[metric.aggregation]]
    return value


def _total(row: dict[str, Any] | None) -> float | None:
    return None if row is None else row["total"]


def quotient(numerator: float | None, denominator: float | None) -> float | None:
    """The quotient; None when either is missing or the denominator is zero."""
    if numerator is None or not denominator:
        return None
    return numerator / denominator


def metric_latest(*, metrics: Iterable[Metric]) -> dict[int, tuple[date, float]]:
    """The newest (date, value) of each metric; metrics without any figure are left out.

    A ratio's newest value is that of the newest period of its own frequency in which both of its metrics have
    figures. Two queries at most.
    """
    wanted = list(metrics)
    latest = latest_read(component_ids(wanted))
    found = {metric.pk: latest[metric.pk] for metric in wanted if metric.pk in latest and not metric.is_ratio}
    ratios: dict[int, tuple[Metric, date, date]] = {}
    for metric in wanted:
        if metric.is_ratio and metric.numerator_id in latest and metric.denominator_id in latest:
            newest = min(latest[metric.numerator_id][0], latest[metric.denominator_id][0])
            ratios[metric.pk] = (metric, *period_bounds(newest, metric.frequency))
    sums = sums_read(
        [
            (pk, first, after)
            for m, first, after in ratios.values()
            for pk in (m.numerator_id, m.denominator_id)
            if pk
        ]
    )
    for pk, (metric, first, after) in ratios.items():
        top = sums.get((metric.numerator_id or 0, first, after))
        bottom = sums.get((metric.denominator_id or 0, first, after))
        value = quotient(_total(top), _total(bottom))
        if value is not None:
            found[pk] = (day_of_period(first, metric.frequency), value)
    return found


def period_bounds(day: date, frequency: str, fiscal_start_month: int = 1) -> tuple[date, date]:
    """First day, and first day after, of the period of `frequency` that holds `day`."""
    from datetime import timedelta

    if frequency == "daily":
        return day, day + timedelta(days=1)
    if frequency == "weekly":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    start = day_of_period(day, frequency, fiscal_start_month)
    return start, month_shift(start, 1 if frequency == "monthly" else 3)
