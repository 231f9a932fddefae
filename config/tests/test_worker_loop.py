"""The weekly collation and the nightly evaluation, done by a real worker over Redis and PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from common.models import JobRun
from common.testing.worker import Worker, wait_until
from metrics.services import metric_create, observations_record_pairs
from roadmap.models import Card, Edition, EditionCard
from roadmap.services import board_create, connection_create
from roadmap.tests.kanboard_server import PROJECT, KanboardServer
from strategy.content import TargetContent
from strategy.models import QuarterResult
from strategy.services import goal_activate, goal_create
from teams.selectors import organisation_get

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]


@pytest.fixture
def kanboard(httpserver: HTTPServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> KanboardServer:
    """A board server that this process and the worker may call."""
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    monkeypatch.setenv("OUTGOING_ALLOWED_HOSTS", "127.0.0.1")
    return KanboardServer(httpserver)


@pytest.fixture
def running(transactional_db: None, kanboard: KanboardServer, tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(tmp_path)
    yield worker
    worker.stop()


def _ticked(worker: Worker, condition: Any) -> Any:
    """Rings the scheduler's tick every other second, as beat does every minute, until the condition holds."""
    rung = [0.0]

    def ring() -> Any:
        if time.monotonic() - rung[0] > 2:
            rung[0] = time.monotonic()
            worker.send("common.tasks.tick")
        return condition()

    return wait_until(ring, worker)


def test_it_collates_a_real_boards_week_into_an_edition(
    running: Worker, kanboard: KanboardServer, product: Any, team: Any, alice: Any
) -> None:
    now = timezone.now()
    connection = connection_create(
        product=product, kind="kanboard", name="Board server", values=kanboard.config(), actor=alice
    )
    board_create(
        connection=connection, team=team, external_id=str(PROJECT), name="Onboarding", actor=alice, now=now
    )

    jobs = JobRun.objects.filter(kind__in=["board_sync", "edition_publish"])
    # An edition is stored before the job that made it is written off.
    _ticked(
        running,
        lambda: (
            Edition.objects.filter(product=product).exists() and not jobs.filter(state="running").exists()
        ),
    )

    assert Card.objects.count() == 199
    assert EditionCard.objects.filter(edition__product=product).exists()
    assert set(jobs.values_list("state", flat=True)) <= {"done", "gaps", "waiting"}


def test_it_judges_a_quarter_that_has_closed(running: Worker, product: Any, alice: Any) -> None:
    organisation = organisation_get()
    now = timezone.now()
    closed = organisation.calendar.quarter_of(organisation.today(now)).shift(-2)
    began = datetime.combine(closed.start, datetime.min.time(), tzinfo=now.tzinfo) + timedelta(hours=9)
    metric = metric_create(product=product, actor=alice, name="Revenue", kind="impact", frequency="weekly")
    observations_record_pairs(
        metric=metric, pairs=[(closed.last_day - timedelta(days=10), 12.0)], actor=alice, now=now
    )
    goal = goal_create(
        product=product,
        title="Grow",
        bet="Because",
        owner=alice,
        metric=metric,
        baseline=5,
        targets=[TargetContent(closed.start, closed.end, value=10.0)],
        actor=alice,
        now=began,
    )
    goal_activate(goal=goal, actor=alice, now=began)

    _ticked(running, lambda: QuarterResult.objects.filter(goal=goal, provisional=False).exists())

    result = QuarterResult.objects.current().get(goal=goal, quarter_start=closed.start)
    assert (result.verdict, result.actual, result.target) == ("met", 12.0, 10.0)
