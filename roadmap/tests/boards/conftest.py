"""The replayed Kanboard, and an HTTP factory that may reach it."""

from __future__ import annotations

from functools import partial

import pytest
from pytest_httpserver import HTTPServer

from common.http import HttpClient
from roadmap.boards.base import HttpFactory
from roadmap.tests.kanboard_server import KanboardServer


@pytest.fixture
def local_http() -> HttpFactory:
    """Reaches 127.0.0.1 and never waits."""
    return partial(HttpClient, allow_private=["127.0.0.1"], sleep=lambda seconds: None)


@pytest.fixture
def kanboard(httpserver: HTTPServer) -> KanboardServer:
    return KanboardServer(httpserver)
