"""Trello in the application: connected on its page, read and stored, and read again a week later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from pytest_httpserver import HTTPServer

from common import jobs
from common.models import JobRun
from roadmap.models import Board, Card, CardMove, Connection, SyncRun
from roadmap.services import board_sync
from roadmap.tests.factories import board_connect
from roadmap.tests.trello_server import KEY, TOKEN, TrelloServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def trello(httpserver: HTTPServer, settings: Any) -> TrelloServer:
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    return TrelloServer(httpserver)


@pytest.fixture
def board(trello: TrelloServer, product: Any, team: Any, now: datetime) -> Board:
    return board_connect(
        kind="trello",
        values={"api_key": KEY, "token": TOKEN, "base_url": trello.base_url},
        external_id=trello.board["id"],
        team=team,
        now=now,
        name="Onboarding",
    )


def test_it_leads_from_the_page_of_the_tool_to_a_board_with_cards(
    trello: TrelloServer, alice: Any, team: Any, logged_in: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = logged_in(alice)
    url = reverse("roadmap:connection-new", args=["fieldnote", "trello"])
    page = client.get(url).text
    assert "API key" in page
    assert "scope “read”" in page

    chosen = client.post(url, {"name": "Ours", "api_key": KEY, "token": TOKEN, "base_url": trello.base_url})
    assert "Onboarding" in client.get(chosen.url).text
    answer = client.post(chosen.url, {"board": trello.board["id"], "team": team.pk})
    jobs.jobs_work(now=JobRun.objects.get().due_at, kinds=["board_sync"])

    shown = client.get(answer.url)
    assert shown.status_code == 200
    assert Board.objects.get().cards.count() == 6
    stored = Connection.objects.get()
    assert TOKEN not in str(stored.settings) + stored.sealed + shown.text
    assert KEY not in str(stored.settings) + stored.sealed + shown.text


def test_it_shows_at_the_field_what_is_wrong(trello: TrelloServer, alice: Any, logged_in: Any) -> None:
    url = reverse("roadmap:connection-new", args=["fieldnote", "trello"])
    values = {"name": "Ours", "api_key": KEY, "token": "another", "base_url": trello.base_url, "try": "1"}

    assert "refused the token (401)" in logged_in(alice).post(url, values).text


def test_it_stores_the_moves_as_reported_and_since_when_a_card_stands_where_it_stands(
    board: Board, now: datetime
) -> None:
    run = board_sync(board=board, now=now)

    assert run.state == SyncRun.State.DONE
    assert run.requests_made == 4
    assert set(CardMove.objects.values_list("source", flat=True)) == {"reported"}
    assert Card.objects.get(key="#2").stage_since == datetime(2026, 11, 3, 5, 0, tzinfo=UTC)
    assert Card.objects.get(key="#3").done_at == datetime(2026, 11, 4, 12, 0, tzinfo=UTC)


def test_it_tells_exactly_what_was_done_in_the_second_week(
    board: Board, trello: TrelloServer, now: datetime
) -> None:
    board_sync(board=board, now=now)
    lists = {item["name"]: item["id"] for item in trello.lists}
    first, fourth, eighth = (trello.card_numbered(number)["id"] for number in (1, 4, 8))
    trello.card_move(1, "Doing")
    trello.card_move(1, "Done")
    moved_at = trello.now
    trello.card_rename(4, "Let people import contacts")
    trello.card_delete(8)
    new = trello.card_create("Say thank you", "Opportunities")

    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=7))

    assert run.changes == {
        "created": [new["id"]],
        "moved": [{"card": first, "from": lists["Opportunities"], "to": lists["Done"]}],
        "renamed": [
            {
                "card": fourth,
                "before": "Let people import their contacts",
                "after": "Let people import contacts",
            }
        ],
        "gone": [eighth],
    }
    moved = Card.objects.get(external_id=first)
    assert moved.stage_since == moved_at
    assert list(moved.moves.order_by("at").values_list("to_raw", flat=True)) == [
        "Opportunities",
        "Doing",
        "Done",
    ]
    assert Board.objects.get().cursor["action_id"] == trello.actions[0]["id"]


def test_it_changes_nothing_when_nothing_changed(board: Board, now: datetime) -> None:
    board_sync(board=board, now=now)
    before = list(Card.objects.order_by("pk").values())
    moves = CardMove.objects.count()

    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=7))

    assert run.changes == {}
    assert list(Card.objects.order_by("pk").values()) == before
    assert CardMove.objects.count() == moves
