"""Which cards are asked about one by one, and how the next read goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadmap.boards.base import CardData
from roadmap.boards.windows import QUIET, SETTLED, Window

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


def again(window: Window) -> Window:
    """What a later read finds in its cursor."""
    return Window.of(dict(window.cursor()), before=None)


def test_it_asks_for_the_latest_changed_first() -> None:
    assert ids(Window().due(cards(5, 30, 10))) == [2, 3, 1]


def test_it_asks_only_for_what_changed_since() -> None:
    before = cards(5, 30, 10)
    window = again(Window().after(before, before, whole=True, now=LATER))

    assert ids(window.due(cards(5, 30, 45, 40))) == [3, 4]


def test_it_asks_again_for_what_changed_in_the_last_moments_before_a_read() -> None:
    board = cards(5, 30)
    now = DAY + timedelta(minutes=30, seconds=2)
    window = again(Window().after(board, board, whole=True, now=now))

    assert ids(window.due(board)) == [2]


def test_it_goes_on_with_older_ones_where_a_read_had_too_many() -> None:
    board = cards(1, 2, 3, 4, 5)
    window = Window()
    asked = []
    for _ in range(4):
        due = window.due(board)
        asked.append(ids(due[:2]))
        window = again(window.after(board, due[:2], whole=len(due) <= 2, now=LATER))

    assert asked == [[5, 4], [3, 2], [1], []]


def test_it_comes_to_an_end_where_all_issues_changed_in_one_second() -> None:
    board = cards(7, 7, 7, 7, 7)
    window = Window()
    asked = []
    for _ in range(4):
        due = window.due(board)
        asked += ids(due[:2])
        window = again(
            window.after(board, due[:2], whole=len(due) <= 2, now=DAY + QUIET + timedelta(hours=1))
        )

    assert asked == [5, 4, 3, 2, 1]


def test_it_takes_new_changes_before_the_older_rest() -> None:
    window = Window()
    due = window.due(cards(1, 2, 3))
    window = again(window.after(cards(1, 2, 3), due[:1], whole=False, now=LATER))

    assert ids(window.due(cards(1, 2, 3, 90))) == [4, 2, 1]


@pytest.mark.parametrize(
    "cursor",
    [None, {}, "text", {"known_from": 3}, {"known_from": "x", "known_from_id": 1, "known_until": "y"}],
)
def test_it_takes_an_odd_cursor_for_none(cursor: Any) -> None:
    assert Window.of(cursor, before=None) == Window()
    assert Window.of(cursor, before=DAY) == Window(until=DAY)


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
def test_it_asks_about_every_card_in_the_end_and_about_none_too_early(
    weeks: list[tuple[list[tuple[int, int]], int]],
) -> None:
    """Whatever changes when, and however few a read takes: what counts as known was read after its last change."""
    changed = dict.fromkeys(range(9), DAY)
    read_at: dict[str, datetime] = {}
    window, now = Window(), DAY
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
