"""Routes of this app, mounted at /api/v1/ by config.api."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from teams.api.views import MembershipViewSet, ProductViewSet, TeamViewSet


def router_register(router: BaseRouter) -> None:
    """Adds products, teams and memberships."""
    router.register("products", ProductViewSet, basename="product")
    router.register("teams", TeamViewSet, basename="team")
    router.register("memberships", MembershipViewSet, basename="membership")
