"""The pure rules: stages, moves, what vanished, and what changed between two editions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roadmap.boards.base import CardData, MoveData, MoveSource
from roadmap.calculations.difference import CardState, difference_of
from roadmap.calculations.flow import Step, card_stage, stage_change, stage_entered_at
from roadmap.calculations.freshness import board_freshness, team_freshness
from roadmap.calculations.moves import Known, Reading, moves_read
from roadmap.calculations.vanishing import vanishing_read
from roadmap.services.texts import text_fit, url_fit

NOW = datetime(2026, 11, 16, 6, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("column", "closed", "closed_as", "stage"),
    [
        ("in_progress", False, "released", "in_progress"),
        ("in_progress", True, "released", "released"),
        ("in_progress", True, "discarded", "discarded"),
        ("in_progress", True, "column", "in_progress"),
        ("verified", True, "released", "verified"),
        ("discarded", True, "released", "discarded"),
        ("", True, "released", "released"),
        ("", False, "released", ""),
    ],
)
def test_a_closed_card_counts_as_the_team_says(column: str, closed: bool, closed_as: str, stage: str) -> None:
    assert card_stage(column_stage=column, closed=closed, closed_as=closed_as) == stage


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("to_build", "in_progress", "advanced"),
        ("released", "to_build", "moved_back"),
        ("to_build", "discarded", "discarded"),
        ("discarded", "to_build", "moved_back"),
        ("", "to_build", "placed"),
        ("to_build", "", "unplaced"),
        ("to_build", "to_build", ""),
    ],
)
def test_a_change_of_stage_has_a_direction(before: str, after: str, change: str) -> None:
    assert stage_change(before, after) == change


def test_days_count_from_the_first_column_of_the_stage() -> None:
    stages = {1: "to_build", 2: "in_progress", 3: "in_progress"}
    steps = [Step(NOW, 2, 3), Step(NOW - 5 * DAY, 1, 2), Step(NOW - 9 * DAY, None, 1)]

    assert stage_entered_at(steps, stage="in_progress", stages=stages, column_since=NOW) == NOW - 5 * DAY
    assert stage_entered_at([], stage="in_progress", stages=stages, column_since=NOW - DAY) == NOW - DAY


def _card(column: str = "b", **values: Any) -> CardData:
    return CardData(
        external_id="1", identity="1", title="One", column_external_id=column, state_raw=column, **values
    )


def _move(source: MoveSource, at: datetime, column: str = "b") -> MoveData:
    return MoveData(card_identity="1", to_column_external_id=column, to_raw=column, at=at, source=source)


def _read(
    card: CardData, *told: MoveData, column: str | None = "a", since: datetime | None = NOW - 9 * DAY
) -> Reading:
    known = Known(column=column, column_name="A", stage_since=since, last_read_at=NOW - 7 * DAY)
    return moves_read(card=card, told=told, known=known, now=NOW, tells_moves=True)


def test_an_untold_move_lies_between_two_reads() -> None:
    reading = _read(_card())

    (move,) = reading.moves
    assert (move.source, move.not_before, move.at) == (MoveSource.OBSERVED, NOW - 7 * DAY, NOW)
    assert (move.from_column_external_id, move.to_column_external_id) == ("a", "b")
    assert reading.column_since == NOW


def test_a_reported_move_comes_before_a_derived_and_that_before_an_observed_one() -> None:
    reported, derived = _move(MoveSource.REPORTED, NOW - 2 * DAY), _move(MoveSource.DERIVED, NOW - 3 * DAY)

    assert [move.source for move in _read(_card(), reported, derived).moves] == [MoveSource.REPORTED]
    assert [move.source for move in _read(_card(), derived).moves] == [MoveSource.DERIVED]
    assert _read(_card(), derived).column_since == NOW - 3 * DAY


def test_a_stamp_without_another_column_is_no_move() -> None:
    """Some tools stamp a change of swimlane too."""
    reading = _read(_card("a"), _move(MoveSource.DERIVED, NOW - DAY, "a"))

    assert reading == Reading(moves=(), column_since=NOW - 9 * DAY)


def test_a_card_that_never_moved_has_stood_there_since_it_was_made() -> None:
    card = _card(created_at=NOW - 30 * DAY)

    told = moves_read(card=card, told=(), known=None, now=NOW, tells_moves=True)
    untold = moves_read(card=card, told=(), known=None, now=NOW, tells_moves=False)

    assert told.column_since == NOW - 30 * DAY
    assert untold.column_since == NOW


@pytest.mark.parametrize(
    ("cards", "absent", "held"), [(100, 20, False), (100, 21, True), (4, 2, False), (4, 3, True)]
)
def test_it_holds_when_more_than_a_fifth_vanish(cards: int, absent: int, held: bool) -> None:
    known: dict[str, datetime | None] = dict.fromkeys(map(str, range(cards)))
    read = set(map(str, range(absent, cards)))

    vanishing = vanishing_read(known=known, read=read, complete=True)

    assert bool(vanishing.held) == held
    assert len(vanishing.missing) == (0 if held else absent)
    assert not vanishing_read(known=known, read=read, complete=False).missing
    assert len(vanishing_read(known=known, read=read, complete=True, accept=True).missing) == absent


def test_a_second_complete_read_without_it_makes_a_card_gone() -> None:
    vanishing = vanishing_read(known={"1": NOW, "2": None, "3": None}, read={"2", "3"}, complete=True)

    assert (vanishing.gone, vanishing.missing) == (("1",), ())


@pytest.mark.parametrize("complete", [True, False])
def test_a_card_that_the_tool_reports_as_deleted_is_gone_at_once(complete: bool) -> None:
    known: dict[str, datetime | None] = dict.fromkeys(map(str, range(10)))

    vanishing = vanishing_read(
        known=known, read=set("56789"), complete=complete, deleted=["0", "1", "2", "3", "4", "9", "of old"]
    )

    assert vanishing.gone == ("0", "1", "2", "3", "4")
    assert not vanishing.missing
    assert not vanishing.held


def test_a_team_is_as_fresh_as_its_stalest_board() -> None:
    assert board_freshness(last_synced_at=NOW - 2 * DAY, cutoff=NOW, stale_hours=48) == "fresh"
    assert (
        board_freshness(last_synced_at=NOW - 2 * DAY - timedelta(seconds=1), cutoff=NOW, stale_hours=48)
        == "stale"
    )
    assert board_freshness(last_synced_at=None, cutoff=NOW, stale_hours=48) == "missing"
    assert team_freshness([]) == "missing"
    assert team_freshness(["fresh", "missing"]) == "stale"
    assert team_freshness(["missing", "missing"]) == "missing"


def _state(card: int = 1, **values: Any) -> CardState:
    plain: dict[str, Any] = {
        "key": "ONB-1", "title": "One", "team": "Onboarding", "stage": "to_build", "metric": 1, "metric_name": "First",
        "blocked": False, "weeks_unchanged": 3,
    }  # fmt: skip
    return CardState(card=card, **(plain | values))


def test_a_card_can_move_on_and_point_elsewhere_in_one_week() -> None:
    difference = difference_of([_state()], [_state(stage="released", metric=2, metric_name="Second")])

    assert [entry["to"] for entry in difference.lists["advanced"]] == ["released"]
    assert [(entry["from"], entry["to"]) for entry in difference.lists["re_pointed"]] == [("First", "Second")]
    assert difference.cards[1].weeks_unchanged == 0


def test_the_weeks_between_two_editions_count() -> None:
    difference = difference_of([_state()], [_state()], weeks=2)

    assert (difference.cards[1].change, difference.cards[1].weeks_unchanged) == ("unchanged", 5)
    assert not any(difference.lists.values())


def test_texts_of_other_programs_are_cut_and_cleaned() -> None:
    assert text_fit(" a\x00b ", 10) == "ab"
    assert text_fit("x" * 600, 500) == "x" * 500
    assert url_fit("javascript:alert(1)") == ""
    assert url_fit("https://example.org/" + "x" * 600) == ""
    assert url_fit("https://example.org/") == "https://example.org/"
