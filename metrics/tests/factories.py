"""Metrics and targets for tests."""

from __future__ import annotations

from datetime import date
from typing import Any

import factory
from factory.django import DjangoModelFactory

from metrics.models import Metric, Target


class _MetricFactory(DjangoModelFactory[Metric]):
    """A weekly outcome metric, such as an activation rate."""

    class Meta:
        model = Metric

    product: Any = None
    key = factory.Sequence(lambda n: f"metric-{n}")
    name = factory.LazyAttribute(lambda metric: metric.key.replace("-", " ").capitalize())
    kind = "outcome"
    unit = "%"
    decimals = 1
    direction = "increase"
    aggregation = "last"
    frequency = "weekly"


class _TargetFactory(DjangoModelFactory[Target]):
    """A proposed target of Q4 2026."""

    class Meta:
        model = Target

    team: Any = None
    metric = factory.SubFactory(_MetricFactory)
    quarter_start = date(2026, 10, 1)
    quarter_end = date(2027, 1, 1)
    baseline = 20.0
    commit = 24.0
    stretch = 26.0


# factory-boy's classes make model instances when called, which no type checker sees.
MetricFactory: Any = _MetricFactory
TargetFactory: Any = _TargetFactory
