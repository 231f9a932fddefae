"""A goal with its figures, and what was told of its quarters: shared by the tests of this app."""

from __future__ import annotations

from datetime import date

import pytest

from strategy.services import quarters_evaluate
from strategy.signals import quarter_evaluated
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
def usage(product):
    return metric_make(product, key="first-job", kind="outcome")


@pytest.fixture
def goal(product, team, alice, usage, now):
    goal = goal_make(product, alice, targets=YEAR)
    figures_record(goal.current.metric, {"2026-Q1": 90.0, "2026-Q2": 1.0, "2026-Q3": 1.0}, now)
    figures_record(
        goal.current.metric, weekly(date(2026, 10, 1), [84.2, 84.4, 84.6, 84.8, 84.9, 85.0, 85.2]), now
    )
    figures_record(usage, {"2026-Q3": 50.0, "2026-Q4": 41.0}, now)
    mapping_make(goal, usage, alice, lag_weeks=4, strength=3)
    team_target_make(team, usage, "2026-Q3", 40.0)
    team_target_make(team, usage, "2026-Q4", 44.0)
    quarters_evaluate(now=now)
    return goal


@pytest.fixture
def heard():
    """Everything that quarter_evaluated told, as (goal, quarter, verdict, streak)."""
    told = []

    def listen(sender, results, now, **_):
        told.extend((row.goal.slug, row.quarter_start, row.verdict, row.streak) for row in results)

    quarter_evaluated.connect(listen)
    yield told
    quarter_evaluated.disconnect(listen)
