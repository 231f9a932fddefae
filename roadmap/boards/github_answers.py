"""GitHub's answers about a project, turned into columns and cards: pure, no call is made here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from roadmap.boards.base import CardData, ColumnData, names_blocked, pseudonym
from roadmap.boards.graphql import day_of, moment_of, number_of, text_of

_TYPES = {"Issue": "Issue", "PullRequest": "Pull request", "DraftIssue": "Draft"}
DRAFT = "DraftIssue"
_HIDDEN_TYPE = "REDACTED"
# What GitHub's own templates call these fields; the first that the project has counts.
_PRIORITY = ("priority",)
_ESTIMATE = ("estimate", "story points", "points", "size")
_START = ("start date", "start")
_DUE = ("target date", "due date", "end date", "due")
# Templates of issues hold hints in comments, and "Metric: write its key here" is no metric.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fields:
    """The names, as the project spells them, of the fields that are read of each item; "" where it has none."""

    priority: str = ""
    estimate: str = ""
    start: str = ""
    due: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A project without its items: its name, its columns, and which fields to read.

    `choices` are its single-select fields; `columns` is None when none of them is the one asked for.
    """

    title: str
    url: str
    status: str
    choices: tuple[str, ...]
    columns: tuple[ColumnData, ...] | None
    fields: Fields

    @classmethod
    def of(cls, project: Mapping[str, Any], status: str) -> Shape:
        """Takes a project as it came. KeyError, TypeError, ValueError or AttributeError when its shape is unknown."""
        known = [
            entry for entry in project["fields"]["nodes"] if isinstance(entry, dict) and entry.get("name")
        ]
        choices = [entry for entry in known if entry.get("dataType") == "SINGLE_SELECT"]
        chosen = next((entry for entry in choices if _same(entry["name"], status)), None)
        title = text_of(project["title"])
        if not title:
            raise ValueError
        return cls(
            title=title,
            url=text_of(project.get("url")),
            status=str(chosen["name"]) if chosen else status,
            choices=tuple(str(entry["name"]) for entry in choices),
            columns=tuple(_column(place, option) for place, option in enumerate(chosen["options"], start=1))
            if chosen
            else None,
            fields=Fields(
                priority=_named(known, "SINGLE_SELECT", _PRIORITY),
                estimate=_named(known, "NUMBER", _ESTIMATE),
                start=_named(known, "DATE", _START),
                due=_named(known, "DATE", _DUE),
            ),
        )


@dataclass
class Reading:
    """The items of a project as cards, and how many were what else."""

    shape: Shape
    host: str
    cards: dict[str, CardData] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)  # of issues and pull requests: card to its node id
    hidden: dict[str, datetime | None] = field(
        default_factory=dict
    )  # items that the token may not see, and since when
    broken: int = 0
    drafts: int = 0
    archived: int = 0

    def read(self, items: Iterable[Any]) -> None:
        """Adds the items of one page. An item that comes again, having changed its place meanwhile, counts once."""
        for item in items:
            try:
                self._read(item)
            except (KeyError, TypeError, ValueError, AttributeError):
                self.broken += 1

    @property
    def placeless(self) -> int:
        """How many cards stand on no column."""
        return sum(1 for card in self.cards.values() if card.column_external_id is None)

    def _read(self, item: Mapping[str, Any]) -> None:
        identity, content = text_of(item["id"]), item["content"]
        if not identity:
            raise ValueError
        if content is None or item.get("type") == _HIDDEN_TYPE:
            self.hidden[identity] = moment_of(item.get("createdAt"))
            return
        kind = content["__typename"]
        card = self._card(identity, item, content, kind)
        if identity not in self.cards:
            self.drafts += kind == DRAFT
            self.archived += item.get("isArchived") is True
        self.cards[identity] = card
        if kind != DRAFT:
            self.contents[identity] = text_of(content["id"])

    def _card(
        self, identity: str, item: Mapping[str, Any], content: Mapping[str, Any], kind: str
    ) -> CardData:
        title, created = text_of(content["title"]), moment_of(item["createdAt"])
        if not title or created is None:
            raise ValueError
        column, state = self._place(item)
        labels = _labels(content, kind)
        blocked = names_blocked([state, *(labels or ())])
        closed = content.get("closed") is True or item.get("isArchived") is True
        changed = [moment_of(item.get("updatedAt")), moment_of(content.get("updatedAt"))]
        return CardData(
            external_id=identity,
            identity=identity,
            title=title,
            key=_key(content),
            url=text_of(content.get("url")),
            type=_TYPES[kind],
            column_external_id=column,
            state_raw=state,
            labels=labels,
            assignees=tuple(
                pseudonym("github", self.host, str(person["id"]))
                for person in (content.get("assignees") or {}).get("nodes") or []
                if isinstance(person, dict)
            ),
            priority=text_of(_value(item, "priority").get("name")),
            estimate=number_of(_value(item, "estimate").get("number")),
            start_date=day_of(_value(item, "start").get("date")),
            due_date=day_of(_value(item, "due").get("date")),
            created_at=created,
            updated_at=max((moment for moment in changed if moment), default=None),
            done_at=moment_of(content.get("mergedAt")) or moment_of(content.get("closedAt"))
            if closed
            else None,
            moved_at=moment_of(_value(item, "status").get("updatedAt")),
            blocked=blocked,
            description=_COMMENT.sub("", text_of(content.get("body"))).strip(),
            closed=closed,
        )

    def _place(self, item: Mapping[str, Any]) -> tuple[str | None, str]:
        """The column's id and its name; an option that the field does not list is on no column."""
        value = _value(item, "status")
        option = text_of(value.get("optionId"))
        for column in self.shape.columns or ():
            if column.external_id == option:
                return option, column.name
        return None, text_of(value.get("name")) or option


def _column(place: int, option: Mapping[str, Any]) -> ColumnData:
    external_id, name = text_of(option["id"]), text_of(option["name"])
    if not external_id:
        raise ValueError
    return ColumnData(external_id=external_id, name=name or external_id, position=place)


def _value(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The item's value of a field; empty where the field is not asked for, not set, or of another kind."""
    value = item.get(name)
    return value if isinstance(value, dict) else {}


def _labels(content: Mapping[str, Any], kind: str) -> tuple[str, ...] | None:
    if kind == DRAFT:
        return ()
    labels = content.get("labels")
    if labels is None:
        return None
    return tuple(name for label in labels["nodes"] if (name := text_of(label["name"])))


def _key(content: Mapping[str, Any]) -> str:
    number = content.get("number")
    if not isinstance(number, int) or isinstance(number, bool):
        return ""
    return f"{text_of((content.get('repository') or {}).get('name'))}#{number}"


def _named(known: list[dict[str, Any]], kind: str, names: tuple[str, ...]) -> str:
    of_kind = [str(entry["name"]) for entry in known if entry.get("dataType") == kind]
    return next((name for wanted in names for name in of_kind if _same(name, wanted)), "")


def _same(one: str, other: str) -> bool:
    return " ".join(str(one).split()).casefold() == " ".join(other.split()).casefold()
