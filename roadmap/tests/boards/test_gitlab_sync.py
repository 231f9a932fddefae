"""GitLab in the application: connected on its page, read and stored, and read again a week later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from pytest_httpserver import HTTPServer

from common import jobs
from common.models import JobRun
from roadmap.models import Board, Card, CardMove, Column, Connection, SyncRun
from roadmap.services import board_sync
from roadmap.tests.factories import board_connect
from roadmap.tests.gitlab_server import TOKEN, GitLabServer

pytestmark = pytest.mark.django_db
BOARD = "projects/5/boards/1"


@pytest.fixture
def gitlab(httpserver: HTTPServer, settings: Any, now: datetime) -> GitLabServer:
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    server = GitLabServer(httpserver)
    server.now = now + timedelta(days=1)
    return server


@pytest.fixture
def board(gitlab: GitLabServer, product: Any, team: Any, now: datetime) -> Board:
    return board_connect(
        kind="gitlab",
        values={"base_url": gitlab.base_url, "path": "onboarding/app", "token": TOKEN},
        external_id=BOARD,
        team=team,
        now=now,
        name="App: Development",
    )


def test_it_leads_from_the_page_of_the_tool_to_a_board_with_cards(
    gitlab: GitLabServer, alice: Any, team: Any, logged_in: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = logged_in(alice)
    url = reverse("roadmap:connection-new", args=["fieldnote", "gitlab"])
    page = client.get(url).text
    assert "Project or group" in page
    assert "read_api" in page

    values = {"name": "Ours", "base_url": gitlab.base_url, "path": "onboarding/app", "token": TOKEN}
    chosen = client.post(url, values)
    assert "App: Development" in client.get(chosen.url).text
    answer = client.post(chosen.url, {"board": BOARD, "team": team.pk})
    jobs.jobs_work(now=JobRun.objects.get().due_at, kinds=["board_sync"])

    shown = client.get(answer.url)
    assert shown.status_code == 200
    assert Board.objects.get().cards.count() == 5
    stored = Connection.objects.get()
    assert TOKEN not in str(stored.settings) + stored.sealed + shown.text


def test_it_shows_at_the_field_what_is_wrong(gitlab: GitLabServer, alice: Any, logged_in: Any) -> None:
    url = reverse("roadmap:connection-new", args=["fieldnote", "gitlab"])
    values = {"name": "Ours", "base_url": gitlab.base_url, "path": "a/b", "token": TOKEN, "try": "1"}

    assert "no project and no group called a/b" in logged_in(alice).post(url, values).text


def test_it_stores_the_moves_as_reported_and_since_when_a_card_stands_where_it_stands(
    board: Board, now: datetime
) -> None:
    run = board_sync(board=board, now=now)

    assert run.state == SyncRun.State.DONE
    assert set(CardMove.objects.values_list("source", flat=True)) == {"reported"}
    assert Card.objects.get(key="#2").stage_since == datetime(2026, 11, 3, 11, 0, tzinfo=UTC)
    assert Card.objects.get(key="#1").stage_since == datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    assert dict(Column.objects.values_list("name", "stage")) == {
        "Open": "prioritised_opportunities",
        "ready": "to_build",
        "doing": "in_progress",
        "in review": "in_progress",
        "Closed": "released",
    }


def test_it_tells_exactly_what_was_done_in_the_second_week(
    board: Board, gitlab: GitLabServer, now: datetime
) -> None:
    board_sync(board=board, now=now)
    gitlab.issue_move(1, "workflow::doing")
    gitlab.issue_close(4)
    moved_at = gitlab.now
    gitlab.issue_change(5, title="The invoice shows last year")
    gitlab.issue_delete(2)
    new = gitlab.issue_create("Say thank you")

    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=7))

    assert run.changes == {
        "created": [str(new["id"])],
        "moved": [
            {"card": "9001", "from": "open", "to": "list-362"},
            {"card": "9004", "from": "list-362", "to": "closed"},
        ],
        "renamed": [
            {
                "card": "9005",
                "before": "The invoice shows the wrong year",
                "after": "The invoice shows last year",
            }
        ],
        "closed": ["9004"],
        "missing": ["9002"],
    }
    assert Card.objects.get(external_id="9004").stage_since == moved_at
    assert set(CardMove.objects.values_list("source", flat=True)) == {"reported"}


def test_it_changes_nothing_when_nothing_changed(board: Board, now: datetime) -> None:
    board_sync(board=board, now=now)
    before = list(Card.objects.order_by("pk").values())
    moves = CardMove.objects.count()

    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=7))

    assert run.changes == {}
    assert run.requests_made == 2
    assert list(Card.objects.order_by("pk").values()) == before
    assert CardMove.objects.count() == moves
