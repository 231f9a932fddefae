"""Which issues' histories a read asks for, and how the next read goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from roadmap.boards import redmine as redmine_module
from roadmap.boards.base import CardData, HttpFactory, Snapshot
from roadmap.boards.redmine import RedmineProvider
from roadmap.boards.redmine_histories import QUIET, SETTLED, HistoryWindow
from roadmap.tests.redmine_server import RedmineServer, refusal

DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
LATER = DAY + timedelta(days=1)


def cards(*minutes: int) -> list[CardData]:
    """Cards 1, 2, 3 … last changed at these minutes of the day."""
    return [
        CardData(external_id=str(n), identity=str(n), title="x", updated_at=DAY + timedelta(minutes=minute))
        for n, minute in enumerate(minutes, start=1)
    ]


def ids(found: list[CardData]) -> list[int]:
    return [int(card.external_id) for card in found]


def again(window: HistoryWindow) -> HistoryWindow:
    """What a later read finds in its cursor."""
    return HistoryWindow.of(dict(window.cursor()), before=None)


def test_it_asks_for_the_latest_changed_first() -> None:
    assert ids(HistoryWindow().due(cards(5, 30, 10))) == [2, 3, 1]


def test_it_asks_only_for_what_changed_since() -> None:
    before = cards(5, 30, 10)
    window = again(HistoryWindow().after(before, before, whole=True, now=LATER))

    assert ids(window.due(cards(5, 30, 45, 40))) == [3, 4]


def test_it_asks_again_for_what_changed_in_the_last_moments_before_a_read() -> None:
    board = cards(5, 30)
    now = board[1].updated_at + timedelta(seconds=2)  # type: ignore[operator]
    window = again(HistoryWindow().after(board, board, whole=True, now=now))

    assert ids(window.due(board)) == [2]


def test_it_goes_on_with_older_ones_where_a_read_had_too_many() -> None:
    board = cards(1, 2, 3, 4, 5)
    window = HistoryWindow()
    asked = []
    for _ in range(4):
        due = window.due(board)
        asked.append(ids(due[:2]))
        window = again(window.after(board, due[:2], whole=len(due) <= 2, now=LATER))

    assert asked == [[5, 4], [3, 2], [1], []]


def test_it_comes_to_an_end_where_all_issues_changed_in_one_second() -> None:
    board = cards(7, 7, 7, 7, 7)
    window = HistoryWindow()
    asked = []
    for _ in range(4):
        due = window.due(board)
        asked += ids(due[:2])
        window = again(
            window.after(board, due[:2], whole=len(due) <= 2, now=DAY + QUIET + timedelta(hours=1))
        )

    assert asked == [5, 4, 3, 2, 1]


def test_it_takes_new_changes_before_the_older_rest() -> None:
    window = HistoryWindow()
    due = window.due(cards(1, 2, 3))
    window = again(window.after(cards(1, 2, 3), due[:1], whole=False, now=LATER))

    assert ids(window.due(cards(1, 2, 3, 90))) == [4, 2, 1]


@pytest.mark.parametrize(
    "cursor",
    [None, {}, "text", {"history_first": 3}, {"history_first": "x", "history_id": 1, "history_until": "y"}],
)
def test_it_takes_an_odd_cursor_for_none(cursor: Any) -> None:
    assert HistoryWindow.of(cursor, before=None) == HistoryWindow()
    assert HistoryWindow.of(cursor, before=DAY) == HistoryWindow(until=DAY)


@given(
    st.lists(
        st.tuples(
            st.lists(
                st.tuples(st.integers(0, 8), st.integers(0, 90)), max_size=6
            ),  # which cards change, and when
            st.integers(1, 4),
        ),
        max_size=8,
    )
)
def test_it_reads_every_history_in_the_end_and_none_too_late(
    weeks: list[tuple[list[tuple[int, int]], int]],
) -> None:
    """Whatever changes when, and however few a read takes: what counts as known was read after its last change."""
    changed = dict.fromkeys(range(9), DAY)
    read_at: dict[str, datetime] = {}
    window, now = HistoryWindow(), DAY
    for changes, limit in [*weeks, *[([], 4)] * 4]:
        for number, seconds in changes:
            changed[number] = max(changed[number], now + timedelta(seconds=seconds))
        now = max(now, *changed.values()) + timedelta(seconds=1)
        board = [
            CardData(external_id=str(n + 1), identity=str(n), title="x", updated_at=at)
            for n, at in changed.items()
        ]
        due = window.due(board)
        read_at |= {card.identity: now for card in due[:limit]}
        window = again(window.after(board, due[:limit], whole=len(due) <= limit, now=now))
        known = {card.identity for card in board} - {card.identity for card in window.due(board)}
        assert all(read_at[identity] > changed[int(identity)] for identity in known)
        now += timedelta(hours=1)

    board = [
        CardData(external_id=str(n + 1), identity=str(n), title="x", updated_at=at)
        for n, at in changed.items()
    ]
    assert all(
        max(changed.values()) - card.updated_at <= SETTLED for card in window.due(board) if card.updated_at
    )


@pytest.fixture
def redmine(httpserver: HTTPServer) -> RedmineServer:
    return RedmineServer(httpserver)


def read(redmine: RedmineServer, http: HttpFactory, before: Snapshot | None = None) -> Snapshot:
    redmine.asked.clear()
    return RedmineProvider(redmine.config(cursor=dict(before.cursor) if before else {}), http).fetch()


def test_a_read_takes_a_bounded_number_and_says_so(
    redmine: RedmineServer, local_http: HttpFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redmine_module, "HISTORY_LIMIT", 60)
    touched = sum(issue["updated_on"] != issue["created_on"] for issue in redmine.issues.values())

    snapshots = [read(redmine, local_http)]
    asked = [set(redmine.histories)]
    while snapshots[-1].notes:
        snapshots.append(read(redmine, local_http, snapshots[-1]))
        asked.append(set(redmine.histories))

    assert f"history of {touched - 60} issues" in snapshots[0].notes[0]
    assert all(len(part) <= 60 for part in asked)
    assert len(set().union(*asked)) == touched
    assert all(snapshot.complete for snapshot in snapshots)


def test_a_read_stops_asking_when_its_time_is_up(
    redmine: RedmineServer, local_http: HttpFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redmine_module, "HISTORY_TIME", -1.0)

    snapshot = read(redmine, local_http)

    assert len(snapshot.cards) == 199
    assert redmine.histories == []
    assert "is not read yet" in snapshot.notes[0]


def test_without_a_cursor_it_asks_for_what_changed_since_the_last_read(
    redmine: RedmineServer, local_http: HttpFactory
) -> None:
    redmine.status_set(3, 2)

    RedmineProvider(redmine.config(), local_http).fetch(since=datetime(2026, 11, 25, tzinfo=UTC))

    assert redmine.histories == [3]


def test_it_goes_without_the_history_of_an_issue_removed_meanwhile(
    redmine: RedmineServer, local_http: HttpFactory
) -> None:
    redmine.answers["/issues/5.json"] = refusal(404)

    snapshot = read(redmine, local_http)

    assert len(snapshot.cards) == 199
    assert snapshot.notes == ("The history of 1 issue was not shown.",)
