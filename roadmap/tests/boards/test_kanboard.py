"""Kanboard: a recorded real board over HTTP, two weeks of it, and its odd answers."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from common.errors import PermanentError, TransientError
from roadmap.boards.base import CardData, HttpFactory, MoveSource, Snapshot
from roadmap.boards.kanboard import KanboardForm, KanboardProvider
from roadmap.tests.boards.contract import ContractCase, Fault
from roadmap.tests.kanboard_server import TOKEN, KanboardServer, changes_applied, recorded_error, week_load


class Contract(ContractCase):
    secret = TOKEN

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server)
        self.kanboard = KanboardServer(server)

    def config(self) -> dict[str, Any]:
        return self.kanboard.config()

    def cards(self, count: int) -> None:
        recorded = week_load("week1")
        pattern = recorded["getAllTasks_open"][0]
        columns = recorded["getColumns"][:2]
        self.kanboard.results["getColumns"] = columns
        self.kanboard.results["getBoard"] = []
        self.kanboard.results["getProjectActivity"] = []
        tasks = [pattern | {"id": 1000 + n, "column_id": columns[n % 2]["id"]} for n in range(count)]
        # The same list for open and for closed: a task that is in both must come out once.
        self.kanboard.results["getAllTasks"] = tasks

    def fault(self, fault: Fault) -> None:
        self.kanboard.fault = fault


@pytest.fixture
def provider(kanboard: KanboardServer, local_http: HttpFactory) -> KanboardProvider:
    return KanboardProvider(kanboard.config(), local_http)


def card(snapshot: Snapshot, number: int) -> CardData:
    return next(card for card in snapshot.cards if card.external_id == str(number))


def test_it_reads_the_whole_recorded_board(provider: KanboardProvider) -> None:
    snapshot = provider.fetch()

    assert len(snapshot.cards) == 199
    assert Counter(card.closed for card in snapshot.cards) == {False: 166, True: 33}
    assert [column.name for column in snapshot.columns] == [
        "Backlog", "Ready", "Work in progress", "Done", "Review", "Blocked",
    ]  # fmt: skip
    assert [column.wip_limit for column in snapshot.columns] == [None, None, 6, None, 4, None]
    assert {card.swimlane for card in snapshot.cards} == {"Default swimlane", "Expedite", "Mobile"}
    assert snapshot.complete
    assert snapshot.requests_made <= 3


def test_it_reads_every_field_of_a_task(provider: KanboardProvider, kanboard: KanboardServer) -> None:
    read = card(provider.fetch(), 200)

    assert read.identity == "200@1795357306"
    assert read.title == "Task 1: Add SEPA export"
    assert read.key == "#200"
    assert read.url == f"{kanboard.base_url}/?controller=TaskViewController&action=show&task_id=200"
    assert read.type == "Bug"
    assert read.state_raw == "Backlog"
    assert read.swimlane == "Mobile"
    assert read.labels == ("q1", "roadmap")
    assert read.priority == "2"
    assert read.due_date == date(2027, 1, 12)
    assert read.created_at == datetime(2026, 11, 22, 14, 21, 46, tzinfo=UTC)
    assert read.start_date is None
    assert "ünïcode" in read.description
    assert not read.closed


def test_it_gives_people_pseudonyms(provider: KanboardProvider) -> None:
    snapshot = provider.fetch()

    assignees = {name for card in snapshot.cards for name in card.assignees}

    assert len(assignees) == 4
    assert "member" not in str(snapshot).lower()


def test_it_reads_the_second_week(provider: KanboardProvider, kanboard: KanboardServer) -> None:
    kanboard.week = "week2"

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 202
    assert [column.name for column in snapshot.columns][1] == "Selected"
    assert snapshot.columns[-1].external_id == "19"


def test_it_takes_moves_from_the_reported_events(
    provider: KanboardProvider, kanboard: KanboardServer
) -> None:
    kanboard.week = "week2"

    snapshot = provider.fetch()
    reported = {
        int(move.card_identity.partition("@")[0]): (move.from_raw, move.to_raw)
        for move in snapshot.moves
        if move.source is MoveSource.REPORTED
    }

    # The recording names the columns as they were when the moves were made.
    renamed = {"Ready": "Selected"}
    applied = {
        move["task_id"]: tuple(renamed.get(name, name) for name in (move["from"], move["to"]))
        for move in changes_applied()["moved"]
    }
    assert reported == applied


def test_it_derives_the_last_move_from_the_time_stamp(provider: KanboardProvider) -> None:
    snapshot = provider.fetch()

    derived = [move for move in snapshot.moves if move.source is MoveSource.DERIVED]
    by_identity = {card.identity: card for card in snapshot.cards}

    assert len(derived) == 144
    assert all(move.at == by_identity[move.card_identity].moved_at for move in derived)
    assert all(move.at > (by_identity[move.card_identity].created_at or move.at) for move in derived)


def test_it_reports_a_move_only_once(provider: KanboardProvider) -> None:
    moves = provider.fetch().moves

    told = Counter((move.card_identity, move.to_column_external_id, move.at) for move in moves)

    assert max(told.values()) == 1


def test_it_marks_a_task_in_a_column_called_blocked(
    provider: KanboardProvider, kanboard: KanboardServer
) -> None:
    task = week_load("week1")["getAllTasks_open"][0]
    kanboard.results["getAllTasks"] = [task | {"column_id": 12}]

    (read,) = provider.fetch().cards

    assert read.blocked
    assert read.blocked_reason == "waiting on others"


def test_it_puts_a_task_of_an_unlisted_column_on_no_column(
    provider: KanboardProvider, kanboard: KanboardServer
) -> None:
    task = week_load("week1")["getAllTasks_open"][0]
    kanboard.results["getAllTasks"] = [task | {"column_id": 999}]

    snapshot = provider.fetch()

    assert snapshot.cards[0].column_external_id is None
    assert snapshot.cards[0].state_raw == "999"
    assert any("column that Kanboard does not list" in note for note in snapshot.notes)


@pytest.mark.parametrize("broken", [{"title": ""}, {"date_creation": None}, {"id": "x"}, {"column_id": ...}])
def test_it_is_incomplete_when_a_task_cannot_be_read(
    provider: KanboardProvider, kanboard: KanboardServer, broken: dict[str, Any]
) -> None:
    tasks = week_load("week1")["getAllTasks_open"][:2]
    tasks[0] = {name: value for name, value in (tasks[0] | broken).items() if value is not ...}
    kanboard.results["getAllTasks"] = tasks

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 1
    assert not snapshot.complete
    assert "left out" in snapshot.notes[0]


@pytest.mark.parametrize("value", [None, False, {}])
def test_it_takes_missing_tasks_for_an_error_not_for_an_empty_board(
    provider: KanboardProvider, kanboard: KanboardServer, value: Any
) -> None:
    kanboard.results["getAllTasks"] = value

    with pytest.raises(PermanentError, match="does not know"):
        provider.fetch()


@pytest.mark.parametrize("value", [None, [], {}, "text", 7, True])
@pytest.mark.parametrize(
    "method", ["getActiveSwimlanes", "getAllCategories", "getBoard", "getProjectActivity", "getAllTasks"]
)
def test_it_survives_any_shape_of_an_answer(
    provider: KanboardProvider, kanboard: KanboardServer, method: str, value: Any
) -> None:
    kanboard.results[method] = value

    with suppress(PermanentError, TransientError):
        assert all(card.title for card in provider.fetch().cards)


@pytest.mark.parametrize("code", [-32601, 403])
def test_it_reads_the_board_of_a_user_who_may_not_see_the_activity(
    provider: KanboardProvider, kanboard: KanboardServer, code: int
) -> None:
    kanboard.errors["getProjectActivity"] = {"code": code, "message": "Not for you"}

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 199
    assert "moves are seen between two reads" in snapshot.notes[0]


def test_its_check_names_the_project(provider: KanboardProvider) -> None:
    result = provider.check()

    assert result.title == "Stream team 200 57306"
    assert result.version.startswith("main.")
    assert result.columns_count == 6


def test_its_check_counts_projects_before_one_is_chosen(
    kanboard: KanboardServer, local_http: HttpFactory
) -> None:
    result = KanboardProvider(kanboard.config(board=""), local_http).check()

    assert result.boards_count == 1


@pytest.mark.parametrize("username", ["jsonrpc", "member1"])
def test_it_lists_the_projects_of_the_user(
    kanboard: KanboardServer, local_http: HttpFactory, username: str
) -> None:
    boards = KanboardProvider(kanboard.config(username=username, board=""), local_http).boards()

    assert [(board.external_id, board.name) for board in boards] == [("2", "Stream team 200 57306")]


def test_it_takes_the_address_with_or_without_the_endpoint(
    kanboard: KanboardServer, local_http: HttpFactory
) -> None:
    for address in (f"{kanboard.base_url}/", f"{kanboard.base_url}/jsonrpc.php"):
        assert KanboardProvider(kanboard.config(base_url=address), local_http).check().columns_count == 6


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (recorded_error("wrong token"), "refused the user or the API token"),
        (recorded_error("plain user calls getAllProjects"), "Add the user to the project"),
        (Response("", status=404), "There is no Kanboard API at this address"),
    ],
)
def test_it_tells_each_refusal_precisely(
    provider: KanboardProvider, kanboard: KanboardServer, answer: Response, words: str
) -> None:
    kanboard.fault = answer

    with pytest.raises(PermanentError, match=words):
        provider.fetch()


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        ({"code": -32601, "message": "Method not found"}, PermanentError, "does not know getColumns"),
        ({"code": -32602, "data": "Missing argument"}, PermanentError, "Missing argument"),
        ({"code": 403, "message": "Forbidden"}, PermanentError, "does not let it read"),
        ({"code": 401, "message": "Unauthorized"}, PermanentError, "refused the user"),
        ({"code": -32603, "message": f"broken for {TOKEN}"}, TransientError, "broken for .hidden."),
        ("odd", TransientError, "no reason given"),
    ],
)
def test_it_tells_each_error_of_a_single_call(
    provider: KanboardProvider, kanboard: KanboardServer, error: Any, expected: type[Exception], words: str
) -> None:
    kanboard.errors["getColumns"] = error

    with pytest.raises(expected, match=words):
        provider.fetch()


def test_it_tells_an_error_of_the_whole_batch(provider: KanboardProvider, kanboard: KanboardServer) -> None:
    kanboard.fault = recorded_error("not json")

    with pytest.raises(TransientError, match="Parse error"):
        provider.fetch()


def test_it_notices_a_call_left_unanswered(provider: KanboardProvider, kanboard: KanboardServer) -> None:
    kanboard.fault = Response(
        json.dumps([{"jsonrpc": "2.0", "id": 1, "result": {}}]), content_type="application/json"
    )

    with pytest.raises(TransientError, match="left part of the question unanswered"):
        provider.fetch()


@pytest.mark.parametrize("board", ["999", "two", ""])
def test_it_says_when_there_is_no_such_project(
    kanboard: KanboardServer, local_http: HttpFactory, board: str
) -> None:
    with pytest.raises(PermanentError, match=r"[Cc]hoose"):
        KanboardProvider(kanboard.config(board=board), local_http).fetch()


def test_it_says_when_a_project_shows_no_columns(
    provider: KanboardProvider, kanboard: KanboardServer
) -> None:
    kanboard.results["getColumns"] = []

    with pytest.raises(PermanentError, match="shows no columns"):
        provider.check()


@pytest.mark.parametrize(
    "address", ["kanboard.example", "ftp://kanboard.example", "http://user:pw@kanboard.example"]
)
def test_its_form_refuses_what_is_no_address(address: str) -> None:
    form = KanboardForm({"base_url": address, "username": "jsonrpc", "token": "long-token"})

    assert not form.is_valid()
    assert list(form.errors) == ["base_url"]


def test_its_form_takes_a_host_of_one_word() -> None:
    form = KanboardForm({"base_url": " http://kanboard:8080/ ", "username": "jsonrpc", "token": "long-token"})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["base_url"] == "http://kanboard:8080"
