"""From a stored verdict to plain values: the finding behind the sentences, and both series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from metrics.models import Metric
from strategy.calculations.finding import AsideRow, Finding, LagRow, Shift, Side, WeakPoint
from strategy.models import MappingVerdict

_NUMBERS = ("effect", "effect_low", "effect_high")


def side_of(metric: Metric, *, logged: bool = False) -> Side:
    """How a metric is named and written in sentences."""
    return Side(metric.name, metric.unit, metric.decimals, logged)


def finding_of(
    verdict: MappingVerdict | None,
    *,
    metric: Metric,
    impact: Metric,
    goal_up: bool,
    frequency: str = "weekly",
) -> Finding:
    """The verdict on `metric` and the goal's `impact` metric as plain values; untested for None."""
    if verdict is None:
        return Finding("untested", side_of(metric), side_of(impact), goal_up, frequency=frequency)
    facts = verdict.facts
    return Finding(
        verdict=verdict.verdict,
        metric=side_of(metric, logged=verdict.metric_logged),
        goal=side_of(impact, logged=verdict.goal_logged),
        goal_up=goal_up,
        reason=verdict.reason,
        provisional=verdict.provisional,
        arithmetic=verdict.arithmetic,
        frequency=verdict.frequency,
        window_start=verdict.window_start,
        window_end=verdict.window_end,
        periods=verdict.periods,
        rows_used=verdict.rows_used,
        lags=tuple(verdict.lags),
        lag=verdict.lag,
        plausible=tuple(verdict.plausible_lags),
        p_adjusted=verdict.p_adjusted,
        family=verdict.family,
        association=verdict.association,
        effect=verdict.effect,
        effect_low=verdict.effect_low,
        effect_high=verdict.effect_high,
        smallest_link=verdict.smallest_link,
        minimum_detectable=verdict.minimum_detectable,
        periods_to_settle=verdict.periods_to_settle,
        settles_late=verdict.settles_late,
        lag_rows=list(_lag_rows(facts.get("lag_table", []))),
        seasons=tuple(facts.get("seasons", [])),
        shifts=list(_shifts(facts.get("shifts", []))),
        aside=[
            AsideRow(date.fromisoformat(row["start"]), row["reason"]) for row in facts.get("set_aside", [])
        ],
        weak=_weak(facts.get("weak_point")),
        after_wording=facts.get("after_wording"),
    )


def size_of(verdict: MappingVerdict, *, metric: Metric) -> Finding:
    """What a list tells of a verdict: its size alone, from its columns. Its `goal_metric` was joined in."""
    return Finding(
        verdict=verdict.verdict,
        reason=verdict.reason,
        metric=side_of(metric, logged=verdict.metric_logged),
        goal=side_of(verdict.goal_metric, logged=verdict.goal_logged),
        effect=verdict.effect,
        effect_low=verdict.effect_low,
        effect_high=verdict.effect_high,
    )


def _lag_rows(rows: Iterable[Mapping[str, Any]]) -> Iterable[LagRow]:
    """The lags at which something could be measured."""
    for row in rows:
        if row.get("association") is not None and row.get("low") is not None and row.get("high") is not None:
            numbers = [row.get(name) for name in _NUMBERS]
            yield LagRow(row["lag"], row["association"], row["low"], row["high"], *numbers)


def _shifts(rows: Iterable[Mapping[str, Any]]) -> Iterable[Shift]:
    for row in rows:
        yield Shift(date.fromisoformat(row["start"]), row["side"])


def _weak(stored: Mapping[str, Any] | None) -> WeakPoint | None:
    if not stored:
        return None
    figures = dict(stored)
    return WeakPoint(str(figures.pop("kind", "")), figures)
