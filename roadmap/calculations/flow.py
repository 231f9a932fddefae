"""In which stage a card stands, since when, and whether a change of stage is a step forward."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from roadmap.boards.stages import DISCARDED, RELEASED, STAGES, VERIFIED

# What a card counts as that its tool has closed while it stood in a column before Released.
CLOSED_AS_COLUMN = "column"
CLOSED_AS_DEFAULT = RELEASED
_ORDER = {stage: place for place, stage in enumerate(STAGES)}


def card_stage(*, column_stage: str, closed: bool, closed_as: str = CLOSED_AS_DEFAULT) -> str:
    """The stage of a card: its column's, unless the tool closed the card before it was released. "" is unknown."""
    if not closed or closed_as == CLOSED_AS_COLUMN or column_stage in {RELEASED, VERIFIED, DISCARDED}:
        return column_stage
    return closed_as


@dataclass(frozen=True, slots=True)
class Step:
    """One move, with the columns by their ids."""

    at: datetime
    from_column: int | None
    to_column: int | None


def stage_entered_at(
    steps: Iterable[Step], *, stage: str, stages: Mapping[int, str], column_since: datetime | None
) -> datetime | None:
    """When the card came into `stage`, which several columns may share; None when nothing is known.

    `steps` are the card's moves, newest first; `stages` gives the stage of each column; `column_since` is when it
    came into its present column.
    """
    entered = column_since
    for step in steps:
        if stages.get(step.to_column or 0) != stage:
            break
        entered = step.at
        # A step from a column of the same stage did not enter the stage: look further back.
        if step.from_column is not None and stages.get(step.from_column) != stage:
            break
    return entered


def stage_change(before: str, after: str) -> str:
    """How a card's stage changed: advanced, moved_back, discarded, placed, unplaced, or "" for not at all."""
    if before == after:
        return ""
    if after == DISCARDED:
        return "discarded"
    if not after:
        return "unplaced"
    if not before:
        return "placed"
    if before == DISCARDED:
        return "moved_back"
    return "advanced" if _ORDER[after] > _ORDER[before] else "moved_back"
