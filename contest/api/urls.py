"""Routes of this app, mounted at /api/v1/ by config.api."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from contest.api.views import ContestViewSet, ProposalViewSet


def router_register(router: BaseRouter) -> None:
    """Adds contests and proposals."""
    router.register("contests", ContestViewSet, basename="contest")
    router.register("proposals", ProposalViewSet, basename="proposal")
