"""How GitLab tells the next page, in each of its ways."""

from __future__ import annotations

from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from common.http import HttpResponse
from roadmap.boards.gitlab_calls import PER_PAGE, next_place

FULL: list[Any] = [{}] * PER_PAGE
NEXT = "<https://gitlab.example.org/api/v4/projects/5/issues?"


def place(headers: dict[str, str], page: list[Any], before: str | None = None) -> str | None:
    response = HttpResponse(status=200, headers=CaseInsensitiveDict(headers), body=b"")
    return next_place(response, page, before)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-next-page": "2"}, "page=2"),
        ({"X-Next-Page": ""}, None),
        ({"X-Next-Page": " "}, None),
        ({"Link": f'{NEXT}page=2&per_page=100>; rel="next"'}, "page=2&per_page=100"),
        ({"Link": f'{NEXT}page=1>; rel="prev", {NEXT}page=3>; rel="next"'}, "page=3"),
        ({"link": f"{NEXT}cursor=eyJpZCI6Ijk5In0%3D>; rel=next"}, "cursor=eyJpZCI6Ijk5In0%3D"),
        ({"Link": f'{NEXT}id_after=99&pagination=keyset>; rel="next"'}, "id_after=99&pagination=keyset"),
        ({"Link": f'{NEXT}page=1>; rel="first", {NEXT}page=9>; rel="last"'}, None),
        ({"Link": f'{NEXT}page=4>; rel="next"', "X-Next-Page": "4"}, "page=4"),
    ],
)
def test_it_finds_the_next_page_in_whichever_header_tells_it(
    headers: dict[str, str], expected: str | None
) -> None:
    assert place(headers, FULL) == expected


def test_it_never_takes_a_token_from_a_link() -> None:
    link = f'{NEXT}page=2&private_token=planted>; rel="next"'

    assert place({"Link": link}, FULL) == "page=2"


@pytest.mark.parametrize(
    ("before", "page", "expected"),
    [
        (None, FULL, "page=2"),
        ("page=2", FULL, "page=3"),
        ("page=2", FULL[:-1], None),
        ("page=two", FULL, None),
        (None, [], None),
    ],
)
def test_it_counts_pages_itself_where_the_headers_are_gone(
    before: str | None, page: list[Any], expected: str | None
) -> None:
    assert place({}, page, before) == expected
