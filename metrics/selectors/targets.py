"""Targets of teams, and where their metrics stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from common.quarters import Quarter
from metrics.calculations.verdicts import is_stale, quarter_fraction, target_standing, value_meets
from metrics.models import Metric, Target
from metrics.outlooks import TargetOutlook, target_outlooks
from metrics.querysets import TargetQuerySet
from metrics.selectors.values import metric_latest, metric_quarter_values
from teams.models import Product, Team


@dataclass(frozen=True)
class TargetStanding:
    """A target with its metric's value to date. `status` is a code of `{% metric_status %}`."""

    target: Target
    value: float | None
    last_date: date | None
    status: str
    met: bool | None  # None without a value; provisional while the quarter is open
    outlook: TargetOutlook | None = None

    @property
    def metric(self) -> Metric:
        return self.target.metric

    @property
    def variance(self) -> float | None:
        """Value minus commit, in the metric's unit."""
        return None if self.value is None else self.value - self.target.judged_commit


def targets_of_quarter(
    *, quarter: Quarter, product: Product | None = None, team: Team | None = None
) -> TargetQuerySet:
    """The targets of one team, or of all teams of a product, in `quarter`, with team and metric at hand.

    Targets on archived metrics stay: they were agreed. ValueError when neither product nor team is given.
    """
    targets = Target.objects.of_quarter(quarter.start).select_related("team", "metric", "team__product")
    if team is not None:
        return targets.filter(team=team)
    if product is not None:
        return targets.filter(team__product=product)
    raise ValueError("Say whose targets: a product's or a team's.")


def target_standings(*, targets: Iterable[Target], quarter: Quarter, today: date) -> list[TargetStanding]:
    """Where each of the quarter's targets stands on `today`, in three queries whatever their number; while the
    quarter is open by the chance of reaching the commit, which costs one more."""
    listed = list(targets)
    metrics = list({target.metric_id: target.metric for target in listed}.values())
    values = metric_quarter_values(metrics=metrics, quarters=[quarter])
    latest = metric_latest(metrics=metrics)
    outlooks = target_outlooks(listed, today) if today in quarter else {}
    return [
        _standing(
            target,
            quarter,
            today,
            values.get((target.metric_id, quarter.start)),
            latest.get(target.metric_id),
            outlooks.get(target.pk),
        )
        for target in listed
    ]


def _standing(
    target: Target,
    quarter: Quarter,
    today: date,
    value: float | None,
    latest: tuple[date, float] | None,
    outlook: TargetOutlook | None = None,
) -> TargetStanding:
    metric = target.metric
    last_date = latest[0] if latest else None
    commit = target.judged_commit
    status = target_standing(
        value=value,
        baseline=target.baseline,
        commit=commit,
        direction=metric.direction,
        aggregation="mean" if metric.is_ratio else metric.aggregation,
        fraction=quarter_fraction(quarter.start, quarter.end, today),
        # Once a quarter is over its figures cannot grow old any more.
        stale=is_stale(last_date, metric.frequency, min(today, quarter.last_day)),
        chance=outlook.chance if outlook is not None else None,
    )
    met = None if value is None else value_meets(value, commit, metric.direction)
    return TargetStanding(target, value, last_date, status, met, outlook)


def metric_status(*, metrics: Iterable[Metric], quarter: Quarter, today: date) -> dict[int, str]:
    """A status code for each metric in `quarter`, by id: the least good one of its team targets.

    `stale` or `no_data` when there is nothing recent to judge, `no_target` when no team has one.
    """
    wanted = list(metrics)
    latest = metric_latest(metrics=wanted)
    targets = Target.objects.of_quarter(quarter.start).filter(metric__in=wanted).select_related("metric")
    worst: dict[int, str] = {}
    for standing in target_standings(targets=targets, quarter=quarter, today=today):
        pk = standing.target.metric_id
        if pk not in worst or _ORDER.index(standing.status) < _ORDER.index(worst[pk]):
            worst[pk] = standing.status
    for metric in wanted:
        if metric.pk not in worst:
            last_date = latest[metric.pk][0] if metric.pk in latest else None
            stale = is_stale(last_date, metric.frequency, today)
            worst[metric.pk] = "no_data" if last_date is None else "stale" if stale else "no_target"
    return worst


_ORDER = ["no_data", "stale", "behind_pace", "on_pace", "target_reached"]
