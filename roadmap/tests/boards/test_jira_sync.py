"""Jira in the application: connected on its page, read and stored, and read again a week later."""

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
from roadmap.tests.jira_server import BOARD, EMAIL, TOKEN, JiraServer

pytestmark = pytest.mark.django_db
BEFORE, AFTER = "2026-11-10T09:00:00.000+0100", "2026-11-19T09:00:00.000+0100"


@pytest.fixture(params=["cloud", "data center"])
def jira(request: pytest.FixtureRequest, httpserver: HTTPServer, settings: Any) -> JiraServer:
    """Six cards, one for each status of the board; the second has moved. Each test runs on both dialects."""
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    server = JiraServer(httpserver, is_cloud=request.param == "cloud")
    for status in ("10000", "10000", "3", "10003", "10004", "10002"):
        server.issue_add(f"Card in {status}", status=status)
    server.move("10302", "10001", at=BEFORE)
    return server


@pytest.fixture
def board(jira: JiraServer, product: Any, team: Any, now: datetime) -> Board:
    values = jira.config()
    del values["board"]
    return board_connect(
        kind="jira", values=values, external_id=str(BOARD), team=team, now=now, name="Onboarding"
    )


def test_it_leads_from_the_page_of_the_tool_to_a_board_with_cards(
    jira: JiraServer, alice: Any, team: Any, logged_in: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = logged_in(alice)
    url = reverse("roadmap:connection-new", args=["fieldnote", "jira"])
    page = client.get(url).text
    assert "id.atlassian.com" in page
    assert "Browse Projects" in page

    values = {
        "name": "Ours",
        "base_url": f"{jira.base_url}/secure/RapidBoard.jspa",
        "email": EMAIL if jira.is_cloud else "",
        "token": TOKEN,
        "project_key": "ONB",
    }
    chosen = client.post(url, values)
    assert "Onboarding board (ONB)" in client.get(chosen.url).text
    answer = client.post(chosen.url, {"board": str(BOARD), "team": team.pk})
    jobs.jobs_work(now=JobRun.objects.get().due_at, kinds=["board_sync"])

    shown = client.get(answer.url)
    assert shown.status_code == 200
    assert Board.objects.get().cards.count() == 6
    assert "fixVersion in unreleasedVersions()" in str(SyncRun.objects.get().notes)
    stored = Connection.objects.get()
    assert TOKEN not in str(stored.settings) + stored.sealed + shown.text


def test_it_shows_at_the_field_what_is_wrong(jira: JiraServer, alice: Any, logged_in: Any) -> None:
    url = reverse("roadmap:connection-new", args=["fieldnote", "jira"])
    wrong = {"email": ""} if jira.is_cloud else {"email": EMAIL}
    values = {"name": "Ours", "base_url": jira.base_url, "token": TOKEN, "try": "1"} | wrong

    page = logged_in(alice).post(url, values).text

    assert ("wants the e-mail" if jira.is_cloud else "leave the e-mail empty") in page


def test_it_stores_moves_and_proposes_stages(board: Board, now: datetime) -> None:
    run = board_sync(board=board, now=now)

    assert run.state == SyncRun.State.DONE
    assert list(CardMove.objects.values_list("from_raw", "to_raw", "source")) == [
        ("Idea", "Selected", "reported")
    ]
    assert Card.objects.get(key="ONB-2").stage_since == datetime(2026, 11, 10, 8, tzinfo=UTC)
    # A card that never moved stands where it was created.
    assert Card.objects.get(key="ONB-3").stage_since == datetime(2026, 11, 2, 7, tzinfo=UTC)
    assert dict(Column.objects.values_list("name", "stage")) == {
        "Backlog": "prioritised_opportunities",
        "To build": "to_build",
        "In progress": "in_progress",
        "Review": "in_progress",
        "Released": "released",
    }


def test_it_tells_exactly_what_was_done_in_the_second_week(
    board: Board, jira: JiraServer, now: datetime
) -> None:
    board_sync(board=board, now=now)
    jira.move("10301", "10001", at=AFTER)
    jira.move("10303", "10002", at=AFTER)
    jira.move("10304", "10004", at=AFTER)  # to another status of its column
    jira.rename("10305", "Card with a better name", at=AFTER)
    jira.remove("10302")
    created = jira.issue_add("Say thank you", at=AFTER)

    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=7))

    assert run.changes == {
        "created": [created],
        "moved": [
            {"card": "10301", "from": "10000", "to": "10001"},
            {"card": "10303", "from": "3", "to": "10002"},
        ],
        "renamed": [{"card": "10305", "before": "Card in 10004", "after": "Card with a better name"}],
        "closed": ["10303"],
        "missing": ["10302"],
    }
    done = Card.objects.get(external_id="10303")
    assert done.stage_since == done.done_at == datetime(2026, 11, 19, 8, tzinfo=UTC)
    assert set(CardMove.objects.values_list("source", flat=True)) == {"reported"}


def test_it_changes_nothing_when_nothing_changed(board: Board, jira: JiraServer, now: datetime) -> None:
    board_sync(board=board, now=now)
    before = list(Card.objects.order_by("pk").values())

    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=7))

    assert run.changes == {}
    assert run.requests_made == 6
    assert list(Card.objects.order_by("pk").values()) == before
    assert CardMove.objects.count() == 1


def test_it_keeps_what_a_person_said_of_a_column_that_is_renamed(
    board: Board, jira: JiraServer, now: datetime
) -> None:
    board_sync(board=board, now=now)
    Column.objects.filter(name="Review").update(stage="in_validation", stage_origin="person")
    jira.configuration["columnConfig"]["columns"][3]["name"] = "Check"

    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=7))

    assert run.changes == {"columns_renamed": [{"column": "10003", "before": "Review", "after": "Check"}]}
    assert Column.objects.get(name="Check").stage == "in_validation"
    assert Card.objects.filter(column__name="Check").count() == 2
