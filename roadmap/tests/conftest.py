"""A recorded Kanboard over real HTTP, and a board of Onboarding connected to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from roadmap.models import Board, Connection
from roadmap.services import board_create, connection_create
from roadmap.tests.kanboard_server import PROJECT, TOKEN, KanboardServer


@pytest.fixture
def kanboard(httpserver: HTTPServer, settings: Any) -> KanboardServer:
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    return KanboardServer(httpserver)


@pytest.fixture
def connection(kanboard: KanboardServer, product: Any) -> Connection:
    return connection_create(
        product=product,
        kind="kanboard",
        name="Our Kanboard",
        values={"base_url": kanboard.base_url, "username": "jsonrpc", "token": TOKEN},
        actor=None,
    )


@pytest.fixture
def board(connection: Connection, team: Any, now: Any) -> Board:
    return board_create(
        connection=connection,
        team=team,
        external_id=str(PROJECT),
        name="Onboarding board",
        actor=None,
        now=now,
    )


@pytest.fixture
def monday(now: Any) -> Any:
    """The cut-off before NOW: Monday 16 November 2026, 06:00 UTC."""
    return (now - timedelta(days=2)).replace(hour=6, minute=0)
