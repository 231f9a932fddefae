"""What a goal's content must satisfy, and how it is written down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from common.quarters import FiscalCalendar
from metrics.models import Metric
from strategy.content import GoalContent, TargetContent
from strategy.errors import UnableToChangeGoalError
from strategy.models import Goal, GoalTarget, GoalVersion
from strategy.selectors.arithmetic import arithmetic_beliefs
from teams.models import User

if TYPE_CHECKING:
    from teams.models import Product

TITLE_MAX = 140


def listed(names: Sequence[str]) -> str:
    """ "A", "A and B", "A, B and C"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def content_check(
    content: GoalContent, *, product: Product, calendar: FiscalCalendar, goal: Goal | None = None
) -> None:
    """Raises UnableToChangeGoalError naming the first field that cannot stand."""
    if not content.title:
        raise UnableToChangeGoalError("Give the goal a title.", field="title")
    if len(content.title) > TITLE_MAX:
        raise UnableToChangeGoalError(f"Keep the title within {TITLE_MAX} characters.", field="title")
    if not content.bet:
        raise UnableToChangeGoalError(
            "Write down the bet: why is reaching this the right strategy?", field="bet"
        )
    if not User.objects.filter(pk=content.owner, is_active=True).exists():
        raise UnableToChangeGoalError("Choose an owner who can log in.", field="owner")
    if content.direction not in GoalVersion.Direction.values:
        raise UnableToChangeGoalError("Choose increase, decrease or keep within a band.", field="direction")
    if content.horizon not in GoalVersion.Horizon.values:
        raise UnableToChangeGoalError("Choose within a year or beyond a year.", field="horizon")
    _numbers_check(content)
    _metrics_check(content, product=product, goal=goal)
    for target in content.targets:
        target_check(target, content.direction, calendar)


def _numbers_check(content: GoalContent) -> None:
    if not math.isfinite(content.baseline):
        raise UnableToChangeGoalError("The baseline must be a number.", field="baseline")
    if not (math.isfinite(content.tolerance) and content.tolerance >= 0):
        raise UnableToChangeGoalError(
            "The tolerance is an amount in the metric's unit, 0 or more.", field="tolerance"
        )


def _metrics_check(content: GoalContent, *, product: Product, goal: Goal | None) -> None:
    found = Metric.objects.of_product(product).in_bulk([content.metric, *content.guardrails])
    metric = found.get(content.metric)
    if metric is None:
        raise UnableToChangeGoalError(
            "Choose a metric of this product or of the organisation.", field="metric"
        )
    if metric.kind != Metric.Kind.IMPACT:
        raise UnableToChangeGoalError(
            f"{metric.name} is an {metric.get_kind_display().lower()} metric. A goal is judged on an impact metric.",
            field="metric",
        )
    if metric.archived_at is not None:
        raise UnableToChangeGoalError(f"{metric.name} is archived. Bring it back first.", field="metric")
    if content.guardrails - set(found):
        raise UnableToChangeGoalError(
            "Guardrails are metrics of this product or of the organisation.", field="guardrails"
        )
    if content.metric in content.guardrails:
        raise UnableToChangeGoalError("The goal's own metric cannot be its guardrail.", field="guardrails")
    if goal is not None and goal.pk and (clashes := arithmetic_beliefs(goal=goal, metric=metric)):
        names = listed([mapping.metric.name for mapping in clashes])
        is_are, those = ("is", "that belief") if len(clashes) == 1 else ("are", "those beliefs")
        raise UnableToChangeGoalError(
            f"{names} {is_are} mapped to this goal and would move with {metric.name} by arithmetic, being computed "
            f"from the same figures. Retire {those} first.",
            field="metric",
        )


def target_check(target: TargetContent, direction: str, calendar: FiscalCalendar) -> None:
    """A target must be finite, of the direction's form, and of one of the calendar's quarters."""
    quarter = calendar.quarter_of(target.quarter_start)
    label = quarter.label
    if quarter.start != target.quarter_start or target.quarter_end <= target.quarter_start:
        raise UnableToChangeGoalError(
            f"{target.quarter_start} is not the first day of a quarter.", field="targets"
        )
    numbers = [number for number in (target.value, target.low, target.high) if number is not None]
    if not all(math.isfinite(number) for number in numbers):
        raise UnableToChangeGoalError(f"The target of {label} must be a number.", field="targets")
    if direction == GoalVersion.Direction.BAND:
        if target.value is not None or target.low is None or target.high is None:
            raise UnableToChangeGoalError(f"Give {label} a lower and an upper edge.", field="targets")
        if target.high < target.low:
            raise UnableToChangeGoalError(
                f"The upper edge of {label} is below its lower edge.", field="targets"
            )
    elif target.value is None or target.low is not None or target.high is not None:
        raise UnableToChangeGoalError(f"Give {label} one target value.", field="targets")


def past_targets_dropped(content: GoalContent, before: date) -> GoalContent:
    """Without the targets of quarters before `before` whose form does not fit the direction any more.

    Those quarters are judged by older versions, which keep them.
    """
    band = content.direction == GoalVersion.Direction.BAND
    kept = tuple(
        target
        for target in content.targets
        if target.quarter_start >= before or (target.value is None) == band
    )
    return replace(content, targets=kept)


def version_write(
    goal: Goal,
    content: GoalContent,
    *,
    number: int,
    effective_from: date,
    origin: str,
    reason: str,
    author: User | None,
    now: datetime,
) -> GoalVersion:
    """Stores one version with its targets and guardrails."""
    version = GoalVersion.objects.create(
        goal=goal,
        number=number,
        effective_from=effective_from,
        origin=origin,
        reason=reason,
        author=author,
        created_at=now,
        **content_columns(content),
    )
    version_parts_write(version, content)
    return version


def content_columns(content: GoalContent) -> dict[str, Any]:
    """The content as the version's own columns."""
    return {
        "title": content.title,
        "bet": content.bet,
        "owner_id": content.owner,
        "metric_id": content.metric,
        "direction": content.direction,
        "baseline": content.baseline,
        "tolerance": content.tolerance,
        "horizon": content.horizon,
    }


def version_parts_write(version: GoalVersion, content: GoalContent) -> None:
    """Stores the version's targets and guardrails in place of those it had."""
    version.guardrails.set(sorted(content.guardrails))
    version.targets.all().delete()
    GoalTarget.objects.bulk_create(
        GoalTarget(
            goal_version=version,
            quarter_start=target.quarter_start,
            quarter_end=target.quarter_end,
            value=target.value,
            low=target.low,
            high=target.high,
        )
        for target in content.targets
    )
