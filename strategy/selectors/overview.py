"""The overview's part of strategy: goal rows and the map of bets, read together."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch, reverse

from common.display import values
from common.display.parts import BetGoal, BetLink, BetMap, BetMetric, BetTeam
from metrics.calculations.verdicts import is_stale, quarter_fraction, target_standing
from metrics.models import Target
from metrics.selectors import MetricFacts, MetricLike, quarter_figures_of, targets_of_quarter
from strategy.models import Goal
from strategy.selectors.outlooks import chance_of, with_chances
from strategy.selectors.row_facts import FactsRead
from strategy.selectors.rows import GoalRow, Moment, facts_read, rows_make, value_to_date
from strategy.selectors.stated import UNTESTED
from teams.selectors import organisation_get

if TYPE_CHECKING:
    from teams.models import Product

_WORST_FIRST = ["no_data", "stale", "behind_pace", "on_pace", "target_reached"]


@dataclass(frozen=True)
class GoalsOverview:
    """Goal rows, the map of bets over them, and the status of each mapped metric by id."""

    rows: list[GoalRow]
    bet_map: BetMap | None
    metric_statuses: dict[int, str]


def goals_overview(*, product: Product, today: date, map_at_most: float = math.inf) -> GoalsOverview:
    """Active goals with their beliefs, mapped metrics and teams: six queries and the organisation's.

    With more goals than `map_at_most` there is no map, and metrics and teams are not read for it.
    """
    moment = Moment.at(organisation_get(), today)
    found = facts_read(product, moment, states=[Goal.State.ACTIVE], metrics_up_to=map_at_most)
    rows = rows_make(found.rows, moment, product.slug)
    if len(rows) > map_at_most:
        return GoalsOverview(rows, None, {})
    wanted = targets_of_quarter(quarter=moment.quarter, product=product)
    targets = list(with_chances(wanted, today=today)) if found.metrics else []
    statuses = _metric_statuses(found, targets, moment)
    return GoalsOverview(rows, _bet_map(product, rows, found.metrics, targets, statuses), statuses)


def _metric_statuses(found: FactsRead, targets: list[Target], moment: Moment) -> dict[int, str]:
    by_metric: defaultdict[int, list[Target]] = defaultdict(list)
    for target in targets:
        by_metric[target.metric_id].append(target)
    figures = quarter_figures_of(metrics=found.metrics.values(), quarters=moment.strip, rows=found.figures)
    strips = {pk: [figures.values[pk, quarter.start] for quarter in moment.strip] for pk in found.metrics}
    return {
        pk: metric_status_of(metric, by_metric[pk], strips[pk], figures.newest.get(pk), moment)
        for pk, metric in found.metrics.items()
    }


def beliefs_map(*, product: Product, today: date) -> BetMap | None:
    """The map of bets of the product's active goals."""
    return goals_overview(product=product, today=today).bet_map


def metric_status_of(
    metric: MetricLike,
    targets: list[Target],
    strip: Sequence[float | None],
    last_date: date | None,
    moment: Moment,
) -> str:
    """The least good standing of the metric's team targets this quarter, as a code of `{% metric_status %}`.

    strip: its values in the last eight quarters; last_date: that of its newest figure in them.
    """
    stale = is_stale(last_date, metric.frequency, moment.today)
    if not targets:
        return "no_data" if last_date is None else "stale" if stale else "no_target"
    value = value_to_date(metric, strip, last_date, moment)
    standings = [
        target_standing(
            value=value,
            baseline=target.baseline,
            commit=target.judged_commit,
            direction=metric.direction,
            aggregation="mean" if metric.is_ratio else metric.aggregation,
            fraction=quarter_fraction(moment.quarter.start, moment.quarter.end, moment.today),
            stale=stale,
            chance=chance_of(target),
        )
        for target in targets
    ]
    return min(standings, key=_WORST_FIRST.index)


def metric_url(product_slug: str, key: str) -> str:
    """The metric's page under this product."""
    return reverse("metrics:metric-detail", args=[product_slug, key])


def _team_url(product_slug: str, team_slug: str) -> str:
    try:
        return reverse("roadmap:team-detail", args=[product_slug, team_slug])
    except NoReverseMatch:
        return ""


def _bet_map(
    product: Product,
    rows: list[GoalRow],
    metrics: dict[int, MetricFacts],
    targets: list[Target],
    statuses: dict[int, str],
) -> BetMap:
    teams: dict[int, BetTeam] = {}
    served: defaultdict[int, list[str]] = defaultdict(list)
    for target in targets:
        if target.metric_id in metrics:
            served[target.team_id].append(f"m{target.metric_id}")
            team = target.team
            teams[team.pk] = BetTeam(f"t{team.pk}", team.name, _team_url(product.slug, team.slug))
    return BetMap(
        goals=[BetGoal(f"g{row.goal.pk}", row.title, row.url, row.status, _detail(row)) for row in rows],
        metrics=[
            BetMetric(f"m{pk}", metric.name, metric_url(product.slug, metric.key), statuses[pk])
            for pk, metric in metrics.items()
        ],
        teams=[
            BetTeam(team.id, team.name, team.url, values.plural(len(served[pk]), "metric"), served[pk])
            for pk, team in teams.items()
        ],
        links=[
            BetLink(f"g{row.goal.pk}", f"m{belief.metric_id}", belief.stated_code or UNTESTED.code)
            for row in rows
            for belief in row.beliefs
        ],
    )


def _detail(row: GoalRow) -> str:
    return f"{row.now_text} of {row.target_text}" if row.target_text else row.now_text
