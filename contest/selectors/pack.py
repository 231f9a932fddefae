"""The parts of a frozen evidence pack that have to be put in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.display.values import plural, with_unit
from contest.models import Contest


@dataclass(frozen=True)
class BeliefRow:
    """A mapping as it stood, with a line for each missed quarter."""

    metric: str
    belief: str
    falsifier: str
    active: bool
    strength: int
    metric_up: bool
    goal_up: bool
    lag_weeks: int | None
    readings: Sequence[str]


def belief_rows(contest: Contest) -> list[BeliefRow]:
    """The pack's mappings, ready to show."""
    goal_up = contest.evidence.get("goal", {}).get("direction") != "decrease"
    return [_row(mapping, goal_up) for mapping in contest.evidence.get("mappings", [])]


def _row(mapping: Mapping[str, Any], goal_up: bool) -> BeliefRow:
    same = mapping["direction"] == "+"
    return BeliefRow(
        metric=mapping["metric"]["name"],
        belief=mapping["belief"],
        falsifier=mapping["falsifier"],
        active=mapping["active"],
        strength=mapping["strength"],
        metric_up=goal_up if same else not goal_up,
        goal_up=goal_up,
        lag_weeks=mapping["lag_weeks"],
        readings=[_reading(reading, mapping["metric"]) for reading in mapping["readings"]],
    )


def _reading(reading: Mapping[str, Any], metric: Mapping[str, Any]) -> str:
    if reading["met"] is None:
        word = "not known"
    else:
        word = "met" if reading["met"] else "missed"
    if not reading["targets"]:
        return f"{reading['label']}: {word}, no team had a target on it"
    value = with_unit(reading["value"], metric["unit"], metric["decimals"])
    reached = f"{reading['reached']} of {plural(reading['targets'], 'team target')} reached"
    return f"{reading['label']}: {word}, {value}, {reached}"
