"""Twenty workers at once open one contest and decide it once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import close_old_connections, connection

from common.models import OutboxMessage
from contest.models import Contest, Elector, FollowUp, Proposal
from contest.services import contest_open, contests_open_due, decision_apply
from contest.tests.factories import goal_missing, proposal_make
from strategy.models import Goal
from strategy.services import quarters_evaluate

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 20


def _at_once(work: Callable[[], Any]) -> tuple[list[Any], list[BaseException]]:
    """Runs `work` in twenty threads that start together; what each returned, and what went wrong."""
    barrier = threading.Barrier(WORKERS)
    done: list[Any] = []
    failed: list[BaseException] = []

    def run() -> None:
        close_old_connections()
        try:
            barrier.wait(timeout=20)
            done.append(work())
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return done, failed


def test_twenty_workers_open_one_contest(
    shared_database: None, product: Any, alice: Any, erin: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    goal = goal_missing(product, alice, now=now)
    with monkeypatch.context() as patch:
        patch.setattr("contest.receivers.contest_open", lambda **kwargs: None)
        quarters_evaluate(now=now)

    done, failed = _at_once(lambda: contest_open(goal=Goal.objects.get(pk=goal.pk), now=now))

    assert failed == []
    assert len([contest for contest in done if contest is not None]) == 1
    assert Contest.objects.count() == 1
    assert Proposal.objects.filter(kind="keep").count() == 1
    assert Elector.objects.count() == 2
    assert OutboxMessage.objects.filter(dedupe_key__startswith="contest-opened:").count() == 2


def test_twenty_checks_open_one_contest_a_goal(
    shared_database: None, product: Any, alice: Any, now: datetime
) -> None:
    goal_missing(product, alice, now=now)
    goal_missing(product, alice, now=now, key="revenue", title="Revenue grows")

    def work() -> None:
        quarters_evaluate(now=now)
        contests_open_due(now=now)

    _, failed = _at_once(work)

    assert failed == []
    assert Contest.objects.count() == 2


def test_twenty_workers_apply_one_decision(
    shared_database: None, product: Any, alice: Any, now: datetime
) -> None:
    goal = goal_missing(product, alice, now=now)
    quarters_evaluate(now=now)
    contest = Contest.objects.get(goal=goal)
    proposal = proposal_make(contest, alice, now=now)
    later = now + timedelta(days=15)

    _, failed = _at_once(
        lambda: decision_apply(contest=contest, proposal=proposal, actor=alice, reason="So be it.", now=later)
    )

    assert failed == []
    assert goal.versions.count() == 2
    assert FollowUp.objects.count() == 2
