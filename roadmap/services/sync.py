"""Reads one board: everything is fetched first, then stored in one transaction, or nothing is."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from common.errors import ApplicationError, TransientError
from common.models import JobRun
from roadmap.boards.base import Snapshot
from roadmap.models import Board, Connection, SyncRun
from roadmap.services.connections import board_provider
from roadmap.services.mails import board_failure_mail
from roadmap.services.snapshots import SnapshotStore
from roadmap.signals import board_synced

logger = logging.getLogger(__name__)

# A run that has taken longer was left by a worker that died; longer than any task may take.
RUN_LONGEST = timedelta(minutes=15)
RETRY_FIRST, RETRY_LONGEST = timedelta(minutes=15), timedelta(hours=24)
STEPS = 3
ANSWERED_EVERY = timedelta(minutes=1)


class BoardBusyError(TransientError):
    """The board is being read by somebody else right now."""


def board_sync(
    *, board: Board, now: datetime, job: JobRun | None = None, accept_missing: bool = False
) -> SyncRun:
    """Reads `board` from its tool and stores what changed; returns the run, done, held or failed.

    The tool is asked outside any transaction; columns, cards and moves are then stored in one. A failure of the tool
    does not raise: it stands on the run and the board in a sentence for a person, nothing is stored, and `next_sync_at`
    says when it is tried again. When more than a fifth of the cards vanish at once they are kept and the run is
    *held*; `accept_missing` is a person's word that they are really gone. Raises BoardBusyError when the board is
    being read already; anything unforeseen is noted on the run and raised on.
    """
    run = _run_claim(board, now, job)
    started = time.monotonic()

    def finished_at() -> datetime:
        return now + timedelta(seconds=time.monotonic() - started)

    try:
        _progress(job, 1)
        snapshot = board_provider(board).fetch(since=board.last_complete_read_at)
        _progress(job, 2)
        _store(run, snapshot, now, finished_at, accept_missing)
    except ApplicationError as error:
        return _run_fail(run, error, now, finished_at())
    except Exception as error:
        words = f"An unforeseen error stopped the read ({type(error).__name__}). Nothing was stored; the log has more."
        _run_fail(run, TransientError(words), now, finished_at())
        raise
    _progress(job, STEPS)
    return run


def _run_claim(board: Board, now: datetime, job: JobRun | None) -> SyncRun:
    """Begins a run; the database allows one running run a board, so of two workers one gets it."""
    left = SyncRun.objects.filter(board=board, state=SyncRun.State.RUNNING).order_by("pk")
    for run in left:
        if now - run.started_at > RUN_LONGEST or (job is not None and run.job_id == job.pk):
            SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.RUNNING).update(
                state=SyncRun.State.FAILED,
                finished_at=now,
                error="The worker stopped in the middle of it. Nothing was stored; it was read again.",
            )
    try:
        with transaction.atomic():
            return SyncRun.objects.create(board=board, job=job, started_at=now)
    except IntegrityError:
        raise BoardBusyError(
            f"{board} is being read right now. Wait for that run to end.", retry_after=60
        ) from None


def _store(
    run: SyncRun, snapshot: Snapshot, now: datetime, finished_at: Callable[[], datetime], accept_missing: bool
) -> None:
    with transaction.atomic():
        board = (
            Board.objects.select_for_update(of=("self",))
            .select_related("connection", "team__product")
            .get(pk=run.board_id)
        )
        stored = SnapshotStore(board=board, snapshot=snapshot, now=now, accept_missing=accept_missing).store()
        values = {
            "state": SyncRun.State.HELD if stored.held else SyncRun.State.DONE,
            "finished_at": finished_at(),
            "requests_made": snapshot.requests_made,
            "cards_read": stored.counts["read"],
            "counts": stored.counts,
            "changes": stored.changes,
            "notes": list(stored.notes),
        }
        # A worker that was given up for dead must not write over the one that took its place.
        if not SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.RUNNING).update(**values):
            raise BoardBusyError("This read took too long and another one took its place.")
        Board.objects.filter(pk=board.pk).update(
            cursor=dict(snapshot.cursor),
            last_synced_at=now,
            last_complete_read_at=now if snapshot.complete else board.last_complete_read_at,
            failures=0,
            last_error="",
            next_sync_at=None,
        )
        _connection_answered(board.connection, now)
        transaction.on_commit(lambda: board_synced.send(sender=Board, board_id=board.pk, sync_run_id=run.pk))
    for name, value in values.items():
        setattr(run, name, value)


def _connection_answered(connection: Connection, now: datetime) -> None:
    """Notes that the tool answers; once a minute is enough where a tool has hundreds of boards."""
    known = connection.last_ok_at
    if connection.last_error or known is None or abs(now - known) >= ANSWERED_EVERY:
        Connection.objects.filter(pk=connection.pk).update(last_ok_at=now, last_error="")


def _run_fail(run: SyncRun, error: ApplicationError, now: datetime, finished_at: datetime) -> SyncRun:
    """Notes the failure and when to try again; what cannot pass by itself waits for a person or the next cut-off."""
    may_pass = isinstance(error, TransientError)
    with transaction.atomic():
        mine = SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.RUNNING).update(
            state=SyncRun.State.FAILED, finished_at=finished_at, error=error.message, may_pass=may_pass
        )
        if mine:
            Board.objects.filter(pk=run.board_id).update(failures=F("failures") + 1, last_error=error.message)
            failures = Board.objects.values_list("failures", flat=True).get(pk=run.board_id)
            wait = min(RETRY_FIRST * 2 ** min(failures - 1, 10), RETRY_LONGEST)
            asked = timedelta(seconds=getattr(error, "retry_after", None) or 0)
            Board.objects.filter(pk=run.board_id).update(
                next_sync_at=now + max(wait, asked) if may_pass else None
            )
            board = Board.objects.select_related("team__product").get(pk=run.board_id)
            board_failure_mail(board=board, error=error.message, may_pass=may_pass, now=now)
    logger.info("A board could not be read", extra={"board": run.board_id, "run": run.pk})
    run.refresh_from_db()
    return run


def _progress(job: JobRun | None, done: int) -> None:
    if job is not None:
        job.progress_set(done, STEPS)
