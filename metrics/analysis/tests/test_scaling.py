"""A series is tested in logarithms where these describe its changes better, and every series in one scale."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

from metrics.analysis.algebra import Floats
from metrics.analysis.forecast_season import logged_choose
from metrics.analysis.scaling import logarithm_fits, series_scaled
from metrics.analysis.tests.made import gapped, noise, wandering


def growths(series: int, *, seed: int) -> Floats:
    """Positive series between a plain walk and one that moves by percentages."""
    walk = wandering(series, 80, seed=seed)
    bend = np.linspace(0.05, 1.0, series)[:, None]
    power: Floats = np.maximum(1 + bend * 0.05 * (walk - walk.min(axis=1, keepdims=True)), 0.01) ** (1 / bend)
    return power


def changes_likelihood(values: Floats) -> float:
    """The log likelihood, by statsmodels, of changes that are normal around their mean."""
    changes = np.diff(values)
    return float(OLS(changes, np.ones_like(changes)).fit().llf)


def test_the_logarithm_is_taken_when_it_is_likelier_by_more_than_one_unit() -> None:
    values = growths(60, seed=1)

    fits = logarithm_fits(values)

    gains = [
        changes_likelihood(np.log(row)) - np.log(row[1:]).sum() - changes_likelihood(row) for row in values
    ]
    np.testing.assert_array_equal(fits, np.array(gains) > 1.0)
    assert 0 < fits.sum() < len(fits)


def test_the_jacobian_is_the_one_of_box_and_cox() -> None:
    """scipy's likelihood is of the values; with the spread of their changes instead it gives our choice."""
    drawn = np.exp(0.7 * noise(30, 40, seed=3)) + np.linspace(0.0, 6.0, 30)[:, None]
    fits = logarithm_fits(drawn)

    for row, chosen in zip(drawn, fits, strict=True):
        values, logs = row[1:], np.log(row[1:])
        gain = stats.boxcox_llf(0, values) - stats.boxcox_llf(1, values)
        gain += 0.5 * len(values) * np.log(logs.var() / np.diff(np.log(row)).var())
        gain -= 0.5 * len(values) * np.log(values.var() / np.diff(row).var())
        assert chosen == (gain > 1.0)
    assert 0 < fits.sum() < len(fits)


def test_percentages_are_logged_and_plain_moves_are_not() -> None:
    walk = wandering(20, 104, seed=2)

    assert logarithm_fits(np.exp(0.2 * walk)).all()
    assert not logarithm_fits(100 + walk).any()


@pytest.mark.parametrize("lowest", [0.0, -1.0])
def test_a_series_that_reaches_zero_is_never_logged(lowest: float) -> None:
    values = np.exp(0.3 * wandering(1, 104, seed=2))
    assert logarithm_fits(values).all()
    values[0, 50] = lowest

    assert not logarithm_fits(values).any()


def test_a_gap_does_not_stop_the_logarithm() -> None:
    values = np.exp(0.3 * wandering(3, 104, seed=2))

    assert logarithm_fits(gapped(values, every=6)).all()


def test_the_unit_does_not_decide() -> None:
    values = growths(60, seed=1)

    for unit in (1e-6, 1000.0):
        np.testing.assert_array_equal(logarithm_fits(unit * values), logarithm_fits(values))


def test_the_forecast_and_the_link_test_choose_alike() -> None:
    values = growths(60, seed=1)

    np.testing.assert_array_equal(logged_choose(values), logarithm_fits(values))


@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e12])
def test_scaled_series_have_mean_nought_and_deviation_one(unit: float) -> None:
    values = gapped(wandering(4, 60, seed=1), every=7) * unit

    scaled = series_scaled(values)

    seen = np.where(scaled.observed, scaled.values, np.nan)
    np.testing.assert_allclose(np.nanmean(seen, axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(np.nanstd(seen, axis=1), 1.0)
    np.testing.assert_allclose(scaled.spread, np.nanstd(values, axis=1))
    assert scaled.usable.all()


def test_the_deviation_of_a_logged_series_is_in_logarithms() -> None:
    values = 500 * np.exp(0.2 * wandering(2, 80, seed=1))

    scaled = series_scaled(values)

    assert scaled.logged.all()
    np.testing.assert_allclose(scaled.spread, np.log(values).std(axis=1))


@pytest.mark.parametrize(
    "values",
    [[5.0] * 8, [0.0] * 8, [np.nan] * 8, [np.nan] * 7 + [3.0], [0.1 + 0.2] * 4 + [0.3] * 4],
    ids=["constant", "zero", "missing", "one value", "constant but for rounding"],
)
def test_a_series_without_two_values_is_not_usable_and_comes_back_as_zeros(values: list[float]) -> None:
    scaled = series_scaled(np.array([values]))

    assert not scaled.usable[0]
    np.testing.assert_array_equal(scaled.values, np.zeros((1, 8)))
