"""Routes of this app, mounted at /api/v1/ by config.api."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from strategy.api.forecasts import ForecastViewSet
from strategy.api.views import GoalViewSet, MappingViewSet


def router_register(router: BaseRouter) -> None:
    """Adds goals, mappings and forecasts."""
    router.register("goals", GoalViewSet, basename="goal")
    router.register("mappings", MappingViewSet, basename="mapping")
    router.register("forecasts", ForecastViewSet, basename="forecast")
