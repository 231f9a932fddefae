"""The moves of a project's cards: from GitHub's events where it tells them, else from the time of the last change.

An event names the two statuses and tells no ids. A name stands for a column only where no other column has or had it;
which names a column had is remembered from read to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from roadmap.boards.base import CardData, ColumnData, MoveData, MoveSource
from roadmap.boards.graphql import moment_of, text_of

NAMES_KEPT = 20  # of one column
SAME_MOMENT = timedelta(seconds=5)  # an event and the time stamp of the change that it tells of


@dataclass(frozen=True, slots=True)
class Change:
    """One change of status as GitHub reports it; `before` is "" where there was none."""

    before: str
    after: str
    at: datetime
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """What each column is and was called, by its id, the newest name last."""

    of_column: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, columns: Iterable[ColumnData], remembered: Any) -> Names:
        """The names of now, and those that the last read left to remember."""
        kept: dict[str, list[str]] = {}
        for key, names in remembered.items() if isinstance(remembered, dict) else ():
            kept[str(key)] = [str(name) for name in names] if isinstance(names, list | tuple) else []
        for column in columns:
            before = [name for name in kept.get(column.external_id, ()) if name != column.name]
            kept[column.external_id] = [*before, column.name][-NAMES_KEPT:]
        return cls({key: tuple(names) for key, names in kept.items()})

    def column(self, name: str) -> str | None:
        """The one column that is or was called so; None where there is none, or more than one."""
        found = [key for key, names in self.of_column.items() if name in names]
        return found[0] if len(found) == 1 else None

    def remember(self) -> dict[str, list[str]]:
        """For the cursor."""
        return {key: list(names) for key, names in self.of_column.items()}


def changes_read(content: Any, board: str) -> tuple[list[Change], bool]:
    """The changes of status on this board in one issue's timeline, oldest first; and whether older ones were cut off.

    An event that cannot be read is left out: the time of the last change still stands.
    """
    timeline = content.get("timelineItems") if isinstance(content, dict) else None
    timeline = timeline if isinstance(timeline, dict) else {}
    nodes, info = timeline.get("nodes"), timeline.get("pageInfo")
    found = [
        change
        for event in (nodes if isinstance(nodes, list) else ())
        if (change := _change(event, board)) is not None
    ]
    cut = isinstance(info, dict) and info.get("hasPreviousPage") is True
    return sorted(found, key=lambda change: change.at), cut


def _change(event: Any, board: str) -> Change | None:
    project = event.get("project") if isinstance(event, dict) else None
    # An issue may stand in several projects, and its timeline tells of all of them.
    if not isinstance(project, dict) or project.get("id") != board:
        return None
    at = moment_of(event.get("createdAt"))
    if at is None:
        return None
    return Change(
        before=text_of(event.get("previousStatus")),
        after=text_of(event.get("status")),
        at=at,
        external_id=text_of(event.get("id")),
    )


def moves_of(
    card: CardData, changes: Sequence[Change], names: Names, known: frozenset[str]
) -> list[MoveData]:
    """The card's moves; `known` are the ids of the columns that the project has now."""
    moves = [_reported(card, change, names, known) for change in changes]
    derived = _derived(card)
    if not changes:
        return [derived] if derived else []
    last = changes[-1]
    same_moment = card.moved_at is not None and abs(card.moved_at - last.at) <= SAME_MOMENT
    if last.after == card.state_raw or same_moment:
        # Whatever that column was called then: the last change led to where the card stands.
        return [*moves[:-1], _reported(card, last, names, known, target=card.column_external_id)]
    return [*moves, derived] if derived and derived.at > last.at else moves


def _reported(
    card: CardData, change: Change, names: Names, known: frozenset[str], target: str | None = None
) -> MoveData:
    def listed(column: str | None) -> str | None:
        return column if column in known else None

    return MoveData(
        card_identity=card.identity,
        from_column_external_id=listed(names.column(change.before)),
        from_raw=change.before,
        to_column_external_id=target or listed(names.column(change.after)),
        to_raw=change.after,
        at=change.at,
        source=MoveSource.REPORTED,
        external_id=change.external_id,
    )


def _derived(card: CardData) -> MoveData | None:
    # Not later than the item itself, it only says that the card never moved.
    if card.moved_at is None or card.created_at is None or card.moved_at <= card.created_at:
        return None
    if card.column_external_id is None:
        return None
    return MoveData(
        card_identity=card.identity,
        to_column_external_id=card.column_external_id,
        to_raw=card.state_raw,
        at=card.moved_at,
        source=MoveSource.DERIVED,
    )
