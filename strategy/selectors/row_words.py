"""The words of a goal's row, and the cells of its last quarters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from common.display import values
from common.display.parts import QuarterCell
from strategy.calculations.closing import closes_on
from strategy.calculations.pace import BY_CHANCE, BY_PACE, Progress, StatusNow
from strategy.content import TargetContent
from strategy.models import QuarterResult
from strategy.selectors.outlooks import OutlookFact, chance_words, lack_words
from strategy.selectors.row_facts import ResultFact
from strategy.selectors.versions import target_text, target_words

if TYPE_CHECKING:
    from metrics.selectors import MetricLike
    from strategy.selectors.rows import Moment


def sentence_of(
    status: StatusNow,
    progress: Progress,
    metric: MetricLike,
    moment: Moment,
    last_date: date | None,
    outlook: OutlookFact | None = None,
) -> str:
    """Why the status is what it is, with a number: the chance, or the distance from the pace and why that."""
    if status.by == BY_CHANCE and outlook is not None:
        return chance_words(outlook, metric)
    words = _pace_words(status, progress, metric, moment, last_date)
    return f"{words} By pace: {lack_words(outlook)}." if status.by == BY_PACE else words


def _pace_words(
    status: StatusNow, progress: Progress, metric: MetricLike, moment: Moment, last_date: date | None
) -> str:
    if status.lack == "target":
        return f"No target for {moment.quarter.label}."
    if status.lack:
        if last_date is None:
            return "No figures in the last half year."
        return f"No figures for {values.plural((moment.today - last_date).days, 'day')}."
    if status.code == "achieved" and progress.final is not None:
        final = values.with_unit(progress.final.value, metric.unit, metric.decimals)
        return f"The final target of {final} is reached."
    if progress.aim is None:
        return ""
    gap = values.change(abs(status.short_by), metric.unit, metric.decimals).lstrip("+")
    if status.expected is None:
        band = target_text(
            TargetContent(
                moment.quarter.start, moment.quarter.end, None, progress.aim.low, progress.aim.high
            ),
            metric,
        )
        return (
            f"Inside the band of {band}."
            if status.code == "on_track"
            else f"{gap} outside the band of {band}."
        )
    goal = values.with_unit(progress.aim.value, metric.unit, metric.decimals)
    if status.short_by > 0:
        return f"{gap} behind the pace to {goal} this quarter."
    return f"{gap} ahead of the pace to {goal} this quarter."


def warning_of(streak: int, target: TargetContent | None, metric: MetricLike, moment: Moment) -> str:
    """What one more miss would do, with the day; empty unless one more would be enough."""
    if streak != moment.rules.streak_to_contest - 1 or target is None:
        return ""
    closes = closes_on(moment.quarter.end, moment.rules.quarter_close_days)
    return (
        f"If {moment.quarter.label} misses its target of {target_text(target, metric)}, "
        f"a contest opens by itself on {values.long_date(closes)}."
    )


def cells_of(
    results: Mapping[date, ResultFact],
    metric: MetricLike,
    target: TargetContent | None,
    value: float | None,
    moment: Moment,
) -> tuple[QuarterCell, ...]:
    """The last quarters with their results, the open one with its value to date."""
    cells = []
    for quarter in moment.strip:
        short = f"’{quarter.year % 100:02d}" if quarter.number == 1 else f"Q{quarter.number}"
        result = results.get(quarter.start)
        if quarter.start == moment.quarter.start:
            exempt = result is not None and result.verdict == QuarterResult.Verdict.EXEMPT
            code = "exempt" if exempt else "open" if target else "no_target"
            wanted = target_text(target, metric) if target else ""
            actual = "" if value is None else values.with_unit(value, metric.unit, metric.decimals)
            cells.append(QuarterCell(quarter.label, short, code, actual, wanted))
        elif result is None:
            cells.append(QuarterCell(quarter.label, short, "no_target"))
        else:
            cells.append(_result_cell(quarter.label, short, result, metric.unit, metric.decimals))
    return tuple(cells)


@lru_cache(maxsize=8192)
def _result_cell(label: str, short: str, result: ResultFact, unit: str, decimals: int) -> QuarterCell:
    """A judged quarter's cell; remembered, since a closed quarter is the same on every visit."""
    actual = "" if result.actual is None else values.with_unit(result.actual, unit, decimals)
    wanted = TargetContent(
        result.quarter_start, result.quarter_end, result.target, result.target_low, result.target_high
    )
    return QuarterCell(
        label, short, result.verdict, actual, target_words(wanted, unit, decimals), result.provisional
    )


def result_target_text(result: ResultFact | QuarterResult, metric: MetricLike) -> str:
    """The target that a result was judged by."""
    return target_text(
        TargetContent(
            result.quarter_start, result.quarter_end, result.target, result.target_low, result.target_high
        ),
        metric,
    )
