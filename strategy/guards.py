"""Reasons that another app has to refuse a change of what a goal measures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strategy.models import Goal

EditGuard = Callable[["Goal"], str | None]
_GUARDS: list[EditGuard] = []


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
