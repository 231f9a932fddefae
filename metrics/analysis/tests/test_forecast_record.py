"""What forecasts are held against: the straight line, and the record of what came, on examples made by hand."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import numpy as np
import pytest
from scipy import stats

from metrics.analysis.forecast import (
    Bin,
    Kind,
    Question,
    brier,
    calibration_fit,
    coverage,
    pace_project,
    reliability,
    reliability_term,
)
from metrics.analysis.tests.made import noise

GAP = float("nan")
T_POINT = stats.t.isf(0.1, 5)  # half of the 80 % interval, in spreads


# --- the straight line ----------------------------------------------------------------------------


def pace(history: list[float], kind: Kind, left: int, known: int, **options: Any) -> float | None:
    """The history ends with as many known values of the quarter."""
    inside = tuple(history[len(history) - known :])
    return pace_project(history, question=Question(kind=kind, periods_left=left, known=inside, **options))


def test_a_last_value_goes_on_as_it_began() -> None:
    """From 100 by 6 in two of six periods: by 18 in all."""
    assert pace([90.0, 100.0, 103.0, 106.0], Kind.LAST, 4, 2) == pytest.approx(118.0)


def test_a_total_grows_in_proportion() -> None:
    assert pace([90.0, 10.0, 14.0], Kind.SUM, 4, 2) == pytest.approx(72.0)


def test_a_last_period_that_is_partly_outside_counts_as_its_part() -> None:
    assert pace([90.0, 10.0, 14.0], Kind.SUM, 4, 2, last_share=0.5) == pytest.approx(66.0)


@pytest.mark.parametrize(("kind", "stays"), [(Kind.MEAN, 12.0), (Kind.MIN, 10.0), (Kind.MAX, 14.0)])
def test_a_mean_least_or_greatest_value_stays(kind: Kind, stays: float) -> None:
    assert pace([90.0, 10.0, 14.0], kind, 4, 2) == pytest.approx(stays)


def test_a_quarter_that_is_over_ends_where_it_ended() -> None:
    assert pace([100.0, 103.0, 107.0], Kind.LAST, 0, 2) == pytest.approx(107.0)
    assert pace([100.0, 103.0, 107.0], Kind.SUM, 0, 2) == pytest.approx(210.0)


def test_a_late_value_leaves_the_share_of_those_that_came() -> None:
    assert pace([100.0, 103.0, GAP], Kind.LAST, 1, 2) == pytest.approx(109.0)
    assert pace([100.0, 103.0, GAP], Kind.SUM, 1, 2) == pytest.approx(309.0)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(Kind.LAST, 8.0), (Kind.SUM, 21.0), (Kind.MEAN, 7.0), (Kind.MIN, 6.0), (Kind.MAX, 8.0)],
)
def test_before_the_first_value_it_is_as_the_quarter_before(kind: Kind, expected: float) -> None:
    assert pace([1.0, 6.0, 7.0, 8.0], kind, 3, 0) == pytest.approx(expected)


def test_without_anything_to_go_by_there_is_no_line() -> None:
    assert pace([], Kind.LAST, 3, 0) is None
    assert pace([GAP, GAP], Kind.SUM, 2, 1) is None


# --- calibration ----------------------------------------------------------------------------------


def test_calibration_takes_the_size_that_four_in_five_stay_within() -> None:
    """Of nine sizes the eighth, ceil(0.8 × 10), whatever their signs and order."""
    sizes = [0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7, -2.0, 9.0]

    assert calibration_fit(sizes) == pytest.approx(2.0 / T_POINT)
    assert calibration_fit(sizes[::-1]) == calibration_fit(sizes)


def test_calibration_leaves_out_outcomes_that_were_settled_already() -> None:
    assert calibration_fit([GAP, 1.0, -1.0, GAP]) == calibration_fit([1.0, -1.0])


def test_of_very_few_the_largest_is_taken() -> None:
    assert calibration_fit([0.5, -3.0]) == pytest.approx(3.0 / T_POINT)


def test_forecasts_as_wrong_as_they_said_need_no_calibration() -> None:
    outcomes = stats.t.rvs(5, size=20_000, random_state=1)

    assert calibration_fit(outcomes) == pytest.approx(1.0, abs=0.03)
    assert calibration_fit(1.5 * outcomes) == pytest.approx(1.5, abs=0.05)


@pytest.mark.parametrize("nothing", [[], [GAP]])
def test_calibration_without_a_closed_forecast_is_refused(nothing: list[float]) -> None:
    with pytest.raises(ValueError, match="No closed forecast"):
        calibration_fit(nothing)


# --- the record -----------------------------------------------------------------------------------


def test_brier_is_the_mean_squared_distance_from_what_happened() -> None:
    assert brier([0.9, 0.2, 0.5], [1, 0, 1]) == pytest.approx((0.01 + 0.04 + 0.25) / 3)
    assert brier([1.0, 0.0], [1, 0]) == 0.0


def test_forecasts_are_grouped_by_the_chance_they_gave() -> None:
    rows = reliability([0.05, 0.10, 0.11, 0.65, 0.70, 0.61], [0, 1, 0, 1, 1, 0])

    expected = [(0.0, 0.1, 2, 0.075, 0.5), (0.1, 0.2, 1, 0.11, 0.0), (0.6, 0.7, 3, 1.96 / 3, 2 / 3)]
    np.testing.assert_allclose([astuple(row) for row in rows], expected)


def test_a_chance_of_nought_and_one_have_a_group() -> None:
    rows = reliability([0.0, 1.0], [0, 1])

    assert [(row.low, row.high) for row in rows] == [(0.0, 0.1), (0.9, 1.0)]


def test_reliability_weighs_each_groups_gap_by_its_size() -> None:
    rows = [Bin(0.0, 0.5, 3, said=0.2, happened=0.3), Bin(0.5, 1.0, 1, said=0.8, happened=0.5)]

    assert reliability_term(rows) == pytest.approx((3 * 0.01 + 1 * 0.09) / 4)


def test_brier_is_reliability_less_resolution_plus_uncertainty() -> None:
    """Murphy's partition, exact where each group gives one chance only."""
    chances = np.repeat([0.15, 0.45, 0.85], [20, 30, 50])
    hits = (np.random.default_rng(1).random(100) < chances).astype(float)
    rows = reliability(chances, hits)

    base = hits.mean()
    resolution = sum(row.n * (row.happened - base) ** 2 for row in rows) / 100
    assert brier(chances, hits) == pytest.approx(reliability_term(rows) - resolution + base * (1 - base))


def test_coverage_is_the_share_inside_ends_included() -> None:
    assert coverage([1.0, 2.0, 3.0, 4.0], [1.0, 0.0, 3.5, 0.0], [2.0, 2.0, 9.0, 3.0]) == 0.5


def test_pairs_that_do_not_match_and_empty_records_are_refused() -> None:
    with pytest.raises(ValueError, match="have to pair up"):
        brier([0.5], [1, 0])
    with pytest.raises(ValueError, match="have to pair up, at least one"):
        reliability([], [])
    with pytest.raises(ValueError, match="No outcome"):
        coverage([], [], [])


def test_a_record_of_random_forecasts_covers_what_its_quantiles_say() -> None:
    drawn = noise(1, 5000, seed=1)[0]
    reach = stats.norm.isf(0.1)

    assert coverage(drawn, np.full(5000, -reach), np.full(5000, reach)) == pytest.approx(0.8, abs=0.02)
