"""What goal rows rest upon, read by statements of our own into plain, immutable values.

By hand, because fifty rows take the database some two milliseconds and models three times as long: compiling the
queries and building an instance for each version, owner and metric. Five statements, however many goals; the same
text on PostgreSQL and SQLite. A test holds them to the answer that the models give.

A further fact of each goal is a column of `_GOALS`, with a LEFT JOIN where it stands in a table of its own, and a field
of `RowFacts`, as the newest forecast of the open quarter is.
A further fact of each belief is a column of `_BELIEFS` and a field of `BeliefFact`, as the stated verdict is. A row is
remembered by what was fetched for it (`RowRead`), so that whatever the statements fetch needs no further care.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from common.quarters import Quarter
from common.sql import one_of, sql_groups, sql_rows
from metrics.selectors import (
    MetricFacts,
    component_ids,
    metric_columns,
    quarter_figures_of,
    rollup_rows_read,
)
from strategy.content import TargetContent
from strategy.selectors.outlooks import GOOD_FOR, OutlookFact

Fetched = tuple[Any, ...]


class GoalFacts(NamedTuple):
    """A goal's identity."""

    pk: int
    slug: str
    state: str
    streak_from: date | None


class VersionFacts(NamedTuple):
    """The version in force, with its owner by name."""

    pk: int
    title: str
    direction: str
    baseline: float
    tolerance: float
    horizon: str
    owner_id: int
    owner: str


class ResultFact(NamedTuple):
    """What a row says of one judged quarter."""

    quarter_start: date
    quarter_end: date
    verdict: str
    actual: float | None
    target: float | None
    target_low: float | None
    target_high: float | None
    case: str
    streak: int
    missed_recently: int
    provisional: bool


class BeliefFact(NamedTuple):
    """An active belief; its stated verdict is None while it was never tested."""

    pk: int
    metric_id: int
    stated_code: str | None


class RowFacts(NamedTuple):
    """Everything that one row rests upon, apart from the day and the organisation's rules.

    targets and results are ordered by quarter; values are those of the metric in the quarters asked for, None where
    there is none, and newest is the date of its newest figure in them.
    """

    goal: GoalFacts
    version: VersionFacts
    metric: MetricFacts
    targets: tuple[TargetContent, ...]
    results: tuple[ResultFact, ...]
    beliefs: tuple[BeliefFact, ...]
    values: tuple[float | None, ...]
    newest: date | None
    outlook: OutlookFact | None


class RowRead(NamedTuple):
    """The facts of one goal as they were fetched: what its row is remembered by.

    head is a row of `_GOALS`; the others are the goal's rows of their statements, and of the rollup those of its
    metric, or of the two whose quotient that is. They are made `RowFacts` only for a row that has to be made anew.
    """

    head: Fetched
    targets: tuple[Fetched, ...]
    results: tuple[Fetched, ...]
    beliefs: tuple[Fetched, ...]
    figures: tuple[Fetched, ...]

    def facts(self, quarters: Sequence[Quarter]) -> RowFacts:
        """The same with names, and the values of `quarters`, for which they were read."""
        metric = MetricFacts._make(self.head[_METRIC_AT:_OUTLOOK_AT])
        outlook = OutlookFact._make(self.head[_OUTLOOK_AT:])
        found = quarter_figures_of(metrics=[metric], quarters=quarters, rows=self.figures)
        return RowFacts(
            goal=GoalFacts._make(self.head[:_VERSION_AT]),
            version=VersionFacts._make(self.head[_VERSION_AT:_METRIC_AT]),
            metric=metric,
            targets=tuple(TargetContent._make(row[1:]) for row in self.targets),
            results=tuple(ResultFact._make(row[1:]) for row in self.results),
            beliefs=tuple(BeliefFact._make(row[1:_BELIEF_METRIC_AT]) for row in self.beliefs),
            values=tuple(found.values[metric.pk, quarter.start] for quarter in quarters),
            newest=found.newest.get(metric.pk),
            outlook=outlook if outlook.made_on is not None else None,
        )


class FactsRead(NamedTuple):
    """Goals in the order of their ids; the metrics that their beliefs name, by id, when they were asked for, and
    those metrics' rows of the rollup."""

    rows: list[RowRead]
    metrics: dict[int, MetricFacts]
    figures: list[Fetched]


RESULT_FIELDS = ResultFact._fields
TARGET_FIELDS = TargetContent._fields
_VERSION_AT = len(GoalFacts._fields)
_METRIC_AT = _VERSION_AT + len(VersionFacts._fields)
_OUTLOOK_AT = _METRIC_AT + len(MetricFacts._fields)
# The version in force on a day: the last that had begun, or before the first began, the first.
_IN_FORCE = """COALESCE(
  (SELECT b.id FROM strategy_goalversion b WHERE b.goal_id = g.id AND b.effective_from <= %s
   ORDER BY b.effective_from DESC, b.number DESC LIMIT 1),
  (SELECT b.id FROM strategy_goalversion b WHERE b.goal_id = g.id ORDER BY b.effective_from, b.number LIMIT 1))"""
_GOALS = f"""SELECT g.id, g.slug, g.state, g.streak_from,
  v.id, v.title, v.direction, v.baseline, v.tolerance, v.horizon, v.owner_id,
  CASE WHEN u.display_name = '' THEN u.email ELSE u.display_name END, {metric_columns("m")},
  {", ".join(f"f.{name}" for name in OutlookFact._fields)}
FROM strategy_goal g
  JOIN strategy_goalversion v ON v.id = {_IN_FORCE}
  JOIN teams_user u ON u.id = v.owner_id
  JOIN metrics_metric m ON m.id = v.metric_id
  LEFT JOIN strategy_forecast f ON f.goal_id = g.id AND f.is_current AND f.quarter_start = %s
    AND f.made_on > %s AND f.made_on <= %s
WHERE g.product_id = %s AND g.state """  # noqa: S608 - names of ours
_TARGETS = f"""SELECT goal_version_id, {", ".join(TARGET_FIELDS)} FROM strategy_goaltarget
WHERE goal_version_id {{}} ORDER BY goal_version_id, quarter_start"""  # noqa: S608
_RESULTS = f"""SELECT goal_id, {", ".join(f'"{name}"' for name in RESULT_FIELDS)} FROM strategy_quarterresult
WHERE superseded_at IS NULL AND quarter_end > %s AND goal_id {{}} ORDER BY goal_id, quarter_start"""  # noqa: S608
_BELIEFS = """SELECT b.goal_id, b.id, b.metric_id, s.verdict FROM strategy_mapping b
  LEFT JOIN strategy_mappingverdict s ON s.id = b.stated_verdict_id
WHERE b.active_until IS NULL AND b.goal_id {} ORDER BY b.goal_id, b.id"""
_BELIEFS_WITH_METRICS = _BELIEFS.replace(
    " FROM strategy_mapping b",
    f", {metric_columns('m')} FROM strategy_mapping b JOIN metrics_metric m ON m.id = b.metric_id",
)
_BELIEF_METRIC_AT = 1 + len(BeliefFact._fields)


def row_facts_read(
    *,
    product_id: int,
    states: Sequence[str],
    today: date,
    quarters: Sequence[Quarter],
    goal_ids: Iterable[int] | None = None,
    metrics_up_to: float = 0,
) -> FactsRead:
    """The product's goals in these states with all that their rows show. Five queries, however many goals.

    quarters: those shown, oldest first, the open one last, of the calendar in force. goal_ids narrows the goals down.
    With at most `metrics_up_to` goals the metrics of their beliefs are read too.
    """
    heads = _heads_read(product_id, states, today, quarters[-1], goal_ids)
    if not heads:
        return FactsRead([], {}, [])
    of_goals, goals = one_of([head[0] for head in heads])
    of_versions, versions = one_of([head[_VERSION_AT] for head in heads])
    targets = sql_groups(_TARGETS.format(of_versions), [versions])
    results = sql_groups(_RESULTS.format(of_goals), [quarters[0].start, goals])
    with_metrics = len(heads) <= metrics_up_to
    beliefs = sql_groups((_BELIEFS_WITH_METRICS if with_metrics else _BELIEFS).format(of_goals), [goals])
    believed = _metrics_believed(beliefs) if with_metrics else {}
    parts = {metric.pk: component_ids([metric]) for metric in believed.values()}
    parts |= {head[_METRIC_AT]: _parts(head) for head in heads}
    figures = rollup_rows_read(ids={pk for own in parts.values() for pk in own}, quarters=quarters)
    rows = [
        RowRead(
            head,
            targets.get(head[_VERSION_AT], ()),
            results.get(head[0], ()),
            beliefs.get(head[0], ()),
            _figures(parts[head[_METRIC_AT]], figures),
        )
        for head in heads
    ]
    return FactsRead(rows, believed, [row for pk in believed for row in _figures(parts[pk], figures)])


def _heads_read(
    product_id: int, states: Sequence[str], today: date, quarter: Quarter, goal_ids: Iterable[int] | None
) -> list[Fetched]:
    condition, wanted = one_of(states)
    sql, params = _GOALS + condition, [today, quarter.start, today - GOOD_FOR, today, product_id, wanted]
    if goal_ids is not None:
        condition, wanted = one_of(goal_ids)
        sql, params = f"{sql} AND g.id {condition}", [*params, wanted]
    return sql_rows(sql + " ORDER BY g.id", params)


def _metrics_believed(beliefs: Mapping[int, tuple[Fetched, ...]]) -> dict[int, MetricFacts]:
    metrics = (MetricFacts._make(row[_BELIEF_METRIC_AT:]) for own in beliefs.values() for row in own)
    return {metric.pk: metric for metric in metrics}


def _parts(head: Fetched) -> list[int]:
    """The metrics whose figures the goal's own metric is made of."""
    return component_ids([MetricFacts._make(head[_METRIC_AT:_OUTLOOK_AT])])


def _figures(parts: Sequence[int], figures: Mapping[int, tuple[Fetched, ...]]) -> tuple[Fetched, ...]:
    if len(parts) == 1:
        return figures.get(parts[0], ())
    return tuple(row for pk in parts for row in figures.get(pk, ()))
