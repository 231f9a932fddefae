"""Writing CSV that a spreadsheet cannot mistake for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
Cell = str | int | float | None


def cell_escape(text: str) -> str:
    """The text, with an apostrophe before it when a spreadsheet would run it as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_write(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A CSV file as text. Text cells are escaped, numbers stay numbers (−3.5 is no formula)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([cell_escape(name) for name in header])
    for row in rows:
        writer.writerow([cell_escape(cell) if isinstance(cell, str) else cell for cell in row])
    return buffer.getvalue()
