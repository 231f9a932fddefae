"""Jira failing in the middle of a read, lists that do not end, and answers with any part missing or of another type."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from common.errors import ApplicationError, PermanentError, TransientError
from roadmap.boards.base import HttpFactory
from roadmap.boards.jira import JiraProvider
from roadmap.boards.jira_answers import JiraAnswers, JiraBoard, SiteFields
from roadmap.boards.jira_moves import (
    entries_of_bulk,
    entries_of_issue,
    entries_of_search,
    moves_reported,
)
from roadmap.tests.jira_server import JiraServer, recorded, refusal

ODD_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.floats(),
    st.just([None]),
    st.just({"id": []}),
)
ISSUE = recorded("issue_cloud")
BOARD = JiraBoard.of(recorded("board_configuration"))
READING = JiraAnswers(
    board=BOARD,
    web_url="https://jira",
    site_fields=SiteFields("customfield_10021", {"customfield_10050": "Target metric"}),
)


@pytest.fixture(params=["cloud", "data center"])
def jira(request: pytest.FixtureRequest, httpserver: HTTPServer) -> JiraServer:
    """Each test that asks for it runs on both dialects."""
    return JiraServer(httpserver, is_cloud=request.param == "cloud")


def search_path(jira: JiraServer) -> str:
    return f"{jira.api}/search/jql" if jira.is_cloud else f"{jira.api}/search"


def pages_of(jira: JiraServer, *pages: Any) -> None:
    """Lets the search answer with these pages, the last one again and again."""
    left = list(pages)

    def answer(request: Request) -> Response:
        page = left.pop(0) if len(left) > 1 else left[0]
        return (
            page
            if isinstance(page, Response)
            else Response(json.dumps(page), content_type="application/json")
        )

    jira.faults[search_path(jira)] = answer


def fetch(jira: JiraServer, http: HttpFactory) -> Any:
    return JiraProvider(jira.config(), http).fetch()


# --- a read that breaks off -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["serverInfo", "myself", "board", "filter/10100", "search", "changelogs", "status", "field"]
)
@pytest.mark.parametrize("status", [429, 500, 503])
def test_it_hands_over_nothing_when_any_call_fails_for_now(
    jira: JiraServer, local_http: HttpFactory, path: str, status: int
) -> None:
    jira.issue_add("A card")
    where = {
        "serverInfo": "/rest/api/2/serverInfo",
        "board": "/rest/agile/1.0/board/12/configuration",
        "search": search_path(jira),
        "changelogs": f"{jira.api}/changelog/bulkfetch",
    }.get(path, f"{jira.api}/{path}")
    jira.faults[where] = Response("", status=status)
    if path == "changelogs" and not jira.is_cloud:
        working = jira.answer

        def fail(request: Request) -> Response:
            return Response("", status=status) if b"changelog" in request.get_data() else working(request)

        jira.faults[search_path(jira)] = fail

    with pytest.raises(TransientError):
        fetch(jira, local_http)


@pytest.mark.parametrize(
    "answer",
    [
        Response("", status=503),
        Response("<html>", content_type="text/html"),
        Response("", content_type="application/json"),
        Response('{"issues": [', content_type="application/json"),
        Response("[]", content_type="application/json"),
        refusal("jql"),
    ],
)
def test_it_hands_over_nothing_when_a_later_page_is_no_page(
    jira: JiraServer, local_http: HttpFactory, answer: Response
) -> None:
    first = {"issues": [ISSUE], "nextPageToken": "next", "total": 3}
    pages_of(jira, first, answer)

    with pytest.raises(ApplicationError):
        fetch(jira, local_http)


def test_it_reads_the_exact_board_once_the_fault_is_mended(jira: JiraServer, local_http: HttpFactory) -> None:
    for number in range(5):
        jira.issue_add(f"Card {number}")
    whole = fetch(jira, local_http)
    jira.fault = Response("", status=503)
    with pytest.raises(TransientError):
        fetch(jira, local_http)

    jira.fault = None

    assert fetch(jira, local_http).cards == whole.cards


@pytest.mark.parametrize("value", [None, {}, "text", 7])
def test_it_takes_a_missing_list_of_issues_for_an_error_not_for_an_empty_board(
    jira: JiraServer, local_http: HttpFactory, value: Any
) -> None:
    pages_of(jira, {"issues": value, "total": 0, "isLast": True})

    with pytest.raises(PermanentError, match="does not know"):
        fetch(jira, local_http)


# --- lists that do not end --------------------------------------------------------------------------


def test_it_stops_at_a_place_that_comes_twice(httpserver: HTTPServer, local_http: HttpFactory) -> None:
    cloud = JiraServer(httpserver)
    pages_of(cloud, {"issues": [ISSUE], "nextPageToken": "again", "isLast": False})

    with pytest.raises(TransientError, match="the same page again and again"):
        fetch(cloud, local_http)


def test_it_goes_on_after_an_empty_page(httpserver: HTTPServer, local_http: HttpFactory) -> None:
    cloud = JiraServer(httpserver)
    pages_of(cloud, {"issues": [], "nextPageToken": "2"}, {"issues": [ISSUE]})

    snapshot = fetch(cloud, local_http)

    assert len(snapshot.cards) == 1
    assert snapshot.complete


def test_it_follows_a_token_though_the_page_says_that_it_is_the_last(
    httpserver: HTTPServer, local_http: HttpFactory
) -> None:
    cloud = JiraServer(httpserver)
    pages_of(
        cloud,
        {"issues": [ISSUE], "nextPageToken": "2", "isLast": True},
        {"issues": [ISSUE | {"id": "10302"}], "nextPageToken": "2", "isLast": True},
    )

    snapshot = fetch(cloud, local_http)

    assert len(snapshot.cards) == 2
    assert snapshot.complete


def test_it_is_incomplete_when_there_is_more_but_no_token(
    httpserver: HTTPServer, local_http: HttpFactory
) -> None:
    cloud = JiraServer(httpserver)
    pages_of(cloud, {"issues": [ISSUE], "isLast": False})

    snapshot = fetch(cloud, local_http)

    assert not snapshot.complete
    assert any("some may be missing" in note for note in snapshot.notes)


def test_it_is_incomplete_when_the_index_counts_more_than_it_gives(
    httpserver: HTTPServer, local_http: HttpFactory
) -> None:
    center = JiraServer(httpserver, is_cloud=False)
    pages_of(center, {"issues": [ISSUE], "total": 2}, {"issues": [], "total": 2})

    snapshot = fetch(center, local_http)

    assert len(snapshot.cards) == 1
    assert not snapshot.complete
    assert any("search index" in note for note in snapshot.notes)


def test_it_is_incomplete_when_issues_go_while_pages_are_read(
    httpserver: HTTPServer, local_http: HttpFactory
) -> None:
    center = JiraServer(httpserver, is_cloud=False)
    pages_of(
        center,
        {"issues": [ISSUE], "total": 3},
        {"issues": [ISSUE | {"id": "10303"}], "total": 2},
    )

    snapshot = fetch(center, local_http)

    assert not snapshot.complete
    assert any("went from the list" in note for note in snapshot.notes)


def test_it_is_incomplete_when_the_same_page_comes_in_the_place_of_another(
    httpserver: HTTPServer, local_http: HttpFactory
) -> None:
    center = JiraServer(httpserver, is_cloud=False)
    pages_of(center, {"issues": [ISSUE], "total": 2})

    snapshot = fetch(center, local_http)

    assert len(snapshot.cards) == 1
    assert not snapshot.complete
    assert any("twice in the place of others" in note for note in snapshot.notes)


def test_it_stops_when_the_same_boards_come_again(jira: JiraServer, local_http: HttpFactory) -> None:
    jira.faults["/rest/agile/1.0/board"] = Response(
        json.dumps({"values": [{"id": 1, "name": "Board"}], "total": 900, "isLast": False}),
        content_type="application/json",
    )

    with pytest.raises(TransientError, match="same boards again and again"):
        JiraProvider(jira.config(board=""), local_http).boards()


@pytest.mark.parametrize("total", [None, "many", 1.5])
def test_it_refuses_a_page_of_data_center_without_a_total(
    httpserver: HTTPServer, local_http: HttpFactory, total: Any
) -> None:
    center = JiraServer(httpserver, is_cloud=False)
    pages_of(center, {"issues": [ISSUE], "total": total})

    with pytest.raises(PermanentError, match="does not know"):
        fetch(center, local_http)


# --- parts of another type --------------------------------------------------------------------------


def test_it_is_incomplete_when_an_issue_cannot_be_read(jira: JiraServer, local_http: HttpFactory) -> None:
    jira.issue_add("A card")
    jira.issues[jira.issue_add("No status")]["fields"]["status"] = None

    snapshot = fetch(jira, local_http)

    assert [card.title for card in snapshot.cards] == ["A card"]
    assert not snapshot.complete
    assert any("lack an id, a title or a status: 1." in note for note in snapshot.notes)


@pytest.mark.parametrize(
    "issue", [None, [], "text", 7, {}, {"id": "1"}, {"id": True, "fields": ISSUE["fields"]}]
)
def test_it_counts_what_is_no_issue(issue: Any) -> None:
    assert READING.cards([issue]) == ([], 1)


@pytest.mark.parametrize("name", [*sorted(ISSUE["fields"]), "customfield_10050"])
@given(value=ODD_VALUES, gone=st.booleans())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_reads_an_issue_or_counts_it_as_broken(name: str, value: Any, gone: bool) -> None:
    fields = {key: content for key, content in ISSUE["fields"].items() if key != name}
    if not gone:
        fields[name] = value

    cards, broken = READING.cards([ISSUE | {"fields": fields}])

    assert len(cards) + broken == 1
    assert all(card.title and card.identity and isinstance(card.description, str) for card in cards)
    assert broken == 0 or name in {"summary", "status"}


def test_it_knows_labels_that_are_not_told_from_no_labels() -> None:
    untold = {name: value for name, value in ISSUE["fields"].items() if name != "labels"}

    (without,), _ = READING.cards([ISSUE | {"fields": untold}])
    (empty,), _ = READING.cards([ISSUE | {"fields": untold | {"labels": None}}])

    assert without.labels is None
    assert empty.labels == ()


@given(part=st.sampled_from(["columnConfig", "filter", "subQuery", "estimation", "name"]), value=ODD_VALUES)
@settings(max_examples=60, deadline=None)
def test_it_reads_a_configuration_or_says_that_it_cannot(part: str, value: Any) -> None:
    try:
        board = JiraBoard.of(recorded("board_configuration") | {part: value})
    except PermanentError:
        return

    assert board.filter_id.isdecimal()
    assert all(isinstance(column.name, str) and column.external_id for column in board.columns)


@given(name=st.sampled_from(["name", "statuses", "max"]), value=ODD_VALUES)
@settings(max_examples=60, deadline=None)
def test_it_reads_a_column_or_says_that_it_cannot(name: str, value: Any) -> None:
    configuration = recorded("board_configuration")
    configuration["columnConfig"]["columns"][1][name] = value

    with suppress(PermanentError):
        columns = JiraBoard.of(configuration).columns
        assert len({column.external_id for column in columns}) == 5
        assert all(column.wip_limit is None or column.wip_limit > 0 for column in columns)


@given(
    name=st.sampled_from(["id", "created", "items", "author"]), inner=st.sampled_from(["from", "to", "fieldId"]), value=ODD_VALUES
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_it_reads_an_entry_of_a_changelog_or_counts_it_as_broken(name: str, inner: str, value: Any) -> None:
    entry = recorded("changelogs")["values"]["values"][2]
    entry[name] = value
    other = recorded("changelogs")["values"]["values"][2]
    other["items"][0][inner] = value

    moves, _ = moves_reported(BOARD, {"10301": [entry, other, value]})

    assert all(move.to_raw and move.at.tzinfo for move in moves)


@pytest.mark.parametrize(
    "page", [None, [], {}, {"values": None}, {"issueChangeLogs": {}}, {"changelog": []}, 7]
)
def test_it_knows_what_is_no_page_of_changelogs(page: Any) -> None:
    assert entries_of_bulk(page) is None
    assert entries_of_issue(page) is None
    assert entries_of_search(page) is None


@pytest.mark.parametrize("shape", ["bulk", "bulk_with_numbers", "values", "histories"])
def test_it_reads_the_same_moves_from_each_shape_of_a_changelog(shape: str) -> None:
    page = recorded("changelogs")[shape]
    entries = {
        "bulk": lambda: (entries_of_bulk(page) or {})["10301"],
        "bulk_with_numbers": lambda: (entries_of_bulk(page) or {})["10301"],
        "values": lambda: entries_of_issue(page),
        "histories": lambda: (entries_of_search(page) or ([], False))[0],
    }[shape]()
    assert entries

    moves, broken = moves_reported(BOARD, {"10301": entries})

    assert broken == 0
    assert [(move.at.isoformat(), move.from_raw, move.to_column_external_id) for move in moves] == [
        ("2026-10-20T12:00:00.500000+00:00", "Idea", "10001"),
        ("2026-11-16T09:30:00.120000+00:00", "Selected", "3"),
    ]
