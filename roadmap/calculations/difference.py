"""What changed between two editions of one product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from roadmap.boards.stages import DISCARDED, RELEASED, VERIFIED
from roadmap.calculations.flow import stage_change

NEW = "new"
UNCHANGED = "unchanged"
FINISHED_STAGES = frozenset({RELEASED, VERIFIED, DISCARDED})
# In the order in which they are told.
KINDS = (
    "new",
    "advanced",
    "moved_back",
    "discarded",
    "placed",
    "unplaced",
    "vanished",
    "re_pointed",
    "blocked",
    "unblocked",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardState:
    """What an edition knows of one card; `card` is its id, the same in every edition."""

    card: int
    key: str
    title: str
    team: str
    stage: str
    metric: int | None
    metric_name: str
    blocked: bool
    weeks_unchanged: int = 0

    @property
    def in_hand(self) -> bool:
        """Work that is not released, verified or discarded yet."""
        return self.stage not in FINISHED_STAGES


@dataclass(frozen=True, slots=True)
class CardChange:
    """A card's own part of the difference: the change of its stage and how many weeks it has stood still."""

    change: str
    weeks_unchanged: int


@dataclass(frozen=True, slots=True)
class Difference:
    """The lists by kind, as an edition keeps them, and each present card's own change."""

    lists: Mapping[str, list[dict[str, Any]]]
    cards: Mapping[int, CardChange]


def difference_of(
    before: Sequence[CardState] | None, after: Sequence[CardState], *, weeks: int = 1
) -> Difference:
    """The difference that leads from one edition to the next; `weeks` lie between them.

    `before` is None for the first edition, which differs from nothing. A card can stand in two lists: moved on and
    pointed at another metric.
    """
    lists: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    if before is None:
        return Difference(lists, {state.card: CardChange("", 0) for state in after})
    old = {state.card: state for state in before}
    own: dict[int, CardChange] = {}
    for state in after:
        was = old.get(state.card)
        if was is None:
            lists[NEW].append(_entry(state, to=state.stage))
            own[state.card] = CardChange(NEW, 0)
            continue
        change = stage_change(was.stage, state.stage)
        if change:
            lists[change].append(_entry(state, source=was.stage, to=state.stage))
        if was.metric != state.metric:
            lists["re_pointed"].append(_entry(state, source=was.metric_name, to=state.metric_name))
        if was.blocked != state.blocked:
            lists["blocked" if state.blocked else "unblocked"].append(_entry(state, to=state.stage))
        own[state.card] = CardChange(change or UNCHANGED, 0 if change else was.weeks_unchanged + weeks)
    present = {state.card for state in after}
    lists["vanished"] = [_entry(state, source=state.stage) for state in before if state.card not in present]
    return Difference(lists, own)


def _entry(state: CardState, *, source: str = "", to: str = "") -> dict[str, Any]:
    return {
        "card": state.card,
        "key": state.key,
        "title": state.title,
        "team": state.team,
        "from": source,
        "to": to,
    }
