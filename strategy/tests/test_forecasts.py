"""The chance of a quarter's target: made once a day, of what was known then."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from metrics.models import Target
from strategy.models import Forecast
from strategy.services import (
    forecasts_make,
    goal_retire,
)
from strategy.tests.factories import (
    figures_record,
    figures_wander,
    goal_make,
    metric_make,
    target_make,
    team_target_make,
    weekly,
)

UTC = ZoneInfo("UTC")
NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
CLOSED = datetime(2027, 1, 12, 3, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def goal(product, alice):
    goal = goal_make(product, alice)
    figures_wander(goal.versions.get().metric, NOW)
    return goal


def only(goal):
    return Forecast.objects.get(goal=goal)


def test_a_goal_gets_a_chance_with_its_range_and_the_straight_line(goal, product):
    summary = forecasts_make(now=NOW)

    row = only(goal)
    assert (summary.subjects, summary.made, summary.without_chance) == (1, 1, 0)
    assert (row.product, row.made_on, row.quarter_start) == (product, date(2026, 11, 18), date(2026, 10, 1))
    assert row.is_current
    assert row.chance is not None
    assert 0.01 <= row.chance <= 0.99
    assert row.low < row.centre < row.high
    assert row.pace is not None
    assert row.pace_hits == (row.pace >= 86.0)
    assert (row.aim, row.direction, row.kind, row.frequency) == (86.0, "increase", "last", "weekly")
    assert (row.points, row.periods_left, row.lack) == (60, 7, "")
    assert row.inputs["last_figure"] == "2026-11-12"


def test_daily_figures_are_forecast_in_weeks(product, alice):
    metric = metric_make(product, key="calls", frequency="daily", aggregation="sum")
    goal_make(product, alice, metric=metric, targets={"2026-Q4": 100.0})
    start = date(2026, 1, 5)
    figures_record(metric, [(start + timedelta(days=n), 1.0) for n in range(316)], NOW)

    forecasts_make(now=NOW)

    row = Forecast.objects.get()
    assert (row.frequency, row.kind, row.points) == ("weekly", "sum", 45)
    assert row.centre == pytest.approx(92.0, abs=0.5)
    assert row.pace == pytest.approx(92.0)


def test_a_second_run_on_the_same_day_changes_nothing(goal):
    forecasts_make(now=NOW)
    before = Forecast.objects.values().get()

    summary = forecasts_make(now=NOW + timedelta(hours=5))

    assert (summary.made, summary.rewritten, summary.unchanged) == (0, 0, 1)
    assert Forecast.objects.values().get() == before


def test_new_figures_on_the_same_day_rewrite_the_days_row(goal):
    forecasts_make(now=NOW)
    before = only(goal)
    figures_record(before.metric, [(date(2026, 11, 12), 95.0)], NOW)

    summary = forecasts_make(now=NOW + timedelta(hours=5))

    row = only(goal)
    assert (summary.made, summary.rewritten) == (0, 1)
    assert row.pk == before.pk
    assert row.chance > before.chance
    assert row.made_at == NOW + timedelta(hours=5)


def test_the_next_days_row_takes_over_as_the_current_one(goal):
    forecasts_make(now=NOW)
    forecasts_make(now=NOW + timedelta(days=1))

    assert list(Forecast.objects.order_by("made_on").values_list("is_current", flat=True)) == [False, True]


def test_a_forecast_of_the_past_never_becomes_the_current_one(goal):
    forecasts_make(now=NOW)
    forecasts_make(now=NOW - timedelta(days=14))

    assert Forecast.objects.current().get().made_on == date(2026, 11, 18)
    assert Forecast.objects.count() == 2


def test_a_forecast_of_the_past_knows_no_later_figure(product, alice):
    goal, other = (goal_make(product, alice, title=name, key=name.lower()) for name in ("One", "Two"))
    figures_wander(goal.versions.get().metric, NOW, weeks=60)
    figures_wander(other.versions.get().metric, NOW, weeks=52, until=date(2026, 9, 17))
    figures_record(other.versions.get().metric, weekly(date(2025, 9, 25), [80.0, 82.0] * 26), NOW)
    then = datetime(2026, 9, 21, 3, 0, tzinfo=UTC)
    metric = goal.versions.get().metric

    forecasts_make(now=then)
    before = only(goal).chance
    figures_record(metric, weekly(date(2026, 9, 24), [150.0] * 8), NOW)
    Forecast.objects.all().delete()
    forecasts_make(now=then)

    assert only(goal).chance == before


def test_short_history_gives_the_straight_line_and_no_chance(product, alice):
    goal = goal_make(product, alice)
    figures_wander(goal.versions.get().metric, NOW, weeks=11)

    summary = forecasts_make(now=NOW)

    row = only(goal)
    assert summary.without_chance == 1
    assert (row.chance, row.lack, row.points) == (None, "history", 11)
    assert row.pace is not None


def test_figures_that_stopped_coming_give_neither(product, alice):
    goal = goal_make(product, alice)
    figures_wander(goal.versions.get().metric, NOW, until=date(2026, 10, 22))

    forecasts_make(now=NOW)

    row = only(goal)
    assert (row.chance, row.lack, row.pace) == (None, "figures", None)


def test_a_goal_without_a_target_this_quarter_gets_none(product, alice):
    goal = goal_make(product, alice, targets={"2027-Q1": 87.0})
    figures_wander(goal.versions.get().metric, NOW)

    assert forecasts_make(now=NOW).subjects == 0


def test_drafts_and_retired_goals_get_none(goal, product, alice):
    goal_make(product, alice, title="Draft", key="draft", since=None)
    goal_retire(goal=goal, actor=alice, reason="Gone.", now=NOW)

    assert forecasts_make(now=NOW).subjects == 0


def test_a_band_counts_only_when_it_ends_inside(product, alice):
    goal = goal_make(
        product, alice, direction="band", contents=[target_make("2026-Q4", low=60.0, high=110.0)]
    )
    figures_wander(goal.versions.get().metric, NOW)

    forecasts_make(now=NOW)

    row = only(goal)
    assert (row.aim, row.aim_low, row.aim_high) == (None, 60.0, 110.0)
    assert row.chance == 0.99


def test_tolerance_eases_the_chance(product, alice):
    metric = metric_make(product, key="shared")
    strict = goal_make(product, alice, metric=metric, title="Strict", targets={"2026-Q4": 83.0})
    loose = goal_make(product, alice, metric=metric, title="Loose", targets={"2026-Q4": 83.0}, tolerance=1.0)
    figures_wander(metric, NOW)

    forecasts_make(now=NOW)

    assert only(loose).chance > only(strict).chance
    assert only(loose).centre == only(strict).centre


def test_team_targets_get_one_against_the_commit_that_counts(product, alice, team):
    metric = metric_make(product, key="usage", kind="outcome")
    figures_wander(metric, NOW)
    eased = team_target_make(team, metric, "2026-Q4", 70.0, locked_commit=88.0)

    forecasts_make(now=NOW)

    row = Forecast.objects.get(target=eased)
    assert (row.aim, row.goal, row.direction) == (88.0, None, "increase")


def test_closed_targets_get_no_more(product, alice, team):
    metric = metric_make(product, key="usage", kind="outcome")
    figures_wander(metric, NOW)
    team_target_make(team, metric, "2026-Q4", 70.0, state=Target.State.CLOSED)

    assert forecasts_make(now=NOW).subjects == 0
