"""Is the newest move of a metric a signal? Calculation, selector and words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from metrics.analysis.variation import Rule
from metrics.calculations.moves import MoveReading, Variation, variation_of, weeks_of
from metrics.charts import move_words, series_figure, series_key
from metrics.models import Metric
from metrics.selectors import Series
from metrics.selectors.variation import metric_variation
from metrics.services import observations_record_pairs
from metrics.tests.factories import MetricFactory

FIRST = date(2026, 1, 1)  # a Thursday
WOBBLE = (0.0, 0.6, -0.3, 0.4, -0.5, 0.2, 0.5, -0.4)
RATE = Metric(name="Activation", unit="%", decimals=1, frequency="weekly")


def weekly(values):
    return [(FIRST + timedelta(weeks=number), value) for number, value in enumerate(values)]


def growing(weeks, step=1.0):
    return [40 + step * week + WOBBLE[week % len(WOBBLE)] for week in range(weeks)]


def test_a_metric_that_grows_as_before_gives_no_signal():
    reading = variation_of(weekly(growing(40)), frequency="weekly").reading

    assert reading is not None
    assert not reading.is_signal
    assert reading.low < reading.move < reading.high


def test_a_leap_is_a_signal():
    values = growing(40)

    reading = variation_of(weekly([*values, values[-1] + 9]), frequency="weekly").reading

    assert reading is not None
    assert (reading.move, reading.rules, reading.is_outside) == (9.0, (Rule.OUTSIDE,), True)


@pytest.mark.parametrize("change", [lambda x: x + 1000, lambda x: -3 * x, lambda x: x / 7])
def test_the_unit_of_a_metric_does_not_change_what_is_called(change):
    values = [*growing(40), 90.0]

    one = variation_of(weekly(values), frequency="weekly").reading
    other = variation_of(weekly([change(value) for value in values]), frequency="weekly").reading

    assert one is not None
    assert other is not None
    assert one.rules == other.rules


def test_seven_figures_are_too_few():
    assert variation_of(weekly(growing(7)), frequency="weekly").reading is None
    assert variation_of(weekly(growing(8)), frequency="weekly").reading is not None
    assert variation_of([], frequency="weekly").reading is None


def test_a_figure_after_a_gap_has_no_move():
    points = weekly(growing(40))

    assert variation_of([*points[:-2], points[-1]], frequency="weekly").reading is None
    assert variation_of([*points[:20], *points[21:]], frequency="weekly").reading is not None


def test_what_was_usual_long_ago_does_not_count():
    calm = [40 + value / 10 for value in growing(60, step=0)]
    wild = [40 + 20 * (week % 2) for week in range(30)]

    assert variation_of(weekly([*wild, *calm]), frequency="weekly").reading == (
        variation_of(weekly(calm)[-53:], frequency="weekly").reading
    )


@pytest.mark.parametrize(
    ("frequency", "days"),
    [
        ("monthly", [date(2025 + n // 12, n % 12 + 1, 1) for n in range(20)]),
        ("quarterly", [date(2022 + n // 4, 3 * (n % 4) + 1, 1) for n in range(10)]),
        ("quarterly", [date(2022 + (n * 3 + 1) // 12, (n * 3 + 1) % 12 + 1, 1) for n in range(10)]),
    ],
)
def test_months_and_quarters_are_neighbours_across_a_year(frequency, days):
    found = variation_of(list(zip(days, growing(len(days)), strict=True)), frequency=frequency)

    assert found.reading is not None
    assert len(found.band) == len(days) - 1


def test_the_band_is_the_value_before_with_the_usual_range_around():
    points = weekly(growing(20))

    found = variation_of(points, frequency="weekly")

    day, low, high = found.band[-1]
    assert found.reading is not None
    assert day == points[-1][0]
    assert (low, high) == pytest.approx(
        (points[-2][1] + found.reading.low, points[-2][1] + found.reading.high)
    )


def test_days_are_read_by_finished_weeks():
    days = [
        (date(2026, 11, 2) + timedelta(days=n), float(n)) for n in range(17)
    ]  # Monday, two weeks and a half

    assert weeks_of(days, adds=True, today=date(2026, 11, 18)) == [
        (date(2026, 11, 5), 21.0),
        (date(2026, 11, 12), 70.0),
    ]
    assert weeks_of(days, adds=False, today=date(2026, 11, 18)) == [
        (date(2026, 11, 5), 3.0),
        (date(2026, 11, 12), 10.0),
    ]


# --- read from the store --------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_metric_is_read_from_its_own_year_in_one_query(product, alice, now, django_assert_num_queries):
    metric = MetricFactory(product=product, frequency="weekly", aggregation="mean")
    pairs = [(date(2026, 11, 12) - timedelta(weeks=n), 40.0 + WOBBLE[n % 8]) for n in range(120)]
    observations_record_pairs(metric=metric, pairs=pairs, actor=alice, now=now)

    with django_assert_num_queries(1):
        found = metric_variation(metric=metric, today=date(2026, 11, 18))

    assert found.reading is not None
    assert len(found.band) == 52


@pytest.mark.django_db
def test_a_daily_ratio_is_the_quotient_of_the_weeks_sums(product, alice, now):
    top, bottom = (MetricFactory(product=product, frequency="daily", aggregation="sum") for _ in range(2))
    ratio = MetricFactory(product=product, frequency="daily", numerator=top, denominator=bottom)
    days = [date(2026, 8, 3) + timedelta(days=n) for n in range(98)]  # fourteen weeks
    weeks = [1 + n // 7 % 3 for n in range(98)]
    for metric, factor in ((top, 1), (bottom, 2)):
        pairs = [
            (day, float(factor * (week if metric is top else 3 + day.weekday())))
            for day, week in zip(days, weeks, strict=True)
        ]
        observations_record_pairs(metric=metric, pairs=pairs, actor=alice, now=now)

    found = metric_variation(metric=ratio, today=date(2026, 11, 18))

    assert found.reading is not None
    assert found.reading.move == pytest.approx((7 * weeks[-1] - 7 * weeks[-8]) / (2 * sum(range(3, 10))))


# --- words and picture ----------------------------------------------------------------------------


def said(reading):
    words = move_words(RATE, Variation("week", 8, reading))
    return words.move, words.verdict, words.detail


def test_it_is_said_in_the_metric_s_own_unit():
    calm = MoveReading(0.44, -1.4, 1.56, ())

    assert said(calm) == ("+0.4 points", "Within the usual range", "−1.4 to +1.6 points")
    assert said(replace(calm, move=2.1, rules=(Rule.OUTSIDE,))) == (
        "+2.1 points",
        "A signal",
        "above the usual range of −1.4 to +1.6 points",
    )
    assert said(replace(calm, move=-2.1, rules=(Rule.OUTSIDE,)))[2].startswith("below the usual range")
    assert said(replace(calm, rules=(Rule.EIGHT_ON_ONE_SIDE,))) == (
        "+0.4 points",
        "A signal",
        "eight moves in a row were to one side of the middle",
    )
    assert said(None) == ("–", "", "8 weeks in a row are needed to tell a signal")


def test_the_chart_shows_the_range_behind_the_line_but_not_behind_days(organisation):
    points = weekly(growing(20))
    series = Series([day for day, _ in points], [value for _, value in points])
    quarter = organisation.calendar.quarter_of(date(2026, 5, 14))
    band = variation_of(points, frequency="weekly")

    def names(metric):
        figure = series_figure(
            metric=metric, series=series, targets=[], quarters=[quarter], current=quarter, variation=band
        )
        return [trace["name"] for trace in figure["data"]]

    daily = Metric(name="Activation", unit="%", decimals=1, frequency="daily")
    assert names(RATE) == ["Usual range", "Each week", "4-week mean"]
    assert "Usual range" not in names(daily)
    assert series_key(RATE, series, [], band)[-1].word == "usual range of a week"
    assert len(series_key(daily, series, [], band)) == 1
