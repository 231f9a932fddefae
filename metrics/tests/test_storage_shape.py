"""The tables of figures keep the shape that bulk loads and covering reads need."""

from __future__ import annotations

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db
TABLES = ["metrics_observation", "metrics_metricquarter"]


def rows(sql: str, *params: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the shape on SQLite")
@pytest.mark.parametrize("table", TABLES)
def test_the_table_has_no_rowid(table: str) -> None:
    ((sql,),) = rows("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", table)

    assert "WITHOUT ROWID" in str(sql), "A migration rebuilt the table. Make it again in SQL (see 0001)."
    assert "REFERENCES" not in str(sql)
    assert (
        rows(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL", table
        )
        == []
    )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the shape on PostgreSQL")
def test_the_one_index_covers_the_value() -> None:
    found = rows("SELECT indexdef FROM pg_indexes WHERE tablename = 'metrics_observation'")

    assert len(found) == 1, "Every further index costs the bulk load."
    assert "UNIQUE" in str(found[0][0])
    assert "(metric_id, date) INCLUDE (value)" in str(found[0][0])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the shape on PostgreSQL")
@pytest.mark.parametrize("table", TABLES)
def test_the_metric_is_four_bytes_and_has_no_trigger(table: str) -> None:
    kinds = rows(
        "SELECT data_type FROM information_schema.columns WHERE table_name = %s AND column_name = 'metric_id'",
        table,
    )
    triggers = rows("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass", table)
    indexes = rows("SELECT indexname FROM pg_indexes WHERE tablename = %s", table)

    assert kinds == [("integer",)]
    assert triggers == []
    assert len(indexes) == 1
