"""Two workers at once: one read, one edition."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from roadmap.models import Board, Card, CardMove, Edition, SyncRun
from roadmap.services import BoardBusyError, board_sync, edition_publish
from roadmap.tests.factories import board_make, card_make
from roadmap.tests.kanboard_server import KanboardServer

pytestmark = pytest.mark.django_db(transaction=True)


def _together(count: int, work: Callable[[], Any]) -> list[Any]:
    """Runs `work` in so many threads that start at once; what each gave, or the error it raised."""
    gate, results = threading.Barrier(count), []

    def run() -> None:
        gate.wait()
        try:
            results.append(work())
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_two_workers_make_one_read(
    shared_database: None, board: Board, kanboard: KanboardServer, now: datetime
) -> None:
    results = _together(4, lambda: board_sync(board=Board.objects.get(pk=board.pk), now=now))

    done = [
        result for result in results if isinstance(result, SyncRun) and result.state == SyncRun.State.DONE
    ]
    busy = [result for result in results if isinstance(result, BoardBusyError)]
    assert len(done) + len(busy) == 4
    assert done
    # Those that came after the first had ended read the same board again and changed nothing.
    assert sum(run.counts["created"] for run in done) == Card.objects.count()
    assert Card.objects.count() == Card.objects.values("identity").distinct().count()
    assert CardMove.objects.count() == CardMove.objects.values("card", "at", "to_column").distinct().count()


def test_two_workers_publish_one_edition(
    shared_database: None, team: Any, product: Any, now: datetime
) -> None:
    board = board_make(team, now=now)
    for number in range(20):
        card_make(board, number, stage="in_progress", now=now - timedelta(days=number))

    results = _together(4, lambda: edition_publish(product=product, now=now))

    assert {result.pk for result in results} == {Edition.objects.get().pk}
    assert Edition.objects.get().cards.count() == 20


def test_a_second_read_cannot_begin_while_one_runs(board: Board, now: datetime) -> None:
    SyncRun.objects.create(board=board, started_at=now)

    with pytest.raises(BoardBusyError):
        board_sync(board=board, now=now + timedelta(minutes=1))

    assert SyncRun.objects.count() == 1
