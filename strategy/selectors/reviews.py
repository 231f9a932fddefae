"""Which beliefs are due for a review and why, and how long their assumption has been broken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from common.display import values
from strategy.calculations.reviews import ClosedQuarter, broken_run
from strategy.models import Mapping, MappingReview, MappingVerdict, QuarterResult
from teams.selectors import organisation_get

BROKEN_ALERTS = 2
UNDATED_AFTER = timedelta(
    days=100
)  # without a date, a belief is due this long after somebody last looked at it


@dataclass(frozen=True)
class ReviewDue:
    """Why somebody should look at a belief: `code` is contradicted, broken or date; `text` a sentence."""

    code: str
    text: str


@dataclass(frozen=True)
class _Reviewed:
    """The newest review of a belief: when, and the verdict that it looked at."""

    at: datetime
    verdict: str
    reason: str


def review_due(*, mapping: Mapping, today: date) -> ReviewDue | None:
    """Why the belief is due for a review; None when it is not. `mapping.current` is set. Three queries."""
    return reviews_due(mappings=[mapping], today=today).get(mapping.pk)


def reviews_due(*, mappings: Iterable[Mapping], today: date) -> dict[int, ReviewDue]:
    """By id, the active ones of `mappings` that are due; each has `current`, its wording in force. Three queries.

    A belief is due when its stated verdict is *contradicted* and nobody has reviewed that verdict, when its assumption
    was broken twice running and nobody has reviewed it since the newest close, or when its date has come.
    """
    active = [mapping for mapping in mappings if mapping.active_until is None]
    if not active:
        return {}
    reviewed = _newest_reviews(active)
    stated = _stated_verdicts(active)
    broken = _broken(active)
    found = {}
    for mapping in active:
        due = (
            _contradicted(stated.get(mapping.stated_verdict_id or 0), reviewed.get(mapping.pk))
            or _broken_due(broken.get(mapping.pk), reviewed.get(mapping.pk))
            or _date_due(mapping, reviewed.get(mapping.pk), today)
        )
        if due is not None:
            found[mapping.pk] = due
    return found


@dataclass(frozen=True)
class BrokenBelief:
    """A belief whose assumption was broken twice running or more, as a notice tells of it."""

    mapping: Mapping
    running: int

    @property
    def title(self) -> str:
        return f"Assumption broken {values.count_words(self.running)} quarters running"

    @property
    def text(self) -> str:
        return (
            f"The teams’ targets on {self.mapping.metric.name} were met and this goal did not follow. "
            "The belief may be wrong; this does not show why."
        )


def broken_beliefs(*, beliefs: Iterable[Mapping]) -> list[BrokenBelief]:
    """Those of one goal's active beliefs that two closed quarters running or more have broken. One query at most."""
    rows = list(beliefs)
    running = broken_running_many(mappings=rows) if rows else {}
    return [BrokenBelief(row, count) for row in rows if (count := running.get(row.pk, 0)) >= BROKEN_ALERTS]


def broken_running(*, mapping: Mapping) -> int:
    """In how many of the newest closed quarters running the metric was met and the goal did not follow. One query."""
    return broken_running_many(mappings=[mapping]).get(mapping.pk, 0)


def broken_running_many(*, mappings: Iterable[Mapping]) -> dict[int, int]:
    """`broken_running` of several beliefs by id; those that are not broken are left out. One query."""
    return {pk: count for pk, (count, _closed) in _broken(list(mappings)).items()}


def _newest_reviews(mappings: list[Mapping]) -> dict[int, _Reviewed]:
    rows = MappingReview.objects.filter(mapping__in=mappings).order_by("created_at", "pk")
    return {
        mapping_id: _Reviewed(at, verdict or "", reason or "")
        for mapping_id, at, verdict, reason in rows.values_list(
            "mapping_id", "created_at", "verdict__verdict", "verdict__reason"
        )
    }


def _stated_verdicts(mappings: list[Mapping]) -> dict[int, tuple[str, str]]:
    ids = [mapping.stated_verdict_id for mapping in mappings if mapping.stated_verdict_id is not None]
    rows = MappingVerdict.objects.filter(pk__in=ids).values_list("pk", "verdict", "reason")
    return {pk: (verdict, reason) for pk, verdict, reason in rows}


def _broken(mappings: list[Mapping]) -> dict[int, tuple[int, datetime]]:
    """By mapping, the length of its broken run and when the newest quarter of it was closed."""
    goals: defaultdict[int, list[QuarterResult]] = defaultdict(list)
    rows = QuarterResult.objects.current().filter(
        goal__in={mapping.goal_id for mapping in mappings}, provisional=False
    )
    for row in rows.only(
        "goal_id", "quarter_start", "quarter_end", "case", "inputs", "evaluated_at"
    ).order_by("-quarter_start"):
        goals[row.goal_id].append(row)
    found = {}
    for mapping in mappings:
        closed = goals[mapping.goal_id]
        if count := broken_run(_closed_quarter(row, mapping.pk) for row in closed):
            found[mapping.pk] = (count, closed[0].evaluated_at)
    return found


def _closed_quarter(result: QuarterResult, mapping_id: int) -> ClosedQuarter:
    met = next((row["met"] for row in result.inputs.get("metrics", []) if row["mapping"] == mapping_id), None)
    return ClosedQuarter(
        start=result.quarter_start,
        end=result.quarter_end,
        assumption_broken=result.case == QuarterResult.Case.ASSUMPTION_BROKEN,
        metric_met=met,
    )


def _contradicted(stated: tuple[str, str] | None, reviewed: _Reviewed | None) -> ReviewDue | None:
    if stated is None or stated[0] != MappingVerdict.Verdict.CONTRADICTED:
        return None
    if reviewed is not None and (reviewed.verdict, reviewed.reason) == stated:
        return None  # looked at as contradicted already; its date says when to look again
    return ReviewDue("contradicted", "The data speak against it, and nobody has reviewed that verdict yet.")


def _broken_due(broken: tuple[int, datetime] | None, reviewed: _Reviewed | None) -> ReviewDue | None:
    if broken is None or broken[0] < BROKEN_ALERTS:
        return None
    count, closed_at = broken
    if reviewed is not None and reviewed.at >= closed_at:
        return None
    return ReviewDue(
        "broken",
        f"Its metric was met and the goal did not follow, {values.count_words(count)} quarters running.",
    )


def _date_due(mapping: Mapping, reviewed: _Reviewed | None, today: date) -> ReviewDue | None:
    wording = mapping.current
    if wording.review_on is not None:
        if wording.review_on > today:
            return None
        if wording.review_on == today:
            return ReviewDue("date", "Its review is due today.")
        return ReviewDue("date", f"Its review was due on {values.long_date(wording.review_on)}.")
    looked = wording.effective_from if reviewed is None else organisation_get().today(reviewed.at)
    if max(looked, wording.effective_from) + UNDATED_AFTER > today:
        return None
    return ReviewDue("date", "It has no date for a review, and nobody has looked at it for 100 days.")
