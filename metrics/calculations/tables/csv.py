"""Delimited files: what they look like, and the figures in them."""

from __future__ import annotations

import codecs
import csv as csv_module
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from common.errors import ApplicationError
from metrics.calculations.points import Points, RowError, points_empty
from metrics.calculations.tables.columns import Column, MetricNames, columns_parse, metric_problem
from metrics.calculations.tables.dates import DAY_FIRST, ISO, MONTH_FIRST, date_parse, order_guess

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16 with byte order mark",
    "latin-1": "Latin-1 (Windows, old Excel)",
}
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
DECIMALS = {".": "point", ",": "comma"}
LAYOUTS = {
    "long": "one row a figure: metric, date, value",
    "wide": "one row a date, one column a metric",
    "single": "date and value of one metric",
}
ORDERS = {
    ISO: "2026-11-18 (or unmistakable)",
    DAY_FIRST: "day first: 18.11.2026",
    MONTH_FIRST: "month first: 11/18/2026",
}
MAX_COLUMNS = 100
HEAD_ROWS = 8
HEAD_BYTES = 65_536
_METRIC_NAMES = {"metric", "metric_key", "key", "metric key", "metric-key"}
_DATE_NAMES = {"date", "day", "period", "week", "month", "quarter", "time", "timestamp"}
_VALUE_NAMES = {"value", "figure", "amount", "number", "count", "y"}


class TableRefusedError(ApplicationError):
    """The file as a whole cannot be read; the message says what to do about it."""


@dataclass(frozen=True)
class FileOptions:
    """How to read a file. All of it is guessed and can be changed by the reader."""

    encoding: str = "utf-8"
    separator: str = ","
    decimal: str = "."
    layout: str = "long"
    order: str = ISO
    metric: str = ""  # the key of the one metric of a "single" file

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FileOptions:
        """Options from stored or submitted values; unknown names and values fall back to the default."""
        known: dict[str, Any] = {
            "encoding": ENCODINGS,
            "separator": SEPARATORS,
            "decimal": DECIMALS,
            "layout": LAYOUTS,
            "order": ORDERS,
        }
        chosen = {name: values[name] for name, choices in known.items() if values.get(name) in choices}
        return cls(**chosen, metric=str(values.get("metric") or ""))


@dataclass(frozen=True)
class ParsedFile:
    """What a file holds: its first rows to look at, its figures, and everything wrong with it."""

    points: Points
    errors: list[RowError] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    head: list[list[str]] = field(default_factory=list)
    rows: int = 0


def csv_decode(content: bytes, encoding: str) -> bytes:
    """The file as UTF-8 without byte order mark. TableRefusedError when it is in another encoding, or no text."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or encoding == "utf-16":
        try:
            return content.decode("utf-16").encode()
        except UnicodeError:
            raise TableRefusedError(
                "This is not UTF-16. Save the file as UTF-8 and choose it again.", field="encoding"
            ) from None
    if b"\0" in content[:HEAD_BYTES] or b"\0" in content:
        raise TableRefusedError(
            "This is no text file. Save the table as CSV and choose that file.", field="file"
        )
    if encoding == "latin-1":
        return content.decode("latin-1").encode()
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise TableRefusedError(
            f"Row {row} is not in UTF-8. Save the file as UTF-8, or choose Latin-1 as its encoding.",
            field="encoding",
        ) from None
    return content


def csv_guess(content: bytes, known_keys: MetricNames) -> FileOptions:
    """How the file most likely is to be read, from its first rows. Never guesses Latin-1."""
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    start = content[: HEAD_BYTES - HEAD_BYTES % 2].removeprefix(codecs.BOM_UTF8)
    text = start.decode(encoding, errors="replace")
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    if not lines:
        return FileOptions(encoding=encoding)
    separator = max(
        SEPARATORS, key=lambda sign: (min(line.count(sign) for line in lines[:20]), lines[0].count(sign))
    )
    rows = list(csv_module.reader(lines, delimiter=separator))
    header, data = rows[0], rows[1:] or rows
    layout = _layout_guess(header, known_keys)
    cells = [cell for row in data for cell in row]
    decimal = "," if separator != "," and any(_is_comma_number(cell) for cell in cells) else "."
    return FileOptions(encoding, separator, decimal, layout, order_guess(cells))


def _layout_guess(header: list[str], known_keys: MetricNames) -> str:
    names = [cell.strip().lower() for cell in header]
    if len(names) >= 3 and (
        _METRIC_NAMES & set(names) or (not _has_header(header) and not date_parse(header[0]))
    ):
        return "long"
    if len(names) == 2 and header[1].strip() not in known_keys:
        return "single"
    return "wide"


def _is_comma_number(cell: str) -> bool:
    whole, comma, rest = cell.strip().lstrip("-−").partition(",")
    return bool(comma) and whole.isdigit() and rest.isdigit()


def _has_header(row: list[str]) -> bool:
    """The first row names the columns unless it holds a date already."""
    return not any(date_parse(cell, DAY_FIRST) for cell in row)


def csv_table(content: bytes, options: FileOptions, max_rows: int) -> tuple[pl.DataFrame, bool]:
    """The file as a table of text, and whether its first row names the columns.

    TableRefusedError when it is empty, too long, in another encoding, or no table.
    """
    text = csv_decode(content, options.encoding)
    if not text.strip():
        raise TableRefusedError(
            "The file is empty. It needs a row with the column names and a row a figure.", field="file"
        )
    if (lines := text.count(b"\n")) > max_rows + 1:
        raise TableRefusedError(
            f"The file has {lines:,} rows; the limit is {max_rows:,}. Split it.", field="file"
        )
    table, has_header = _table(text, options)
    if table.height == 0:
        raise TableRefusedError("The file has column names but no figures. Add a row a figure.", field="file")
    return table, has_header


def csv_columns(content: bytes, options: FileOptions, max_rows: int) -> tuple[Column, Column, Column, int]:
    """Metric, date and value of a long file, and the number of its first row of figures."""
    table, has_header = csv_table(content, options, max_rows)
    return (
        _column(table, _METRIC_NAMES, 0),
        _column(table, _DATE_NAMES, 1),
        _column(table, _VALUE_NAMES, 2),
        2 if has_header else 1,
    )


def csv_parse(content: bytes, options: FileOptions, *, names: MetricNames, max_rows: int) -> ParsedFile:
    """The figures of a file. `names` gives the ids of the metric keys that may be written to.

    TableRefusedError when the file as a whole cannot be read; errors of single cells are collected.
    """
    table, has_header = csv_table(content, options, max_rows)
    first_row = 2 if has_header else 1
    head = [["" if cell is None else str(cell)[:200] for cell in row] for row in table.head(HEAD_ROWS).rows()]
    if options.layout == "wide":
        points, errors = _wide(table, options, names, first_row, max_rows)
    else:
        points, errors = _narrow(table, options, names, first_row)
    errors.sort(key=lambda error: error.row)
    return ParsedFile(points, errors, list(table.columns) if has_header else [], head, table.height)


def _table(text: bytes, options: FileOptions) -> tuple[pl.DataFrame, bool]:
    start = text[:HEAD_BYTES].decode(errors="replace")
    first = next(csv_module.reader(io.StringIO(start), delimiter=options.separator), [])
    if len(first) > MAX_COLUMNS:
        raise TableRefusedError(
            f"The file has {len(first):,} columns; the limit is {MAX_COLUMNS}. Split it.", field="file"
        )
    if len(first) < 2:
        raise TableRefusedError(
            f"There is only one column with {SEPARATORS[options.separator]} as separator. Choose the right separator.",
            field="separator",
        )
    has_header = _has_header(first)
    names = [cell.strip() for cell in first]
    if has_header and (double := next((name for name in names if names.count(name) > 1), None)) is not None:
        raise TableRefusedError(f"Two columns are named “{double[:60]}”. Keep one of them.", field="file")
    try:
        table = pl.read_csv(
            text,
            separator=options.separator,
            has_header=has_header,
            infer_schema=False,
            new_columns=names if has_header else [f"column {number}" for number in range(1, len(first) + 1)],
        )
    except pl.exceptions.PolarsError as error:
        raise TableRefusedError(
            "The rows do not all have the same columns, or a quotation mark is not closed. "
            f"Check the file in an editor. ({str(error).splitlines()[0][:120]})",
            field="file",
        ) from error
    return table, has_header


def _column(table: pl.DataFrame, known: set[str], position: int) -> Column:
    """The column with a known name, else the one at the usual place."""
    name = next((name for name in table.columns if name.lower() in known), None)
    if name is None:
        if position >= table.width:
            raise TableRefusedError(
                "This layout needs the columns metric, date and value. Choose another layout, or add the column.",
                field="layout",
            )
        name = table.columns[position]
    return Column(name, table[name])


def _narrow(
    table: pl.DataFrame, options: FileOptions, names: MetricNames, first_row: int
) -> tuple[Points, list[RowError]]:
    metric: Column | int
    if options.layout == "single":
        if options.metric not in names:
            raise TableRefusedError("Choose the metric that these figures are of.", field="metric")
        metric, offset = names[options.metric], 0
    else:
        metric, offset = _column(table, _METRIC_NAMES, 0), 1
    return columns_parse(
        metric,
        _column(table, _DATE_NAMES, offset),
        _column(table, _VALUE_NAMES, offset + 1),
        names=names,
        first_row=first_row,
        order=options.order,
        decimal=options.decimal,
    )


def _wide(
    table: pl.DataFrame, options: FileOptions, names: MetricNames, first_row: int, max_rows: int
) -> tuple[Points, list[RowError]]:
    day = _column(table, _DATE_NAMES, 0)
    keys = [name for name in table.columns if name != day.name]
    if table.height * len(keys) > max_rows:
        raise TableRefusedError(
            f"The file holds {table.height * len(keys):,} figures; the limit is {max_rows:,}. Split it.",
            field="file",
        )
    parts: list[Points] = []
    errors: list[RowError] = []
    for key in keys:
        if key not in names:
            errors.append(RowError(1, key, metric_problem(key)))
            continue
        points, wrong = columns_parse(
            names[key],
            day,
            Column(key, table[key]),
            names=names,
            first_row=first_row,
            order=options.order,
            decimal=options.decimal,
            skip_empty=True,
        )
        parts.append(points)
        errors += wrong
    # a wrong date is wrong in every column; once is enough
    return _join(parts), list(dict.fromkeys(errors))


def _join(parts: list[Points]) -> Points:
    import numpy as np

    full = [part for part in parts if len(part)]
    if not full:
        return points_empty()
    return Points(
        np.concatenate([part.metric_ids for part in full]),
        np.concatenate([part.dates for part in full]),
        np.concatenate([part.values for part in full]),
        np.concatenate([part.rows for part in full if part.rows is not None]),
    )
