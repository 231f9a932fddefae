"""What happened to a board between two reads, by comparing the two: pure, for any provider."""

from __future__ import annotations

from dataclasses import dataclass

from roadmap.boards.base import CardData, ColumnData, Snapshot


@dataclass(frozen=True, slots=True)
class CardMoved:
    """A card in another column than before; None is "on no column"."""

    identity: str
    from_column: str | None
    to_column: str | None


@dataclass(frozen=True, slots=True)
class Renamed:
    """A card (by identity) or column (by external id) under another name."""

    identity: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The difference, in the order of the later read; cards by identity, columns by external id.

    A missing card is not a deleted one: look at `Snapshot.complete` and at how many are missing before believing it.
    """

    created: tuple[str, ...] = ()
    moved: tuple[CardMoved, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    closed: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    columns_renamed: tuple[Renamed, ...] = ()
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


def snapshot_changes(before: Snapshot, after: Snapshot) -> Changes:
    """The changes that lead from `before` to `after`, both of one board; a column put away counts as removed."""
    cards_before = {card.identity: card for card in before.cards}
    cards_after = {card.identity: card for card in after.cards}
    columns_before = {column.external_id: column for column in before.columns if column.is_active}
    columns_after = {column.external_id: column for column in after.columns if column.is_active}
    both = [
        (cards_before[identity], card) for identity, card in cards_after.items() if identity in cards_before
    ]
    return Changes(
        created=tuple(identity for identity in cards_after if identity not in cards_before),
        moved=tuple(_moves(both)),
        renamed=tuple(
            Renamed(new.identity, old.title, new.title) for old, new in both if old.title != new.title
        ),
        closed=tuple(new.identity for old, new in both if new.closed and not old.closed),
        reopened=tuple(new.identity for old, new in both if old.closed and not new.closed),
        missing=tuple(identity for identity in cards_before if identity not in cards_after),
        columns_renamed=tuple(_columns_renamed(columns_before, columns_after)),
        columns_added=tuple(key for key in columns_after if key not in columns_before),
        columns_removed=tuple(key for key in columns_before if key not in columns_after),
    )


def _moves(both: list[tuple[CardData, CardData]]) -> list[CardMoved]:
    return [
        CardMoved(new.identity, old.column_external_id, new.column_external_id)
        for old, new in both
        if old.column_external_id != new.column_external_id
    ]


def _columns_renamed(before: dict[str, ColumnData], after: dict[str, ColumnData]) -> list[Renamed]:
    return [
        Renamed(key, before[key].name, column.name)
        for key, column in after.items()
        if key in before and before[key].name != column.name
    ]
