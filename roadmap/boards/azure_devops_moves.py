"""Azure DevOps' revisions of work items, turned into moves: pure, no call is made here.

A revision is the whole work item at one moment, so a move is a revision in another column than the one before. What
came before the first revision of a read stands in the memory that the last read left. The moment of a move is the
revision's `System.ChangedDate`; its `System.RevisedDate` is when the *next* revision took its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from common.errors import PermanentError
from roadmap.boards.azure_devops_answers import (
    SYSTEM_FIELDS,
    UNKNOWN_MARK,
    AzureBoard,
    PlaceFields,
    moment,
    text,
    whole,
)
from roadmap.boards.azure_devops_calls import UNKNOWN_SHAPE
from roadmap.boards.base import CardData, MoveData, MoveSource

_CHANGED, _STATE, _DELETED = "System.ChangedDate", "System.State", "System.IsDeleted"


class Revision(NamedTuple):
    """One work item at one moment; `own` and `system` are (column, done) by the board's fields and the team's."""

    id: int
    rev: int
    at: datetime
    own: tuple[Any, Any]
    system: tuple[Any, Any]
    state: str
    deleted: bool


class Batch(NamedTuple):
    """One page of revisions; `token` is where the next one begins, also after the last."""

    revisions: list[Revision]
    token: str
    is_last: bool
    broken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a read leaves for the next one: where to go on, the columns' names so far, and every card's place."""

    token: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: Any) -> Memory:
        """The memory in a stored cursor; what is not in the known shape is left out."""
        cursor = cursor if isinstance(cursor, Mapping) else {}
        names, places = cursor.get("names"), cursor.get("places")
        return cls(
            token=text(cursor.get("token")),
            names={str(name): str(place) for name, place in names.items()}
            if isinstance(names, Mapping)
            else {},
            places={
                item: str(place)
                for place, items in (places.items() if isinstance(places, Mapping) else ())
                if isinstance(items, list)
                for item in items
                if whole(item)
            },
        )

    def cursor(self) -> dict[str, Any]:
        """The memory as it is stored: ids gathered by place, which keeps it small."""
        by_place: dict[str, list[int]] = {}
        for item, place in sorted(self.places.items()):
            by_place.setdefault(place, []).append(item)
        return {"token": self.token, "names": dict(self.names), "places": by_place}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the revisions tell: moves of the board's cards, deleted items by identity, and every card's place."""

    moves: tuple[MoveData, ...]
    deleted: tuple[str, ...]
    places: Mapping[int, str]


def revision_fields(where: PlaceFields) -> list[str]:
    """The fields to ask for."""
    return list(
        dict.fromkeys(
            [
                *("System.Id", "System.Rev", _CHANGED, _STATE, _DELETED),
                *(where.column, where.done, SYSTEM_FIELDS.column, SYSTEM_FIELDS.done),
            ]
        )
    )


def batch_read(answer: Any, where: PlaceFields) -> Batch:
    """One page; PermanentError when its shape is not the documented one."""
    values = answer.get("values") if isinstance(answer, Mapping) else None
    if not isinstance(values, list):
        raise PermanentError(UNKNOWN_SHAPE)
    found = [revision for value in values if (revision := _revision(value, where))]
    token = text(answer.get("continuationToken")) or _token_of(text(answer.get("nextLink")))
    is_last = answer.get("isLastBatch") is not False or not token
    return Batch(found, token, is_last, len(values) - len(found))


def names_merged(earlier: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """Columns' ids by every name they had.

    A name that went over to another column is left out: which of the two an old revision means cannot be told.
    """
    merged = {name: place for name, place in earlier.items() if now.get(name, place) == place}
    return merged | {name: place for name, place in now.items() if earlier.get(name, place) == place}


def moves_told(
    revisions: Sequence[Revision],
    *,
    board: AzureBoard,
    memory: Memory,
    names: Mapping[str, str],
    present: Set[int],
    placed: Set[int],
    own: bool,
) -> Told:
    """The moves that `revisions` tell of the work items in `present`, of which those in `placed` stand in a column.

    `own` says that this tool tells the board's own column; else that of the team which owns the item.
    """
    places = {item: board.place_normal(place) for item, place in memory.places.items() if item in present}
    latest: dict[int, Revision] = {}
    moves: list[MoveData] = []
    titles = {column.external_id: column.name for column in board.columns_data()}
    own = own and not _lacks_own([revision for revision in revisions if revision.id in placed])
    for revision in sorted(revisions, key=lambda revision: (revision.id, revision.rev)):
        latest[revision.id] = revision
        if revision.id not in present:
            continue
        name, done = revision.own if own else revision.system
        place = board.place(name, done, names)
        before = places.get(revision.id)
        places[revision.id] = place
        # Without a revision before it nobody knows whether this one moved the card or changed a word.
        if before is not None and before != place:
            moves.append(_move(revision, before, place, titles))
    deleted = tuple(
        str(item) for item, revision in latest.items() if revision.deleted and item not in present
    )
    return Told(
        moves=tuple(sorted(moves, key=lambda move: (move.at, move.card_identity))),
        deleted=deleted,
        places=places,
    )


def _lacks_own(revisions: Sequence[Revision]) -> bool:
    """True when revisions of items in a column come without the board's own fields: that is not leaving the board."""
    own = any(revision.own[0] for revision in revisions)
    return not own and any(revision.system[0] for revision in revisions)


def moves_derived(cards: Sequence[CardData]) -> tuple[MoveData, ...]:
    """Each card's last change of state, where the tool tells no revisions."""
    return tuple(
        MoveData(
            card_identity=card.identity,
            to_column_external_id=card.column_external_id,
            to_raw=card.state_raw,
            at=card.moved_at,
            source=MoveSource.DERIVED,
        )
        for card in cards
        # Equal to the creation, it only says that the state never changed.
        if card.moved_at
        and card.created_at
        and card.moved_at > card.created_at
        and card.column_external_id is not None
    )


def _move(revision: Revision, before: str, place: str, titles: Mapping[str, str]) -> MoveData:
    def named(where: str) -> str:
        return titles.get(where) or where.removeprefix(UNKNOWN_MARK)

    return MoveData(
        card_identity=str(revision.id),
        from_column_external_id=before if before in titles else None,
        from_raw=named(before),
        to_column_external_id=place if place in titles else None,
        to_raw=named(place) or revision.state,
        at=revision.at,
        source=MoveSource.REPORTED,
        external_id=f"{revision.id}.{revision.rev}",
    )


def _revision(value: Any, where: PlaceFields) -> Revision | None:
    fields = value.get("fields") if isinstance(value, Mapping) else None
    if not isinstance(fields, Mapping):
        return None
    item, rev, at = whole(value.get("id")), whole(value.get("rev")), moment(fields.get(_CHANGED))
    if not item or not rev or at is None:
        return None
    return Revision(
        id=item,
        rev=rev,
        at=at,
        own=(fields.get(where.column), fields.get(where.done)),
        system=(fields.get(SYSTEM_FIELDS.column), fields.get(SYSTEM_FIELDS.done)),
        state=text(fields.get(_STATE)),
        deleted=fields.get(_DELETED) is True,
    )


def _token_of(link: str) -> str:
    """The token in the address of the next page, for versions that give it nowhere else."""
    return (parse_qs(urlsplit(link).query).get("continuationToken") or [""])[0]
