"""What a goal's version says, as one plain value that can be compared, changed and written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, NamedTuple

from strategy.models import GoalTarget, GoalVersion

# An edit of these holds at once; an edit of anything else holds from the next quarter.
WORDS = frozenset({"title", "bet", "owner", "horizon", "guardrails"})


class TargetContent(NamedTuple):
    """A quarter's target: a value, or the two edges of a band."""

    quarter_start: date
    quarter_end: date
    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_empty(self) -> bool:
        return self.value is None and self.low is None and self.high is None


@dataclass(frozen=True)
class GoalContent:
    """Everything that one version of a goal carries. Owner, metric and guardrails by id."""

    title: str
    bet: str
    owner: int
    metric: int
    direction: str
    baseline: float
    tolerance: float = 0.0
    horizon: str = GoalVersion.Horizon.SHORT
    guardrails: frozenset[int] = frozenset()
    targets: tuple[TargetContent, ...] = ()

    def changed_fields(self, other: GoalContent) -> frozenset[str]:
        """Names of the fields in which the two differ."""
        return frozenset(
            item.name for item in fields(self) if getattr(self, item.name) != getattr(other, item.name)
        )

    def target_of(self, quarter_start: date) -> TargetContent | None:
        """The target of the quarter that starts on that day."""
        return next((target for target in self.targets if target.quarter_start == quarter_start), None)


CONTENT_FIELDS = frozenset(item.name for item in fields(GoalContent))


def content_of(
    version: GoalVersion,
    *,
    targets: Iterable[GoalTarget] | None = None,
    guardrails: Iterable[int] | None = None,
) -> GoalContent:
    """The content of a stored version; two queries unless targets and guardrails are given."""
    rows = version.targets.all() if targets is None else targets
    ids = version.guardrails.values_list("pk", flat=True) if guardrails is None else guardrails
    return GoalContent(
        title=version.title,
        bet=version.bet,
        owner=version.owner_id,
        metric=version.metric_id,
        direction=version.direction,
        baseline=version.baseline,
        tolerance=version.tolerance,
        horizon=version.horizon,
        guardrails=frozenset(ids),
        targets=tuple(
            sorted(
                TargetContent(row.quarter_start, row.quarter_end, row.value, row.low, row.high)
                for row in rows
            )
        ),
    )


def content_changed(content: GoalContent, changes: Mapping[str, Any]) -> GoalContent:
    """`content` with `changes` applied. Owner, metric and guardrails may be rows or ids; `targets` is a list
    of TargetContent that replaces the quarters it names (an empty one removes its quarter) and keeps the rest.

    KeyError for a field that a version does not have.
    """
    if unknown := set(changes) - CONTENT_FIELDS:
        raise KeyError(f"A goal has no {', '.join(sorted(unknown))}.")
    values = dict(changes)
    for name in ("owner", "metric"):
        if name in values:
            values[name] = getattr(values[name], "pk", values[name])
    if "guardrails" in values:
        values["guardrails"] = frozenset(getattr(item, "pk", item) for item in values["guardrails"])
    if "targets" in values:
        by_quarter = {target.quarter_start: target for target in content.targets}
        by_quarter |= {target.quarter_start: target for target in values["targets"]}
        values["targets"] = tuple(sorted(target for target in by_quarter.values() if not target.is_empty))
    for name in ("title", "bet"):
        if name in values:
            values[name] = str(values[name]).strip()
    return replace(content, **values)
