"""Beliefs whose metric and goal are computed from the same figures: they move together by arithmetic."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from metrics.models import Metric
from strategy.models import Goal, Mapping
from strategy.selectors.versions import goals_with_versions


def ratio_parts(metric: Metric) -> set[int]:
    """The metric's id and, for a ratio, those of its numerator and denominator."""
    return {pk for pk in (metric.pk, metric.numerator_id, metric.denominator_id) if pk is not None}


def arithmetic_beliefs(*, goal: Goal, metric: Metric) -> list[Mapping]:
    """The goal's active beliefs whose metric would share a figure with `metric`, were it the goal's own. One query."""
    parts = ratio_parts(metric)
    mapped = Mapping.objects.active().filter(goal=goal).select_related("metric").order_by("metric__name")
    return [mapping for mapping in mapped if ratio_parts(mapping.metric) & parts]


def arithmetic_refusal(*, metric: Metric, today: date) -> str | None:
    """Why the metric may not be computed from its present, still unsaved parts; None when no active belief minds.

    It may be a belief's metric or a goal's own, in the version in force or in a planned one. Three queries at most.
    """
    mappings = list(
        Mapping.objects.active()
        .filter(Q(metric=metric) | Q(goal__versions__metric=metric))
        .select_related("metric", "goal")
        .distinct()
        .order_by("pk")
    )
    goals = {mapping.goal_id: mapping.goal for mapping in mappings}
    goals_with_versions(goals.values(), today=today)
    for mapping in mappings:
        goal = goals[mapping.goal_id]
        believed = metric if mapping.metric_id == metric.pk else mapping.metric
        for version in (goal.current, goal.planned):
            if version is None:
                continue
            own = metric if version.metric_id == metric.pk else version.metric
            if ratio_parts(believed) & ratio_parts(own):
                return (
                    f"{believed.name} is believed to move the goal “{version.title}”, which is judged on {own.name}. "
                    "Both would be computed from the same figures and move together by arithmetic, so there would be "
                    "nothing to test. Retire that belief first."
                )
    return None
