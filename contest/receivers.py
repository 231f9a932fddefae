"""Reactions to what the strategy app tells: quarters that closed, and goals somebody wants to edit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from contest.selectors import contest_running
from contest.services import contest_open, contests_flag_changed, misses_warn
from strategy.guards import edit_guard_register
from strategy.models import Goal, QuarterResult
from strategy.signals import quarter_evaluated


@receiver(quarter_evaluated)
def quarters_closed(sender: Any, results: Sequence[QuarterResult], now: datetime, **kwargs: Any) -> None:
    """In the transaction that closes quarters, so that a streak and its contest are stored together."""
    misses_warn(results=results, now=now)
    for goal in {result.goal_id: result.goal for result in results}.values():
        contest_open(goal=goal, now=now)
    contests_flag_changed(now=now)


@edit_guard_register
def edit_refusal_while_challenged(goal: Goal) -> str | None:
    """While a contest is open nobody edits what the goal measures: the contest is where that is changed."""
    if contest_running(goal=goal) is None:
        return None
    return (
        "A contest is open on this goal, so its metric, direction, baseline and targets stay as they are until it "
        "is decided. Propose the change in the contest."
    )
