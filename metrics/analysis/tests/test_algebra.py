"""The linear algebra of many short series gives what numpy gives for each of them."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.analysis import algebra
from metrics.analysis.tests.made import least_squares_rest, noise


def designs(batch: int, periods: int, columns: int) -> algebra.Floats:
    return noise(batch * columns, periods, seed=7).reshape(batch, columns, periods).swapaxes(1, 2).copy()


def test_taking_out_a_design_leaves_what_least_squares_leave() -> None:
    values, design = noise(5, 40, seed=1), designs(5, 40, 6)

    left = algebra.rest(values, algebra.orthonormal(design))

    each = [least_squares_rest(row, columns) for row, columns in zip(values, design, strict=True)]
    np.testing.assert_allclose(left, each, atol=1e-7)


def test_a_shared_design_is_taken_out_of_every_series() -> None:
    values, design = noise(5, 40, seed=1), designs(1, 40, 6)[0]

    left = algebra.rest(values, algebra.shared_basis(design))

    np.testing.assert_allclose(left, [least_squares_rest(row, design) for row in values], atol=1e-12)


def test_columns_that_say_the_same_twice_change_nothing() -> None:
    """A filter with a unit root turns the constant into zeros; a repeated column is the other such case."""
    values, design = noise(3, 40, seed=1), designs(3, 40, 4)
    doubled = np.concatenate([design, design[:, :, :1], np.zeros((3, 40, 1))], axis=2)

    left = algebra.rest(values, algebra.orthonormal(doubled))

    np.testing.assert_allclose(left, algebra.rest(values, algebra.orthonormal(design)), atol=1e-6)


def test_orthonormal_columns_are_that_and_span_the_design() -> None:
    design = designs(4, 30, 5)

    basis = algebra.orthonormal(design)

    np.testing.assert_allclose(basis.swapaxes(1, 2) @ basis, np.broadcast_to(np.eye(5), (4, 5, 5)), atol=1e-7)
    for columns, wanted in zip(basis, design, strict=True):
        for column in wanted.T:
            np.testing.assert_allclose(least_squares_rest(column, columns), 0.0, atol=1e-6)


def test_a_design_without_columns_takes_nothing_out() -> None:
    values = noise(3, 20, seed=1)

    np.testing.assert_array_equal(algebra.rest(values, algebra.orthonormal(np.zeros((3, 20, 0)))), values)


def test_triangles_are_inverted_as_numpy_does() -> None:
    square = designs(6, 4, 4)
    root = algebra.lower_root(square @ square.swapaxes(1, 2), ridge=0.0)

    np.testing.assert_allclose(algebra.lower_inverse(root), np.linalg.inv(root), rtol=1e-8, atol=1e-9)


def test_a_gap_is_bridged_on_a_straight_line_and_the_ends_are_held() -> None:
    missing = np.nan

    filled, observed = algebra.gaps_filled(np.array([[missing, 1.0, missing, missing, 4.0, missing]]))

    np.testing.assert_array_equal(filled, [[1.0, 1.0, 2.0, 3.0, 4.0, 4.0]])
    np.testing.assert_array_equal(observed, [[False, True, False, False, True, False]])


def test_a_series_without_any_value_is_filled_with_zeros() -> None:
    filled, observed = algebra.gaps_filled(np.full((1, 3), np.nan))

    np.testing.assert_array_equal(filled, np.zeros((1, 3)))
    assert not observed.any()


def test_sums_run_from_each_period_to_the_end() -> None:
    np.testing.assert_array_equal(algebra.suffix_sums(np.array([[1.0, 2.0, 4.0]])), [[7.0, 6.0, 4.0, 0.0]])
    np.testing.assert_array_equal(
        algebra.suffix_sums(np.array([[[1.0, 10.0], [2.0, 20.0]]])), [[[3.0, 30.0], [2.0, 20.0], [0.0, 0.0]]]
    )


@pytest.mark.parametrize("kept_share", [0.3, 0.5, 1.0])
def test_median_and_spread_are_those_of_the_kept_values(kept_share: float) -> None:
    values = noise(8, 31, seed=3)
    kept = np.random.default_rng(4).random((8, 31)) < kept_share

    medians, spreads = algebra.median_of_kept(values, kept), algebra.spread_of_kept(values, kept)

    pairs = list(zip(values, kept, strict=True))
    np.testing.assert_allclose(medians, [np.median(row[mask]) for row, mask in pairs])
    np.testing.assert_allclose(spreads, [np.std(row[mask]) for row, mask in pairs])


def test_where_nothing_is_kept_median_and_spread_are_zero() -> None:
    values, none = noise(2, 5, seed=3), np.zeros((2, 5), dtype=bool)

    np.testing.assert_array_equal(algebra.median_of_kept(values, none), [0.0, 0.0])
    np.testing.assert_array_equal(algebra.spread_of_kept(values, none), [0.0, 0.0])


def test_an_infinite_value_counts_as_missing() -> None:
    np.testing.assert_array_equal(algebra.as_floats([[1, np.inf, -np.inf]]), [[1.0, np.nan, np.nan]])
