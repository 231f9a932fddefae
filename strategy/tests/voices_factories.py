"""Insights, explanations and closed quarters for tests of what people add."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from strategy.models import Explanation, Goal, Insight, Mapping, QuarterResult
from strategy.selectors.versions import goal_with_versions
from strategy.services.explanations import explanation_create
from strategy.services.insights import insight_create
from strategy.tests.factories import UTC
from teams.models import Organisation, User

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
WHY = "Interviews of last month and two quarters of figures agree."


def insight_make(author: User, *, about: Goal | Mapping, **fields: Any) -> Insight:
    """Something that somebody said on a belief or a goal, against it unless told otherwise."""
    goal = about.goal if isinstance(about, Mapping) else about
    values: dict[str, Any] = {
        "text": "We left because anyone could approve overtime.",
        "source": "exit call",
        "segment": "Roofing, 22 crews",
        "dated": date(2026, 10, 9),
        "stance": "against",
        "mapping": about if isinstance(about, Mapping) else None,
        "goal": about if isinstance(about, Goal) else None,
    }
    return insight_create(product=goal.product, actor=author, now=NOW, **(values | fields))


def explanation_make(author: User, mapping: Mapping, **fields: Any) -> Explanation:
    """Something else that could explain it."""
    values: dict[str, Any] = {"title": "The largest account left", "happened_on": date(2026, 6, 22)} | fields
    return explanation_create(mapping=mapping, actor=author, now=NOW, **values)


def closed_quarter_make(
    goal: Goal, slug: str, *, met: dict[Mapping, bool | None], case: str = "assumption_broken"
) -> QuarterResult:
    """A closed quarter of the goal in which these beliefs' metrics were met or not."""
    quarter = Organisation.objects.get(pk=1).calendar.parse(slug)
    goal_with_versions(goal, today=NOW.date())
    rows = [
        {
            "mapping": mapping.pk, "wording": 1, "metric": mapping.metric_id, "strength": 2, "value": 50.0,
            "targets": 1, "reached": int(bool(hit)), "met": hit,
        }
        for mapping, hit in met.items()
    ]  # fmt: skip
    return QuarterResult.objects.create(
        goal=goal,
        goal_version=goal.current,
        quarter_start=quarter.start,
        quarter_end=quarter.end,
        verdict="missed" if case in {"assumption_broken", "execution_or_strategy"} else "met",
        actual=80.0,
        target=85.0,
        case=case,
        provisional=False,
        inputs={"figure": 80.0, "metrics": rows},
        evaluated_at=datetime.combine(quarter.end + timedelta(days=10), datetime.min.time(), tzinfo=UTC),
    )
