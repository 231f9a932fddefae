"""Routes of this app, mounted at /api/v1/ by config.api."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from roadmap.api.views import BoardViewSet, CardViewSet, ColumnViewSet, EditionViewSet, SyncRunViewSet


def router_register(router: BaseRouter) -> None:
    """Adds boards, columns, cards, reads and editions."""
    router.register("boards", BoardViewSet, basename="board")
    router.register("columns", ColumnViewSet, basename="column")
    router.register("cards", CardViewSet, basename="card")
    router.register("sync-runs", SyncRunViewSet, basename="sync-run")
    router.register("editions", EditionViewSet, basename="edition")
