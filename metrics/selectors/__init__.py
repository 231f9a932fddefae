"""Reads: values of quarters, latest figures, series and targets. Other apps import from here."""

from __future__ import annotations

from metrics.selectors.events import MarkedEvent, events_marked, events_of_metrics
from metrics.selectors.series import (
    Series,
    metric_series,
    metric_series_many,
    metric_spark_points,
    metric_sparks,
)
from metrics.selectors.targets import (
    TargetStanding,
    metric_status,
    target_standings,
    targets_of_quarter,
)
from metrics.selectors.values import (
    QuarterFigures,
    metric_latest,
    metric_quarter_values,
    metric_quarters_read,
)

__all__ = [
    "MarkedEvent",
    "QuarterFigures",
    "Series",
    "TargetStanding",
    "events_marked",
    "events_of_metrics",
    "metric_latest",
    "metric_quarter_values",
    "metric_quarters_read",
    "metric_series",
    "metric_series_many",
    "metric_spark_points",
    "metric_sparks",
    "metric_status",
    "target_standings",
    "targets_of_quarter",
]
