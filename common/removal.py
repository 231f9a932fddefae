"""What a person added can be removed, and brought back: nothing is lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, TypeVar

from common.errors import ApplicationError
from common.locking import version_claim
from common.models import Removable

R = TypeVar("R", bound=Removable)


class RemovedError(ApplicationError):
    """It is removed, or it is not, and what was asked for needs the other."""


def row_remove(row: R, word: str, *, now: datetime, expected_version: int | None) -> R:
    """Removes `row`, in the caller's transaction. `word` names it: "event".

    Raises RemovedError when it is removed already, and ConflictError when somebody saved first.
    """
    version_claim(row, expected_version)
    row.refresh_from_db()
    if row.removed_at is not None:
        raise RemovedError(f"This {word} is removed already.")
    row.removed_at = now
    row.save(update_fields=["removed_at", "updated_at"])
    return row


def row_bring_back(row: R, word: str, *, expected_version: int | None) -> R:
    """Brings `row` back, in the caller's transaction; raises RemovedError when it is there, else as `row_remove`."""
    version_claim(row, expected_version)
    row.refresh_from_db()
    if row.removed_at is None:
        raise RemovedError(f"This {word} is there already.")
    row.removed_at = None
    row.save(update_fields=["removed_at", "updated_at"])
    return row


def row_to_change(row: R, word: str, *, expected_version: int | None) -> R:
    """`row` as it is stored, with its next version; raises RemovedError when it was removed, else as `row_remove`."""
    version_claim(row, expected_version)
    row.refresh_from_db()
    if row.removed_at is not None:
        raise RemovedError(f"This {word} was removed. Bring it back before you change it.")
    return row


def fields_set(row: Removable, values: Mapping[str, Any], allowed: Collection[str]) -> None:
    """Sets `values`; TypeError for a name that is none of `allowed`."""
    for name, value in values.items():
        if name not in allowed:
            raise TypeError(f"{type(row).__name__} has no {name}.")
        setattr(row, name, value)
