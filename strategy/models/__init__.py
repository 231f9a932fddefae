"""Strategic goals and their versions, the beliefs behind them, how quarters were judged, and what data and people say."""

from strategy.models.evidence import Forecast, MappingVerdict
from strategy.models.goals import Goal, GoalTarget, GoalVersion
from strategy.models.mappings import Mapping, MappingVersion
from strategy.models.results import QuarterResult
from strategy.models.voices import Explanation, Insight, MappingReview

__all__ = [
    "Explanation",
    "Forecast",
    "Goal",
    "GoalTarget",
    "GoalVersion",
    "Insight",
    "Mapping",
    "MappingReview",
    "MappingVerdict",
    "MappingVersion",
    "QuarterResult",
]
