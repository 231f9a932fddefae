"""The quarter rollup equals a recomputation after any sequence of writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import ApplicationError
from metrics.models import ImportRun, MetricQuarter, Observation
from metrics.services import (
    import_take_back,
    observations_delete,
    observations_record_pairs,
    rollup_rebuild,
)
from metrics.tests.factories import MetricFactory

FIRST = date(2026, 6, 20)
days = st.integers(0, 150).map(lambda offset: FIRST + timedelta(days=offset))
values = st.integers(-50, 50).map(float)
steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("record"), st.integers(0, 1), st.dictionaries(days, values, min_size=1, max_size=8)
        ),
        st.tuples(st.just("delete"), st.integers(0, 1), st.lists(days, min_size=1, max_size=4)),
        st.tuples(st.just("take back"), st.just(0), st.integers(0, 20)),
    ),
    min_size=1,
    max_size=8,
)


def recomputed() -> dict[tuple[int, date], tuple[Any, ...]]:
    groups: dict[tuple[int, date], list[tuple[date, float]]] = {}
    for pk, day, value in Observation.objects.order_by("metric_id", "date").values_list(
        "metric_id", "date", "value"
    ):
        start = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        groups.setdefault((pk, start), []).append((day, value))
    return {
        key: (
            len(rows),
            sum(value for _, value in rows),
            min(value for _, value in rows),
            max(value for _, value in rows),
            *rows[-1],
        )
        for key, rows in groups.items()
    }


def kept() -> dict[tuple[int, date], tuple[Any, ...]]:
    rows = MetricQuarter.objects.values_list(
        "metric_id", "quarter_start", "n", "total", "minimum", "maximum", "last_date", "last_value"
    )
    return {(pk, start): tuple(rest) for pk, start, *rest in rows}


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=steps)
def test_the_rollup_equals_a_recomputation_after_any_sequence(
    product: Any, now: Any, sequence: Sequence[tuple[str, int, Any]]
) -> None:
    metrics = [MetricFactory(product=product, frequency="daily") for _ in range(2)]

    for action, which, what in sequence:
        try:
            if action == "record":
                observations_record_pairs(metric=metrics[which], pairs=what.items(), actor=None, now=now)
            elif action == "delete":
                observations_delete(metric=metrics[which], dates=what, actor=None, now=now)
            elif runs := list(ImportRun.objects.filter(state="done").order_by("pk")):
                import_take_back(run=runs[what % len(runs)], actor=None, now=now)
        except ApplicationError:
            pass  # nothing on that day, or nothing to take back

    assert kept() == recomputed()
    assert rollup_rebuild().mended == 0
    for metric in metrics:
        metric.delete()


@pytest.mark.django_db
def test_the_nightly_check_mends_a_rollup_that_went_wrong(product: Any, now: Any) -> None:
    metric = MetricFactory(product=product, frequency="daily")
    observations_record_pairs(
        metric=metric, pairs=[(date(2026, 7, 1), 1.0), (date(2026, 10, 1), 2.0)], actor=None, now=now
    )
    right = kept()
    MetricQuarter.objects.filter(quarter_start=date(2026, 7, 1)).update(total=99.0, n=7)
    MetricQuarter.objects.filter(quarter_start=date(2026, 10, 1)).delete()
    MetricQuarter.objects.create(
        metric_id=metric.pk,
        quarter_start=date(2020, 1, 1),
        quarter_end=date(2020, 4, 1),
        n=1,
        total=1,
        minimum=1,
        maximum=1,
        last_date=date(2020, 1, 1),
        last_value=1,
    )

    result = rollup_rebuild()

    assert result.mended == 3
    assert kept() == right


@pytest.mark.django_db
def test_another_fiscal_calendar_builds_the_quarters_again(product: Any, organisation: Any, now: Any) -> None:
    metric = MetricFactory(product=product, frequency="daily")
    observations_record_pairs(
        metric=metric, pairs=[(date(2026, 7, 1), 1.0), (date(2026, 10, 1), 2.0)], actor=None, now=now
    )

    organisation.fiscal_year_start = 2
    organisation.save()

    assert [start for _, start in sorted(kept())] == [date(2026, 5, 1), date(2026, 8, 1)]
