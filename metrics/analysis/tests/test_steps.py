"""A shift of level is found where it is, and by the t statistic of ordinary least squares."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter
from statsmodels.regression.linear_model import OLS

from metrics.analysis.algebra import Floats, gaps_filled
from metrics.analysis.noise import Whitened, order_cap, whitened
from metrics.analysis.seasons import trend
from metrics.analysis.steps import NO_SHIFT, SHIFT_T, level_shifts, shift_column, shift_margin
from metrics.analysis.tests.made import gapped, least_squares_rest, noise, wandering

WEEKS = 104
COLUMNS = 2


def white(values: Floats) -> Whitened:
    periods = values.shape[1]
    return whitened(*gaps_filled(values), trend(periods), order_cap(periods), keep_design=True)


def shifted(values: Floats, *, at: int, by: float) -> Floats:
    moved = values.copy()
    moved[:, at:] += by
    return moved


def strongest_step(found: Whitened, row: int) -> tuple[int, float]:
    """The date whose filtered step has the largest t² by statsmodels, and that t²."""
    assert found.design is not None
    assert found.filtered is not None
    periods, seen = found.mask.shape[1], found.mask[row]
    freedom = seen.sum() - COLUMNS - 2
    design = found.design[row]
    design = design[
        :, np.abs(design[seen]).max(axis=0) > 1e-9
    ]  # a filter with a unit root leaves no constant
    margin = shift_margin(periods)
    best, largest = NO_SHIFT, 0.0
    for date in range(margin, periods - margin + 1):
        step = lfilter(found.weights[row], [1.0], (np.arange(periods) >= date).astype(float))
        if np.abs(least_squares_rest(step[seen], design[seen])).max() < 1e-6:
            continue  # one level on every known period
        columns = np.column_stack([design, step])[seen]
        fit = OLS(found.filtered[row, seen], columns).fit()
        square = fit.tvalues[-1] ** 2 * freedom / fit.df_resid
        if square > largest:
            best, largest = date, square
    return best, largest


@pytest.mark.parametrize("root", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("date", [20, 52, 90])
def test_a_planted_shift_is_found_where_it_is(root: float, date: int) -> None:
    values = shifted(wandering(5, WEEKS, seed=2, root=root), at=date, by=8.0)

    np.testing.assert_array_equal(level_shifts(white(values), COLUMNS), date)


def test_series_without_a_shift_rarely_show_one() -> None:
    found = level_shifts(white(wandering(300, WEEKS, seed=2, root=0.5)), COLUMNS)

    assert np.mean(found != NO_SHIFT) < 0.05


@pytest.mark.parametrize("holes", [False, True])
def test_the_date_and_whether_it_counts_are_those_of_least_squares(holes: bool) -> None:
    values = wandering(24, 60, seed=4, root=0.5)
    sizes = np.linspace(0.0, 5.0, len(values))[:, None]
    values = values + sizes * (np.arange(60) >= 33)
    found = white(gapped(values, every=8) if holes else values)

    dates = level_shifts(found, COLUMNS)

    for row, date in enumerate(dates):
        best, square = strongest_step(found, row)
        assert date == (best if square > SHIFT_T**2 else NO_SHIFT)
    assert 0 < np.sum(dates == NO_SHIFT) < len(dates)


@pytest.mark.parametrize(("periods", "margin"), [(26, 4), (48, 4), (104, 8)])
def test_the_ends_of_a_history_hold_no_shift(periods: int, margin: int) -> None:
    assert shift_margin(periods) == margin


def test_a_history_shorter_than_its_margins_holds_none() -> None:
    np.testing.assert_array_equal(level_shifts(white(noise(2, 7, seed=1)), COLUMNS), NO_SHIFT)


def test_a_step_is_one_from_its_date_on_and_nothing_without_a_date() -> None:
    column = shift_column(np.array([2, NO_SHIFT]), 4)

    np.testing.assert_array_equal(column, [[0, 0, 1, 1], [0, 0, 0, 0]])
