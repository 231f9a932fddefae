"""The chosen entry becomes the goal's future. Whoever chooses it, a vote or a person, it happens here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contest.errors import DecisionNotApplicableError
from contest.models import Proposal
from contest.selectors.facts import REPLACED, GoalToday
from strategy.models import GoalVersion, Mapping
from strategy.services import (
    goal_streak_restart,
    goal_version_create,
    mapping_adjust,
    mapping_create,
    mapping_retire,
)
from teams.models import User


@dataclass(frozen=True)
class Applied:
    """What was written: the goal's next version if there is one, and whether a later day has still to act."""

    version: GoalVersion | None = None
    waits: bool = False


@dataclass(frozen=True)
class _Decision:
    proposal: Proposal
    today: GoalToday
    actor: User | None
    reason: str
    now: datetime

    @property
    def holds_from(self) -> date:
        return self.today.first_quarter.start

    def version_create(self, changes: dict[str, Any]) -> GoalVersion:
        """The goal's next version, which also starts the streak at 0."""
        version = goal_version_create(
            goal=self.today.goal,
            changes=changes,
            actor=self.actor,
            reason=self.reason,
            now=self.now,
            origin=GoalVersion.Origin.CONTEST,
        )
        if version.effective_from != self.holds_from:
            raise AssertionError("A decision holds from the next quarter's first day.")
        return version


def entry_apply(
    *, proposal: Proposal, today: GoalToday, actor: User | None, reason: str, now: datetime
) -> Applied:
    """Carries out the entry from the next quarter's first day on, and starts the goal's streak at 0.

    Raises DecisionNotApplicableError when nothing of it can be done any more, and the strategy app's own errors
    when a part of it cannot stand; nothing is written then.
    """
    decision = _Decision(proposal, today, actor, reason, now)
    if proposal.kind == Proposal.Kind.REVISE_TARGET:
        return Applied(decision.version_create({"targets": _targets(decision)}))
    if proposal.kind == Proposal.Kind.REPLACE_GOAL:
        return Applied(decision.version_create(_replacement(decision)))
    if proposal.kind == Proposal.Kind.CHANGE_MAPPINGS:
        _mappings_change(decision)
        return Applied(decision.version_create({}))
    goal_streak_restart(goal=today.goal, now=now, actor=actor, reason=reason)
    return Applied(waits=proposal.kind == Proposal.Kind.RETIRE_GOAL)


def _targets(decision: _Decision) -> list[Any]:
    targets = decision.today.targets(decision.proposal.change)
    if all(target.is_empty for target in targets):
        raise DecisionNotApplicableError(
            f"All quarters for which this proposal names a target begin before {decision.today.first_quarter.label}. "
            "Its authors can add later ones."
        )
    return targets


def _replacement(decision: _Decision) -> dict[str, Any]:
    change = decision.proposal.change
    metric = decision.today.metrics.get(change["metric"])
    if metric is None:
        raise DecisionNotApplicableError(
            "The metric of this proposal is archived or gone. Bring it back, or choose another entry."
        )
    return {**{name: change[name] for name in REPLACED}, "metric": metric, "targets": _targets(decision)}


def _mappings_change(decision: _Decision) -> None:
    """Retires first, so that what is added finds its place free. Parts whose mapping is gone are left out."""
    order = {"retire": 0, "revise": 1, "add": 2}
    items = sorted(decision.proposal.change["changes"], key=lambda item: order[item["action"]])
    done = [_mapping_change(decision, item) for item in items]
    if not any(done):
        raise DecisionNotApplicableError(
            "The mappings that this proposal changes are not active any more. Choose another entry."
        )


def _mapping_change(decision: _Decision, item: dict[str, Any]) -> bool:
    if item["action"] == "add":
        return _mapping_add(decision, item)
    mapping = Mapping.objects.active().filter(goal=decision.today.goal, pk=item["mapping"]).first()
    if mapping is None:
        return False
    if item["action"] == "retire":
        mapping_retire(
            mapping=mapping,
            actor=decision.actor,
            reason=item["reason"],
            now=decision.now,
            active_until=decision.holds_from,
        )
        return True
    changes = {name: value for name, value in item.items() if name not in {"action", "mapping"}}
    mapping_adjust(
        mapping=mapping,
        changes=changes,
        actor=decision.actor,
        reason=decision.reason,
        now=decision.now,
        effective_from=decision.holds_from,
    )
    return True


def _mapping_add(decision: _Decision, item: dict[str, Any]) -> bool:
    metric = decision.today.metrics.get(item["metric"])
    if metric is None:
        return False
    values = {name: value for name, value in item.items() if name not in {"action", "metric"}}
    mapping_create(
        goal=decision.today.goal,
        metric=metric,
        owner=decision.today.version.owner,
        actor=decision.actor,
        now=decision.now,
        active_from=decision.holds_from,
        reason=decision.reason,
        **values,
    )
    return True
