"""Audit events, ready to read: who did what, when, why, and which fields changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from common.display.parts import Change, HistoryEntry


def history_entries(events: Iterable[Any]) -> list[HistoryEntry]:
    """Entries in the order given. Fetch events with their actor, or each costs a query."""
    return [_entry(event) for event in events]


def _entry(event: Any) -> HistoryEntry:
    keys = [*event.before, *(key for key in event.after if key not in event.before)]
    changes = [
        Change(
            label=_label(key),
            before=_text(event.before.get(key)),
            after=_text(event.after.get(key)),
        )
        for key in keys
        if event.before.get(key) != event.after.get(key)
    ]
    who = str(event.actor) if event.actor_id else _service(event.service)
    return HistoryEntry(who=who, what=event.action, at=event.at, reason=event.reason, changes=changes)


def _service(service: str) -> str:
    return "Bearing" if service in {"", "system"} else f"Bearing ({service})"


def _label(key: str) -> str:
    return key.replace("_", " ").strip().capitalize()


def _text(value: Any) -> str:
    """A stored value as text: words for yes and no, lists with commas, nothing for nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(not isinstance(item, dict | list) for item in value):
        return ", ".join(_text(item) for item in value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
