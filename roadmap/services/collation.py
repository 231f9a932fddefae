"""The whole collation of one product in one go: for the command, the first start and whoever will not wait."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from roadmap.boards import provider_get
from roadmap.models import Board, Edition, SyncRun
from roadmap.services.editions import edition_publish
from roadmap.services.sync import BoardBusyError, board_sync
from teams.models import Product

logger = logging.getLogger(__name__)


def collation_run(
    *, product: Product, now: datetime, progress: Callable[[int, int], None] | None = None
) -> tuple[list[SyncRun], Edition]:
    """Reads every board of the product that can be read and publishes its edition; returns the runs and the edition.

    `progress` is told how many boards of how many are done.
    One board's failure stops no other: it stands on its run, and the edition shows the board as it is.
    """
    boards = list(
        Board.objects.active()
        .filter(team__product=product, team__archived_at=None)
        .select_related("connection", "team__product")
    )
    runs = []
    for number, board in enumerate(boards):
        if progress is not None:
            progress(number, len(boards))
        if provider_get(board.connection.kind).is_upload:
            continue
        try:
            runs.append(board_sync(board=board, now=now))
        except BoardBusyError:
            continue
        except Exception:
            # Noted on the board's run already; the others must not wait for it.
            logger.exception("Unable to read a board", extra={"board": board.pk})
    if progress is not None:
        progress(len(boards), len(boards))
    return runs, edition_publish(product=product, now=now)
