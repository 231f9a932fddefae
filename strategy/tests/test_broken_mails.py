"""An assumption broken twice running is told to the belief's owner, once a quarter, in the transaction that closes it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from common.models import OutboxMessage
from strategy.services import quarters_evaluate
from strategy.tests.factories import (
    UTC,
    figures_record,
    goal_make,
    mapping_make,
    metric_make,
    team_target_make,
)
from teams.models import Membership

YEAR = {"2025-Q4": 81.0, "2026-Q1": 82.0, "2026-Q2": 83.0, "2026-Q3": 84.0, "2026-Q4": 86.0}
CLOSE_Q2 = datetime(2026, 7, 11, 3, 0, tzinfo=UTC)
CLOSE_Q3 = datetime(2026, 10, 11, 3, 0, tzinfo=UTC)


def _mails():
    return list(OutboxMessage.objects.filter(dedupe_key__startswith="broken:").order_by("pk"))


@pytest.fixture
def usage(product):
    return metric_make(product, key="first-job", kind="outcome")


@pytest.fixture
def mapping(product, team, alice, erin, usage):
    """A goal that misses every quarter though the metric's team always reaches its target."""
    goal = goal_make(product, alice, targets=YEAR)
    quarters = ["2026-Q1", "2026-Q2", "2026-Q3"]
    figures_record(goal.current.metric, dict.fromkeys(quarters, 10.0), CLOSE_Q3)
    figures_record(usage, dict.fromkeys(quarters, 50.0), CLOSE_Q3)
    for slug in quarters:
        team_target_make(team, usage, slug, 40.0)
    return mapping_make(goal, usage, erin)


def test_the_owner_hears_of_the_second_quarter_running(mapping, erin):
    quarters_evaluate(now=datetime(2026, 4, 11, 3, 0, tzinfo=UTC))
    after_one = len(_mails())

    quarters_evaluate(now=CLOSE_Q2)

    (mail,) = _mails()
    assert after_one == 0
    assert mail.payload["to"] == [erin.email]
    assert mail.payload["subject"].startswith("Assumption broken two quarters running: First job")
    assert f"/p/fieldnote/evidence/{mapping.pk}/" in mail.payload["text"]
    assert "Q2 2026" in mail.payload["text"]


def test_each_quarter_is_told_once(mapping):
    for _ in range(2):
        quarters_evaluate(now=CLOSE_Q2)
    quarters_evaluate(now=CLOSE_Q3)
    quarters_evaluate(now=CLOSE_Q3 + timedelta(days=1))

    assert [mail.payload["subject"].split(":")[0] for mail in _mails()] == [
        "Assumption broken two quarters running",
        "Assumption broken three quarters running",
    ]


def test_quarters_that_closed_long_ago_warn_nobody(mapping):
    quarters_evaluate(now=datetime(2027, 2, 1, 3, 0, tzinfo=UTC))

    assert [mail for mail in _mails() if "Q2 2026" in mail.payload["text"]] == []


def test_a_retired_belief_is_not_told_of(mapping, alice):
    from strategy.services import mapping_retire

    mapping_retire(mapping=mapping, actor=alice, reason="No.", now=datetime(2026, 7, 10, 9, 0, tzinfo=UTC))

    quarters_evaluate(now=CLOSE_Q2)

    assert _mails() == []


def test_when_the_owner_has_left_the_managers_hear_of_it(mapping, erin, alice, frozen_today):
    Membership.objects.filter(user=erin).update(end_date=datetime(2026, 5, 1, tzinfo=UTC).date())

    quarters_evaluate(now=CLOSE_Q2)

    assert [mail.payload["to"] for mail in _mails()] == [[alice.email]]


def test_the_people_of_the_sample_get_no_mail(mapping, erin):
    erin.is_sample = True
    erin.save()

    quarters_evaluate(now=CLOSE_Q2)

    assert _mails() == []
