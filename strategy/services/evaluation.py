"""The nightly judgement of quarters: may run twice, or twice at once, and changes nothing more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from common.quarters import Quarter
from strategy.calculations.closing import is_closed
from strategy.calculations.streaks import START, StreakState, streak_after
from strategy.models import Goal, QuarterResult
from strategy.services.broken import broken_warnings_send
from strategy.services.judging import (
    JUDGED,
    Clock,
    Figures,
    GoalFacts,
    facts_read,
    figure_moved,
    judge,
    same_judgement,
)
from strategy.services.warnings import streak_warnings_send
from strategy.signals import quarter_evaluated
from teams.models import Organisation, Product
from teams.selectors import organisation_get

# Goals of one transaction: large enough that reads are few, small enough that nobody waits long for the locks.
CHUNK = 200


@dataclass
class EvaluationSummary:
    """What an evaluation did: rows written, left alone, closed, and closed ones whose figures moved since."""

    goals: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    closed: int = 0
    flagged: int = 0

    def add(self, other: EvaluationSummary) -> None:
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def changed(self) -> bool:
        return bool(self.created or self.updated or self.flagged)


def quarters_evaluate(
    *, now: datetime, product: Product | None = None, goals: Iterable[Goal] | None = None
) -> EvaluationSummary:
    """Judges every quarter of the active goals (of `product`, or of `goals`) as far as `now` allows.

    Quarters that have not closed are provisional; a quarter is frozen at its close, in order, and then only
    flagged when its figures move. Sends `quarter_evaluated` with the newly closed results and adds the warnings
    of a growing streak and of an assumption broken twice running, all in the transaction that closes them.
    Unchanged rows are not rewritten.
    """
    organisation = organisation_get()
    clock = Clock.at(organisation, now)
    rows = Goal.objects.active().filter(product__archived_at=None)
    if product is not None:
        rows = rows.filter(product=product)
    if goals is not None:
        rows = rows.filter(pk__in=[goal.pk for goal in goals])
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    summary = EvaluationSummary()
    for start in range(0, len(ids), CHUNK):
        summary.add(_chunk_evaluate(ids[start : start + CHUNK], organisation, clock))
    return summary


@transaction.atomic
def _chunk_evaluate(goal_ids: Sequence[int], organisation: Organisation, clock: Clock) -> EvaluationSummary:
    # The lock makes a second worker wait, and then find everything done. SQLite locks the whole transaction.
    locked = Goal.objects.select_for_update().filter(pk__in=goal_ids, state=Goal.State.ACTIVE).order_by("pk")
    goals = list(locked)
    facts, figures = facts_read(goals, clock)
    batch = _Batch(figures, clock)
    for item in facts:
        batch.goal_add(item)
    batch.write()
    if batch.closed:
        quarter_evaluated.send(sender=QuarterResult, results=batch.closed, now=clock.now)
        streak_warnings_send(results=batch.closed, organisation=organisation, clock=clock)
        broken_warnings_send(results=batch.closed, clock=clock)
    return EvaluationSummary(
        goals=len(goals),
        created=len(batch.new),
        updated=len(batch.changed),
        unchanged=batch.unchanged,
        closed=len(batch.closed),
        flagged=len(batch.late),
    )


@dataclass
class _Batch:
    """The rows that one transaction writes."""

    figures: Figures
    clock: Clock
    new: list[QuarterResult] = field(default_factory=list)
    changed: list[QuarterResult] = field(default_factory=list)
    closed: list[QuarterResult] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    unchanged: int = 0

    def goal_add(self, facts: GoalFacts) -> None:
        """Walks the goal's quarters in order of time, carrying the streak."""
        stored = {row.quarter_start: row for row in facts.results}
        streak_from = facts.goal.streak_from
        state = START
        for quarter in facts.quarters:
            if streak_from is not None and quarter.start < streak_from:
                state = START
            row = stored.get(quarter.start)
            if row is not None and not row.provisional:
                self._closed_check(row)
                if streak_from is None or quarter.start >= streak_from:
                    state = streak_after(state, row.verdict, counts=row.counts)
                continue
            state = self._open_add(facts, quarter, row, state)

    def _closed_check(self, row: QuarterResult) -> None:
        self.unchanged += 1
        if not row.late_data and figure_moved(row, self.figures):
            self.late.append(row.pk)

    def _open_add(
        self, facts: GoalFacts, quarter: Quarter, row: QuarterResult | None, state: StreakState
    ) -> StreakState:
        """Judges a quarter that is not frozen; returns the streak after it, which only a closed one moves."""
        fresh = judge(facts, quarter, self.figures, self.clock)
        if fresh is None:
            return state
        if row is not None and row.verdict == QuarterResult.Verdict.EXEMPT:
            fresh.verdict, fresh.case = row.verdict, QuarterResult.Case.UNKNOWN
        if is_closed(quarter.end, self.clock.today, self.clock.close_days):
            fresh.provisional = False
            state = streak_after(state, fresh.verdict, counts=fresh.counts)
        fresh.streak, fresh.missed_recently = state.count, state.recent
        written = self._row_add(row, fresh)
        if not fresh.provisional:
            self.closed.append(written)
        return state

    def _row_add(self, row: QuarterResult | None, fresh: QuarterResult) -> QuarterResult:
        if row is None:
            self.new.append(fresh)
            return fresh
        if same_judgement(row, fresh):
            self.unchanged += 1
            return row
        for name in (*JUDGED, "evaluated_at"):
            setattr(row, name, getattr(fresh, name))
        row.goal_version = fresh.goal_version
        self.changed.append(row)
        return row

    def write(self) -> None:
        QuarterResult.objects.bulk_create(self.new, batch_size=1000)
        if self.changed:
            names = [name.removesuffix("_id") for name in (*JUDGED, "evaluated_at")]
            QuarterResult.objects.bulk_update(self.changed, names, batch_size=200)
        if self.late:
            QuarterResult.objects.filter(pk__in=self.late).update(late_data=True)
