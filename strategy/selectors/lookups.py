"""Small answers that other apps ask for: goals behind metrics, the streak of a goal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from strategy.calculations.streaks import WINDOW, contest_is_due, streak_indexes
from strategy.models import Goal, GoalVersion, Mapping, MappingVersion, QuarterResult
from strategy.selectors.versions import goals_with_versions
from teams.selectors import organisation_get

if TYPE_CHECKING:
    from metrics.models import Metric
    from teams.models import Product


@dataclass(frozen=True)
class GoalRef:
    """A goal's address and title, to link to it."""

    slug: str
    title: str
    url: str


@dataclass(frozen=True)
class StreakNow:
    """A goal's streak after its newest closed quarter: `results` are the quarters that make it up."""

    count: int = 0
    contest_due: bool = False
    results: list[QuarterResult] = field(default_factory=list)

    @property
    def first_missed(self) -> date | None:
        """First day of the first quarter of the streak: what names a contest."""
        return self.results[0].quarter_start if self.results else None


def goals_of_metrics(*, metric_ids: Iterable[int], today: date) -> dict[int, list[GoalRef]]:
    """The active goals that each metric is believed to move, by metric id. Two queries."""
    mappings = Mapping.objects.active().filter(metric__in=set(metric_ids), goal__state=Goal.State.ACTIVE)
    rows = list(mappings.select_related("goal__product"))
    goals = {
        goal.pk: goal
        for goal in goals_with_versions({row.goal_id: row.goal for row in rows}.values(), today=today)
    }
    found: defaultdict[int, list[GoalRef]] = defaultdict(list)
    for row in rows:
        goal = goals[row.goal_id]
        found[row.metric_id].append(GoalRef(goal.slug, goal.current.title, goal.get_absolute_url()))
    return dict(found)


def goal_streak(*, goal: Goal) -> StreakNow:
    """The goal's streak as its closed quarters stand, under the organisation's policy. One query and its own."""
    organisation = organisation_get()
    closed = goal.results.current().filter(provisional=False).select_related("goal_version__metric")
    if goal.streak_from is not None:
        closed = closed.filter(quarter_start__gte=goal.streak_from)
    rows = list(closed.order_by("quarter_start"))
    if not rows:
        return StreakNow()
    indexes = streak_indexes([(row.verdict, row.counts) for row in rows], policy=organisation.streak_policy)
    newest = rows[-1]
    due = contest_is_due(
        streak=newest.streak,
        recent=newest.missed_recently,
        policy=organisation.streak_policy,
        threshold=organisation.streak_to_contest,
    )
    count = newest.missed_recently if organisation.streak_policy == WINDOW else newest.streak
    return StreakNow(count, due, [rows[index] for index in indexes])


@dataclass(frozen=True)
class MetricGoal:
    """A goal that a metric concerns: as its own metric, as a guardrail, or through a belief."""

    title: str
    url: str
    role: str
    belief: str = ""


def goals_of_metric(*, metric: Metric, product: Product, today: date) -> list[MetricGoal]:
    """The product's goals, but retired ones, that this metric concerns, by title. Four queries."""
    goals = Goal.objects.filter(product=product).exclude(state=Goal.State.RETIRED)
    rows = goals_with_versions(goals.select_related("product"), today=today)
    guarded = set(
        GoalVersion.guardrails.through.objects.filter(
            metric=metric, goalversion__in=[goal.current.pk for goal in rows]
        ).values_list("goalversion_id", flat=True)
    )
    wordings = MappingVersion.objects.filter(
        mapping__metric=metric, mapping__active_until=None, mapping__goal__in=rows
    )
    beliefs = {row.mapping.goal_id: row for row in wordings.select_related("mapping").order_by("number")}
    found = []
    for goal in rows:
        url = goal.get_absolute_url()
        if goal.current.metric_id == metric.pk:
            found.append(MetricGoal(goal.current.title, url, "Impact metric"))
        if goal.pk in beliefs:
            found.append(MetricGoal(goal.current.title, url, "Mapped", beliefs[goal.pk].belief))
        if goal.current.pk in guarded:
            found.append(MetricGoal(goal.current.title, url, "Guardrail"))
    return sorted(found, key=lambda item: (item.title.lower(), item.role))
