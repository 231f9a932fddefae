"""What the GraphQL tools share: problems beside data, limits named in the body, pages that shrink, values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Response

from common.errors import ApplicationError, PermanentError, TransientError
from common.http import HttpClient, HttpResponse, NoAnswerError, StatusError
from roadmap.boards.base import HttpFactory
from roadmap.boards.graphql import (
    GraphqlClient,
    NameUnknownError,
    Problem,
    UnexplainedError,
    day_of,
    is_rate_limited,
    moment_of,
    number_of,
    pages_shrinking,
    problems_read,
    text_of,
)
from roadmap.tests.graphql_server import json_response

NOT_FOUND = {"message": "Nothing there", "type": "NOT_FOUND", "path": ["board"]}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def explain(problem: Problem, words: str) -> ApplicationError | None:
    return PermanentError(f"No such board: {words}.", field="board") if problem.code == "NOT_FOUND" else None


def client_of(httpserver: HTTPServer, local_http: HttpFactory, answer: Response) -> GraphqlClient:
    httpserver.expect_request("/graphql").respond_with_response(answer)
    http: HttpClient = local_http(httpserver.url_for("/graphql"), attempts=1, is_rate_limit=is_rate_limited)
    return GraphqlClient(http, tool="The tool", explain=explain)


def response(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, headers={}, body=body)


def test_it_gives_the_data_with_the_problems_beside_it(
    httpserver: HTTPServer, local_http: HttpFactory
) -> None:
    body = {"data": {"board": {"id": 1}}, "errors": [NOT_FOUND | {"path": ["board", "cards", 3, "title"]}]}
    client = client_of(httpserver, local_http, json_response(body))

    answer = client.ask("query A { a }")

    assert answer.data == {"board": {"id": 1}}
    client.require_only_below(answer, "board", "cards")
    with pytest.raises(PermanentError, match="No such board: Nothing there") as failed:
        client.require_only_below(answer, "board", "cards", "3", "title")
    assert failed.value.field == "board"


@pytest.mark.parametrize("status", [200, 400, 401, 404])
def test_it_takes_problems_under_any_status(
    httpserver: HTTPServer, local_http: HttpFactory, status: int
) -> None:
    client = client_of(
        httpserver, local_http, json_response({"data": {"board": None}, "errors": [NOT_FOUND]}, status)
    )

    with pytest.raises(PermanentError, match="No such board") as failed:
        client.ask("query A { a }")

    assert failed.value.field == "board"


def test_it_leaves_a_refusal_without_problems_to_the_provider(
    httpserver: HTTPServer, local_http: HttpFactory
) -> None:
    client = client_of(httpserver, local_http, json_response({"message": "Bad credentials"}, 401))

    with pytest.raises(StatusError):
        client.ask("query A { a }")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"message": "No such field", "extensions": {"code": "undefinedField"}}, NameUnknownError),
        ({"message": "No such field", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}, NameUnknownError),
        ({"message": "Something went wrong while executing your query."}, NoAnswerError),
        ({"message": "Query too complex"}, NoAnswerError),
        ({"message": "", "type": "RESOURCE_LIMITS_EXCEEDED"}, NoAnswerError),
        ({"message": "Out of order"}, UnexplainedError),
        ("odd", UnexplainedError),
        ({}, UnexplainedError),
    ],
)
def test_it_tells_the_kinds_of_problems_apart(
    httpserver: HTTPServer, local_http: HttpFactory, error: Any, expected: type[ApplicationError]
) -> None:
    client = client_of(httpserver, local_http, json_response({"errors": [error]}))

    with pytest.raises(expected):
        client.ask("query A { a }")


@pytest.mark.parametrize("body", [[], {}, "text", {"data": None}, {"data": [1]}])
def test_it_says_when_an_answer_is_none(httpserver: HTTPServer, local_http: HttpFactory, body: Any) -> None:
    client = client_of(httpserver, local_http, json_response(body))

    with pytest.raises(PermanentError, match="does not know"):
        client.ask("query A { a }")


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b'{"errors": [{"type": "RATE_LIMITED"}]}', 200, True),
        (b'{"errors": [{"extensions": {"code": "RATELIMITED"}}]}', 400, True),
        (b'{"message": "You have exceeded a secondary rate limit."}', 403, True),
        (b'{"message": "You have triggered an abuse detection mechanism."}', 403, True),
        (b'{"message": "Resource not accessible"}', 403, False),
        (b'{"errors": [{"message": "Bad question"}]}', 400, False),
        (b'{"data": {"title": "RATE_LIMITED"}}', 200, False),
        (b'{"data": {"title": "RATE_LIMITED"}, "errors": [{"type": "NOT_FOUND"}]}', 200, False),
        (b"not json", 403, False),
        (b'{"errors": [{"type": "RATE_LIMITED"}]}', 500, False),
    ],
)
def test_it_knows_a_rate_limit_by_the_body(body: bytes, status: int, expected: bool) -> None:
    assert is_rate_limited(response(body, status)) is expected


@given(content=ANY_JSON)
def test_it_reads_problems_from_anything(content: Any) -> None:
    for body in (content, {"errors": content}, {"errors": [content]}, {"errors": [{"path": content}]}):
        assert all(isinstance(problem.message, str) for problem in problems_read(body))


def test_a_page_that_shrank_stays_small() -> None:
    asked: list[tuple[int | None, int]] = []

    def read(cursor: int | None, size: int) -> tuple[list[int], int | None]:
        asked.append((cursor, size))
        if size > 30:
            raise NoAnswerError("Too heavy.")
        begin = cursor or 0
        return list(range(begin, min(begin + size, 60))), begin + size if begin + size < 60 else None

    read_all = [number for page in pages_shrinking(read, host="tool.example", first=100) for number in page]

    assert read_all == list(range(60))
    assert asked == [(None, 100), (None, 50), (None, 25), (25, 25), (50, 25)]


def test_only_an_unanswered_page_shrinks() -> None:
    def read(cursor: int | None, size: int) -> tuple[list[int], int | None]:
        raise TransientError("Slow down.", retry_after=90)

    with pytest.raises(TransientError) as failed:
        list(pages_shrinking(read, host="tool.example", first=100))

    assert failed.value.retry_after == 90


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-02T08:00:00Z", datetime(2026, 11, 2, 8, tzinfo=UTC)),
        ("2026-11-02T08:00:00.123Z", datetime(2026, 11, 2, 8, 0, 0, 123000, tzinfo=UTC)),
        ("2026-11-02T08:00:00", None),
        ("soon", None),
        (7, None),
        (None, None),
    ],
)
def test_it_reads_a_moment_or_none(value: Any, expected: datetime | None) -> None:
    assert moment_of(value) == expected


def test_it_reads_other_values_or_none() -> None:
    assert (day_of("2026-11-02"), day_of("2 November"), day_of(3)) == (date(2026, 11, 2), None, None)
    assert (text_of(" a "), text_of(None), text_of(3)) == ("a", "", "")
    assert (number_of(2.5), number_of(3), number_of("3"), number_of(True)) == (
        Decimal("2.5"),
        Decimal(3),
        None,
        None,
    )
    assert (number_of(float("nan")), number_of(float("inf"))) == (None, None)
