"""From dated figures to the question that is asked about a quarter."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from metrics.analysis.forecast import Kind, forecast_many
from metrics.analysis.series import Points, day_number
from strategy.calculations.forecasting import Measure, Span, ask, chance_of
from strategy.calculations.verdicts import Aim

QUARTER = Span.of(date(2026, 10, 1), date(2027, 1, 1))  # from a Thursday to a Thursday


def points(pairs):
    days = [day_number(day) for day, _ in pairs]
    return Points(np.array(days, np.int64), np.array([value for _, value in pairs], float))


def daily(first, last, value=1.0):
    count = (last - first).days + 1
    return [(first + timedelta(days=n), value(n) if callable(value) else value) for n in range(count)]


def thursdays(first, last, value=1.0):
    return [(day, one) for day, one in daily(first, last, value) if day.weekday() == 3]


def test_a_daily_sum_knows_exactly_what_fell_into_the_quarter():
    figures = points(daily(date(2026, 1, 5), date(2026, 11, 17)))

    asked = ask(figures, Measure("daily", "sum"), QUARTER, date(2026, 11, 18))

    # The quarter began on a Thursday: four days of its first week, then whole weeks up to Sunday 15 November.
    assert sum(asked.question.known) == (date(2026, 11, 16) - date(2026, 10, 1)).days
    assert asked.question.known[:2] == (4.0, 7.0)


def test_what_is_left_of_a_daily_sum_ends_with_the_quarter():
    figures = points(daily(date(2026, 1, 5), date(2026, 11, 17)))

    question = ask(figures, Measure("daily", "sum"), QUARTER, date(2026, 11, 18)).question

    # From Monday 16 November: six whole weeks, and four of seven days of the week of 28 December.
    assert question.periods_left == 7
    assert question.last_share == pytest.approx(4 / 7)
    assert sum(question.known) + 7 * (6 + question.last_share) == pytest.approx(92)


def test_a_quarter_that_has_just_begun_asks_for_as_many_weeks_as_it_lasts():
    figures = points(daily(date(2026, 1, 5), date(2026, 10, 1)))

    question = ask(figures, Measure("daily", "sum"), QUARTER, date(2026, 10, 2)).question

    assert question.known == ()
    assert question.periods_left - 1 + question.last_share == pytest.approx(92 / 7)


def test_a_week_whose_last_day_has_not_come_in_yet_is_no_fall():
    figures = points(daily(date(2026, 1, 5), date(2026, 11, 14)))  # Saturday; Sunday is still missing

    asked = ask(figures, Measure("daily", "sum"), QUARTER, date(2026, 11, 18))

    assert asked.history[-1] == 7.0
    assert sum(asked.question.known) == (date(2026, 11, 9) - date(2026, 10, 1)).days


def test_a_daily_sum_that_began_in_mid_week_starts_with_the_first_whole_week():
    asked = ask(
        points(daily(date(2026, 1, 7), date(2026, 11, 17))),
        Measure("daily", "sum"),
        QUARTER,
        date(2026, 11, 18),
    )

    assert set(asked.history) == {7.0}
    assert asked.first == date(2026, 1, 12)


def test_a_week_counts_in_the_quarter_of_its_thursday():
    year = Span.of(
        date(2026, 7, 1), date(2026, 10, 1)
    )  # Wednesday to Wednesday: the last Thursday is 24 September
    figures = points(thursdays(date(2025, 7, 3), date(2026, 8, 6), lambda n: float(n)))

    question = ask(figures, Measure("weekly", "last"), year, date(2026, 8, 12)).question

    assert len(question.known) == 6  # 2 July to 6 August
    assert question.periods_left == 7  # 13 August to 24 September
    assert question.last_share == 1.0


def test_a_week_before_the_quarter_that_still_runs_is_forecast_on_the_way():
    quarter = Span.of(date(2027, 1, 1), date(2027, 4, 1))  # its first Thursday is 7 January
    figures = points(thursdays(date(2026, 1, 1), date(2026, 12, 24)))

    asked = ask(figures, Measure("weekly", "last"), quarter, date(2027, 1, 2))

    assert asked.question.known == ()
    assert asked.question.periods_left == 12  # 7 January to 25 March
    assert np.isnan(asked.history[-1])  # the week of 28 December, which is the year before's


def test_this_weeks_figure_waits_until_the_week_is_over():
    figures = points(thursdays(date(2026, 1, 1), date(2026, 11, 19)))

    assert len(ask(figures, Measure("weekly", "last"), QUARTER, date(2026, 11, 20)).question.known) == 7
    assert len(ask(figures, Measure("weekly", "last"), QUARTER, date(2026, 11, 23)).question.known) == 8


@pytest.mark.parametrize(
    ("today", "known", "left"),
    [(date(2026, 10, 31), 0, 3), (date(2026, 11, 1), 1, 2), (date(2026, 12, 31), 2, 1)],
)
def test_months_count_whole(today, known, left):
    figures = points([(date(2025 + n // 12, n % 12 + 1, 1), float(n)) for n in range(24)])

    question = ask(figures, Measure("monthly", "mean"), QUARTER, today).question

    assert (len(question.known), question.periods_left) == (known, left)


def test_quarters_follow_the_fiscal_year():
    starts = [
        date(2021 + n // 4, (1 + 3 * n) % 12 + 1, 1) for n in range(20)
    ]  # February, May, August, November
    figures = points([(day, float(n)) for n, day in enumerate(sorted(starts))])
    quarter = Span.of(date(2026, 2, 1), date(2026, 5, 1))

    asked = ask(figures, Measure("quarterly", "sum"), quarter, date(2026, 3, 1))

    assert list(asked.history) == [float(n) for n in range(20)]
    assert asked.question.kind is Kind.LAST
    assert (asked.question.known, asked.question.periods_left) == ((), 1)


def test_a_ratio_is_forecast_as_the_mean_of_quotients_from_its_quotient_to_date():
    days = thursdays(date(2026, 1, 1), date(2026, 11, 12))
    top = points([(day, 1.0 if day < date(2026, 11, 1) else 30.0) for day, _ in days])
    bottom = points([(day, 10.0 if day < date(2026, 11, 1) else 100.0) for day, _ in days])

    asked = ask(top, Measure("weekly", "sum", is_ratio=True), QUARTER, date(2026, 11, 18), bottom=bottom)

    to_date = (5 * 1.0 + 2 * 30.0) / (5 * 10.0 + 2 * 100.0)
    assert asked.question.kind is Kind.MEAN
    assert asked.question.known == pytest.approx((to_date,) * 7)
    assert list(asked.history[-3:]) == pytest.approx([0.1, 0.3, 0.3])


def test_a_ratio_without_denominator_is_missing_in_that_week():
    days = thursdays(date(2026, 1, 1), date(2026, 11, 12))
    top = points([(day, 1.0) for day, _ in days])
    bottom = points([(day, 0.0 if day == date(2026, 9, 3) else 10.0) for day, _ in days])

    asked = ask(top, Measure("weekly", "sum", is_ratio=True), QUARTER, date(2026, 11, 18), bottom=bottom)

    assert int(np.isnan(asked.history).sum()) == 1
    assert asked.points == len(days) - 1


def test_figures_of_today_and_later_change_nothing():
    past = daily(date(2025, 1, 6), date(2026, 11, 17), lambda n: 100.0 + n % 13)
    later = daily(date(2026, 11, 18), date(2027, 1, 31), lambda n: 9999.0)

    for aggregation in ("last", "sum", "mean", "min", "max"):
        measure = Measure("daily", aggregation)
        before = ask(points(past), measure, QUARTER, date(2026, 11, 18))
        after = ask(points(past + later), measure, QUARTER, date(2026, 11, 18))

        assert before.question == after.question
        assert np.array_equal(before.history, after.history)


def test_the_straight_line_of_a_daily_sum_grows_by_the_day():
    figures = points(daily(date(2026, 1, 5), date(2026, 11, 17), 2.0))

    asked = ask(figures, Measure("daily", "sum"), QUARTER, date(2026, 11, 18))

    assert asked.pace == pytest.approx(2.0 * 92)


def test_without_figures_there_is_nothing_to_ask_of():
    asked = ask(points([]), Measure("weekly", "last"), QUARTER, date(2026, 11, 18))

    assert (asked.points, asked.pace, asked.first) == (0, None, None)


def _outlook():
    rng = np.random.default_rng(3)
    values = 100 + np.cumsum(rng.normal(0, 1, 80))
    figures = points([(date(2025, 5, 1) + timedelta(weeks=n), value) for n, value in enumerate(values)])
    asked = ask(figures, Measure("weekly", "last"), QUARTER, date(2026, 11, 18))
    outlook = forecast_many([asked.history], frequency=asked.calendar, questions=[asked.question])[0]
    assert outlook is not None
    return outlook


def test_a_tolerance_makes_a_target_easier_in_its_direction():
    outlook = _outlook()
    centre = outlook.centre

    assert chance_of(outlook, Aim("increase", centre)) == pytest.approx(0.5)
    assert chance_of(outlook, Aim("decrease", centre)) == pytest.approx(0.5)
    assert chance_of(outlook, Aim("increase", centre, tolerance=2.0)) > 0.6
    assert chance_of(outlook, Aim("decrease", centre, tolerance=2.0)) > 0.6


def test_a_band_asks_for_both_edges():
    outlook = _outlook()

    assert chance_of(outlook, Aim("band", low=outlook.low, high=outlook.high)) == pytest.approx(0.8)


def test_a_target_without_a_value_has_no_chance():
    with pytest.raises(ValueError, match="no target"):
        chance_of(_outlook(), Aim("increase"))
