"""A ratio is a plain quotient, and says so before somebody sets a target of 71 on 0.71."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.services import metric_create
from metrics.services.metrics import MetricRefusedError
from metrics.tests.factories import MetricFactory


def test_it_refuses_a_percent_unit_for_a_ratio(product: Any, alice: Any) -> None:
    top, bottom = MetricFactory(product=product), MetricFactory(product=product)

    with pytest.raises(MetricRefusedError, match="plain quotient") as refusal:
        metric_create(
            product=product, actor=alice, name="Share paid", unit="%", numerator=top, denominator=bottom
        )

    assert refusal.value.field == "unit"
