"""Everything that judging the quarters of some goals needs, read set by set, and the judgement itself."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from common.quarters import FiscalCalendar, Quarter
from metrics.models import Metric, Target
from metrics.selectors import metric_quarter_values
from strategy.calculations import cases, verdicts
from strategy.models import Goal, GoalTarget, GoalVersion, MappingVersion, QuarterResult
from strategy.selectors.versions import version_on
from teams.models import Organisation

# What a judgement consists of; a provisional row is rewritten only when one of these differs.
JUDGED = (
    "goal_version_id",
    "verdict",
    "actual",
    "target",
    "target_low",
    "target_high",
    "attainment",
    "metrics_share",
    "case",
    "counts",
    "streak",
    "missed_recently",
    "provisional",
    "inputs",
)


@dataclass(frozen=True)
class Clock:
    """The moment of an evaluation, and what the organisation makes of it."""

    now: datetime
    today: date
    calendar: FiscalCalendar
    close_days: int
    zone: ZoneInfo

    @classmethod
    def at(cls, organisation: Organisation, now: datetime) -> Clock:
        return cls(
            now,
            organisation.today(now),
            organisation.calendar,
            organisation.quarter_close_days,
            organisation.zone,
        )


@dataclass
class GoalFacts:
    """One goal with its versions, targets, beliefs, present results and the quarters to judge."""

    goal: Goal
    versions: list[GoalVersion] = field(default_factory=list)
    targets: dict[int, list[GoalTarget]] = field(default_factory=dict)
    beliefs: dict[int, list[MappingVersion]] = field(default_factory=dict)
    results: list[QuarterResult] = field(default_factory=list)
    quarters: list[Quarter] = field(default_factory=list)

    def target_of(self, version: GoalVersion, quarter: Quarter) -> GoalTarget | None:
        """The version's target of the quarter; after a change of the fiscal calendar the one at its end."""
        rows = self.targets.get(version.pk, [])
        exact = next((row for row in rows if row.quarter_start == quarter.start), None)
        return exact or next(
            (row for row in rows if row.quarter_start <= quarter.last_day < row.quarter_end), None
        )


@dataclass
class Figures:
    """Values of metrics by quarter, and what teams committed to."""

    values: dict[tuple[int, date], float | None]
    commitments: dict[tuple[int, date], list[cases.Commitment]]


def facts_read(goals: Sequence[Goal], clock: Clock) -> tuple[list[GoalFacts], Figures]:
    """All facts of these goals in six queries, however many they are."""
    by_goal = {goal.pk: GoalFacts(goal) for goal in goals}
    metrics: dict[int, Metric] = {}
    versions: dict[int, GoalVersion] = {}
    for version in GoalVersion.objects.filter(goal__in=by_goal).select_related("metric").order_by("number"):
        version.goal = by_goal[version.goal_id].goal
        by_goal[version.goal_id].versions.append(version)
        versions[version.pk] = version
        metrics[version.metric_id] = version.metric
    for target in GoalTarget.objects.filter(goal_version__in=versions):
        goal_id = versions[target.goal_version_id].goal_id
        by_goal[goal_id].targets.setdefault(target.goal_version_id, []).append(target)
    for result in QuarterResult.objects.current().filter(goal__in=by_goal).order_by("quarter_start"):
        result.goal = by_goal[result.goal_id].goal
        result.goal_version = versions[result.goal_version_id]
        by_goal[result.goal_id].results.append(result)
    wordings = MappingVersion.objects.filter(mapping__goal__in=by_goal).select_related("mapping__metric")
    for wording in wordings.order_by("mapping", "number"):
        mapping = wording.mapping
        by_goal[mapping.goal_id].beliefs.setdefault(mapping.pk, []).append(wording)
        metrics[mapping.metric_id] = mapping.metric
    for facts in by_goal.values():
        facts.quarters = quarters_of(facts, clock)
        facts.goal.current = version_on(facts.versions, clock.today)
    return list(by_goal.values()), _figures_read(list(by_goal.values()), metrics, clock)


def quarters_of(facts: GoalFacts, clock: Clock) -> list[Quarter]:
    """The goal's quarters from its activation to today, oldest first.

    Quarters that were judged under an earlier fiscal calendar keep their range, and none overlaps them.
    """
    assert facts.goal.activated_at is not None
    first = clock.calendar.quarter_of(facts.goal.activated_at.astimezone(clock.zone).date())
    judged = [
        Quarter(row.quarter_start, row.quarter_end, year=row.quarter_start.year, number=1)
        for row in facts.results
    ]
    new = [
        quarter
        for quarter in first.until(clock.calendar.quarter_of(clock.today))
        if not any(row.start < quarter.end and quarter.start < row.end for row in judged)
    ]
    return sorted([*judged, *new])


def _figures_read(all_facts: Sequence[GoalFacts], metrics: dict[int, Metric], clock: Clock) -> Figures:
    quarters = {quarter.start: quarter for facts in all_facts for quarter in facts.quarters}
    values = metric_quarter_values(
        metrics=metrics.values(), quarters=quarters.values(), calendar=clock.calendar
    )
    mapped = {rows[0].mapping.metric_id for facts in all_facts for rows in facts.beliefs.values()}
    commitments: defaultdict[tuple[int, date], list[cases.Commitment]] = defaultdict(list)
    if mapped and quarters:
        agreed = Target.objects.filter(
            metric__in=mapped,
            quarter_start__in=quarters,
            state__in=[Target.State.AGREED, Target.State.CLOSED],
        )
        for metric_id, start, commit, locked in agreed.order_by("pk").values_list(
            "metric_id", "quarter_start", "commit", "locked_commit"
        ):
            commitments[metric_id, start].append(cases.Commitment(commit, locked))
    return Figures(values, dict(commitments))


def aim_of(version: GoalVersion, target: GoalTarget) -> verdicts.Aim:
    """What the version's target of one quarter asks for."""
    return verdicts.Aim(version.direction, target.value, target.low, target.high, version.tolerance)


def judge(facts: GoalFacts, quarter: Quarter, figures: Figures, clock: Clock) -> QuarterResult | None:
    """The quarter's result as the figures stand, unsaved and without its streak; None without a target."""
    version = version_on(facts.versions, quarter.start)
    target = facts.target_of(version, quarter)
    if target is None:
        return None
    aim = aim_of(version, target)
    actual = figures.values.get((version.metric_id, quarter.start))
    verdict = verdicts.verdict_of(aim, actual)
    metrics = _mapped(facts, quarter, figures, clock)
    share = cases.metrics_share([cases.MappedMetric(row["strength"], row["met"]) for row in metrics])
    counting_from = facts.goal.counting_from
    return QuarterResult(
        goal=facts.goal,
        goal_version=version,
        quarter_start=quarter.start,
        quarter_end=quarter.end,
        verdict=verdict,
        actual=actual,
        target=target.value,
        target_low=target.low,
        target_high=target.high,
        attainment=verdicts.attainment_of(aim, actual, version.baseline),
        metrics_share=share,
        case=cases.case_of(verdict, share),
        counts=counting_from is not None and quarter.start >= counting_from,
        inputs={"figure": actual, "metrics": metrics},
        evaluated_at=clock.now,
    )


def _mapped(facts: GoalFacts, quarter: Quarter, figures: Figures, clock: Clock) -> list[dict[str, Any]]:
    """How the metric of each belief that held at the quarter's end (today, while it is open) did in it."""
    day = min(quarter.last_day, clock.today)
    rows = []
    for wordings in facts.beliefs.values():
        mapping = wordings[0].mapping
        ended = mapping.active_until is not None and mapping.active_until <= day
        if mapping.active_from > day or ended:
            continue
        wording = next((row for row in reversed(wordings) if row.effective_from <= day), wordings[0])
        value = figures.values.get((mapping.metric_id, quarter.start))
        commitments = figures.commitments.get((mapping.metric_id, quarter.start), [])
        hits, met = cases.mapping_met(commitments, value, mapping.metric.direction)
        rows.append(
            {
                "mapping": mapping.pk,
                "wording": wording.number,
                "metric": mapping.metric_id,
                "strength": wording.strength,
                "value": value,
                "targets": len(commitments),
                "reached": hits,
                "met": met,
            }
        )
    return rows


def same_judgement(stored: QuarterResult, fresh: QuarterResult) -> bool:
    """Whether a stored row says what the fresh one would, but for noise in the last digits of sums."""
    return all(_same(getattr(stored, name), getattr(fresh, name)) for name in JUDGED)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def figure_moved(result: QuarterResult, figures: Figures) -> bool:
    """Whether the impact metric's figure of a closed quarter is no longer the one that was judged."""
    present = figures.values.get((result.goal_version.metric_id, result.quarter_start))
    return not _same(result.inputs.get("figure", result.actual), present)
