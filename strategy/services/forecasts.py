"""The chance of reaching this quarter's target, for goals and team targets: made nightly, kept by day."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db import transaction

from metrics.analysis.forecast import FORECAST_VERSION, forecast_many
from metrics.analysis.forecast import Forecast as Outlook
from metrics.calculations import is_stale
from metrics.models import Metric, Target
from strategy.calculations.forecasting import Asked, Span, ask, chance_of
from strategy.calculations.verdicts import reached
from strategy.models import Forecast, Goal
from strategy.selectors.forecast_figures import (
    Figures,
    Subject,
    forecast_figures,
    forecast_subjects,
    measure_of,
)
from strategy.selectors.forecasts import calibrations_read
from teams.models import Product
from teams.selectors import organisation_get

# Metrics of one part: enough to compute many series at once, few enough to hold a year's figures of them.
PART = 250
QUANTILES = np.arange(1, 100) / 100
# What a forecast says; today's row is rewritten only when one of these differs.
SAID = (
    "goal_version_id", "metric_id", "quarter_end", "direction", "aim", "aim_low", "aim_high", "chance", "lack",
    "centre", "low", "high", "pace", "pace_hits", "kind", "frequency", "points", "periods_left", "logged",
    "working_centre", "scale", "calibration", "method", "seed",
)  # fmt: skip


@dataclass
class ForecastSummary:
    """What a run did: goals and targets looked at, rows added, rewritten, left alone, and those without a chance."""

    subjects: int = 0
    made: int = 0
    rewritten: int = 0
    unchanged: int = 0
    without_chance: int = 0

    def add(self, other: ForecastSummary) -> None:
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def changed(self) -> bool:
        return bool(self.made or self.rewritten)


def forecasts_make(*, now: datetime, product: Product | None = None) -> ForecastSummary:
    """Forecasts the quarter that holds `now` for every active goal and open team target (of `product`).

    One row a subject and day: made again on the same day it is rewritten, if figures changed, and another
    worker's row is found and left alone. Only figures dated before `now` are read, so a past moment gives what
    would have been said then. Where no chance can be given the row says why, with the straight line beside it.
    """
    organisation = organisation_get()
    today = organisation.today(now)
    quarter = organisation.calendar.quarter_of(today)
    subjects = forecast_subjects(quarter=quarter, now=now, product=product)
    summary = ForecastSummary(subjects=len(subjects))
    calibrations = calibrations_read(now=now)
    for part in _parts(subjects):
        drafts = _drafts(part, now, today, calibrations)
        summary.add(_store(drafts))
    return summary


def _parts(subjects: Sequence[Subject]) -> Iterator[list[Subject]]:
    """The subjects in parts of at most PART metrics; they come ordered by metric."""
    part: list[Subject] = []
    metrics: set[int] = set()
    for subject in subjects:
        if len(metrics) == PART and subject.metric.pk not in metrics:
            yield part
            part, metrics = [], set()
        part.append(subject)
        metrics.add(subject.metric.pk)
    if part:
        yield part


# --- computing ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Answer:
    """What is known of one metric's quarter: the question, the outlook if there is one, and why not if not."""

    asked: Asked
    outlook: Outlook | None
    lack: str
    newest: date | None


def _drafts(
    subjects: Sequence[Subject], now: datetime, today: date, calibrations: Mapping[str, float]
) -> list[Forecast]:
    quarter = subjects[0].quarter
    seed = quarter.start.toordinal()  # the same all quarter: a chance moves with figures, not with luck
    metrics = list({subject.metric.pk: subject.metric for subject in subjects}.values())
    figures = forecast_figures(metrics=metrics, today=today)
    span = Span.of(quarter.start, quarter.end)
    answers = _answers(metrics, figures, span, today, calibrations, seed)
    return [
        _draft(subject, answers[subject.metric.pk], now, today, calibrations, seed) for subject in subjects
    ]


def _answers(
    metrics: Sequence[Metric],
    figures: Mapping[int, Figures],
    quarter: Span,
    today: date,
    calibrations: Mapping[str, float],
    seed: int,
) -> dict[int, _Answer]:
    """One forecast a metric, however many goals and teams aim at it."""
    asked = {
        metric.pk: ask(
            figures[metric.pk].top, measure_of(metric), quarter, today, bottom=figures[metric.pk].bottom
        )
        for metric in metrics
    }
    stale = {metric.pk for metric in metrics if is_stale(figures[metric.pk].newest, metric.frequency, today)}
    by_calendar: defaultdict[str, list[int]] = defaultdict(list)
    for pk, one in asked.items():
        if pk not in stale:
            by_calendar[one.calendar].append(pk)
    outlooks: dict[int, Outlook | None] = {}
    for calendar, ids in by_calendar.items():
        made = forecast_many(
            [asked[pk].history for pk in ids],
            frequency=calendar,
            questions=[asked[pk].question for pk in ids],
            calibration=calibrations[calendar],
            seed=seed,
        )
        outlooks |= dict(zip(ids, made, strict=True))
    return {
        pk: _Answer(one, outlooks.get(pk), _lack(pk, stale, outlooks), figures[pk].newest)
        for pk, one in asked.items()
    }


def _lack(metric_id: int, stale: set[int], outlooks: Mapping[int, Outlook | None]) -> str:
    if metric_id in stale:
        return Forecast.Lack.FIGURES
    return Forecast.Lack.NONE if outlooks.get(metric_id) is not None else Forecast.Lack.HISTORY


def _draft(
    subject: Subject,
    answer: _Answer,
    now: datetime,
    today: date,
    calibrations: Mapping[str, float],
    seed: int,
) -> Forecast:
    """The row of one subject, unsaved."""
    asked, outlook, aim = answer.asked, answer.outlook, subject.aim
    pace = None if answer.lack == Forecast.Lack.FIGURES else asked.pace
    row = Forecast(
        product_id=subject.product_id,
        goal_id=subject.goal_id,
        goal_version_id=subject.version_id,
        target_id=subject.target_id,
        metric_id=subject.metric.pk,
        quarter_start=subject.quarter.start,
        quarter_end=subject.quarter.end,
        made_on=today,
        made_at=now,
        direction=aim.direction,
        aim=aim.value,
        aim_low=aim.low,
        aim_high=aim.high,
        lack=answer.lack,
        pace=pace,
        pace_hits=None if pace is None else reached(aim, pace),
        kind=asked.question.kind.value,
        frequency=asked.calendar,
        points=asked.points,
        periods_left=asked.question.periods_left,
        calibration=calibrations[asked.calendar],
        method=FORECAST_VERSION,
        seed=seed,
        inputs={
            "tolerance": aim.tolerance,
            "last_figure": answer.newest.isoformat() if answer.newest else None,
            "window_start": asked.first.isoformat() if asked.first else None,
            "periods_known": len(asked.question.known),
            "last_share": asked.question.last_share,
        },
    )
    if outlook is not None:
        _outlook_write(row, outlook, chance_of(outlook, aim))
    return row


def _outlook_write(row: Forecast, outlook: Outlook, chance: float) -> None:
    row.chance, row.centre, row.low, row.high = chance, outlook.centre, outlook.low, outlook.high
    row.logged, row.working_centre, row.scale = outlook.logged, outlook.working_centre, outlook.scale
    # What scoring needs beside the columns: the settled part, and a simulated distribution's percentiles.
    row.inputs["known"] = outlook.known if math.isfinite(outlook.known) else None
    row.inputs["periods"] = outlook.periods
    if outlook.outcomes is not None and outlook.scale:
        row.inputs["percentiles"] = np.quantile(outlook.outcomes, QUANTILES).tolist()


# --- storing --------------------------------------------------------------------------------------


@transaction.atomic
def _store(drafts: Sequence[Forecast]) -> ForecastSummary:
    """Writes what is new or different. The locks make a second worker wait and then find everything done."""
    goals = _locked(Goal.objects.filter(pk__in=[row.goal_id for row in drafts if row.goal_id]))
    targets = _locked(Target.objects.filter(pk__in=[row.target_id for row in drafts if row.target_id]))
    drafts = [row for row in drafts if row.goal_id in goals or row.target_id in targets]
    stored = _stored(goals, targets, drafts)
    present = _present(goals, targets)
    summary = ForecastSummary(without_chance=sum(row.chance is None for row in drafts))
    new: list[Forecast] = []
    changed: list[Forecast] = []
    for draft in drafts:
        row = stored.get((draft.goal_id, draft.target_id))
        if row is None:
            newest = present.get((draft.goal_id, draft.target_id))
            draft.is_current = newest is None or newest.made_on <= draft.made_on
            new.append(draft)
        elif row.scored_at is None and not _same(row, draft):
            for name in (*SAID, "inputs", "made_at"):
                setattr(row, name, getattr(draft, name))
            changed.append(row)
        else:
            summary.unchanged += 1
    replaced = [present.get((row.goal_id, row.target_id)) for row in new if row.is_current]
    Forecast.objects.filter(pk__in=[row.pk for row in replaced if row]).update(is_current=False)
    Forecast.objects.bulk_create(new, batch_size=500)
    if changed:
        names = [name.removesuffix("_id") for name in (*SAID, "inputs", "made_at")]
        Forecast.objects.bulk_update(changed, names, batch_size=200)
    summary.made, summary.rewritten = len(new), len(changed)
    return summary


def _locked(rows: Any) -> set[int]:
    return set(rows.select_for_update().order_by("pk").values_list("pk", flat=True))


def _stored(
    goals: Iterable[int], targets: Iterable[int], drafts: Sequence[Forecast]
) -> dict[tuple[int | None, int | None], Forecast]:
    """The rows of the same day and quarter, by goal and target."""
    if not drafts:
        return {}
    rows = Forecast.objects.filter(made_on=drafts[0].made_on, quarter_start=drafts[0].quarter_start)
    found = [*rows.filter(goal__in=goals), *rows.filter(target__in=targets)]
    return {(row.goal_id, row.target_id): row for row in found}


def _present(goals: Iterable[int], targets: Iterable[int]) -> dict[tuple[int | None, int | None], Forecast]:
    """The newest row of each goal and target, with little more than its date."""
    rows = Forecast.objects.current().only("goal_id", "target_id", "made_on")
    found = [*rows.filter(goal__in=goals), *rows.filter(target__in=targets)]
    return {(row.goal_id, row.target_id): row for row in found}


def _same(row: Forecast, draft: Forecast) -> bool:
    """Whether both say the same. Sums may end a few bits off when others are computed beside them."""
    for name in SAID:
        before, after = getattr(row, name), getattr(draft, name)
        if isinstance(before, float) and isinstance(after, float):
            if not math.isclose(before, after, rel_tol=1e-9, abs_tol=1e-12):
                return False
        elif before != after:
            return False
    return True
