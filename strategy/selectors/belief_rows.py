"""The beliefs under one goal as its page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from common.display import values
from common.display.parts import TreeGoal, TreeMetric
from common.display.words import word_for
from metrics.models import Metric, Target
from strategy.calculations.cases import HALF, case_of
from strategy.calculations.evidence_headlines import believed_moves
from strategy.models import Goal, Mapping, MappingVersion, QuarterResult
from strategy.selectors.overview import metric_status_of, metric_url
from strategy.selectors.rows import GoalRow, Moment, Reading, value_to_date
from strategy.selectors.stated import UNTESTED, Stated, stated_of


@dataclass(frozen=True)
class BeliefRow:
    """One belief under the goal: its metric now against the teams' targets, and how the last quarter reads."""

    mapping: Mapping
    wording: MappingVersion
    metric: Metric
    url: str
    metric_url: str
    teams: str
    now: float | None
    now_text: str
    target: float | None
    target_text: str
    baseline: float | None
    status: str
    kind: str
    moves: tuple[bool, bool]  # whether metric and goal rise in the case that is hoped for
    reading: str
    stated: Stated = UNTESTED


def belief_rows(
    goal: Goal,
    reading: Reading,
    targets: dict[int, list[Target]],
    newest: QuarterResult | None,
    moment: Moment,
) -> list[BeliefRow]:
    """The goal's active beliefs, the strongest first; `newest` is its last closed quarter."""
    rows = [
        _belief(goal, belief, reading, targets.get(belief.metric_id, []), newest, moment)
        for belief in reading.beliefs.get(goal.pk, [])
    ]
    return sorted(rows, key=lambda row: (-row.wording.strength, row.metric.name.lower()))


def _belief(
    goal: Goal,
    belief: Mapping,
    reading: Reading,
    targets: list[Target],
    newest: QuarterResult | None,
    moment: Moment,
) -> BeliefRow:
    metric, wording = belief.metric, belief.current
    figures, last_date = reading.values_of(metric, moment), reading.figures.newest.get(metric.pk)
    now = value_to_date(metric, figures, last_date, moment)
    status = metric_status_of(metric, targets, figures, last_date, moment)
    hardest = None
    if targets:
        pick = min if metric.direction == Metric.Direction.DECREASE else max
        hardest = pick(target.judged_commit for target in targets)
    return BeliefRow(
        mapping=belief,
        wording=wording,
        metric=metric,
        url=belief.get_absolute_url(),
        metric_url=metric_url(goal.product.slug, metric.key),
        teams=", ".join(sorted({target.team.name for target in targets})),
        now=now,
        now_text=values.with_unit(now, metric.unit, metric.decimals),
        target=hardest,
        target_text=values.with_unit(hardest, metric.unit, metric.decimals) if targets else "",
        baseline=targets[0].baseline if targets else None,
        status=status,
        kind=word_for("metric", status).kind,
        moves=moves_of(goal, wording),
        reading=reading_of(newest, belief.pk),
        stated=stated_of(belief),
    )


def moves_of(goal: Goal, wording: MappingVersion) -> tuple[bool, bool]:
    """Whether metric and goal rise in the case that the belief hopes for; `goal.current` is set."""
    same_way = wording.direction == MappingVersion.Direction.PLUS
    return believed_moves(goal.current.direction, same_way=same_way)


def reading_of(result: QuarterResult | None, mapping_id: int) -> str:
    """Which of the four cases a quarter is for one belief alone, from the figures that were judged."""
    if result is None:
        return QuarterResult.Case.UNKNOWN
    rows = result.inputs.get("metrics", [])
    met = next((row["met"] for row in rows if row["mapping"] == mapping_id), None)
    return case_of(result.verdict, None if met is None else 2 * HALF * met)


def metric_tree(goal: Goal, row: GoalRow, beliefs: Sequence[BeliefRow]) -> TreeGoal:
    """The goal, and under it the metrics that are believed to move it."""
    return TreeGoal(
        title=row.metric.name,
        url=metric_url(goal.product.slug, row.metric.key),
        value=row.now_text,
        status=row.status,
        metrics=[
            TreeMetric(item.metric.name, item.metric_url, item.now_text, item.status, item.stated.code)
            for item in beliefs
        ],
    )
