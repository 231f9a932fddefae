"""Which stage a column's name proposes."""

from __future__ import annotations

import pytest

from roadmap.boards.stages import DISCARDED, ROADMAP_COLUMNS, STAGES, roadmap_column_of, stage_propose
from roadmap.models import Stage


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("Prioritised Opportunities", "prioritised_opportunities"),
        ("Prioritized opportunities", "prioritised_opportunities"),
        ("Backlog", "prioritised_opportunities"),
        ("To Evaluate", "to_evaluate"),
        ("In validation", "in_validation"),
        ("To Design", "to_design"),
        ("3. To build", "to_build"),
        ("READY", "to_build"),
        ("🚧 In-Progress", "in_progress"),
        ("Work in progress", "in_progress"),
        ("in_review", "in_progress"),
        ("Released", "released"),
        ("Done ✅", "released"),
        ("Verified", "verified"),
        ("Discarded", "discarded"),
        ("Won't do", "discarded"),
        ("Canceled", "discarded"),
    ],
)
def test_it_knows_well_known_names(name: str, stage: str) -> None:
    assert stage_propose(name) == stage


@pytest.mark.parametrize(
    "name", ["", "Blocked", "Stuff", "Sprint 12", "Done or not", "🚧", "12", "Fred's column"]
)
def test_it_does_not_guess(name: str) -> None:
    assert stage_propose(name) is None


def test_it_asks_the_tools_category_only_when_the_name_says_nothing() -> None:
    assert stage_propose("Fred's column", "completed") == "released"
    assert stage_propose("To design", "completed") == "to_design"
    assert stage_propose("Fred's column", "unheard of") is None


def test_it_spreads_the_stages_over_five_columns() -> None:
    gathered = [stage for column in ROADMAP_COLUMNS for stage in column.stages]

    assert len(ROADMAP_COLUMNS) == 5
    assert gathered == list(STAGES)
    assert roadmap_column_of(DISCARDED) is None
    assert roadmap_column_of("") is None
    assert roadmap_column_of("to_design") is ROADMAP_COLUMNS[2]


def test_it_uses_the_words_of_the_model() -> None:
    assert [*STAGES, DISCARDED] == Stage.values
