"""Writes of goals, beliefs and quarter results: one function a use case, atomic, told in the audit trail."""

from __future__ import annotations

from strategy.errors import UnableToChangeGoalError, UnableToChangeMappingError, UnableToChangeResultError
from strategy.services.evaluation import EvaluationSummary, quarters_evaluate
from strategy.services.forecast_scores import ScoreSummary, forecasts_score, forecasts_thin
from strategy.services.forecasts import ForecastSummary, forecasts_make
from strategy.services.goals import (
    goal_activate,
    goal_bring_back,
    goal_create,
    goal_retire,
    goal_slug_change,
    goal_streak_restart,
)
from strategy.services.mappings import mapping_adjust, mapping_bring_back, mapping_create, mapping_retire
from strategy.services.requests import evaluation_request, evaluation_request_for_metrics
from strategy.services.results import goal_exempt_quarter, quarter_result_correct
from strategy.services.testing import TestSummary, mappings_test, verdict_reproduce
from strategy.services.versions import goal_version_create

__all__ = [
    "EvaluationSummary",
    "ForecastSummary",
    "ScoreSummary",
    "TestSummary",
    "UnableToChangeGoalError",
    "UnableToChangeMappingError",
    "UnableToChangeResultError",
    "evaluation_request",
    "evaluation_request_for_metrics",
    "forecasts_make",
    "forecasts_score",
    "forecasts_thin",
    "goal_activate",
    "goal_bring_back",
    "goal_create",
    "goal_exempt_quarter",
    "goal_retire",
    "goal_slug_change",
    "goal_streak_restart",
    "goal_version_create",
    "mapping_adjust",
    "mapping_bring_back",
    "mapping_create",
    "mapping_retire",
    "mappings_test",
    "quarter_result_correct",
    "quarters_evaluate",
    "verdict_reproduce",
]
