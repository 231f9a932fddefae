"""GitHub Projects: where the moves come from, and a board of two weeks."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from roadmap.boards.base import HttpFactory, MoveData, MoveSource, Snapshot
from roadmap.boards.changes import CardMoved, Renamed, snapshot_changes
from roadmap.boards.github import GithubProvider
from roadmap.tests.github_server import GithubServer, error_response
from roadmap.tests.graphql_server import json_response

FORM = "Shorten the sign-up form"
PRICES = "Explain prices before the first step"
INTERVIEWS = "Ask ten customers why they left"
LAST_WEEK = datetime(2026, 11, 16, 12, tzinfo=UTC)
LATER = "2026-11-18T08:00:00Z"


@pytest.fixture
def github(httpserver: HTTPServer) -> GithubServer:
    return GithubServer(httpserver)


@pytest.fixture
def provider(github: GithubServer, local_http: HttpFactory) -> GithubProvider:
    return GithubProvider(github.config(), local_http)


def moves_of(snapshot: Snapshot, title: str) -> list[MoveData]:
    (identity,) = (card.identity for card in snapshot.cards if card.title == title)
    return [move for move in snapshot.moves if move.card_identity == identity]


def told(snapshot: Snapshot, title: str) -> list[tuple[str | None, str | None]]:
    return [(move.from_column_external_id, move.to_column_external_id) for move in moves_of(snapshot, title)]


def test_it_takes_every_move_from_the_events_of_this_project(provider: GithubProvider) -> None:
    snapshot = provider.fetch()

    moves = moves_of(snapshot, FORM)

    assert {move.source for move in moves} == {MoveSource.REPORTED}
    assert [(move.from_raw, move.to_raw) for move in moves] == [
        ("", "Backlog"),
        ("Backlog", "Ready"),
        ("Ready", "In progress"),
    ]
    assert told(snapshot, FORM) == [
        (None, "f75ad846"),
        ("f75ad846", "08afe404"),
        ("08afe404", "47fc9ee4"),
    ]
    assert moves[-1].at == datetime(2026, 11, 10, 9, 59, 59, tzinfo=UTC)
    assert moves[-1].external_id


def test_it_derives_the_last_move_of_a_draft(provider: GithubProvider) -> None:
    (move,) = moves_of(provider.fetch(), INTERVIEWS)

    assert move.source is MoveSource.DERIVED
    assert move.at == datetime(2026, 10, 20, 7, 45, tzinfo=UTC)


def test_a_card_that_never_moved_has_no_move(provider: GithubProvider) -> None:
    assert moves_of(provider.fetch(), "Count activations by week") == []


@pytest.mark.parametrize(
    "probe",
    [
        None,
        json_response({"errors": [{"message": "Introspection is not allowed."}]}),
        json_response({"data": None, "errors": [{"message": "no", "path": ["__type"]}]}),
        Response("", status=403),
    ],
)
def test_it_derives_the_last_moves_where_the_server_knows_no_events(
    provider: GithubProvider, github: GithubServer, probe: Response | None
) -> None:
    github.knows_events = False
    if probe is not None:
        github.faults["EventKnown"] = probe

    snapshot = provider.fetch()

    assert "Changes" not in github.names()
    assert {move.source for move in snapshot.moves} == {MoveSource.DERIVED}
    assert len(snapshot.moves) == 6
    assert snapshot.complete


@pytest.mark.parametrize("case", ["unknown field", "forbidden", "scopes"])
def test_it_derives_the_last_moves_and_says_so_where_the_events_are_refused(
    provider: GithubProvider, github: GithubServer, case: str
) -> None:
    github.faults["Changes"] = error_response(case)

    snapshot = provider.fetch()

    assert {move.source for move in snapshot.moves} == {MoveSource.DERIVED}
    assert any("did not tell the moves" in note for note in snapshot.notes)


def test_it_asks_for_no_events_of_another_field(github: GithubServer, local_http: HttpFactory) -> None:
    GithubProvider(github.config(status_field="Track"), local_http).fetch()

    assert github.names() == ["Project", "Items"]


def test_it_asks_for_the_events_of_changed_cards_only(provider: GithubProvider, github: GithubServer) -> None:
    github.move(github.item(PRICES), "In progress", LATER)

    snapshot = provider.fetch(since=LAST_WEEK)

    (asked,) = (variables["ids"] for name, variables in github.asked if name == "Changes")
    assert asked == [github.item(PRICES)["content"]["id"]]
    assert told(snapshot, PRICES)[-1] == ("08afe404", "47fc9ee4")


def test_it_asks_again_for_what_happened_just_before_the_last_read(
    provider: GithubProvider, github: GithubServer
) -> None:
    provider.fetch(since=datetime(2026, 11, 14, 11, tzinfo=UTC) + timedelta(minutes=14))

    (asked,) = (variables["ids"] for name, variables in github.asked if name == "Changes")
    assert asked == [github.item("Sign up with a passkey")["content"]["id"]]


def test_it_makes_two_calls_when_nothing_changed(provider: GithubProvider, github: GithubServer) -> None:
    snapshot = provider.fetch(since=LAST_WEEK)

    assert github.names() == ["Project", "Items"]
    assert snapshot.requests_made == 2


def test_a_renamed_column_keeps_the_moves_under_its_old_name(
    github: GithubServer, local_http: HttpFactory
) -> None:
    first = GithubProvider(github.config(), local_http).fetch()
    github.field()["options"][1]["name"] = "Selected"
    github.move(github.item(PRICES), "In progress", LATER)

    second = GithubProvider(github.config(cursor=dict(first.cursor)), local_http).fetch()

    assert moves_of(second, PRICES)[-1].from_raw == "Ready"
    assert told(second, PRICES)[-1] == ("08afe404", "47fc9ee4")


def test_a_name_that_two_columns_had_stands_for_neither(
    github: GithubServer, local_http: HttpFactory
) -> None:
    first = GithubProvider(github.config(), local_http).fetch()
    backlog, ready = github.field()["options"][:2]
    backlog["name"], ready["name"] = "Ideas", "Backlog"

    second = GithubProvider(github.config(cursor=dict(first.cursor)), local_http).fetch()

    assert told(second, FORM)[:2] == [(None, None), (None, "08afe404")]
    assert moves_of(second, FORM)[0].to_raw == "Backlog"


def test_the_last_move_led_to_where_the_card_stands_whatever_it_was_called(
    provider: GithubProvider, github: GithubServer
) -> None:
    github.field()["options"][2]["name"] = "Doing"

    snapshot = provider.fetch()

    assert told(snapshot, FORM)[-1] == ("08afe404", "47fc9ee4")
    assert len(moves_of(snapshot, FORM)) == 3


def test_it_derives_a_move_that_no_event_tells(provider: GithubProvider, github: GithubServer) -> None:
    item = github.item(PRICES)
    github.move(item, "Done", LATER)
    github.changes[item["content"]["id"]].pop()

    moves = moves_of(provider.fetch(), PRICES)

    assert [move.source for move in moves] == [MoveSource.REPORTED, MoveSource.DERIVED]
    assert moves[-1].to_column_external_id == "98236657"


def test_it_says_when_older_moves_were_cut_off(provider: GithubProvider, github: GithubServer) -> None:
    item = github.item(FORM)
    for hour in range(120):
        at = datetime(2026, 11, 17, tzinfo=UTC) + timedelta(minutes=hour)
        github.move(item, "Ready" if hour % 2 else "In progress", at.isoformat())

    snapshot = provider.fetch()

    assert len(moves_of(snapshot, FORM)) == 100
    assert any("more than 100 changes of status" in note for note in snapshot.notes)


def test_it_leaves_out_an_event_that_cannot_be_read(provider: GithubProvider, github: GithubServer) -> None:
    events = github.changes[github.item(FORM)["content"]["id"]]
    events[1]["createdAt"] = None
    events[2]["project"] = None

    assert [move.to_raw for move in moves_of(provider.fetch(), FORM)] == ["Backlog", "In progress"]


def test_the_changes_of_a_week_are_those_that_were_made(
    github: GithubServer, local_http: HttpFactory
) -> None:
    for number in range(200, 320):
        github.move(
            github.add(number, f"Card {number}", "2026-11-01T08:00:00Z"), "Backlog", "2026-11-02T08:00:00Z"
        )
    week1 = GithubProvider(github.config(), local_http).fetch()
    ids = {item["content"]["title"]: item["id"] for item in github.items if item["content"]}

    moved = [f"Card {number}" for number in range(200, 230)]
    for title in moved:
        github.move(github.item(title), "Ready", LATER)
    github.item("Card 240")["content"]["title"] = "Card two hundred and forty"
    github.items.remove(github.item("Card 250"))
    github.item("Card 260")["content"] |= {"closed": True, "closedAt": LATER}
    github.item("Drop the fax number").update(isArchived=False)
    github.item("Drop the fax number")["content"]["closed"] = False
    new = github.add(400, "New one", LATER)["id"]
    github.field()["options"][4]["name"] = "Released"
    github.field()["options"].append({"id": "aa11bb22", "name": "Verified"})
    week2 = GithubProvider(github.config(cursor=dict(week1.cursor)), local_http).fetch(since=LAST_WEEK)
    changes = snapshot_changes(week1, week2)

    assert changes.created == (new,)
    assert set(changes.moved) == {CardMoved(ids[title], "f75ad846", "08afe404") for title in moved}
    assert changes.renamed == (Renamed(ids["Card 240"], "Card 240", "Card two hundred and forty"),)
    assert changes.missing == (ids["Card 250"],)
    assert changes.closed == (ids["Card 260"],)
    assert changes.reopened == (ids["Drop the fax number"],)
    assert changes.columns_renamed == (Renamed("98236657", "Done", "Released"),)
    assert changes.columns_added == ("aa11bb22",)
    assert week2.complete
    newer = [move for move in week2.moves if move.at > LAST_WEEK]
    assert Counter(move.source for move in newer) == {MoveSource.REPORTED: 30}
