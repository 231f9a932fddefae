"""Challenged goals and proposals for tests, made through the services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from contest.models import Contest, Proposal
from contest.services import proposal_create
from strategy.models import Goal
from strategy.tests.factories import figures_record, goal_make, metric_make
from teams.models import User

TARGETS = {
    "2025-Q4": 80.0,
    "2026-Q1": 82.0,
    "2026-Q2": 84.0,
    "2026-Q3": 86.0,
    "2026-Q4": 88.0,
    "2027-Q1": 90.0,
    "2027-Q2": 92.0,
}
FIGURES = {"2025-Q4": 81.0, "2026-Q1": 80.6, "2026-Q2": 79.7, "2026-Q3": 78.9, "2026-Q4": 78.5}
WORDS: dict[str, Any] = {
    "why": "Three quarters missed by a growing gap.",
    "evidence": "The quarter results.",
    "outcome_1_quarter": "The figure stops falling.",
    "outcome_4_quarters": "It is back at 82%.",
    "outcome_12_quarters": "Customers stay longer than they do now.",
    "risks": "The market may shrink; we would see it in new accounts.",
}
NEW_TARGETS = {"targets": [{"quarter": "2027-Q1", "value": 80.0}, {"quarter": "2027-Q2", "value": 81.5}]}


def goal_missing(
    product: Any,
    owner: User,
    *,
    now: datetime,
    figures: Mapping[str, float | None] | None = None,
    key: str = "retention",
    title: str = "Customers stay",
) -> Goal:
    """An active goal counted from 2025-Q4 with figures near each quarter's end; not judged yet."""
    metric = metric_make(product, key=key)
    goal = goal_make(product, owner, metric=metric, targets=TARGETS, title=title, slug=key)
    values = {**FIGURES, **(figures or {})}
    figures_record(metric, {slug: value for slug, value in values.items() if value is not None}, now)
    return goal


def proposal_make(
    contest: Contest,
    author: User,
    *,
    now: datetime,
    kind: str = Proposal.Kind.REVISE_TARGET,
    change: Mapping[str, Any] | None = None,
    title: str = "Lower the targets",
    draft: bool = False,
    **words: Any,
) -> Proposal:
    """A complete proposal; by default one that revises the targets."""
    if change is None:
        change = NEW_TARGETS if kind == Proposal.Kind.REVISE_TARGET else {}
    return proposal_create(
        contest=contest,
        author=author,
        kind=kind,
        title=title,
        change=change,
        draft=draft,
        now=now,
        **(WORDS | words),
    )


def day(text: str) -> datetime:
    """Noon of a day written as 2026-11-18."""
    return datetime.fromisoformat(f"{text}T12:00:00").replace(tzinfo=UTC)
