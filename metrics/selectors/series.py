"""Series over time for charts, sparklines and comparisons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from metrics.calculations.points import day_of_period
from metrics.models import Metric
from metrics.selectors.rows import component_ids, figures_read
from metrics.selectors.values import period_bounds, quotient

_FOREVER = (date(1900, 1, 1), date(9999, 12, 31))


@dataclass(frozen=True)
class Series:
    """Dates and values of equal length, ascending. A ratio has one point a period of its frequency."""

    dates: list[date] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.dates)

    @property
    def points(self) -> list[tuple[date, float]]:
        return list(zip(self.dates, self.values, strict=True))


def metric_series(*, metric: Metric, since: date | None = None, until: date | None = None) -> Series:
    """The figures of one metric from `since` to `until` (inclusive); everything when left out."""
    return metric_series_many(metrics=[metric], since=since, until=until)[metric.pk]


def metric_series_many(
    *,
    metrics: Iterable[Metric],
    since: date | None = None,
    until: date | None = None,
    fiscal_start_month: int = 1,
) -> dict[int, Series]:
    """The series of each metric, by id, in one query."""
    wanted = list(metrics)
    first, last = since or _FOREVER[0], until or _FOREVER[1]
    # A ratio's first and last period are read whole, or their quotients would be of parts.
    whole = [_whole(first, last, m.frequency, fiscal_start_month) for m in wanted if m.is_ratio] or [
        (first, last)
    ]
    read_first = min([first, *(bounds[0] for bounds in whole)])
    read_last = max([last, *(bounds[1] for bounds in whole)])
    figures = figures_read(component_ids(wanted), read_first, read_last)
    series: dict[int, Series] = {}
    for metric in wanted:
        if metric.numerator_id is not None and metric.denominator_id is not None:
            top, bottom = figures[metric.numerator_id], figures[metric.denominator_id]
            points = _ratio_points(top, bottom, metric.frequency, fiscal_start_month)
        else:
            points = figures[metric.pk]
        kept = [(day, value) for day, value in points if first <= day <= last]
        series[metric.pk] = Series([day for day, _ in kept], [value for _, value in kept])
    return series


def _whole(first: date, last: date, frequency: str, month: int) -> tuple[date, date]:
    start = period_bounds(first, frequency, month)[0] if first > _FOREVER[0] else first
    end = period_bounds(last, frequency, month)[1] - timedelta(days=1) if last < _FOREVER[1] else last
    return start, end


def _ratio_points(
    numerator: list[tuple[date, float]], denominator: list[tuple[date, float]], frequency: str, month: int
) -> list[tuple[date, float]]:
    tops, bottoms = _period_sums(numerator, frequency, month), _period_sums(denominator, frequency, month)
    quotients = ((day, quotient(tops[day], bottoms.get(day))) for day in sorted(tops))
    return [(day, value) for day, value in quotients if value is not None]


def _period_sums(points: list[tuple[date, float]], frequency: str, month: int) -> dict[date, float]:
    sums: dict[date, float] = {}
    for day, value in points:
        period = _period_of(day, frequency, month)
        sums[period] = sums.get(period, 0.0) + value
    return sums


def _period_of(day: date, frequency: str, month: int) -> date:
    """As `day_of_period`, without numpy: this runs once a figure."""
    if frequency == "daily":
        return day
    if frequency == "weekly":
        return day + timedelta(days=3 - day.weekday())
    if frequency == "monthly":
        return day.replace(day=1)
    return day_of_period(day, frequency, month)


def metric_spark_points(
    *, metrics: Iterable[Metric], weeks: int, today: date, fiscal_start_month: int = 1
) -> dict[int, list[tuple[date, float]]]:
    """Dated values of the last `weeks` weeks for `{% sparkline %}`, by metric id, in one query.

    Daily figures are thinned to the last of each ISO week (a sum metric: the week's sum).
    """
    wanted = list(metrics)
    since = today - timedelta(days=today.weekday()) - timedelta(weeks=weeks - 1)
    series = metric_series_many(
        metrics=wanted, since=since, until=today, fiscal_start_month=fiscal_start_month
    )
    return {metric.pk: _by_week(series[metric.pk], metric, today) for metric in wanted}


def metric_sparks(*, metrics: Iterable[Metric], weeks: int, today: date) -> dict[int, list[float]]:
    """As `metric_spark_points`, values only."""
    points = metric_spark_points(metrics=metrics, weeks=weeks, today=today)
    return {pk: [value for _, value in rows] for pk, rows in points.items()}


def _by_week(series: Series, metric: Metric, today: date) -> list[tuple[date, float]]:
    if metric.frequency != "daily":
        return series.points
    weeks: dict[date, float] = {}
    sunday = today + timedelta(days=6 - today.weekday())
    for day, value in series.points:
        thursday = day + timedelta(days=3 - day.weekday())
        adds = metric.aggregation == "sum" and not metric.is_ratio
        if adds and today < sunday and day > sunday - timedelta(days=7):
            continue  # a week that is not over would look like a fall
        weeks[thursday] = weeks.get(thursday, 0.0) + value if adds else value
    return sorted(weeks.items())
