"""Values of quarters, newest figures, series, sparks and standings, in constant numbers of queries."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from common.quarters import FiscalCalendar
from metrics.models import Metric
from metrics.selectors import (
    metric_latest,
    metric_quarter_values,
    metric_series,
    metric_spark_points,
    metric_sparks,
    metric_status,
    target_standings,
    targets_of_quarter,
)
from metrics.services import observations_record_pairs
from metrics.tests.factories import MetricFactory, TargetFactory

pytestmark = pytest.mark.django_db
CALENDAR = FiscalCalendar(1)
Q3, Q4 = CALENDAR.parse("2026-Q3"), CALENDAR.parse("2026-Q4")


@pytest.fixture
def filled(product: Any, now: Any) -> Any:
    def make(**fields: Any) -> Metric:
        pairs = fields.pop("pairs")
        metric: Metric = MetricFactory(product=product, **({"frequency": "daily"} | fields))
        observations_record_pairs(metric=metric, pairs=pairs, actor=None, now=now)
        return metric

    return make


@pytest.mark.parametrize(
    ("aggregation", "expected"), [("last", 7.0), ("mean", 4.0), ("sum", 12.0), ("min", 2.0), ("max", 7.0)]
)
def test_a_quarter_has_one_value_by_the_aggregation(filled: Any, aggregation: str, expected: float) -> None:
    pairs = [
        (date(2026, 7, 1), 3.0),
        (date(2026, 8, 1), 2.0),
        (date(2026, 9, 30), 7.0),
        (date(2026, 10, 1), 99.0),
    ]
    metric = filled(pairs=pairs, aggregation=aggregation)

    values = metric_quarter_values(metrics=[metric], quarters=[Q3, Q4, Q3.previous])

    assert values == {
        (metric.pk, Q3.start): expected,
        (metric.pk, Q4.start): 99.0,
        (metric.pk, Q3.previous.start): None,
    }


def test_a_ratio_is_the_quotient_of_the_sums(filled: Any, product: Any) -> None:
    paid = filled(pairs=[(date(2026, 7, 1), 1.0), (date(2026, 7, 2), 2.0), (date(2026, 10, 1), 1.0)])
    trials = filled(pairs=[(date(2026, 7, 1), 10.0), (date(2026, 7, 9), 2.0), (date(2026, 10, 1), 0.0)])
    ratio = MetricFactory(product=product, numerator=paid, denominator=trials)

    values = metric_quarter_values(metrics=[ratio], quarters=[Q3, Q4, Q3.previous])

    assert values[ratio.pk, Q3.start] == 0.25
    assert values[ratio.pk, Q4.start] is None  # a zero denominator is no data
    assert values[ratio.pk, Q3.previous.start] is None


def test_quarters_of_an_earlier_calendar_are_summed_from_the_figures(filled: Any, organisation: Any) -> None:
    pairs = [
        (date(2026, 7, 31), 1.0),
        (date(2026, 8, 1), 2.0),
        (date(2026, 10, 31), 4.0),
        (date(2026, 11, 1), 8.0),
    ]
    metric = filled(pairs=pairs, aggregation="sum")
    february = FiscalCalendar(2).quarter_of(date(2026, 9, 1))

    values = metric_quarter_values(metrics=[metric], quarters=[february, Q3])

    assert values == {(metric.pk, february.start): 6.0, (metric.pk, Q3.start): 3.0}


def test_the_newest_figure_of_each_metric_takes_two_queries(
    filled: Any, product: Any, django_assert_num_queries: Any
) -> None:
    paid = filled(pairs=[(date(2026, 11, 2), 1.0), (date(2026, 11, 4), 2.0)])
    trials = filled(pairs=[(date(2026, 11, 3), 4.0), (date(2026, 11, 11), 8.0)])
    empty = MetricFactory(product=product)
    ratio = MetricFactory(product=product, numerator=paid, denominator=trials, frequency="weekly")

    with django_assert_num_queries(2):
        latest = metric_latest(metrics=[paid, trials, empty, ratio])

    assert latest == {
        paid.pk: (date(2026, 11, 4), 2.0),
        trials.pk: (date(2026, 11, 11), 8.0),
        ratio.pk: (date(2026, 11, 5), 0.75),  # the week in which both have figures: (1 + 2) / 4
    }


def test_a_series_can_be_cut_and_a_ratio_has_one_point_a_period(filled: Any, product: Any) -> None:
    paid = filled(pairs=[(date(2026, 11, 2), 1.0), (date(2026, 11, 9), 3.0)])
    trials = filled(pairs=[(date(2026, 11, 3), 4.0), (date(2026, 11, 11), 0.0)])
    ratio = MetricFactory(product=product, numerator=paid, denominator=trials, frequency="weekly")

    assert metric_series(metric=paid, since=date(2026, 11, 3)).points == [(date(2026, 11, 9), 3.0)]
    assert metric_series(metric=ratio).points == [(date(2026, 11, 5), 0.25)]
    assert metric_series(metric=ratio, since=date(2026, 11, 5)).values == [0.25]


def test_sparks_hold_the_last_weeks_of_many_metrics_in_one_query(
    filled: Any, today: date, django_assert_num_queries: Any
) -> None:
    daily = filled(pairs=[(today - timedelta(days=n), float(n)) for n in range(60)])
    summed = filled(pairs=[(date(2026, 11, 9), 1.0), (date(2026, 11, 10), 2.0)], aggregation="sum")

    with django_assert_num_queries(1):
        sparks = metric_sparks(metrics=[daily, summed], weeks=4, today=today)

    assert sparks[daily.pk] == [17.0, 10.0, 3.0, 0.0]
    assert metric_spark_points(metrics=[summed], weeks=4, today=today)[summed.pk] == [
        (date(2026, 11, 12), 3.0)
    ]


@pytest.mark.parametrize(
    ("value", "day", "status"),
    [
        (24.0, date(2026, 11, 12), "target_reached"),
        (22.5, date(2026, 11, 12), "on_pace"),  # half way through from 20 to 24 is about 22.1
        (21.0, date(2026, 11, 12), "behind_pace"),
        (21.0, date(2026, 10, 8), "stale"),
        (None, None, "no_data"),
    ],
)
def test_a_teams_metric_stands_by_pace(
    product: Any, team: Any, now: Any, today: date, value: float | None, day: date | None, status: str
) -> None:
    metric = MetricFactory(product=product)
    if value is not None and day is not None:
        observations_record_pairs(metric=metric, pairs=[(day, value)], actor=None, now=now)
    TargetFactory(team=team, metric=metric, baseline=20, commit=24)

    (standing,) = target_standings(
        targets=targets_of_quarter(product=product, quarter=Q4), quarter=Q4, today=today
    )

    assert standing.status == ("stale" if status == "no_data" else status)
    assert metric_status(metrics=[metric], quarter=Q4, today=today)[metric.pk] == standing.status


def test_a_lower_is_better_metric_is_judged_downwards(product: Any, team: Any, now: Any, today: date) -> None:
    metric = MetricFactory(product=product, direction="decrease")
    observations_record_pairs(metric=metric, pairs=[(date(2026, 11, 12), 3.0)], actor=None, now=now)
    target = TargetFactory(team=team, metric=metric, baseline=10, commit=4)

    (standing,) = target_standings(targets=[target], quarter=Q4, today=today)

    assert (standing.status, standing.met, standing.variance) == ("target_reached", True, -1.0)
