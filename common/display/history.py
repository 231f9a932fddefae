"""Audit events, ready to read: who did what, when, why, and which fields changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from common.display.parts import Change, HistoryEntry
from common.display.values import day_time, long_date

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")
# Fields that hold one of our own words; elsewhere an underscore may be part of a person's text or of a key.
_CODED = frozenset(
    [
        "aggregation",
        "case",
        "cause",
        "direction",
        "frequency",
        "horizon",
        "kind",
        "origin",
        "outcome",
        "phase",
        "role",
        "stage",
        "state",
        "status",
        "streak_policy",
        "verdict",
    ]
)

# Fields that people know by another name than their key.
_LABELS = {
    "effect": "Expected effect",
    "falsifier": "What would prove us wrong",
    "lag_weeks": "Lag in weeks",
    "review_on": "Next review",
}

# Values that mean nothing without the list they are from.
_MEANINGS = {
    ("direction", "+"): "moves the same way",
    ("direction", "-"): "moves the other way",
    ("strength", "1"): "weak",
    ("strength", "2"): "medium",
    ("strength", "3"): "strong",
}


def history_entries(events: Iterable[Any]) -> list[HistoryEntry]:
    """Entries in the order given. Fetch events with their actor, or each costs a query."""
    return [_entry(event) for event in events]


def _entry(event: Any) -> HistoryEntry:
    keys = [*event.before, *(key for key in event.after if key not in event.before)]
    changes = [
        Change(
            label=_label(key),
            before=_value(key, event.before.get(key)),
            after=_value(key, event.after.get(key)),
        )
        for key in keys
        if event.before.get(key) != event.after.get(key)
    ]
    who = str(event.actor) if event.actor_id else _service(event.service)
    return HistoryEntry(who=who, what=event.action, at=event.at, reason=event.reason, changes=changes)


def _service(service: str) -> str:
    return "Bearing" if service in {"", "system"} else f"Bearing ({service})"


def _label(key: str) -> str:
    words = key.replace("_", " ").strip()
    return _LABELS.get(key) or words[:1].upper() + words[1:]


def _value(key: str, value: Any) -> str:
    text = _text(value)
    return _MEANINGS.get((key, text)) or (text.replace("_", " ") if key in _CODED else text)


def _text(value: Any) -> str:
    """A stored value as text: words for yes and no, dates as people write them, lists with commas, nothing for nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(not isinstance(item, dict | list) for item in value):
        return ", ".join(_text(item) for item in value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    try:
        if _DAY.fullmatch(text):
            return long_date(date.fromisoformat(text))
        if _MOMENT.fullmatch(text):
            return day_time(datetime.fromisoformat(text))
    except ValueError:  # shaped like a date, and none
        return text
    return text
