"""Effort by belief, ready to show: which goals and which verdicts the work serves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from common.display.values import number, plural
from roadmap.calculations.flow_effort import (
    UNTESTED,
    Belief,
    Effort,
    EffortByBelief,
    EffortCard,
    effort_by_belief,
)
from roadmap.selectors.goals import GoalRef

CONTRADICTED = "contradicted"
# What asks for a decision first.
_VERDICTS = (
    (CONTRADICTED, "opposite"),
    (CONTRADICTED, "too_small"),
    (CONTRADICTED, ""),
    ("inconclusive", ""),
    ("not_enough_data", ""),
    (UNTESTED, ""),
    ("supported", ""),
)


@dataclass(frozen=True, slots=True)
class GoalEffort:
    """One goal, and the cards that serve it; `mapped` is False for a goal that no metric is mapped to."""

    goal: GoalRef
    effort: Effort
    mapped: bool


@dataclass(frozen=True, slots=True)
class VerdictEffort:
    """One verdict, as a badge takes it, and the cards on beliefs of it."""

    code: str
    reason: str
    effort: Effort


@dataclass(frozen=True, slots=True)
class EffortView:
    """Rows with most in hand first, goals without work last; `most` is the longest bar."""

    goals: list[GoalEffort]
    verdicts: list[VerdictEffort]
    no_metric: Effort
    no_goal: Effort
    total: Effort
    most: int
    goal_finding: str
    verdict_finding: str


def effort_view(
    cards: Iterable[EffortCard],
    *,
    goals: Mapping[int, GoalRef],
    beliefs: Sequence[Belief],
    of_team: bool = False,
) -> EffortView:
    """Counts the cards and says the two things that matter: what serves no goal, and what serves a belief in doubt.

    That one team's work leaves a goal alone is no finding, so for a team it says how many goals it serves.
    """
    cards = list(cards)
    effort = effort_by_belief(cards, goals=goals, beliefs=beliefs)
    mapped = {belief.goal for belief in beliefs}
    rows = [GoalEffort(ref, effort.goals[pk], pk in mapped) for pk, ref in goals.items()]
    rows.sort(key=lambda row: (-row.effort.in_hand, -row.effort.released))
    verdicts = [
        VerdictEffort(code, reason, effort.verdicts[code, reason])
        for code, reason in _VERDICTS
        if (code, reason) in effort.verdicts
    ]
    everything = [*effort.goals.values(), *effort.verdicts.values(), effort.no_metric, effort.no_goal]
    return EffortView(
        goals=rows,
        verdicts=verdicts,
        no_metric=effort.no_metric,
        no_goal=effort.no_goal,
        total=effort.total,
        most=max([row.in_hand for row in everything] + [1]),
        goal_finding=_goal_finding(effort, of_team=of_team),
        verdict_finding=_verdict_finding(cards, effort, beliefs),
    )


def _goal_finding(effort: EffortByBelief, *, of_team: bool) -> str:
    if not effort.total.in_hand:
        return "No work in hand."
    aimless = effort.no_metric.in_hand + effort.no_goal.in_hand
    serve = "serves" if aimless == 1 else "serve"
    words = [f"{number(aimless)} of {plural(effort.total.in_hand, 'card')} in hand {serve} no goal."]
    idle, goals = len(effort.idle_goals), len(effort.goals)
    if of_team and goals:
        words.append(f"The team’s work serves {number(goals - idle)} of {plural(goals, 'goal')}.")
    elif idle:
        words.append(f"{plural(idle, 'goal')} {'has' if idle == 1 else 'have'} no work at all.")
    return " ".join(words)


def _verdict_finding(cards: Iterable[EffortCard], effort: EffortByBelief, beliefs: Sequence[Belief]) -> str:
    if not effort.total.in_hand:
        return ""
    doubted = {
        belief.metric for belief in beliefs if belief.verdict == CONTRADICTED and belief.goal in effort.goals
    }
    on_doubted = sum(1 for card in cards if card.in_hand and card.metric in doubted)
    point = "points" if on_doubted == 1 else "point"
    return (
        f"{number(on_doubted)} of {plural(effort.total.in_hand, 'card')} in hand {point} at a belief "
        "that the data contradict."
    )
