"""What another app says about a goal: reasons to refuse a change of what it measures, and that it is challenged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strategy.models import Goal


@dataclass(frozen=True)
class Challenge:
    """An open contest of a goal, as its page tells of it."""

    title: str
    text: str
    url: str


EditGuard = Callable[["Goal"], str | None]
Challenger = Callable[["Goal", datetime], Challenge | None]
_GUARDS: list[EditGuard] = []
_CHALLENGERS: list[Challenger] = []


def edit_guard_register(guard: EditGuard) -> EditGuard:
    """Registers a function that answers a sentence when the goal's measure may not be edited now, else None."""
    if guard not in _GUARDS:
        _GUARDS.append(guard)
    return guard


def edit_refusal(goal: Goal) -> str | None:
    """The first reason against editing metric, direction, baseline or targets of the goal; None when free."""
    for guard in _GUARDS:
        if refusal := guard(goal):
            return refusal
    return None


def challenger_register(challenger: Challenger) -> Challenger:
    """Registers a function that answers the challenge which is open on a goal, else None."""
    if challenger not in _CHALLENGERS:
        _CHALLENGERS.append(challenger)
    return challenger


def goal_challenge(goal: Goal, *, now: datetime) -> Challenge | None:
    """The challenge that is open on the goal; None when there is none."""
    for challenger in _CHALLENGERS:
        if challenge := challenger(goal, now):
            return challenge
    return None
