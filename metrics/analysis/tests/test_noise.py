"""A series' noise filter is the autoregression that ordinary least squares give, corrected where its root is biased."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.diagnostic import acorr_ljungbox

from metrics.analysis.algebra import Floats
from metrics.analysis.noise import design_filtered, filtered, noise_filter, order_cap, whitened
from metrics.analysis.seasons import trend
from metrics.analysis.tests.made import gapped, least_squares_rest, noise, wandering

CAP = 5
# Roots and orders of every kind: noise, a slow and a fast return, a walk, and one with two lags.
SERIES = np.concatenate(
    [wandering(4, 104, seed=seed, root=root) for seed, root in enumerate((0.0, 0.5, 0.8, 0.95, 1.0))]
    + [lfilter([1.0], [1.0, -0.2, -0.6], noise(4, 104, seed=9), axis=1)]
)
RESIDUALS = SERIES - SERIES.mean(axis=1, keepdims=True)


def momentum_form(values: Floats, order: int, first: int) -> tuple[Floats, Floats]:
    """U_t, and beside it the columns U_{t-1}, dU_{t-1}, … of the regression, from period `first` on."""
    periods, changes = len(values), np.diff(values)
    columns = [values[first - 1 : periods - 1]]
    columns += [changes[first - lag - 1 : periods - lag - 1] for lag in range(1, order)]
    return values[first:], np.column_stack(columns)


def order_of_least_aicc(values: Floats, columns: int) -> int:
    """The order, by statsmodels: every fit on the periods that the longest one has."""
    criteria = []
    for order in range(1, CAP + 1):
        fit = OLS(*momentum_form(values, order, CAP)).fit()
        used = order + columns + 1
        criteria.append(fit.nobs * np.log(fit.ssr / fit.nobs) + 2 * used * fit.nobs / (fit.nobs - used - 1))
    return 1 + int(np.argmin(criteria))


@pytest.mark.parametrize(("periods", "cap"), [(12, 1), (26, 2), (49, 4), (52, 5), (200, 5)])
def test_a_tenth_of_the_history_limits_the_order(periods: int, cap: int) -> None:
    assert order_cap(periods) == cap


def test_the_order_is_the_one_of_least_aicc() -> None:
    found = noise_filter(RESIDUALS, 2, CAP)

    expected = [order_of_least_aicc(row, 2) for row in RESIDUALS]
    assert list(found.order) == expected
    assert len(set(expected)) > 2


@pytest.mark.parametrize("columns", [2, 8])
def test_the_filter_is_the_least_squares_one_with_its_root_corrected(columns: int) -> None:
    """Root += (2 + 4 root) / n, more where more columns were taken out; then the rest is fitted again."""
    found = noise_filter(RESIDUALS, columns, CAP)

    for row, order, weights, root in zip(RESIDUALS, found.order, found.weights, found.root, strict=True):
        now, before = momentum_form(row, order, order)
        fitted = OLS(now, before).fit().params[0]
        corrected = fitted + (2 + 4 * fitted) / len(row) * (1 + 0.25 * (columns - 2))
        if corrected > 1 - 1 / np.sqrt(len(row)):
            corrected = 1.0
        assert root == pytest.approx(corrected, abs=1e-7)
        short = OLS(now - corrected * before[:, 0], before[:, 1:]).fit().params if order > 1 else []
        expected = np.zeros(CAP + 1)
        expected[:2] = 1.0, -corrected
        for lag, weight in enumerate(short, start=1):
            expected[lag] -= weight
            expected[lag + 1] += weight
        np.testing.assert_allclose(weights, expected, atol=1e-6)


def test_a_root_near_one_is_taken_for_one() -> None:
    found = noise_filter(RESIDUALS, 2, CAP)

    walks = found.root[16:20]
    assert (walks == 1.0).all()
    np.testing.assert_allclose(found.weights[16:20].sum(axis=1), 0.0, atol=1e-12)


def test_a_root_well_below_one_is_not() -> None:
    found = noise_filter(RESIDUALS, 2, CAP)

    assert (found.root[:8] < 0.9).all()


def test_a_filter_weighs_this_period_and_those_before_it() -> None:
    values, weights = noise(3, 30, seed=1), noise(3, 4, seed=2)

    each = [lfilter(weight, [1.0], row) for weight, row in zip(weights, values, strict=True)]
    np.testing.assert_allclose(filtered(values, weights), each, atol=1e-12)


def test_a_shared_design_goes_through_each_series_filter() -> None:
    design, weights = noise(4, 30, seed=1).T.copy(), noise(3, 4, seed=2)

    each = filtered(np.broadcast_to(design, (3, 30, 4)).copy(), weights)

    np.testing.assert_allclose(design_filtered(design, weights), each, atol=1e-12)
    np.testing.assert_allclose(design_filtered(each, weights), filtered(each, weights), atol=1e-12)


@pytest.mark.parametrize("holes", [False, True])
def test_surprises_are_what_filtered_columns_leave_of_the_filtered_series(holes: bool) -> None:
    observed = np.isfinite(gapped(SERIES, every=7)) if holes else np.ones(SERIES.shape, dtype=bool)
    design = trend(SERIES.shape[1])

    white = whitened(SERIES, observed, design, CAP)

    for place, row in enumerate(SERIES):
        seen = white.mask[place]
        series = lfilter(white.weights[place], [1.0], row)[seen]
        columns = lfilter(white.weights[place], [1.0], design, axis=0)[seen]
        np.testing.assert_allclose(
            white.surprise[place, seen], least_squares_rest(series, columns), atol=1e-6
        )
        assert not white.surprise[place, ~seen].any()


def test_surprises_are_known_where_the_series_is_and_the_filter_has_enough_behind_it() -> None:
    observed = np.isfinite(gapped(SERIES, every=7))

    white = whitened(SERIES, observed, trend(SERIES.shape[1]), CAP)

    for order, mask, seen in zip(white.order, white.mask, observed, strict=True):
        assert not mask[:order].any()
        np.testing.assert_array_equal(mask[order:], seen[order:])


def test_no_momentum_is_left_in_surprises() -> None:
    observed = np.ones(SERIES.shape, dtype=bool)

    white = whitened(SERIES, observed, trend(SERIES.shape[1]), CAP)

    odds = [
        acorr_ljungbox(row[mask], lags=[8], return_df=True)["lb_pvalue"].iloc[0]
        for row, mask in zip(white.surprise, white.mask, strict=True)
    ]
    assert np.mean(np.array(odds) < 0.05) <= 0.1


def test_a_straight_line_added_to_a_series_leaves_its_surprises_alone() -> None:
    observed, design = np.ones(SERIES.shape, dtype=bool), trend(SERIES.shape[1])

    plain = whitened(SERIES, observed, design, CAP)
    sloped = whitened(SERIES + 3.0 + 0.2 * np.arange(SERIES.shape[1]), observed, design, CAP)

    np.testing.assert_allclose(sloped.surprise, plain.surprise, atol=1e-6)


def test_some_of_the_whitened_series_can_be_taken_in_any_order() -> None:
    white = whitened(SERIES, np.ones(SERIES.shape, dtype=bool), trend(SERIES.shape[1]), CAP)

    some = white.rows(np.array([3, 0]))

    np.testing.assert_array_equal(some.surprise, white.surprise[[3, 0]])
    np.testing.assert_array_equal(some.order, white.order[[3, 0]])
