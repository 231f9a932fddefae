"""Reads of goals, beliefs and quarter results: the strategy app's public face."""

from __future__ import annotations

from strategy.selectors.lookups import GoalRef, StreakNow, goal_streak, goals_of_metrics
from strategy.selectors.overview import GoalsOverview, beliefs_map, goals_overview
from strategy.selectors.page import GoalPage, goal_page
from strategy.selectors.results import goal_results
from strategy.selectors.rows import GoalRow, goal_rows
from strategy.selectors.versions import (
    goal_find_or_404,
    goal_get_or_404,
    goal_with_versions,
    goals_with_versions,
    version_differences,
    version_in_force,
    version_planned,
)

__all__ = [
    "GoalPage",
    "GoalRef",
    "GoalRow",
    "GoalsOverview",
    "StreakNow",
    "beliefs_map",
    "goal_find_or_404",
    "goal_get_or_404",
    "goal_page",
    "goal_results",
    "goal_rows",
    "goal_streak",
    "goal_with_versions",
    "goals_of_metrics",
    "goals_overview",
    "goals_with_versions",
    "version_differences",
    "version_in_force",
    "version_planned",
]
