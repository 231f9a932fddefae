"""Which goals a metric is mapped to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, Q, Subquery

from strategy.models import Goal, GoalVersion, Mapping, MappingVerdict
from teams.models import Product


@dataclass(frozen=True, slots=True)
class GoalRef:
    """A goal by its address and its title in force, and whether the figures speak against the belief that leads to it."""

    slug: str
    title: str
    contradicted: bool = False


def goals_by_metric(
    *, product: Product, metric_ids: Collection[int], today: date
) -> dict[int, list[GoalRef]]:
    """The active goals of the product that each metric is mapped to on `today`, by metric id. One query.

    Only of this product: a metric of the organisation serves goals of products that the reader may not see.
    """
    title = (
        GoalVersion.objects.filter(goal=OuterRef("goal"), effective_from__lte=today)
        .order_by("-number")
        .values("title")[:1]
    )
    rows = (
        Mapping.objects.filter(
            Q(active_until=None) | Q(active_until__gt=today),
            goal__product=product,
            goal__state=Goal.State.ACTIVE,
            metric__in=set(metric_ids),
            active_from__lte=today,
        )
        .annotate(title=Subquery(title))
        .order_by("goal_id")
        .values_list("metric_id", "goal__slug", "title", "stated_verdict__verdict")
    )
    found: dict[int, list[GoalRef]] = {}
    for metric_id, slug, name, verdict in rows:
        contradicted = verdict == MappingVerdict.Verdict.CONTRADICTED
        found.setdefault(metric_id, []).append(GoalRef(slug, name or slug, contradicted))
    return found


def mapped_metric_ids(*, goal: Goal, today: date) -> list[int]:
    """The metrics that the goal is mapped to on `today`."""
    mappings = Mapping.objects.filter(
        Q(active_until=None) | Q(active_until__gt=today), goal=goal, active_from__lte=today
    )
    return list(mappings.values_list("metric_id", flat=True))
