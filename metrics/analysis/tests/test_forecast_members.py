"""The three plain forecasts equal statsmodels' with the same constants, and choose these by the least error."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS
from statsmodels.tsa.holtwinters import ExponentialSmoothing, SimpleExpSmoothing

from metrics.analysis.forecast_members import (
    DAMPING,
    LEVEL_GAINS,
    TREND_GAINS,
    WARM_UP,
    Floats,
    damped_levels,
    damped_path,
    damped_steps,
    last_theory,
    line_slopes,
    members_fit,
    outcome_spread,
    smoothed_levels,
    step_spread,
    sum_theory,
)
from metrics.analysis.tests.made import noise, wandering

# Noise around a level, walks, and walks with a drift.
VALUES = 50 + np.concatenate(
    [noise(4, 48, seed=1), wandering(4, 48, seed=2), wandering(4, 48, seed=3) + 0.8 * np.arange(48)]
)


def smoothed_by_statsmodels(values: Floats, gain: float) -> tuple[Floats, Floats]:
    """Levels, and one-step errors from the second value on; the first level is the mean of four values."""
    start = values[:4].mean()
    fit = SimpleExpSmoothing(values[1:], initialization_method="known", initial_level=start).fit(
        smoothing_level=gain, optimized=False
    )
    return np.r_[start, fit.level], values[1:] - fit.fittedvalues


def damped_by_statsmodels(
    values: Floats, level_gain: float, trend_gain: float
) -> tuple[Floats, Floats, Floats]:
    """Levels, slopes, one-step errors from the second value on; the first slope is the mean of four changes."""
    slope = np.diff(values[:5]).mean()
    fit = ExponentialSmoothing(
        values[1:],
        trend="add",
        damped_trend=True,
        initialization_method="known",
        initial_level=values[0],
        initial_trend=slope,
    ).fit(smoothing_level=level_gain, smoothing_trend=trend_gain, damping_trend=DAMPING, optimized=False)
    return np.r_[values[0], fit.level], np.r_[slope, fit.trend], values[1:] - fit.fittedvalues


def test_smoothed_levels_are_those_of_the_constant_with_the_least_error() -> None:
    levels, gains = smoothed_levels(VALUES)

    for row, level, gain in zip(VALUES, levels, gains, strict=True):
        every = [smoothed_by_statsmodels(row, candidate) for candidate in LEVEL_GAINS]
        losses = [(errors[WARM_UP - 1 :] ** 2).sum() for _, errors in every]
        best = int(np.argmin(losses))
        assert gain == LEVEL_GAINS[best]
        np.testing.assert_allclose(level, every[best][0], rtol=1e-10)
    assert len(set(gains)) > 2


@pytest.mark.parametrize(("level_gain", "trend_gain"), [(0.2, 0.05), (0.6, 0.3), (0.95, 0.15)])
def test_a_damped_path_is_holts(level_gain: float, trend_gain: float) -> None:
    levels, slopes = damped_path(VALUES, level_gain, trend_gain)

    for row, level, slope in zip(VALUES, levels, slopes, strict=True):
        expected_level, expected_slope, _ = damped_by_statsmodels(row, level_gain, trend_gain)
        np.testing.assert_allclose(level, expected_level, rtol=1e-9)
        np.testing.assert_allclose(slope, expected_slope, atol=1e-8)


def test_the_damped_trend_takes_the_constants_with_the_least_error() -> None:
    levels, steps = damped_levels(VALUES)

    for row, level, step in zip(VALUES, levels, steps, strict=True):
        every = [damped_by_statsmodels(row, *gains) for gains in TREND_GAINS]
        best = int(np.argmin([(errors[WARM_UP - 1 :] ** 2).sum() for _, _, errors in every]))
        np.testing.assert_allclose(level, every[best][0], rtol=1e-9)
        np.testing.assert_allclose(step, DAMPING * every[best][1], atol=1e-8)


def test_slopes_are_those_of_the_line_through_the_values_so_far() -> None:
    slopes = line_slopes(VALUES)

    for row, found in zip(VALUES, slopes, strict=True):
        for origin in (4, 20, 47):
            line = np.column_stack([np.ones(origin + 1), np.arange(origin + 1)])
            assert found[origin] == pytest.approx(OLS(row[: origin + 1], line).fit().params[1])
    assert not slopes[:, :4].any()


def test_a_large_level_costs_no_digits_of_the_slope() -> None:
    np.testing.assert_allclose(line_slopes(VALUES + 1e9), line_slopes(VALUES), rtol=1e-5, atol=1e-6)


def test_the_forecast_is_the_mean_of_all_three() -> None:
    """Smoothing stays level, Theta adds half of the line's slope, the damped trend goes ever shorter steps."""
    ahead = members_fit(VALUES).ahead(6)[:, -1]

    levels, _ = smoothed_levels(VALUES)
    trend_levels, first_steps = damped_levels(VALUES)
    for row in range(len(VALUES)):
        for horizon in range(1, 7):
            level, half = levels[row, -1], 0.5 * line_slopes(VALUES)[row, -1]
            damped = trend_levels[row, -1] + first_steps[row, -1] * sum(DAMPING**j for j in range(horizon))
            expected = (level + (level + half * horizon) + damped) / 3
            assert ahead[row, horizon - 1] == pytest.approx(expected)


def test_the_damped_member_goes_where_statsmodels_sends_it() -> None:
    levels, first_steps = damped_levels(VALUES[8:9])
    losses = [
        (damped_by_statsmodels(VALUES[8], *gains)[2][WARM_UP - 1 :] ** 2).sum() for gains in TREND_GAINS
    ]
    level_gain, trend_gain = TREND_GAINS[int(np.argmin(losses))]

    fit = ExponentialSmoothing(
        VALUES[8, 1:],
        trend="add",
        damped_trend=True,
        initialization_method="known",
        initial_level=VALUES[8, 0],
        initial_trend=np.diff(VALUES[8, :5]).mean(),
    ).fit(smoothing_level=level_gain, smoothing_trend=trend_gain, damping_trend=DAMPING, optimized=False)

    ours = levels[0, -1] + first_steps[0, -1] * damped_steps(8)
    np.testing.assert_allclose(ours, fit.forecast(8), rtol=1e-9)


def test_what_is_said_at_an_origin_uses_nothing_after_it() -> None:
    """Apart from the constants, which the whole series chooses; here no later value changes them."""
    later = VALUES[8:].copy()
    later[:, 40:] += 0.001

    early, changed = members_fit(VALUES[8:]), members_fit(later)

    np.testing.assert_array_equal(early.gain, changed.gain)
    np.testing.assert_array_equal(early.level[:, :40], changed.level[:, :40])
    np.testing.assert_array_equal(early.slope[:, :40], changed.slope[:, :40])


def test_the_error_of_the_level_grows_with_its_gain() -> None:
    """An ARIMA(0,1,1): the forecast error h ahead is the last shock and `gain` of those before it."""
    gain = np.array([0.0, 0.5, 1.0])

    np.testing.assert_allclose(last_theory(gain, 1), 1.0)
    np.testing.assert_allclose(last_theory(gain, 5), np.sqrt(1 + 4 * gain**2))


def test_the_error_of_a_sum_counts_every_shock_as_often_as_it_is_felt() -> None:
    gain, weights = np.array([0.3]), np.array([0.0, 1.0, 1.0, 0.5])
    shocks = noise(20_000, 4, seed=1)
    errors = shocks + 0.3 * (np.cumsum(shocks, axis=1) - shocks)

    assert sum_theory(gain, weights)[0] == pytest.approx((errors @ weights).std(), rel=0.02)
    assert sum_theory(gain, np.ones(1))[0] == 1.0


def test_the_spread_blends_past_errors_with_theory_half_and_half() -> None:
    errors = np.array([[3.0, -3.0, 3.0, -3.0]])

    assert outcome_spread(errors, np.array([1.0]))[0] == pytest.approx(np.sqrt(0.5 * 9 + 0.5 * 1))


def test_a_wild_past_error_is_held_at_four_robust_deviations() -> None:
    errors = np.array([[1.0, -1.0, 1.0, -1.0, 1000.0]])

    edge = 4 / 0.6745
    expected = np.sqrt(0.5 * (4 + edge**2) / 5 + 0.5)
    assert outcome_spread(errors, np.array([1.0]))[0] == pytest.approx(expected)


def test_with_fewer_than_three_origins_only_theory_speaks() -> None:
    assert outcome_spread(np.array([[9.0, 9.0]]), np.array([1.0]))[0] == 1.0


def test_the_one_step_spread_is_that_of_the_errors_from_its_origin_on() -> None:
    members = members_fit(VALUES)
    said = members.ahead(1)[:, :-1, 0]

    spread = step_spread(VALUES, members, first=8)

    errors = (VALUES[:, 1:] - said)[:, 8:]
    low, high = np.quantile(errors, [0.02, 0.98], axis=1, keepdims=True)
    np.testing.assert_allclose(spread, np.sqrt((np.clip(errors, low, high) ** 2).mean(axis=1)))
