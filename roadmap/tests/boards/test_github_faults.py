"""GitHub failing in the middle of a read, pages that are too heavy, rate limits, and fields of any type."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from common.errors import ApplicationError, PermanentError, TransientError
from roadmap.boards.base import HttpFactory
from roadmap.boards.github import GithubProvider
from roadmap.boards.github_answers import Reading, Shape
from roadmap.tests.github_server import FIXTURES, TOKEN, GithubServer, error_response
from roadmap.tests.graphql_server import json_response

CONTENT = json.loads((FIXTURES / "project.json").read_text())
ITEM = CONTENT["items"][0] | {"status": CONTENT["items"][0]["values"]["Status"]}
SHAPE = Shape.of(CONTENT["project"] | {"fields": {"nodes": CONTENT["fields"]}}, "Status")
ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.floats()
)


@pytest.fixture
def github(httpserver: HTTPServer) -> GithubServer:
    return GithubServer(httpserver)


@pytest.fixture
def provider(github: GithubServer, local_http: HttpFactory) -> GithubProvider:
    return GithubProvider(github.config(), local_http)


def many(github: GithubServer, count: int) -> None:
    """Fills the board with so many cards."""
    github.items.clear()
    for number in range(1, count + 1):
        github.move(
            github.add(number, f"Card {number}", "2026-11-01T08:00:00Z"), "Backlog", "2026-11-02T08:00:00Z"
        )


def test_it_asks_for_half_of_a_page_that_is_too_heavy(provider: GithubProvider, github: GithubServer) -> None:
    many(github, 230)
    github.heavy_from = 40

    snapshot = provider.fetch()
    asked = [variables["first"] for name, variables in github.asked if name == "Items"]

    assert len(snapshot.cards) == 230
    assert snapshot.complete
    assert asked == [100, 50] + [25] * 10
    assert len(snapshot.moves) == 230


def test_it_goes_on_from_the_same_place_when_a_later_page_is_too_heavy(
    provider: GithubProvider, github: GithubServer
) -> None:
    many(github, 230)

    def too_heavy_later(request: Request) -> Response:
        variables = json.loads(request.get_data())["variables"]
        is_heavy = variables["after"] is not None and variables["first"] > 60
        return error_response("timeout in the body") if is_heavy else github.answer(request)

    github.faults["Items"] = too_heavy_later

    assert len(provider.fetch().cards) == 230


def test_it_gives_up_when_not_even_a_handful_goes_through(
    provider: GithubProvider, github: GithubServer
) -> None:
    github.faults["Items"] = Response("", status=502)

    with pytest.raises(TransientError, match="not available at the moment"):
        provider.fetch()

    assert [variables["first"] for name, variables in github.asked if name == "Items"] == [
        100,
        50,
        25,
        12,
        6,
        5,
    ]


@pytest.mark.parametrize(
    ("case", "wait"),
    [
        ("secondary limit", 97),
        ("secondary limit without a time", 60),
    ],
)
@pytest.mark.parametrize("query", ["Project", "Items", "EventKnown", "Changes"])
def test_it_hands_on_how_long_a_secondary_limit_lasts(
    provider: GithubProvider, github: GithubServer, query: str, case: str, wait: int
) -> None:
    github.faults[query] = error_response(case)

    with pytest.raises(TransientError, match="asks for fewer calls") as failed:
        provider.fetch()

    assert failed.value.retry_after == wait


def test_it_hands_on_when_the_points_of_the_hour_come_back(
    provider: GithubProvider, github: GithubServer
) -> None:
    github.faults["Items"] = error_response("primary limit")

    with pytest.raises(TransientError, match="asks for fewer calls") as failed:
        provider.fetch()

    assert failed.value.retry_after is not None


def test_it_waits_a_short_limit_out_and_reads_on(github: GithubServer, local_http: HttpFactory) -> None:
    waits: list[float] = []

    def limited_once(request: Request) -> Response:
        if waits:
            return github.answer(request)
        return json_response(
            {"errors": [{"type": "RATE_LIMITED", "message": "Slow down"}]}, headers={"Retry-After": "4"}
        )

    github.faults["Items"] = limited_once

    snapshot = GithubProvider(github.config(), partial(local_http, sleep=waits.append)).fetch()

    assert waits == [4.0]
    assert len(snapshot.cards) == 8


@pytest.mark.parametrize(
    "answer",
    [
        Response("", status=500),
        Response("", status=503),
        Response("<html>", content_type="text/html"),
        Response('{"data": {"node"', content_type="application/json"),
        json_response({}),
        json_response([]),
        json_response({"data": {"node": None}}),
        json_response({"data": {"node": {}}}),
        json_response({"data": {"node": {"items": {"nodes": None, "pageInfo": {"hasNextPage": False}}}}}),
        json_response({"data": {"node": {"items": {"nodes": [], "pageInfo": None}}}}),
        json_response({"data": {"node": {"items": {"nodes": [], "pageInfo": {"hasNextPage": True}}}}}),
        json_response(
            {
                "data": {"node": {"items": {"nodes": [], "pageInfo": {"hasNextPage": False}}}},
                "errors": [{"message": "half of it", "path": ["node", "items"]}],
            }
        ),
    ],
)
def test_it_hands_over_nothing_when_a_page_is_no_page(
    provider: GithubProvider, github: GithubServer, answer: Response
) -> None:
    github.faults["Items"] = answer

    with pytest.raises((PermanentError, TransientError)):
        provider.fetch()


def test_it_stops_at_a_page_that_leads_to_itself(provider: GithubProvider, github: GithubServer) -> None:
    page = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "Mg"}}
    github.faults["Items"] = json_response({"data": {"node": {"items": page}}})

    with pytest.raises(TransientError, match="same page again"):
        provider.fetch()


def test_a_problem_of_one_item_hides_that_item_only(provider: GithubProvider, github: GithubServer) -> None:
    def partly(request: Request) -> Response:
        body = json.loads(github.answer(request).get_data())
        body["data"]["node"]["items"]["nodes"][1]["content"] = None
        body["errors"] = [
            {
                "type": "FORBIDDEN",
                "path": ["node", "items", "nodes", 1, "content"],
                "message": "Resource protected by organization SAML enforcement.",
            }
        ]
        return json_response(body)

    github.faults["Items"] = partly

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 7
    assert any(note.startswith("2 items are hidden") for note in snapshot.notes)


def test_it_never_shows_the_token_in_the_words_of_github(
    provider: GithubProvider, github: GithubServer
) -> None:
    github.fault = json_response({"errors": [{"message": f"Odd token {TOKEN}"}]})

    with pytest.raises(TransientError, match=r"Odd token \[hidden\]") as failed:
        provider.fetch()

    assert TOKEN not in failed.value.message


@pytest.mark.parametrize(
    "broken",
    [
        None,
        {"id": None},
        {"createdAt": "yesterday"},
        {"content": {}},
        {"content": {"__typename": "Issue", "title": ""}},
        {"content": {"__typename": "Milestone", "title": "Another kind"}},
    ],
)
def test_it_is_incomplete_when_an_item_cannot_be_read(
    provider: GithubProvider, github: GithubServer, broken: dict[str, Any] | None
) -> None:
    def with_broken(request: Request) -> Response:
        body = json.loads(github.answer(request).get_data())
        nodes = body["data"]["node"]["items"]["nodes"]
        nodes[0] = None if broken is None else nodes[0] | broken
        return json_response(body)

    github.faults["Items"] = with_broken

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 7
    assert not snapshot.complete
    assert snapshot.notes[0].startswith("1 item lacks")


@pytest.mark.parametrize("part", ["item", "content", "status"])
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_reads_an_item_or_counts_it_as_broken_or_hidden(part: str, data: st.DataObject) -> None:
    item = json.loads(json.dumps(ITEM))
    target = item if part == "item" else item[part]
    name = data.draw(st.sampled_from(sorted(target)))
    target[name] = data.draw(ODD_VALUES)
    reading = Reading(shape=SHAPE, host="github.example")

    reading.read([item])

    assert len(reading.cards) + reading.broken + len(reading.hidden) == 1
    assert all(card.title and card.identity and card.created_at for card in reading.cards.values())


@pytest.mark.parametrize("part", ["project", "field", "option"])
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_reads_a_project_or_says_that_it_cannot(part: str, data: st.DataObject) -> None:
    project = json.loads(json.dumps(CONTENT["project"] | {"fields": {"nodes": CONTENT["fields"]}}))
    status = project["fields"]["nodes"][2]
    target = {"project": project, "field": status, "option": status["options"][0]}[part]
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(ODD_VALUES)

    try:
        shape = Shape.of(project, "Status")
    except (ApplicationError, KeyError, TypeError, ValueError, AttributeError):
        return

    assert all(column.external_id and isinstance(column.name, str) for column in shape.columns or ())


def test_it_reads_the_same_board_once_the_fault_is_mended(
    provider: GithubProvider, github: GithubServer
) -> None:
    whole = provider.fetch()
    github.faults["Changes"] = Response("", status=503)
    with pytest.raises(TransientError):
        provider.fetch()

    github.faults.clear()

    assert provider.fetch() == whole
