"""Insights of a product, a goal or a belief, and how many speak for it and against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q

from strategy.models import Goal, Insight, Mapping
from strategy.querysets import InsightQuerySet
from strategy.selectors.versions import goals_with_versions

if TYPE_CHECKING:
    from teams.models import Product

ICONS = {"for": "supported", "against": "contradicted", "neutral": "dash"}
SHOWN = 3


@dataclass(frozen=True)
class Stances:
    """How many insights speak against something, for it, and neither."""

    against: int = 0
    in_favour: int = 0
    neutral: int = 0

    @property
    def total(self) -> int:
        return self.against + self.in_favour + self.neutral

    @property
    def sentence(self) -> str:
        """ "6 speak against it, 1 speaks for it, 2 are neutral." without what is none; empty when all are."""
        parts = [
            (self.against, "speaks against it", "speak against it"),
            (self.in_favour, "speaks for it", "speak for it"),
            (self.neutral, "is neutral", "are neutral"),
        ]
        words = [f"{count} {one if count == 1 else many}" for count, one, many in parts if count]
        return f"{', '.join(words)}." if words else ""

    @property
    def brief(self) -> str:
        """ "6 against, 1 for, 2 neutral", for insights on several things."""
        parts = ((self.against, "against"), (self.in_favour, "for"), (self.neutral, "neutral"))
        return ", ".join(f"{count} {word}" for count, word in parts if count)


@dataclass(frozen=True)
class InsightRow:
    """One insight with the belief or goal that it is about, ready to show."""

    insight: Insight
    icon: str
    about: str
    about_url: str


@dataclass(frozen=True)
class InsightPanel:
    """The newest insights, and how all of them stand."""

    rows: list[InsightRow] = field(default_factory=list)
    stances: Stances = Stances()


@dataclass(frozen=True)
class InsightChoice:
    """What the list is narrowed to; empty means everything."""

    search: str = ""
    stance: str = ""
    goal: int | None = None
    mapping: int | None = None
    removed: bool = False

    @property
    def narrows(self) -> bool:
        return bool(self.search or self.stance or self.goal or self.mapping)


def insight_choose(*, product: Product, choice: InsightChoice) -> InsightQuerySet:
    """The product's insights, newest first. Of a goal those on the beliefs under it too."""
    rows = Insight.objects.filter(product=product, removed_at__isnull=not choice.removed)
    if choice.stance:
        rows = rows.filter(stance=choice.stance)
    if choice.goal is not None:
        rows = rows.filter(Q(goal=choice.goal) | Q(mapping__goal=choice.goal))
    if choice.mapping is not None:
        rows = rows.filter(mapping=choice.mapping)
    if choice.search:
        rows = rows.filter(
            Q(text__icontains=choice.search)
            | Q(source__icontains=choice.search)
            | Q(segment__icontains=choice.search)
        )
    return rows.select_related("mapping__metric", "mapping__goal", "goal", "author").order_by("-dated", "-pk")


def insight_rows(*, insights: Iterable[Insight], product: Product, today: date) -> list[InsightRow]:
    """Insights ready to show, in the order given; one query more for the goals' titles."""
    rows = list(insights)
    for insight in rows:
        insight.product = product
    goals = {goal.pk: goal for insight in rows if (goal := _goal_of(insight)) is not None}
    for goal in goals.values():
        goal.product = product
    goals_with_versions(goals.values(), today=today)
    return [_row(insight, goals) for insight in rows]


def stances_of(insights: InsightQuerySet) -> Stances:
    """How the insights stand. One query."""
    counts = Counter(insights.order_by().values_list("stance", flat=True))
    return Stances(counts["against"], counts["for"], counts["neutral"])


def insights_for_mapping(*, mapping: Mapping, today: date, shown: int = SHOWN) -> InsightPanel:
    """The newest insights on a belief, and how all of them stand. Three queries at most."""
    return _panel(mapping.goal.product, InsightChoice(mapping=mapping.pk), today, shown)


def insights_for_goal(*, goal: Goal, today: date, shown: int = SHOWN) -> InsightPanel:
    """The newest insights on a goal and the beliefs under it, and how all of them stand. Three queries at most."""
    return _panel(goal.product, InsightChoice(goal=goal.pk), today, shown)


def _panel(product: Product, choice: InsightChoice, today: date, shown: int) -> InsightPanel:
    chosen = insight_choose(product=product, choice=choice)
    stances = stances_of(chosen)
    if not stances.total:
        return InsightPanel()
    return InsightPanel(insight_rows(insights=chosen[:shown], product=product, today=today), stances)


@dataclass(frozen=True)
class Subjects:
    """What an insight of the product can be about."""

    goals: Sequence[Goal]
    mappings: Sequence[Mapping]

    @property
    def choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Groups for a select: "mapping-3" and "goal-5" with their words."""
        beliefs = [
            (f"mapping-{mapping.pk}", f"{mapping.metric.name} → {mapping.goal.current.title}")
            for mapping in self.mappings
        ]
        goals = [(f"goal-{goal.pk}", goal.current.title) for goal in self.goals]
        return [(word, rows) for word, rows in (("Beliefs", beliefs), ("Goals", goals)) if rows]


def insight_subjects(*, product: Product, today: date, keep: Insight | None = None) -> Subjects:
    """The product's goals that are not retired and its active beliefs, and whatever `keep` is about. Three queries."""
    kept_goal = keep.goal_id if keep is not None else None
    kept_mapping = keep.mapping_id if keep is not None else None
    mappings = list(
        Mapping.objects.filter(goal__product=product)
        .filter((Q(active_until=None) & ~Q(goal__state=Goal.State.RETIRED)) | Q(pk=kept_mapping))
        .select_related("metric", "goal")
    )
    goals = list(Goal.objects.filter(product=product).filter(~Q(state=Goal.State.RETIRED) | Q(pk=kept_goal)))
    every = {goal.pk: goal for goal in [*(mapping.goal for mapping in mappings), *goals]}
    goals_with_versions(every.values(), today=today)
    for mapping in mappings:
        mapping.goal = every[mapping.goal_id]
    return Subjects(
        goals=sorted(goals, key=lambda goal: goal.current.title.lower()),
        mappings=sorted(mappings, key=lambda row: (row.goal.current.title.lower(), row.metric.name.lower())),
    )


def _goal_of(insight: Insight) -> Goal | None:
    return insight.mapping.goal if insight.mapping is not None else insight.goal


def _row(insight: Insight, goals: dict[int, Goal]) -> InsightRow:
    icon = ICONS[insight.stance]
    if insight.mapping is not None:
        insight.mapping.goal = goals[insight.mapping.goal_id]
        about = f"{insight.mapping.metric.name} → {insight.mapping.goal.current.title}"
        return InsightRow(insight, icon, about, insight.mapping.get_absolute_url())
    if insight.goal is not None:
        goal = goals[insight.goal.pk]
        return InsightRow(insight, icon, goal.current.title, goal.get_absolute_url())
    return InsightRow(insight, icon, "", "")
