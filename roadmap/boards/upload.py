"""A list of cards uploaded as a CSV or JSON file: for teams whose tool is not connected, or gives no token.

The file comes in `config` beside the way to read it, so an upload is synced like any other board. All or nothing: one
row that cannot be read refuses the file, with every such row named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django import forms

from common.errors import PermanentError
from roadmap.boards.base import (
    BoardData,
    BoardProvider,
    CheckResult,
    ColumnData,
    History,
    Snapshot,
)
from roadmap.boards.upload_cells import Cells, column_category, column_id
from roadmap.boards.upload_files import DELIMITERS, ENCODINGS, Problem, Table, UploadError, table_read
from roadmap.boards.upload_mapping import CARD_FIELDS, REQUIRED_FIELDS, mapping_guess
from roadmap.boards.upload_trello import HEADERS, card_row, export_snapshot

CONTENT_KEY = "content"  # config: the file's bytes
MAPPING_KEY = "mapping"  # config: {card field: header of the file}
COMPLETE_KEY = "complete"  # config: the file lists every card, so an absent one is missing


@dataclass(frozen=True, slots=True)
class UploadPreview:
    """What was found in a file, for the page on which a person confirms it before anything is taken.

    `is_matched` says that the file is a whole board of a tool, in which nothing is to be matched.
    """

    format: str
    encoding: str
    delimiter: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    rows_count: int
    mapping: dict[str, str]
    is_matched: bool = False


def upload_preview(
    content: bytes, *, encoding: str = "", delimiter: str = "", form: str = "", rows: int = 5
) -> UploadPreview:
    """The guess of format, separator and matching, and the first rows; UploadError as `table_read`."""
    table = table_read(content, encoding=encoding, delimiter=delimiter, form=form)
    headers, found = table.headers, table.rows
    if table.board is not None:
        cards = export_snapshot(table.board, complete=False).cards
        headers = HEADERS
        found = tuple(card_row(number, card) for number, card in enumerate(cards, start=1))
    return UploadPreview(
        format=table.format,
        encoding=table.encoding,
        delimiter=DELIMITERS.get(table.delimiter, ""),
        headers=headers,
        rows=tuple(tuple(", ".join(row.values(header)) for header in headers) for row in found[:rows]),
        rows_count=len(found),
        mapping=mapping_guess(table.headers),
        is_matched=table.board is not None,
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
        "No token is needed: export the board from your tool (Jira as CSV, Trello as JSON), or write a list with the "
        "columns Id, Title and Column, and upload it."
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
        complete = bool(self.config.get(COMPLETE_KEY))
        if table.board is not None:
            return export_snapshot(table.board, complete=complete)
        mapping = _mapping_check(self.config.get(MAPPING_KEY) or mapping_guess(table.headers), table)
        problems: list[Problem] = []
        cards = [Cells(row, mapping, problems).card() for row in table.rows]
        _duplicates_refuse(table, mapping, problems)
        if problems:
            problems.sort(key=lambda problem: problem.row)
            raise UploadError(problems)
        return Snapshot(
            columns=_columns(table, mapping),
            cards=tuple(cards),
            complete=complete,
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


def _columns(table: Table, mapping: Mapping[str, str]) -> tuple[ColumnData, ...]:
    """The file's own list of columns, then any others in the order they first appear."""
    by_id: dict[str, str] = {}
    categories: dict[str, str | None] = {}
    for name in table.columns:
        by_id.setdefault(column_id(name), name)
    for row in table.rows:
        name = row.value(mapping.get("column", ""))
        by_id.setdefault(column_id(name), name)
        categories.setdefault(column_id(name), column_category(row.value(mapping.get("category", ""))))
    return tuple(
        ColumnData(external_id=key, name=name, position=number, category=categories.get(key))
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
