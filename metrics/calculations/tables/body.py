"""The body of a bulk push: JSON rows, JSON columns or CSV, as three whole columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from metrics.calculations.points import RowError
from metrics.calculations.tables.columns import Column
from metrics.calculations.tables.csv import FileOptions, TableRefusedError, csv_columns, csv_guess

FIELDS = ("metric", "date", "value")
_SHAPE = 'Send [{"metric": …, "date": …, "value": …}, …] or {"metric": […], "date": […], "value": […]}.'


@dataclass(frozen=True)
class Body:
    """Three columns of equal length. `first_row` numbers the first figure."""

    metric: Column
    day: Column
    value: Column
    first_row: int = 1
    order: str = "iso"

    @property
    def keys(self) -> list[str]:
        """The metric keys in it, each once."""
        found = self.metric.cells.str.strip_chars().unique().to_list()
        return [key for key in found if key]


class BodyRefusedError(TableRefusedError):
    """Rows whose cells are of the wrong type; `errors` names them."""

    def __init__(self, errors: list[RowError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


def json_columns(content: bytes) -> Body:
    """A JSON body. TableRefusedError when it is no JSON or of another shape, BodyRefusedError by row."""
    try:
        data = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise TableRefusedError(f"This is no valid JSON: {error}. {_SHAPE}") from None
    if isinstance(data, dict):
        columns = _columns_of(data)
    elif isinstance(data, list):
        columns = _rows_of(data)
    else:
        raise TableRefusedError(_SHAPE)
    metric, day, value = columns
    return Body(
        Column("metric", _strings("metric", metric)),
        Column("date", _strings("date", day)),
        Column("value", _numbers(value)),
    )


def _columns_of(data: dict[str, Any]) -> list[list[Any]]:
    if set(data) != set(FIELDS):
        raise TableRefusedError(_SHAPE)
    if isinstance(data["metric"], str) and isinstance(data["date"], list):
        data["metric"] = [data["metric"]] * len(data["date"])  # one metric for all rows
    columns = [data[name] for name in FIELDS]
    if not all(isinstance(column, list) for column in columns):
        raise TableRefusedError(_SHAPE)
    lengths = [len(column) for column in columns]
    if len(set(lengths)) != 1:
        raise TableRefusedError(
            "The columns metric, date and value must be of equal length, not {}, {} and {}.".format(*lengths)
        )
    return columns


def _rows_of(data: list[Any]) -> list[list[Any]]:
    try:
        return [[row[name] for row in data] for name in FIELDS]
    except (TypeError, KeyError, IndexError):
        errors = []
        for number, row in enumerate(data, start=1):
            if not isinstance(row, dict):
                errors.append(RowError(number, "row", "Each row is an object with metric, date and value."))
            elif missing := [name for name in FIELDS if name not in row]:
                errors.append(RowError(number, missing[0], f"The row has no {missing[0]}."))
        raise BodyRefusedError(errors) from None


def _strings(name: str, cells: list[Any]) -> pl.Series:
    try:
        return pl.Series(name, cells, dtype=pl.String, strict=True)
    except (TypeError, pl.exceptions.PolarsError):
        errors = [
            RowError(number, name, f"The {name} must be text, not {_kind(cell)}.")
            for number, cell in enumerate(cells, start=1)
            if not isinstance(cell, str | None)
        ]
        raise BodyRefusedError(errors) from None


def _numbers(cells: list[Any]) -> pl.Series:
    if set(map(type, cells)) <= {float, int, type(None)}:
        return pl.Series(
            "value", list(map(_float, cells)) if int in set(map(type, cells)) else cells, dtype=pl.Float64
        )
    errors = [
        RowError(number, "value", f"The value must be a number, not {_kind(cell)}.")
        for number, cell in enumerate(cells, start=1)
        if isinstance(cell, bool) or not isinstance(cell, float | int | None)
    ]
    raise BodyRefusedError(errors)


def _float(cell: float | None) -> float | None:
    return None if cell is None else float(cell)


def _kind(cell: Any) -> str:
    words = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "an object",
    }
    return words.get(type(cell), "null")


def text_columns(content: bytes, max_rows: int) -> Body:
    """A CSV body with the columns metric, date and value; the separator is guessed, decimals have a point."""
    guess = csv_guess(content, {})
    options = FileOptions(
        encoding=guess.encoding, separator=guess.separator, layout="long", order=guess.order
    )
    metric, day, value, first_row = csv_columns(content, options, max_rows)
    return Body(metric, day, value, first_row, options.order)
