"""Reading a card's context from what its tool has."""

from __future__ import annotations

import pytest

from roadmap.boards.context import CONTEXT_FIELDS, VALUE_MAX, context_read

DESCRIPTION = """We see new teams give up on day two.

Opportunity: New teams do not see a result in their first session
**Persona:** Team administrator
- Target metric: Activated-Teams
> Expected outcome: 5 points more activated teams
## Rationale: 14 of 20 interviews name it
* __Assumption__: a sample project shows the result
Experiment: fake door, two weeks
collateral : https://example.org/doc?a=b:c
Story map: https://example.org/map
"""


def test_it_reads_every_field_of_a_description() -> None:
    context = context_read([], DESCRIPTION)

    assert context == {
        "opportunity": "New teams do not see a result in their first session",
        "persona": "Team administrator",
        "metric": "activated-teams",
        "expected_outcome": "5 points more activated teams",
        "rationale": "14 of 20 interviews name it",
        "assumption": "a sample project shows the result",
        "experiment": "fake door, two weeks",
        "collateral": "https://example.org/doc?a=b:c",
        "story_map": "https://example.org/map",
    }
    assert set(context) == set(CONTEXT_FIELDS)


@pytest.mark.parametrize(
    "label",
    [
        "metric:activated-teams",
        "Metric: Activated-Teams",
        "metric::activated-teams",
        "metric/activated-teams",
    ],
)
def test_it_reads_a_metric_label(label: str) -> None:
    assert context_read(["urgent", label], "") == {"metric": "activated-teams"}


def test_it_prefers_labels_and_then_the_first_line() -> None:
    context = context_read(["metric:first", "metric:second"], "Metric: third\nPersona: one\nJob: two")

    assert context == {"metric": "first", "persona": "one"}


def test_it_reads_the_html_of_a_rich_text_editor() -> None:
    context = context_read(
        [], "<p><strong>Metric:</strong> retained-teams</p><p>Outcome: A &amp; B<br/>Persona: x</p>"
    )

    assert context == {"metric": "retained-teams", "expected_outcome": "A & B", "persona": "x"}


@pytest.mark.parametrize(
    "description",
    ["", "Metric:", "Metric:   ", "The metric: is unclear", "Metrics: a, b", "no colon here", "<<<>"],
)
def test_it_reads_nothing_where_nothing_is_said(description: str) -> None:
    assert context_read(["metric", "metricated:x", ""], description) == {}


def test_it_keeps_markup_as_text_and_cuts_what_is_too_long() -> None:
    context = context_read([], "Opportunity: a < b and =cmd\nRationale: " + "x" * 9000)

    assert context["opportunity"] == "a < b and =cmd"
    assert len(context["rationale"]) == VALUE_MAX
