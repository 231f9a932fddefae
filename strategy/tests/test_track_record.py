"""How often forecasts came true, as a page tells it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from strategy.calculations.track_record import Cell, record_make
from strategy.models import Forecast
from strategy.selectors.track_record import calibrations_shown, track_record, track_record_page
from strategy.tests.factories import goal_make

UTC = ZoneInfo("UTC")
AT = datetime(2026, 10, 12, 3, 0, tzinfo=UTC)


def cell(tenth=7, weeks=5, n=10, said=6.5, happened=7, brier=2.0, inside=8, lines=10, beside=2.0, wrong=4):
    return Cell(tenth, weeks, n, said, happened, brier, inside, lines, beside, wrong)


def test_a_tenth_says_how_often_what_it_said_came_true():
    record = record_make([cell(weeks=5), cell(weeks=6, happened=6, said=6.7)])

    (tenth,) = record.tenths
    assert (tenth.label, tenth.tally.n) == ("60 to 70%", 20)
    assert tenth.tally.said == pytest.approx(0.66)
    assert tenth.tally.happened == pytest.approx(0.65)


def test_weeks_left_are_taken_together():
    record = record_make([cell(weeks=week, n=1, said=0.65, happened=1) for week in (0, 2, 3, 9, 10, 13)])

    assert [(part.label, part.tally.n) for part in record.horizons] == [
        ("Up to 2 weeks", 2),
        ("3 to 5 weeks", 1),
        ("6 to 9 weeks", 1),
        ("10 weeks or more", 2),
    ]


def test_the_line_is_compared_on_the_questions_it_answered():
    record = record_make([cell(n=10, brier=2.0, lines=5, beside=0.5, wrong=2)])

    assert record.total.brier == pytest.approx(0.2)
    assert record.total.brier_beside == pytest.approx(0.1)
    assert record.total.brier_line == pytest.approx(0.4)


def test_without_a_line_there_is_nothing_to_compare():
    record = record_make([cell(lines=0, beside=0.0, wrong=0)])

    assert (record.total.brier_beside, record.total.brier_line) == (None, None)


def test_reliability_is_none_of_nothing_and_zero_when_every_word_was_kept():
    assert record_make([]).reliability is None
    assert record_make([cell(n=10, said=7.0, happened=7)]).reliability == pytest.approx(0.0)
    assert record_make([cell(n=10, said=9.0, happened=7)]).reliability == pytest.approx(0.04)


# --- from the database ----------------------------------------------------------------------------


@pytest.fixture
def goal(product, alice):
    return goal_make(product, alice)


def scored(goal, chance, hit, *, week=0, in_record=True, **fields):
    version = goal.versions.get()
    values = {
        "periods_left": 7, "frequency": "weekly", "kind": "last", "pace_hits": hit, "inside": True,
        "calibration": 1.0, "standardised": 0.5,
    } | fields  # fmt: skip
    return Forecast.objects.create(
        product=goal.product, goal=goal, goal_version=version, metric=version.metric, quarter_start=date(2026, 7, 1),
        quarter_end=date(2026, 10, 1), made_on=date(2026, 1, 1) + timedelta(weeks=week), made_at=AT,
        is_current=False, direction="increase", aim=85.0, chance=chance, method="ens-1", outcome=80.0, hit=hit,
        brier=(chance - hit) ** 2, scored_at=AT, in_record=in_record, **values,
    )  # fmt: skip


def test_the_database_sums_up_by_tenth(goal):
    for week, (chance, hit) in enumerate(
        [(0.62, True), (0.66, True), (0.7, False), (0.71, True), (0.01, False)]
    ):
        scored(goal, chance, hit, week=week)

    record = track_record(product=goal.product)

    assert [(part.label, part.tally.n) for part in record.tenths] == [
        ("0 to 10%", 1),
        ("60 to 70%", 3),
        ("70 to 80%", 1),
    ]
    assert record.tenths[1].tally.happened == pytest.approx(2 / 3)
    assert record.total.brier_line == 0.0


def test_only_those_that_stand_for_their_week_count(goal):
    scored(goal, 0.62, True)
    scored(goal, 0.62, True, week=1, in_record=False)

    assert track_record(product=goal.product).total.n == 1


def test_months_and_quarters_count_in_weeks(goal):
    scored(goal, 0.5, True, week=0, frequency="monthly", periods_left=2)
    scored(goal, 0.5, True, week=1, frequency="quarterly", periods_left=1)

    assert [part.label for part in track_record(product=goal.product).horizons] == [
        "6 to 9 weeks",
        "10 weeks or more",
    ]


def test_other_products_do_not_count(goal, charlie):
    from teams.models import Product

    scored(goal, 0.62, True)

    assert track_record(product=Product.objects.get(slug="elsewhere")).total.n == 0


def test_one_query_sums_up_whatever_there_is(goal, django_assert_num_queries):
    for week in range(30):
        scored(goal, 0.03 * week + 0.05, week % 2 == 0, week=week, periods_left=week % 13)

    with django_assert_num_queries(1):
        assert track_record(product=goal.product).total.n == 30


def test_the_constant_is_shown_with_the_day_since_when(goal):
    old = scored(goal, 0.6, True, calibration=1.0)
    for week in (1, 2):
        newest = scored(goal, 0.6, True, week=week, calibration=1.2)
    Forecast.objects.filter(pk=newest.pk).update(is_current=True)

    (shown,) = calibrations_shown(product=goal.product)

    assert (shown.frequency, shown.value, shown.is_fitted) == ("weekly", 1.2, True)
    assert shown.since == old.made_on + timedelta(weeks=1)


def test_a_measured_constant_says_how_many_more_it_takes(goal):
    Forecast.objects.filter(pk=scored(goal, 0.6, True).pk).update(is_current=True)

    (shown,) = calibrations_shown(product=goal.product)

    assert not shown.is_fitted
    assert shown.sentence == "Measured on public series, until 200 more forecasts are scored."


def test_the_page_says_it_in_one_sentence(goal, logged_in, alice):
    for week, hit in enumerate((True, True, False)):
        scored(goal, 0.65, hit, week=week)

    page = logged_in(alice).get(reverse("strategy:track-record", args=[goal.product.slug]))

    assert page.status_code == 200
    assert "Of 3 forecasts between 60 and 70%, 67% came true." in page.content.decode()
    assert 'role="img"' in page.content.decode()


def test_the_page_of_a_young_product_says_what_will_come(product, logged_in, alice):
    page = logged_in(alice).get(reverse("strategy:track-record", args=[product.slug]))

    assert "No forecast is scored yet" in page.content.decode()


def test_the_drawing_has_a_dot_for_each_tenth(goal):
    from common.display.reliability_svg import reliability_chart

    for week, chance in enumerate((0.15, 0.65, 0.95)):
        scored(goal, chance, True, week=week)
    chart = track_record_page(product=goal.product).chart
    assert chart is not None

    assert reliability_chart(chart).count("<circle") == 3
    assert len(chart.table.rows) == 3


def test_a_stranger_finds_no_track_record(goal, logged_in, charlie):
    assert (
        logged_in(charlie).get(reverse("strategy:track-record", args=[goal.product.slug])).status_code == 404
    )
