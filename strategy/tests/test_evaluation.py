"""Quarters are judged, closed in order, and never judged twice."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from strategy.models import QuarterResult
from strategy.services import (
    goal_create,
    goal_retire,
    goal_streak_restart,
    goal_version_create,
    quarters_evaluate,
)
from strategy.tests.factories import figures_record, goal_make, metric_make, target_make

UTC = ZoneInfo("UTC")
YEAR = {"2025-Q4": 81.0, "2026-Q1": 82.0, "2026-Q2": 83.0, "2026-Q3": 84.0, "2026-Q4": 85.0, "2027-Q1": 86.0}


def rows(goal):
    return [
        (row.quarter_start, row.verdict, row.streak, row.provisional)
        for row in QuarterResult.objects.current().filter(goal=goal).order_by("quarter_start")
    ]


def verdicts(goal):
    return [
        row.verdict for row in QuarterResult.objects.current().filter(goal=goal).order_by("quarter_start")
    ]


def test_it_judges_every_quarter_since_the_goal_became_active(product, alice, now, heard):
    goal = goal_make(product, alice, targets=YEAR)
    figures_record(goal.current.metric, {"2025-Q4": 81.5, "2026-Q1": 81.0, "2026-Q3": 90.0}, now)

    summary = quarters_evaluate(now=now)

    assert rows(goal) == [
        (date(2025, 10, 1), "met", 0, False),
        (date(2026, 1, 1), "missed", 1, False),
        (date(2026, 4, 1), "no_data", 1, False),
        (date(2026, 7, 1), "met", 0, False),
        (date(2026, 10, 1), "no_data", 0, True),
    ]
    assert (summary.goals, summary.created, summary.closed) == (1, 5, 4)
    assert [row[1] for row in heard] == [
        date(2025, 10, 1),
        date(2026, 1, 1),
        date(2026, 4, 1),
        date(2026, 7, 1),
    ]


def test_a_second_run_changes_nothing_and_tells_nobody(product, alice, now, heard):
    goal = goal_make(product, alice, targets=YEAR)
    figures_record(goal.current.metric, {"2025-Q4": 81.5, "2026-Q4": 80.0}, now)
    quarters_evaluate(now=now)
    before, told = list(QuarterResult.objects.values()), list(heard)

    summary = quarters_evaluate(now=now.replace(hour=23))

    assert not summary.changed
    assert summary.unchanged == 5
    assert list(QuarterResult.objects.values()) == before
    assert heard == told


def test_the_open_quarter_is_provisional_and_follows_its_figures(product, alice, now):
    goal = goal_make(product, alice, targets=YEAR)
    figures_record(goal.current.metric, [(date(2026, 11, 12), 84.0)], now)
    quarters_evaluate(now=now)
    figures_record(goal.current.metric, [(date(2026, 11, 12), 85.0)], now)

    summary = quarters_evaluate(now=now)

    open_quarter = goal.results.get(quarter_start=date(2026, 10, 1))
    assert (open_quarter.verdict, open_quarter.actual, open_quarter.provisional) == ("met", 85.0, True)
    assert (summary.created, summary.updated) == (0, 1)


def test_a_quarter_closes_at_local_midnight_ten_days_after_its_end(product, alice, organisation):
    organisation.time_zone = "America/Los_Angeles"
    organisation.save()
    goal = goal_make(product, alice, targets=YEAR)
    figures_record(goal.current.metric, {"2026-Q3": 80.0}, datetime(2026, 10, 1, 12, tzinfo=UTC))

    quarters_evaluate(now=datetime(2026, 10, 11, 6, 59, tzinfo=UTC))
    before = goal.results.get(quarter_start=date(2026, 7, 1))
    quarters_evaluate(now=datetime(2026, 10, 11, 7, 0, tzinfo=UTC))
    after = goal.results.get(quarter_start=date(2026, 7, 1))

    assert (before.provisional, before.streak, after.provisional, after.streak) == (True, 1, False, 2)


def test_a_provisional_miss_moves_no_streak(product, alice, now, heard):
    goal = goal_make(product, alice, targets=YEAR)
    figures_record(goal.current.metric, dict.fromkeys(list(YEAR)[:5], 1.0), now)

    quarters_evaluate(now=now)

    assert [row.streak for row in goal.results.order_by("quarter_start")] == [1, 2, 3, 4, 4]


def test_late_data_before_the_close_changes_the_verdict_and_after_it_only_raises_a_flag(product, alice):
    goal = goal_make(product, alice, targets=YEAR)
    metric = goal.current.metric
    in_grace, after_close = datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 12, tzinfo=UTC)
    figures_record(metric, {"2026-Q3": 80.0}, in_grace)
    quarters_evaluate(now=in_grace)
    figures_record(metric, {"2026-Q3": 84.0}, in_grace)
    quarters_evaluate(now=in_grace)
    provisional = goal.results.get(quarter_start=date(2026, 7, 1)).verdict
    quarters_evaluate(now=after_close)
    figures_record(metric, {"2026-Q3": 70.0}, after_close)

    summary = quarters_evaluate(now=after_close)
    again = quarters_evaluate(now=after_close)

    closed = goal.results.get(quarter_start=date(2026, 7, 1))
    assert provisional == "met"
    assert (closed.verdict, closed.actual, closed.late_data, closed.revision) == ("met", 84.0, True, 1)
    assert (summary.flagged, again.flagged) == (1, 0)


def test_a_goal_for_less_is_met_from_above(product, alice, now):
    metric = metric_make(product, key="churn", direction="decrease")
    goal = goal_make(
        product,
        alice,
        metric=metric,
        direction="decrease",
        baseline=6.0,
        targets={"2026-Q2": 5.0, "2026-Q3": 4.0, "2026-Q4": 3.5},
    )
    figures_record(metric, {"2026-Q2": 5.0, "2026-Q3": 4.2}, now)

    quarters_evaluate(now=now)

    assert verdicts(goal) == ["met", "missed", "no_data"]
    assert goal.results.get(quarter_start=date(2026, 4, 1)).attainment == 1.0


def test_zero_and_negative_targets_are_judged_as_they_stand(product, alice, now):
    goal = goal_make(
        product,
        alice,
        baseline=-20.0,
        tolerance=0.5,
        targets={"2026-Q1": -10.0, "2026-Q2": 0.0, "2026-Q3": 0.0, "2026-Q4": 5.0},
    )
    figures_record(goal.current.metric, {"2026-Q1": -10.4, "2026-Q2": -0.5, "2026-Q3": -0.6}, now)

    quarters_evaluate(now=now)

    assert verdicts(goal) == ["met", "met", "missed", "no_data"]


def test_a_band_is_met_inside_its_edges(product, alice, now):
    goal = goal_make(
        product,
        alice,
        direction="band",
        contents=[target_make(slug, low=10.0, high=12.0) for slug in ("2026-Q2", "2026-Q3", "2026-Q4")],
    )
    figures_record(goal.current.metric, {"2026-Q2": 12.0, "2026-Q3": 12.1}, now)

    quarters_evaluate(now=now)

    assert verdicts(goal)[:2] == ["met", "missed"]


@pytest.mark.parametrize(
    ("aggregation", "actual"), [("last", 4.0), ("mean", 3.0), ("sum", 9.0), ("min", 2.0), ("max", 4.0)]
)
def test_the_metrics_aggregation_decides_the_actual(product, alice, now, aggregation, actual):
    metric = metric_make(product, aggregation=aggregation)
    goal = goal_make(product, alice, metric=metric)
    figures_record(metric, [(date(2026, 7, 9), 2.0), (date(2026, 8, 13), 3.0), (date(2026, 9, 24), 4.0)], now)

    quarters_evaluate(now=now)

    assert goal.results.get(quarter_start=date(2026, 7, 1)).actual == actual


def test_a_ratio_is_the_quotient_of_sums_and_no_data_without_a_denominator(product, alice, now):
    top = metric_make(product, key="renewed", kind="outcome", aggregation="sum")
    bottom = metric_make(product, key="due", kind="outcome", aggregation="sum")
    ratio = metric_make(product, key="renewal", numerator=top, denominator=bottom)
    goal = goal_make(product, alice, metric=ratio, targets={"2026-Q2": 0.5, "2026-Q3": 0.5, "2026-Q4": 0.5})
    figures_record(top, [(date(2026, 4, 2), 1.0), (date(2026, 5, 7), 5.0), (date(2026, 7, 9), 3.0)], now)
    figures_record(bottom, [(date(2026, 4, 2), 8.0), (date(2026, 5, 7), 2.0), (date(2026, 7, 9), 0.0)], now)

    quarters_evaluate(now=now)

    assert verdicts(goal) == ["met", "no_data", "no_data"]
    assert goal.results.get(quarter_start=date(2026, 4, 1)).actual == pytest.approx(0.6)


def test_a_fiscal_year_that_starts_in_april_shifts_names_not_rules(product, alice, now, organisation):
    organisation.fiscal_year_start = 2  # quarters start in February, May, August and November
    organisation.save()
    goal = goal_make(
        product,
        alice,
        since=datetime(2026, 6, 3, tzinfo=UTC),
        contents=[target_make(slug, 85.0) for slug in ("2027-Q2", "2027-Q3", "2027-Q4")],
    )
    figures_record(goal.current.metric, [(date(2026, 7, 30), 85.0), (date(2026, 8, 6), 84.0)], now)

    quarters_evaluate(now=now)

    assert goal.counting_from == date(2026, 8, 1)
    assert [(row[0], row[1], row[2]) for row in rows(goal)] == [
        (date(2026, 5, 1), "met", 0),
        (date(2026, 8, 1), "missed", 1),
        (date(2026, 11, 1), "no_data", 1),
    ]


def test_a_changed_fiscal_year_leaves_judged_quarters_alone_and_none_overlaps(
    product, alice, now, organisation
):
    goal = goal_make(product, alice, targets=YEAR)
    quarters_evaluate(now=now)
    before = [row for row in rows(goal) if not row[3]]
    organisation.fiscal_year_start = 2
    organisation.save()

    quarters_evaluate(now=datetime(2027, 6, 1, tzinfo=UTC))

    after = list(goal.results.current().order_by("quarter_start"))
    assert rows(goal)[: len(before)] == before
    assert all(one.quarter_end <= other.quarter_start for one, other in pairwise(after))


def test_the_quarter_in_which_a_goal_became_active_is_shown_but_does_not_count(product, alice, now):
    goal = goal_make(product, alice, since=datetime(2026, 5, 20, tzinfo=UTC), targets=YEAR)
    figures_record(goal.current.metric, {"2026-Q2": 1.0, "2026-Q3": 1.0}, now)

    quarters_evaluate(now=now)

    results = list(goal.results.order_by("quarter_start"))
    assert [(row.verdict, row.counts, row.streak) for row in results] == [
        ("missed", False, 0),
        ("missed", True, 1),
        ("no_data", True, 1),
    ]


def test_the_version_in_force_on_the_first_day_judges_the_quarter(product, alice, now):
    goal = goal_make(product, alice, targets=YEAR)
    goal_version_create(
        goal=goal,
        changes={"targets": [target_make("2026-Q3", 70.0)]},
        actor=alice,
        reason="Easier.",
        now=datetime(2026, 6, 30, 9, tzinfo=UTC),
    )
    figures_record(goal.current.metric, {"2026-Q2": 70.0, "2026-Q3": 70.0}, now)

    quarters_evaluate(now=now)

    second, third = (goal.results.get(quarter_start=date(2026, month, 1)) for month in (4, 7))
    assert (second.verdict, second.goal_version.number) == ("missed", 1)
    assert (third.verdict, third.goal_version.number, third.streak) == ("met", 2, 0)


def test_an_edit_leaves_the_streak_and_a_decision_starts_it_at_zero(product, alice, now):
    goal = goal_make(product, alice, targets=YEAR)
    figures_record(
        goal.current.metric, {"2026-Q1": 90.0, "2026-Q2": 1.0, "2026-Q3": 1.0, "2026-Q4": 1.0}, now
    )
    quarters_evaluate(now=now)
    goal_version_create(
        goal=goal, changes={"targets": [target_make("2027-Q1", 70.0)]}, actor=alice, reason="Easier.", now=now
    )
    edited = goal.results.get(quarter_start=date(2026, 7, 1)).streak
    goal_streak_restart(goal=goal, now=now, reason="Kept.")

    quarters_evaluate(now=datetime(2027, 1, 11, tzinfo=UTC))

    assert edited == 2
    assert goal.results.get(quarter_start=date(2026, 7, 1)).streak == 2
    assert goal.results.get(quarter_start=date(2026, 10, 1)).streak == 1


def test_two_goals_that_miss_three_times_are_told_in_one_night(product, alice, now, heard):
    first = goal_make(product, alice, targets=YEAR, title="First")
    second = goal_make(product, alice, targets=YEAR, title="Second", metric=first.current.metric)
    figures_record(
        first.current.metric, {"2025-Q4": 90.0, "2026-Q1": 1.0, "2026-Q2": 1.0, "2026-Q3": 1.0}, now
    )

    quarters_evaluate(now=now)

    assert [(row[0], row[3]) for row in heard if row[1] == date(2026, 7, 1)] == [("first", 3), ("second", 3)]
    assert second.pk


def test_drafts_retired_goals_and_quarters_without_a_target_are_not_judged(product, alice, now):
    draft = goal_make(product, alice, since=None)
    retired = goal_make(product, alice, key="gone")
    goal_retire(goal=retired, actor=alice, reason="Gone.", now=now)
    gap = goal_make(product, alice, key="gap", targets={"2026-Q1": 1.0, "2026-Q3": 1.0, "2026-Q4": 1.0})

    quarters_evaluate(now=now)

    assert not QuarterResult.objects.filter(goal__in=[draft, retired]).exists()
    assert [row[0].month for row in rows(gap)] == [1, 7, 10]


def test_only_the_asked_goals_are_judged(product, alice, now, charlie):
    first, second = goal_make(product, alice), goal_make(product, alice, key="other")

    by_goal = quarters_evaluate(now=now, goals=[first])
    by_product = quarters_evaluate(now=now, product=charlie.memberships.get().team.product)

    assert (by_goal.goals, by_product.goals) == (1, 0)
    assert not second.results.exists()


def test_a_draft_has_nothing_to_judge(product, alice, now):
    metric = metric_make(product)
    goal_create(
        product=product,
        title="Draft",
        bet="A bet.",
        owner=alice,
        metric=metric,
        baseline=1.0,
        actor=alice,
        now=now,
    )

    assert quarters_evaluate(now=now).goals == 0
