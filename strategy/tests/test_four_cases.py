"""Goal and agreed targets together: each quarter is one of four cases."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from strategy.services import mapping_retire, quarters_evaluate
from strategy.tests.factories import figures_record, goal_make, mapping_make, metric_make, team_target_make

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("goal_value", "metric_value", "case"),
    [
        (90.0, 50.0, "working"),
        (1.0, 50.0, "assumption_broken"),
        (90.0, 1.0, "moved_by_something_else"),
        (1.0, 1.0, "execution_or_strategy"),
        (90.0, None, "unknown"),
        (None, 50.0, "unknown"),
    ],
)
def test_each_quarter_is_one_of_the_four_cases(
    product, team, alice, now, usage, goal_value, metric_value, case
):
    goal = goal_make(product, alice)
    mapping_make(goal, usage, alice)
    team_target_make(team, usage, "2026-Q3", 40.0)
    if goal_value is not None:
        figures_record(goal.current.metric, {"2026-Q3": goal_value}, now)
    if metric_value is not None:
        figures_record(usage, {"2026-Q3": metric_value}, now)

    quarters_evaluate(now=now)

    assert goal.results.get(quarter_start=date(2026, 7, 1)).case == case


def test_only_agreed_targets_and_beliefs_of_the_quarter_weigh_in(product, team, alice, now, usage):
    goal = goal_make(product, alice)
    strong = mapping_make(goal, usage, alice, strength=3)
    weak_metric = metric_make(product, key="weak", kind="outcome")
    mapping_make(goal, weak_metric, alice, strength=1)
    gone_metric = metric_make(product, key="gone", kind="outcome")
    gone = mapping_make(goal, gone_metric, alice, strength=3)
    mapping_retire(mapping=gone, actor=alice, reason="No.", now=datetime(2026, 9, 1, tzinfo=UTC))
    later = metric_make(product, key="later", kind="outcome")
    mapping_make(goal, later, alice, since=date(2026, 10, 1), strength=3)
    team_target_make(team, usage, "2026-Q3", 40.0)
    for metric in (weak_metric, gone_metric, later):
        team_target_make(team, metric, "2026-Q3", 1.0)
        figures_record(metric, {"2026-Q3": 50.0}, now)
    figures_record(usage, {"2026-Q3": 39.0}, now)
    figures_record(goal.current.metric, {"2026-Q3": 90.0}, now)

    quarters_evaluate(now=now)

    result = goal.results.get(quarter_start=date(2026, 7, 1))
    assert result.metrics_share == 0.25
    assert [row["mapping"] for row in result.inputs["metrics"]] == [strong.pk, strong.pk + 1]


def test_a_proposed_target_is_nobodys_commitment(product, team, alice, now, usage):
    goal = goal_make(product, alice)
    mapping_make(goal, usage, alice)
    team_target_make(
        team, usage, "2026-Q3", 1.0, state="proposed", product_agreed_at=None, team_agreed_at=None
    )
    figures_record(usage, {"2026-Q3": 39.0}, now)
    figures_record(goal.current.metric, {"2026-Q3": 90.0}, now)

    quarters_evaluate(now=now)

    assert goal.results.get(quarter_start=date(2026, 7, 1)).case == "unknown"


def test_easing_a_locked_target_does_not_rescue_the_metric(product, team, alice, now, usage):
    goal = goal_make(product, alice)
    mapping_make(goal, usage, alice)
    team_target_make(team, usage, "2026-Q3", 30.0, locked_commit=40.0)
    figures_record(usage, {"2026-Q3": 35.0}, now)
    figures_record(goal.current.metric, {"2026-Q3": 90.0}, now)

    quarters_evaluate(now=now)

    assert goal.results.get(quarter_start=date(2026, 7, 1)).case == "moved_by_something_else"
