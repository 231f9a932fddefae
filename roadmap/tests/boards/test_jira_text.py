"""Jira's ways of writing: times, searches, rich text, and the names of a site's fields."""

from __future__ import annotations

from typing import Any

import pytest

from roadmap.boards.jira_answers import SiteFields, moment
from roadmap.boards.jira_text import DEPTH_MAX, EVERYTHING, jql_steady, text_plain
from roadmap.tests.jira_server import recorded

ISSUE = recorded("issue_cloud")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2021-10-05T17:35:41.985-0700", "2021-10-06T00:35:41.985000+00:00"),
        (1492070429, "2017-04-13T08:00:29+00:00"),
        (1492070429000, "2017-04-13T08:00:29+00:00"),
        ("soon", None), (True, None), (0, None), (float("nan"), None), (float("inf"), None), (1e300, None), (None, None),
    ],
)  # fmt: skip
def test_it_reads_times_in_each_way_of_writing(value: Any, expected: str | None) -> None:
    read = moment(value)

    assert (read.isoformat() if read else None) == expected


@pytest.mark.parametrize(
    ("jql", "restriction"),
    [
        ("project = A", "project = A"),
        ("project = A ORDER BY Rank ASC", "project = A"),
        ('summary ~ "order by me" order  by rank', 'summary ~ "order by me"'),
        (r'summary ~ "a \" ORDER BY b" AND x = 1', r'summary ~ "a \" ORDER BY b" AND x = 1'),
        ("summary ~ 'order by' OR a = b\nORDER\nBY c", "summary ~ 'order by' OR a = b"),
        ("reorder by_x = 1", "reorder by_x = 1"),
        (" ORDER BY Rank", EVERYTHING),
        ("", EVERYTHING),
    ],
)
def test_it_takes_the_order_off_a_filter(jql: str, restriction: str) -> None:
    assert jql_steady(jql) == f"({restriction}) ORDER BY created ASC, key ASC"


def test_it_reads_rich_text_as_lines() -> None:
    assert text_plain(ISSUE["fields"]["description"]).splitlines() == [
        "People stop at the payment page.",
        "Metric: activation-rate",
        "Persona: small teams",
        "Assumption: the card",
        "Outcome: more sign-ups",
        "https://example.org/brief :dart:",
    ]


def test_it_cuts_rich_text_that_is_nested_without_end() -> None:
    document: Any = {"type": "text", "text": "deep"}
    for _ in range(DEPTH_MAX * 20):
        document = {"type": "doc", "content": [document]}

    assert text_plain(document) == ""


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        (recorded("fields"), "customfield_10021"),
        # Shown in the reader's language; the name for searches stays.
        ([{"id": "customfield_7", "name": "Markiert", "custom": True, "clauseNames": ["cf[7]", "Flagged"]}], "customfield_7"),
        ([{"id": "flagged", "name": "Flagged", "custom": False}], ""),
        ([None, 7, {"id": 3, "name": "Flagged", "custom": True}], ""),
        (None, ""), ({}, ""),
    ],
)  # fmt: skip
def test_it_finds_the_field_of_the_flag(fields: Any, found: str) -> None:
    assert SiteFields.of(fields).flagged == found
