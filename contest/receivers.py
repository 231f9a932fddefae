"""Reactions to what the strategy app tells: quarters that closed, and goals somebody wants to edit."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from common.display.values import long_date
from contest.selectors import contest_running
from contest.selectors.lists import contest_row
from contest.services import contest_open, contests_flag_changed
from strategy.guards import Challenge, challenger_register, edit_guard_register
from strategy.models import Goal, QuarterResult
from strategy.signals import quarter_evaluated
from teams.selectors import organisation_get

logger = logging.getLogger(__name__)


@receiver(quarter_evaluated)
def quarters_closed(sender: Any, results: Sequence[QuarterResult], now: datetime, **kwargs: Any) -> None:
    """In the transaction that closes quarters, so that a streak and its contest are stored together.

    What fails here is logged and made good by the nightly check: it must not undo the judgement of quarters.
    """
    newest = {result.goal_id: result for result in results}  # in order of time, so the last one stays
    limit = organisation_get().streak_to_contest
    for result in newest.values():
        if max(result.streak, result.missed_recently) >= limit:
            _try_open(result.goal, now)
    if any(result.revision > 1 for result in results):
        contests_flag_changed(now=now)


def _try_open(goal: Goal, now: datetime) -> None:
    try:
        contest_open(goal=goal, now=now)
    except Exception:
        logger.exception("Unable to open a contest", extra={"goal": goal.pk})


@edit_guard_register
def edit_refusal_while_challenged(goal: Goal) -> str | None:
    """While a contest is open nobody edits what the goal measures: the contest is where that is changed."""
    if contest_running(goal=goal) is None:
        return None
    return (
        "A contest is open on this goal, so its metric, direction, baseline and targets stay as they are until it "
        "is decided. Propose the change in the contest."
    )


@challenger_register
def challenge_of_goal(goal: Goal, now: datetime) -> Challenge | None:
    """The open contest of the goal, for the top of its page."""
    contest = contest_running(goal=goal)
    if contest is None:
        return None
    contest.goal = goal
    row = contest_row(contest, organisation=organisation_get(), now=now)
    taken = (
        f"Proposals are taken until {long_date(contest.proposals_until.astimezone(organisation_get().zone).date())}."
        if row.days_left is not None
        else "A product manager chooses an entry next."
    )
    missed = f"Missed {', '.join(row.missed)}. " if row.missed else ""
    return Challenge(
        title="A contest is open on this goal",
        text=f"{missed}{taken} Until it is decided, metric, direction, baseline and targets stay as they are.",
        url=contest.get_absolute_url(),
    )
