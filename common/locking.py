"""Optimistic locking: a save states the version it was based on, and loses when somebody was quicker."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import F

from common.errors import ConflictError
from common.models import Versioned

M = TypeVar("M", bound=Versioned)


def version_claim(instance: M, expected_version: int | None) -> M:
    """Takes the next version of `instance` inside the caller's transaction.

    Raises ConflictError (with the row as it stands) when the stored version is not `expected_version`.
    None claims whatever is stored; only system writes may do that.
    """
    manager = type(instance)._default_manager
    rows = manager.filter(pk=instance.pk)
    if expected_version is not None:
        rows = rows.filter(version=expected_version)
    if rows.update(version=F("version") + 1) != 1:
        raise ConflictError(manager.get(pk=instance.pk))
    instance.version = manager.values_list("version", flat=True).get(pk=instance.pk)
    return instance
