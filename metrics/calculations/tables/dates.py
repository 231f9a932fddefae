"""A column of dates as people and programs write them, parsed as a whole."""

from __future__ import annotations

import re
from datetime import date

import polars as pl

# day and month first, in the order chosen; four digits of year
_SLASHED = re.compile(r"^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$")
_WEEK = re.compile(r"^(\d{4})-?W(\d{2})$", re.IGNORECASE)
_MONTH = re.compile(r"^(\d{4})-(\d{2})$")
_MOMENT = re.compile(r"^(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}")
_YEAR_FIRST = re.compile(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})$")
ISO, DAY_FIRST, MONTH_FIRST = "iso", "dmy", "mdy"


def date_parse(text: str, order: str = ISO) -> date | None:
    """One date: 2026-11-18, 2026-11, 2026-W47, 2026/11/18, or with day or month first as `order` says.

    With order "iso", 18.11.2026 and 18/11/2026 are read when only one reading is possible. None when it is no date.
    """
    text = text.strip()
    try:
        if match := _MOMENT.match(text):
            return date.fromisoformat(match[1])
        if match := _WEEK.match(text):
            return date.fromisocalendar(int(match[1]), int(match[2]), 4)
        if match := _MONTH.match(text):
            return date(int(match[1]), int(match[2]), 1)
        if match := _YEAR_FIRST.match(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _SLASHED.match(text):
            return _day_month(int(match[1]), int(match[2]), int(match[3]), order)
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _day_month(first: int, second: int, year: int, order: str) -> date | None:
    if order == MONTH_FIRST:
        return date(year, first, second)
    if order == DAY_FIRST or first > 12 or first == second:
        return date(year, second, first)
    return date(year, first, second) if second > 12 else None


def order_guess(texts: list[str]) -> str:
    """The order of day and month that the given cells show: iso when they need none or leave it open."""
    firsts, seconds = [], []
    for text in texts:
        if match := _SLASHED.match(text.strip()):
            firsts.append(int(match[1]))
            seconds.append(int(match[2]))
    if any(number > 12 for number in firsts):
        return DAY_FIRST
    if any(number > 12 for number in seconds):
        return MONTH_FIRST
    return ISO


def dates_parse(column: pl.Series, order: str) -> pl.Series:
    """The column as dates, null where a cell is no date. ISO days go at column speed, other forms once each."""
    text = column.str.strip_chars()
    # polars reads "2026-1-1" as well; ours must be of full width, as that could be a cut-off year
    dates = text.str.to_date("%Y-%m-%d", strict=False)
    missing = dates.is_null() & text.is_not_null()
    if not missing.any():
        return dates
    odd = text.filter(missing).unique().to_list()
    known = {cell: parsed for cell in odd if (parsed := date_parse(cell, order)) is not None}
    if not known:
        return dates
    others = text.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.Date)
    return dates.fill_null(others)


def date_problem(text: str, order: str) -> str:
    """What is wrong with a cell that should be a date."""
    if not text.strip():
        return "There is no date. Write one like 2026-11-18."
    if _SLASHED.match(text.strip()) and order == ISO:
        return (
            f"“{text[:40]}” can be read in two ways. Choose day or month first, or write it like 2026-11-18."
        )
    return f"“{text[:40]}” is no date. Write it like 2026-11-18, 2026-11 or 2026-W47."
