"""Whether a metric's last move is more than its usual ups and downs."""

from __future__ import annotations

from datetime import date, timedelta

from metrics.calculations.moves import MOVES_SHOWN, Variation, variation_of, weeks_of
from metrics.models import Metric
from metrics.selectors.series import metric_series, metric_series_many
from metrics.selectors.values import quotient

_DAYS = {"daily": 7, "weekly": 7, "monthly": 31, "quarterly": 92}


def metric_variation(*, metric: Metric, today: date) -> Variation:
    """The metric's last move beside those of the year before (months: two years, quarters: three). One query.

    It does not depend on the period that a chart shows. Daily figures are read by ISO week.
    """
    moves = MOVES_SHOWN["weekly" if metric.frequency == "daily" else metric.frequency]
    since = today - timedelta(days=(moves + 4) * _DAYS[metric.frequency])
    if metric.frequency == "daily":
        return variation_of(_weeks(metric, since, today), frequency="daily")
    return variation_of(metric_series(metric=metric, since=since).points, frequency=metric.frequency)


def _weeks(metric: Metric, since: date, today: date) -> list[tuple[date, float]]:
    since -= timedelta(days=since.weekday())  # the first week is read whole, like every other
    if metric.numerator is None or metric.denominator is None:
        points = metric_series(metric=metric, since=since).points
        return weeks_of(points, adds=metric.aggregation == "sum", today=today)
    parts = metric_series_many(metrics=[metric.numerator, metric.denominator], since=since)
    tops, bottoms = (
        dict(weeks_of(parts[pk].points, adds=True, today=today))
        for pk in (metric.numerator.pk, metric.denominator.pk)
    )
    quotients = ((day, quotient(top, bottoms.get(day))) for day, top in tops.items())
    return [(day, value) for day, value in quotients if value is not None]
