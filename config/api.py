"""The REST API: every app's routes under /api/v1/, its OpenAPI document, and the documentation page."""

from __future__ import annotations

from typing import Any

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import APIRootView, DefaultRouter

from common.api import UnknownAddress
from config.views_api_docs import api_docs
from contest.api.urls import router_register as contest_routes
from metrics.api.urls import router_register as metrics_routes
from metrics.api.urls import urlpatterns as metrics_patterns
from roadmap.api.urls import router_register as roadmap_routes
from strategy.api.urls import router_register as strategy_routes
from teams.api.urls import router_register as teams_routes


class Root(APIRootView):
    """The addresses that there are."""

    required_scope = ""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class Router(DefaultRouter):
    APIRootView = Root
    include_format_suffixes = False


router = Router()
for register in (
    contest_routes,
    metrics_routes,
    roadmap_routes,
    strategy_routes,
    teams_routes,
):
    register(router)

urlpatterns = [
    path("v1/", include(metrics_patterns)),
    path("v1/", include((router.urls, "api"))),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", api_docs, name="api-docs"),
    re_path(r"^", UnknownAddress.as_view(), name="api-unknown"),
]
