"""Trello: answers of real boards that others recorded, read where they lie."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from common.errors import TransientError
from common.http import HttpClient
from roadmap.boards.base import HttpFactory, MoveSource, Snapshot
from roadmap.boards.trello import TrelloProvider
from roadmap.boards.trello_answers import TrelloCards, TrelloHistory, TrelloLists
from roadmap.tests.trello_server import TrelloServer

# From left to right, as the moves of the recorded cards name them.
LISTS = {
    "57f03a00ac2b96516c50d0dd": "Backlog",
    "57f03a022cd45c863ca581f1": "Approved Work",
    "57f03a06b5ff33a63c8be316": "Ready for Development",
    "57f03a09ace084808ff59272": "Doing",
    "57f03a0e9d3013ae8f30f9a2": "Code Review",
    "57f03a10947d01faa6f5d8e5": "QA",
    "57f03a11ab00f21e8197bef5": "Done",
}
STRAIGHT = list(LISTS.values())
READY, DOING, REVIEW, QA, DONE = STRAIGHT[2:]


@pytest.fixture
def recorded(shared_folder: Path) -> Path:
    return shared_folder / "boards" / "public" / "trello"


@pytest.fixture
def trello(httpserver: HTTPServer) -> TrelloServer:
    return TrelloServer(httpserver)


def log(recorded: Path, name: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads(
        (recorded / "adlio" / "actions" / f"card-actions-{name}.json").read_text()
    )
    return content


def board_of(trello: TrelloServer, actions: list[dict[str, Any]]) -> None:
    """Lets the tool hold the card of a recorded log, where its last action left it."""
    lists = LISTS
    places = {
        place["id"]: place["name"]
        for action in reversed(actions)
        for name in ("list", "listBefore", "listAfter")
        if (place := action["data"].get(name))
    }
    lists = {**LISTS, **places} if set(places) & set(LISTS) else places
    trello.lists = [
        {"id": key, "name": name, "closed": False, "pos": place, "softLimit": None}
        for place, (key, name) in enumerate(lists.items())
    ]
    card = actions[0]["data"]["card"]
    last = next(action["data"] for action in actions if {"listAfter", "list"} & set(action["data"]))
    trello.cards = [
        {
            "id": card["id"],
            "name": card["name"],
            "idShort": card["idShort"],
            "idList": (last.get("listAfter") or last["list"])["id"],
            "closed": card.get("closed", False),
        }
    ]
    trello.actions = actions


def way(snapshot: Snapshot) -> list[str]:
    """The columns that the only card was in, one after the other."""
    return [move.to_raw for move in snapshot.moves]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("typical", STRAIGHT),
        ("done", STRAIGHT),
        ("revived", STRAIGHT),
        ("rework", [*STRAIGHT[:6], READY, DOING, REVIEW, QA, DONE]),
        ("with-member", ["Backlog", "Approved Work", READY, DOING]),
        ("dur1", ["Backlog", "Doing - 8", REVIEW, QA, "Ready to Deploy", DONE]),
    ],
)
def test_it_follows_a_recorded_card(
    recorded: Path, trello: TrelloServer, local_http: HttpFactory, name: str, expected: list[str]
) -> None:
    board_of(trello, log(recorded, name))

    snapshot = TrelloProvider(trello.config(), local_http).fetch()

    assert way(snapshot) == expected
    assert [move.from_raw for move in snapshot.moves] == ["", *expected[:-1]]
    assert {move.source for move in snapshot.moves} == {MoveSource.REPORTED}
    assert snapshot.cards[0].state_raw == expected[-1]
    assert all(move.to_column_external_id for move in snapshot.moves)


@pytest.mark.parametrize(
    ("name", "closed", "done_at"),
    [
        ("typical", True, datetime(2016, 10, 1, 22, 45, 33, 587_000, tzinfo=UTC)),
        ("revived", True, datetime(2016, 10, 2, 1, 30, tzinfo=UTC)),
        ("rework", True, datetime(2016, 10, 1, 22, 39, 14, 655_000, tzinfo=UTC)),
        ("done", False, None),
        ("with-member", False, None),
    ],
)
def test_it_tells_when_a_recorded_card_was_last_archived(
    recorded: Path,
    trello: TrelloServer,
    local_http: HttpFactory,
    name: str,
    closed: bool,
    done_at: datetime | None,
) -> None:
    board_of(trello, log(recorded, name))

    (card,) = TrelloProvider(trello.config(), local_http).fetch().cards

    assert card.closed is closed
    assert card.done_at == done_at


def test_it_makes_no_moves_of_fifty_comments(recorded: Path) -> None:
    history = TrelloHistory(TrelloLists({}))

    history.page_add(log(recorded, "api-example"))

    assert history.moves == []
    assert history.broken == 0


def test_it_lets_a_copied_card_enter_its_list(recorded: Path) -> None:
    history = TrelloHistory(TrelloLists({}))

    history.page_add(json.loads((recorded / "adlio" / "actions" / "board-actions-copyCard.json").read_text()))

    (move,) = history.moves
    assert (move.from_raw, move.to_raw) == ("", "Backlog")


def test_it_reads_the_actions_of_a_public_board_of_years(
    recorded: Path, trello: TrelloServer, local_http: HttpFactory
) -> None:
    board = json.loads((recorded / "adlio" / "boards" / "rq2mYJNn.json").read_text())
    trello.board |= {"id": board["id"], "name": board["name"]}
    trello.lists, trello.actions = board["lists"], board["actions"]
    first = {action["data"]["card"]["id"]: action for action in board["actions"] if action["type"] == "createCard"}  # fmt: skip
    trello.cards = [
        action["data"]["card"] | {"idList": action["data"]["list"]["id"]} for action in first.values()
    ]

    snapshot = TrelloProvider(trello.config(), local_http).fetch()

    assert len(snapshot.cards) == len(first) > 15
    assert len(snapshot.moves) == len(first)
    assert snapshot.complete
    # The time in the id and that of the action agree to a few seconds, five years apart.
    created = {card.identity: card.created_at for card in snapshot.cards if card.created_at}
    gaps = [abs((move.at - created[move.card_identity]).total_seconds()) for move in snapshot.moves]
    assert max(gaps) < 5


def exchanges(recorded: Path, name: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads((recorded / "vcr-ruby-trello" / f"{name}.json").read_text())
    return [exchange["response"] for exchange in content]


def body(recorded: Path, name: str) -> Any:
    return exchanges(recorded, name)[-1]["body"]


def test_it_reads_a_recorded_board_of_2020(
    recorded: Path, trello: TrelloServer, local_http: HttpFactory
) -> None:
    trello.board = exchanges(recorded, "can_get_cards_of_board")[0]["body"]
    trello.answers = {
        "lists": body(recorded, "can_get_lists_of_board"),
        "cards": body(recorded, "can_get_cards_of_board"),
        "actions": body(recorded, "can_get_actions_of_board"),
    }

    snapshot = TrelloProvider(trello.config(), local_http).fetch()

    assert [card.key for card in snapshot.cards] == ["#5", "#4", "#3"]
    assert [column.name for column in snapshot.columns] == ["L1"]
    assert {card.state_raw for card in snapshot.cards} == {"L1"}
    third = snapshot.cards[-1]
    assert third.labels == ("green", "orange")
    assert third.description == "testing card create"
    assert third.created_at == datetime(2020, 4, 13, 2, 2, 15, tzinfo=UTC)
    assert third.due_date is not None
    assert snapshot.complete
    assert not any("could not be read" in note for note in snapshot.notes)
    assert {move.to_raw for move in snapshot.moves} == {"L1"}


def test_it_reads_the_card_that_a_recorded_call_archived(recorded: Path) -> None:
    reading = TrelloCards(TrelloLists({}))

    reading.page_add([body(recorded, "can_close_bong_a_card")])

    (card,) = reading.by_id.values()
    assert card.closed
    assert card.title == "C3"


def test_it_waits_as_the_recorded_headers_say_once_they_are_used_up(
    recorded: Path, httpserver: HTTPServer, local_http: HttpFactory
) -> None:
    headers = exchanges(recorded, "can_get_cards_of_board")[0]["headers"]
    used_up = {**headers, "X-Rate-Limit-Api-Token-Remaining": "0"}
    httpserver.expect_request("/").respond_with_response(Response("{}", status=429, headers=used_up))
    client: HttpClient = local_http(httpserver.url_for("/"), attempts=1)

    with pytest.raises(TransientError) as failed:
        client.get()

    assert failed.value.retry_after == 10
