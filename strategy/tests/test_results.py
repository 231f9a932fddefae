"""An admin corrects a result, judges it afresh or exempts a quarter; nothing is overwritten."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from strategy.services import goal_exempt_quarter, quarter_result_correct, quarters_evaluate
from strategy.services.results import UnableToChangeResultError
from strategy.tests.factories import figures_record, goal_make

UTC = ZoneInfo("UTC")
YEAR = {"2025-Q4": 81.0, "2026-Q1": 82.0, "2026-Q2": 83.0, "2026-Q3": 84.0, "2026-Q4": 85.0, "2027-Q1": 86.0}


@pytest.fixture
def missed(product, alice, now):
    """A goal with three misses running."""
    goal = goal_make(product, alice, targets=YEAR)
    figures_record(
        goal.current.metric, {"2025-Q4": 90.0, "2026-Q1": 1.0, "2026-Q2": 1.0, "2026-Q3": 1.0}, now
    )
    quarters_evaluate(now=now)
    return goal


def test_a_correction_is_a_new_revision_and_the_streak_follows(missed, dana, now, heard):
    first = missed.results.get(quarter_start=date(2026, 1, 1))

    fixed = quarter_result_correct(
        result=first, actor=dana, reason="The export was wrong.", now=now, actual=82.0
    )

    assert (fixed.verdict, fixed.revision, fixed.streak, fixed.evaluated_by) == ("met", 2, 0, dana)
    first.refresh_from_db()
    assert (first.verdict, first.actual) == ("missed", 1.0)
    assert first.superseded_at == now
    assert [row.streak for row in missed.results.current().order_by("quarter_start")] == [0, 0, 1, 2, 2]
    assert missed.results.get(quarter_start=date(2026, 7, 1), revision=1).streak == 3
    assert [(row[1], row[3]) for row in heard] == [
        (date(2026, 1, 1), 0),
        (date(2026, 4, 1), 1),
        (date(2026, 7, 1), 2),
    ]


def test_a_result_can_be_judged_afresh_from_restated_figures(missed, dana, now):
    figures_record(missed.current.metric, {"2026-Q3": 90.0}, now)
    quarters_evaluate(now=now)
    flagged = missed.results.get(quarter_start=date(2026, 7, 1))

    fixed = quarter_result_correct(result=flagged, actor=dana, reason="Restated.", now=now)

    assert flagged.late_data
    assert (fixed.verdict, fixed.actual, fixed.streak, fixed.late_data) == ("met", 90.0, 0, False)
    assert not quarters_evaluate(now=now).changed


def test_a_value_given_by_hand_is_not_taken_for_late_data(missed, dana, now):
    result = missed.results.get(quarter_start=date(2026, 7, 1))

    quarter_result_correct(result=result, actor=dana, reason="Typing error.", now=now, actual=84.0)

    assert quarters_evaluate(now=now).flagged == 0


def test_open_and_superseded_results_are_not_corrected(missed, dana, now):
    open_result = missed.results.get(quarter_start=date(2026, 10, 1))
    closed = missed.results.get(quarter_start=date(2026, 7, 1))
    quarter_result_correct(result=closed, actor=dana, reason="So.", now=now, actual=84.0)

    with pytest.raises(UnableToChangeResultError, match="still open"):
        quarter_result_correct(result=open_result, actor=dana, reason="So.", now=now, actual=84.0)
    with pytest.raises(UnableToChangeResultError, match="corrected already"):
        quarter_result_correct(result=closed, actor=dana, reason="So.", now=now, actual=85.0)
    with pytest.raises(UnableToChangeResultError) as caught:
        quarter_result_correct(result=closed, actor=dana, reason=" ", now=now, actual=85.0)
    assert caught.value.field == "reason"


def test_an_exempt_quarter_is_passed_over_by_the_streak(missed, dana, now, organisation):
    calendar = organisation.calendar

    goal_exempt_quarter(goal=missed, quarter=calendar.parse("2026-Q2"), actor=dana, reason="Outage.", now=now)

    rows = missed.results.current().order_by("quarter_start")
    assert [row.verdict for row in rows] == ["met", "missed", "exempt", "missed", "no_data"]
    assert [row.streak for row in rows] == [0, 1, 1, 2, 2]


def test_an_open_quarter_stays_exempt_through_its_close(missed, dana, now, organisation):
    goal_exempt_quarter(
        goal=missed, quarter=organisation.calendar.parse("2026-Q4"), actor=dana, reason="Outage.", now=now
    )

    quarters_evaluate(now=datetime(2027, 1, 12, tzinfo=UTC))

    result = missed.results.current().get(quarter_start=date(2026, 10, 1))
    assert (result.verdict, result.provisional, result.streak, result.reason) == (
        "exempt",
        False,
        3,
        "Outage.",
    )


def test_a_quarter_to_come_cannot_be_exempt(missed, dana, now, organisation):
    with pytest.raises(UnableToChangeResultError, match="not begun"):
        goal_exempt_quarter(
            goal=missed, quarter=organisation.calendar.parse("2027-Q1"), actor=dana, reason="Wish.", now=now
        )
