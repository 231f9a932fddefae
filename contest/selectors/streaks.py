"""Which closed quarters of a goal make up its present miss streak."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from contest.models import Contest
from strategy.calculations.streaks import contest_is_due, streak_indexes
from strategy.models import Goal, QuarterResult
from teams.models import Organisation


@dataclass(frozen=True)
class MissStreak:
    """The misses that open a contest; the first day of the first names the streak."""

    results: tuple[QuarterResult, ...]

    @property
    def first(self) -> date:
        return self.results[0].quarter_start

    @property
    def result_ids(self) -> list[int]:
        return [result.pk for result in self.results]


def closed_results(goal: Goal) -> list[QuarterResult]:
    """The goal's closed quarters since its streak last started at 0, oldest first, in their newest revision."""
    results = QuarterResult.objects.filter(goal=goal, provisional=False).current().order_by("quarter_start")
    start = goal.streak_from
    return list(results.filter(quarter_start__gte=start) if start else results)


def streak_due(*, goal: Goal, organisation: Organisation) -> MissStreak | None:
    """The streak that calls for a contest under the organisation's policy; None while there are fewer misses."""
    results = closed_results(goal)
    if not results:
        return None
    newest = results[-1]
    if not contest_is_due(
        streak=newest.streak,
        recent=newest.missed_recently,
        policy=organisation.streak_policy,
        threshold=organisation.streak_to_contest,
    ):
        return None
    quarters = [(result.verdict, result.counts) for result in results]
    chosen = tuple(results[index] for index in streak_indexes(quarters, policy=organisation.streak_policy))
    return MissStreak(chosen) if chosen else None


def is_answered(*, goal: Goal, streak: MissStreak) -> bool:
    """Whether this streak has had its contest, or was cancelled and nothing in it has been repaired since."""
    contests = Contest.objects.filter(goal=goal)
    if contests.open().exists():
        return True
    if contests.exclude(phase=Contest.Phase.CANCELLED).filter(first_missed_quarter=streak.first).exists():
        return True
    judged = set(streak.result_ids)
    cancelled = contests.filter(phase=Contest.Phase.CANCELLED).values_list("evidence", flat=True)
    return any(judged <= set(evidence.get("result_ids", [])) for evidence in cancelled)
