"""Trello's answers, turned into cards, columns and moves: pure, no call is made here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from common.errors import PermanentError
from roadmap.boards.base import CardData, ColumnData, MoveData, MoveSource, names_blocked, pseudonym

UNKNOWN_SHAPE = (
    "Trello answered in a shape that this version of Bearing does not know. Check the address of the API, and tell "
    "whoever runs Bearing."
)
# Each of them puts a card into a list for the first time, or for the first time again.
_ENTRIES = {"createCard", "copyCard", "convertToCardFromCheckItem", "emailCard", "moveCardToBoard"}
_LEAVING = "moveCardFromBoard"
_UPDATE = "updateCard"
_DELETE = "deleteCard"
_KINDS = frozenset({*_ENTRIES, _LEAVING, _UPDATE, _DELETE})
ACTION_TYPES = (
    *sorted(_ENTRIES), _LEAVING, f"{_UPDATE}:idList", f"{_UPDATE}:closed", _DELETE,
)  # fmt: skip
_ID = re.compile(r"[0-9a-f]{24}", re.IGNORECASE)
# People make a line across a list by giving a card this name.
_LINE = frozenset("-–—")


@dataclass(frozen=True)
class TrelloLists:
    """The lists of a board by their id, the open ones first and each kind from left to right."""

    by_id: Mapping[str, ColumnData]

    @classmethod
    def of(cls, answer: Any) -> TrelloLists:
        """Takes the answer as it came; PermanentError when its shape is not the documented one."""
        try:
            ordered = sorted(answer, key=lambda item: (bool(item.get("closed")), _place(item.get("pos"))))
            columns = [_column(item, position) for position, item in enumerate(ordered)]
        except (KeyError, TypeError, AttributeError, ValueError):
            raise PermanentError(UNKNOWN_SHAPE) from None
        return cls({column.external_id: column for column in columns})

    def name(self, list_id: str) -> str:
        """What the list is called; "" for one that is not of this board."""
        return self.by_id[list_id].name if list_id in self.by_id else ""

    def known(self, list_id: str) -> str | None:
        """The id when the list is of this board."""
        return list_id if list_id in self.by_id else None


def _column(item: Mapping[str, Any], position: int) -> ColumnData:
    limit = str(item.get("softLimit"))
    return ColumnData(
        external_id=_required(item["id"]),
        name=_required(item["name"]),
        position=position,
        wip_limit=int(limit) if limit.isdecimal() and int(limit) > 0 else None,
        is_active=not item.get("closed"),
    )


@dataclass
class TrelloCards:
    """The cards of a board, page by page; counts what could not be read and what is no work."""

    lists: TrelloLists
    broken: int = 0
    aside: int = 0
    by_id: dict[str, CardData] = field(default_factory=dict)

    def page_add(self, page: Iterable[Any]) -> None:
        """Takes a page of cards; a card that comes twice counts once."""
        for item in page:
            try:
                if _is_aside(item):
                    self.aside += 1
                    continue
                card = _card(item, self.lists)
            except (KeyError, TypeError, ValueError, AttributeError):
                self.broken += 1
                continue
            self.by_id[card.external_id] = card

    @property
    def off_board(self) -> int:
        """How many cards stand in a list that the board does not show."""
        return sum(1 for card in self.by_id.values() if card.column_external_id is None)


def _is_aside(item: Mapping[str, Any]) -> bool:
    """True for a template, and for a card that only draws a line across its list."""
    name = item["name"].strip()
    return item.get("isTemplate") is True or (len(name) >= 3 and set(name) <= _LINE)


def _card(item: Mapping[str, Any], lists: TrelloLists) -> CardData:
    card_id, title, list_id = _required(item["id"]), _required(item["name"]), _required(item["idList"])
    column = lists.by_id.get(list_id)
    labels = tuple(_labels(item.get("labels")))
    start, due = moment(item.get("start")), moment(item.get("due"))
    number = item.get("idShort")
    return CardData(
        external_id=card_id,
        identity=card_id,
        key=f"#{number}" if isinstance(number, int) and not isinstance(number, bool) else "",
        title=title,
        url=_text(item.get("shortUrl")) or _text(item.get("url")),
        column_external_id=lists.known(list_id),
        state_raw=column.name if column else list_id,
        labels=labels,
        assignees=tuple(
            pseudonym("trello", member) for member in _texts(item.get("idMembers")) if member.strip()
        ),
        start_date=start.date() if start else None,
        due_date=due.date() if due else None,
        created_at=created_at(card_id),
        updated_at=moment(item.get("dateLastActivity")),
        blocked=names_blocked([*labels, *([column.name] if column else [])]),
        description=_text(item.get("desc")),
        # A list that is archived takes its cards off the board with it.
        closed=item.get("closed") is True or bool(column and not column.is_active),
    )


def _labels(value: Any) -> Iterable[str]:
    """The labels' names; one without a name is known by its colour."""
    for label in value if isinstance(value, list) else []:
        if isinstance(label, Mapping):
            name = _text(label.get("name")).strip() or _text(label.get("color")).strip()
            if name:
                yield name


@dataclass
class TrelloHistory:
    """The moves that a board's actions report, page by page, newest first."""

    lists: TrelloLists
    broken: int = 0
    deleted: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    newest: str = ""
    moves: list[MoveData] = field(default_factory=list)
    archived_at: dict[str, datetime] = field(default_factory=dict)

    def page_add(self, page: Sequence[Any]) -> None:
        """Takes a page of actions."""
        for action in page:
            try:
                self._take(action)
            except (KeyError, TypeError, ValueError, AttributeError):
                self.broken += 1

    def _take(self, action: Mapping[str, Any]) -> None:
        action_id, kind, data = _required(action["id"]), action["type"], action["data"]
        at = moment(action["date"])
        if at is None:
            raise ValueError
        self.newest = max(self.newest, action_id)
        if kind not in _KINDS:
            return
        card_id = _required(data["card"]["id"])
        if kind == _DELETE:
            self.deleted.add(card_id)
        elif kind == _LEAVING:
            self.left.add(card_id)
            target = data.get("boardTarget")
            place = _text(target.get("name")) if isinstance(target, Mapping) else ""
            self._move(card_id, action_id, at, source=data.get("list"), target=None, target_name=place)
        elif kind in _ENTRIES and data.get("list"):
            self._move(card_id, action_id, at, source=None, target=data["list"])
        elif kind == _UPDATE and data.get("listAfter"):
            self._move(card_id, action_id, at, source=data.get("listBefore"), target=data["listAfter"])
        elif kind == _UPDATE and data["card"].get("closed") is True:
            self.archived_at[card_id] = max(at, self.archived_at.get(card_id, at))

    def _move(
        self,
        card_id: str,
        action_id: str,
        at: datetime,
        *,
        source: Mapping[str, Any] | None,
        target: Mapping[str, Any] | None,
        target_name: str = "",
    ) -> None:
        source_id = _text(source.get("id")) if source else ""
        target_id = _required(target["id"]) if target else ""
        self.moves.append(
            MoveData(
                card_identity=card_id,
                from_column_external_id=self.lists.known(source_id),
                from_raw=self.lists.name(source_id) or (_text(source.get("name")) if source else ""),
                to_column_external_id=self.lists.known(target_id),
                to_raw=self.lists.name(target_id)
                or (_text(target.get("name")) if target else "")
                or target_name,
                at=at,
                source=MoveSource.REPORTED,
                external_id=action_id,
            )
        )

    def moves_of(self, cards: Mapping[str, CardData]) -> list[MoveData]:
        """The moves of these cards, oldest first, each action once."""
        once = {move.external_id: move for move in self.moves if move.card_identity in cards}
        return sorted(once.values(), key=lambda move: (move.at, move.card_identity, move.external_id))

    def gone(self, cards: Mapping[str, CardData]) -> tuple[str, ...]:
        """Cards that were deleted or moved to another board and did not come back."""
        return tuple(sorted((self.deleted | self.left) - cards.keys()))

    def done_fill(self, cards: Iterable[CardData]) -> list[CardData]:
        """The cards, archived ones with the moment at which they were archived, where an action tells it."""
        return [
            replace(card, done_at=self.archived_at.get(card.identity)) if card.closed else card
            for card in cards
        ]


def created_at(card_id: str) -> datetime:
    """The moment at which Trello gave out an id: its first eight digits are seconds of the epoch, in hex."""
    if not _ID.fullmatch(card_id):
        raise ValueError(card_id)
    return datetime.fromtimestamp(int(card_id[:8], 16), UTC)


def moment(value: Any) -> datetime | None:
    """A moment in UTC; None for null and for what is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _required(value: Any) -> str:
    """A text that must be there: a missing one must not become the word None."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _place(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
