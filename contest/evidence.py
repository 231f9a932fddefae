"""The evidence pack: what was known when a contest opened, as JSON that is never changed afterwards.

Schema 1 (figures are plain numbers in the metric's own unit; quarters as "2026-Q3" beside their days):

goal          title, bet, owner, horizon, direction, baseline, tolerance, version, metric, targets by quarter
rule          the policy that opened the contest
result_ids    the quarter results that made the streak: tells a repaired streak from the one judged here
quarters      the last closed quarters, oldest first: target, actual, attainment, verdict, case; `missed` marks
              those of the streak
mappings      each mapping active in a missed quarter: metric, belief, and its reading per missed quarter
work          cards released or verified in the missed quarters whose metric is mapped to the goal
earlier       contests that the goal has had before

What does not exist for a goal is an empty list, never a placeholder.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from django.db.models import Q

from common.quarters import FiscalCalendar
from contest.models import Contest
from contest.selectors.facts import goal_version_newest
from contest.selectors.streaks import MissStreak
from metrics.models import Metric
from roadmap.models import CardMove, Stage
from strategy.models import Goal, GoalVersion, Mapping, QuarterResult
from teams.models import Organisation

SCHEMA = 1
QUARTERS_SHOWN = 8
WORK_MOST = 200


def evidence_pack(
    *, goal: Goal, streak: MissStreak, organisation: Organisation, now: datetime
) -> dict[str, Any]:
    """The pack for a contest about to be opened by `streak`."""
    calendar = organisation.calendar
    version = streak.results[-1].goal_version
    mappings = _mappings(goal, streak)
    return {
        "schema": SCHEMA,
        "frozen_at": now.isoformat(),
        "goal": _goal(version, goal_version_newest(goal), calendar),
        "rule": {
            "policy": organisation.streak_policy,
            "policy_words": organisation.get_streak_policy_display(),
            "misses": organisation.streak_to_contest,
        },
        "result_ids": streak.result_ids,
        "quarters": _quarters(goal, streak, calendar),
        "mappings": [_mapping(mapping, streak, calendar) for mapping in mappings],
        "work": _work(goal, version, mappings, streak, organisation),
        "earlier": _earlier(goal),
    }


def metric_row(metric: Metric) -> dict[str, Any]:
    """A metric by key, with what is needed to write its figures."""
    return {"key": metric.key, "name": metric.name, "unit": metric.unit, "decimals": metric.decimals}


def _goal(judged: GoalVersion, newest: GoalVersion, calendar: FiscalCalendar) -> dict[str, Any]:
    return {
        "title": newest.title,
        "bet": newest.bet,
        "owner": str(newest.owner),
        "horizon": newest.horizon,
        "version": judged.number,
        "metric": metric_row(judged.metric),
        "direction": judged.direction,
        "baseline": judged.baseline,
        "tolerance": judged.tolerance,
        "targets": [
            {
                "quarter": calendar.quarter_of(target.quarter_start).slug,
                "value": target.value,
                "low": target.low,
                "high": target.high,
            }
            for target in judged.targets.order_by("quarter_start")
        ],
    }


def _quarters(goal: Goal, streak: MissStreak, calendar: FiscalCalendar) -> list[dict[str, Any]]:
    results = (
        QuarterResult.objects.filter(goal=goal, provisional=False)
        .current()
        .select_related("goal_version")
        .order_by("-quarter_start")[:QUARTERS_SHOWN]
    )
    chosen = set(streak.result_ids)
    return [_quarter(result, result.pk in chosen, calendar) for result in reversed(results)]


def _quarter(result: QuarterResult, missed: bool, calendar: FiscalCalendar) -> dict[str, Any]:
    quarter = calendar.quarter_of(result.quarter_start)
    return {
        "quarter": quarter.slug,
        "label": quarter.label,
        "start": result.quarter_start.isoformat(),
        "end": result.quarter_end.isoformat(),
        "verdict": result.verdict,
        "actual": result.actual,
        "target": result.target,
        "low": result.target_low,
        "high": result.target_high,
        "attainment": result.attainment,
        "case": result.case,
        "metrics_share": result.metrics_share,
        "streak": result.streak,
        "revision": result.revision,
        "result_id": result.pk,
        "goal_version": result.goal_version.number,
        "missed": missed,
    }


def _mappings(goal: Goal, streak: MissStreak) -> list[Mapping]:
    """Mappings active on at least one day of the missed quarters, retired ones included."""
    first, end = streak.first, streak.results[-1].quarter_end
    return list(
        Mapping.objects.filter(
            Q(active_until=None) | Q(active_until__gt=first), goal=goal, active_from__lt=end
        )
        .select_related("metric")
        .prefetch_related("versions__owner")
    )


def _mapping(mapping: Mapping, streak: MissStreak, calendar: FiscalCalendar) -> dict[str, Any]:
    version = max(mapping.versions.all(), key=lambda row: row.number)
    return {
        "id": mapping.pk,
        "metric": metric_row(mapping.metric),
        "belief": version.belief,
        "direction": version.direction,
        "effect": version.effect,
        "lag_weeks": version.lag_weeks,
        "strength": version.strength,
        "falsifier": version.falsifier,
        "version": version.number,
        "owner": str(version.owner),
        "active": mapping.active_until is None,
        "readings": _readings(mapping, streak.results, calendar),
    }


def _readings(
    mapping: Mapping, results: Sequence[QuarterResult], calendar: FiscalCalendar
) -> list[dict[str, Any]]:
    """How the mapped metric did in each missed quarter, as the evaluation saw it; `met` is null when unknown."""
    readings = []
    for result in results:
        quarter = calendar.quarter_of(result.quarter_start)
        for row in result.inputs.get("metrics", []):
            if row["mapping"] == mapping.pk:
                seen = {name: row.get(name) for name in ("value", "targets", "reached", "met")}
                readings.append({"quarter": quarter.slug, "label": quarter.label, **seen})
    return readings


def _work(
    goal: Goal,
    version: GoalVersion,
    mappings: Sequence[Mapping],
    streak: MissStreak,
    organisation: Organisation,
) -> list[dict[str, Any]]:
    """Cards that reached Released or Verified within the missed quarters, newest first, each once."""
    start = datetime.combine(streak.first, time.min, tzinfo=organisation.zone).astimezone(UTC)
    end = datetime.combine(streak.results[-1].quarter_end, time.min, tzinfo=organisation.zone).astimezone(UTC)
    moves = (
        CardMove.objects.filter(
            card__board__team__product_id=goal.product_id,
            card__metric_id__in=[version.metric_id, *(mapping.metric_id for mapping in mappings)],
            to_column__stage__in=[Stage.RELEASED, Stage.VERIFIED],
            at__gte=start,
            at__lt=end,
        )
        .select_related("card__metric", "card__board__team", "to_column")
        .order_by("-at", "-pk")
    )
    seen: set[int] = set()
    work = []
    for move in moves.iterator(chunk_size=500):
        if move.card_id in seen or not any(
            start <= move.at < end
            and result.quarter_start <= organisation.today(move.at) < result.quarter_end
            for result in streak.results
        ):
            continue
        seen.add(move.card_id)
        work.append(_card(move, organisation))
        if len(work) == WORK_MOST:
            break
    return work


def _card(move: CardMove, organisation: Organisation) -> dict[str, Any]:
    card, metric, column = move.card, move.card.metric, move.to_column
    assert metric is not None  # both stand in the filter that found the move
    assert column is not None
    return {
        "key": card.key,
        "title": card.title,
        "url": card.url,
        "team": card.board.team.name,
        "metric": metric_row(metric),
        "stage": column.stage,
        "stage_words": column.get_stage_display(),
        "on": organisation.today(move.at).isoformat(),
    }


def _earlier(goal: Goal) -> list[dict[str, Any]]:
    contests = Contest.objects.filter(goal=goal).over().select_related("chosen").order_by("opened_at")
    return [
        {
            "id": contest.pk,
            "opened_at": contest.opened_at.isoformat(),
            "standing": contest.standing,
            "decided_at": contest.decided_at.isoformat() if contest.decided_at else None,
            "chosen": contest.chosen.title if contest.chosen else "",
            "reason": contest.decision_reason or contest.cancelled_reason,
        }
        for contest in contests
    ]
