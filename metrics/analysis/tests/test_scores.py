"""How each form of the metric scores at each lag, and the size of a link, against scipy and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.robust.norms import HuberT
from statsmodels.robust.robust_linear_model import RLM

from metrics.analysis.algebra import Floats, gaps_filled
from metrics.analysis.effect import robust_slope, slopes_at_each_lag
from metrics.analysis.forms import clipped, metric_forms
from metrics.analysis.noise import Whitened, whitened
from metrics.analysis.overlap import Lagged, Overlap, goal_square_left, lagged
from metrics.analysis.scores import correlations, scores_of_forms, z_of_correlation
from metrics.analysis.seasons import trend
from metrics.analysis.tests.made import gapped, least_squares_rest, noise, wandering

WEEKS = 60
LAGS = [0, 1, 4]
CAP = 3
DESIGN = trend(WEEKS)


def white(values: Floats) -> Whitened:
    return whitened(*gaps_filled(values), DESIGN, CAP, keep_design=True)


@pytest.fixture(params=[False, True], ids=["complete", "with gaps"])
def sides(request: pytest.FixtureRequest) -> tuple[Floats, Floats]:
    """Four metrics and four goals, with or without gaps."""
    metric, goal = wandering(4, WEEKS, seed=1, root=0.7), wandering(4, WEEKS, seed=2, root=0.5)
    return (gapped(metric, every=9), gapped(goal, every=7)) if request.param else (metric, goal)


def has_gaps(sides: tuple[Floats, Floats]) -> bool:
    return bool(np.isnan(sides).any())


def overlapping(own: Whitened, goal: Whitened, pair: int, lag: int) -> tuple[Floats, Floats, Floats]:
    """Metric's surprises, goal's, and the goal's filtered columns, on the periods in which both are known."""
    assert goal.design is not None
    both = np.zeros(WEEKS, dtype=bool)
    both[lag:] = own.mask[pair, : WEEKS - lag]
    both &= goal.mask[pair]
    earlier = np.zeros(WEEKS)
    earlier[lag:] = own.surprise[pair, : WEEKS - lag]
    return earlier[both], goal.surprise[pair, both], goal.design[pair, both]


# --- scores ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [14, 40, 200])
def test_z_is_as_unlikely_as_the_correlation(rows: int) -> None:
    """Without other columns the degrees of freedom are the rows less two, as in scipy's test."""
    for strength, pair in zip((0.0, 0.2, -0.4), noise(6, rows, seed=1).reshape(3, 2, rows), strict=True):
        found = stats.pearsonr(pair[0], pair[1] + strength * pair[0])

        z = z_of_correlation(np.array([found.statistic]), np.array([rows - 2.0]))[0]

        assert 2 * stats.norm.sf(abs(z)) == pytest.approx(found.pvalue, rel=1e-6)
        assert np.sign(z) == np.sign(found.statistic)


@pytest.mark.parametrize("r", [1.0, -1.0, 0.9999999])
def test_a_perfect_correlation_has_a_bounded_z(r: float) -> None:
    z = z_of_correlation(np.array([r]), np.array([90.0]))[0]

    assert 7.9 < abs(z) <= 8.0
    assert np.sign(z) == np.sign(r)


def test_no_correlation_has_no_z() -> None:
    assert z_of_correlation(np.array([0.0]), np.array([90.0]))[0] == 0.0


def test_a_score_is_the_partial_correlation_on_the_periods_both_know(sides: tuple[Floats, Floats]) -> None:
    own, goal = white(sides[0]), white(sides[1])
    forms = metric_forms(*gaps_filled(sides[0]), DESIGN, own, goal)
    spent = np.full(4, 4.0)

    scores = scores_of_forms(forms, Overlap(goal, 4), goal.surprise, LAGS, spent, gaps=has_gaps(sides))

    for pair in range(4):
        for form, (values, mask) in enumerate(forms):
            for place, lag in enumerate(LAGS):
                seen = np.r_[np.zeros(lag, dtype=bool), mask[pair, : WEEKS - lag]] & goal.mask[pair]
                moved = np.r_[np.zeros(lag), values[pair, : WEEKS - lag]][seen]
                assert goal.design is not None
                columns = goal.design[pair, seen]
                left = [least_squares_rest(part, columns) for part in (moved, goal.surprise[pair, seen])]
                cosine = left[0] @ left[1] / np.sqrt((left[0] @ left[0]) * (left[1] @ left[1]))
                assert scores.r[pair, form, place] == pytest.approx(cosine, abs=1e-6)
                assert scores.rows[pair, form, place] == seen.sum()
                assert scores.freedom[pair, form, place] == seen.sum() - 4


def test_without_gaps_the_shortcut_gives_what_the_long_way_gives() -> None:
    goal = white(wandering(4, WEEKS, seed=2, root=0.5))
    own = white(wandering(4, WEEKS, seed=1, root=0.7))
    columns = lagged(own.surprise, own.mask, goal, LAGS)
    overlap = Overlap(goal, 4)

    assert overlap.complete
    np.testing.assert_allclose(
        overlap.columns_rest(columns, gaps=False), overlap.columns_rest(columns, gaps=True), atol=1e-6
    )
    np.testing.assert_allclose(
        goal_square_left(overlap, goal.surprise, columns, gaps=False),
        goal_square_left(overlap, goal.surprise, columns, gaps=True),
        rtol=1e-6,
    )


def test_a_goal_with_gaps_is_not_taken_for_complete() -> None:
    assert not Overlap(white(gapped(noise(2, WEEKS, seed=1), every=9)), 4).complete


def test_correlations_are_cosines_with_ones_on_the_diagonal() -> None:
    columns = noise(3, 40, seed=1)[None]
    columns[0, 2] = 0.0

    found = correlations(columns)[0]

    first, second = columns[0, :2]
    assert found[0, 1] == pytest.approx(first @ second / np.linalg.norm(first) / np.linalg.norm(second))
    np.testing.assert_array_equal(np.diag(found), 1.0)
    np.testing.assert_array_equal(found[2, :2], 0.0)


# --- the forms of the metric ----------------------------------------------------------------------


def test_a_wild_value_is_held_at_the_limit_of_robust_deviations() -> None:
    values = noise(1, 101, seed=1)
    values[0, 7] = 15.0
    everywhere = np.ones((1, 101), dtype=bool)

    held = clipped(values, everywhere, 2.25)

    centre = np.median(values)
    assert held[0, 7] == pytest.approx(
        centre + 2.25 * stats.median_abs_deviation(values[0], scale="normal"), rel=1e-4
    )
    assert held.min() >= -held[0, 7] + 2 * centre - 1e-9


def test_values_off_the_mask_are_nought_and_count_for_nothing() -> None:
    values = noise(1, 40, seed=1)
    mask = np.arange(40)[None] < 30

    held = clipped(values, mask, 2.25)

    assert not held[0, 30:].any()
    np.testing.assert_array_equal(held[:, :30], clipped(values[:, :30], mask[:, :30], 2.25))


def test_where_most_values_are_alike_the_plain_deviation_serves() -> None:
    """A median deviation of nought would hold every other value at the median."""
    values = np.zeros((1, 40))
    values[0, ::8] = 1.0

    held = clipped(values, np.ones((1, 40), dtype=bool), 2.25)

    assert held.max() == pytest.approx(2.25 * values.std())


def test_no_form_holds_any_trend(sides: tuple[Floats, Floats]) -> None:
    sloped = sides[0] + 5.0 + 0.3 * np.arange(WEEKS)
    goal = white(sides[1])

    plain = metric_forms(*gaps_filled(sides[0]), DESIGN, white(sides[0]), goal)
    tilted = metric_forms(*gaps_filled(sloped), DESIGN, white(sloped), goal)

    for one, other in zip(plain, tilted, strict=True):
        np.testing.assert_allclose(one.values, other.values, atol=1e-5)


# --- the size of the link -------------------------------------------------------------------------


def test_without_wild_residuals_slope_and_error_are_those_of_least_squares() -> None:
    metric = noise(1, 80, seed=1)
    goal = 0.7 * metric + np.random.default_rng(2).uniform(-1, 1, (1, 80))
    everywhere = np.ones((1, 80), dtype=bool)

    found = robust_slope(metric, goal, everywhere, np.array([1.0]))

    fit = OLS(goal[0], metric[0]).fit()
    assert found.slope[0] == pytest.approx(fit.params[0])
    assert found.error[0] == pytest.approx(fit.bse[0])
    assert found.freedom[0] == fit.df_resid
    assert found.metric_spread[0] == pytest.approx(np.sqrt(np.mean(metric**2)))
    assert found.goal_spread[0] == pytest.approx(np.sqrt(np.mean(goal**2)))


def test_with_wild_residuals_the_slope_is_nearly_hubers() -> None:
    """Two rounds of weights stand for a fit to the end; least squares would be far off."""
    metric = noise(1, 80, seed=1)
    goal = 0.7 * metric + 0.3 * noise(1, 80, seed=2)
    goal[0, np.argmax(metric)] += 15.0
    everywhere = np.ones((1, 80), dtype=bool)

    slope = robust_slope(metric, goal, everywhere, np.array([1.0])).slope[0]

    huber = RLM(goal[0], metric[0], M=HuberT(t=3.0)).fit().params[0]
    assert slope == pytest.approx(huber, abs=0.05)
    assert abs(OLS(goal[0], metric[0]).fit().params[0] - huber) > 0.2


def test_the_slope_at_each_lag_is_that_of_surprise_on_surprise(sides: tuple[Floats, Floats]) -> None:
    own, goal = white(sides[0]), white(sides[1])
    spent = np.full(4, 4.0)

    found = slopes_at_each_lag(own, Overlap(goal, 4), LAGS, spent, gaps=has_gaps(sides))

    for pair in range(4):
        for place, lag in enumerate(LAGS):
            metric, aim, columns = overlapping(own, goal, pair, lag)
            metric, aim = least_squares_rest(metric, columns), least_squares_rest(aim, columns)
            everywhere = np.ones((1, len(metric)), dtype=bool)
            alone = robust_slope(metric[None], aim[None], everywhere, np.array([4.0]))
            assert found.slope[pair, place] == pytest.approx(alone.slope[0], abs=1e-6)
            assert found.error[pair, place] == pytest.approx(alone.error[0], abs=1e-6)


def test_columns_that_overlap_nowhere_have_no_slope() -> None:
    nothing = Lagged(np.zeros((1, 1, 20)), np.zeros((1, 1, 20), dtype=bool))

    found = robust_slope(nothing.values, nothing.values, nothing.known, np.array([[4.0]]))

    assert found.slope[0, 0] == 0.0
