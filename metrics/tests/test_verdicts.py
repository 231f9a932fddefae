"""Whether a value meets, keeps pace, or is too old."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from metrics.calculations.verdicts import (
    Standing,
    freshness_limits,
    is_stale,
    pace_expected,
    pace_standing,
    quarter_fraction,
    target_standing,
    value_meets,
)


@pytest.mark.parametrize(
    ("value", "target", "direction", "tolerance", "met"),
    [
        (10, 10, "increase", 0, True),
        (9.9, 10, "increase", 0, False),
        (9.9, 10, "increase", 0.1, True),
        (-5, -6, "increase", 0, True),  # a negative target
        (0, 0, "decrease", 0, True),
        (0.1, 0, "decrease", 0, False),
        (-1, 0, "decrease", 0, True),
    ],
)
def test_a_target_is_met(value: float, target: float, direction: str, tolerance: float, met: bool) -> None:
    assert value_meets(value, target, direction, tolerance) is met


def test_a_band_is_no_direction_of_a_metric() -> None:
    with pytest.raises(ValueError, match="direction"):
        value_meets(1, 2, "band")


@pytest.mark.parametrize(
    ("value", "standing"),
    [(5.0, Standing.REACHED), (4.0, Standing.SHORT), (3.0, Standing.SHORT), (2.9, Standing.FAR)],
)
def test_pace_is_linear_and_a_fifth_of_the_step_is_near(value: float, standing: Standing) -> None:
    assert pace_standing(value=value, baseline=0, target=10, direction="increase", fraction=0.5) is standing


def test_a_sum_grows_from_nothing_each_quarter() -> None:
    assert pace_expected(baseline=90, target=100, fraction=0.25, aggregation="sum") == 25


def test_a_sum_that_should_stay_low_is_not_reached_before_the_end() -> None:
    common: dict[str, Any] = {
        "baseline": 100,
        "commit": 80,
        "direction": "decrease",
        "aggregation": "sum",
        "stale": False,
    }

    assert target_standing(value=10, fraction=0.5, **common) == "on_pace"
    assert target_standing(value=60, fraction=0.5, **common) == "behind_pace"
    assert target_standing(value=60, fraction=1.0, **common) == "target_reached"


@pytest.mark.parametrize(
    ("last", "frequency", "stale"),
    [
        (date(2026, 11, 4), "daily", False),
        (date(2026, 11, 3), "daily", True),
        (date(2026, 11, 4), "weekly", False),
        (date(2026, 11, 3), "weekly", True),
        (date(2026, 9, 1), "monthly", False),
        (date(2026, 8, 1), "monthly", True),
        (date(2026, 4, 1), "quarterly", False),
        (date(2026, 1, 1), "quarterly", True),
        (None, "weekly", True),
    ],
)
def test_figures_are_stale_after_two_periods(last: date | None, frequency: str, stale: bool) -> None:
    assert is_stale(last, frequency, date(2026, 11, 18)) is stale


@pytest.mark.parametrize("frequency", ["daily", "weekly", "monthly", "quarterly"])
def test_late_comes_before_stale(frequency: str) -> None:
    late, stale = freshness_limits(frequency)
    assert 0 < late <= stale


def test_the_fraction_of_a_quarter_stays_within_it() -> None:
    start, end = date(2026, 10, 1), date(2027, 1, 1)

    assert quarter_fraction(start, end, date(2026, 9, 1)) == 0
    assert quarter_fraction(start, end, date(2026, 12, 31)) == 1
    assert quarter_fraction(start, end, date(2027, 3, 1)) == 1
