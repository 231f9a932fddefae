"""Linear: the moves out of each issue's history, and a team's two weeks."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from roadmap.boards.base import HttpFactory, MoveData, MoveSource, Snapshot
from roadmap.boards.changes import CardMoved, Renamed, snapshot_changes
from roadmap.boards.linear import LinearProvider
from roadmap.tests.linear_server import LinearServer, error_response

FORM = "Shorten the sign-up form"
RELOAD = "Keep the form's content on a reload"
LAST_WEEK = datetime(2026, 11, 16, 12, tzinfo=UTC)
LATER = "2026-11-18T08:00:00.000Z"


@pytest.fixture
def linear(httpserver: HTTPServer) -> LinearServer:
    return LinearServer(httpserver)


@pytest.fixture
def provider(linear: LinearServer, local_http: HttpFactory) -> LinearProvider:
    return LinearProvider(linear.config(), local_http)


def moves_of(snapshot: Snapshot, title: str) -> list[MoveData]:
    (identity,) = (card.identity for card in snapshot.cards if card.title == title)
    return [move for move in snapshot.moves if move.card_identity == identity]


def test_it_takes_every_move_from_the_history_in_order(
    provider: LinearProvider, linear: LinearServer
) -> None:
    moves = moves_of(provider.fetch(), FORM)

    assert {move.source for move in moves} == {MoveSource.REPORTED}
    assert [(move.from_raw, move.to_raw) for move in moves] == [("Backlog", "Todo"), ("Todo", "In Progress")]
    assert [move.to_column_external_id for move in moves] == [
        linear.state("Todo")["id"],
        linear.state("In Progress")["id"],
    ]
    assert moves[-1].at == datetime(2026, 11, 10, 10, tzinfo=UTC)


def test_the_state_in_which_an_issue_began_is_no_move(provider: LinearProvider) -> None:
    assert moves_of(provider.fetch(), "Count activations by week") == []


def test_it_knows_moves_through_a_state_that_was_archived(
    provider: LinearProvider, linear: LinearServer
) -> None:
    moves = moves_of(provider.fetch(), RELOAD)

    assert [move.to_raw for move in moves] == ["In Progress", "QA", "Done"]
    assert moves[1].to_column_external_id == linear.state("QA")["id"]


def test_an_issue_of_another_team_enters_from_no_column(provider: LinearProvider) -> None:
    (move,) = moves_of(provider.fetch(), "Explain prices before the first step")

    assert (move.from_column_external_id, move.from_raw, move.to_raw) == (None, "", "Todo")
    assert move.at == datetime(2026, 10, 22, 9, tzinfo=UTC)


def test_a_renamed_state_keeps_its_moves(provider: LinearProvider, linear: LinearServer) -> None:
    linear.state("Todo")["name"] = "Selected"

    moves = moves_of(provider.fetch(), FORM)

    assert [(move.from_raw, move.to_raw) for move in moves][-1] == ("Selected", "In Progress")


def test_it_reads_a_long_history_to_its_end(provider: LinearProvider, linear: LinearServer) -> None:
    issue = linear.add(50, "To and fro", "Todo", "2026-11-01T00:00:00.000Z")
    for hour in range(250):
        at = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(hours=hour)
        linear.move(issue, "Todo" if hour % 2 else "In Progress", at.isoformat())

    snapshot = provider.fetch()

    assert len(moves_of(snapshot, "To and fro")) == 250
    assert linear.names().count("History") == 3


def test_it_asks_for_the_history_of_changed_issues_only(
    provider: LinearProvider, linear: LinearServer
) -> None:
    linear.move(linear.issue(FORM), "In Review", LATER)

    snapshot = provider.fetch(since=LAST_WEEK)

    (asked,) = (variables["ids"] for name, variables in linear.asked if name == "Histories")
    assert asked == [linear.issue(FORM)["id"]]
    assert len(snapshot.cards) == 7
    assert moves_of(snapshot, FORM)[-1].to_raw == "In Review"


def test_it_asks_again_for_what_happened_just_before_the_last_read(
    provider: LinearProvider, linear: LinearServer
) -> None:
    provider.fetch(since=datetime(2026, 11, 16, 9, 44, tzinfo=UTC))

    (asked,) = (variables["ids"] for name, variables in linear.asked if name == "Histories")
    assert asked == [linear.issue(FORM)["id"]]


def test_it_makes_three_calls_when_nothing_changed(provider: LinearProvider, linear: LinearServer) -> None:
    snapshot = provider.fetch(since=LAST_WEEK)

    assert linear.names() == ["Team", "Issues", "Labels"]
    assert snapshot.requests_made == 3


def test_it_reads_the_histories_of_a_huge_team_in_several_reads_and_the_newest_first(
    linear: LinearServer, local_http: HttpFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roadmap.boards.linear.HISTORIES_LIMIT", 40)
    for number in range(100, 200):
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=number)
        issue = linear.add(number, f"Card {number}", "Backlog", at.isoformat())
        linear.move(issue, "Todo", (at + timedelta(minutes=1)).isoformat())
    cursor: dict[str, Any] = {}
    since: datetime | None = None
    told: list[set[str]] = []
    notes: list[bool] = []
    for _ in range(4):
        snapshot = LinearProvider(linear.config(cursor=cursor), local_http).fetch(since=since)
        cursor, since = dict(snapshot.cursor), LAST_WEEK
        titles = {card.identity: card.title for card in snapshot.cards}
        told.append({titles[move.card_identity] for move in snapshot.moves})
        notes.append(any("read with the next reads" in note for note in snapshot.notes))

    first, second, third, fourth = told
    assert FORM in first
    assert "Card 199" in first
    assert "Card 100" in third
    assert {f"Card {number}" for number in range(100, 200)} <= first | second | third
    assert len(first & second) == len(second & third) == 1  # one read overlaps the next by the last moment
    assert not fourth
    assert notes == [True, True, False, False]


@pytest.mark.parametrize("refusal", [error_response("unknown field"), error_response("forbidden")])
def test_it_derives_the_last_moves_and_says_so_where_the_history_is_refused(
    provider: LinearProvider, linear: LinearServer, refusal: Response
) -> None:
    linear.faults["Histories"] = refusal

    snapshot = provider.fetch()

    assert {move.source for move in snapshot.moves} == {MoveSource.DERIVED}
    assert Counter(move.to_raw for move in snapshot.moves) == {"Done": 2, "Canceled": 1}
    assert any("did not tell the moves" in note for note in snapshot.notes)


def test_it_counts_what_it_cannot_read_of_a_history(provider: LinearProvider, linear: LinearServer) -> None:
    spans = linear.spans[linear.issue(RELOAD)["id"]]
    spans[1]["startedAt"] = "soon"

    snapshot = provider.fetch()

    assert "1 entry of the issues' histories could not be read." in snapshot.notes
    assert [(move.from_raw, move.to_raw) for move in moves_of(snapshot, RELOAD)] == [
        ("Todo", "QA"),
        ("QA", "Done"),
    ]


def test_the_changes_of_a_week_are_those_that_were_made(
    linear: LinearServer, local_http: HttpFactory
) -> None:
    for number in range(200, 320):
        linear.add(number, f"Card {number}", "Backlog", "2026-11-02T08:00:00.000Z")
    week1 = LinearProvider(linear.config(), local_http).fetch()

    moved = [f"Card {number}" for number in range(200, 230)]
    for title in moved:
        linear.move(linear.issue(title), "Todo", LATER)
    linear.issue("Card 240")["title"] = "Card two hundred and forty"
    linear.issues.remove(linear.issue("Card 250"))
    linear.issue("Card 251")["trashed"] = True
    linear.move(linear.issue("Card 260"), "Done", LATER)
    linear.move(linear.issue(RELOAD), "In Progress", LATER)
    linear.issue("Card 270")["archivedAt"] = LATER
    new = linear.add(400, "New one", "Triage", LATER)["id"]
    linear.state("Done")["name"] = "Released"
    linear.states.append(linear.state("In Review") | {"id": "verified", "name": "Verified", "position": 9})
    week2 = LinearProvider(linear.config(), local_http).fetch(since=LAST_WEEK)
    changes = snapshot_changes(week1, week2)

    def identity(number: int) -> str:
        return f"new-{number}"

    done, doing = linear.state("Released")["id"], linear.state("In Progress")["id"]
    backlog, todo = linear.state("Backlog")["id"], linear.state("Todo")["id"]
    assert changes.created == (new,)
    assert set(changes.moved) == {
        *(CardMoved(identity(number), backlog, todo) for number in range(200, 230)),
        CardMoved(identity(260), backlog, done),
        CardMoved(linear.issue(RELOAD)["id"], done, doing),
    }
    assert changes.renamed == (Renamed(identity(240), "Card 240", "Card two hundred and forty"),)
    assert set(changes.missing) == {identity(250), identity(251)}
    assert set(changes.closed) == {identity(260), identity(270)}
    assert changes.reopened == (linear.issue(RELOAD)["id"],)
    assert changes.columns_renamed == (Renamed(done, "Done", "Released"),)
    assert changes.columns_added == ("verified",)
    newer = [move for move in week2.moves if move.at > LAST_WEEK]
    assert Counter(move.source for move in newer) == {MoveSource.REPORTED: 32}
