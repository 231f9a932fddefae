"""What the weekly collation has to do at a moment: boards to read, editions to publish."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet

from common.models import JobRun
from common.schedules import Slot
from roadmap.boards import providers
from roadmap.models import Board, Edition, EditionTeam
from roadmap.selectors.cutoffs import cutoff_last
from teams.models import Product

# After this the edition is published with what is there; a late board makes a revision.
PATIENCE = timedelta(minutes=60)
_OVER = [JobRun.State.DONE, JobRun.State.GAPS, JobRun.State.FAILED]


def boards_to_read(*, now: datetime) -> list[tuple[int, str]]:
    """(board id, period) of the boards to read: those of the last cut-off, and those with a new try due.

    Boards made of uploaded files are never due: nobody can fetch a newer file than the one that is there.
    """
    slot = cutoff_last(now=now)
    boards = _boards_read()
    asked = set(
        JobRun.objects.filter(kind="board_sync", period=slot.period).values_list("subject", flat=True)
    )
    weekly = [
        (pk, slot.period)
        for pk in boards.filter(created_at__lte=slot.at).values_list("pk", flat=True)
        if str(pk) not in asked
    ]
    again = [
        (pk, f"again {at.astimezone(UTC):%Y-%m-%d %H:%M:%S}")
        for pk, at in boards.filter(next_sync_at__lte=now).values_list("pk", "next_sync_at")
        if at is not None
    ]
    return weekly + again


def products_to_publish(*, now: datetime) -> list[tuple[int, str]]:
    """(product id, period) of the products whose edition of the week can be made, or made again."""
    slot = cutoff_last(now=now)
    year, week = int(slot.period[:4]), int(slot.period[6:])
    editions: dict[int, Edition] = {}
    for edition in Edition.objects.filter(iso_year=year, iso_week=week).order_by("revision"):
        editions[edition.product_id] = edition
    boards: dict[int, list[Board]] = {}
    for board in _boards_active().select_related("team"):
        boards.setdefault(board.team.product_id, []).append(board)
    first = {pk: rows for pk, rows in boards.items() if pk not in editions}
    over = _reads_over(slot) if first else set()
    due = [
        (pk, slot.period)
        for pk, rows in first.items()
        if not any(_is_awaited(board, slot, now, over) for board in rows)
    ]
    return due + _late(editions, boards, slot)


def _late(editions: dict[int, Edition], boards: dict[int, list[Board]], slot: Slot) -> list[tuple[int, str]]:
    """Products where a board has come in that the edition shows as stale or missing, or does not know."""
    lanes = EditionTeam.objects.filter(edition__in=[edition.pk for edition in editions.values()])
    fresh = {
        (lane.edition_id, row["id"])
        for lane in lanes
        for row in lane.boards
        if row["state"] == EditionTeam.Freshness.FRESH
    }
    due: list[tuple[int, str]] = []
    for product_id, edition in editions.items():
        came = [
            board.last_synced_at
            for board in boards.get(product_id, ())
            if (edition.pk, board.pk) not in fresh
            and board.last_synced_at is not None
            and board.last_synced_at > edition.published_at
        ]
        if came:
            # Named after the newest read, so that each board that comes in later is taken in too.
            due.append(
                (
                    product_id,
                    f"{slot.period}.{edition.revision} late {max(came).astimezone(UTC):%m-%d %H:%M:%S}",
                )
            )
    return due


def _is_awaited(board: Board, slot: Slot, now: datetime, over: set[str]) -> bool:
    """True while the board may still come in: it has not been read since the cut-off and has not failed either."""
    if board.connection.kind in _upload_kinds():
        return False
    if board.last_synced_at is not None and board.last_synced_at >= slot.at:
        return False
    if str(board.pk) in over:
        return False
    return now < max(slot.at, board.created_at) + PATIENCE


def _reads_over(slot: Slot) -> set[str]:
    return set(
        JobRun.objects.filter(kind="board_sync", period=slot.period, state__in=_OVER).values_list(
            "subject", flat=True
        )
    )


def _upload_kinds() -> list[str]:
    return [kind for kind, provider in providers().items() if provider.is_upload]


def _boards_active() -> QuerySet[Board]:
    products = Product.objects.active().values("pk")
    return (
        Board.objects.active()
        .filter(team__archived_at=None, team__product__in=products)
        .select_related("connection")
    )


def _boards_read() -> QuerySet[Board]:
    return _boards_active().exclude(connection__kind__in=_upload_kinds())
