"""Two metrics on one calendar: what makes a period's value, and what stays missing."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from metrics.analysis.series import WINDOW, Aside, Points, Source, aligned, calendar_of, day_number

TODAY = date(2026, 11, 25)  # a Wednesday


def points(pairs) -> Points:
    rows = sorted(pairs)
    return Points(
        np.array([day_number(day) for day, _ in rows], dtype=np.int64), np.array([v for _, v in rows], float)
    )


def days(start: date, count: int) -> list[date]:
    return [start + timedelta(days=step) for step in range(count)]


def weekly(
    count: int = 30, *, last: date = date(2026, 11, 19), value=float, aggregation: str = "last"
) -> Source:
    """A figure on each Thursday up to `last`."""
    rows = [(last - timedelta(weeks=step), value(count - step)) for step in range(count)]
    return Source(points(rows), "weekly", aggregation)


def test_weeks_are_iso_weeks_from_monday_and_the_running_one_is_dropped():
    goal = weekly(last=date(2026, 11, 26))  # the Thursday of the week that is not over
    found = aligned(weekly(last=date(2026, 11, 26)), goal, today=TODAY)
    assert found.starts[-1] == date(2026, 11, 16)
    assert found.end == date(2026, 11, 22)
    assert found.starts[0].weekday() == 0


def test_a_week_without_a_figure_stays_missing():
    rows = [(date(2026, 11, 19) - timedelta(weeks=step), 1.0) for step in range(30) if step != 4]
    found = aligned(Source(points(rows), "weekly", "last"), weekly(), today=TODAY)
    assert np.isnan(found.x).sum() == 1
    assert np.isnan(found.x[-5])


def test_the_first_and_last_period_have_a_figure_of_both():
    found = aligned(weekly(30), weekly(10, last=date(2026, 11, 12)), today=TODAY)
    assert len(found) == 10
    assert found.starts[-1] == date(2026, 11, 9)


def test_metrics_that_never_overlap_give_no_periods():
    found = aligned(weekly(5, last=date(2025, 1, 2)), weekly(5), today=TODAY)
    assert len(found) == 0
    assert found.end is None


def test_nothing_is_read_beyond_three_years_of_weeks():
    assert len(aligned(weekly(300), weekly(300), today=TODAY)) == WINDOW["weekly"]


@pytest.mark.parametrize(
    ("aggregation", "value"), [("last", 7.0), ("sum", 28.0), ("mean", 4.0), ("min", 1.0), ("max", 7.0)]
)
def test_daily_figures_make_a_week_by_the_metrics_aggregation(aggregation, value):
    rows = [(day, float(day.weekday() + 1)) for day in days(date(2026, 8, 3), 112)]
    found = aligned(Source(points(rows), "daily", aggregation), weekly(), today=TODAY)
    assert found.x[0] == value


def test_a_ratio_is_the_quotient_of_its_sums_and_missing_where_the_denominator_is_zero():
    span = days(date(2026, 8, 3), 112)
    top = points((day, 1.0) for day in span)
    bottom = points((day, 0.0 if day < date(2026, 8, 10) else 2.0) for day in span)
    found = aligned(Source(top, "daily", "mean", bottom), weekly(), today=TODAY)
    assert found.starts[0] == date(2026, 8, 10)
    assert found.x[0] == 0.5


def test_a_summed_week_of_six_days_is_missing_where_weeks_have_seven():
    rows = [(day, 1.0) for day in days(date(2026, 7, 6), 140) if day != date(2026, 9, 16)]
    found = aligned(Source(points(rows), "daily", "sum"), weekly(), today=TODAY)
    missing = [start for start, value in zip(found.starts, found.x, strict=True) if np.isnan(value)]
    assert missing == [date(2026, 9, 14)]


def test_summed_weeks_count_as_they_are_where_figures_come_only_now_and_then():
    rows = [
        (day, 1.0)
        for place, day in enumerate(days(date(2026, 7, 6), 140))
        if place % 3 == 0 or place % 7 == 1
    ]
    found = aligned(Source(points(rows), "daily", "sum"), weekly(), today=TODAY)
    assert np.isfinite(found.x).all()


def test_a_month_with_a_day_less_is_no_month_with_a_figure_missing():
    rows = [(day, 1.0) for day in days(date(2025, 1, 1), 680)]
    monthly = Source(points((date(2025, month, 1), 1.0) for month in range(1, 13)), "monthly", "last")
    found = aligned(Source(points(rows), "daily", "sum"), monthly, today=TODAY)
    assert found.x.tolist() == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def test_summed_weeks_do_not_jump_in_months_of_five_thursdays():
    thursdays = [date(2025, 1, 2) + timedelta(weeks=step) for step in range(90)]
    source = Source(points((day, 7.0) for day in thursdays), "weekly", "sum")
    monthly = Source(points((date(2025, month, 1), 1.0) for month in range(1, 13)), "monthly", "last")
    found = aligned(source, monthly, today=TODAY)
    assert found.x.tolist() == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


@pytest.mark.parametrize(
    ("first", "second", "calendar"),
    [
        ("daily", "weekly", "weekly"),
        ("daily", "daily", "weekly"),
        ("monthly", "daily", "monthly"),
        ("weekly", "quarterly", "quarterly"),
    ],
)
def test_the_coarser_frequency_gives_the_calendar(first, second, calendar):
    assert calendar_of(first, second) == calendar_of(second, first) == calendar


def test_quarters_follow_the_fiscal_year():
    starts = [date(2023 + step // 4, 1 + 3 * (step % 4), 1).replace(day=1) for step in range(15)]
    shifted = [date(day.year, day.month + 1, 1) for day in starts]
    source = Source(points((day, 1.0) for day in shifted), "quarterly", "last")
    found = aligned(source, source, today=TODAY, start_month=2)
    assert {start.month for start in found.starts} == {2, 5, 8, 11}


def test_every_period_that_an_event_touches_is_set_aside_on_both_sides_with_the_reason():
    event = Aside(date(2026, 9, 20), date(2026, 9, 28), "Pricing change")  # a Sunday to a Monday
    found = aligned(weekly(), weekly(), today=TODAY, aside=[event])
    weeks = [date(2026, 9, 14), date(2026, 9, 21), date(2026, 9, 28)]
    assert found.aside == [(week, "Pricing change") for week in weeks]
    for side in (found.x, found.y):
        assert [start for start, v in zip(found.starts, side, strict=True) if np.isnan(v)] == weeks


def test_two_reasons_for_one_period_are_both_told_once():
    day = date(2026, 9, 23)
    aside = [Aside(day, day, "Outage"), Aside(day, day, "Holiday"), Aside(day, day, "Outage")]
    assert aligned(weekly(), weekly(), today=TODAY, aside=aside).aside == [
        (date(2026, 9, 21), "Outage, Holiday")
    ]
