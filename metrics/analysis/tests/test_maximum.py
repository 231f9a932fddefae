"""The p-value of the largest score pays for the search: more than for one look, at most as for independent ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from metrics.analysis.algebra import Floats
from metrics.analysis.maximum import Largest, luck_of_largest, sidak
from metrics.analysis.tests.made import noise

DRAWS = 20_000
SCORES = np.array([0.5, 1.0, 1.5, 2.0, 2.5, 3.0])
# Four deviations of a share of that many draws, at its largest.
LUCK = 4 * np.sqrt(0.25 / DRAWS)


def alike(columns: int, correlation: float) -> Floats:
    """Columns that all go together to the same degree, once for each score."""
    matrix = np.full((columns, columns), correlation)
    np.fill_diagonal(matrix, 1.0)
    return np.broadcast_to(matrix, (len(SCORES), columns, columns)).copy()


def luck(correlation: Floats, scores: Floats = SCORES, *, draws: int = DRAWS, seed: int = 3) -> Largest:
    return luck_of_largest(scores, correlation, noise(correlation.shape[-1], draws, seed=seed))


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.9, 0.999])
def test_it_lies_between_one_look_and_independent_looks(correlation: float) -> None:
    p = luck(alike(9, correlation)).p

    one_look = 2 * stats.norm.sf(SCORES)
    assert (p >= one_look - LUCK).all()
    assert (p <= sidak(SCORES, 9) + LUCK).all()
    assert (p <= 9 * one_look + LUCK).all()


def test_for_independent_looks_it_is_sidaks() -> None:
    found = luck(alike(9, 0.0))

    np.testing.assert_allclose(found.p, 1 - (1 - 2 * stats.norm.sf(SCORES)) ** 9, atol=LUCK)
    np.testing.assert_allclose(found.critical, stats.norm.isf((1 - 0.95 ** (1 / 9)) / 2), atol=0.05)


def test_for_looks_at_the_same_thing_it_is_that_of_one() -> None:
    found = luck(alike(9, 1.0))

    np.testing.assert_allclose(found.p, 2 * stats.norm.sf(SCORES), atol=LUCK)
    np.testing.assert_allclose(found.critical, stats.norm.isf(0.025), atol=0.05)


def test_one_column_needs_no_correction() -> None:
    np.testing.assert_allclose(luck(alike(1, 1.0)).p, 2 * stats.norm.sf(SCORES), atol=LUCK)


def test_signs_of_correlation_do_not_matter() -> None:
    flip = np.array([1.0, -1.0, 1.0])
    turned = alike(3, 0.7) * flip[:, None] * flip

    np.testing.assert_allclose(luck(turned).p, luck(alike(3, 0.7)).p, atol=LUCK)


def test_two_looks_have_the_probability_of_the_bivariate_normal() -> None:
    """P(|z1| or |z2| >= T), by inclusion and exclusion from scipy's distribution function."""
    both = stats.multivariate_normal(cov=np.array([[1.0, 0.8], [0.8, 1.0]]))
    inside = [
        both.cdf([score, score]) - 2 * both.cdf([score, -score]) + both.cdf([-score, -score])
        for score in SCORES
    ]

    np.testing.assert_allclose(luck(alike(2, 0.8)).p, 1 - np.array(inside), atol=LUCK)


def test_a_higher_score_never_has_a_higher_p() -> None:
    scores = np.linspace(0.0, 8.0, 60)
    matrix = np.broadcast_to(alike(9, 0.5)[0], (60, 9, 9))

    assert (np.diff(luck(matrix, scores, draws=2000).p) <= 0).all()


def test_beyond_what_draws_can_tell_it_is_bounded_by_the_formula() -> None:
    far = np.array([6.0])

    p = luck(alike(9, 0.3)[:1], far, draws=2000).p

    np.testing.assert_allclose(p, 9 * 2 * stats.norm.sf(6.0), rtol=1e-6)


@pytest.mark.parametrize("score", [2.5, 3.5, 5.0])
def test_a_small_probability_is_right_to_a_few_percent_of_itself(score: float) -> None:
    """Two looks that go together: by inclusion and exclusion from scipy's distribution function."""
    both = stats.multivariate_normal(cov=np.array([[1.0, 0.8], [0.8, 1.0]]))
    either = 4 * stats.norm.sf(score) - 2 * both.cdf([-score, -score]) - 2 * _opposite(both, score)

    p = luck(alike(2, 0.8)[:1], np.array([score]), draws=2000).p

    np.testing.assert_allclose(p, either, rtol=0.04)


def _opposite(both: stats._multivariate.multivariate_normal_frozen, score: float) -> float:
    """P(z1 >= score and z2 <= -score)."""
    return float(stats.norm.cdf(-score) - both.cdf([score, -score]))


@pytest.mark.parametrize("seed", range(12))
def test_where_decisions_fall_other_draws_hardly_change_the_answer(seed: int) -> None:
    """With as many plain draws the answers lie 10 % apart, and a verdict would hang on the seed."""
    score, shared = 2.6, 0.6

    def no_look_reaches(common: float) -> float:
        reach = np.array([-score, score]) - np.sqrt(shared) * common
        low, high = stats.norm.cdf(reach / np.sqrt(1 - shared))
        return float(stats.norm.pdf(common) * (high - low) ** 9)

    p = luck(alike(9, shared)[:1], np.array([score]), draws=2000, seed=seed).p

    np.testing.assert_allclose(p, 1 - integrate.quad(no_look_reaches, -9, 9)[0], rtol=0.08)


def test_the_same_draws_give_the_same_answer_whoever_else_is_asked_about() -> None:
    every = luck(alike(9, 0.4))

    alone = luck(alike(9, 0.4)[2:3], SCORES[2:3])

    assert (alone.p[0], alone.critical[0]) == (every.p[2], every.critical[2])


def test_other_draws_give_nearly_the_same_answer() -> None:
    np.testing.assert_allclose(luck(alike(9, 0.4)).p, luck(alike(9, 0.4), seed=4).p, atol=2 * LUCK)


def test_the_95_percent_point_is_where_p_is_5_percent() -> None:
    critical = luck(alike(9, 0.4)).critical

    np.testing.assert_allclose(luck(alike(9, 0.4), critical).p, 0.05, atol=0.001)


def test_sidaks_bound_is_the_formula() -> None:
    np.testing.assert_allclose(sidak(SCORES, 5), 1 - (1 - 2 * stats.norm.sf(SCORES)) ** 5)
    assert sidak(np.array([0.0]), 5)[0] == pytest.approx(1.0)
