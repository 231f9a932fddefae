"""The whole database as plain values, to see whether something changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.apps import apps


def database_snapshot(*, without: Collection[str] = (), ignore: Collection[str] = ()) -> dict[str, list[Any]]:
    """Every row of every table by model label, but those `without`; fields named in `ignore` are left out."""
    snapshot = {}
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.label_lower
        if label in without or not model._meta.managed or model._meta.proxy:
            continue
        names = [field.attname for field in model._meta.concrete_fields if field.attname not in ignore]
        rows = model._base_manager.order_by().values_list(*names)
        snapshot[label] = sorted((dict(zip(names, row, strict=True)) for row in rows), key=repr)
    return snapshot


def snapshot_difference(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The rows that are in one of the snapshots only, by model label."""
    found = {}
    for label in before.keys() | after.keys():
        old, new = before.get(label, []), after.get(label, [])
        rows = [row for row in new if row not in old] + [row for row in old if row not in new]
        if rows:
            found[label] = rows
    return found
