"""An admin's acts on quarter results: exempting a quarter, correcting one that is frozen."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

from django.db import transaction

from common.audit import audit_record
from common.quarters import Quarter
from strategy.calculations import cases, verdicts
from strategy.calculations.streaks import START, streak_after
from strategy.errors import UnableToChangeResultError
from strategy.models import Goal, QuarterResult
from strategy.selectors.versions import version_on
from strategy.services.judging import Clock, facts_read, judge
from strategy.signals import quarter_evaluated
from teams.models import User
from teams.selectors import organisation_get

COPIED = (
    "goal_id",
    "goal_version_id",
    "quarter_start",
    "quarter_end",
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


@transaction.atomic
def goal_exempt_quarter(
    *, goal: Goal, quarter: Quarter, actor: User, reason: str, now: datetime
) -> QuarterResult:
    """Takes a quarter out of the judgement: the streak passes over it. Closed quarters get a new revision.

    Raises UnableToChangeResultError without a reason, for a quarter to come, or when it is exempt already.
    """
    _reason_check(reason)
    locked = Goal.objects.select_for_update().get(pk=goal.pk)
    clock = Clock.at(organisation_get(), now)
    if quarter.start > clock.today:
        raise UnableToChangeResultError("This quarter has not begun.", field="quarter")
    row = locked.results.current().filter(quarter_start=quarter.start).first()
    if row is not None and row.verdict == QuarterResult.Verdict.EXEMPT:
        raise UnableToChangeResultError("This quarter is exempt already.", field="quarter")
    change = {"verdict": QuarterResult.Verdict.EXEMPT, "case": QuarterResult.Case.UNKNOWN}
    if row is None:
        versions = list(locked.versions.all())
        if not versions:
            raise UnableToChangeResultError("This goal has no version.", field="quarter")
        row = QuarterResult(
            goal=locked,
            goal_version=version_on(versions, quarter.start),
            quarter_start=quarter.start,
            quarter_end=quarter.end,
            evaluated_at=now,
            evaluated_by=actor,
            reason=reason,
            **change,
        )
        row.save()
        result = row
    elif row.provisional:
        QuarterResult.objects.filter(pk=row.pk).update(evaluated_by=actor, reason=reason, **change)
        row.refresh_from_db()
        result = row
    else:
        result = _revise(row, change, actor=actor, reason=reason, now=now)
    _tell(goal, clock, quarter.start, "quarter exempted", "", result, actor, reason)
    _streak_repair(locked, clock, actor=actor, changed=[result])
    return result


@transaction.atomic
def quarter_result_correct(
    *,
    result: QuarterResult,
    actor: User,
    reason: str,
    now: datetime,
    actual: float | None = None,
) -> QuarterResult:
    """A new revision of a frozen result: judged with `actual`, or afresh from today's figures when it is None.

    The streak of the quarters after it follows, also as new revisions, and `quarter_evaluated` is sent for all
    of them. Nothing is overwritten. Raises UnableToChangeResultError without a reason, for a result that is
    provisional or superseded, and for an `actual` that is no finite number.
    """
    _reason_check(reason)
    goal = Goal.objects.select_for_update().get(pk=result.goal_id)
    row = QuarterResult.objects.select_related("goal_version__metric").get(pk=result.pk)
    if row.superseded_at is not None:
        raise UnableToChangeResultError("This result was corrected already. Look at its newest revision.")
    if row.provisional:
        raise UnableToChangeResultError("This quarter is still open: correct the figures themselves.")
    if actual is not None and not math.isfinite(actual):
        raise UnableToChangeResultError("The corrected value must be a number.", field="actual")
    clock = Clock.at(organisation_get(), now)
    facts, figures = facts_read([goal], clock)
    quarter = Quarter(row.quarter_start, row.quarter_end, year=row.quarter_start.year, number=1)
    fresh = judge(facts[0], quarter, figures, clock)
    if fresh is None:
        raise UnableToChangeResultError("This quarter has no target to judge by.")
    change = {
        name: getattr(fresh, name) for name in ("verdict", "actual", "attainment", "metrics_share", "case")
    }
    change["inputs"] = fresh.inputs
    if actual is not None:
        change |= _judged_with(row, actual, fresh)
    revision = _revise(row, change, actor=actor, reason=reason, now=now)
    _tell(goal, clock, row.quarter_start, "quarter result corrected", _words(row), revision, actor, reason)
    _streak_repair(goal, clock, actor=actor, changed=[revision])
    return revision


def _judged_with(row: QuarterResult, actual: float, fresh: QuarterResult) -> dict[str, Any]:
    """The judgement of a value given by hand against the target that was in force."""
    version = row.goal_version
    aim = verdicts.Aim(version.direction, row.target, row.target_low, row.target_high, version.tolerance)
    verdict = verdicts.verdict_of(aim, actual)
    return {
        "actual": actual,
        "verdict": verdict,
        "attainment": verdicts.attainment_of(aim, actual, version.baseline),
        "case": cases.case_of(verdict, fresh.metrics_share),
    }


def _revise(
    row: QuarterResult, change: dict[str, Any], *, actor: User | None, reason: str, now: datetime
) -> QuarterResult:
    """Supersedes a frozen row by a copy with `change`."""
    QuarterResult.objects.filter(pk=row.pk, superseded_at=None).update(superseded_at=now)
    values = {name: getattr(row, name) for name in COPIED} | change
    return QuarterResult.objects.create(
        **values, revision=row.revision + 1, evaluated_at=now, evaluated_by=actor, reason=reason
    )


def _streak_repair(goal: Goal, clock: Clock, *, actor: User | None, changed: list[QuarterResult]) -> None:
    """Lets the streak of every closed quarter follow a changed verdict, then tells whoever listens."""
    rows = list(goal.results.current().select_related("goal_version__metric").order_by("quarter_start"))
    known = {row.pk for row in changed}
    told: list[QuarterResult] = []
    state = START
    for row in rows:
        row.goal = goal
        if goal.streak_from is not None and row.quarter_start < goal.streak_from:
            continue
        if not row.provisional:
            state = streak_after(state, row.verdict, counts=row.counts)
        if (row.streak, row.missed_recently) != (state.count, state.recent):
            row = _streak_write(
                row, state.count, state.recent, fresh=row.pk in known, clock=clock, actor=actor
            )
            row.goal = goal
            known.add(row.pk)
        if row.pk in known and not row.provisional:
            told.append(row)
    for result in changed:
        result.refresh_from_db()
    if told:
        versions = list(goal.versions.all())
        goal.current = version_on(versions, clock.today)
        quarter_evaluated.send(sender=QuarterResult, results=told, now=clock.now)


def _streak_write(
    row: QuarterResult, streak: int, recent: int, *, fresh: bool, clock: Clock, actor: User | None
) -> QuarterResult:
    """Rows just written, or not frozen yet, take the streak in place; frozen ones get a revision."""
    change = {"streak": streak, "missed_recently": recent}
    if row.provisional or fresh:
        QuarterResult.objects.filter(pk=row.pk).update(**change)
        row.streak, row.missed_recently = streak, recent
        return row
    reason = "The streak follows the correction of an earlier quarter."
    return _revise(row, change, actor=actor, reason=reason, now=clock.now)


def _reason_check(reason: str) -> None:
    if not reason.strip():
        raise UnableToChangeResultError("Say why: the reason stays with the result.", field="reason")


def _words(row: QuarterResult) -> str:
    return f"{row.get_verdict_display().lower()}, {row.actual}" if row.actual is not None else row.verdict


def _tell(
    goal: Goal,
    clock: Clock,
    quarter_start: date,
    action: str,
    before: str,
    result: QuarterResult,
    actor: User,
    reason: str,
) -> None:
    goal.current = version_on(list(goal.versions.all()), clock.today)
    label = clock.calendar.quarter_of(quarter_start).label
    audit_record(
        actor=actor,
        action=action,
        subject=goal,
        before={label: before},
        after={label: _words(result)},
        reason=reason,
        product_id=goal.product_id,
    )
