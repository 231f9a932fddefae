"""A database that threads share, for tests in which several workers begin at once."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def shared_database(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """On SQLite a file, as the app has it: a database in memory knows no waiting for another thread's write."""
    from django.db import connection

    if connection.vendor != "sqlite":
        yield
        return
    name, kept = connection.settings_dict["NAME"], connection.connection
    path = tmp_path / "shared.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as copy:
        kept.backup(copy)
    connection.connection, connection.settings_dict["NAME"] = None, str(path)
    try:
        yield
    finally:
        connection.close()
        connection.connection, connection.settings_dict["NAME"] = kept, name
