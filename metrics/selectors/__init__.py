"""Reads: values of quarters, latest figures, series and targets. Other apps import from here."""

from __future__ import annotations

from metrics.selectors.events import MarkedEvent, events_marked, events_of_metrics
from metrics.selectors.facts import (
    MetricFacts,
    MetricLike,
    metric_columns,
    metric_facts_of,
)
from metrics.selectors.rows import component_ids
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
    quarter_figures_of,
    rollup_rows_read,
)

__all__ = [
    "MarkedEvent",
    "MetricFacts",
    "MetricLike",
    "QuarterFigures",
    "Series",
    "TargetStanding",
    "component_ids",
    "events_marked",
    "events_of_metrics",
    "metric_columns",
    "metric_facts_of",
    "metric_latest",
    "metric_quarter_values",
    "metric_quarters_read",
    "metric_series",
    "metric_series_many",
    "metric_spark_points",
    "metric_sparks",
    "metric_status",
    "quarter_figures_of",
    "rollup_rows_read",
    "target_standings",
    "targets_of_quarter",
]
