"""A file in the place of a read: kept to be looked at, read as its sender says, then taken whole or discarded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from common.errors import ApplicationError
from roadmap.boards import provider_get
from roadmap.boards.base import Snapshot
from roadmap.boards.stages import stage_propose
from roadmap.boards.upload import COMPLETE_KEY, CONTENT_KEY, MAPPING_KEY, UploadPreview, upload_preview
from roadmap.boards.upload_files import FORMATS, MAX_BYTES, Problem, UploadError
from roadmap.boards.upload_mapping import CARD_FIELDS, mapping_from_preset, mapping_guess
from roadmap.models import Board, Card, Stage, SyncRun, UploadDraft
from roadmap.services.boards import board_file_keep
from roadmap.services.sync import board_sync
from teams.models import User

# A file that nobody confirmed is forgotten when the next one is chosen after this time.
DRAFT_KEPT = timedelta(days=1)
READING_KEYS = ("form", "encoding", "delimiter")
ROWS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class HeaderSeen:
    """A header of the file, and the titles of the card fields that it fills."""

    name: str
    fields: str


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """A column of the board as the file has it: how many cards, and the stage that it has or that its name suggests."""

    name: str
    cards: int
    stage: str


@dataclass(frozen=True, slots=True)
class UploadLook:
    """What taking the file would do, or every reason why it cannot be taken."""

    preview: UploadPreview | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    headers: tuple[HeaderSeen, ...] = ()
    problems: tuple[Problem, ...] = ()
    problem_total: int = 0
    columns: tuple[ColumnSeen, ...] = ()
    cards: int = 0
    new: int = 0
    known: int = 0
    absent: int = 0
    moves: int = 0
    notes: tuple[str, ...] = ()

    @property
    def format_words(self) -> str:
        """The format that was found, as the choice of formats names it."""
        return FORMATS.get(self.preview.format, "") if self.preview else ""

    @property
    def can_be_taken(self) -> bool:
        """True when nothing needs mending and there is a card."""
        return self.preview is not None and not self.problem_total and self.cards > 0


@transaction.atomic
def upload_open(*, board: Board, actor: User, name: str, content: bytes, now: datetime) -> UploadDraft:
    """Keeps a file to be looked at, in the place of the one that `actor` chose before. Nothing is read into the board.

    It starts with the way the board's last file was read. Raises ApplicationError for an empty file, one over the
    limit, or a board that is read from its tool or archived.
    """
    _upload_required(board)
    if len(content) > MAX_BYTES:
        raise ApplicationError(
            f"The file is larger than {MAX_BYTES // 1024 // 1024} MB. Export fewer cards.", field="file"
        )
    if not content.strip():
        raise ApplicationError(
            "The file is empty. Export the board again and choose that file.", field="file"
        )
    UploadDraft.objects.filter(created_at__lt=now - DRAFT_KEPT).delete()
    last = {**board.connection.settings, **board.settings}
    options: dict[str, Any] = {name_: str(last.get(name_) or "") for name_ in READING_KEYS}
    options[COMPLETE_KEY] = bool(last.get(COMPLETE_KEY, True))
    options[MAPPING_KEY] = _mapping_start(content, options, last.get(MAPPING_KEY) or {})
    draft, _created = UploadDraft.objects.update_or_create(
        board=board,
        actor=actor,
        defaults={"name": name[:200], "content": content, "options": options, "created_at": now},
    )
    return draft


def upload_read_as(
    *,
    draft: UploadDraft,
    reading: Mapping[str, str],
    mapping: Mapping[str, str] | None,
    complete: bool,
    preset: str = "",
) -> UploadDraft:
    """Notes how the file is to be read: `reading` (form, encoding, delimiter), which header fills which field.

    `preset` names a ready-made matching, "guess" the one by headers; it wins over `mapping`. When the file falls
    apart differently than before, and headers are gone, the matching is guessed anew.
    """
    before = draft.options.get(MAPPING_KEY) or {}
    options: dict[str, Any] = {name: str(reading.get(name) or "") for name in READING_KEYS}
    options[COMPLETE_KEY] = complete
    chosen = {
        name: header
        for name, header in (before if mapping is None else mapping).items()
        if header and name in CARD_FIELDS
    }
    headers = _headers(bytes(draft.content), options)
    if headers:
        if preset == "guess" or (not preset and mapping is None and not _fits(chosen, headers)):
            chosen = mapping_guess(headers)
        elif preset:
            chosen = mapping_from_preset(preset, headers)
    options[MAPPING_KEY] = chosen
    draft.options = options
    draft.save(update_fields=["options"])
    return draft


def upload_look(*, draft: UploadDraft) -> UploadLook:
    """Reads the kept file from end to end as its options say, and what taking it would do. Writes nothing."""
    content, options, board = bytes(draft.content), draft.options, draft.board
    mapping = dict(options.get(MAPPING_KEY) or {})
    try:
        preview = upload_preview(
            content, rows=ROWS_SHOWN, **{name: options.get(name, "") for name in READING_KEYS}
        )
    except UploadError as error:
        return UploadLook(mapping=mapping, problems=error.problems, problem_total=error.total)
    headers = tuple(
        HeaderSeen(
            name=header,
            fields=""
            if preview.is_matched
            else ", ".join(CARD_FIELDS[key] for key, value in mapping.items() if value == header),
        )
        for header in preview.headers
    )
    try:
        snapshot = _fetch(board, content, options)
    except UploadError as error:
        return UploadLook(
            preview=preview,
            mapping=mapping,
            headers=headers,
            problems=error.problems,
            problem_total=error.total,
        )
    known = set(Card.objects.filter(board=board).present().values_list("identity", flat=True))
    seen = {card.identity for card in snapshot.cards}
    return UploadLook(
        preview=preview,
        mapping=mapping,
        headers=headers,
        columns=_columns(board, snapshot),
        cards=len(seen),
        new=len(seen - known),
        known=len(seen & known),
        absent=len(known - seen),
        moves=len(snapshot.moves),
        notes=snapshot.notes if snapshot.cards else (),
    )


def upload_take(*, draft: UploadDraft, actor: User, now: datetime) -> SyncRun:
    """Takes the file that was looked at: it becomes the board's file, and the board is read from it at once.

    Two clicks take it once. Raises UploadError naming each row, column and mend (nothing is taken then),
    ApplicationError when it was taken or discarded already, or BoardBusyError.
    """
    board = draft.board
    _upload_required(board)
    with transaction.atomic():
        taken, _ = UploadDraft.objects.filter(pk=draft.pk).delete()
        if not taken:
            raise ApplicationError("This file was taken or discarded already.")
        options = dict(draft.options)
        mapping = options.pop(MAPPING_KEY, None) or {}
        board_file_keep(
            board=board,
            name=draft.name,
            content=bytes(draft.content),
            mapping=mapping,
            options=options,
            actor=actor,
            now=now,
        )
    return board_sync(board=board, now=now)


def upload_discard(*, draft: UploadDraft) -> None:
    """Forgets a file that was only looked at."""
    UploadDraft.objects.filter(pk=draft.pk).delete()


def _upload_required(board: Board) -> None:
    if not provider_get(board.connection.kind).is_upload:
        raise ApplicationError("This board is read from its tool; it takes no files.", field="file")
    if board.archived_at is not None:
        raise ApplicationError("This board is archived. Bring it back first.", field="file")


def _fetch(board: Board, content: bytes, options: Mapping[str, Any]) -> Snapshot:
    provider = provider_get(board.connection.kind)
    return provider({**board.connection.settings, **board.settings, **options, CONTENT_KEY: content}).fetch()


def _headers(content: bytes, options: Mapping[str, Any]) -> tuple[str, ...]:
    """The headers to match, none when the file cannot be read like this or nothing is to be matched in it."""
    try:
        preview = upload_preview(content, rows=0, **{name: options.get(name, "") for name in READING_KEYS})
    except UploadError:
        return ()
    return () if preview.is_matched else preview.headers


def _mapping_start(content: bytes, options: Mapping[str, Any], last: Mapping[str, str]) -> dict[str, str]:
    """The matching of the board's last file where it fits this one too, a guess by headers otherwise.

    A file without headers to match leaves the board's matching as it is, for the next one that has some.
    """
    headers = _headers(content, options)
    if last and (not headers or _fits(last, headers)):
        return dict(last)
    return mapping_guess(headers)


def _fits(mapping: Mapping[str, str], headers: tuple[str, ...]) -> bool:
    return bool(mapping) and all(header in headers for header in mapping.values() if header)


def _columns(board: Board, snapshot: Snapshot) -> tuple[ColumnSeen, ...]:
    counts = Counter(card.column_external_id for card in snapshot.cards)
    stored = dict(board.columns.values_list("external_id", "stage"))
    stages = dict(Stage.choices)
    return tuple(
        ColumnSeen(
            name=column.name,
            cards=counts[column.external_id],
            stage=str(stages.get(stored.get(column.external_id) or stage_propose(column.name) or "", "")),
        )
        for column in snapshot.columns
    )
