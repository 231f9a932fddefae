"""The active goals of a product and the beliefs behind them, as the effort by belief needs them."""

from __future__ import annotations

from datetime import date

from django.db.models import OuterRef, Q, Subquery

from roadmap.calculations.flow_effort import UNTESTED, Belief
from roadmap.selectors.goals import GoalRef
from strategy.models import Goal, GoalVersion, Mapping
from teams.models import Product


def active_goals(*, product: Product, today: date) -> dict[int, GoalRef]:
    """The active goals by id, in the order of their titles in force. One query."""
    title = (
        GoalVersion.objects.filter(goal=OuterRef("pk"), effective_from__lte=today)
        .order_by("-number")
        .values("title")[:1]
    )
    rows = Goal.objects.filter(product=product, state=Goal.State.ACTIVE).annotate(title=Subquery(title))
    found = [(pk, GoalRef(slug, name or slug)) for pk, slug, name in rows.values_list("pk", "slug", "title")]
    return dict(sorted(found, key=lambda item: (item[1].title.casefold(), item[0])))


def active_beliefs(*, product: Product, today: date) -> list[Belief]:
    """The mappings of active goals that hold on `today`, with their stated verdicts. One query."""
    rows = Mapping.objects.filter(
        Q(active_until=None) | Q(active_until__gt=today),
        goal__product=product,
        goal__state=Goal.State.ACTIVE,
        active_from__lte=today,
    ).order_by("pk")
    return [
        Belief(goal, metric, verdict or UNTESTED, reason or "")
        for goal, metric, verdict, reason in rows.values_list(
            "goal_id", "metric_id", "stated_verdict__verdict", "stated_verdict__reason"
        )
    ]
