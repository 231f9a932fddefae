"""Kanboard from one week to the next: what it forgets, ids given out again, and tags that take several reads."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roadmap.boards import kanboard as kanboard_module
from roadmap.boards.base import HttpFactory, MoveSource, Snapshot
from roadmap.boards.changes import snapshot_changes
from roadmap.boards.kanboard import KanboardProvider
from roadmap.tests.kanboard_server import FIXTURES, KanboardServer, changes_applied, week_load


def read(
    kanboard: KanboardServer, http: HttpFactory, before: Snapshot | None = None, since: datetime | None = None
) -> Snapshot:
    """A read with what an earlier one left in its cursor."""
    cursor = dict(before.cursor) if before else {}
    return KanboardProvider(kanboard.config(cursor=cursor), http).fetch(since=since)


def task_of(identity: str) -> int:
    return int(identity.partition("@")[0])


# --- the last fifty events ------------------------------------------------------------------------------


def test_it_says_at_first_that_only_the_last_events_are_told(
    kanboard: KanboardServer, local_http: HttpFactory
) -> None:
    assert "last 50 events only" in read(kanboard, local_http).notes[0]


def test_it_says_nothing_where_all_events_are_told(kanboard: KanboardServer, local_http: HttpFactory) -> None:
    kanboard.results["getProjectActivity"] = week_load("week1")["getProjectActivity"][:49]

    assert read(kanboard, local_http).notes == ()


def test_it_says_nothing_of_a_week_that_the_events_cover(
    kanboard: KanboardServer, local_http: HttpFactory
) -> None:
    first = read(kanboard, local_http)
    kanboard.week = "week2"

    second = read(kanboard, local_http, first)

    assert second.notes == ()
    assert second.cursor["activity_id"] > first.cursor["activity_id"]


def test_it_says_when_more_happened_than_the_events_cover(
    kanboard: KanboardServer, local_http: HttpFactory
) -> None:
    kanboard.week = "week2"
    first = KanboardProvider(kanboard.config(cursor={"activity_id": 100}), local_http).fetch()
    second = read(kanboard, local_http, first)

    assert "More happened since the last read" in first.notes[0]
    assert second.notes == ()


def test_it_finds_every_change_of_a_week_with_more_events_than_it_is_told(
    kanboard: KanboardServer, local_http: HttpFactory
) -> None:
    before = read(kanboard, local_http)
    kanboard.week = "week2"
    events = week_load("week2")["getProjectActivity"]
    moves = [event for event in events if event["event_name"] == "task.move.column"]
    # Twenty of the thirty moves have fallen out of the window: later comments took their places.
    comment = next(event for event in events if event["event_name"] == "comment.create")
    later = [comment | {"id": 5000 + number} for number in range(40)]
    kanboard.results["getProjectActivity"] = [*later, *moves[:10]]

    after = read(kanboard, local_http, before)

    changes, applied = snapshot_changes(before, after), changes_applied()
    week = {task_of(move.identity) for move in changes.moved}
    assert week == {move["task_id"] for move in applied["moved"]}
    assert {task_of(identity) for identity in changes.created} == set(applied["created"])
    assert {task_of(identity) for identity in changes.missing} == set(applied["deleted"])
    assert {task_of(change.identity) for change in changes.renamed} == set(applied["renamed"])
    assert "More happened since the last read" in after.notes[0]
    told = Counter(move.source for move in after.moves if task_of(move.card_identity) in week)
    assert told == {MoveSource.REPORTED: 10, MoveSource.DERIVED: 20}
    places = {card.identity: card.column_external_id for card in after.cards}
    assert all(move.to_column_external_id == places[move.card_identity] for move in after.moves)


def test_it_remembers_the_last_event_where_the_activity_is_hidden_for_once(
    kanboard: KanboardServer, local_http: HttpFactory
) -> None:
    first = read(kanboard, local_http)
    kanboard.errors["getProjectActivity"] = {"code": 403, "message": "Not for you"}

    second = read(kanboard, local_http, first)

    assert second.cursor["activity_id"] == first.cursor["activity_id"]


# --- ids given out again --------------------------------------------------------------------------------


@pytest.fixture
def reused(kanboard: KanboardServer, local_http: HttpFactory) -> tuple[Snapshot, Snapshot]:
    """Two weeks between which task 31 was removed and its id went to a new task."""
    weeks = json.loads((FIXTURES / "reused_id.json").read_text())
    kanboard.results |= {"getBoard": [], **weeks["week1"]}
    before = read(kanboard, local_http)
    kanboard.results |= weeks["week2"]
    return before, read(kanboard, local_http, before)


def test_it_tells_a_reused_id_from_the_removed_card(reused: tuple[Snapshot, Snapshot]) -> None:
    before, after = reused

    changes = snapshot_changes(before, after)

    old, new = (next(card for card in week.cards if card.external_id == "31") for week in reused)
    assert (changes.missing, changes.created) == ((old.identity,), (new.identity,))
    assert not changes.renamed
    assert not changes.moved


def test_it_gives_a_reused_id_none_of_the_removed_cards_moves(reused: tuple[Snapshot, Snapshot]) -> None:
    _before, after = reused
    new = next(card for card in after.cards if card.external_id == "31")

    assert [(move.card_identity, move.at) for move in after.moves] == [(new.identity, new.moved_at)]


# --- tags of closed tasks -------------------------------------------------------------------------------


@pytest.fixture
def bare(kanboard: KanboardServer) -> KanboardServer:
    """A Kanboard whose board shows no closed task, and so none of their tags."""
    kanboard.results["getBoard"] = []
    return kanboard


def test_it_asks_for_the_tags_of_closed_tasks_that_changed(
    bare: KanboardServer, local_http: HttpFactory
) -> None:
    since = datetime.fromtimestamp(1795357325, UTC)

    everything = read(bare, local_http)
    nothing_new = read(bare, local_http, since=since + timedelta(days=1))

    assert bare.methods.count("getTaskTags") == 33
    assert all(card.labels is not None for card in everything.cards)
    assert all((card.labels is None) is card.closed for card in nothing_new.cards)


def test_it_asks_for_them_once(bare: KanboardServer, local_http: HttpFactory) -> None:
    first = read(bare, local_http)
    assert bare.methods.count("getTaskTags") == 33
    bare.methods.clear()

    second = read(bare, local_http, first)
    bare.week = "week2"
    third = read(bare, local_http, second)

    closed = {card.external_id for card in third.cards if card.closed}
    asked = {card.external_id for card in third.cards if card.closed and card.labels is not None}
    assert bare.methods.count("getTaskTags") == len(asked)
    assert asked >= {str(number) for number in changes_applied()["closed"]}
    assert len(asked) < len(closed)


def test_it_goes_on_with_the_older_ones_where_there_are_too_many(
    bare: KanboardServer, local_http: HttpFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kanboard_module, "TAG_LIMIT", 20)
    told: dict[str, Any] = {}

    first = read(bare, local_http)
    second = read(bare, local_http, first)
    third = read(bare, local_http, second)

    for snapshot in (first, second, third):
        told |= {card.identity: card.labels for card in snapshot.cards if card.labels is not None}
    assert "tags of 13 closed tasks" in first.notes[0]
    assert len(told) == 199
    assert not any("tags" in note for note in (*second.notes, *third.notes))
    assert bare.methods.count("getTaskTags") == 33


def test_it_keeps_to_what_it_knows_where_kanboard_does_not_tell_tags(
    bare: KanboardServer, local_http: HttpFactory
) -> None:
    bare.errors["getTaskTags"] = {"code": -32601, "message": "Method not found"}

    snapshot = read(bare, local_http)

    assert all((card.labels is None) is card.closed for card in snapshot.cards)
    assert "does not tell the tags of closed tasks" in snapshot.notes[0]
    assert snapshot.cursor["known_until"].startswith("0001")
