"""Figures in SQLite. Uses the bare connection: Django's cursor costs three times the statement itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db.backends.base.base import BaseDatabaseWrapper

from metrics.calculations.points import Days, Floats, Ids, Ints, keys_of, keys_split
from metrics.calculations.rollup import QUARTER, Changes, Quarters

NAMES = tuple(QUARTER.names or ())
FIGURE = np.dtype([("metric_id", "i4"), ("day", "i8"), ("value", "f8")])
# Days since 1970, counted by SQLite: parsing a date's text afterwards takes ten times as long.
DAY_NUMBER = "CAST(julianday(date) - 2440587.5 AS INTEGER)"
# Read as expressions (date || ''), or Python's sqlite3 turns each into a date object, the slowest step of all.
QUARTER_DATES = ("quarter_start", "quarter_end", "last_date")


class SqliteStorage:
    """See Storage."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        connection.ensure_connection()
        self.connection = connection
        self.raw: Any = connection.connection

    def lock(self) -> None:
        # Transactions begin IMMEDIATE, so that there is only ever one writer; see config.settings.
        return

    def stored_read(self, metric_ids: Ids, first: Days, last: Days) -> tuple[Ints, Floats]:
        rows = self._range_read(
            f"metric_id, {DAY_NUMBER}, value", "metrics_observation", "date", metric_ids, first, last
        )
        table = np.array(rows, dtype=FIGURE)
        keys = keys_of(table["metric_id"], table["day"].astype("datetime64[D]"))
        if (np.diff(keys) >= 0).all():
            return keys, table["value"]
        order = np.argsort(keys, kind="stable")
        return keys[order], table["value"][order]

    def quarters_read(self, metric_ids: Ids, first: Days, last: Days) -> Quarters:
        names = ", ".join(f"{name} || ''" if name in QUARTER_DATES else name for name in NAMES)
        rows = self._range_read(names, "metrics_metricquarter", "quarter_start", metric_ids, first, last)
        result = np.empty(len(rows), QUARTER)
        if rows:
            for name, column in zip(NAMES, zip(*rows, strict=True), strict=True):
                result[name] = (
                    np.array(column, "datetime64[D]").astype(np.int64) if name in QUARTER_DATES else column
                )
        return result

    def _range_read(
        self, names: str, table: str, column: str, metric_ids: Ids, first: Days, last: Days
    ) -> list[Any]:
        """Rows of each metric in its own range; one statement when the range is common."""
        if not len(metric_ids):
            return []
        starts, ends = np.datetime_as_string(first).tolist(), np.datetime_as_string(last).tolist()
        cursor = self.raw.cursor()
        if len(set(starts)) == len(set(ends)) == 1:
            sql = (
                f"SELECT {names} FROM {table} WHERE metric_id IN (SELECT value FROM json_each(?))"  # noqa: S608
                f" AND {column} BETWEEN ? AND ?"
            )
            rows: list[Any] = cursor.execute(
                sql, (json.dumps(metric_ids.tolist()), starts[0], ends[0])
            ).fetchall()
            return rows
        sql = f"SELECT {names} FROM {table} WHERE metric_id = ? AND {column} BETWEEN ? AND ?"  # noqa: S608
        rows = []
        for wanted in zip(metric_ids.tolist(), starts, ends, strict=True):
            rows += cursor.execute(sql, wanted).fetchall()
        return rows

    def changes_write(self, changes: Changes) -> None:
        kept = ~changes.deleted
        ids, dates = keys_split(changes.keys)
        days = _day_texts(dates)
        cursor = self.raw.cursor()
        if kept.any():
            cursor.executemany(
                "INSERT INTO metrics_observation (metric_id, date, value) VALUES (?, ?, ?)"
                " ON CONFLICT (metric_id, date) DO UPDATE SET value = excluded.value",
                zip(ids[kept].tolist(), days[kept].tolist(), changes.new[kept].tolist(), strict=True),
            )
        if not kept.all():
            cursor.executemany(
                "DELETE FROM metrics_observation WHERE metric_id = ? AND date = ?",
                zip(ids[~kept].tolist(), days[~kept].tolist(), strict=True),
            )

    def revisions_write(self, changes: Changes, *, run_id: int, at: datetime) -> None:
        chosen = ~changes.created
        if not chosen.any():
            return
        ids, dates = keys_split(changes.keys[chosen])
        new = [None if value != value else value for value in changes.new[chosen].tolist()]
        moment = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        self.raw.cursor().executemany(
            "INSERT INTO metrics_observationrevision (metric_id, date, old_value, new_value, run_id, at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                (metric_id, day, old, value, run_id, moment)
                for metric_id, day, old, value in zip(
                    ids.tolist(),
                    _day_texts(dates).tolist(),
                    changes.old[chosen].tolist(),
                    new,
                    strict=True,
                )
            ),
        )

    def run_metrics_write(self, metric_ids: Ids, figures: Ints, *, run_id: int) -> None:
        self.raw.cursor().executemany(
            "INSERT INTO metrics_importrunmetric (metric_id, run_id, figures) VALUES (?, ?, ?)"
            " ON CONFLICT (metric_id, run_id) DO UPDATE SET figures = metrics_importrunmetric.figures + EXCLUDED.figures",
            ((pk, run_id, number) for pk, number in zip(metric_ids.tolist(), figures.tolist(), strict=True)),
        )

    def quarters_write(self, rows: Quarters) -> None:
        if not len(rows):
            return
        fresh = ", ".join(f"{name} = excluded.{name}" for name in NAMES[2:])
        places = ", ".join("?" for _ in NAMES)
        self.raw.cursor().executemany(
            f"INSERT INTO metrics_metricquarter ({', '.join(NAMES)}) VALUES ({places})"  # noqa: S608 - fixed names
            f" ON CONFLICT (metric_id, quarter_start) DO UPDATE SET {fresh}",
            zip(*(_column(rows, name) for name in NAMES), strict=True),
        )

    def quarters_add(self, rows: Quarters) -> None:
        self.quarters_write(rows)

    def quarters_delete(self, rows: Quarters) -> None:
        self.raw.cursor().executemany(
            "DELETE FROM metrics_metricquarter WHERE metric_id = ? AND quarter_start = ?",
            zip(_column(rows, "metric_id"), _column(rows, "quarter_start"), strict=True),
        )


def _column(rows: Quarters, name: str) -> list[Any]:
    column: list[Any] = (
        np.datetime_as_string(rows[name].astype("datetime64[D]")).tolist()
        if name in QUARTER_DATES
        else rows[name].tolist()
    )
    return column


def _day_texts(dates: Days) -> Any:
    """Dates as ISO text. Each day is written once: a batch holds many figures of few days."""
    if not len(dates):
        return np.empty(0, object)
    numbers = dates.astype(np.int64)
    low = int(numbers.min())
    span = np.arange(low, int(numbers.max()) + 1).astype("datetime64[D]")
    if len(span) > 4 * len(dates) + 1000:
        return np.datetime_as_string(dates).astype(object)
    return np.datetime_as_string(span).astype(object)[numbers - low]
