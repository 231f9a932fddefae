"""Reads of goals, beliefs and quarter results: the strategy app's public face."""

from __future__ import annotations

from strategy.selectors.versions import (
    goal_get_or_404,
    goal_with_versions,
    goals_with_versions,
    version_differences,
    version_in_force,
    version_planned,
)

__all__ = [
    "goal_get_or_404",
    "goal_with_versions",
    "goals_with_versions",
    "version_differences",
    "version_in_force",
    "version_planned",
]
