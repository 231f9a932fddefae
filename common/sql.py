"""Statements of our own, for the few reads where models cost more than the database does. Values are always parameters."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from datetime import date
from operator import itemgetter
from typing import Any

from django.db import connection

_first = itemgetter(0)


def sql_rows(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Every row that `sql` answers with, as plain tuples; columns of dates are dates on either database."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def sql_groups(sql: str, params: Sequence[Any] = ()) -> dict[Any, tuple[tuple[Any, ...], ...]]:
    """The rows by their first column, by which `sql` has to order them; each row is whole, that column included."""
    return {key: tuple(rows) for key, rows in itertools.groupby(sql_rows(sql, params), _first)}


def one_of(values: Iterable[int | str | date]) -> tuple[str, Any]:
    """What follows a column that must be one of `values`, and the single parameter it takes, however many there are."""
    wanted = list(values)
    if connection.vendor == "postgresql":
        # As one text where nothing in it needs quoting: a list is read by the database as an expression a value.
        plain = all(type(value) is int or isinstance(value, date) for value in wanted)
        return "= ANY(%s)", "{" + ",".join(map(str, wanted)) + "}" if plain else wanted
    return "IN (SELECT value FROM json_each(%s))", json.dumps(
        [value.isoformat() if isinstance(value, date) else value for value in wanted]
    )
