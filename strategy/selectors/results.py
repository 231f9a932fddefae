"""Judged quarters of one goal, ready for tables, charts and the export."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from common.display import values
from common.display.parts import Table
from common.quarters import FiscalCalendar, Quarter
from strategy.content import TargetContent
from strategy.models import Goal, QuarterResult
from strategy.selectors.rows import Moment, result_target_text
from teams.selectors import organisation_get


@dataclass(frozen=True)
class ResultRow:
    """One judged quarter for the tables of the goal page and the export."""

    result: QuarterResult
    quarter: Quarter
    actual: str
    target: str
    share: str


def results_of(results: Iterable[QuarterResult], calendar: FiscalCalendar) -> list[ResultRow]:
    """Judged quarters, oldest first, ready to show."""
    rows = []
    for result in results:
        metric = result.goal_version.metric
        quarter = calendar.quarter_of(result.quarter_start)
        share = "" if result.metrics_share is None else f"{result.metrics_share:.0%}"
        actual = values.with_unit(result.actual, metric.unit, metric.decimals)
        rows.append(ResultRow(result, quarter, actual, result_target_text(result, metric), share))
    return rows


def goal_results(*, goal: Goal) -> list[ResultRow]:
    """All judged quarters of a goal, oldest first. Two queries."""
    results = goal.results.current().select_related("goal_version__metric").order_by("quarter_start")
    return results_of(list(results), organisation_get().calendar)


def results_table(results: Sequence[ResultRow]) -> Table:
    """Quarter, result, target and verdict as a table that needs no script."""
    return Table(
        columns=("Quarter", "Result", "Target", "Verdict"),
        rows=[
            (
                item.quarter.label,
                item.actual,
                item.target,
                item.result.get_verdict_display() + (" (provisional)" if item.result.provisional else ""),
            )
            for item in results
        ],
    )


def steps_of(
    results: Sequence[ResultRow], targets: Sequence[TargetContent], moment: Moment
) -> list[tuple[date, date, float | None]]:
    """Targets as they were judged, then those of the version in force up to two quarters ahead."""
    steps = {
        item.result.quarter_start: (item.result.quarter_start, item.result.quarter_end, item.result.target)
        for item in results
    }
    horizon = moment.quarter.next.next.start
    for target in targets:
        if moment.quarter.start <= target.quarter_start < horizon:
            steps.setdefault(target.quarter_start, (target.quarter_start, target.quarter_end, target.value))
    return [steps[start] for start in sorted(steps)]


CSV_COLUMNS = (
    "quarter",
    "quarter start",
    "quarter end",
    "metric",
    "actual",
    "target",
    "target low",
    "target high",
    "verdict",
    "provisional",
    "streak",
    "metrics met",
    "case",
    "version",
    "revision",
    "evaluated at",
)


def results_csv_rows(results: Sequence[ResultRow]) -> list[list[str | int | float | None]]:
    """One row a judged quarter under CSV_COLUMNS."""
    return [
        [
            item.quarter.slug,
            item.result.quarter_start.isoformat(),
            item.result.quarter_end.isoformat(),
            item.result.goal_version.metric.key,
            item.result.actual,
            item.result.target,
            item.result.target_low,
            item.result.target_high,
            item.result.verdict,
            "yes" if item.result.provisional else "no",
            item.result.streak,
            item.result.metrics_share,
            item.result.case,
            item.result.goal_version.number,
            item.result.revision,
            item.result.evaluated_at.isoformat(),
        ]
        for item in results
    ]
