"""What lists, the overview and other apps are told of goals."""

from __future__ import annotations

from datetime import date

import pytest

from strategy.selectors import goal_rows, goal_streak, goals_of_metrics, goals_overview
from strategy.services import goal_retire, goal_streak_restart, mapping_retire, quarters_evaluate
from strategy.tests.factories import (
    figures_record,
    goal_make,
    mapping_make,
    metric_make,
    team_target_make,
    weekly,
)

YEAR = {"2025-Q4": 81.0, "2026-Q1": 82.0, "2026-Q2": 83.0, "2026-Q3": 84.0, "2026-Q4": 86.0, "2027-Q1": 90.0}


@pytest.fixture
def goal(product, alice, now):
    goal = goal_make(product, alice, targets=YEAR)
    figures_record(goal.current.metric, {"2026-Q1": 90.0, "2026-Q2": 1.0, "2026-Q3": 84.0}, now)
    figures_record(
        goal.current.metric, weekly(date(2026, 10, 1), [84.2, 84.4, 84.6, 84.8, 84.9, 85.0, 85.2]), now
    )
    quarters_evaluate(now=now)
    return goal


def many(product, team, alice, now, count):
    for index in range(count):
        own = goal_make(product, alice, key=f"impact-{index}", title=f"Goal {index}", targets=YEAR)
        usage = metric_make(product, key=f"usage-{index}", kind="outcome")
        mapping_make(own, usage, alice)
        team_target_make(team, usage, "2026-Q4", 40.0)
        figures_record(own.current.metric, {"2026-Q3": 84.0, "2026-Q4": 85.0}, now)
        figures_record(usage, {"2026-Q3": 84.0, "2026-Q4": 85.0}, now)
    quarters_evaluate(now=now)


def test_a_row_says_where_the_goal_stands_and_why(product, goal, today):
    (row,) = goal_rows(product=product, today=today)

    assert (row.title, row.owner, row.status, row.kind) == ("Customers stay", "Alice", "on_track", "good")
    assert (
        row.sentence
        == "0.1 points ahead of the pace to 86.0% this quarter. By pace: no forecast is made yet."
    )
    assert (row.now, row.now_text, row.target_text, row.baseline) == (85.2, "85.2%", "86.0%", 80.0)
    assert (row.streak, row.warning, row.reading) == (0, "", "unknown")
    assert row.last_date == date(2026, 11, 12)
    assert row.url == "/p/fieldnote/goals/customers-stay/"


def test_a_row_shows_eight_quarters_with_the_open_one_last(product, goal, today):
    (row,) = goal_rows(product=product, today=today)

    assert [(cell.short, cell.result) for cell in row.cells] == [
        ("’25", "no_target"),
        ("Q2", "no_target"),
        ("Q3", "no_target"),
        ("Q4", "no_data"),
        ("’26", "met"),
        ("Q2", "missed"),
        ("Q3", "met"),
        ("Q4", "open"),
    ]
    assert (row.cells[5].label, row.cells[5].actual, row.cells[5].target) == ("Q2 2026", "1.0%", "83.0%")
    assert (row.cells[7].actual, row.cells[7].target) == ("85.2%", "86.0%")


def test_a_goal_with_two_misses_is_warned_with_the_day(product, alice, now, today):
    goal = goal_make(product, alice, targets=YEAR)
    figures_record(goal.current.metric, {"2026-Q1": 90.0, "2026-Q2": 1.0, "2026-Q3": 1.0}, now)
    quarters_evaluate(now=now)

    (row,) = goal_rows(product=product, today=today)

    assert row.streak == 2
    assert row.warning == (
        "If Q4 2026 misses its target of 86.0%, a contest opens by itself on 11 January 2027."
    )


def test_a_goal_without_recent_figures_has_no_data_and_comes_first(product, goal, alice, today):
    goal_make(product, alice, key="quiet", title="Quiet", targets=YEAR)

    rows = goal_rows(product=product, today=today)

    assert [(row.title, row.status) for row in rows] == [("Quiet", "no_data"), ("Customers stay", "on_track")]
    assert rows[0].sentence == "No figures in the last half year."


def test_rows_can_be_narrowed_down(product, goal, alice, dana, now, today):
    other = goal_make(product, dana, key="other", title="Other", horizon="long", targets=YEAR)
    goal_retire(goal=goal, actor=alice, reason="Gone.", now=now)

    assert [row.title for row in goal_rows(product=product, today=today)] == ["Other"]
    assert [row.status for row in goal_rows(product=product, today=today, states=["retired"])] == ["retired"]
    assert goal_rows(product=product, today=today, owner=alice) == []
    assert [row.title for row in goal_rows(product=product, today=today, owner=dana, horizon="long")] == [
        "Other"
    ]
    assert goal_rows(product=product, today=today, goals=[goal]) == []
    assert other.pk


@pytest.mark.parametrize("count", [10, 100])
def test_rows_cost_the_same_queries_however_many_goals(
    product, team, alice, now, today, count, django_assert_max_num_queries
):
    many(product, team, alice, now, count)

    with django_assert_max_num_queries(7):
        rows = goal_rows(product=product, today=today)
    with django_assert_max_num_queries(8):
        overview = goals_overview(product=product, today=today)

    assert len(rows) == len(overview.rows) == count


def test_the_map_of_bets_links_goals_metrics_and_teams(product, team, goal, alice, now, today):
    usage = metric_make(product, key="first-job", kind="outcome")
    mapping_make(goal, usage, alice)
    team_target_make(team, usage, "2026-Q4", 40.0)
    figures_record(usage, {"2026-Q4": 41.0}, now)

    overview = goals_overview(product=product, today=today)

    bets = overview.bet_map
    assert [(item.title, item.status, item.detail) for item in bets.goals] == [
        ("Customers stay", "on_track", "85.2% of 86.0%")
    ]
    assert [(item.name, item.status) for item in bets.metrics] == [("First job", "target_reached")]
    assert [(item.name, list(item.metrics)) for item in bets.teams] == [("Onboarding", [f"m{usage.pk}"])]
    assert [(link.goal, link.metric, link.verdict) for link in bets.links] == [
        (f"g{goal.pk}", f"m{usage.pk}", "untested")
    ]


def test_goals_are_found_by_the_metrics_mapped_to_them(product, goal, alice, now, today):
    usage, other = (metric_make(product, key=key, kind="outcome") for key in ("usage", "other"))
    mapping_make(goal, usage, alice)
    gone = mapping_make(goal, other, alice)
    mapping_retire(mapping=gone, actor=alice, reason="No.", now=now)

    found = goals_of_metrics(metric_ids=[usage.pk, other.pk], today=today)

    assert {key: [(ref.slug, ref.title) for ref in refs] for key, refs in found.items()} == {
        usage.pk: [("customers-stay", "Customers stay")]
    }


def test_the_streak_names_its_quarters_until_a_decision_ends_it(product, alice, now):
    goal = goal_make(product, alice, targets=YEAR)
    figures_record(
        goal.current.metric, {"2025-Q4": 90.0, "2026-Q1": 1.0, "2026-Q2": 1.0, "2026-Q3": 1.0}, now
    )
    quarters_evaluate(now=now)

    streak = goal_streak(goal=goal)
    goal_streak_restart(goal=goal, now=now)

    assert (streak.count, streak.contest_due, streak.first_missed) == (3, True, date(2026, 1, 1))
    assert goal_streak(goal=goal).count == 0
