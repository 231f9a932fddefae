"""GitLab: two weeks of a board, the way of an issue worked out from its events, and which histories a read asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from roadmap.boards.base import HttpFactory, MoveSource, Snapshot
from roadmap.boards.changes import CardMoved, Renamed, snapshot_changes
from roadmap.boards.gitlab import GitLabProvider
from roadmap.tests.gitlab_server import GitLabServer, error_answer

MONDAY = datetime(2026, 11, 9, 6, 0, tzinfo=UTC)
READY, DOING, REVIEW = "workflow::ready", "workflow::doing", "workflow::in review"


@pytest.fixture
def gitlab(httpserver: HTTPServer) -> GitLabServer:
    return GitLabServer(httpserver)


@pytest.fixture
def provider(gitlab: GitLabServer, local_http: HttpFactory) -> GitLabProvider:
    return GitLabProvider(gitlab.config(), local_http)


def next_read(
    gitlab: GitLabServer, local_http: HttpFactory, before: Snapshot, since: datetime | None = MONDAY
) -> Snapshot:
    """The read after `before`, with what it left to remember."""
    gitlab.calls.clear()
    return GitLabProvider(gitlab.config(cursor=dict(before.cursor)), local_http).fetch(since=since)


def way(snapshot: Snapshot, iid: int) -> list[tuple[str, str]]:
    """The moves of an issue, from and to."""
    return [(move.from_raw, move.to_raw) for move in snapshot.moves if move.card_identity == str(9000 + iid)]


def histories(gitlab: GitLabServer) -> list[int]:
    """The numbers of the issues whose state events were asked."""
    return [int(path.split("/")[3]) for path in gitlab.asked("resource_state_events")]


def test_it_finds_exactly_what_was_done_in_a_week(
    provider: GitLabProvider, gitlab: GitLabServer, local_http: HttpFactory
) -> None:
    before = provider.fetch()

    gitlab.issue_move(1, READY)
    gitlab.issue_move(2, REVIEW)
    gitlab.issue_move(2, None)
    gitlab.issue_move(4, REVIEW)
    gitlab.issue_close(4)
    gitlab.issue_reopen(3)
    gitlab.issue_change(5, title="The invoice shows last year")
    new = gitlab.issue_create("Say thank you", READY)
    deleted = gitlab.issue_create("A mistake")
    between = next_read(gitlab, local_http, before)
    gitlab.issue_delete(deleted["iid"])
    gitlab.label_rename(DOING, "workflow::at work")
    gitlab.list_add(74, "workflow::verified")
    after = next_read(gitlab, local_http, between)

    changes = snapshot_changes(before, after)
    assert changes.created == (str(new["id"]),)
    assert set(changes.moved) == {
        CardMoved("9001", "open", "list-361"),
        CardMoved("9002", "list-362", "open"),
        CardMoved("9003", "closed", "open"),
        CardMoved("9004", "list-362", "closed"),
    }
    assert changes.renamed == (
        Renamed("9005", "The invoice shows the wrong year", "The invoice shows last year"),
    )
    assert changes.closed == ("9004",)
    assert changes.reopened == ("9003",)
    assert changes.columns_renamed == (Renamed("list-362", "doing", "at work"),)
    assert changes.columns_added == ("list-374",)
    assert snapshot_changes(between, after).missing == (str(deleted["id"]),)


def test_it_works_out_the_whole_way_of_an_issue(provider: GitLabProvider) -> None:
    snapshot = provider.fetch()

    assert way(snapshot, 3) == [
        ("Open", "ready"),
        ("ready", "doing"),
        ("doing", "in review"),
        ("in review", "Closed"),
    ]
    assert {move.source for move in snapshot.moves} == {MoveSource.REPORTED}
    assert [move.at for move in snapshot.moves] == sorted(move.at for move in snapshot.moves)


def test_it_takes_what_happens_in_one_act_for_one_move(
    provider: GitLabProvider, gitlab: GitLabServer
) -> None:
    # Closing took the label off a moment before: the issue was never back in Open.
    last = [move for move in provider.fetch().moves if move.card_identity == "9003"][-1]

    assert (last.from_raw, last.to_raw) == ("in review", "Closed")
    assert last.at == datetime(2026, 11, 4, 11, 0, 0, 80_000, tzinfo=UTC)


def test_it_lets_an_issue_made_with_a_label_enter_that_list(provider: GitLabProvider) -> None:
    (entry, moved) = [move for move in provider.fetch().moves if move.card_identity == "9004"]

    assert (entry.from_column_external_id, entry.to_raw) == (None, "ready")
    assert entry.at == datetime(2026, 11, 2, 12, 0, 0, 120_000, tzinfo=UTC)
    assert (moved.from_column_external_id, moved.to_column_external_id) == ("list-361", "list-362")


def test_labels_that_are_no_list_make_no_move(provider: GitLabProvider) -> None:
    snapshot = provider.fetch()

    assert way(snapshot, 1) == []
    assert way(snapshot, 5) == []


def test_it_follows_an_issue_that_was_closed_and_opened_again(
    provider: GitLabProvider, gitlab: GitLabServer
) -> None:
    gitlab.issue_close(2)
    gitlab.issue_reopen(2)

    assert way(provider.fetch(), 2)[2:] == [("doing", "Closed"), ("Closed", "doing")]


def test_it_follows_an_issue_under_two_labels_by_the_right_most(
    provider: GitLabProvider, gitlab: GitLabServer
) -> None:
    gitlab.issue_label(2, REVIEW)
    gitlab.issue_label(2, READY)
    gitlab.issue_label(2, REVIEW, "remove")

    assert way(provider.fetch(), 2)[2:] == [("doing", "in review"), ("in review", "doing")]


def test_it_starts_from_the_labels_of_today_where_old_events_are_missing(
    provider: GitLabProvider, gitlab: GitLabServer
) -> None:
    # Only the last act is left: "ready" off, "doing" on.
    gitlab.label_events["2"] = gitlab.label_events["2"][-2:]

    assert way(provider.fetch(), 2) == [("ready", "doing")]


def test_it_derives_the_closing_that_no_event_tells(provider: GitLabProvider, gitlab: GitLabServer) -> None:
    gitlab.state_events["3"] = []

    last = [move for move in provider.fetch().moves if move.card_identity == "9003"][-1]

    # The label was taken off in the same act, which is reported.
    assert (last.to_raw, last.source) == ("Closed", MoveSource.REPORTED)
    gitlab.label_events["3"] = []
    (only,) = [move for move in provider.fetch().moves if move.card_identity == "9003"]
    assert (only.from_raw, only.to_raw, only.source) == ("Open", "Closed", MoveSource.DERIVED)
    assert only.at == datetime(2026, 11, 4, 11, 0, 0, 80_000, tzinfo=UTC)


def test_a_label_deleted_since_says_nothing(provider: GitLabProvider, gitlab: GitLabServer) -> None:
    gitlab.label_events["2"].insert(0, gitlab.label_events["2"][0] | {"id": 1, "label": None})

    snapshot = provider.fetch()

    assert way(snapshot, 2) == [("Open", "ready"), ("ready", "doing")]
    assert not any("could not be read" in note for note in snapshot.notes)


def test_events_know_labels_by_id_under_whatever_name(provider: GitLabProvider, gitlab: GitLabServer) -> None:
    for event in gitlab.label_events["2"]:
        event["label"]["name"] = "a name of that time"

    assert way(provider.fetch(), 2) == [("Open", "ready"), ("ready", "doing")]


def test_a_later_read_asks_for_the_histories_of_changed_issues_only(
    provider: GitLabProvider, gitlab: GitLabServer, local_http: HttpFactory
) -> None:
    before = provider.fetch()
    gitlab.issue_move(1, DOING)

    after = next_read(gitlab, local_http, before)

    assert histories(gitlab) == [1]
    assert way(after, 1) == [("Open", "doing")]
    assert len(after.cards) == 5


def test_it_asks_for_what_changed_since_the_last_read_when_it_remembers_nothing(
    gitlab: GitLabServer, local_http: HttpFactory
) -> None:
    gitlab.issue_move(1, DOING)

    # A quarter of an hour is allowed for the two clocks.
    GitLabProvider(gitlab.config(), local_http).fetch(since=gitlab.now + timedelta(minutes=10))
    shortly = histories(gitlab)
    gitlab.calls.clear()
    GitLabProvider(gitlab.config(), local_http).fetch(since=gitlab.now + timedelta(minutes=20))

    assert shortly == [1]
    assert histories(gitlab) == []


def test_it_asks_for_no_label_events_on_a_board_without_label_lists(
    provider: GitLabProvider, gitlab: GitLabServer
) -> None:
    gitlab.board["lists"] = []

    provider.fetch()

    assert gitlab.asked("resource_label_events") == []
    assert len(histories(gitlab)) == 5


def test_it_leaves_what_is_too_much_for_one_read_to_the_next_ones(
    provider: GitLabProvider,
    gitlab: GitLabServer,
    local_http: HttpFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("roadmap.boards.gitlab.HISTORIES", 2)

    first = provider.fetch()
    asked = [histories(gitlab)]
    gitlab.issue_move(1, READY)
    second = next_read(gitlab, local_http, first)
    asked.append(histories(gitlab))
    third = next_read(gitlab, local_http, second)
    asked.append(histories(gitlab))
    next_read(gitlab, local_http, third)
    asked.append(histories(gitlab))

    # By their last change 3, 4, 2, 5, 1 at first; then 1 has changed and is the newest.
    assert asked == [[3, 4], [1, 2], [5], []]
    assert "3 older issues have a history that is not read yet; the next reads go on with it." in first.notes
    assert "1 older issue has a history that is not read yet; the next reads go on with it." in second.notes
    assert third.notes == ("1 issue was moved to another project and left out here.",)


def test_it_stops_asking_for_histories_when_they_take_too_long(
    provider: GitLabProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roadmap.boards.gitlab.HISTORY_TIME", -1.0)

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 5
    assert snapshot.moves == ()
    assert any("5 older issues have a history that is not read yet" in note for note in snapshot.notes)


def test_it_reads_long_histories_to_their_end(provider: GitLabProvider, gitlab: GitLabServer) -> None:
    for _ in range(60):
        gitlab.issue_move(1, READY)
        gitlab.issue_move(1, DOING)

    assert len(way(provider.fetch(), 1)) == 120


@pytest.mark.parametrize("case", ["not found", "no role"])
def test_it_reads_the_board_where_a_history_is_not_shown(
    provider: GitLabProvider, gitlab: GitLabServer, case: str
) -> None:
    gitlab.answers["projects/5/issues/2/resource_label_events"] = error_answer(case)

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 5
    assert way(snapshot, 2) == []
    assert way(snapshot, 4)
    assert any("the history of 1 issue; moves are seen between reads" in note for note in snapshot.notes)


@pytest.mark.parametrize("cursor", [{"known_from": "x"}, {"known_from": None, "known_from_id": 1, "known_until": "soon"}])  # fmt: skip
def test_it_does_without_a_cursor_that_it_cannot_read(
    gitlab: GitLabServer, local_http: HttpFactory, cursor: dict[str, Any]
) -> None:
    snapshot = GitLabProvider(gitlab.config(cursor=cursor), local_http).fetch(since=MONDAY)

    assert len(snapshot.cards) == 5
    assert histories(gitlab) == []
