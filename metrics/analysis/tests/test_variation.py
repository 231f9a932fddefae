"""The XmR chart and its rules, by hand and against simulated chance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metrics.analysis.variation import Limits, Rule, limits, read_last, signals

SIGMA_ONE = Limits(centre=0.0, lower=-3.0, upper=3.0, mean_range=1.128, range_upper=3.686)


def found(values):
    return [(signal.index, signal.rule) for signal in signals(values, SIGMA_ONE)]


def test_the_limits_are_the_mean_and_266_times_the_mean_move():
    usual = limits([10.0, 12.0, 11.0, 13.0, 12.0, 14.0])

    moves = [2, 1, 2, 1, 2]
    assert usual is not None
    assert usual.centre == pytest.approx(12.0)
    assert usual.upper - usual.centre == pytest.approx(2.66 * np.mean(moves))
    assert usual.range_upper == pytest.approx(3.268 * np.mean(moves))


def test_the_implied_deviation_is_that_of_the_values_when_they_do_not_follow_each_other():
    values = np.random.default_rng(5).normal(50, 4, 20_000)

    usual = limits(values)

    assert usual is not None
    assert usual.sigma == pytest.approx(4.0, rel=0.02)


def test_a_move_across_a_gap_is_no_move():
    with_gap = [10.0, 12.0, math.nan, 40.0, 42.0, 40.0, 42.0]

    usual = limits(with_gap)

    assert usual is not None
    assert usual.mean_range == pytest.approx(2.0)


def test_fewer_than_six_values_have_no_limits():
    assert limits([1.0, 2.0, 1.0, 2.0, 1.0]) is None
    assert not read_last([1.0, 2.0, 1.0, 2.0, 1.0, 9.0]).enough


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ([0.1, -0.1, 3.2], Rule.OUTSIDE),
        ([2.2, 0.1, 2.2], Rule.TWO_OF_THREE),
        ([1.2, 1.2, -0.1, 1.2, 1.2], Rule.FOUR_OF_FIVE),
        ([0.2, 0.1, 0.3, 0.2, 0.1, 0.2, 0.3, 0.1], Rule.EIGHT_ON_ONE_SIDE),
        ([-0.5, -0.3, -0.1, 0.1, 0.3, 0.5], Rule.SIX_IN_A_ROW),
    ],
)
@pytest.mark.parametrize("side", [1, -1])
def test_each_pattern_is_found_on_either_side_where_it_is_complete(values, rule, side):
    assert found([side * value for value in values]) == [(len(values) - 1, rule)]


def test_one_value_short_of_a_pattern_is_none():
    assert found([0.2, 0.1, 0.3, 0.2, 0.1, 0.2, 0.3]) == []
    assert found([2.2, 0.1, 0.1, 2.2]) == []


def test_the_last_value_is_judged_by_those_before_it():
    reading = read_last([10.0, 12.0, 11.0, 13.0, 12.0, 14.0, 11.0, 60.0])

    assert reading.is_signal
    assert reading.rules == (Rule.OUTSIDE,)
    assert reading.limits == limits([10.0, 12.0, 11.0, 13.0, 12.0, 14.0, 11.0])


def test_chance_alone_is_rarely_called_outside():
    """Three sigma each side: 27 of 10,000 where the range is known, a little more where it is estimated."""
    random = np.random.default_rng(11)
    calls = [Rule.OUTSIDE in read_last(random.normal(0, 1, 52)).rules for _ in range(4000)]

    assert 0.001 < np.mean(calls) < 0.012


def test_an_infinite_value_is_refused():
    with pytest.raises(ValueError, match="infinite"):
        limits([1.0, math.inf, 2.0, 1.0, 2.0, 1.0, 2.0])
