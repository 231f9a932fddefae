"""The page of all beliefs: the answer in a sentence, beliefs by verdict, what changed lately, and the filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Pairs
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from common.display.words import EVIDENCE
from strategy.calculations.evidence_headlines import headline
from strategy.calculations.sentences import HOW_CHOSEN
from strategy.models import MappingVerdict
from strategy.selectors.beliefs import BeliefLine, belief_lines
from strategy.selectors.filters import Choice
from strategy.selectors.stated import Stated, stated_from

if TYPE_CHECKING:
    from teams.models import Product

# What asks for a decision comes first.
ORDER = ("contradicted", "supported", "inconclusive", "not_enough_data", "untested")
GROUP_WORDS = {
    "contradicted": "The data say otherwise. Review, adjust or retire them.",
    "supported": "The metric came first and the goal followed, beyond trend, season and its own momentum.",
    "inconclusive": "The data allow both a useful link and none.",
    "not_enough_data": "Too few periods to tell a link from season and luck.",
    "untested": "No run has looked at them yet.",
}
RECENT_DAYS = 92
SHOWN = ("active", "retired")


@dataclass(frozen=True)
class EvidenceFilter:
    """Which beliefs to show: active or retired, by verdict, goal (its address), owner (id as text), due for review."""

    show: str = "active"
    verdict: str = ""
    goal: str = ""
    owner: str = ""
    due: bool = False

    @classmethod
    def of(cls, query: Pairs[str, str]) -> EvidenceFilter:
        """From the address; unknown values count as not given."""
        show, verdict = query.get("show", ""), query.get("verdict", "")
        return cls(
            show=show if show in SHOWN else "active",
            verdict=verdict if verdict in ORDER else "",
            goal=query.get("goal", ""),
            owner=query.get("owner", ""),
            due=query.get("due") == "yes",
        )

    @property
    def is_on(self) -> bool:
        return bool(self.verdict or self.goal or self.owner or self.due)

    @property
    def is_retired(self) -> bool:
        return self.show == "retired"

    def apply(self, lines: Sequence[BeliefLine]) -> list[BeliefLine]:
        """The beliefs that pass."""
        return [
            line
            for line in lines
            if (not self.verdict or line.stated.code == self.verdict)
            and (not self.goal or line.goal.slug == self.goal)
            and (not self.owner or str(line.wording.owner_id) == self.owner)
            and (not self.due or line.is_due)
        ]

    def choices(self, lines: Sequence[BeliefLine]) -> EvidenceChoices:
        """The values of each filter, with the number of beliefs behind each."""
        verdicts = Counter(line.stated.code for line in lines)
        goals = {line.goal.slug: line.goal.current.title for line in lines}
        by_goal = Counter(line.goal.slug for line in lines)
        owners = {str(line.wording.owner_id): str(line.wording.owner) for line in lines}
        by_owner = Counter(str(line.wording.owner_id) for line in lines)
        return EvidenceChoices(
            verdicts=[
                Choice(code, EVIDENCE[code].text, verdicts[code], code == self.verdict)
                for code in ORDER
                if verdicts[code] or code == self.verdict
            ],
            goals=[
                Choice(slug, title, by_goal[slug], slug == self.goal)
                for slug, title in sorted(goals.items(), key=lambda item: item[1].lower())
            ],
            owners=[
                Choice(pk, name, by_owner[pk], pk == self.owner)
                for pk, name in sorted(owners.items(), key=lambda item: item[1].lower())
            ],
            due=sum(line.is_due for line in lines),
        )


@dataclass(frozen=True)
class EvidenceChoices:
    """What the filter bar offers."""

    verdicts: list[Choice]
    goals: list[Choice]
    owners: list[Choice]
    due: int


@dataclass(frozen=True)
class EvidenceGroup:
    """The beliefs of one verdict."""

    code: str
    text: str
    finding: str
    lines: list[BeliefLine]


@dataclass(frozen=True)
class VerdictChange:
    """A stated verdict that differs from the one stated before it, newest first."""

    line: BeliefLine
    before: Stated
    after: Stated


@dataclass(frozen=True)
class EvidenceList:
    """The page as plain values."""

    headline: str
    groups: list[EvidenceGroup]
    shown: int
    total: int
    choices: EvidenceChoices
    changes: list[VerdictChange]
    how_chosen: Sequence[tuple[str, str]] = HOW_CHOSEN


def evidence_list(*, product: Product, today: date, wanted: EvidenceFilter) -> EvidenceList:
    """The product's beliefs by stated verdict: seven queries, however many there are."""
    lines = belief_lines(product=product, today=today, retired=wanted.is_retired)
    shown = wanted.apply(lines)
    groups = []
    for code in ORDER:
        if own := [line for line in shown if line.stated.code == code]:
            groups.append(EvidenceGroup(code, EVIDENCE[code].text, GROUP_WORDS[code], own))
    return EvidenceList(
        headline=headline(Counter(line.stated.code for line in lines)),
        groups=groups,
        shown=len(shown),
        total=len(lines),
        choices=wanted.choices(lines),
        changes=[] if wanted.is_retired else _changes(lines, today),
    )


def _changes(lines: Sequence[BeliefLine], today: date) -> list[VerdictChange]:
    """What was stated anew in the last quarter of a year, newest first. One query."""
    by_id = {line.mapping.pk: line for line in lines}
    rows = (
        MappingVerdict.objects.stated()
        .filter(mapping__in=by_id, week__gte=today - timedelta(days=2 * RECENT_DAYS))
        .defer("series", "facts", "lags", "plausible_lags")
        .order_by("mapping_id", "week", "id")
    )
    found: list[VerdictChange] = []
    before: MappingVerdict | None = None
    for row in rows:
        if (
            before is not None
            and before.mapping_id == row.mapping_id
            and (before.verdict, before.reason) != (row.verdict, row.reason)
            and row.week >= today - timedelta(days=RECENT_DAYS)
        ):
            found.append(VerdictChange(by_id[row.mapping_id], stated_from(before), stated_from(row)))
        before = row
    return sorted(found, key=lambda change: change.after.week or today, reverse=True)
