"""Which version of a goal holds on a day, and how two versions differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.http import Http404

from common.display import values
from common.display.parts import Change
from common.models import SlugRedirect
from common.quarters import FiscalCalendar
from strategy.content import GoalContent, TargetContent, content_of
from strategy.models import Goal, GoalVersion
from teams.permissions import SlugMoved

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from metrics.models import Metric
    from metrics.selectors import MetricLike
    from teams.models import Product, User


def version_on(versions: Iterable[GoalVersion], day: date) -> GoalVersion:
    """The version in force on `day` among one goal's versions; before the first began, the first.

    ValueError when there is none.
    """
    ordered = sorted(versions, key=lambda version: (version.effective_from, version.number))
    if not ordered:
        raise ValueError("A goal has at least one version.")
    return next((version for version in reversed(ordered) if version.effective_from <= day), ordered[0])


def version_after(versions: Iterable[GoalVersion], day: date) -> GoalVersion | None:
    """The version that will take over on the latest day after `day`, if one is planned."""
    later = [version for version in versions if version.effective_from > day]
    in_force = version_on(versions, day)
    planned = max(later, key=lambda version: (version.effective_from, version.number), default=None)
    return planned if planned is not None and planned.pk != in_force.pk else None


def version_in_force(*, goal: Goal, day: date) -> GoalVersion:
    """The version that holds on `day`, with owner and metric loaded. One query."""
    return version_on(list(goal.versions.select_related("owner", "metric")), day)


def version_planned(*, goal: Goal, today: date) -> GoalVersion | None:
    """The version that follows the one in force, if an edit waits for its quarter. One query."""
    return version_after(list(goal.versions.select_related("owner", "metric")), today)


def goals_with_versions(goals: Iterable[Goal], *, today: date) -> list[Goal]:
    """The goals with `.current` and `.planned` set. One query for the versions, however many goals."""
    rows = list(goals)
    by_goal: defaultdict[int, list[GoalVersion]] = defaultdict(list)
    for version in GoalVersion.objects.filter(goal__in=[goal.pk for goal in rows]).select_related(
        "owner", "metric"
    ):
        by_goal[version.goal_id].append(version)
    for goal in rows:
        versions = by_goal[goal.pk]
        goal.current = version_on(versions, today)
        goal.planned = version_after(versions, today)
        for version in versions:
            version.goal = goal
    return rows


def goal_with_versions(goal: Goal, *, today: date) -> Goal:
    """One goal with `.current` and `.planned` set."""
    return goals_with_versions([goal], today=today)[0]


def goal_get_or_404(*, user: User | AnonymousUser, product: Product, slug: str, today: date) -> Goal:
    """The product's goal at this address with `.current` and `.planned`; Http404 when there is none to see.

    SlugMoved when the goal lives at another address now.
    """
    return goal_with_versions(goal_find_or_404(user=user, product=product, slug=slug), today=today)


def goal_find_or_404(*, user: User | AnonymousUser, product: Product, slug: str) -> Goal:
    """As `goal_get_or_404`, without the versions."""
    visible = Goal.objects.visible_to(user).filter(product=product).select_related("product")
    goal: Goal | None = visible.filter(slug=slug).first()
    if goal is not None:
        goal.product = product
        return goal
    moved = SlugRedirect.objects.filter(kind="strategy.goal", scope=product.pk, slug=slug)
    goal = visible.filter(pk__in=moved.values_list("object_id", flat=True)).first()
    if goal is not None:
        raise SlugMoved(goal)
    raise Http404("No such goal.")


# --- differences ----------------------------------------------------------------------------------


def version_differences(
    before: GoalVersion | GoalContent,
    after: GoalVersion | GoalContent,
    *,
    calendar: FiscalCalendar,
    metrics: Mapping[int, Metric] | None = None,
) -> list[Change]:
    """The fields in which two versions (or contents) differ, ready to show, in the order of the form.

    metrics: those that the contents name, by id, when the caller compares many and has them already.
    """
    old = content_of(before) if isinstance(before, GoalVersion) else before
    new = content_of(after) if isinstance(after, GoalVersion) else after
    if not old.changed_fields(new):
        return []
    from metrics.models import Metric
    from teams.models import User

    if metrics is None:
        metrics = Metric.objects.in_bulk(list({old.metric, new.metric} | old.guardrails | new.guardrails))
    people = User.objects.in_bulk([old.owner, new.owner]) if old.owner != new.owner else {}
    return ContentWords(old, new, calendar, metrics, people).changes()


class ContentWords:
    """Words for what differs between two contents; people and metrics are looked up in what is given."""

    LABELS = (
        ("title", "Title"),
        ("bet", "Bet"),
        ("owner", "Owner"),
        ("metric", "Impact metric"),
        ("direction", "Direction"),
        ("baseline", "Baseline"),
        ("tolerance", "Tolerance"),
        ("horizon", "Horizon"),
        ("guardrails", "Guardrails"),
    )

    def __init__(
        self,
        old: GoalContent,
        new: GoalContent,
        calendar: FiscalCalendar,
        metrics: Mapping[int, Metric],
        people: Mapping[int, User],
    ) -> None:
        self.old, self.new, self.calendar = old, new, calendar
        self.metrics, self.people = metrics, people

    def changes(self) -> list[Change]:
        """The fields that differ, in the order of the form."""
        changed = self.old.changed_fields(self.new)
        rows = [
            Change(label, self.text(self.old, name), self.text(self.new, name))
            for name, label in self.LABELS
            if name in changed
        ]
        return rows + (self.targets() if "targets" in changed else [])

    def text(self, content: GoalContent, name: str) -> str:
        value = getattr(content, name)
        metric = self.metrics.get(content.metric)
        if name == "owner":
            return str(self.people.get(value, ""))
        if name == "metric":
            return str(metric or "")
        if name in {"baseline", "tolerance"}:
            return values.with_unit(value, metric.unit, metric.decimals) if metric else f"{value:g}"
        if name == "direction":
            return str(GoalVersion.Direction(value).label)
        if name == "horizon":
            return str(GoalVersion.Horizon(value).label)
        if name == "guardrails":
            return ", ".join(sorted(str(self.metrics[pk]) for pk in value if pk in self.metrics))
        return str(value)

    def targets(self) -> list[Change]:
        starts = sorted({item.quarter_start for item in (*self.old.targets, *self.new.targets)})
        rows = []
        for start in starts:
            before, after = self.old.target_of(start), self.new.target_of(start)
            if before != after:
                label = f"Target {self.calendar.quarter_of(start).label}"
                rows.append(
                    Change(label, self.target_text(before, self.old), self.target_text(after, self.new))
                )
        return rows

    def target_text(self, target: TargetContent | None, content: GoalContent) -> str:
        return "" if target is None else target_text(target, self.metrics.get(content.metric))


def target_text(target: TargetContent, metric: MetricLike | None) -> str:
    """A target as people read it: "22.0%", or "10 to 12 days" for a band."""
    unit, decimals = (metric.unit, metric.decimals) if metric else ("", 2)
    return target_words(target, unit, decimals)


def target_words(target: TargetContent, unit: str, decimals: int) -> str:
    """As `target_text`, where the metric's unit and decimals are at hand."""
    if target.value is not None:
        return values.with_unit(target.value, unit, decimals)
    if target.low is None or target.high is None:
        return ""
    return f"{values.number(target.low, decimals)} to {values.with_unit(target.high, unit, decimals)}"


def versions_newest_first(versions: Sequence[GoalVersion]) -> list[GoalVersion]:
    """Versions in the order in which they were written, newest first."""
    return sorted(versions, key=lambda version: version.number, reverse=True)
