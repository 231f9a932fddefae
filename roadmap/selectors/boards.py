"""Boards and connections, ready to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, QuerySet

from roadmap.boards import BoardProvider, providers
from roadmap.boards.stages import ROADMAP_COLUMNS, roadmap_column_of
from roadmap.calculations.flow import CLOSED_AS_DEFAULT, card_stage
from roadmap.models import Board, Card, Column, Connection, Stage, SyncRun
from teams.models import Product, Team

STATES = {
    "failing": ("bad", "off", "Cannot be read"),
    "held": ("warn", "risk", "Held for confirmation"),
    "never": ("none", "nodatac", "Not read yet"),
    "late": ("warn", "clock", "Late"),
    "fresh": ("good", "check", "Fresh"),
    "archived": ("none", "archive", "Archived"),
}
# A weekly read and a day's grace.
LATE_AFTER = timedelta(days=8)
CHANGES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A board with its state and counts."""

    board: Board
    tool: str
    icon: str
    is_upload: bool
    state: str
    cards: int
    unmatched: int

    @property
    def word(self) -> tuple[str, str, str]:
        """(kind, icon, words) of its state."""
        return STATES[self.state]


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A connection, its tool, and how many boards hang on it."""

    connection: Connection
    tool: str
    boards: int
    known: bool


def provider_of(kind: str) -> type[BoardProvider] | None:
    """The provider of a stored kind; None when this version has none (any more)."""
    return providers().get(kind)


@dataclass(frozen=True, slots=True)
class Tool:
    """A board tool as pages show it. (Templates call classes, so a provider itself cannot be handed to one.)"""

    kind: str
    label: str
    icon: str
    docs_url: str
    access_help: str
    is_upload: bool
    has_secrets: bool


def tool_of(provider: type[BoardProvider]) -> Tool:
    """The provider's words."""
    return Tool(
        kind=provider.kind,
        label=provider.label,
        icon=provider.icon,
        docs_url=provider.docs_url,
        access_help=provider.access_help,
        is_upload=provider.is_upload,
        has_secrets=bool(provider.secret_fields),
    )


def tool_label(kind: str) -> str:
    """The tool's name; the stored kind itself when no provider is known for it."""
    provider = provider_of(kind)
    return provider.label if provider else kind


def board_rows(*, product: Product, now: datetime, archived: bool = False) -> list[BoardRow]:
    """The boards of the product with their states and counts, by team. Four queries, however many there are."""
    boards = list(
        Board.objects.filter(team__product=product, archived_at__isnull=not archived)
        .select_related("team__product", "connection")
        .order_by("team__name", "name", "pk")
    )
    cards = _counts(Card.objects.present().filter(board__in=boards))
    unmatched = _counts(Column.objects.filter(board__in=boards, is_active=True, stage=""))
    held = set(_held(boards))
    return [_row(board, now, cards, unmatched, held) for board in boards]


def board_row(*, board: Board, now: datetime) -> BoardRow:
    """One board with its state and counts."""
    cards = _counts(Card.objects.present().filter(board=board))
    unmatched = _counts(Column.objects.filter(board=board, is_active=True, stage=""))
    return _row(board, now, cards, unmatched, set(_held([board])))


def _row(
    board: Board, now: datetime, cards: Mapping[int, int], unmatched: Mapping[int, int], held: set[int]
) -> BoardRow:
    provider = provider_of(board.connection.kind)
    return BoardRow(
        board=board,
        tool=tool_label(board.connection.kind),
        icon=provider.icon if provider else "board",
        is_upload=bool(provider and provider.is_upload),
        state=_state(board, now, held),
        cards=cards.get(board.pk, 0),
        unmatched=unmatched.get(board.pk, 0),
    )


def _state(board: Board, now: datetime, held: set[int]) -> str:
    if board.archived_at:
        return "archived"
    if board.last_error:
        return "failing"
    if board.last_synced_at is None:
        return "never"
    if board.pk in held:
        return "held"
    return "late" if now - board.last_synced_at > LATE_AFTER else "fresh"


def _counts(rows: QuerySet[Any]) -> dict[int, int]:
    return dict(rows.order_by().values_list("board").annotate(n=Count("pk")))


def _held(boards: Sequence[Board]) -> list[int]:
    """The boards whose last read waits for a person's word."""
    runs = SyncRun.objects.filter(
        board__in=boards, state=SyncRun.State.HELD, started_at__gte=F("board__last_synced_at")
    )
    return list(runs.values_list("board_id", flat=True))


def connection_rows(*, product: Product) -> list[ConnectionRow]:
    """The connections of the product by name."""
    rows = (
        Connection.objects.filter(product=product)
        .annotate(boards_count=Count("boards"))
        .order_by("name", "pk")
    )
    return [
        ConnectionRow(row, tool_label(row.kind), row.boards_count, provider_of(row.kind) is not None)
        for row in rows
    ]


def teams_without_board(*, product: Product) -> list[Team]:
    """Active Stream Teams that no active board belongs to."""
    with_board = Board.objects.active().filter(team__product=product).values("team")
    return list(
        Team.objects.filter(product=product).active().stream().exclude(pk__in=with_board).order_by("name")
    )


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A board's column with the number of cards in it."""

    column: Column
    cards: int


def column_rows(*, board: Board) -> list[ColumnRow]:
    """The columns in the tool's order; those that the tool no longer has come last."""
    cards = dict(
        Card.objects.filter(board=board, missing_since=None)
        .present()
        .order_by()
        .values_list("column")
        .annotate(n=Count("pk"))
    )
    columns = Column.objects.filter(board=board).order_by("-is_active", "position", "pk")
    return [ColumnRow(column, cards.get(column.pk, 0)) for column in columns]


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One roadmap column: how many cards it shows now and would show."""

    label: str
    now: int
    then: int

    @property
    def change(self) -> int:
        return self.then - self.now


def columns_preview(*, board: Board, stages: Mapping[int, str], closed_as: str) -> list[PreviewRow]:
    """What another meaning of the columns would do to the roadmap: cards by roadmap column, now and then."""
    stored = dict(Column.objects.filter(board=board).values_list("pk", "stage"))
    cards = Card.objects.filter(board=board, missing_since=None).present().values_list("column_id", "closed")
    now_as = str(board.settings.get("closed_as") or CLOSED_AS_DEFAULT)
    now: Counter[str] = Counter()
    then: Counter[str] = Counter()
    for column_id, closed in cards:
        before = stored.get(column_id or 0, "")
        after = stages.get(column_id or 0, before)
        now[_place(card_stage(column_stage=before, closed=closed, closed_as=now_as))] += 1
        then[_place(card_stage(column_stage=after, closed=closed, closed_as=closed_as))] += 1
    labels = [column.label for column in ROADMAP_COLUMNS]
    return [PreviewRow(label, now[label], then[label]) for label in [*labels, "Discarded", "No stage"]]


def _place(stage: str) -> str:
    column = roadmap_column_of(stage)
    if column is not None:
        return column.label
    return "Discarded" if stage == Stage.DISCARDED else "No stage"


@dataclass(slots=True)
class RunChange:
    """One kind of change of a run, with the first few cards by name."""

    title: str
    items: list[str] = field(default_factory=list)
    rest: int = 0


_RUN_WORDS = {
    "created": "new",
    "moved": "moved",
    "renamed": "renamed",
    "closed": "closed",
    "reopened": "opened again",
    "missing": "missing",
    "gone": "gone after a second read without them",
    "returned": "back",
}
_COLUMN_WORDS = {
    "columns_added": "columns added",
    "columns_renamed": "columns renamed",
    "columns_removed": "columns removed",
}


def run_changes(*, run: SyncRun) -> list[RunChange]:
    """The change list of a run in words, with the names of cards and columns as they are now."""
    columns = dict(Column.objects.filter(board=run.board_id).values_list("external_id", "name"))
    ids = [item if isinstance(item, str) else item.get("card", "") for kind in _RUN_WORDS
           for item in run.changes.get(kind, ())[:CHANGES_SHOWN]]  # fmt: skip
    cards = {
        external_id: f"{key or external_id} {title}"
        for external_id, key, title in Card.objects.filter(
            board=run.board_id, external_id__in=ids
        ).values_list("external_id", "key", "title")
    }
    told = []
    for kind, word in [*_RUN_WORDS.items(), *_COLUMN_WORDS.items()]:
        entries = run.changes.get(kind, ())
        if entries:
            items = [_item_words(kind, entry, cards, columns) for entry in entries[:CHANGES_SHOWN]]
            count = run.counts.get(kind, len(entries))
            told.append(RunChange(f"{count} {word}", items, count - len(items)))
    return told


def _item_words(kind: str, entry: Any, cards: Mapping[str, str], columns: Mapping[str, str]) -> str:
    if kind == "moved":
        source, target = (columns.get(entry[end] or "", "no column") for end in ("from", "to"))
        return f"{cards.get(entry['card'], entry['card'])}: {source} → {target}"
    if kind in {"renamed", "columns_renamed"}:
        return f"{entry['before']} → {entry['after']}"
    return columns.get(entry, entry) if kind in _COLUMN_WORDS else cards.get(entry, entry)
