"""Reads an uploaded list of cards into plain rows: which encoding, which separator, which headers. Pure."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.errors import PermanentError

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 20_000
MAX_HEADERS = 200
MAX_CELL = 32_000
PROBLEMS_SHOWN = 100
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
FORMATS = {"": "Found by itself", "csv": "CSV", "json": "JSON", "trello": "Trello board, exported as JSON"}
ENCODINGS = {
    "": "Found by itself (UTF-8, UTF-16)",
    "latin-1": "Latin-1 (older Windows and spreadsheet files)",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell and what to do; `row` as the spreadsheet counts, 0 for the whole file."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        place = f"Row {self.row}" if self.row else "File"
        return f"{place}, column {self.column}: {self.message}" if self.column else f"{place}: {self.message}"


class UploadError(PermanentError):
    """The file cannot be taken as it is; `problems` names each row, column and mend (at most 100)."""

    def __init__(self, problems: Sequence[Problem], *, total: int | None = None) -> None:
        self.problems = tuple(problems[:PROBLEMS_SHOWN])
        self.total = total if total is not None else len(problems)
        rest = f" There are {self.total - 1} more." if self.total > 1 else ""
        super().__init__(f"{self.problems[0]}{rest} Nothing was taken from the file.", field="file")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as the spreadsheet counts, and its cells by header (several where a header repeats)."""

    number: int
    cells: Mapping[str, tuple[str, ...]]

    def values(self, header: str) -> tuple[str, ...]:
        """The filled cells under `header`."""
        return tuple(cell for cell in self.cells.get(header, ()) if cell)

    def value(self, header: str) -> str:
        """The first filled cell under `header`, "" when there is none."""
        return next(iter(self.values(header)), "")


@dataclass(frozen=True, slots=True)
class Table:
    """A file taken apart. `columns` is the board's own list of columns where a JSON file gives one.

    `board` is the whole board where a tool exported it: then there are no headers and rows.
    """

    format: str
    encoding: str
    delimiter: str
    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    columns: tuple[str, ...] = ()
    board: Mapping[str, Any] | None = None


def table_read(content: bytes, *, encoding: str = "", delimiter: str = "", form: str = "") -> Table:
    """The file's rows. What is "" is found by itself; Latin-1 only when chosen. `form` is one of FORMATS.

    Raises UploadError for a file that is empty, too large, wrongly encoded, or no list of cards.
    """
    if len(content) > MAX_BYTES:
        raise _file_error(
            f"it is larger than {MAX_BYTES // (1024 * 1024)} MB. Upload fewer cards or fewer columns."
        )
    if content.startswith(b"PK\x03\x04"):
        raise _file_error("it is a spreadsheet (or an archive). Save it as CSV and upload that.")
    text, encoding = _decode(content, encoding)
    if not text.strip():
        raise _file_error("it is empty. Export the board again and upload that file.")
    if "\0" in text:
        raise _file_error("it holds binary data. Upload a CSV or JSON file, not a spreadsheet's own format.")
    if form in {"json", "trello"} or (not form and text.lstrip()[0] in "[{"):
        return _json_table(text, encoding, form)
    return _csv_table(text, encoding, delimiter)


def _file_error(message: str) -> UploadError:
    return UploadError([Problem(0, "", message)])


def _decode(content: bytes, encoding: str) -> tuple[str, str]:
    if encoding and encoding not in ENCODINGS:
        raise _file_error(f"the encoding {encoding!r} is not offered. Choose one from the list.")
    if content.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    encoding = encoding or "utf-8"
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _file_error(
            f"line {line} is not {encoding.upper().removesuffix('-SIG')}. Save the file as UTF-8, or choose Latin-1 "
            "if it comes from an older program."
        ) from None


def _csv_table(text: str, encoding: str, delimiter: str) -> Table:
    if delimiter and delimiter not in DELIMITERS:
        raise _file_error("the separator is not offered. Choose comma, semicolon or tab.")
    delimiter = delimiter or _delimiter_guess(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    problems: list[Problem] = []
    try:
        headers = _headers_check([cell.strip() for cell in next(reader)])
        for number, cells in enumerate(reader, start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) >= MAX_ROWS:
                raise _file_error(f"it has more than {MAX_ROWS:,} rows. Upload fewer cards.")
            if len(cells) > len(headers):
                mend = f"Quote cells that hold a {DELIMITERS[delimiter]}."
                problems.append(
                    Problem(number, "", f"it has {len(cells)} cells for {len(headers)} headers. {mend}")
                )
            rows.append(_row(number, list(zip(headers, cells, strict=False)), problems))
    except csv.Error as error:
        raise UploadError(
            [
                Problem(
                    reader.line_num,
                    "",
                    f"the quotes do not match or a cell is too long ({error}). Mend this line.",
                )
            ]
        ) from None
    except StopIteration:
        raise _file_error("it is empty. Export the board again and upload that file.") from None
    if problems:
        raise UploadError(problems)
    return Table(
        format="csv",
        encoding=encoding,
        delimiter=delimiter,
        headers=tuple(dict.fromkeys(headers)),
        rows=tuple(rows),
    )


def _headers_check(headers: list[str]) -> list[str]:
    if len(headers) > MAX_HEADERS:
        raise _file_error(f"it has more than {MAX_HEADERS} columns. Export fewer fields.")
    if not any(headers):
        raise _file_error("its first line holds no headers. Put the names of the columns there.")
    return headers


def _delimiter_guess(text: str) -> str:
    """The separator that the header line uses most, outside quotes; a comma when there is none."""
    first = text.lstrip("\r\n").splitlines()[0]
    outside = "".join(part for number, part in enumerate(first.split('"')) if number % 2 == 0)
    return max(DELIMITERS, key=outside.count)


def _row(number: int, pairs: Sequence[tuple[str, str]], problems: list[Problem]) -> Row:
    cells: dict[str, tuple[str, ...]] = {}
    for header, cell in pairs:
        if not header:
            continue
        if len(cell) > MAX_CELL:
            problems.append(
                Problem(number, header, f"the cell is longer than {MAX_CELL:,} characters. Shorten it.")
            )
            continue
        cells[header] = (*cells.get(header, ()), cell.strip())
    return Row(number, cells)


def _json_table(text: str, encoding: str, form: str) -> Table:
    """A list of objects, or {"cards": [...], "columns": [...]}; a row is counted from 1 in the list.

    A board that Trello exported has "lists" beside its cards; it is not taken apart here.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise _file_error(
            f"it is not valid JSON (line {error.lineno}: {error.msg}). Export it again."
        ) from None
    except (RecursionError, ValueError):
        raise _file_error("it is not valid JSON: too deep, or a number too long. Export it again.") from None
    if form == "trello" or (not form and isinstance(data, dict) and "lists" in data):
        board = data if isinstance(data, dict) else {}
        return Table(format="trello", encoding=encoding, delimiter="", headers=(), rows=(), board=board)
    columns: Any = []
    if isinstance(data, dict):
        columns = data.get("columns") or []
        data = data.get("cards")
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise _file_error('it must be a list of objects, or an object with such a list under "cards".')
    if not isinstance(columns, list) or not all(isinstance(name, str) and name.strip() for name in columns):
        raise _file_error('"columns" must be a list of names.')
    if len(data) > MAX_ROWS:
        raise _file_error(f"it has more than {MAX_ROWS:,} cards. Upload fewer.")
    problems: list[Problem] = []
    rows = [
        _row(number, [pair for name, value in item.items() for pair in _json_cells(number, name, value, problems)], problems)
        for number, item in enumerate(data, start=1)
    ]  # fmt: skip
    if problems:
        raise UploadError(problems)
    headers = tuple(dict.fromkeys(name for item in data for name in item))
    _headers_check(list(headers) or ["cards"])
    return Table(
        format="json",
        encoding=encoding,
        delimiter="",
        headers=headers,
        rows=tuple(rows),
        columns=tuple(name.strip() for name in columns),
    )


def _json_cells(number: int, name: str, value: Any, problems: list[Problem]) -> list[tuple[str, str]]:
    if isinstance(value, list):
        return [cell for part in value for cell in _json_cells(number, name, part, problems)]
    if isinstance(value, dict):
        problems.append(
            Problem(number, name, "an object cannot be read as a value. Write a text, a number or a list.")
        )
        return []
    if value is None:
        return [(name, "")]
    if isinstance(value, bool):
        return [(name, "yes" if value else "no")]
    text = str(value)
    if "\0" in text:
        problems.append(Problem(number, name, "it holds a NUL character. Remove it."))
        return []
    return [(name, text)]
