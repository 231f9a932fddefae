"""Azure DevOps' answers, turned into columns and cards: pure, no call is made here.

A work item names its column instead of giving the column's id, so names are matched within one read, against the
columns of the same read. Every board keeps its own copy of a work item's column in fields that the board names;
`System.BoardColumn` is the copy of the team that owns the item's area, which may be another team.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from html.parser import HTMLParser
from typing import Any

from common.errors import PermanentError
from roadmap.boards.azure_devops_calls import UNKNOWN_SHAPE
from roadmap.boards.base import CardData, ColumnData, names_blocked, pseudonym
from roadmap.boards.context import context_read

# A place on the board: a column's external id, "" for on no column, or this mark and a name that no column has.
UNKNOWN_MARK = "?"
DONE_MARK = ":done"  # at the end of an id: the second half of a split column
_ESTIMATES = ("StoryPoints", "Effort", "Size")
_BLOCKS = {"br", "p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre"}
_TAG = re.compile(r"<[a-zA-Z/!][^>]*>")
_FIELD_NAME = re.compile(r"[\w.]+")


@dataclass(frozen=True, slots=True)
class PlaceFields:
    """The fields of a work item that tell its column, whether it is in the second half of it, and its lane."""

    column: str = "System.BoardColumn"
    done: str = "System.BoardColumnDone"
    lane: str = "System.BoardLane"


SYSTEM_FIELDS = PlaceFields()


@dataclass(frozen=True, slots=True)
class AzureColumn:
    """A column as the tool has it: one, even when it is split into two halves."""

    id: str
    name: str
    limit: int
    kind: str
    is_split: bool
    states: tuple[str, ...]


@dataclass(frozen=True)
class AzureBoard:
    """One team board, and the work item types and fields that it says it uses."""

    name: str
    columns: tuple[AzureColumn, ...]
    types: tuple[str, ...]
    fields: PlaceFields

    @classmethod
    def of(cls, answer: Any) -> AzureBoard:
        """Takes the board as it came; PermanentError when its shape is not the documented one."""
        try:
            columns = tuple(_column(column) for column in answer["columns"])
            types = {kind: None for column in answer["columns"] for kind in column.get("stateMappings") or {}}
            name = str(answer["name"])
        except (KeyError, TypeError, AttributeError, ValueError):
            raise PermanentError(UNKNOWN_SHAPE) from None
        if not columns or not types or not all(isinstance(kind, str) for kind in types):
            raise PermanentError(
                f"The board {name} has no columns with work item types. Open it once in Azure DevOps, then try again."
            )
        return cls(name=name, columns=columns, types=tuple(types), fields=_place_fields(answer))

    def columns_data(self) -> tuple[ColumnData, ...]:
        """The columns in the board's order, a split one as two."""
        found: list[ColumnData] = []
        for column in self.columns:
            for half in (False, True) if column.is_split else (False,):
                found.append(
                    ColumnData(
                        external_id=column.id + (DONE_MARK if half else ""),
                        name=_half_name(column, done=half),
                        position=len(found),
                        # The limit is for both halves together: told once.
                        wip_limit=None if half else column.limit or None,
                        category=column.kind,
                        state_ids=column.states,
                    )
                )
        return tuple(found)

    @property
    def names(self) -> dict[str, str]:
        """The columns' ids by their folded names; a name that two columns have is left out."""
        counted = Counter(_folded(column.name) for column in self.columns)
        return {
            _folded(column.name): column.id for column in self.columns if counted[_folded(column.name)] == 1
        }

    def place(self, name: Any, done: Any, names: Mapping[str, str]) -> str:
        """The place that a column's name stands for, by `names` (ids by folded names)."""
        if not isinstance(name, str) or not name.strip():
            return ""
        column_id = names.get(_folded(name))
        if column_id is None:
            return f"{UNKNOWN_MARK}{name.strip()}"
        return self.place_normal(column_id + (DONE_MARK if done is True else ""))

    def place_normal(self, place: str) -> str:
        """The place as the board has it today: without the half of a column that is not split any more."""
        if not place.endswith(DONE_MARK):
            return place
        column_id = place.removesuffix(DONE_MARK)
        split = {column.id for column in self.columns if column.is_split}
        return place if column_id in split else column_id

    @property
    def finished(self) -> frozenset[str]:
        """The ids of the columns where work counts as finished."""
        return frozenset(column.id for column in self.columns if column.kind == "outgoing")


@dataclass(frozen=True)
class AzureCards:
    """Turns work items into cards of one board."""

    board: AzureBoard
    web_url: str  # of the organisation or collection
    project_url: str
    where: PlaceFields
    context: Mapping[str, str] = field(
        default_factory=dict
    )  # names of context fields by their reference names

    def cards(self, items: Iterable[Any]) -> list[CardData]:
        """The cards, one for each id; a work item that cannot be read gives none."""
        found: dict[str, CardData] = {}
        names = self.board.names
        titles = {column.external_id: column.name for column in self.board.columns_data()}
        for item in items:
            try:
                card = self._card(item, names, titles)
            except (KeyError, TypeError, ValueError, AttributeError):
                continue
            found[card.external_id] = card
        return list(found.values())

    def _card(self, item: Any, names: Mapping[str, str], titles: Mapping[str, str]) -> CardData:
        item_id, fields = whole(item["id"]), item["fields"]
        title = fields["System.Title"].strip()  # not str(): a missing title must not become the word None
        if not title or item_id <= 0:
            raise ValueError
        place = self.board.place(fields.get(self.where.column), fields.get(self.where.done), names)
        column_id = place if place in titles else None
        column_name = titles.get(place, place.removeprefix(UNKNOWN_MARK))
        done_at = moment(fields.get("Microsoft.VSTS.Common.ClosedDate"))
        # Off the board (a removed item, say) only its date tells that it was finished.
        closed = place in self.board.finished if column_id else done_at is not None
        labels = tuple(tag.strip() for tag in text(fields.get("System.Tags")).split(";") if tag.strip())
        due = moment(fields.get("Microsoft.VSTS.Scheduling.DueDate")) or moment(
            fields.get("Microsoft.VSTS.Scheduling.TargetDate")
        )
        return CardData(
            external_id=str(item_id),
            identity=str(item_id),  # an organisation never gives a number out again
            key=f"#{item_id}",
            title=title,
            url=f"{self.project_url}/_workitems/edit/{item_id}",
            type=text(fields.get("System.WorkItemType")),
            column_external_id=column_id,
            state_raw=column_name or text(fields.get("System.State")),
            swimlane=text(fields.get(self.where.lane)),
            labels=labels,
            assignees=self._assignees(fields.get("System.AssignedTo")),
            priority=str(whole(fields.get("Microsoft.VSTS.Common.Priority")) or ""),
            estimate=_estimate(fields),
            start_date=_day(fields.get("Microsoft.VSTS.Scheduling.StartDate")),
            due_date=due.date() if due else None,
            created_at=moment(fields.get("System.CreatedDate")),
            updated_at=moment(fields.get("System.ChangedDate")),
            started_at=moment(fields.get("Microsoft.VSTS.Common.ActivatedDate")),
            done_at=done_at if closed else None,
            moved_at=moment(fields.get("Microsoft.VSTS.Common.StateChangeDate")),
            blocked=text(fields.get("Microsoft.VSTS.CMMI.Blocked")).casefold() == "yes"
            or names_blocked([column_name, *labels]),
            description=self._description(fields),
            closed=closed,
        )

    def _description(self, fields: Mapping[str, Any]) -> str:
        """The description, after a line for each field that is part of the context, as people write such lines."""
        lines = [
            f"{name}: {words}"
            for reference, name in self.context.items()
            if (words := " ".join(plain_text(text(fields.get(reference))).split()))
        ]
        told = text(fields.get("System.Description")) or text(fields.get("Microsoft.VSTS.TCM.ReproSteps"))
        return "\n".join([*lines, plain_text(told)])

    def _assignees(self, person: Any) -> tuple[str, ...]:
        """The one assignee under a pseudonym: an object in most answers, "Name <address>" in old ones."""
        if isinstance(person, Mapping):
            person = person.get("id") or person.get("uniqueName") or person.get("displayName")
        return (
            (pseudonym("azure_devops", self.web_url, person),) if isinstance(person, str) and person else ()
        )


def context_fields(answer: Any) -> dict[str, str]:
    """Names by reference name of a project's own fields that are called like a part of a card's context.

    Empty where the list is not in the documented form: the board is read without them.
    """
    values = answer.get("value") if isinstance(answer, Mapping) else None
    found: dict[str, str] = {}
    for value in values if isinstance(values, list) else ():
        if not isinstance(value, Mapping):
            continue
        name, reference = text(value.get("name")), text(value.get("referenceName"))
        own = _FIELD_NAME.fullmatch(reference) and not reference.startswith(("System.", "Microsoft.", "WEF_"))
        if own and context_read((), f"{name}: value"):
            found[reference] = name
    return found


def areas_read(answer: Any) -> tuple[str, tuple[tuple[str, bool], ...]]:
    """(the field that tells whose a work item is, its values with whether what lies below counts).

    PermanentError when the shape is not the documented one, or when the team has none: a query without it would bring
    every team's work.
    """
    try:
        name = answer["field"]["referenceName"]
        values = tuple((value["value"], value.get("includeChildren") is True) for value in answer["values"])
        if not _FIELD_NAME.fullmatch(name) or not all(isinstance(value, str) for value, _ in values):
            raise ValueError
    except (KeyError, TypeError, AttributeError, ValueError):
        raise PermanentError(UNKNOWN_SHAPE) from None
    if not values:
        raise PermanentError(
            "This team has no area path, so its board shows nothing. Choose its areas in Azure DevOps, Project "
            "settings → Team configuration → Areas.",
            field="board",
        )
    return name, values


def text(value: Any) -> str:
    """A text, "" for anything else."""
    return value.strip() if isinstance(value, str) else ""


def whole(value: Any) -> int:
    """A whole number, 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def moment(value: Any) -> datetime | None:
    """A moment in ISO 8601; None for anything else, and for the year 9999 that stands for never."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.astimezone(UTC) if 1900 < found.year < 9999 else None
    except (ValueError, OverflowError):
        return None


def plain_text(content: str) -> str:
    """`content` without its HTML, one line for each block; a text that is no HTML stays as it is."""
    if not _TAG.search(content):
        return content
    reader = _TextReader()
    reader.feed(content)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line)


class _TextReader(HTMLParser):
    """Collects the text between tags, with a line's end wherever a block begins or ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data.replace("\n", " "))

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parent's signature
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")


def _column(column: Any) -> AzureColumn:
    column_id, name = column["id"], column["name"].strip()
    if not isinstance(column_id, str) or not column_id or not name:
        raise ValueError
    states = column.get("stateMappings") or {}
    return AzureColumn(
        id=column_id,
        name=name,
        limit=max(whole(column.get("itemLimit")), 0),
        kind=text(column.get("columnType")),
        is_split=column.get("isSplit") is True,
        states=tuple(dict.fromkeys(str(state) for state in states.values())),
    )


def _place_fields(answer: Mapping[str, Any]) -> PlaceFields:
    """The board's own fields; a server that does not name them has those of the owning team only."""

    def named(key: str, instead: str) -> str:
        fields = answer.get("fields")
        named_field = fields.get(key) if isinstance(fields, Mapping) else None
        name = named_field.get("referenceName") if isinstance(named_field, Mapping) else None
        return name if isinstance(name, str) and _FIELD_NAME.fullmatch(name) else instead

    return PlaceFields(
        column=named("columnField", SYSTEM_FIELDS.column),
        done=named("doneField", SYSTEM_FIELDS.done),
        lane=named("rowField", SYSTEM_FIELDS.lane),
    )


def _half_name(column: AzureColumn, *, done: bool) -> str:
    if not column.is_split:
        return column.name
    return f"{column.name} – {'Done' if done else 'Doing'}"


def _folded(name: str) -> str:
    return name.strip().casefold()


def _day(value: Any) -> date | None:
    found = moment(value)
    return found.date() if found else None


def _estimate(fields: Mapping[str, Any]) -> Decimal | None:
    for name in _ESTIMATES:
        value = fields.get(f"Microsoft.VSTS.Scheduling.{name}")
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                number = Decimal(str(value))
            except InvalidOperation:
                continue
            if number.is_finite():
                return number
    return None
