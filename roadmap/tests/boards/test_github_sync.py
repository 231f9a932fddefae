"""A GitHub project connected in the browser, stored, and stored again a week later."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from pytest_httpserver import HTTPServer

from roadmap.models import Board, Card, CardMove, Connection, SyncRun
from roadmap.services import board_sync
from roadmap.tests.github_server import TOKEN, GithubServer

pytestmark = pytest.mark.django_db
PRICES = "Explain prices before the first step"
INTERVIEWS = "Ask ten customers why they left"


@pytest.fixture
def github(httpserver: HTTPServer, settings: Any) -> GithubServer:
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    return GithubServer(httpserver)


@pytest.fixture
def board(github: GithubServer, alice: Any, team: Any, logged_in: Any) -> Board:
    """Connected as a person does it."""
    client = logged_in(alice)
    form = reverse("roadmap:connection-new", args=["fieldnote", "github"])
    assert "Field of the columns" in client.get(form).text
    values = {"name": "Our projects", "base_url": github.base_url, "owner": "@acme", "token": TOKEN}
    chosen = client.post(form, values)
    assert "Onboarding" in client.get(chosen.url).text
    client.post(chosen.url, {"board": github.project["id"], "team": team.pk})
    return Board.objects.get()


def moves_of(title: str) -> list[CardMove]:
    return list(CardMove.objects.filter(card__title=title).order_by("at"))


def test_it_stores_a_project_and_the_changes_of_a_week(
    board: Board, github: GithubServer, now: datetime
) -> None:
    first = board_sync(board=board, now=now)
    assert first.state == SyncRun.State.DONE
    assert Card.objects.count() == 8
    assert Counter(CardMove.objects.values_list("source", flat=True)) == {"reported": 8, "derived": 1}
    before = CardMove.objects.count()

    at = now + timedelta(days=2)
    github.move(github.item(PRICES), "In progress", at.isoformat())
    github.move(github.item(INTERVIEWS), "Ready", at.isoformat())
    second = board_sync(board=Board.objects.get(), now=now + timedelta(days=7))

    assert second.changes == {
        "moved": [
            {"card": github.item(PRICES)["id"], "from": "08afe404", "to": "47fc9ee4"},
            {"card": github.item(INTERVIEWS)["id"], "from": "f75ad846", "to": "08afe404"},
        ]
    }
    assert CardMove.objects.count() == before + 2
    assert [(move.source, move.from_raw, move.to_raw) for move in moves_of(PRICES)] == [
        ("reported", "Backlog", "Ready"),
        ("reported", "Ready", "In progress"),
    ]
    last = moves_of(INTERVIEWS)[-1]
    assert (last.source, last.from_raw, last.to_raw) == ("derived", "Backlog", "Ready")
    assert Card.objects.get(title=INTERVIEWS).stage_since == last.at == at


def test_it_changes_nothing_when_nothing_changed(board: Board, github: GithubServer, now: datetime) -> None:
    board_sync(board=board, now=now)
    stored = list(Card.objects.order_by("pk").values()), CardMove.objects.count()
    github.asked.clear()

    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=7))

    assert run.changes == {}
    assert (list(Card.objects.order_by("pk").values()), CardMove.objects.count()) == stored
    assert github.names() == ["Project", "Items"]


def test_its_token_is_stored_sealed(board: Board) -> None:
    connection = Connection.objects.get()

    assert connection.secrets_get() == {"token": TOKEN}
    assert TOKEN not in str(connection.settings)
    assert connection.settings["owner"] == "acme"
