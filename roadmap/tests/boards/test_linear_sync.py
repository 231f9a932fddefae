"""A Linear team connected in the browser, stored, and stored again a week later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from pytest_httpserver import HTTPServer

from roadmap.models import Board, Card, CardMove, Column, Connection, SyncRun
from roadmap.services import board_sync
from roadmap.tests.linear_server import TOKEN, LinearServer

pytestmark = pytest.mark.django_db
FORM = "Shorten the sign-up form"
RELOAD = "Keep the form's content on a reload"


@pytest.fixture
def linear(httpserver: HTTPServer, settings: Any) -> LinearServer:
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    return LinearServer(httpserver)


@pytest.fixture
def board(linear: LinearServer, alice: Any, team: Any, logged_in: Any) -> Board:
    """Connected as a person does it."""
    client = logged_in(alice)
    form = reverse("roadmap:connection-new", args=["fieldnote", "linear"])
    assert "https://api.linear.app" in client.get(form).text
    chosen = client.post(form, {"name": "Our Linear", "base_url": linear.base_url, "token": TOKEN})
    assert "Onboarding" in client.get(chosen.url).text
    client.post(chosen.url, {"board": linear.team["id"], "team": team.pk})
    return Board.objects.get()


def test_it_stores_a_team_and_the_changes_of_a_week(
    board: Board, linear: LinearServer, now: datetime
) -> None:
    first = board_sync(board=board, now=now)
    assert first.state == SyncRun.State.DONE
    assert Card.objects.count() == 7
    assert set(CardMove.objects.values_list("source", flat=True)) == {"reported"}
    assert CardMove.objects.count() == 9
    assert not Column.objects.get(name="QA").is_active

    review, done = (now + timedelta(days=day) for day in (1, 2))
    issue = linear.issue(FORM)
    linear.move(issue, "In Review", review.isoformat())
    linear.move(issue, "Done", done.isoformat())
    linear.issues.remove(linear.issue(RELOAD))
    second = board_sync(board=Board.objects.get(), now=now + timedelta(days=7))

    states = linear.state("In Progress")["id"], linear.state("Done")["id"]
    assert second.changes["moved"] == [{"card": issue["id"], "from": states[0], "to": states[1]}]
    assert second.changes["missing"] == ["7b20f0de-2222-4000-8000-000000000003"]
    moves = CardMove.objects.filter(card__title=FORM).order_by("at")
    assert [move.to_raw for move in moves] == ["Todo", "In Progress", "In Review", "Done"]
    assert Card.objects.get(title=FORM).stage_since == done


def test_it_changes_nothing_when_nothing_changed(board: Board, linear: LinearServer, now: datetime) -> None:
    board_sync(board=board, now=now)
    stored = list(Card.objects.order_by("pk").values()), CardMove.objects.count()

    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=7))

    assert run.changes == {}
    assert (list(Card.objects.order_by("pk").values()), CardMove.objects.count()) == stored


def test_its_key_is_stored_sealed(board: Board) -> None:
    connection = Connection.objects.get()

    assert connection.secrets_get() == {"token": TOKEN}
    assert TOKEN not in str(connection.settings)
