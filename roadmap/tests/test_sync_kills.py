"""Workers killed in the middle of reading boards, over real Redis and PostgreSQL: nothing is lost, nothing is twice.

The points are random; `BEARING_KILLS` says how many (ten, and a hundred in `make soak`), `BEARING_SEED` repeats a run.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from common import jobs
from common.models import JobRun
from common.testing.worker import Worker, wait_until
from roadmap.models import Board, Card, CardMove, SyncRun
from roadmap.services import board_create, connection_create
from roadmap.tests.kanboard_server import PROJECT, KanboardServer

KILLS = int(os.environ.get("BEARING_KILLS", "10"))
SEED = int(os.environ.get("BEARING_SEED") or random.SystemRandom().randrange(10**6))
LONGEST = 0.8  # seconds into the work: three boards take about as long
CARDS = 199

pytestmark = [pytest.mark.services, pytest.mark.timeout(120 + 40 * KILLS)]


@pytest.fixture
def kanboard(httpserver: HTTPServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> KanboardServer:
    """A board tool that this process and its workers may call."""
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    monkeypatch.setenv("OUTGOING_ALLOWED_HOSTS", "127.0.0.1")
    return KanboardServer(httpserver)


@pytest.fixture
def boards(
    transactional_db: None, kanboard: KanboardServer, product: Any, team: Any, alice: Any
) -> list[Board]:
    """Three that workers read while they are killed, and a last one that is read in peace."""
    made = []
    for number in range(4):
        connection = connection_create(
            product=product, kind="kanboard", name=f"Tool {number}", values=kanboard.config(), actor=alice
        )
        made.append(
            board_create(
                connection=connection, team=team, external_id=str(PROJECT), name=f"Board {number}", actor=alice,
                now=timezone.now(),
            )
        )  # fmt: skip
    JobRun.objects.all().delete()
    return made


def _asked(boards: list[Board], period: str) -> None:
    """Lets every board be due once more."""
    for board in boards:
        JobRun.objects.create(kind="board_sync", subject=str(board.pk), period=period, due_at=timezone.now())


def _killed_at_work(folder: Path, delay: float) -> None:
    """Starts a worker, and ends it as a power cut would `delay` seconds after it has begun to read."""
    folder.mkdir()
    worker = Worker(folder)
    worker.send("common.tasks.tick")
    running = JobRun.objects.filter(kind="board_sync", state=JobRun.State.RUNNING)
    done = JobRun.objects.filter(kind="board_sync", state=JobRun.State.DONE)
    before = done.count()
    wait_until(lambda: running.exists() or done.count() > before, worker)
    threading.Event().wait(delay)
    worker.kill()
    # What time does by itself: the leases of the dead end.
    JobRun.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now() - timedelta(seconds=1))


def _finished() -> None:
    for run in jobs.jobs_work(now=timezone.now(), kinds=["board_sync"]):
        assert run.state == JobRun.State.DONE, run.error


def _cards(board: Board) -> set[tuple[Any, ...]]:
    """What the last read showed."""
    rows = Card.objects.filter(board=board, missing_since=None, gone_at=None)
    return set(rows.values_list("identity", "title", "column__name", "closed"))


def _moves(board: Board) -> list[tuple[Any, ...]]:
    rows = CardMove.objects.filter(card__board=board)
    return sorted(rows.values_list("card__identity", "from_raw", "to_raw", "source"))


def _week(boards: list[Board], name: str, delays: Iterator[float], kills: int, folder: Path) -> None:
    """Reads the boards in the midst of `kills` kills, then to the end; what is stored is whole after each of them."""
    for number in range(kills):
        _asked(boards, f"{name}-{number}")
        _killed_at_work(folder / f"{name}-{number}", next(delays))
        for board in boards:
            count = Card.objects.filter(board=board).count()
            assert count >= CARDS or (count == 0 and name == "week1"), f"{count} cards, seed {SEED}"
    _finished()


def test_killed_workers_lose_and_repeat_nothing(
    boards: list[Board], kanboard: KanboardServer, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    delays = iter(lambda: chance.uniform(0, LONGEST), None)
    *killed, peaceful = boards

    _week(killed, "week1", delays, KILLS // 2, tmp_path)
    _asked([peaceful], "week1")
    _finished()
    kanboard.week = "week2"
    _week(killed, "week2", delays, KILLS - KILLS // 2, tmp_path)
    _asked([peaceful], "week2")
    _finished()

    assert not SyncRun.objects.filter(state=SyncRun.State.RUNNING).exists()
    for board in killed:
        assert _moves(board) == _moves(peaceful), f"seed {SEED}"
        assert _cards(board) == _cards(peaceful), f"seed {SEED}"
