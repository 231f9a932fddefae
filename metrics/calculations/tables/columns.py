"""Three columns (metric, date, value) as text or numbers become points; every wrong cell is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from metrics.calculations.points import Points, RowError, points_empty
from metrics.calculations.tables.dates import ISO, date_problem, dates_parse

MetricNames = Mapping[str, int]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Column:
    """A column as it came: its name in the words of the sender, and its cells."""

    name: str
    cells: pl.Series


def columns_parse(
    metric: Column | int,
    day: Column,
    value: Column,
    *,
    names: MetricNames,
    first_row: int,
    order: str = ISO,
    decimal: str = ".",
    skip_empty: bool = False,
) -> tuple[Points, list[RowError]]:
    """Points and errors. `metric` is a column of keys, or the id when all rows are of one metric.

    `names` gives the ids of the keys that may be written to. `first_row` numbers the first row. With
    `skip_empty` an empty value means that there is no figure; else it is an error.
    """
    count = len(day.cells)
    dates = dates_parse(day.cells, order)
    bad = dates.is_null().to_numpy()
    values, empty = _values(value.cells, decimal)
    unread = values.is_null().to_numpy() & ~empty
    skip = empty if skip_empty else np.zeros(count, bool)
    id_column, unknown = _ids(metric, names, count)
    errors: list[RowError] = []

    def refuse(column: Column, which: BoolArray, problem: Callable[[str], str]) -> None:
        for position in map(int, np.flatnonzero(which & ~skip)):
            text = str(column.cells[position] or "").strip()
            errors.append(RowError(position + first_row, column.name, problem(text)))

    if isinstance(metric, Column):
        refuse(metric, unknown, metric_problem)
    refuse(day, bad, lambda text: date_problem(text, order))
    refuse(value, unread, lambda text: _value_problem(text, decimal))
    refuse(value, empty, lambda _: "There is no value. Write one, or leave the row out.")
    wrong = ((unknown | bad) & ~skip) | unread | empty
    if wrong.all():
        return points_empty(), errors
    rows = np.arange(first_row, first_row + count)
    day_numbers = (
        dates.fill_null(pl.lit(0).cast(pl.Date)).to_physical() if wrong.any() else dates.to_physical()
    )
    points = Points(
        id_column.astype(np.int32),
        day_numbers.to_numpy().astype("datetime64[D]"),
        values.fill_null(0.0).to_numpy() if wrong.any() else values.to_numpy(),
        rows,
    )
    return (points.take(~wrong) if wrong.any() else points), errors


def _ids(metric: Column | int, names: MetricNames, count: int) -> tuple[Any, BoolArray]:
    """The metric's id of each row, and which rows name none that is known."""
    if not isinstance(metric, Column):
        return np.full(count, metric, np.int32), np.zeros(count, bool)
    if not names:
        return np.zeros(count, np.int32), np.ones(count, bool)
    ids = metric.cells.str.strip_chars().replace_strict(
        list(names), list(names.values()), default=None, return_dtype=pl.Int32
    )
    return ids.fill_null(0).to_numpy(), ids.is_null().to_numpy()


def _values(cells: pl.Series, decimal: str) -> tuple[pl.Series, Any]:
    """The cells as numbers, null where they are none, and which cells are empty."""
    if cells.dtype != pl.String:
        return cells.cast(pl.Float64, strict=False), cells.is_null().to_numpy()
    text = cells.str.strip_chars()
    empty = (text.is_null() | (text == "")).fill_null(value=True).to_numpy()
    if decimal == ",":
        # a point would be a thousands separator here, which must not silently become a decimal one
        text = pl.select(pl.when(text.str.contains(".", literal=True)).then(None).otherwise(text)).to_series()
        text = text.str.replace(",", ".", literal=True)
    text = text.str.replace("−", "-", literal=True)
    return text.cast(pl.Float64, strict=False), empty


def _value_problem(text: str, decimal: str) -> str:
    shown = f"“{text.strip()[:40]}”"
    if text.strip().startswith(("=", "@")):
        return f"{shown} looks like a formula. Write the number itself."
    if decimal == "," and "." in text:
        return f"{shown} has a point, but the decimal sign is a comma. Write it without thousands separators."
    if decimal == "." and "," in text:
        return f"{shown} has a comma. Write it without thousands separators, or choose the decimal comma."
    return f"{shown} is not a number. Write digits only, without unit."


def metric_problem(text: str) -> str:
    """What is wrong with a metric's key."""
    if not text:
        return "There is no metric. Write its key."
    return f"There is no metric with the key “{text[:60]}” here. Create it first, or correct the key."
