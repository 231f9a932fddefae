"""Fiscal quarters tile the calendar, whatever month the year starts in."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.quarters import FiscalCalendar, week_parse, week_slug

DAYS = st.dates(min_value=date(1999, 1, 1), max_value=date(2100, 12, 31))
MONTHS = st.integers(min_value=1, max_value=12)


@given(day=DAYS, start_month=MONTHS)
def test_every_day_lies_in_exactly_its_quarter(day: date, start_month: int) -> None:
    quarter = FiscalCalendar(start_month).quarter_of(day)

    assert quarter.start <= day < quarter.end
    assert day in quarter
    assert quarter.end not in quarter


@given(day=DAYS, start_month=MONTHS)
def test_quarters_touch_without_gap_or_overlap(day: date, start_month: int) -> None:
    calendar = FiscalCalendar(start_month)
    quarter = calendar.quarter_of(day)

    assert calendar.quarter_of(quarter.end).start == quarter.end
    assert quarter.next.previous == quarter
    assert calendar.quarter_of(quarter.start - timedelta(days=1)) == quarter.previous


@given(day=DAYS, start_month=MONTHS)
def test_a_slug_names_its_quarter_again(day: date, start_month: int) -> None:
    calendar = FiscalCalendar(start_month)
    quarter = calendar.quarter_of(day)

    assert calendar.parse(quarter.slug) == quarter


@given(day=DAYS, start_month=MONTHS)
def test_four_quarters_make_a_fiscal_year_named_by_the_year_in_which_it_ends(
    day: date, start_month: int
) -> None:
    quarter = FiscalCalendar(start_month).quarter_of(day)
    first = quarter.shift(1 - quarter.number)
    last = first.shift(3)

    assert [q.number for q in first.until(last)] == [1, 2, 3, 4]
    assert {q.year for q in first.until(last)} == {last.last_day.year}


@pytest.mark.parametrize(
    ("start_month", "day", "label"),
    [
        (1, date(2026, 11, 18), "Q4 2026"),
        (4, date(2026, 11, 18), "Q3 FY27"),
        (4, date(2026, 3, 31), "Q4 FY26"),
        (2, date(2026, 1, 31), "Q4 FY26"),
        (2, date(2026, 2, 1), "Q1 FY27"),
    ],
)
def test_a_quarter_reads_as_people_say_it(start_month: int, day: date, label: str) -> None:
    assert FiscalCalendar(start_month).quarter_of(day).label == label


@pytest.mark.parametrize("text", ["2026-Q5", "2026Q4", "Q4 2026", "26-Q4", ""])
def test_it_refuses_what_is_no_quarter(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quarter"):
        FiscalCalendar().parse(text)


@given(day=DAYS)
def test_a_week_is_named_by_its_monday(day: date) -> None:
    monday = week_parse(week_slug(day))

    assert monday.weekday() == 0
    assert monday <= day < monday + timedelta(days=7)
