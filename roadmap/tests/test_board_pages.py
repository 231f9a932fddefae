"""Connecting a board in the browser, and what its page shows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils.html import escape
from werkzeug import Response

from common import jobs
from common.models import AuditEvent, JobRun
from roadmap.boards import provider_get, providers
from roadmap.models import Board, Column, Connection, SyncRun
from roadmap.services import board_sync
from roadmap.tests.factories import board_make, card_make, connection_make
from roadmap.tests.kanboard_server import PROJECT, TOKEN, KanboardServer

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


def _url(name: str, *args: Any) -> str:
    return reverse(f"roadmap:{name}", args=["fieldnote", *args])


def _values(kanboard: KanboardServer, **changes: str) -> dict[str, str]:
    return {
        "name": "Our Kanboard",
        "base_url": kanboard.base_url,
        "username": "jsonrpc",
        "token": TOKEN,
    } | changes


def test_it_leads_from_the_tool_to_a_board_with_cards(
    kanboard: KanboardServer, alice: Any, team: Any, logged_in: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = logged_in(alice)
    assert "Kanboard" in client.get(_url("board-new")).text

    chosen = client.post(_url("connection-new", "kanboard"), _values(kanboard))
    boards = client.get(chosen.url).text
    assert week_name() in boards
    answer = client.post(chosen.url, {"board": str(PROJECT), "team": team.pk})
    jobs.jobs_work(now=JobRun.objects.get().due_at, kinds=["board_sync"])

    board = Board.objects.get()
    page = client.get(answer.url)
    assert page.status_code == 200
    assert "Columns without a stage" in page.text or not board.columns.filter(stage="").exists()
    assert board.cards.count() > 100
    assert JobRun.objects.get().state == JobRun.State.DONE


def week_name() -> str:
    from roadmap.tests.kanboard_server import week_load

    return str(week_load("week1")["getProjectById"]["name"])


@pytest.mark.parametrize("kind", sorted(providers()))
def test_the_form_of_every_tool_opens_with_its_help(kind: str, alice: Any, team: Any, logged_in: Any) -> None:
    provider = provider_get(kind)
    client = logged_in(alice)

    page = client.get(_url("connection-new", kind))

    assert provider.label in client.get(_url("board-new")).text
    assert page.status_code == 200
    assert escape(provider.access_help) in page.text
    for name, field in provider.settings_form.base_fields.items():
        assert f'name="{name}"' in page.text
        assert escape(str(field.label)) in page.text


def test_it_tries_a_connection_for_real_and_saves_nothing(
    kanboard: KanboardServer, alice: Any, logged_in: Any
) -> None:
    client = logged_in(alice)
    url = _url("connection-new", "kanboard")

    good = client.post(url, _values(kanboard, **{"try": "1"}), **HTMX)
    bad = client.post(url, _values(kanboard, token="wrong", **{"try": "1"}))

    assert "The connection works" in good.text
    assert "<html" not in good.text
    assert "refused the user or the API token" in bad.text
    assert "<html" in bad.text
    assert kanboard.requests == 2
    assert not Connection.objects.exists()


def test_it_shows_credentials_nowhere(
    connection: Connection, board: Board, alice: Any, dana: Any, logged_in: Any, now: datetime, caplog: Any
) -> None:
    caplog.set_level("DEBUG")
    board_sync(board=board, now=now)
    pages = [
        logged_in(alice).get(url).text
        for url in (
            _url("connection-edit", connection.pk),
            _url("board-list"),
            _url("board-detail", board.pk),
            _url("connection-boards", connection.pk),
            reverse("api:board-list"),
            reverse("api:board-detail", args=[board.pk]),
            reverse("api:sync-run-list"),
        )
    ]
    admin = logged_in(dana)
    pages += [
        admin.get(reverse(name, args=args)).text
        for name, args in (
            ("admin:roadmap_connection_changelist", []),
            ("admin:roadmap_connection_change", [connection.pk]),
            ("admin:roadmap_board_change", [board.pk]),
        )
    ]

    trail = str(list(AuditEvent.objects.values_list("before", "after")))
    for text in [*pages, trail, caplog.text, repr(connection), connection.sealed]:
        assert TOKEN not in text
    assert connection.sealed
    assert all(connection.sealed not in page for page in pages)


def test_it_wants_the_token_again_for_another_address(
    connection: Connection, kanboard: KanboardServer, alice: Any, logged_in: Any
) -> None:
    client, url = logged_in(alice), _url("connection-edit", connection.pk)
    elsewhere = _values(kanboard, base_url="http://127.0.0.1:9", token="", version="1")

    tried = client.post(url, elsewhere | {"try": "1"})
    saved = client.post(url, elsewhere)

    assert "enter this again" in tried.text
    assert saved.status_code == 422
    assert "enter this again" in saved.text
    connection.refresh_from_db()
    assert connection.settings["base_url"] == kanboard.base_url


def test_it_keeps_a_token_that_is_left_empty(
    connection: Connection, kanboard: KanboardServer, alice: Any, logged_in: Any
) -> None:
    answer = logged_in(alice).post(
        _url("connection-edit", connection.pk), _values(kanboard, name="Renamed", token="", version="1")
    )

    assert answer.status_code == 302
    connection.refresh_from_db()
    assert (connection.name, connection.secrets_get()) == ("Renamed", {"token": TOKEN})


def test_it_shows_both_versions_when_two_people_save(
    connection: Connection, kanboard: KanboardServer, alice: Any, logged_in: Any
) -> None:
    client, url = logged_in(alice), _url("connection-edit", connection.pk)
    client.post(url, _values(kanboard, name="First", token="", version="1"))

    second = client.post(url, _values(kanboard, name="Second", token="", version="1"))

    assert second.status_code == 409
    assert "First" in second.text
    assert "Second" in second.text


def test_it_refuses_a_board_that_is_connected_already(
    board: Board, connection: Connection, alice: Any, team: Any, logged_in: Any
) -> None:
    answer = logged_in(alice).post(
        _url("connection-boards", connection.pk), {"board": str(PROJECT), "team": team.pk}
    )

    assert answer.status_code == 422
    assert "already connected" in answer.text


def test_it_says_what_to_do_when_the_boards_cannot_be_listed(
    connection: Connection, kanboard: KanboardServer, alice: Any, logged_in: Any
) -> None:
    kanboard.fault = Response("", status=503)

    page = logged_in(alice).get(_url("connection-boards", connection.pk))

    assert page.status_code == 200
    assert "could not be listed" in page.text
    assert "Edit the connection" in page.text


def test_it_shows_the_effect_of_a_mapping_before_it_is_saved(
    team: Any, now: datetime, alice: Any, logged_in: Any
) -> None:
    board = board_make(team, now=now)
    card_make(board, 1, stage="in_progress", now=now)
    column = board.columns.get(stage="in_progress")
    data = {f"column-{row.pk}": row.stage for row in board.columns.all()}
    data |= {f"column-{column.pk}": "released", "closed_as": "released", "version": "1"}
    client, url = logged_in(alice), _url("board-columns", board.pk)

    preview = client.post(url, data | {"preview": "1"}, **HTMX)
    column.refresh_from_db()
    assert "<ins>1</ins>" in preview.text
    assert column.stage == "in_progress"

    client.post(url, data)
    column.refresh_from_db()
    assert (column.stage, column.stage_origin) == ("released", "person")


def test_it_gives_an_unmatched_column_its_stage_with_one_click(
    team: Any, now: datetime, alice: Any, logged_in: Any
) -> None:
    board = board_make(team, now=now)
    column = Column.objects.create(board=board, external_id="x", name="Parked somewhere", position=9)
    client = logged_in(alice)
    assert "Parked somewhere" in client.get(_url("board-detail", board.pk)).text

    client.post(_url("column-fix", board.pk, column.pk), {"stage": "discarded"})

    column.refresh_from_db()
    assert (column.stage, column.stage_origin) == ("discarded", "person")


def test_a_member_of_the_team_may_sync_and_a_viewer_may_not(
    team: Any, now: datetime, erin: Any, bob: Any, logged_in: Any
) -> None:
    board = board_make(team, now=now)

    asked = logged_in(erin).post(_url("board-sync", board.pk))
    refused = logged_in(bob).post(_url("board-sync", board.pk))

    assert (asked.status_code, refused.status_code) == (302, 403)
    assert JobRun.objects.get().requested_by == erin
    assert "Sync now" not in logged_in(bob).get(_url("board-detail", board.pk)).text


def test_it_loads_the_page_anew_when_the_read_is_over(
    team: Any, now: datetime, alice: Any, logged_in: Any
) -> None:
    board = board_make(team, now=now)
    job = JobRun.objects.create(kind="board_sync", subject=str(board.pk), period="request-1", due_at=now)
    client, url = logged_in(alice), _url("board-sync-progress", board.pk, job.pk)

    waiting = client.get(url, **HTMX)
    JobRun.objects.update(state=JobRun.State.DONE, finished_at=now)
    over = client.get(url, **HTMX)

    assert "HX-Refresh" not in waiting
    assert over["HX-Refresh"] == "true"


def test_it_offers_a_way_out_of_a_held_read(team: Any, now: datetime, alice: Any, logged_in: Any) -> None:
    board = board_make(team, now=now)
    SyncRun.objects.create(board=board, state=SyncRun.State.HELD, started_at=now, counts={"held": 9})
    client = logged_in(alice)
    assert "They are gone: read again" in client.get(_url("board-detail", board.pk)).text

    client.post(_url("board-sync", board.pk), {"accept_missing": "1"})

    assert JobRun.objects.get().payload == {"accept_missing": True}


def test_it_archives_a_board_and_brings_it_back(team: Any, now: datetime, alice: Any, logged_in: Any) -> None:
    board = board_make(team, now=now)
    client = logged_in(alice)

    client.post(_url("board-archive", board.pk), {"version": "1"})
    assert Board.objects.get().archived_at is not None
    assert "Archived" in client.get(_url("board-list")).text
    client.post(_url("board-restore", board.pk), {"version": "2"})

    assert Board.objects.get().archived_at is None
    assert [event.action for event in AuditEvent.objects.order_by("pk")] == [
        "board archived",
        "board brought back",
    ]


def test_it_escapes_what_a_tool_or_person_wrote(team: Any, now: datetime, alice: Any, logged_in: Any) -> None:
    board = board_make(team, now=now, name="<script>alert(1)</script>")
    bad = '<img src=x onerror="alert(1)">'
    card = card_make(
        board, 1, stage="in_progress", now=now, title=bad, blocked=True, blocked_reason=bad, labels=[bad],
        context={"persona": {"value": bad, "origin": "tool"}},
    )  # fmt: skip
    client = logged_in(alice)

    for url in (_url("board-detail", board.pk), _url("card-detail", card.pk), _url("card-edit", card.pk)):
        text = client.get(url).text
        assert bad not in text
        assert "<script>alert" not in text


@pytest.mark.parametrize("count", [3, 30])
def test_its_list_asks_the_same_for_few_and_many_boards(
    count: int, team: Any, now: datetime, alice: Any, logged_in: Any, django_assert_max_num_queries: Any
) -> None:
    connection = connection_make(team.product)
    for _ in range(count):
        board_make(team, now=now, connection=connection)
    client = logged_in(alice)
    client.get(_url("board-list"))

    with django_assert_max_num_queries(24):
        client.get(_url("board-list"))


@pytest.mark.parametrize("count", [5, 80])
def test_its_page_asks_the_same_for_few_and_many_cards(
    count: int, team: Any, now: datetime, alice: Any, logged_in: Any, django_assert_max_num_queries: Any
) -> None:
    board = board_make(team, now=now)
    for number in range(count):
        card_make(board, number, stage="in_progress", now=now - timedelta(days=number))
    client = logged_in(alice)
    client.get(_url("board-detail", board.pk))

    with django_assert_max_num_queries(28):
        client.get(_url("board-detail", board.pk))
