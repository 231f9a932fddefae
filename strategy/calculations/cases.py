"""The four cases of a goal's quarter: did the mapped metrics move, and did the goal? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from strategy.calculations.verdicts import DECREASE, MET, MISSED

WORKING = "working"
ASSUMPTION_BROKEN = "assumption_broken"
MOVED_BY_SOMETHING_ELSE = "moved_by_something_else"
EXECUTION_OR_STRATEGY = "execution_or_strategy"
UNKNOWN = "unknown"
HALF = 0.5


@dataclass(frozen=True)
class Commitment:
    """One team's target on a metric: what it commits to now, and what stood there when targets locked."""

    commit: float
    locked_commit: float | None = None

    def bar(self, direction: str) -> float:
        """The value to reach: later easing never improves a verdict, so the harder of the two."""
        if self.locked_commit is None:
            return self.commit
        harder = min if direction == DECREASE else max
        return harder(self.commit, self.locked_commit)


@dataclass(frozen=True)
class MappedMetric:
    """A mapping in one quarter: strength 1 to 3, and whether its metric was met (None: cannot be said)."""

    strength: int
    met: bool | None


def mapping_met(
    commitments: Sequence[Commitment], value: float | None, direction: str
) -> tuple[int, bool | None]:
    """How many commitments `value` reached, and whether that is at least half of them.

    None without a commitment or without a figure: the mapping then leaves the share.
    """
    if not commitments or value is None:
        return 0, None
    if direction == DECREASE:
        hits = sum(value <= item.bar(direction) for item in commitments)
    else:
        hits = sum(value >= item.bar(direction) for item in commitments)
    return hits, hits >= HALF * len(commitments)


def metrics_share(mappings: Iterable[MappedMetric]) -> float | None:
    """Share of the mapped metrics that were met, weighted by strength; None when none can be judged."""
    judged = [mapping for mapping in mappings if mapping.met is not None]
    if not judged:
        return None
    return sum(item.strength for item in judged if item.met) / sum(item.strength for item in judged)


def case_of(verdict: str, share: float | None) -> str:
    """Which of the four cases a quarter is; unknown is never guessed."""
    if share is None or verdict not in {MET, MISSED}:
        return UNKNOWN
    if share >= HALF:
        return WORKING if verdict == MET else ASSUMPTION_BROKEN
    return MOVED_BY_SOMETHING_ELSE if verdict == MET else EXECUTION_OR_STRATEGY
