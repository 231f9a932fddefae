"""Signal or the usual ups and downs: natural limits, the patterns that break them, and the words for it."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.analysis.variation import Limits, Rule, limits, read_last, signals

# Moves of 2, 1, 2, 1 and 2, so 1.6 on average; the values have mean 12.
STEADY = [10.0, 12.0, 11.0, 13.0, 12.0, 14.0]
# A middle of 10 and a sigma of 1: limits at 7 and 13.
USUAL = Limits(centre=10.0, lower=7.0, upper=13.0, mean_range=1.128, range_upper=3.686)
GAP = float("nan")


def rules(values: list[float]) -> dict[int, list[Rule]]:
    """The rules met, by the place of the value that completes them."""
    found: dict[int, list[Rule]] = {}
    for signal in signals(values, USUAL):
        found.setdefault(signal.index, []).append(signal.rule)
    return found


def mirrored(values: list[float]) -> list[float]:
    return [20.0 - value for value in values]


# --- limits ---------------------------------------------------------------------------------------


def test_limits_stand_2_66_mean_moves_from_the_mean() -> None:
    found = limits(STEADY)

    assert found is not None
    assert found.centre == pytest.approx(12.0)
    assert found.mean_range == pytest.approx(1.6)
    assert [found.lower, found.upper] == pytest.approx([7.744, 16.256])
    assert found.range_upper == pytest.approx(5.2288)
    assert found.sigma == pytest.approx(4.256 / 3)


def test_by_median_they_stand_3_145_median_moves_from_it() -> None:
    found = limits(STEADY, by_median=True)

    assert found is not None
    assert found.mean_range == pytest.approx(2.0)
    assert [found.lower, found.upper] == pytest.approx([5.71, 18.29])
    assert found.range_upper == pytest.approx(7.73)


def test_the_factors_are_those_of_normal_noise() -> None:
    """The mean move of normal values is 2 / sqrt(pi) = 1.128 deviations, so the limits are three deviations away."""
    found = limits(np.random.default_rng(1).standard_normal(50_000))
    median = limits(np.random.default_rng(1).standard_normal(50_000), by_median=True)

    assert found is not None
    assert median is not None
    assert found.sigma == pytest.approx(1.0, abs=0.02)
    assert median.sigma == pytest.approx(1.0, abs=0.02)


def test_one_wild_move_widens_the_mean_but_not_the_median() -> None:
    wild = [*STEADY, 60.0, 12.0, 11.0, 13.0]
    tame = [*STEADY, 13.0, 12.0, 11.0, 13.0]

    by_mean = [found.upper - found.centre for found in (limits(wild), limits(tame)) if found]
    by_median = [
        found.upper - found.centre
        for found in (limits(wild, by_median=True), limits(tame, by_median=True))
        if found
    ]

    assert by_mean[0] > 5 * by_mean[1]
    assert by_median[0] <= 2 * by_median[1]


def test_a_drift_does_not_widen_the_limits_it_should_be_seen_against() -> None:
    ramp = [float(value) for value in range(30)]

    found = limits(ramp)

    assert found is not None
    assert found.upper - found.centre == pytest.approx(2.66)
    assert signals(ramp, found)


def test_a_baseline_sets_the_limits_alone() -> None:
    assert limits([*STEADY, 99.0, 98.0], baseline=slice(0, 6)) == limits(STEADY)


def test_a_move_across_a_gap_is_no_move() -> None:
    found = limits([10.0, 12.0, 11.0, GAP, 13.0, 12.0, 14.0])

    assert found is not None
    assert found.centre == pytest.approx(12.0)
    assert found.mean_range == pytest.approx((2 + 1 + 1 + 2) / 4)


@pytest.mark.parametrize("values", [[], [1.0] * 5, [GAP] * 20, [1.0, 2.0, 1.0, 2.0, 1.0, GAP, GAP]])
def test_below_six_values_there_are_no_limits(values: list[float]) -> None:
    assert limits(values) is None


def test_six_values_without_a_single_neighbour_have_no_limits() -> None:
    assert limits([1.0, GAP] * 6) is None


@pytest.mark.parametrize("values", [[1.0, float("inf")] * 4, [[1.0, 2.0]] * 4])
def test_an_infinite_value_or_a_table_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"infinite|one series"):
        limits(values)


# --- rules ----------------------------------------------------------------------------------------

PATTERNS = {
    Rule.OUTSIDE: ([10.0, 13.01], [10.0, 12.99]),
    Rule.TWO_OF_THREE: ([12.1, 9.0, 12.1], [12.1, 9.0, 9.5, 12.1]),
    Rule.FOUR_OF_FIVE: ([11.1, 11.2, 9.0, 11.1, 11.1], [11.1, 11.2, 9.0, 9.5, 11.1, 11.1]),
    Rule.EIGHT_ON_ONE_SIDE: ([10.2, 10.1] * 4, [10.2, 10.1] * 3 + [10.2, 10.0]),
    Rule.SIX_IN_A_ROW: ([9.0, 9.3, 9.6, 9.9, 10.2, 10.5], [9.0, 9.3, 9.6, 9.9, 10.2, 10.2, 10.5]),
}


@pytest.mark.parametrize(("rule", "series"), PATTERNS.items())
def test_each_rule_fires_on_its_pattern_and_not_on_the_one_beside_it(
    rule: Rule, series: tuple[list[float], list[float]]
) -> None:
    pattern, beside = series

    assert rules(pattern) == {len(pattern) - 1: [rule]}
    assert rules(beside) == {}


@pytest.mark.parametrize(("rule", "series"), PATTERNS.items())
def test_each_rule_fires_below_the_middle_as_well(
    rule: Rule, series: tuple[list[float], list[float]]
) -> None:
    pattern, beside = series

    assert rules(mirrored(pattern)) == {len(pattern) - 1: [rule]}
    assert rules(mirrored(beside)) == {}


def test_values_on_both_sides_make_no_pattern_of_one() -> None:
    assert rules([12.1, 7.9]) == {}
    assert rules([11.1, 11.2, 8.9, 8.8, 11.1]) == {}


def test_the_last_value_of_a_pattern_has_to_lie_in_it() -> None:
    """Two of three far above, but the third is back in the middle: no signal of that value."""
    assert rules([12.1, 12.2, 10.0]) == {1: [Rule.TWO_OF_THREE]}


def test_a_value_on_a_limit_or_on_the_middle_is_no_deviation() -> None:
    assert rules([13.0]) == {}
    assert rules([10.0] * 12) == {}


def test_a_constant_series_is_no_signal_though_its_sums_round() -> None:
    values = [0.1 + 0.2, 0.3] * 8
    found = limits(values)

    assert found is not None
    assert signals(values, found) == []


def test_a_pattern_runs_across_a_gap() -> None:
    assert rules([12.1, GAP, 12.2]) == {2: [Rule.TWO_OF_THREE]}


def test_a_gap_is_counted_in_the_place_of_a_signal() -> None:
    assert rules([GAP, 10.0, GAP, 14.0]) == {3: [Rule.OUTSIDE]}


def test_signals_come_in_the_order_of_time_and_say_their_side() -> None:
    found = signals([14.0, 10.0, 5.0], USUAL)

    assert [(signal.index, signal.words) for signal in found] == [
        (0, "above the usual range"),
        (2, "below the usual range"),
    ]


# --- the last value -------------------------------------------------------------------------------


def test_a_value_within_the_usual_range_is_said_to_be() -> None:
    reading = read_last([*STEADY, 13.0])

    assert reading.enough
    assert not reading.is_signal
    assert reading.words == "Within the usual range."


def test_a_value_beyond_it_is_a_signal() -> None:
    reading = read_last([*STEADY, 17.0])

    assert reading.is_signal
    assert reading.rules == (Rule.OUTSIDE,)
    assert reading.words == "A signal: above the usual range."


def test_a_value_is_judged_by_the_ones_before_it_only() -> None:
    """With its own move among them the limits would be 3.08 to 22.93, and 17 inside."""
    assert read_last([*STEADY, 17.0]).limits == limits(STEADY)
    assert read_last([*STEADY, 500.0]).limits == limits(STEADY)


def test_a_missing_last_value_leaves_the_one_before_to_be_read() -> None:
    reading = read_last([*STEADY, 17.0, GAP, GAP])

    assert reading.is_signal
    assert reading.limits == limits(STEADY)


def test_an_earlier_signal_is_not_the_last_values() -> None:
    values = [*STEADY, 10.0, 12.0, 11.0, 13.0, 12.0]
    values[3] = 20.0

    assert not read_last(values).is_signal


@pytest.mark.parametrize("values", [[], [GAP] * 9, STEADY, [GAP, *STEADY]])
def test_below_seven_values_nothing_is_claimed(values: list[float]) -> None:
    reading = read_last(values)

    assert (reading.enough, reading.is_signal, reading.rules, reading.limits) == (False, False, (), None)
    assert "7 needed" in reading.words


def test_after_values_that_were_all_alike_any_move_is_a_signal() -> None:
    assert read_last([5.0] * 8 + [5.1]).is_signal
    assert not read_last([5.0] * 9).is_signal
