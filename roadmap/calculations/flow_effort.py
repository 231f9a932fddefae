"""Where the work goes: cards by goal and by what the data say of the belief behind them. Counted in cards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

NO_METRIC, NO_GOAL = "no_metric", "no_goal"
UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class EffortCard:
    """A card that is in hand, or was first released in the period, or both (it was taken up again)."""

    metric: int | None
    in_hand: bool
    released: bool


@dataclass(frozen=True, slots=True)
class Belief:
    """An active mapping: goal and metric by id, and its stated verdict ("untested" without one)."""

    goal: int
    metric: int
    verdict: str = UNTESTED
    reason: str = ""


@dataclass(slots=True)
class Effort:
    """Cards in hand and cards first released in the period."""

    in_hand: int = 0
    released: int = 0

    @property
    def total(self) -> int:
        """Whether there is any work at all."""
        return self.in_hand + self.released

    def add(self, card: EffortCard) -> None:
        """Counts one card."""
        self.in_hand += card.in_hand
        self.released += card.released


@dataclass(slots=True)
class EffortByBelief:
    """`goals` by id and `verdicts` by (verdict, reason), each card once in each; what serves none apart.

    One card can serve two goals, or two beliefs of unlike verdict, so rows may sum to more than `total`.
    """

    goals: dict[int, Effort]
    verdicts: dict[tuple[str, str], Effort] = field(default_factory=dict)
    no_metric: Effort = field(default_factory=Effort)
    no_goal: Effort = field(default_factory=Effort)
    total: Effort = field(default_factory=Effort)

    @property
    def idle_goals(self) -> list[int]:
        """Goals with nothing in hand and nothing released."""
        return [goal for goal, effort in self.goals.items() if not effort.total]


def effort_by_belief(
    cards: Iterable[EffortCard], *, goals: Iterable[int], beliefs: Sequence[Belief]
) -> EffortByBelief:
    """Counts cards by the active goals that their metric is mapped to, and by the stated verdicts of those mappings.

    Goals and beliefs are those of today, for released cards too: the question is where the work points now.
    """
    effort = EffortByBelief({goal: Effort() for goal in goals})
    by_metric: dict[int, list[Belief]] = {}
    for belief in beliefs:
        if belief.goal in effort.goals:
            by_metric.setdefault(belief.metric, []).append(belief)
    for card in cards:
        effort.total.add(card)
        if card.metric is None:
            effort.no_metric.add(card)
            continue
        served = by_metric.get(card.metric, [])
        if not served:
            effort.no_goal.add(card)
        for goal in {belief.goal for belief in served}:
            effort.goals[goal].add(card)
        for verdict in {(belief.verdict, belief.reason) for belief in served}:
            effort.verdicts.setdefault(verdict, Effort()).add(card)
    return effort
