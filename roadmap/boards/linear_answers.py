"""Linear's answers about a team, turned into columns, cards and moves: pure, no call is made here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from roadmap.boards.base import CardData, ColumnData, MoveData, MoveSource, names_blocked, pseudonym
from roadmap.boards.graphql import day_of, moment_of, number_of, text_of

# As Linear shows them on its boards, from left to right.
_TYPES = ("triage", "backlog", "unstarted", "started", "completed", "canceled", "duplicate")
_CLOSED = frozenset({"completed", "canceled", "duplicate"})
_NO_PRIORITY = "No priority"


@dataclass(frozen=True, slots=True)
class Span:
    """A time that an issue spent in one state, which ends where the next begins."""

    state: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Label:
    """A label's name, and that of its group: "" for one of none."""

    name: str
    group: str

    @property
    def whole(self) -> str:
        """As Linear itself writes it: "Metric/activation"."""
        return f"{self.group}/{self.name}" if self.group else self.name


def columns_read(states: Iterable[Mapping[str, Any]]) -> tuple[ColumnData, ...]:
    """The states of a team as columns, in Linear's order; archived ones are inactive.

    KeyError, TypeError, ValueError or AttributeError when their shape is unknown.
    """
    ordered = sorted(states, key=lambda state: (_rank(state["type"]), number_of(state["position"]) or 0))
    return tuple(_column(place, state) for place, state in enumerate(ordered, start=1))


def _rank(kind: Any) -> int:
    return _TYPES.index(kind) if kind in _TYPES else len(_TYPES)


def _column(place: int, state: Mapping[str, Any]) -> ColumnData:
    external_id, name = text_of(state["id"]), text_of(state["name"])
    if not external_id:
        raise ValueError
    return ColumnData(
        external_id=external_id,
        name=name or external_id,
        position=place,
        category=text_of(state["type"]) or None,
        is_active=state.get("archivedAt") is None,
    )


@dataclass
class Reading:
    """The issues of a team as cards, and how many were what else."""

    columns: tuple[ColumnData, ...]
    cards: dict[str, CardData] = field(default_factory=dict)
    broken: int = 0
    archived: int = 0
    trashed: int = 0
    label_ids: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by card

    def __post_init__(self) -> None:
        self._names = {column.external_id: column.name for column in self.columns}

    def read(self, issues: Iterable[Any]) -> None:
        """Adds the issues of one page; one that comes again counts once."""
        for issue in issues:
            try:
                self._read(issue)
            except (KeyError, TypeError, ValueError, AttributeError):
                self.broken += 1

    def label(self, labels: Mapping[str, Label]) -> None:
        """Gives each card its labels; an id that is not among `labels` is one of a label removed meanwhile."""
        for identity, ids in self.label_ids.items():
            card = self.cards[identity]
            found = [labels[key] for key in ids if key in labels]
            self.cards[identity] = replace(
                card,
                labels=tuple(label.whole for label in found),
                blocked=names_blocked([card.state_raw, *(label.name for label in found)]),
            )

    @property
    def placeless(self) -> int:
        """How many cards stand on no column."""
        return sum(1 for card in self.cards.values() if card.column_external_id is None)

    def _read(self, issue: Mapping[str, Any]) -> None:
        identity = text_of(issue["id"])
        if not identity:
            raise ValueError
        if issue.get("trashed") is True:
            self.trashed += 1
            return
        card = self._card(identity, issue)
        ids = tuple(text_of(key) for key in issue["labelIds"])
        if identity not in self.cards:
            self.archived += issue.get("archivedAt") is not None
        self.cards[identity], self.label_ids[identity] = card, ids

    def _card(self, identity: str, issue: Mapping[str, Any]) -> CardData:
        title, created, state = text_of(issue["title"]), moment_of(issue["createdAt"]), issue["state"]
        state_id = text_of(state["id"])
        if not title or created is None or not state_id:
            raise ValueError
        state_name = self._names.get(state_id) or text_of(state.get("name")) or state_id
        closed = state.get("type") in _CLOSED or issue.get("archivedAt") is not None
        priority = text_of(issue.get("priorityLabel"))
        assignee = issue.get("assignee")
        done = moment_of(issue.get("completedAt")) or moment_of(issue.get("canceledAt"))
        return CardData(
            external_id=identity,
            identity=identity,
            title=title,
            key=text_of(issue.get("identifier")),
            url=text_of(issue.get("url")),
            column_external_id=state_id if state_id in self._names else None,
            state_raw=state_name,
            assignees=(pseudonym("linear", text_of(assignee["id"])),) if assignee else (),
            priority="" if priority == _NO_PRIORITY else priority,
            estimate=number_of(issue.get("estimate")),
            due_date=day_of(issue.get("dueDate")),
            created_at=created,
            updated_at=moment_of(issue.get("updatedAt")),
            started_at=moment_of(issue.get("startedAt")),
            done_at=done if closed else None,
            description=text_of(issue.get("description")),
            closed=closed,
        )


def labels_read(nodes: Iterable[Any]) -> dict[str, Label]:
    """Labels by their ids; one without a name is left out."""
    found = {}
    for node in nodes:
        if not isinstance(node, dict):
            continue
        group = node.get("parent")
        key, name = text_of(node.get("id")), text_of(node.get("name"))
        if key and name:
            found[key] = Label(name=name, group=text_of(group.get("name")) if isinstance(group, dict) else "")
    return found


def spans_read(nodes: Iterable[Any]) -> tuple[list[Span], int]:
    """The times that an issue spent in its states, oldest first, and how many could not be read."""
    spans: list[Span] = []
    broken = 0
    for node in nodes:
        try:
            state, since = text_of(node["stateId"]), moment_of(node["startedAt"])
        except (KeyError, TypeError):
            broken += 1
            continue
        if not state or since is None:
            broken += 1
            continue
        spans.append(Span(state=state, since=since))
    return sorted(spans, key=lambda span: span.since), broken


def moves_of(card: CardData, spans: Sequence[Span], columns: Mapping[str, str]) -> list[MoveData]:
    """The card's moves; `columns` gives the names of this team's columns by their ids.

    The first state is where the card began, not a move. States of another team, in which it may have been before, are
    no columns here and go without a name: moves among them are left out, the one that led here comes from no column.
    """
    moves = []
    for before, after in pairwise(spans):
        if before.state == after.state or not (before.state in columns or after.state in columns):
            continue
        moves.append(
            MoveData(
                card_identity=card.identity,
                from_column_external_id=before.state if before.state in columns else None,
                from_raw=columns.get(before.state, ""),
                to_column_external_id=after.state if after.state in columns else None,
                to_raw=columns.get(after.state, ""),
                at=after.since,
                source=MoveSource.REPORTED,
            )
        )
    return moves


def last_move(card: CardData) -> MoveData | None:
    """The move into a closing state by its time stamp, for a team whose history is not told."""
    if card.done_at is None or card.column_external_id is None:
        return None
    return MoveData(
        card_identity=card.identity,
        to_column_external_id=card.column_external_id,
        to_raw=card.state_raw,
        at=card.done_at,
        source=MoveSource.DERIVED,
    )
