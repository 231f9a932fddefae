"""One value a quarter, and the newest value of each metric."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from common.quarters import FiscalCalendar, Quarter, month_shift
from common.sql import one_of, sql_groups
from metrics.calculations.points import day_of_period
from metrics.models import Metric
from metrics.selectors.facts import MetricLike
from metrics.selectors.rows import component_ids, latest_read, sums_read
from teams.selectors import organisation_get

# A quarter's figures as a plain tuple in this order: there are eight of each metric on a page of fifty goals.
_COLUMNS = ("metric_id", "quarter_start", "n", "total", "minimum", "maximum", "last_value", "last_date")
_METRIC, _START, _N, _TOTAL, _LAST_DATE = 0, 1, 2, 3, 7
_PLACE = {"sum": _TOTAL, "min": 4, "max": 5, "last": 6}
Span = tuple[Any, ...]
Key = tuple[int, date]


@dataclass(frozen=True)
class QuarterFigures:
    """Values keyed (metric id, first day of the quarter), and the date of each metric's newest figure in them."""

    values: dict[Key, float | None] = field(default_factory=dict)
    newest: dict[int, date] = field(default_factory=dict)


def metric_quarter_values(
    *, metrics: Iterable[MetricLike], quarters: Iterable[Quarter], calendar: FiscalCalendar | None = None
) -> dict[Key, float | None]:
    """The value of each metric in each quarter, by its aggregation; keyed (metric id, first day of the quarter).

    None where the quarter has no figure. The open quarter's value is that to date. A ratio is the quotient of
    its two metrics' sums; a missing or zero denominator is None. One query whatever the number of metrics, and
    one more when some quarters follow an earlier fiscal calendar than the organisation's.
    """
    return metric_quarters_read(metrics=metrics, quarters=quarters, calendar=calendar).values


def metric_quarters_read(
    *, metrics: Iterable[MetricLike], quarters: Iterable[Quarter], calendar: FiscalCalendar | None = None
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
    rows = rollup_rows_read(ids=ids, quarters=aligned)
    others = [span for span in spans if span not in aligned]
    for (pk, first, _after), row in sums_read(
        [(pk, span.start, span.end) for pk in ids for span in others]
    ).items():
        rows[pk] = (*rows.get(pk, ()), (pk, first, *(row.get(name) for name in _COLUMNS[2:])))
    return quarter_figures_of(
        metrics=wanted, quarters=spans, rows=itertools.chain.from_iterable(rows.values())
    )


def rollup_rows_read(*, ids: Iterable[int], quarters: Sequence[Quarter]) -> dict[int, tuple[Span, ...]]:
    """The rows of the rollup by metric id, by quarter, for `quarter_figures_of`: quarters of the calendar in force.

    By hand, since through the model four hundred rows take three times as long. One query.
    """
    wanted = list(ids)
    if not wanted or not quarters:
        return {}
    of_metrics, metric_ids = one_of(wanted)
    of_quarters, firsts = one_of(quarter.start for quarter in quarters)
    sql = (
        f"SELECT {', '.join(_COLUMNS)} FROM metrics_metricquarter"  # noqa: S608 - names of ours
        f" WHERE metric_id {of_metrics} AND quarter_start {of_quarters} ORDER BY metric_id, quarter_start"
    )
    return sql_groups(sql, [metric_ids, firsts])


def quarter_figures_of(
    *, metrics: Iterable[MetricLike], quarters: Iterable[Quarter], rows: Iterable[Span]
) -> QuarterFigures:
    """What rows of the rollup come to for these metrics in these quarters. Pure; rows of other metrics do no harm."""
    wanted, spans = list(metrics), list(quarters)
    figures = {(row[_METRIC], row[_START]): row for row in rows}
    return QuarterFigures(
        {
            (metric.pk, span.start): _quarter_value(metric, span.start, figures)
            for metric in wanted
            for span in spans
        },
        _newest(wanted, figures),
    )


def _newest(metrics: Iterable[MetricLike], figures: Mapping[Key, Span]) -> dict[int, date]:
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


def _quarter_value(metric: MetricLike, start: date, figures: Mapping[Key, Span]) -> float | None:
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
