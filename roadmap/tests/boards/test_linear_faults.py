"""Linear failing in the middle of a read, its rate limits, questions that are too complex, and fields of any type."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from common.errors import PermanentError, TransientError
from roadmap.boards.base import HttpFactory
from roadmap.boards.linear import LinearProvider
from roadmap.boards.linear_answers import Reading, columns_read, spans_read
from roadmap.tests.graphql_server import json_response
from roadmap.tests.linear_server import FIXTURES, TOKEN, LinearServer, error_response

CONTENT = json.loads((FIXTURES / "team.json").read_text())
ISSUE = CONTENT["issues"][0] | {
    "state": CONTENT["states"][8],
    "assignee": {"id": "someone"},
}
SPAN = next(iter(CONTENT["spans"].values()))[0]
ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.floats()
)


@pytest.fixture
def linear(httpserver: HTTPServer) -> LinearServer:
    return LinearServer(httpserver)


@pytest.fixture
def provider(linear: LinearServer, local_http: HttpFactory) -> LinearProvider:
    return LinearProvider(linear.config(), local_http)


@pytest.mark.parametrize("query", ["Team", "Issues", "Labels", "Histories"])
@pytest.mark.parametrize("case", ["requests used up", "complexity used up"])
def test_it_hands_on_when_a_used_up_limit_comes_back(
    provider: LinearProvider, linear: LinearServer, query: str, case: str
) -> None:
    refusal = error_response(case)
    reset = (datetime.now(UTC).timestamp() + 1500) * 1000
    name = "X-RateLimit-Requests-Reset" if case == "requests used up" else "X-RateLimit-Complexity-Reset"
    refusal.headers[name] = str(int(reset))
    linear.faults[query] = refusal

    with pytest.raises(TransientError, match="asks for fewer calls") as failed:
        provider.fetch()

    assert failed.value.retry_after == pytest.approx(1500, abs=30)


def test_it_waits_a_short_limit_out_and_reads_on(linear: LinearServer, local_http: HttpFactory) -> None:
    waits: list[float] = []

    def limited_once(request: Request) -> Response:
        if waits:
            return linear.answer(request)
        refusal = error_response("requests used up")
        refusal.headers["X-RateLimit-Requests-Reset"] = str(int((datetime.now(UTC).timestamp() + 8) * 1000))
        return refusal

    linear.faults["Issues"] = limited_once

    snapshot = LinearProvider(linear.config(), partial(local_http, sleep=waits.append)).fetch()

    assert waits == [pytest.approx(8, abs=5)]
    assert len(snapshot.cards) == 7


def test_it_asks_for_half_of_what_is_too_complex(provider: LinearProvider, linear: LinearServer) -> None:
    for number in range(100, 250):
        linear.add(number, f"Card {number}", "Todo", "2026-11-02T08:00:00.000Z")
    linear.heavy_from = 60

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 157
    assert [variables["first"] for name, variables in linear.asked if name == "Issues"] == [
        100,
        50,
        50,
        50,
        50,
    ]


def page(**changes: Any) -> Response:
    return json_response({"data": {"issues": {"nodes": [], "pageInfo": {"hasNextPage": False}} | changes}})


@pytest.mark.parametrize(
    "answer",
    [
        Response("", status=500),
        Response("", status=503),
        Response("<html>", content_type="text/html"),
        Response('{"data": {"iss', content_type="application/json"),
        json_response({}),
        json_response({"data": {"issues": None}}),
        json_response({"errors": [{"message": "Internal server error"}]}),
        page(nodes=None),
        page(nodes={}),
        page(pageInfo=None),
        page(pageInfo={"hasNextPage": True, "endCursor": None}),
        json_response(
            {
                "data": {"issues": {"nodes": [], "pageInfo": {"hasNextPage": False}}},
                "errors": [{"message": "half of it", "path": ["issues"]}],
            }
        ),
    ],
)
def test_it_hands_over_nothing_when_a_page_is_no_page(
    provider: LinearProvider, linear: LinearServer, answer: Response
) -> None:
    linear.faults["Issues"] = answer

    with pytest.raises((PermanentError, TransientError)):
        provider.fetch()


@pytest.mark.parametrize("answer", [page(), page(nodes=[None, 3, {"id": "unknown"}])])
def test_an_issue_that_the_histories_leave_out_has_no_moves(
    provider: LinearProvider, linear: LinearServer, answer: Response
) -> None:
    linear.faults["Histories"] = answer

    assert provider.fetch().moves == ()


def test_it_stops_at_a_page_that_leads_to_itself(provider: LinearProvider, linear: LinearServer) -> None:
    linear.faults["Issues"] = page(pageInfo={"hasNextPage": True, "endCursor": "again"})

    with pytest.raises(TransientError, match="same page again"):
        provider.fetch()


def test_it_never_shows_the_key_in_the_words_of_linear(
    provider: LinearProvider, linear: LinearServer
) -> None:
    linear.fault = json_response({"errors": [{"message": f"Odd key {TOKEN}"}]})

    with pytest.raises(TransientError, match=r"Odd key \[hidden\]"):
        provider.fetch()


@pytest.mark.parametrize(
    "broken", [None, {"id": ""}, {"title": None}, {"createdAt": 3}, {"state": None}, {"labelIds": None}]
)
def test_it_is_incomplete_when_an_issue_cannot_be_read(
    provider: LinearProvider, linear: LinearServer, broken: dict[str, Any] | None
) -> None:
    def with_broken(request: Request) -> Response:
        body = json.loads(linear.answer(request).get_data())
        nodes = body["data"]["issues"]["nodes"]
        nodes[0] = None if broken is None else nodes[0] | broken
        return json_response(body)

    linear.faults["Issues"] = with_broken

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 6
    assert not snapshot.complete
    assert snapshot.notes[0].startswith("1 issue lacks")


@pytest.mark.parametrize("name", ["id", "name", "type", "position"])
@given(value=ODD_VALUES)
@settings(max_examples=20, deadline=None)
def test_it_reads_the_states_or_says_that_it_cannot(name: str, value: Any) -> None:
    try:
        columns = columns_read([CONTENT["states"][0] | {name: value}, CONTENT["states"][1]])
    except (KeyError, TypeError, ValueError, AttributeError):
        return

    assert all(column.external_id and column.name for column in columns)


@pytest.mark.parametrize("name", sorted(ISSUE))
@given(value=ODD_VALUES, gone=st.booleans())
@settings(max_examples=15, deadline=None)
def test_it_reads_an_issue_or_counts_it_as_broken_or_binned(name: str, value: Any, gone: bool) -> None:
    issue = {key: content for key, content in ISSUE.items() if not (gone and key == name)}
    if not gone:
        issue[name] = value
    reading = Reading(columns=columns_read(CONTENT["states"]))

    reading.read([issue])
    reading.label({})

    assert len(reading.cards) + reading.broken + reading.trashed == 1
    assert all(card.title and card.identity and card.created_at for card in reading.cards.values())


@pytest.mark.parametrize("name", sorted(SPAN))
@given(value=ODD_VALUES)
@settings(max_examples=15, deadline=None)
def test_it_reads_an_entry_of_a_history_or_counts_it(name: str, value: Any) -> None:
    spans, broken = spans_read([SPAN | {name: value}])

    assert len(spans) + broken == 1
    assert all(span.state and span.since for span in spans)


def test_it_reads_the_same_board_once_the_fault_is_mended(
    provider: LinearProvider, linear: LinearServer
) -> None:
    whole = provider.fetch()
    linear.faults["Histories"] = Response("", status=503)
    with pytest.raises(TransientError):
        provider.fetch()

    linear.faults.clear()

    assert provider.fetch() == whole
