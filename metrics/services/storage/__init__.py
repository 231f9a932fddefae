"""How figures reach their tables, for the database in use. Only metrics.services calls this."""

from __future__ import annotations

from django.db import connection

from metrics.services.storage.base import Storage
from metrics.services.storage.postgres import PostgresStorage
from metrics.services.storage.sqlite import SqliteStorage

__all__ = ["Storage", "storage_get"]


def storage_get() -> Storage:
    """The storage of the default database. NotImplementedError for one that figures cannot live in."""
    if connection.vendor == "postgresql":
        return PostgresStorage(connection)
    if connection.vendor == "sqlite":
        return SqliteStorage(connection)
    raise NotImplementedError(f"Figures are stored on PostgreSQL or SQLite, not on {connection.vendor}.")
