"""Trello: two weeks of a board, the moves its actions report, and reading long lists to their end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from common.errors import TransientError
from roadmap.boards import trello as trello_module
from roadmap.boards.base import HttpFactory, MoveSource, Snapshot
from roadmap.boards.changes import CardMoved, Renamed, snapshot_changes
from roadmap.boards.trello import TrelloProvider
from roadmap.tests.trello_server import TrelloServer

MONDAY = datetime(2026, 11, 9, 6, 0, tzinfo=UTC)


@pytest.fixture
def trello(httpserver: HTTPServer) -> TrelloServer:
    return TrelloServer(httpserver)


@pytest.fixture
def provider(trello: TrelloServer, local_http: HttpFactory) -> TrelloProvider:
    return TrelloProvider(trello.config(), local_http)


def next_read(
    trello: TrelloServer, local_http: HttpFactory, before: Snapshot, since: datetime | None = MONDAY
) -> Snapshot:
    """The read after `before`, with what it left to remember."""
    trello.calls.clear()
    return TrelloProvider(trello.config(cursor=dict(before.cursor)), local_http).fetch(since=since)


def moves_of(snapshot: Snapshot, card: dict[str, Any]) -> list[tuple[str, str]]:
    return [(move.from_raw, move.to_raw) for move in snapshot.moves if move.card_identity == str(card["id"])]


def actions_asked(trello: TrelloServer) -> list[dict[str, str]]:
    return [params for path, params in trello.calls if path == "actions"]


def test_it_finds_exactly_what_was_done_in_a_week(
    provider: TrelloProvider, trello: TrelloServer, local_http: HttpFactory
) -> None:
    before = provider.fetch()
    opportunities, doing, done = (
        trello.list_named(name)["id"] for name in ("Opportunities", "Doing", "Done")
    )
    first, second, third, fourth = (str(trello.card_numbered(number)["id"]) for number in (1, 2, 3, 4))
    eighth, seventh = str(trello.card_numbered(8)["id"]), str(trello.card_numbered(7)["id"])

    trello.card_move(1, "Doing")
    trello.card_move(2, "Done")
    trello.card_move(2, "Doing")
    trello.card_move(2, "Done")
    trello.card_rename(4, "Let people import contacts")
    trello.card_archive(2)
    trello.card_archive(3, closed=False)
    trello.card_delete(8)
    trello.card_leave(7)
    new = trello.card_create("Say thank you", "Opportunities")
    arrived = trello.card_arrive("Explain the price", "Doing")
    trello.list_named("Doing")["name"] = "In progress"
    verified = trello.list_add("Verified")
    after = next_read(trello, local_http, before)

    changes = snapshot_changes(before, after)
    assert set(changes.created) == {new["id"], arrived["id"]}
    assert set(changes.moved) == {CardMoved(first, opportunities, doing), CardMoved(second, doing, done)}
    assert changes.renamed == (
        Renamed(fourth, "Let people import their contacts", "Let people import contacts"),
    )
    assert changes.closed == (second,)
    assert changes.reopened == (third,)
    assert set(changes.missing) == {eighth, seventh}
    assert changes.columns_renamed == (Renamed(doing, "Doing", "In progress"),)
    assert changes.columns_added == (verified["id"],)
    assert changes.columns_removed == ()


def test_it_reports_every_move_and_the_entry_into_the_first_list(
    provider: TrelloProvider, trello: TrelloServer
) -> None:
    snapshot = provider.fetch()

    assert moves_of(snapshot, trello.card_numbered(3)) == [
        ("", "Opportunities"),
        ("Opportunities", "Doing"),
        ("Doing", "Done"),
    ]
    assert {move.source for move in snapshot.moves} == {MoveSource.REPORTED}
    assert [move.at for move in snapshot.moves] == sorted(move.at for move in snapshot.moves)


def test_it_names_columns_of_moves_by_id_and_as_they_are_called_now(
    provider: TrelloProvider, trello: TrelloServer
) -> None:
    doing = trello.list_named("Doing")
    doing["name"] = "In progress"

    move = next(move for move in provider.fetch().moves if move.to_column_external_id == doing["id"])

    assert move.to_raw == "In progress"
    assert move.from_column_external_id == trello.list_named("Opportunities")["id"]


def test_it_lets_a_card_of_another_board_enter_when_it_arrives(
    provider: TrelloProvider, trello: TrelloServer
) -> None:
    arrived = trello.card_numbered(8)
    (move,) = [move for move in provider.fetch().moves if move.card_identity == arrived["id"]]

    assert move.from_column_external_id is None
    assert move.to_raw == "Doing"
    assert move.at == datetime(2026, 11, 4, 13, 0, tzinfo=UTC)


def test_it_follows_a_card_that_left_the_board_and_came_back(
    provider: TrelloProvider, trello: TrelloServer
) -> None:
    card = trello.card_numbered(2)
    trello.card_leave(2)
    trello.card_return(card, "Done")

    assert moves_of(provider.fetch(), card)[-2:] == [("Doing", "Billing"), ("", "Done")]


def test_it_leaves_the_moves_of_cards_that_are_gone(provider: TrelloProvider, trello: TrelloServer) -> None:
    gone = trello.card_numbered(3)
    trello.card_delete(3)

    assert moves_of(provider.fetch(), gone) == []


def test_a_later_read_asks_for_new_actions_only(
    provider: TrelloProvider, trello: TrelloServer, local_http: HttpFactory
) -> None:
    before = provider.fetch()
    trello.card_move(1, "Doing")

    after = next_read(trello, local_http, before)

    assert moves_of(after, trello.card_numbered(1)) == [("Opportunities", "Doing")]
    assert moves_of(after, trello.card_numbered(3)) == []
    assert [params["since"] for params in actions_asked(trello)] == ["2026-11-04T12:59:00.000Z"]
    assert after.cursor["action_id"] > before.cursor["action_id"]


def test_it_reports_cards_that_were_deleted_or_left_for_another_board(
    provider: TrelloProvider, trello: TrelloServer, local_http: HttpFactory
) -> None:
    before = provider.fetch()
    deleted, left, back = (trello.card_numbered(number) for number in (1, 2, 4))
    trello.card_delete(1)
    trello.card_leave(2)
    trello.card_leave(4)
    trello.card_return(back, "Doing")

    after = next_read(trello, local_http, before)

    assert before.deleted == ()
    assert set(after.deleted) == {deleted["id"], left["id"]}


def test_it_reports_no_card_as_deleted_while_cards_cannot_be_read(
    provider: TrelloProvider, trello: TrelloServer
) -> None:
    trello.card_leave(2)
    trello.card_numbered(1)["name"] = ""

    assert provider.fetch().deleted == ()


@pytest.mark.parametrize("cursor", [{}, {"action_id": ""}, {"action_id": "not an id"}, {"action_id": None}])
def test_it_reads_the_whole_history_when_it_remembers_nothing(
    trello: TrelloServer, local_http: HttpFactory, cursor: dict[str, Any]
) -> None:
    snapshot = TrelloProvider(trello.config(cursor=cursor), local_http).fetch(since=MONDAY)

    assert len(snapshot.moves) == 10
    assert all("since" not in params for params in actions_asked(trello))


def test_it_reads_the_whole_history_after_reads_that_were_never_complete(
    provider: TrelloProvider, trello: TrelloServer, local_http: HttpFactory
) -> None:
    before = provider.fetch()

    after = next_read(trello, local_http, before, since=None)

    assert len(after.moves) == len(before.moves)


def test_it_remembers_nothing_new_when_cards_were_left_out(
    provider: TrelloProvider, trello: TrelloServer, local_http: HttpFactory
) -> None:
    before = provider.fetch()
    trello.card_move(1, "Doing")
    trello.card_numbered(1)["name"] = ""

    broken = next_read(trello, local_http, before)
    trello.card_numbered(1)["name"] = "Mended"
    mended = next_read(trello, local_http, broken)

    assert broken.cursor == before.cursor
    assert moves_of(mended, trello.card_numbered(1)) == [("Opportunities", "Doing")]


def test_it_reads_long_lists_to_their_end(
    provider: TrelloProvider, trello: TrelloServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trello_module, "PAGE", 7)
    trello.cards_many(30)

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 30
    assert len(snapshot.moves) == 30
    assert [path for path, _ in trello.calls].count("cards") == 5
    assert snapshot.complete


def test_it_reads_one_page_more_when_the_last_one_is_full(
    provider: TrelloProvider, trello: TrelloServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trello_module, "PAGE", 10)
    trello.cards_many(30)

    assert len(provider.fetch().cards) == 30
    assert [path for path, _ in trello.calls].count("cards") == 4


def test_it_stops_asking_once_it_meets_what_it_knows(
    provider: TrelloProvider,
    trello: TrelloServer,
    local_http: HttpFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trello.cards_many(100)
    before = provider.fetch()
    trello.card_move(1, trello.lists[1]["name"])
    monkeypatch.setattr(trello_module, "PAGE", 10)
    # Even one that takes no notice of `since` is not read to the end.
    actions = list(trello.actions)
    trello.answers["actions"] = actions[:10]

    after = next_read(trello, local_http, before)

    assert len(actions_asked(trello)) == 1
    assert moves_of(after, trello.card_numbered(1))


@pytest.mark.parametrize("part", ["cards", "actions"])
def test_it_stops_when_the_same_page_comes_again(
    provider: TrelloProvider, trello: TrelloServer, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(trello_module, "PAGE", 6)
    trello.answers[part] = (trello.cards if part == "cards" else trello.actions)[:6]

    with pytest.raises(TransientError, match="same page again"):
        provider.fetch()


def test_it_reads_the_newest_moves_of_a_board_with_too_many(
    provider: TrelloProvider, trello: TrelloServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trello_module, "PAGE", 5)
    monkeypatch.setattr(trello_module, "HISTORY_PAGES", 2)
    trello.cards_many(12)

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 12
    assert len(snapshot.moves) == 10
    assert any("more than 10 actions" in note for note in snapshot.notes)


def test_it_takes_smaller_pages_when_trello_asks_for_them(
    provider: TrelloProvider, trello: TrelloServer
) -> None:
    trello.cards_many(200)
    trello.most = 70

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 200
    limits = [params["limit"] for path, params in trello.calls if path == "cards"]
    assert limits == ["1000", "250", "62", "62", "62", "62"]
