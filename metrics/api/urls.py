"""Routes of this app, mounted at /api/v1/ by config.api."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.routers import BaseRouter

from metrics.api.events import EventViewSet
from metrics.api.observations import ObservationPush
from metrics.api.views import ImportRunViewSet, MetricViewSet, TargetViewSet

urlpatterns: list[URLPattern] = [path("observations/", ObservationPush.as_view(), name="observation-push")]


def router_register(router: BaseRouter) -> None:
    """Adds metrics, targets, imports and events."""
    router.register("metrics", MetricViewSet, basename="metric")
    router.register("targets", TargetViewSet, basename="target")
    router.register("imports", ImportRunViewSet, basename="import")
    router.register("events", EventViewSet, basename="event")
