"""The one writer of figures: what it adds, corrects, refuses and tells."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from metrics.models import ImportRun, MetricQuarter, Observation, ObservationRevision
from metrics.services import (
    Points,
    PointsRefusedError,
    import_run_create,
    observations_delete,
    observations_record,
    observations_record_pairs,
)
from metrics.signals import observations_recorded
from metrics.tests.factories import MetricFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def daily(product: Any) -> Any:
    return MetricFactory(product=product, frequency="daily", aggregation="sum")


def stored(metric: Any) -> dict[str, float]:
    rows = Observation.objects.filter(metric=metric).order_by("date").values_list("date", "value")
    return {day.isoformat(): value for day, value in rows}


def record(metric: Any, pairs: Any, now: Any, actor: Any = None) -> ImportRun:
    return observations_record_pairs(metric=metric, pairs=pairs, actor=actor, now=now)


def points(metric: Any, days: list[str], values: list[float]) -> Points:
    return Points(
        np.full(len(days), metric.pk, np.int32), np.array(days, "datetime64[D]"), np.array(values, np.float64)
    )


def test_it_counts_what_is_new_what_changed_and_what_was_the_same(daily: Any, now: Any) -> None:
    record(daily, [(date(2026, 11, 2), 5.0), (date(2026, 11, 3), 6.0)], now)

    run = record(daily, [(date(2026, 11, 2), 5.0), (date(2026, 11, 3), 7.5), (date(2026, 11, 4), 8.0)], now)

    assert (run.created, run.changed, run.unchanged) == (1, 1, 1)
    assert stored(daily) == {"2026-11-02": 5.0, "2026-11-03": 7.5, "2026-11-04": 8.0}
    assert (run.first_date, run.last_date, run.state) == (date(2026, 11, 2), date(2026, 11, 4), "done")


def test_it_keeps_what_a_corrected_figure_was(daily: Any, now: Any) -> None:
    record(daily, [(date(2026, 11, 2), 5.0)], now)

    run = record(daily, [(date(2026, 11, 2), 9.0)], now)

    revision = ObservationRevision.objects.get()
    assert (revision.old_value, revision.new_value, revision.run_id, revision.at) == (5.0, 9.0, run.pk, now)


def test_it_keeps_the_quarter_in_the_same_transaction(daily: Any, now: Any) -> None:
    record(daily, [(date(2026, 10, 1), 4.0), (date(2026, 11, 2), 5.0), (date(2026, 9, 30), 1.0)], now)

    quarter = MetricQuarter.objects.get(metric=daily, quarter_start=date(2026, 10, 1))
    assert (quarter.n, quarter.total, quarter.minimum, quarter.maximum) == (2, 9.0, 4.0, 5.0)
    assert (quarter.quarter_end, quarter.last_date, quarter.last_value) == (
        date(2027, 1, 1),
        date(2026, 11, 2),
        5.0,
    )


@pytest.mark.parametrize(
    ("frequency", "given", "moved"),
    [
        ("daily", date(2026, 11, 11), "2026-11-11"),
        ("weekly", date(2026, 11, 9), "2026-11-12"),  # a Monday
        ("weekly", date(2026, 11, 15), "2026-11-12"),  # the Sunday of the same ISO week
        ("monthly", date(2026, 11, 11), "2026-11-01"),
        ("quarterly", date(2026, 11, 11), "2026-10-01"),
    ],
)
def test_it_moves_a_date_to_the_day_of_its_period(
    product: Any, now: Any, frequency: str, given: date, moved: str
) -> None:
    metric = MetricFactory(product=product, frequency=frequency)

    record(metric, [(given, 1.0)], now)

    assert list(stored(metric)) == [moved]


def test_it_puts_quarterly_figures_on_the_first_day_of_the_fiscal_quarter(
    product: Any, organisation: Any, now: Any
) -> None:
    organisation.fiscal_year_start = 2
    organisation.save()
    metric = MetricFactory(product=product, frequency="quarterly")

    record(metric, [(date(2026, 10, 11), 1.0)], now)

    assert list(stored(metric)) == ["2026-08-01"]
    assert MetricQuarter.objects.get(metric=metric).quarter_start == date(2026, 8, 1)


def test_it_drops_equal_repetitions_of_one_period(product: Any, now: Any) -> None:
    metric = MetricFactory(product=product)

    record(metric, [(date(2026, 11, 9), 3.0), (date(2026, 11, 10), 3.0)], now)

    assert stored(metric) == {"2026-11-12": 3.0}


def test_it_refuses_two_values_for_one_period_and_names_both_rows(product: Any, now: Any) -> None:
    metric = MetricFactory(product=product)

    with pytest.raises(PointsRefusedError) as refused:
        record(metric, [(date(2026, 11, 9), 3.0), (date(2026, 11, 10), 4.0)], now)

    assert "Row 1 has 3 and this row 4" in refused.value.message
    assert refused.value.errors[0].row == 2
    assert stored(metric) == {}


@pytest.mark.parametrize(
    ("day", "value", "words"),
    [
        ("2026-11-02", float("nan"), "finite"),
        ("2026-11-02", float("inf"), "finite"),
        ("2026-11-02", -float("inf"), "finite"),
        ("2026-11-02", 1e15, "Too large"),
        ("1899-12-31", 1.0, "earliest"),
        ("2026-11-19", 1.0, "future"),
        ("NaT", 1.0, "Not a date"),
    ],
)
def test_it_refuses_figures_out_of_bounds(daily: Any, now: Any, day: str, value: float, words: str) -> None:
    run = import_run_create(kind="api", actor=None, metric=daily)

    with pytest.raises(PointsRefusedError) as refused:
        observations_record(points=points(daily, ["2026-11-01", day], [1.0, value]), run=run, now=now)

    assert words in refused.value.message
    assert refused.value.errors[0].row == 2
    assert not Observation.objects.exists()


def test_it_takes_a_figure_of_the_week_that_is_running(product: Any, now: Any) -> None:
    metric = MetricFactory(product=product)

    record(metric, [(date(2026, 11, 22), 1.0)], now)

    assert list(stored(metric)) == ["2026-11-19"]


def test_it_refuses_figures_of_a_ratio(product: Any, now: Any, daily: Any) -> None:
    ratio = MetricFactory(product=product, numerator=daily, denominator=MetricFactory(product=product))

    with pytest.raises(PointsRefusedError, match="numerator and denominator"):
        record(ratio, [(date(2026, 11, 2), 1.0)], now)


def test_it_refuses_an_unknown_metric(daily: Any, now: Any) -> None:
    run = import_run_create(kind="api", actor=None)
    unknown = Points(np.array([daily.pk + 99]), np.array(["2026-11-02"], "datetime64[D]"), np.array([1.0]))

    with pytest.raises(PointsRefusedError, match="no such metric"):
        observations_record(points=unknown, run=run, now=now)


def test_it_deletes_with_a_revision_and_an_import_of_its_own(daily: Any, now: Any, alice: Any) -> None:
    record(daily, [(date(2026, 11, 2), 5.0), (date(2026, 11, 3), 6.0)], now)

    run = observations_delete(metric=daily, dates=[date(2026, 11, 3)], actor=alice, now=now)

    assert (run.deleted, run.kind) == (1, "hand")
    assert stored(daily) == {"2026-11-02": 5.0}
    assert ObservationRevision.objects.get().new_value is None
    assert MetricQuarter.objects.get(metric=daily).last_value == 5.0


def test_it_removes_a_quarter_that_holds_nothing_any_more(daily: Any, now: Any, alice: Any) -> None:
    record(daily, [(date(2026, 11, 2), 5.0)], now)

    observations_delete(metric=daily, dates=[date(2026, 11, 2)], actor=alice, now=now)

    assert not MetricQuarter.objects.exists()


def test_it_tells_which_metrics_and_days_changed(daily: Any, now: Any) -> None:
    told: list[dict[str, Any]] = []

    def listen(**kwargs: Any) -> None:
        told.append(kwargs)

    observations_recorded.connect(listen)
    try:
        record(daily, [(date(2026, 11, 2), 5.0), (date(2026, 11, 9), 6.0)], now)
        record(daily, [(date(2026, 11, 2), 5.0)], now)  # nothing changes, nothing is told
    finally:
        observations_recorded.disconnect(listen)

    assert len(told) == 1
    assert told[0]["metric_ids"] == {daily.pk}
    assert (told[0]["first_date"], told[0]["last_date"]) == (date(2026, 11, 2), date(2026, 11, 9))


def test_it_handles_many_rows_in_few_statements(
    product: Any, now: Any, django_assert_max_num_queries: Any
) -> None:
    metrics = [MetricFactory(product=product, frequency="daily") for _ in range(10)]
    days = np.arange("2026-06-01", "2026-11-01", dtype="datetime64[D]")
    many = Points(
        np.repeat(np.array([m.pk for m in metrics], np.int32), len(days)),
        np.tile(days, len(metrics)),
        np.arange(len(days) * len(metrics), dtype=float),
    )
    run = import_run_create(kind="api", actor=None)

    with django_assert_max_num_queries(16):
        first = observations_record(points=many, run=run, now=now)
    changed_values = many.values.copy()
    changed_values[::3] += 1
    second = observations_record(
        points=Points(many.metric_ids, many.dates, changed_values),
        run=import_run_create(kind="api", actor=None),
        now=now,
    )

    assert (first.created, first.changed) == (len(many), 0)
    assert (second.created, second.changed) == (0, len(changed_values[::3]))
    assert Observation.objects.count() == len(many)
    assert stored(metrics[0])["2026-06-01"] == 1.0
    assert ObservationRevision.objects.count() == second.changed
    assert sum(MetricQuarter.objects.values_list("n", flat=True)) == len(many)
    assert sum(MetricQuarter.objects.values_list("total", flat=True)) == pytest.approx(changed_values.sum())


def test_it_removes_the_figures_of_a_deleted_metric(daily: Any, now: Any) -> None:
    record(daily, [(now.date() - timedelta(days=1), 5.0)], now)

    daily.delete()

    assert not Observation.objects.exists()
    assert not MetricQuarter.objects.exists()
