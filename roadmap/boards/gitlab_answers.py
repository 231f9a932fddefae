"""GitLab's answers, turned into columns and cards: pure, no call is made here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from common.display.values import plural
from common.errors import PermanentError
from roadmap.boards.base import CardData, ColumnData, names_blocked, pseudonym

UNKNOWN_SHAPE = (
    "GitLab answered in a shape that this version of Bearing does not know. Check that the address is a GitLab, and "
    "tell whoever runs Bearing."
)
OPEN, CLOSED = "open", "closed"  # the two lists that every board has without a label
_OTHER_KINDS = ("milestone", "assignee", "iteration")
# GitLab keeps these with the issues of a project, and shows them on no board.
_OFF_BOARD_TYPES = frozenset({"task", "test_case", "requirement", "objective", "key_result", "epic"})
_SCOPED = "::"
# A board may be held to the milestones of now by a word instead of a title.
_MILESTONE_WORDS = frozenset({"any", "none", "upcoming", "started"})


@dataclass(frozen=True, slots=True)
class LabelList:
    """A list of a board that shows the open issues with one label."""

    column_id: str
    label_id: str  # "" where an old GitLab does not tell it
    label_name: str

    def matches(self, label: Mapping[str, Any]) -> bool:
        """True for the list's label; by id, and by name only where one of the two has none."""
        label_id = str(label.get("id") or "")
        if self.label_id and label_id:
            return self.label_id == label_id
        return self.label_name == label.get("name")


@dataclass(frozen=True)
class GitLabBoard:
    """A board: its lists from left to right, what narrows it, and what of it cannot be read."""

    name: str
    columns: tuple[ColumnData, ...]
    label_lists: tuple[LabelList, ...]
    filters: Mapping[str, str]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, answer: Any) -> GitLabBoard:
        """Takes the answer as it came; PermanentError when its shape is not the documented one."""
        try:
            return cls._of(answer)
        except (KeyError, TypeError, AttributeError, ValueError):
            raise PermanentError(UNKNOWN_SHAPE) from None

    @classmethod
    def _of(cls, answer: Mapping[str, Any]) -> GitLabBoard:
        lists = sorted(answer["lists"], key=lambda item: number(item.get("position")))
        label_lists, limits, others, unknown = [], [], 0, 0
        for item in lists:
            label = item.get("label")
            if item.get("list_type") in {"backlog", "closed"}:
                continue
            if label:
                label_lists.append(
                    LabelList(f"list-{_id(item['id'])}", str(label.get("id") or ""), _required(label["name"]))
                )
                limits.append(number(item.get("max_issue_count")) or None)
            elif any(item.get(kind) for kind in _OTHER_KINDS):
                others += 1
            else:
                unknown += 1
        filters, unapplied = _filters(answer)
        return cls(
            name=board_name(answer),
            columns=tuple(_columns(answer, label_lists, limits)),
            label_lists=tuple(label_lists),
            filters=filters,
            notes=tuple(_board_notes(bool(label_lists), others, unknown, unapplied)),
        )

    def lists_with(self, labels: Iterable[Mapping[str, Any]]) -> frozenset[str]:
        """The columns whose label is among `labels`."""
        labels = list(labels)
        return frozenset(
            item.column_id for item in self.label_lists if any(item.matches(label) for label in labels)
        )

    def place(self, lists: Iterable[str], *, closed: bool) -> str:
        """The column of an issue whose labels are those of `lists`: of several the right-most."""
        if closed:
            return CLOSED
        found = set(lists)
        return next((item.column_id for item in reversed(self.label_lists) if item.column_id in found), OPEN)

    def column_name(self, column_id: str) -> str:
        """What the column is called."""
        return next((column.name for column in self.columns if column.external_id == column_id), "")


def board_name(answer: Mapping[str, Any]) -> str:
    """What people call the board; GitLab leaves the name out in some versions."""
    name = answer.get("name")
    return name.strip() if isinstance(name, str) and name.strip() else f"Board {_id(answer['id'])}"


def _columns(
    answer: Mapping[str, Any], lists: list[LabelList], limits: list[int | None]
) -> Iterable[ColumnData]:
    short = [item.label_name.rpartition(_SCOPED)[2].strip() or item.label_name for item in lists]
    # "workflow::doing" reads "doing", unless another scope of this board has a "doing" of its own.
    names = [
        name if short.count(name) == 1 else item.label_name for name, item in zip(short, lists, strict=True)
    ]
    yield ColumnData(
        external_id=OPEN, name="Open", position=0, is_active=answer.get("hide_backlog_list") is not True
    )
    for position, (item, name, limit) in enumerate(zip(lists, names, limits, strict=True), start=1):
        yield ColumnData(
            external_id=item.column_id,
            name=name,
            position=position,
            wip_limit=limit,
            state_ids=(item.label_id,) if item.label_id else (),
        )
    yield ColumnData(
        external_id=CLOSED,
        name="Closed",
        position=len(lists) + 1,
        category="done",
        is_active=answer.get("hide_closed_list") is not True,
    )


def _filters(answer: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """What the board is held to, as parameters of the list of issues; and what of it cannot be said there."""
    filters: dict[str, str] = {}
    unapplied: list[str] = []
    if labels := answer.get("labels"):
        filters["labels"] = ",".join(_required(label["name"]) for label in labels)
    if milestone := answer.get("milestone"):
        title = _required(milestone["title"])
        word = not number(milestone.get("id")) and title.casefold().lstrip("#") in _MILESTONE_WORDS
        filters["milestone_id" if word else "milestone"] = title.lstrip("#").capitalize() if word else title
    if assignee := answer.get("assignee"):
        filters["assignee_id"] = _id(assignee["id"])
    weight = answer.get("weight")
    if isinstance(weight, int) and not isinstance(weight, bool):
        if weight >= 0:
            filters["weight"] = str(weight)
        else:
            unapplied.append("weight")
    if iteration := answer.get("iteration"):
        if number(iteration.get("id")) > 0:
            filters["iteration_id"] = _id(iteration["id"])
        else:
            unapplied.append("iteration")
    return filters, unapplied


def _board_notes(has_lists: bool, others: int, unknown: int, unapplied: list[str]) -> Iterable[str]:
    if others:
        lists = plural(others, "list of this board is", "lists of this board are")
        yield f"{lists} by milestone, assignee or iteration and not read; their issues count in Open or by label."
    if unknown:
        lists = plural(unknown, "list of this board shows", "lists of this board show")
        yield f"{lists} no label. Lists by status are not in GitLab's REST API: their issues count in Open."
    elif not has_lists:
        yield (
            "GitLab tells of no list by label on this board, so every open issue counts in Open. Lists by status are "
            "not in its REST API; give the board lists by label."
        )
    for name in unapplied:
        yield f"The board is held to one {name} that cannot be asked for; issues outside it are read as well."


@dataclass
class GitLabIssues:
    """The issues of a board, page by page; counts what could not be read, what left, and what is no card."""

    board: GitLabBoard
    web_url: str
    broken: int = 0
    aside: int = 0
    moved_away: set[str] = field(default_factory=set)
    on_two_lists: int = 0
    by_id: dict[str, Issue] = field(default_factory=dict)

    def page_add(self, page: Iterable[Any]) -> None:
        """Takes a page of issues; one that comes twice counts once."""
        for item in page:
            try:
                if number(item.get("moved_to_id")) > 0:
                    self.moved_away.add(_id(item["id"]))
                    continue
                if _text(item.get("issue_type")) in _OFF_BOARD_TYPES:
                    self.aside += 1
                    continue
                issue = self._issue(item)
            except (KeyError, TypeError, ValueError, AttributeError):
                self.broken += 1
                continue
            if issue.card.identity not in self.by_id and not issue.card.closed and len(issue.lists) > 1:
                self.on_two_lists += 1
            self.by_id[issue.card.identity] = issue

    @property
    def seen(self) -> int:
        """How many issues came, readable or not."""
        return len(self.by_id) + len(self.moved_away) + self.broken + self.aside

    def _issue(self, item: Mapping[str, Any]) -> Issue:
        issue_id, project_id, iid = _id(item["id"]), _id(item["project_id"]), _id(item["iid"])
        if item["state"] not in {"opened", "closed"}:
            raise ValueError
        closed = item["state"] == "closed"
        labels = [_label(label) for label in _list(item["labels"])]
        names = tuple(str(label["name"]) for label in labels)
        lists = self.board.lists_with(labels)
        column = self.board.place(lists, closed=closed)
        column_name = self.board.column_name(column)
        references = item.get("references")
        weight = item.get("weight")
        card = CardData(
            external_id=issue_id,
            identity=issue_id,
            key=_text(references.get("relative") if isinstance(references, Mapping) else "") or f"#{iid}",
            title=_required(item["title"]),
            url=_text(item.get("web_url")),
            type=_text(item.get("issue_type")).replace("_", " ").capitalize(),
            column_external_id=column,
            state_raw=column_name,
            labels=names,
            assignees=tuple(self._people(item)),
            estimate=Decimal(weight) if isinstance(weight, int) and not isinstance(weight, bool) else None,
            start_date=_day(item.get("start_date")),
            due_date=_day(item.get("due_date")),
            created_at=moment(item.get("created_at")),
            updated_at=moment(item.get("updated_at")),
            done_at=moment(item.get("closed_at")) if closed else None,
            blocked=names_blocked([column_name, *(name.rpartition(_SCOPED)[2] for name in names)]),
            description=_text(item.get("description")),
            closed=closed,
        )
        return Issue(card=card, project_id=project_id, iid=iid, lists=lists)

    def _people(self, item: Mapping[str, Any]) -> Iterable[str]:
        people = item.get("assignees")
        for person in people if isinstance(people, list) else [item.get("assignee")]:
            person_id = person.get("id") if isinstance(person, Mapping) else person
            if number(person_id):
                yield pseudonym("gitlab", self.web_url, str(person_id))


@dataclass(frozen=True, slots=True)
class Issue:
    """A card with what its history is asked and worked out by."""

    card: CardData
    project_id: str
    iid: str
    lists: frozenset[str]  # the columns whose label it has


def _label(value: Any) -> Mapping[str, Any]:
    """A label; an old GitLab gives its name only."""
    if isinstance(value, str):
        return {"name": _required(value)}
    return {"id": value.get("id"), "name": _required(value["name"])}


def number(value: Any) -> int:
    """A whole number, 0 for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def moment(value: Any) -> datetime | None:
    """A moment in UTC; None for null and for what is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _id(value: Any) -> str:
    """A whole number above nought as text; nothing else is an id of GitLab."""
    if number(value) <= 0:
        raise ValueError
    return str(value)


def _required(value: Any) -> str:
    """A text that must be there: a missing one must not become the word None."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value
