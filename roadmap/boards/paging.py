"""Reading a list page by page, with an end to it whatever the tool answers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

from common.errors import PermanentError, TransientError

Cursor = TypeVar("Cursor", bound=Hashable)
Page = TypeVar("Page")
MAX_PAGES = 1_000


def pages(
    read: Callable[[Cursor | None], tuple[Page, Cursor | None]], *, host: str, limit: int = MAX_PAGES
) -> Iterator[Page]:
    """The pages that `read` gives: it gets the place to go on from (None for the first) and tells the next place.

    A short or empty page is not the last one, a missing next place is. Raises TransientError when a place comes twice,
    which would read for ever, and PermanentError beyond `limit` pages.
    """
    cursor: Cursor | None = None
    seen: set[Cursor] = set()
    for _ in range(limit):
        page, cursor = read(cursor)
        yield page
        if cursor is None:
            return
        if cursor in seen:
            raise TransientError(f"{host} sends the same page again and again. Try again later.")
        seen.add(cursor)
    raise PermanentError(
        f"{host} has more than {limit:,} pages for this board. Choose a smaller board, or narrow what it shows."
    )
