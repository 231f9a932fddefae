"""Writes of the roadmap: connections, boards, syncs, cards and editions."""

from __future__ import annotations

from roadmap.services.boards import (
    board_archive,
    board_closed_as,
    board_create,
    board_file_keep,
    board_restore,
    columns_map,
    columns_propose,
)
from roadmap.services.cards import card_context_reset, card_context_update
from roadmap.services.collation import collation_run
from roadmap.services.connections import (
    ConnectionValuesError,
    board_check,
    connection_boards,
    connection_check,
    connection_create,
    connection_try,
    connection_update,
)
from roadmap.services.editions import edition_publish
from roadmap.services.sync import BoardBusyError, board_sync
from roadmap.services.uploads import upload_discard, upload_look, upload_open, upload_read_as, upload_take

__all__ = [
    "BoardBusyError",
    "ConnectionValuesError",
    "board_archive",
    "board_check",
    "board_closed_as",
    "board_create",
    "board_file_keep",
    "board_restore",
    "board_sync",
    "card_context_reset",
    "card_context_update",
    "collation_run",
    "columns_map",
    "columns_propose",
    "connection_boards",
    "connection_check",
    "connection_create",
    "connection_try",
    "connection_update",
    "edition_publish",
    "upload_discard",
    "upload_look",
    "upload_open",
    "upload_read_as",
    "upload_take",
]
