"""The simulated worlds, on which the published error rates stand, are what they say they are."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import numpy as np
import pytest

# By name: the benches are scripts beside the project, not a package of it.
worlds: Any = importlib.import_module("bench.worlds")
rivals: Any = importlib.import_module("bench._rivals")


def correlation(x: Any, y: Any) -> float:
    return float(np.corrcoef(x.ravel(), y.ravel())[0, 1])


def within_pairs(x: Any, y: Any) -> float:
    return float(np.mean([np.corrcoef(one, other)[0, 1] for one, other in zip(x, y, strict=True)]))


@pytest.mark.parametrize("name", worlds.UNLINKED)
def test_an_unlinked_world_is_the_same_every_time_and_of_the_size_asked_for(name: str) -> None:
    x, y = worlds.unlinked_make(name, pairs=7, periods=30, seed=3)
    again, _ = worlds.unlinked_make(name, pairs=7, periods=30, seed=3)
    other, _ = worlds.unlinked_make(name, pairs=7, periods=30, seed=4)

    assert x.shape == y.shape == (7, 30)
    np.testing.assert_array_equal(x, again)
    assert not np.array_equal(x, other, equal_nan=True)
    assert np.isnan(x).any() == (name == "missing15")


def test_there_are_nineteen_unlinked_worlds() -> None:
    assert len(worlds.UNLINKED) == 19


def test_series_that_share_nothing_are_not_correlated() -> None:
    x, y = worlds.unlinked_make("ar0.5", pairs=400, periods=104, seed=1)

    assert abs(correlation(x, y)) < 0.02
    assert x.std() == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("name", ["shared_trend", "shared_annual", "shared_quarter", "step_shared"])
def test_series_that_share_a_pattern_are_correlated_by_it_alone(name: str) -> None:
    x, y = worlds.unlinked_make(name, pairs=200, periods=104, seed=1)

    together, strangers = within_pairs(x, y), within_pairs(x, np.roll(y, 1, axis=0))
    assert together > 0.4
    assert name == "shared_trend" or together > strangers + 0.1


def test_in_the_reverse_world_the_goal_comes_two_weeks_before_the_metric() -> None:
    x, y = worlds.unlinked_make("reverse", pairs=200, periods=104, seed=1)

    at_two = correlation(x[:, 2:], y[:, :-2])
    assert at_two == pytest.approx(0.8, abs=0.03)
    assert at_two > correlation(x[:, 1:], y[:, :-1]) + 0.1
    assert at_two > correlation(x[:, 3:], y[:, :-3]) + 0.1


@pytest.mark.parametrize(("name", "phi"), [("ar", 0.6), ("heavy", 0.6), ("rw", 1.0), ("rwx", 0.6)])
def test_a_linked_world_has_the_strength_asked_for_at_its_lag(name: str, phi: float) -> None:
    lag = np.full(300, 3)
    made = worlds.linked_make(name, pairs=300, periods=156, strength=0.5, seed=1, lag=lag)

    x, y = (series[:, 1:] - phi * series[:, :-1] for series in (made.x, made.y))
    assert within_pairs(x[:, :-3], y[:, 3:]) == pytest.approx(0.5, abs=0.03)
    assert abs(within_pairs(x[:, 3:], y[:, :-3])) < 0.35


def test_the_effect_of_a_linked_world_is_what_follows_one_unit_of_the_metric() -> None:
    lag = np.full(300, 2)
    made = worlds.linked_make("ar", pairs=300, periods=156, strength=0.5, seed=1, lag=lag)

    x, y = (series[:, 1:] - 0.6 * series[:, :-1] for series in (made.x, made.y))
    slope = np.polyfit(x[:, :-2].ravel(), y[:, 2:].ravel(), 1)[0]
    assert slope == pytest.approx(made.effect[0], abs=0.03)


def test_strengths_may_differ_from_pair_to_pair_down_to_none() -> None:
    made = worlds.linked_make("ar", pairs=3, periods=52, strength=np.array([0.0, 0.3, 0.5]), seed=1)

    assert made.effect[0] == 0.0
    assert made.effect[1] < made.effect[2]


def test_a_workspace_counts_every_mapping_of_a_goal_that_follows_a_metric_as_linked() -> None:
    nothing = worlds.workspace_make(links=0, periods=104, seed=1)
    some = worlds.workspace_make(links=4, periods=104, seed=1)

    assert nothing.x.shape == nothing.y.shape == (40, 104)
    assert not nothing.linked.any()
    assert set(some.linked.reshape(4, 10).sum(axis=1)) <= {0, 10}
    assert some.linked.any()
    np.testing.assert_array_equal(some.x[0], some.x[10])


@pytest.mark.parametrize("periods", [26, 60])
def test_the_granger_test_of_the_comparison_is_the_one_of_statsmodels(periods: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stattools = pytest.importorskip("statsmodels.tsa.stattools")
    x, y = worlds.unlinked_make("shared_trend", pairs=3, periods=periods, seed=2)

    for pair in range(3):
        theirs = stattools.grangercausalitytests(np.column_stack([y[pair], x[pair]]), 8)
        p = [theirs[lags][0]["ssr_ftest"][1] for lags in range(1, 9)]
        ours = [rivals.granger_p(x, y, lags)[pair] for lags in range(1, 9)]
        np.testing.assert_allclose(ours, p, atol=1e-9)
        assert rivals.granger_best(x, y)[pair] == pytest.approx(min(p), abs=1e-9)


def test_the_best_correlation_of_the_comparison_is_the_one_of_scipy() -> None:
    from scipy.stats import pearsonr

    x, y = worlds.unlinked_make("ar0.8", pairs=3, periods=60, seed=2)

    for pair in range(3):
        p = [pearsonr(x[pair, : 60 - lag], y[pair, lag:]).pvalue for lag in range(9)]
        assert rivals.pearson_best(x, y)[pair] == pytest.approx(min(p), rel=1e-9)


def test_the_comparison_leaves_out_periods_with_a_gap() -> None:
    x, y = worlds.unlinked_make("white", pairs=2, periods=40, seed=2)
    x[0, 10] = np.nan

    assert rivals.pearson_best(x, y)[0] != rivals.pearson_best(rivals.filled(x), y)[0]
    assert np.isfinite(rivals.pearson_best(x, y)).all()
    assert rivals.pearson_best(np.ones((1, 40)), y[:1])[0] == 1.0
