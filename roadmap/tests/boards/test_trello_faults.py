"""Trello failing in the middle of a read, or with any field missing or of another type."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from common.errors import ApplicationError, PermanentError, TransientError
from roadmap.boards.base import HttpFactory
from roadmap.boards.trello import TrelloProvider
from roadmap.boards.trello_answers import TrelloCards, TrelloHistory, TrelloLists
from roadmap.tests.trello_server import TOKEN, TrelloServer, error_answer, fixture_load

CARD = fixture_load("cards")[0]
MOVE = next(action for action in fixture_load("actions") if "listAfter" in action["data"])
LISTS = TrelloLists.of(fixture_load("lists"))
ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.floats(),
    st.just([None]), st.just([{}]), st.just("0001-01-01T00:00:00+14:00"),
)  # fmt: skip


@pytest.fixture
def trello(httpserver: HTTPServer) -> TrelloServer:
    return TrelloServer(httpserver)


@pytest.fixture
def provider(trello: TrelloServer, local_http: HttpFactory) -> TrelloProvider:
    return TrelloProvider(trello.config(), local_http)


def part_fails(trello: TrelloServer, part: str, answer: Response) -> None:
    """Lets the calls for one part of the board end in `answer`."""

    def fault(request: Request) -> Response:
        return answer if request.path.endswith(part) else trello.answer(request)

    trello.fault = fault


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("part", ["lists", "cards", "actions"])
def test_it_hands_over_nothing_when_a_later_call_fails(
    provider: TrelloProvider, trello: TrelloServer, part: str, status: int
) -> None:
    part_fails(trello, part, Response("", status=status))

    with pytest.raises(TransientError):
        provider.fetch()


@pytest.mark.parametrize(
    "answer",
    [
        error_answer("expired token"),
        Response("<html>", content_type="text/html"),
        Response("", content_type="application/json"),
        Response('[{"id":', content_type="application/json"),
    ],
)
@pytest.mark.parametrize("part", ["lists", "cards", "actions"])
def test_it_hands_over_nothing_when_a_later_answer_is_no_answer(
    provider: TrelloProvider, trello: TrelloServer, part: str, answer: Response
) -> None:
    part_fails(trello, part, answer)

    with pytest.raises((PermanentError, TransientError)):
        provider.fetch()


def test_it_reads_the_exact_board_once_the_fault_is_mended(
    provider: TrelloProvider, trello: TrelloServer
) -> None:
    whole = provider.fetch()
    part_fails(trello, "cards", Response("", status=503))
    with pytest.raises(TransientError):
        provider.fetch()

    trello.fault = None

    assert provider.fetch().cards == whole.cards


def test_it_hands_on_the_length_of_the_window_when_calls_are_used_up(
    trello: TrelloServer, local_http: HttpFactory
) -> None:
    def once(*args: Any, **options: Any) -> Any:
        return local_http(*args, **options | {"attempts": 1})

    trello.fault = error_answer("token limit")

    with pytest.raises(TransientError) as failed:
        TrelloProvider(trello.config(), once).fetch()

    assert failed.value.retry_after == 10


def test_it_waits_for_a_used_up_window_and_goes_on(trello: TrelloServer, local_http: HttpFactory) -> None:
    waited: list[float] = []

    def noting(*args: Any, **options: Any) -> Any:
        return local_http(*args, **options | {"sleep": waited.append})

    def fault(request: Request) -> Response:
        return error_answer("token limit") if not waited else trello.answer(request)

    trello.fault = fault

    assert len(TrelloProvider(trello.config(), noting).fetch().cards) == 6
    assert waited == [10]


def test_it_says_when_trello_never_hands_out_the_cards(
    provider: TrelloProvider, trello: TrelloServer
) -> None:
    trello.most = 10

    with pytest.raises(PermanentError, match="too large for it"):
        provider.fetch()


@pytest.mark.parametrize("value", [None, {}, "text", 7, True])
@pytest.mark.parametrize("part", ["lists", "cards", "actions", "boards"])
def test_it_takes_a_missing_list_for_an_error_not_for_an_empty_board(
    trello: TrelloServer, local_http: HttpFactory, part: str, value: Any
) -> None:
    trello.answers[part] = value
    board = "" if part == "boards" else trello.board["id"]
    provider = TrelloProvider(trello.config(board=board), local_http)

    with pytest.raises(PermanentError, match="does not know"):
        provider.boards() if part == "boards" else provider.fetch()


@pytest.mark.parametrize("value", [None, [], {}, "text", {"name": None}])
def test_it_says_when_the_board_has_an_unknown_shape(
    provider: TrelloProvider, trello: TrelloServer, value: Any
) -> None:
    trello.answers["board"] = value

    with pytest.raises(PermanentError, match="does not know"):
        provider.check()


@pytest.mark.parametrize(
    "broken", [{"name": " "}, {"name": None}, {"id": "x"}, {"id": None}, {"idList": ...}]
)
def test_it_is_incomplete_when_a_card_cannot_be_read(
    provider: TrelloProvider, trello: TrelloServer, broken: dict[str, Any]
) -> None:
    first = trello.cards[0] | broken
    trello.answers["cards"] = [
        {name: value for name, value in first.items() if value is not ...},
        trello.cards[1],
    ]

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 1
    assert not snapshot.complete
    assert "1 card was left out, because an id, a name or a list is missing." in snapshot.notes


def test_it_counts_actions_that_cannot_be_read(provider: TrelloProvider, trello: TrelloServer) -> None:
    first, second, *others = trello.actions
    trello.answers["actions"] = [first | {"date": "yesterday"}, second | {"data": None}, *others]

    snapshot = provider.fetch()

    assert "2 actions of Trello could not be read; moves may be missing." in snapshot.notes
    assert snapshot.complete
    assert len(snapshot.cards) == 6


def test_it_shows_no_secret_when_trello_repeats_it(provider: TrelloProvider, trello: TrelloServer) -> None:
    trello.fault = Response(f"invalid token {TOKEN}", status=401)

    with pytest.raises(PermanentError) as failed:
        provider.fetch()

    assert TOKEN not in failed.value.message


@pytest.mark.parametrize("name", sorted(CARD))
@given(value=ODD_VALUES, gone=st.booleans())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_reads_a_card_or_counts_it_as_broken(name: str, value: Any, gone: bool) -> None:
    card = {key: content for key, content in CARD.items() if not (gone and key == name)}
    if not gone:
        card[name] = value
    reading = TrelloCards(LISTS)

    reading.page_add([card])

    assert len(reading.by_id) + reading.broken + reading.aside == 1
    assert all(read.title and read.identity and read.created_at for read in reading.by_id.values())


@given(value=ODD_VALUES)
@settings(max_examples=25, deadline=None)
def test_it_counts_what_is_no_card_at_all(value: Any) -> None:
    reading = TrelloCards(LISTS)

    reading.page_add([value])

    assert reading.broken == 1


@pytest.mark.parametrize("path", [("id",), ("type",), ("date",), ("data",), ("data", "card"), ("data", "listBefore"),
                                  ("data", "listAfter"), ("data", "listAfter", "id"), ("data", "card", "id")])  # fmt: skip
@given(value=ODD_VALUES)
@settings(max_examples=20, deadline=None)
def test_it_reads_a_move_or_makes_none_of_it(path: tuple[str, ...], value: Any) -> None:
    action = _replaced(MOVE, path, value)
    history = TrelloHistory(LISTS)

    history.page_add([action])

    assert len(history.moves) <= 1
    assert all(move.at.tzinfo and move.card_identity and move.external_id for move in history.moves)


@given(value=ODD_VALUES, name=st.sampled_from(["id", "name", "pos", "closed", "softLimit"]))
@settings(max_examples=60, deadline=None)
def test_it_reads_the_lists_or_says_that_it_cannot(value: Any, name: str) -> None:
    lists = fixture_load("lists")
    lists[0][name] = value

    with suppress(ApplicationError):
        assert all(column.name and column.external_id for column in TrelloLists.of(lists).by_id.values())


def _replaced(content: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    first, *rest = path
    return content | {first: _replaced(content[first], tuple(rest), value) if rest else value}
