"""What another app says about a metric: reasons to refuse a change of what it is computed from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metrics.models import Metric

RatioGuard = Callable[["Metric"], str | None]
_GUARDS: list[RatioGuard] = []


def ratio_guard_register(guard: RatioGuard) -> RatioGuard:
    """Registers a function that is given a metric with its new parts, before they are saved.

    It answers a sentence when the metric may not be computed from them, else None.
    """
    if guard not in _GUARDS:
        _GUARDS.append(guard)
    return guard


def ratio_refusal(metric: Metric) -> str | None:
    """The first reason against computing the metric from its present parts; None when there is none."""
    for guard in _GUARDS:
        if refusal := guard(metric):
            return refusal
    return None
