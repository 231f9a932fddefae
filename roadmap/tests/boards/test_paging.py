"""Reading page by page comes to an end."""

from __future__ import annotations

import pytest

from common.errors import PermanentError, TransientError
from roadmap.boards.paging import pages


def test_it_reads_until_no_next_place_is_told() -> None:
    told = {None: ([1, 2], "b"), "b": ([], "c"), "c": ([3], None)}

    assert list(pages(lambda cursor: told[cursor], host="board.example")) == [[1, 2], [], [3]]


def test_it_stops_when_a_place_comes_twice() -> None:
    told = {None: ([1], "b"), "b": ([2], "c"), "c": ([3], "b")}

    with pytest.raises(TransientError, match=r"board\.example sends the same page"):
        list(pages(lambda cursor: told[cursor], host="board.example"))


def test_it_stops_at_an_endless_list() -> None:
    read: list[int] = []

    def endless(cursor: int | None) -> tuple[list[int], int]:
        read.append(cursor or 0)
        return [], len(read)

    with pytest.raises(PermanentError, match="more than 5 pages"):
        list(pages(endless, host="board.example", limit=5))
    assert len(read) == 5
