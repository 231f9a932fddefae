"""Routes of this app, mounted at /api/v1/ by config.api."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from strategy.api.forecasts import ForecastViewSet, TrackRecordViewSet
from strategy.api.views import GoalViewSet, MappingViewSet
from strategy.api.voices import ExplanationViewSet, InsightViewSet


def router_register(router: BaseRouter) -> None:
    """Adds goals, mappings, forecasts, insights and explanations."""
    router.register("goals", GoalViewSet, basename="goal")
    router.register("mappings", MappingViewSet, basename="mapping")
    router.register("forecasts", ForecastViewSet, basename="forecast")
    router.register("track-records", TrackRecordViewSet, basename="track-record")
    router.register("insights", InsightViewSet, basename="insight")
    router.register("explanations", ExplanationViewSet, basename="explanation")
