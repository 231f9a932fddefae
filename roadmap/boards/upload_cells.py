"""One row of an uploaded table, read into a card. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from roadmap.boards.base import CardData, names_blocked, pseudonym
from roadmap.boards.upload_files import Problem, Row
from roadmap.boards.upload_mapping import CARD_FIELDS

# Beside ISO 8601, the ways that name the month: no doubt which number is the day.
_DATE_FORMATS = (
    "%d/%b/%y %I:%M %p", "%d/%b/%Y %I:%M %p", "%d/%b/%y %H:%M", "%d/%b/%Y %H:%M", "%d/%b/%y", "%d/%b/%Y",
    "%d %b %Y", "%d %B %Y",
)  # fmt: skip
# The three kinds of status that Jira has, and how its API calls them.
_CATEGORIES = {"to do": "new", "in progress": "indeterminate", "done": "done"}
_YES = frozenset({"yes", "y", "true", "1", "x"})
_NO = frozenset({"", "no", "n", "false", "0"})
_LENGTHS = {"id": 200, "title": 500, "column": 200, "swimlane": 200, "type": 60, "priority": 60, "url": 500}


def column_id(name: str) -> str:
    """A column without an id is known by its name, whatever its case and blanks."""
    return " ".join(name.casefold().split())


def column_category(words: str) -> str | None:
    """The tool's kind of a column by the words of its export, as the proposal of stages knows it."""
    return _CATEGORIES.get(" ".join(words.casefold().split()))


@dataclass(slots=True)
class Cells:
    """One row read field by field; what cannot be read is noted, and the row gives a card that nobody will use."""

    row: Row
    mapping: Mapping[str, str]
    problems: list[Problem]

    def card(self) -> CardData:
        title, column = self._text("title", required=True), self._text("column", required=True)
        identity = self._text("id", required=True) if "id" in self.mapping else title
        labels = tuple(
            label.strip() for cell in self._all("labels") for label in _split(cell) if label.strip()
        )  # fmt: skip
        blocked = self._flag("blocked") or names_blocked([column, *labels])
        done = self._moment("done")
        return CardData(
            external_id=identity[:200],
            identity=identity[:200],
            key=identity[:60] if "id" in self.mapping else "",
            title=title,
            url=self._url(),
            type=self._text("type"),
            column_external_id=column_id(column) or None,
            state_raw=column,
            swimlane=self._text("swimlane"),
            labels=labels,
            assignees=tuple(pseudonym("upload", name.strip().casefold()) for name in self._all("assignee")),
            priority=self._text("priority"),
            start_date=self._date("start"),
            due_date=self._date("due"),
            created_at=self._moment("created"),
            updated_at=self._moment("updated"),
            done_at=done,
            blocked=blocked,
            blocked_reason=self._text("blocked_reason")[:300],
            description="\n".join(self._all("description")),
            closed=self._flag("closed") or column_category(self._text("category")) == "done",
        )

    def _all(self, name: str) -> tuple[str, ...]:
        return self.row.values(self.mapping.get(name, ""))

    def _text(self, name: str, *, required: bool = False) -> str:
        value = self.row.value(self.mapping.get(name, ""))
        if required and not value:
            self._problem(name, f"it is empty. Fill in the {CARD_FIELDS[name].lower()}.")
        if len(value) > _LENGTHS.get(name, len(value)):
            self._problem(name, f"it is longer than {_LENGTHS[name]} characters. Shorten it.")
        return value

    def _url(self) -> str:
        value = self._text("url")
        # Shown as a link: anything but a web address (javascript: and the like) must not get that far.
        if value and not value.lower().startswith(("https://", "http://")):
            self._problem("url", "it is not a web address. Write it with https:// or leave it empty.")
            return ""
        return value

    def _flag(self, name: str) -> bool:
        value = self._text(name).casefold()
        if value not in _YES | _NO:
            self._problem(name, f"{value[:40]!r} is neither yes nor no. Write yes, no, or nothing.")
        return value in _YES

    def _moment(self, name: str) -> datetime | None:
        value = self._text(name)
        if not value:
            return None
        moment = _moment_parse(value)
        if moment is None:
            self._problem(
                name, f"{value[:40]!r} is not a date. Write it like 2026-11-23 or 2026-11-23T14:30Z."
            )
        return moment

    def _date(self, name: str) -> date | None:
        moment = self._moment(name)
        return moment.date() if moment else None

    def _problem(self, name: str, message: str) -> None:
        self.problems.append(Problem(self.row.number, self.mapping.get(name, CARD_FIELDS[name]), message))


def _split(cell: str) -> list[str]:
    """Several labels in one cell, whichever sign the exporting tool puts between them."""
    for sign in (";", ",", "|"):
        if sign in cell:
            return cell.split(sign)
    return [cell]


def _moment_parse(text: str) -> datetime | None:
    """A date or moment, in UTC when it names no zone; None when it is neither."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        for form in _DATE_FORMATS:
            try:
                moment = datetime.strptime(text, form).replace(tzinfo=UTC)
                break
            except ValueError:
                continue
        else:
            return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
