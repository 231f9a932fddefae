"""The tables of figures keep the shape that bulk loads and covering reads need."""

from __future__ import annotations

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db
TABLES = ["metrics_observation", "metrics_metricquarter"]


def rows(sql: str, *params: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


@pytest.mark.parametrize("table", TABLES)
def test_the_table_keeps_its_shape(table: str) -> None:
    if connection.vendor == "sqlite":
        sqlite_shape(table)
    else:
        postgres_shape(table)


def sqlite_shape(table: str) -> None:
    ((sql,),) = rows("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", table)
    indexes = rows(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL", table
    )

    assert "WITHOUT ROWID" in str(sql), "A migration rebuilt the table. Make it again in SQL (see 0001)."
    assert "REFERENCES" not in str(sql)
    assert indexes == []


def postgres_shape(table: str) -> None:
    kinds = rows(
        "SELECT data_type FROM information_schema.columns WHERE table_name = %s AND column_name = 'metric_id'",
        table,
    )
    triggers = rows("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass", table)
    indexes = rows("SELECT indexdef FROM pg_indexes WHERE tablename = %s", table)

    assert kinds == [("integer",)]
    assert triggers == [], "A foreign-key trigger costs a bulk load more than all the rest."
    assert len(indexes) == 1, "Every further index costs the bulk load."
    covered = {
        "metrics_observation": "(metric_id, date) INCLUDE (value)",
        "metrics_metricquarter": "(metric_id, quarter_start)",
    }
    assert "UNIQUE" in str(indexes[0][0])
    assert covered[table] in str(indexes[0][0])
