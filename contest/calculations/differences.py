"""What a proposal does to the goal's mappings, as rows ready to show. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from common.display.parts import Change
from contest.calculations.changes import MappingFact

SIGN_WORDS = {"+": "moves the same way", "-": "moves the other way"}
STRENGTH_WORDS = {1: "weak", 2: "medium", 3: "strong"}
BELIEF_LABELS = {
    "belief": "belief",
    "direction": "expected direction",
    "effect": "expected effect",
    "lag_weeks": "expected lag",
    "strength": "strength",
    "falsifier": "what would prove us wrong",
}


def mapping_rows(
    changes: Sequence[Mapping[str, Any]], *, names: Mapping[str, str], mappings: Mapping[int, MappingFact]
) -> list[Change]:
    """Rows of a "change mappings" proposal: the label, what holds today, what would hold.

    names: of metrics, by key. mappings: the goal's active ones, by number.
    """
    return [row for item in changes for row in _rows(item, names, mappings)]


def _rows(
    item: Mapping[str, Any], names: Mapping[str, str], mappings: Mapping[int, MappingFact]
) -> list[Change]:
    if item["action"] == "add":
        return [Change(f"Add {names.get(item['metric'], item['metric'])}", "", belief_words(item))]
    fact = mappings.get(item["mapping"])
    if fact is None:
        return [Change("A mapping", "", "No longer active, so this part is left out")]
    if item["action"] == "retire":
        return [Change(f"Retire {fact.metric_name}", fact.belief, ""), Change("Because", "", item["reason"])]
    return [
        Change(f"{fact.metric_name}: {label}", _shown(name, getattr(fact, name)), _shown(name, item[name]))
        for name, label in BELIEF_LABELS.items()
        if name in item
    ]


def belief_words(item: Mapping[str, Any]) -> str:
    """A belief in one line: its sentence, direction, lag and strength."""
    return (
        f"{item['belief']} (goal {SIGN_WORDS[item['direction']]}, lag {_weeks(item['lag_weeks'])}, "
        f"{STRENGTH_WORDS[item['strength']]} belief)"
    )


def _weeks(count: int | None) -> str:
    return "not named" if count is None else f"{count} {'week' if count == 1 else 'weeks'}"


def _shown(name: str, value: Any) -> str:
    if name == "lag_weeks":
        return _weeks(value)
    if value is None or value == "":
        return ""
    if name == "direction":
        return SIGN_WORDS[value]
    if name == "strength":
        return STRENGTH_WORDS[value]
    return f"{value:g}" if isinstance(value, float) else str(value)
