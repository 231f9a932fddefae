"""Jira week after week: the changes made are the changes read, few calls do, and columns stay themselves."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from roadmap.boards.base import CURSOR_KEY, HttpFactory, Snapshot
from roadmap.boards.changes import CardMoved, Renamed, snapshot_changes
from roadmap.boards.jira import JiraProvider
from roadmap.boards.jira_columns import JiraMemory, KnownColumn, columns_name
from roadmap.boards.jira_issues import SINGLE_LIMIT
from roadmap.tests.jira_server import JiraServer, refusal

MONDAY = datetime(2026, 11, 16, 6, tzinfo=UTC)
BEFORE, AFTER = "2026-11-10T09:00:00.000+0100", "2026-11-19T09:00:00.000+0100"
STATUSES = ("10000", "10001", "3", "10003", "10004", "10002")


@pytest.fixture(params=["cloud", "data center"])
def jira(request: pytest.FixtureRequest, httpserver: HTTPServer) -> JiraServer:
    """Each test that asks for it runs on both dialects."""
    return JiraServer(httpserver, is_cloud=request.param == "cloud")


@pytest.fixture
def cloud(httpserver: HTTPServer) -> JiraServer:
    return JiraServer(httpserver)


def week_one(jira: JiraServer, http: HttpFactory, cards: int = 60) -> Snapshot:
    """The first read of a board of so many cards, half of which have moved before."""
    for number in range(cards):
        issue = jira.issue_add(f"Card {number}", status=STATUSES[number % 6])
        if number % 2:
            jira.move(issue, STATUSES[(number + 2) % 6], at=BEFORE)
    snapshot = JiraProvider(jira.config(), http).fetch()
    jira.calls.clear()
    return snapshot


def week_two(jira: JiraServer, http: HttpFactory, first: Snapshot, **changes: Any) -> Snapshot:
    config = jira.config(**{CURSOR_KEY: dict(first.cursor)}) | changes
    return JiraProvider(config, http).fetch(since=MONDAY)


def logs_asked(jira: JiraServer) -> list[str]:
    """The issues whose changelog was asked for."""
    if jira.is_cloud:
        return [issue for body in jira.asked("changelog/bulkfetch") for issue in body["issueIdsOrKeys"]]
    return [
        issue
        for body in jira.asked("search")
        if "changelog" in body.get("expand", [])
        for issue in re.findall(r"\d+", body["jql"])
    ]


# --- two weeks --------------------------------------------------------------------------------------


def test_its_change_list_is_what_was_done_to_the_board(jira: JiraServer, local_http: HttpFactory) -> None:
    before = week_one(jira, local_http)
    ids = list(jira.issues)
    moved = dict(zip(ids[0:8:2], ("10001", "10003", "3", "3"), strict=True))
    for issue, column in moved.items():
        jira.move(issue, column, at=AFTER)
    for issue in ids[20:23]:
        jira.rename(issue, f"Renamed {issue}", at=AFTER)
    for issue in ids[30:33]:
        jira.remove(issue)
    later = [card for card in before.cards if card.external_id in ids[40:]]
    open_card = next(card for card in later if not card.closed)
    done_card = next(card for card in later if card.closed)
    jira.move(open_card.external_id, "10002", at=AFTER)
    jira.move(done_card.external_id, "3", at=AFTER)
    created = jira.issue_add("New this week", at=AFTER)

    after = week_two(jira, local_http, before)
    changes = snapshot_changes(before, after)

    columns = {card.identity: card.column_external_id for card in before.cards}
    assert set(changes.moved) == {
        *(CardMoved(issue, columns[issue], column) for issue, column in moved.items()),
        CardMoved(open_card.identity, open_card.column_external_id, "10002"),
        CardMoved(done_card.identity, "10002", "3"),
    }
    titles = {card.identity: card.title for card in before.cards}
    assert set(changes.renamed) == {Renamed(issue, titles[issue], f"Renamed {issue}") for issue in ids[20:23]}
    assert changes.missing == tuple(ids[30:33])
    assert changes.created == (created,)
    assert changes.closed == (open_card.identity,)
    assert changes.reopened == (done_card.identity,)
    assert after.complete
    assert not changes.columns_added
    assert not changes.columns_removed


def test_it_asks_for_the_history_of_changed_cards_only(jira: JiraServer, local_http: HttpFactory) -> None:
    first = week_one(jira, local_http)
    changed, added = "10305", jira.issue_add("New", at=AFTER)
    jira.move(changed, "3", at=AFTER)

    second = week_two(jira, local_http, first)

    assert set(logs_asked(jira)) == {changed, added}
    assert {move.card_identity for move in second.moves} == {changed}
    assert len(second.cards) == 61
    assert second.requests_made == len(jira.calls) <= 7


def test_it_asks_for_no_history_when_nothing_changed(jira: JiraServer, local_http: HttpFactory) -> None:
    first = week_one(jira, local_http)

    second = week_two(jira, local_http, first)

    assert logs_asked(jira) == []
    assert second.moves == ()
    assert second.requests_made == 6
    assert second.cursor == first.cursor


def test_it_asks_for_the_history_of_a_card_that_is_new_on_the_board_but_old(
    jira: JiraServer, local_http: HttpFactory
) -> None:
    hidden = jira.issue_add("Of a sprint that has just begun", status="10001")
    jira.move(hidden, "3", at=BEFORE)
    kept = jira.issues.pop(hidden)
    first = week_one(jira, local_http)
    jira.issues[hidden] = kept

    second = week_two(jira, local_http, first)

    assert logs_asked(jira) == [hidden]
    assert [move.card_identity for move in second.moves] == [hidden]


def test_it_asks_again_for_a_day_before_the_last_read(jira: JiraServer, local_http: HttpFactory) -> None:
    first = week_one(jira, local_http, cards=4)
    for issue, at in (("10301", MONDAY - timedelta(hours=2)), ("10302", MONDAY - timedelta(days=2))):
        jira.move(issue, "10003", at=at.isoformat())

    week_two(jira, local_http, first)

    assert logs_asked(jira) == ["10301"]


@pytest.mark.parametrize("cursor", [{}, {"columns": "odd"}, None, [], {"columns": [], "cards": "x"}])
def test_it_reads_everything_when_its_memory_is_lost(
    jira: JiraServer, local_http: HttpFactory, cursor: Any
) -> None:
    first = week_one(jira, local_http, cards=12)

    second = week_two(jira, local_http, first, **{CURSOR_KEY: cursor})

    assert second.moves == first.moves
    assert second.columns == first.columns
    assert second.cursor == first.cursor


def test_its_memory_of_a_card_takes_few_letters() -> None:
    memory = JiraMemory(cards=frozenset(str(number) for number in range(1_200_000, 1_210_000, 7)))

    packed = memory.cursor()["cards"]

    assert JiraMemory.of(memory.cursor()).cards == memory.cards
    assert len(packed) < 2.1 * len(memory.cards)


# --- changelogs that cannot be had in one call ------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_it_asks_issue_by_issue_where_many_changelogs_at_once_are_refused(
    cloud: JiraServer, local_http: HttpFactory, status: int
) -> None:
    whole = week_one(cloud, local_http, cards=12)
    cloud.faults["/rest/api/3/changelog/bulkfetch"] = Response("", status=status)
    cloud.page_size = 1

    one_by_one = JiraProvider(cloud.config(), local_http).fetch()

    assert one_by_one.moves == whole.moves
    assert one_by_one.cards == whole.cards
    assert one_by_one.cursor == whole.cursor


def test_it_reads_the_board_of_an_account_that_may_not_see_history(
    cloud: JiraServer, local_http: HttpFactory
) -> None:
    cloud.faults["/rest/api/3/changelog/bulkfetch"] = refusal("scope")
    cloud.faults |= {
        f"/rest/api/3/issue/{number}/changelog": refusal("scope") for number in range(10301, 10307)
    }

    snapshot = week_one(cloud, local_http, cards=6)

    assert len(snapshot.cards) == 6
    assert snapshot.complete
    assert any("moves are seen between two reads" in note for note in snapshot.notes)
    # The time of the last change of category is the best that is known of them.
    assert all(card.moved_at is not None for card in snapshot.cards)
    assert JiraMemory.of(snapshot.cursor).cards == frozenset()


def test_it_leaves_the_histories_over_its_limit_to_the_next_read(
    cloud: JiraServer, local_http: HttpFactory
) -> None:
    cloud.faults["/rest/api/3/changelog/bulkfetch"] = Response("", status=404)
    first = week_one(cloud, local_http, cards=SINGLE_LIMIT + 5)
    assert any("history of 5 issues waits" in note for note in first.notes)

    second = week_two(cloud, local_http, first)

    asked = [path for path, _ in cloud.calls if path.endswith("/changelog")]
    assert len(asked) == 5
    assert len(JiraMemory.of(second.cursor).cards) == SINGLE_LIMIT + 5


def test_it_goes_on_when_an_issue_is_removed_between_search_and_history(
    cloud: JiraServer, local_http: HttpFactory
) -> None:
    cloud.faults["/rest/api/3/changelog/bulkfetch"] = Response("", status=404)
    cloud.faults["/rest/api/3/issue/10302/changelog"] = refusal("board")

    snapshot = week_one(cloud, local_http, cards=4)

    assert {move.card_identity for move in snapshot.moves} == {"10304"}
    assert JiraMemory.of(snapshot.cursor).cards == {"10301", "10303", "10304"}


def test_it_says_when_data_center_keeps_older_history_back(
    httpserver: HTTPServer, local_http: HttpFactory
) -> None:
    center = JiraServer(httpserver, is_cloud=False)
    working = center.answer

    def cut(request: Any) -> Response:
        answer = working(request)
        if b"histories" not in answer.get_data():
            return answer
        return Response(
            re.sub(r'"total": 1, "histories"', '"total": 140, "histories"', answer.get_data(as_text=True)),
            content_type="application/json",
        )

    center.faults["/rest/api/2/search"] = cut

    snapshot = week_one(center, local_http, cards=4)

    assert any("older history back for 2 issues" in note for note in snapshot.notes)
    assert len(snapshot.moves) == 2


def test_it_reads_the_board_where_data_center_refuses_the_search_for_histories(
    httpserver: HTTPServer, local_http: HttpFactory
) -> None:
    center = JiraServer(httpserver, is_cloud=False)
    working = center.answer

    def refuse(request: Any) -> Response:
        return refusal("jql") if b"changelog" in request.get_data() else working(request)

    center.faults["/rest/api/2/search"] = refuse

    snapshot = week_one(center, local_http, cards=4)

    assert len(snapshot.cards) == 4
    assert any("moves are seen between two reads" in note for note in snapshot.notes)


# --- columns ----------------------------------------------------------------------------------------


def _columns(jira: JiraServer) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = jira.configuration["columnConfig"]["columns"]
    return columns


def test_a_renamed_column_stays_the_same_column(jira: JiraServer, local_http: HttpFactory) -> None:
    first = week_one(jira, local_http)
    _columns(jira)[2]["name"] = "Doing"

    changes = snapshot_changes(first, week_two(jira, local_http, first))

    assert changes.columns_renamed == (Renamed("3", "In progress", "Doing"),)
    assert changes.moved == ()
    assert changes.columns_added == changes.columns_removed == ()


def test_a_column_with_one_status_more_stays_the_same_column(
    jira: JiraServer, local_http: HttpFactory
) -> None:
    first = week_one(jira, local_http)
    # 9 is lower than any other: a first read would take it for the column's id.
    jira.statuses["9"] = jira.statuses["3"] | {"id": "9", "name": "Building"}
    _columns(jira)[3]["statuses"].insert(0, {"id": "9"})

    second = week_two(jira, local_http, first)

    assert [column.external_id for column in second.columns] == [c.external_id for c in first.columns]
    assert snapshot_changes(first, second).moved == ()
    assert second.columns[3].category == "indeterminate"


def test_a_status_given_to_another_column_moves_its_cards(jira: JiraServer, local_http: HttpFactory) -> None:
    first = week_one(jira, local_http)
    waiting = [card.identity for card in first.cards if card.state_raw == "Waiting for test"]
    columns = _columns(jira)
    columns.insert(4, {"name": "Test", "statuses": [columns[3]["statuses"].pop()]})

    changes = snapshot_changes(first, week_two(jira, local_http, first))

    assert waiting
    assert changes.moved == tuple(CardMoved(issue, "10003", "10004") for issue in waiting)
    assert changes.columns_added == ("10004",)


@pytest.mark.parametrize(
    ("columns", "known", "ids"),
    [
        # In a new order, and one of them split: the part with more in common keeps the id.
        ([("B", ("2",)), ("A", ("1",))], [("1", "A", ("1",)), ("2", "B", ("2",))], ["2", "1"]),
        ([("A1", ("1",)), ("A2", ("5", "6"))], [("1", "A", ("1", "5", "6"))], ["A1/1", "1"]),
        # A column without statuses is known by its name only.
        ([("Parked", ())], [("Parked/1", "Parked", ())], ["Parked/1"]),
        ([("Parked", ()), ("Parked", ())], [], ["Parked/1", "Parked/2"]),
        # Its statuses all replaced, it is known by its name; with another name it is a new column.
        ([("A", ("9",))], [("1", "A", ("1",))], ["1"]),
        ([("Z", ("9",))], [("1", "A", ("1",))], ["9"]),
        # Of names that are no numbers and of numbers, the lowest number is the id.
        ([("A", ("x", "30", "4"))], [], ["4"]),
    ],
)  # fmt: skip
def test_it_knows_columns_again_by_their_statuses(columns: Any, known: Any, ids: list[str]) -> None:
    named = columns_name(columns, [KnownColumn(*column) for column in known])

    assert [column.external_id for column in named] == ids


def test_it_asks_for_categories_only_when_columns_changed(jira: JiraServer, local_http: HttpFactory) -> None:
    first = week_one(jira, local_http)
    same = week_two(jira, local_http, first)
    assert jira.asked("status") == []
    assert same.columns == first.columns
    _columns(jira)[0]["statuses"].append({"id": "10009"})

    other = week_two(jira, local_http, first)

    assert len(jira.asked("status")) == 1
    assert other.columns[0].category is None  # "new" and "done" in one column


def test_it_does_without_categories_and_flags_where_they_are_not_shown(
    jira: JiraServer, local_http: HttpFactory
) -> None:
    for path in ("status", "field"):
        jira.faults[f"{jira.api}/{path}"] = Response("", status=403)

    snapshot = week_one(jira, local_http, cards=6)

    assert len(snapshot.cards) == 6
    assert {column.category for column in snapshot.columns} == {None}
