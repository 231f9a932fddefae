"""One board of one team: connected, renamed, taken from the roadmap and brought back, and what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from common.audit import audit_record, changes
from common.errors import ApplicationError, PermanentError
from common.locking import version_claim
from roadmap.boards import provider_get
from roadmap.boards.stages import DISCARDED, RELEASED, stage_propose
from roadmap.calculations.flow import CLOSED_AS_COLUMN, CLOSED_AS_DEFAULT
from roadmap.models import Board, BoardFile, Column, Connection, Stage
from roadmap.signals import board_synced
from teams.models import Team, User

CLOSED_AS_KEY = "closed_as"
CLOSED_AS_CHOICES = {
    RELEASED: "Released",
    DISCARDED: "Discarded",
    CLOSED_AS_COLUMN: "Whatever their column means",
}


@transaction.atomic
def board_create(
    *,
    connection: Connection,
    team: Team,
    external_id: str,
    name: str,
    actor: User | None,
    now: datetime,
    url: str = "",
    settings: Mapping[str, Any] | None = None,
) -> Board:
    """Gives a board of the tool to a Stream Team; it is read for the first time at the next minute's look.

    Raises ApplicationError when team and connection are of two products, when the team is no Stream Team, or when the
    board is connected already.
    """
    if team.product_id != connection.product_id:
        raise ApplicationError("Choose a team of this product.", field="team")
    if team.kind != Team.Kind.STREAM:
        raise ApplicationError("Boards belong to Stream Teams. Choose one.", field="team")
    is_upload = provider_get(connection.kind).is_upload
    if is_upload:
        external_id = f"{external_id or 'file'}-{connection.boards.count() + 1}"
    other = (
        Board.objects.filter(connection=connection, external_id=external_id).select_related("team").first()
    )
    if other is not None:
        state = "archived; bring it back instead" if other.archived_at else f"connected for {other.team}"
        raise ApplicationError(f"This board is already {state}.", field="board")
    board = Board(
        connection=connection,
        team=team,
        external_id=external_id,
        name=" ".join(name.split())[:200],
        url=url if url.startswith(("https://", "http://")) else "",
        settings={CLOSED_AS_KEY: CLOSED_AS_DEFAULT, **(settings or {})},
        next_sync_at=None if is_upload else now,
    )
    board.full_clean()
    board.save()
    audit_record(
        actor=actor,
        action="board connected",
        subject=board,
        after={"team": team, "tool": provider_get(connection.kind).label, "name": board.name},
        product_id=team.product_id,
    )
    return board


@transaction.atomic
def board_archive(
    *, board: Board, actor: User | None, now: datetime, expected_version: int | None = None
) -> Board:
    """Takes the board out of the weekly collation; cards, runs and editions stay. ConflictError."""
    return _archive(board, now, "board archived", actor, expected_version)


@transaction.atomic
def board_restore(
    *, board: Board, actor: User | None, now: datetime, expected_version: int | None = None
) -> Board:
    """Brings an archived board back and has it read soon. ConflictError."""
    restored = _archive(board, None, "board brought back", actor, expected_version)
    if not provider_get(board.connection.kind).is_upload:
        Board.objects.filter(pk=board.pk).update(next_sync_at=now)
    return restored


def _archive(
    board: Board, at: datetime | None, action: str, actor: User | None, expected_version: int | None
) -> Board:
    version_claim(board, expected_version)
    before = {"archived_at": board.archived_at}
    board.archived_at, board.next_sync_at = at, None
    board.save(update_fields=["archived_at", "next_sync_at", "updated_at"])
    audit_record(
        actor=actor,
        action=action,
        subject=board,
        before=before,
        after={"archived_at": at},
        product_id=board.team.product_id,
    )
    return board


@transaction.atomic
def columns_map(
    *,
    board: Board,
    stages: Mapping[int, str],
    actor: User | None,
    closed_as: str | None = None,
    expected_version: int | None = None,
) -> Board:
    """Says what columns mean: {column id: stage, "" for none}. Columns that are not named stay as they are.

    `closed_as` is what cards count as that the tool closed before they were released. Raises ApplicationError for an
    unknown column or stage, ConflictError when somebody was quicker.
    """
    columns = {column.pk: column for column in board.columns.all()}
    for pk, stage in stages.items():
        if pk not in columns:
            raise ApplicationError(
                "This column is no longer on the board. Reload the page.", field=f"column-{pk}"
            )
        if stage and stage not in Stage.values:
            raise ApplicationError(f"{stage!r} is no stage.", field=f"column-{pk}")
    if closed_as is not None and closed_as not in CLOSED_AS_CHOICES:
        raise ApplicationError("Choose what closed cards count as.", field=CLOSED_AS_KEY)
    version_claim(board, expected_version)
    before = {column.name: column.stage for column in columns.values()}
    for pk, stage in stages.items():
        column = columns[pk]
        if column.stage == stage and column.stage_origin:
            continue
        column.stage, column.stage_origin = stage, Column.StageOrigin.PERSON if stage else ""
        column.save(update_fields=["stage", "stage_origin"])
    after: dict[str, Any] = {column.name: column.stage for column in columns.values()}
    if closed_as is not None and closed_as != board_closed_as(board):
        before[CLOSED_AS_KEY], after[CLOSED_AS_KEY] = board_closed_as(board), closed_as
        board.settings = {**board.settings, CLOSED_AS_KEY: closed_as}
        board.save(update_fields=["settings", "updated_at"])
    old, new = changes(before, after)
    if new:
        audit_record(
            actor=actor,
            action="columns mapped",
            subject=board,
            before=old,
            after=new,
            product_id=board.team.product_id,
        )
        transaction.on_commit(lambda: board_synced.send(sender=Board, board_id=board.pk, sync_run_id=None))
    return board


def columns_propose(*, board: Board) -> dict[int, str]:
    """The stage that each column's name suggests, by column id; only those that a name suggests."""
    proposed = {column.pk: stage_propose(column.name) for column in board.columns.filter(is_active=True)}
    return {pk: stage for pk, stage in proposed.items() if stage}


def board_closed_as(board: Board) -> str:
    """What cards count as that the tool closed before they were released."""
    return str(board.settings.get(CLOSED_AS_KEY) or CLOSED_AS_DEFAULT)


@transaction.atomic
def board_file_keep(
    *,
    board: Board,
    name: str,
    content: bytes,
    actor: User | None,
    now: datetime,
    mapping: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> BoardFile:
    """Puts an uploaded file in the place of the board's last one, after reading it once from end to end.

    `mapping` matches card fields to the file's headers; `options` are the provider's ways to read it (encoding,
    delimiter, complete). Both stay with the board for the next file. Raises UploadError naming each wrong row, column
    and mend, and then nothing is stored.
    """
    provider = provider_get(board.connection.kind)
    if not provider.is_upload:
        raise PermanentError(
            "This board is read from its tool; a file cannot be uploaded for it.", field="file"
        )
    settings = {**board.settings, **(options or {})}
    if mapping is not None:
        settings["mapping"] = dict(mapping)
    provider({**board.connection.settings, **settings, "content": content}).fetch()
    board.settings = settings
    board.save(update_fields=["settings", "updated_at"])
    file, _created = BoardFile.objects.update_or_create(
        board=board,
        defaults={"name": name[:200], "content": content, "uploaded_by": actor, "uploaded_at": now},
    )
    audit_record(
        actor=actor,
        action="board file uploaded",
        subject=board,
        after={"file": file.name, "bytes": len(content)},
        product_id=board.team.product_id,
    )
    return file
