"""A metric as plain values: what showing and judging its figures needs, without a model for each."""

from __future__ import annotations

from typing import NamedTuple

from metrics.models import Metric


class MetricFacts(NamedTuple):
    """The fields of a metric by which its figures are read, judged and written."""

    pk: int
    key: str
    name: str
    unit: str
    decimals: int
    direction: str
    aggregation: str
    frequency: str
    numerator_id: int | None
    denominator_id: int | None

    @property
    def is_ratio(self) -> bool:
        """As of the model: a quotient of two other metrics' sums, with no figures of its own."""
        return self.numerator_id is not None


MetricLike = Metric | MetricFacts
_NAMES = ("id", *MetricFacts._fields[1:])


def metric_columns(alias: str) -> str:
    """The columns of `MetricFacts` in its order, for a statement that calls the table of metrics `alias`."""
    return ", ".join(f"{alias}.{name}" for name in _NAMES)


def metric_facts_of(metric: Metric) -> MetricFacts:
    """The facts of a metric that was fetched already."""
    return MetricFacts(*(getattr(metric, name) for name in MetricFacts._fields))
