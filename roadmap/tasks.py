"""The roadmap's background work: reading boards at the weekly cut-off, and publishing the editions after it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from common.errors import PermanentError, TransientError
from common.jobs import Due, job_kind
from common.models import JobRun
from roadmap.models import Board, SyncRun
from roadmap.selectors.collation import boards_to_read, products_to_publish
from roadmap.selectors.cutoffs import cutoff_next
from roadmap.services import board_sync, collation_run, edition_publish
from teams.models import Product

BOARD_SYNC, EDITION_PUBLISH, COLLATION = "board_sync", "edition_publish", "roadmap_collation"
SCHEDULE = "Every week at the cut-off, Monday 06:00 unless changed"


def boards_due(now: datetime) -> Iterable[Due]:
    """One row a board for the cut-off that has passed, and one for each board that is to be tried again."""
    for pk, period in boards_to_read(now=now):
        yield Due(subject=str(pk), period=period)


def editions_due(now: datetime) -> Iterable[Due]:
    """Products whose boards are all in, or whose time is up; later again when a late board has come in."""
    for pk, period in products_to_publish(now=now):
        yield Due(subject=str(pk), period=period)


@job_kind(
    BOARD_SYNC,
    title="Board sync",
    due=boards_due,
    subjects=lambda _now: (str(pk) for pk in Board.objects.active().values_list("pk", flat=True)),
    subject_names=lambda ids: {
        str(pk): name for pk, name in Board.objects.filter(pk__in=ids).values_list("pk", "name")
    },
    next_due=lambda now: cutoff_next(now=now),
    schedule=SCHEDULE,
    lease=timedelta(minutes=15),
    batch=50,
    keep=timedelta(days=400),
)
def board_sync_run(run: JobRun, *, now: datetime) -> dict[str, Any]:
    """Reads one board; a failure of its tool fails this run alone."""
    board = (
        Board.objects.select_related("connection", "team__product")
        .filter(pk=run.subject, archived_at=None, team__archived_at=None, team__product__archived_at=None)
        .first()
    )
    if board is None:
        return {"skipped": "The board, its team or its product is archived, or it was removed."}
    sync = board_sync(board=board, now=now, job=run, accept_missing=bool(run.payload.get("accept_missing")))
    if sync.state == SyncRun.State.FAILED:
        raise (TransientError if sync.may_pass else PermanentError)(sync.error)
    result: dict[str, Any] = {"run": sync.pk, "counts": sync.counts}
    if sync.state == SyncRun.State.HELD:
        result["gaps"] = "So many cards vanished at once that a person must look."
    return result


@job_kind(
    EDITION_PUBLISH,
    title="Roadmap edition",
    due=editions_due,
    subjects=lambda _now: (str(pk) for pk in Product.objects.active().values_list("pk", flat=True)),
    subject_names=lambda ids: {
        str(pk): name for pk, name in Product.objects.filter(pk__in=ids).values_list("pk", "name")
    },
    next_due=lambda now: cutoff_next(now=now),
    schedule="When all boards of the product are in, at the latest an hour after the cut-off",
    lease=timedelta(minutes=10),
    keep=timedelta(days=400),
)
def edition_publish_run(run: JobRun, *, now: datetime) -> dict[str, Any]:
    """Publishes the edition of one product for the week of the newest cut-off."""
    product = Product.objects.active().filter(pk=run.subject).first()
    if product is None:
        return {"skipped": "The product is archived or was removed."}
    edition = edition_publish(product=product, now=now)
    return {
        "edition": edition.pk,
        "week": edition.week,
        "revision": edition.revision,
        "cards": edition.totals["cards"],
    }


@job_kind(COLLATION, title="Roadmap collated by hand", lease=timedelta(minutes=30), keep=timedelta(days=90))
def roadmap_collation_run(run: JobRun, *, now: datetime) -> dict[str, Any]:
    """Reads every board of one product and publishes its edition, because somebody asked for it."""
    product = Product.objects.active().filter(pk=run.subject).first()
    if product is None:
        return {"skipped": "The product is archived or was removed."}
    runs, edition = collation_run(product=product, now=now, progress=run.progress_set)
    failed = [sync.board.name for sync in runs if sync.state == SyncRun.State.FAILED]
    return {"week": edition.week, "revision": edition.revision, "boards": len(runs), "gaps": failed}
