"""Goals, beliefs and their figures for tests, made through the services."""

from __future__ import annotations

from collections.abc import Mapping as Pairs
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from metrics.models import Metric, Target
from metrics.services import observations_record_pairs
from strategy.content import TargetContent
from strategy.models import Goal, Mapping
from strategy.services import goal_activate, goal_create, mapping_create
from teams.models import Organisation, Product, Team, User

UTC = ZoneInfo("UTC")


def metric_make(product: Product | None, key: str = "retention", **fields: Any) -> Metric:
    """An impact metric in percent unless told otherwise."""
    values: dict[str, Any] = {
        "name": key.replace("-", " ").capitalize(),
        "kind": "impact",
        "unit": "%",
        "decimals": 1,
    }
    return Metric.objects.create(product=product, key=key, **(values | fields))


def target_make(slug: str, value: float | None = None, **edges: float) -> TargetContent:
    """The target of the quarter named like 2026-Q4 of the organisation's calendar."""
    organisation = Organisation.objects.get(pk=1)
    quarter = organisation.calendar.parse(slug)
    return TargetContent(quarter.start, quarter.end, value, edges.get("low"), edges.get("high"))


def goal_make(
    product: Product,
    owner: User,
    *,
    metric: Metric | None = None,
    targets: Pairs[str, float] | None = None,
    since: datetime | None = datetime(2025, 10, 1, 9, 0, tzinfo=UTC),
    title: str = "Customers stay",
    baseline: float = 80.0,
    **fields: Any,
) -> Goal:
    """An active goal with targets by quarter; `since` None leaves it a draft."""
    metric = metric or metric_make(product, key=fields.pop("key", "retention"))
    wanted = targets if targets is not None else {"2026-Q3": 85.0, "2026-Q4": 86.0, "2027-Q1": 87.0}
    goal = goal_create(
        product=product,
        title=title,
        bet="Customers who see value stay.",
        owner=owner,
        metric=metric,
        baseline=baseline,
        targets=fields.pop("contents", None) or [target_make(slug, value) for slug, value in wanted.items()],
        actor=owner,
        now=since or datetime(2026, 11, 18, 9, 0, tzinfo=UTC),
        **fields,
    )
    return goal if since is None else goal_activate(goal=goal, actor=owner, now=since)


def mapping_make(
    goal: Goal, metric: Metric, owner: User, *, since: date = date(2025, 10, 1), **fields: Any
) -> Mapping:
    """A belief that held since that day."""
    values = {"belief": "Because people who use it stay."} | fields
    return mapping_create(
        goal=goal,
        metric=metric,
        owner=owner,
        actor=owner,
        now=datetime(since.year, since.month, since.day, 9, 0, tzinfo=UTC),
        **values,
    )


def team_target_make(team: Team, metric: Metric, slug: str, commit: float, **fields: Any) -> Target:
    """A target that both sides agreed to."""
    quarter = Organisation.objects.get(pk=1).calendar.parse(slug)
    agreed = datetime(quarter.start.year, quarter.start.month, 2, 9, 0, tzinfo=UTC)
    values: dict[str, Any] = {
        "baseline": 0.0,
        "state": Target.State.AGREED,
        "product_agreed_at": agreed,
        "team_agreed_at": agreed,
    }
    return Target.objects.create(
        team=team,
        metric=metric,
        quarter_start=quarter.start,
        quarter_end=quarter.end,
        commit=commit,
        **(values | fields),
    )


def weekly(start: date, values: list[float]) -> list[tuple[date, float]]:
    """Values on running Thursdays from the week of `start`."""
    thursday = start + timedelta(days=(3 - start.weekday()) % 7)
    return [(thursday + timedelta(weeks=index), value) for index, value in enumerate(values)]


def figures_record(
    metric: Metric, values: Pairs[str, float] | list[tuple[date, float]], now: datetime
) -> None:
    """Stores figures of the metric as an import would: by quarter (near its end, or now), or by date."""
    if isinstance(values, list):
        points = values
    else:
        calendar = Organisation.objects.get(pk=1).calendar
        latest = now.date()
        points = [
            (min(calendar.parse(slug).end - timedelta(days=6), latest), value)
            for slug, value in values.items()
        ]
    observations_record_pairs(metric=metric, pairs=points, actor=None, now=now, kind="command")


def figures_wander(
    metric: Metric, now: datetime, *, weeks: int = 60, until: date = date(2026, 11, 12)
) -> None:
    """Weekly figures up to `until` that wander a little around 82, always the same way."""
    start = until - timedelta(weeks=weeks - 1)
    figures_record(metric, weekly(start, [80 + (n * 7 % 11) / 5 + n * 0.02 for n in range(weeks)]), now)
