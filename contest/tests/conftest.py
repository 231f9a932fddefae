"""A goal that missed three quarters, and the contest that this opened by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from contest.models import Contest
from contest.tests.factories import goal_missing
from strategy.services import quarters_evaluate


@pytest.fixture
def goal(product: Any, alice: Any, now: datetime) -> Any:
    """Customers stay: met in 2025-Q4, missed in the three quarters after it; judged, so challenged."""
    return goal_missing(product, alice, now=now)


@pytest.fixture
def contest(goal: Any, now: datetime) -> Contest:
    """The contest that opens by itself when the goal's quarters are judged."""
    quarters_evaluate(now=now)
    return Contest.objects.select_related("goal__product", "goal_version").get(goal=goal)


@pytest.fixture
def later(contest: Contest) -> datetime:
    """A minute after the time for proposals."""
    return contest.proposals_until + timedelta(minutes=1)
