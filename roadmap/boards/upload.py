"""A list of cards uploaded as a CSV or JSON file: for teams whose tool is not connected, or gives no token.

The file comes in `config` beside the way to read it, so an upload is synced like any other board. All or nothing: one
row that cannot be read refuses the file, with every such row named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django import forms

from common.errors import PermanentError
from roadmap.boards.base import (
    BoardData,
    BoardProvider,
    CardData,
    CheckResult,
    ColumnData,
    History,
    Snapshot,
    names_blocked,
    pseudonym,
)
from roadmap.boards.upload_files import DELIMITERS, ENCODINGS, Problem, Row, Table, UploadError, table_read

CONTENT_KEY = "content"  # config: the file's bytes
MAPPING_KEY = "mapping"  # config: {card field: header of the file}
COMPLETE_KEY = "complete"  # config: the file lists every card, so an absent one is missing

# What a header can fill, with the title shown when matching them.
CARD_FIELDS = {
    "id": "Id",
    "title": "Title",
    "column": "Column",
    "description": "Description",
    "labels": "Labels",
    "type": "Type",
    "priority": "Priority",
    "swimlane": "Swimlane",
    "assignee": "Assignee",
    "url": "Link",
    "created": "Created",
    "updated": "Updated",
    "start": "Start date",
    "due": "Due date",
    "done": "Finished",
    "blocked": "Blocked",
    "blocked_reason": "Why blocked",
    "closed": "Closed",
}
REQUIRED_FIELDS = ("title", "column")
PRESET_LABELS = {"plain": "Plain list", "jira_csv": "Jira, exported as CSV"}
# Two ready-made matchings; any other file starts from the headers that read like a field.
PRESETS: dict[str, dict[str, str]] = {
    "plain": dict(CARD_FIELDS),
    "jira_csv": {
        "id": "Issue key",
        "title": "Summary",
        "column": "Status",
        "description": "Description",
        "labels": "Labels",
        "type": "Issue Type",
        "priority": "Priority",
        "assignee": "Assignee",
        "created": "Created",
        "updated": "Updated",
        "due": "Due date",
        "done": "Resolved",
    },
}
_SYNONYMS = {
    "id": ("id", "key", "card id", "issue key", "issue id", "task id", "number", "#"),
    "title": ("title", "name", "summary", "card", "card name", "task"),
    "column": ("column", "status", "state", "list", "list name", "stage", "column name"),
    "description": ("description", "desc", "notes"),
    "labels": ("labels", "label", "tags", "tag"),
    "type": ("type", "issue type", "category"),
    "priority": ("priority",),
    "swimlane": ("swimlane", "lane"),
    "assignee": ("assignee", "assignees", "owner", "members"),
    "url": ("url", "link"),
    "created": ("created", "created at", "creation date", "date created"),
    "updated": ("updated", "updated at", "modified", "last modified", "modification date"),
    "start": ("start", "start date"),
    "due": ("due", "due date"),
    "done": ("finished", "done", "completed", "completed at", "resolved", "done at"),
    "blocked": ("blocked",),
    "blocked_reason": ("why blocked", "blocked reason"),
    "closed": ("closed", "archived"),
}
# Beside ISO 8601, the ways that name the month: no doubt which number is the day.
_DATE_FORMATS = ("%d/%b/%y %I:%M %p", "%d/%b/%Y %I:%M %p", "%d/%b/%y", "%d %b %Y", "%d %B %Y")
_YES = frozenset({"yes", "y", "true", "1", "x"})
_NO = frozenset({"", "no", "n", "false", "0"})
_LENGTHS = {"id": 200, "title": 500, "column": 200, "swimlane": 200, "type": 60, "priority": 60, "url": 500}


@dataclass(frozen=True, slots=True)
class UploadPreview:
    """What was found in a file, for the page on which a person confirms it before anything is taken."""

    format: str
    encoding: str
    delimiter: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    rows_count: int
    mapping: dict[str, str]


def mapping_guess(headers: tuple[str, ...]) -> dict[str, str]:
    """Card field → header, for the headers that read like a field; a header is used once."""
    by_name = {" ".join(header.casefold().replace("_", " ").split()): header for header in reversed(headers)}
    mapping: dict[str, str] = {}
    for name, synonyms in _SYNONYMS.items():
        header = next((by_name[word] for word in synonyms if word in by_name), None)
        if header is not None and header not in mapping.values():
            mapping[name] = header
    return mapping


def mapping_from_preset(preset: str, headers: tuple[str, ...]) -> dict[str, str]:
    """The matching of one of `PRESETS`, without the fields whose header is not in the file; KeyError if unknown."""
    found = {header.casefold(): header for header in reversed(headers)}
    return {
        name: found[header.casefold()]
        for name, header in PRESETS[preset].items()
        if header.casefold() in found
    }


def upload_preview(
    content: bytes, *, encoding: str = "", delimiter: str = "", form: str = "", rows: int = 5
) -> UploadPreview:
    """The guess of format, separator and matching, and the first rows; UploadError as `table_read`."""
    table = table_read(content, encoding=encoding, delimiter=delimiter, form=form)
    return UploadPreview(
        format=table.format,
        encoding=table.encoding,
        delimiter=DELIMITERS.get(table.delimiter, ""),
        headers=table.headers,
        rows=tuple(
            tuple(", ".join(row.values(header)) for header in table.headers) for row in table.rows[:rows]
        ),
        rows_count=len(table.rows),
        mapping=mapping_guess(table.headers),
    )


class UploadForm(forms.Form):
    """How a file is to be read. The file itself belongs to each upload, not to the connection."""

    encoding = forms.ChoiceField(label="Encoding", choices=list(ENCODINGS.items()), required=False)
    delimiter = forms.ChoiceField(
        label="Separator",
        choices=[("", "Found by itself"), *((sign, name.capitalize()) for sign, name in DELIMITERS.items())],
        required=False,
    )
    complete = forms.BooleanField(
        label="Complete export",
        required=False,
        help_text="Every card of the board is in the file: a card that is not in it counts as missing.",
    )


class UploadProvider(BoardProvider):
    """Takes the cards of an uploaded CSV or JSON file."""

    kind = "upload"
    label = "CSV or JSON file"
    icon = "upload"
    settings_form = UploadForm
    access_help = (
        "No token is needed: export the board from your tool as CSV, or write a list with the columns Id, Title and "
        "Column, and upload it."
    )
    history = History.NONE
    is_upload = True

    def check(self) -> CheckResult:
        if CONTENT_KEY not in self.config:
            return CheckResult(title="Upload a file", boards_count=1)
        snapshot = self.fetch()
        return CheckResult(
            title="The file can be read", columns_count=len(snapshot.columns), cards_count=len(snapshot.cards)
        )

    def boards(self) -> list[BoardData]:
        name = str(self.config.get("name") or "Uploaded board")
        return [BoardData(external_id=self.board_external_id or "file", name=name)]

    def fetch(self, since: datetime | None = None) -> Snapshot:  # noqa: ARG002 - a file is always read whole
        content = self.config.get(CONTENT_KEY)
        if not isinstance(content, bytes):
            raise PermanentError("There is no file yet. Upload one.", field="file")
        table = table_read(
            content,
            encoding=str(self.config.get("encoding") or ""),
            delimiter=str(self.config.get("delimiter") or ""),
            form=str(self.config.get("form") or ""),
        )
        mapping = _mapping_check(self.config.get(MAPPING_KEY) or mapping_guess(table.headers), table)
        problems: list[Problem] = []
        cards = [_Cells(row, mapping, problems).card() for row in table.rows]
        _duplicates_refuse(table, mapping, problems)
        if problems:
            problems.sort(key=lambda problem: problem.row)
            raise UploadError(problems)
        return Snapshot(
            columns=_columns(table, mapping),
            cards=tuple(cards),
            complete=bool(self.config.get(COMPLETE_KEY)),
            notes=() if cards else ("The file holds headers but no cards.",),
        )


def _mapping_check(mapping: Mapping[str, str], table: Table) -> dict[str, str]:
    problems = [
        Problem(
            0,
            "",
            f"no column of the file is matched to {CARD_FIELDS[name]}. Choose one of: {_listed(table)}.",
        )
        for name in REQUIRED_FIELDS
        if table.headers and not mapping.get(name)
    ]
    problems += [
        Problem(0, header, f"it is matched to {CARD_FIELDS.get(name, name)} but is not in the file. "
                f"Choose one of: {_listed(table)}.")
        for name, header in mapping.items()
        if header and table.headers and header not in table.headers
    ]  # fmt: skip
    if problems:
        raise UploadError(problems)
    return {name: header for name, header in mapping.items() if header and name in CARD_FIELDS}


def _listed(table: Table) -> str:
    return ", ".join(table.headers[:20])


def _column_id(name: str) -> str:
    return " ".join(name.casefold().split())


def _columns(table: Table, mapping: Mapping[str, str]) -> tuple[ColumnData, ...]:
    """The file's own list of columns, then any others in the order they first appear."""
    names = [*table.columns, *(row.value(mapping.get("column", "")) for row in table.rows)]
    by_id: dict[str, str] = {}
    for name in names:
        by_id.setdefault(_column_id(name), name)
    return tuple(
        ColumnData(external_id=key, name=name, position=number)
        for number, (key, name) in enumerate(by_id.items(), start=1)
    )


def _duplicates_refuse(table: Table, mapping: Mapping[str, str], problems: list[Problem]) -> None:
    """Two rows with one id would overwrite each other; without ids the title is the id."""
    header = mapping.get("id") or mapping.get("title", "")
    first: dict[str, int] = {}
    for row in table.rows:
        value = row.value(header)
        if value and first.setdefault(value, row.number) != row.number:
            mend = "Remove one." if "id" in mapping else "Add a column with ids, or make the titles differ."
            problems.append(
                Problem(row.number, header, f"{value[:80]!r} is in row {first[value]} already. {mend}")
            )


@dataclass(slots=True)
class _Cells:
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
            column_external_id=_column_id(column) or None,
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
            closed=self._flag("closed"),
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
                moment = datetime.strptime(text, form)  # noqa: DTZ007 - its zone is set below
                break
            except ValueError:
                continue
        else:
            return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
