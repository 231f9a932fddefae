"""Forecasts held against what came, once their quarter has closed."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import numpy as np
from django.db import transaction
from django.db.models import Q, QuerySet

from common.quarters import Quarter
from metrics.analysis.forecast import Forecast as Outlook
from metrics.analysis.forecast import Kind
from metrics.calculations import value_meets
from metrics.models import Target
from metrics.selectors import metric_quarter_values
from strategy.models import Forecast, Goal, QuarterResult
from teams.models import Product
from teams.selectors import organisation_get

# A quarter that has no result this long after its end is not asked about every night any more.
GIVEN_UP_AFTER = timedelta(days=400)
PART = 200
SCORES = ("outcome", "hit", "inside", "brier", "standardised", "scored_at", "in_record")
JUDGED = (QuarterResult.Verdict.MET, QuarterResult.Verdict.MISSED)
GoalQuarter = tuple[int, date]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Came:
    """How a subject's quarter ended."""

    outcome: float
    hit: bool


@dataclass
class ScoreSummary:
    """What a scoring did: rows scored for the first time, again after a correction, and taken out of the record."""

    scored: int = 0
    rescored: int = 0
    withdrawn: int = 0

    def add(self, other: ScoreSummary) -> None:
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def forecasts_score(*, now: datetime, product: Product | None = None) -> ScoreSummary:
    """Scores the forecasts of quarters that have closed by `now`, each once.

    A goal's come true when its frozen result says *met*; exempt quarters and those without data are not scored.
    A team target's come true when the metric's value of the quarter reaches the commit that counts. A result
    that an admin corrected scores its forecasts anew, and one that became exempt takes them out of the record.
    """
    organisation = organisation_get()
    today = organisation.today(now)
    closed = today - timedelta(days=organisation.quarter_close_days)
    rows = Forecast.objects.filter(chance__isnull=False)
    if product is not None:
        rows = rows.filter(product=product)
    waiting = rows.filter(scored_at=None, quarter_end__lte=closed, quarter_end__gte=closed - GIVEN_UP_AFTER)
    summary = ScoreSummary()
    pairs = set(
        waiting.filter(goal__isnull=False).order_by().values_list("goal_id", "quarter_start").distinct()
    )
    pairs |= _corrected(rows)
    for part in _parts(sorted(pairs)):
        summary.add(_goals_score(part, now))
    targets = waiting.filter(target__isnull=False).order_by("target_id").values_list("target_id", flat=True)
    for ids in _parts(list(targets.distinct())):
        summary.add(_targets_score(ids, now))
    return summary


def forecasts_thin(*, now: datetime, product: Product | None = None) -> int:
    """Removes what nothing needs any more of the forecasts of quarters before the last one; returns how many rows.

    The newest of each subject and those of the record, one a week, stay for good: a correction scores the latter anew.
    Of the open quarter and the one before it every night stays. A forecast that was never scored, as when its quarter
    was exempt, waits as long as it may still be.
    """
    organisation = organisation_get()
    today = organisation.today(now)
    rows = Forecast.objects.filter(
        in_record=False,
        is_current=False,
        quarter_end__lte=organisation.calendar.quarter_of(today).previous.start,
    )
    if product is not None:
        rows = rows.filter(product=product)
    waits_until = today - timedelta(days=organisation.quarter_close_days) - GIVEN_UP_AFTER
    over = Q(scored_at__isnull=False) | Q(chance=None) | Q(quarter_end__lt=waits_until)
    removed, _by_model = rows.filter(over).delete()
    return removed


def _parts(items: Sequence[Item]) -> Iterable[Sequence[Item]]:
    return (items[start : start + PART] for start in range(0, len(items), PART))


def _corrected(rows: QuerySet[Any]) -> set[GoalQuarter]:
    """Quarters of goals whose result was revised after their forecasts were scored."""
    revised = QuarterResult.objects.current().filter(revision__gt=1, provisional=False)
    at = {
        (goal, start): moment
        for goal, start, moment in revised.values_list("goal_id", "quarter_start", "evaluated_at")
    }
    if not at:
        return set()
    scored = rows.filter(goal__in={goal for goal, _ in at}, scored_at__isnull=False).order_by()
    found = scored.values_list("goal_id", "quarter_start", "scored_at").distinct()
    return {
        (goal, start) for goal, start, moment in found if (goal, start) in at and moment < at[goal, start]
    }


# --- goals and targets ----------------------------------------------------------------------------


@transaction.atomic
def _goals_score(pairs: Sequence[GoalQuarter], now: datetime) -> ScoreSummary:
    goals = {goal for goal, _ in pairs}
    # The lock makes a second worker wait, and then find everything scored.
    list(Goal.objects.select_for_update().filter(pk__in=goals).order_by("pk").values_list("pk"))
    results = QuarterResult.objects.current().filter(
        goal__in=goals, quarter_start__in={start for _, start in pairs}, provisional=False
    )
    wanted = set(pairs)
    found = {
        (result.goal_id, result.quarter_start): result
        for result in results
        if (result.goal_id, result.quarter_start) in wanted
    }
    rows = Forecast.objects.filter(
        goal__in=goals, quarter_start__in={start for _, start in pairs}, chance__isnull=False
    )
    by_quarter: defaultdict[GoalQuarter, list[Forecast]] = defaultdict(list)
    for row in rows.order_by("made_on"):
        assert row.goal_id is not None
        if (row.goal_id, row.quarter_start) in found:
            by_quarter[row.goal_id, row.quarter_start].append(row)
    batch = _Batch(now)
    for key, own in by_quarter.items():
        result = found[key]
        judged = result.verdict in JUDGED and result.actual is not None
        came = Came(result.actual or 0.0, result.verdict == QuarterResult.Verdict.MET) if judged else None
        batch.add(own, came, since=result.evaluated_at)
    return batch.write()


@transaction.atomic
def _targets_score(ids: Sequence[int], now: datetime) -> ScoreSummary:
    locked = Target.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    targets = {target.pk: target for target in locked.select_related("metric")}
    quarters = {
        Quarter(target.quarter_start, target.quarter_end, year=target.quarter_start.year, number=1)
        for target in targets.values()
    }
    metrics = {target.metric_id: target.metric for target in targets.values()}
    values = metric_quarter_values(metrics=metrics.values(), quarters=sorted(quarters))
    rows = Forecast.objects.filter(target__in=targets, scored_at=None, chance__isnull=False)
    by_target: defaultdict[int, list[Forecast]] = defaultdict(list)
    for row in rows.order_by("made_on"):
        assert row.target_id is not None
        by_target[row.target_id].append(row)
    batch = _Batch(now)
    for pk, own in by_target.items():
        target = targets[pk]
        value = values.get((target.metric_id, target.quarter_start))
        if value is not None and math.isfinite(value):
            hit = value_meets(value, target.judged_commit, target.metric.direction)
            batch.add(own, Came(value, hit), since=None)
    return batch.write()


# --- scores ---------------------------------------------------------------------------------------


class _Batch:
    """The rows that one transaction scores."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.rows: list[Forecast] = []
        self.summary = ScoreSummary()

    def add(self, rows: Sequence[Forecast], came: Came | None, *, since: datetime | None) -> None:
        """All forecasts of one subject's quarter, oldest first. `since`: when the result was last judged."""
        weeks: set[tuple[int, int]] = set()
        for row in rows:
            first = (week := row.made_on.isocalendar()[:2]) not in weeks
            weeks.add(week)
            if row.scored_at is not None and (since is None or row.scored_at >= since):
                continue
            again = row.scored_at is not None
            if came is None:
                if again:
                    self._withdraw(row)
                continue
            score_write(row, came, now=self.now, in_record=first)
            self.rows.append(row)
            self.summary.rescored += again
            self.summary.scored += not again

    def _withdraw(self, row: Forecast) -> None:
        for name in SCORES:
            setattr(row, name, None)
        row.in_record = False
        self.rows.append(row)
        self.summary.withdrawn += 1

    def write(self) -> ScoreSummary:
        # As an insert that meets its own row: several times faster than bulk_update's CASE for each field.
        Forecast.objects.bulk_create(
            self.rows, update_conflicts=True, unique_fields=["id"], update_fields=SCORES, batch_size=500
        )
        return self.summary


def score_write(row: Forecast, came: Came, *, now: datetime, in_record: bool) -> None:
    """Sets the scores of one forecast: the Brier score (Brier 1950) and whether the 80 % range held."""
    assert row.chance is not None
    assert row.low is not None
    assert row.high is not None
    row.outcome, row.hit = came.outcome, came.hit
    row.inside = row.low <= came.outcome <= row.high
    row.brier = (row.chance - came.hit) ** 2
    row.standardised = standardised(row, came.outcome)
    row.scored_at, row.in_record = now, in_record


def standardised(row: Forecast, outcome: float) -> float | None:
    """How many standard deviations off the centre it came out, before calibration; None where it was settled."""
    if not row.scale:
        return None
    percentiles = row.inputs.get("percentiles")
    known = row.inputs.get("known")
    outlook = Outlook(
        kind=Kind(row.kind),
        centre=row.centre or 0.0,
        low=row.low or 0.0,
        high=row.high or 0.0,
        scale=row.scale,
        working_centre=row.working_centre or 0.0,
        logged=row.logged,
        known=math.nan if known is None else known,
        points=row.points,
        calibration=row.calibration,
        periods=row.inputs.get("periods", 1.0),
        outcomes=None if percentiles is None else np.array(percentiles),
    )
    value = outlook.standardised(outcome)
    return value if math.isfinite(value) else None
