"""Misses warn by mail before a contest opens: whom it concerns, and once."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from common.models import OutboxMessage
from common.testing.fixtures import membership_create
from strategy.services import quarters_evaluate
from strategy.tests.factories import figures_record, goal_make

UTC = ZoneInfo("UTC")
YEAR = {"2025-Q4": 81.0, "2026-Q1": 82.0, "2026-Q2": 83.0, "2026-Q3": 84.0, "2026-Q4": 85.0, "2027-Q1": 86.0}


def test_one_miss_warns_the_managers_and_two_warn_everybody_once(product, alice, bob, erin):
    goal = goal_make(product, alice, targets=YEAR)
    figures_record(
        goal.current.metric,
        {"2026-Q1": 90.0, "2026-Q2": 1.0, "2026-Q3": 1.0},
        datetime(2026, 10, 1, tzinfo=UTC),
    )

    quarters_evaluate(now=datetime(2026, 7, 12, tzinfo=UTC))
    first = [(row.payload["to"], row.payload["subject"]) for row in OutboxMessage.objects.all()]
    quarters_evaluate(now=datetime(2026, 10, 12, tzinfo=UTC))
    quarters_evaluate(now=datetime(2026, 10, 13, tzinfo=UTC))

    assert first == [(["alice@example.com"], "Customers stay: Q2 2026 was missed")]
    second = OutboxMessage.objects.filter(payload__subject="Customers stay: one more miss opens a contest")
    assert sorted(row.payload["to"][0] for row in second) == [
        "alice@example.com",
        "bob@example.com",
        "erin@example.com",
    ]
    assert OutboxMessage.objects.count() == 4


def test_catching_up_on_old_quarters_warns_nobody(product, alice, now):
    goal = goal_make(product, alice, targets=YEAR)
    figures_record(goal.current.metric, {"2026-Q2": 1.0, "2026-Q3": 90.0}, now)

    quarters_evaluate(now=now)

    assert not OutboxMessage.objects.exists()


def test_a_person_with_two_roles_gets_one_mail(product, team, alice):
    membership_create(alice, team, "member")
    goal = goal_make(product, alice, since=datetime(2026, 7, 1, tzinfo=UTC))
    figures_record(goal.current.metric, {"2026-Q3": 1.0}, datetime(2026, 10, 1, tzinfo=UTC))

    quarters_evaluate(now=datetime(2026, 10, 12, tzinfo=UTC))

    assert OutboxMessage.objects.count() == 1
