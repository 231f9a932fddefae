"""Pure functions over figures: no database, no clock, no settings."""

from __future__ import annotations

from metrics.calculations.verdicts import (
    Standing,
    is_stale,
    pace_expected,
    pace_standing,
    period_days,
    target_standing,
    value_meets,
)

__all__ = [
    "Standing",
    "is_stale",
    "pace_expected",
    "pace_standing",
    "period_days",
    "target_standing",
    "value_meets",
]
