"""Which columns may describe a season, and which of them a series is said to show."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

from metrics.analysis.algebra import Floats, gaps_filled
from metrics.analysis.noise import Whitened, order_cap, whitened
from metrics.analysis.seasons import BLOCK_LEVEL, blocks_shown, candidates, trend, waves
from metrics.analysis.tests.made import gapped, least_squares_rest, noise, wandering

WEEKS = 104


def white_in_full(values: Floats, frequency: str = "weekly") -> Whitened:
    """Whitened with every candidate column, as the test of the blocks wants it."""
    periods = values.shape[1]
    design = candidates(frequency, periods).design
    return whitened(*gaps_filled(values), design, order_cap(periods), keep_design=True)


def test_waves_are_cosines_and_sines_of_each_harmonic() -> None:
    columns = waves(26, 13.0, 2, 3)

    time = np.arange(26)
    np.testing.assert_allclose(columns[:, 0], np.cos(2 * np.pi * 2 * time / 13))
    np.testing.assert_allclose(columns[:, 3], np.sin(2 * np.pi * 3 * time / 13))
    np.testing.assert_allclose(columns[:13], columns[13:], atol=1e-12)
    assert waves(26, 13.0, 2, 1).shape == (26, 0)


def test_the_trend_is_a_constant_and_a_straight_line() -> None:
    constant, line = trend(9).T

    np.testing.assert_array_equal(constant, np.ones(9))
    np.testing.assert_allclose(np.diff(line), 1 / 9)
    assert line.sum() == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("frequency", "periods", "columns"),
    [
        ("weekly", 25, []),
        ("weekly", 26, [4, 8]),
        ("weekly", 51, [4, 8]),
        ("weekly", 52, [4, 8, 2]),
        ("weekly", 77, [4, 8, 2]),
        ("weekly", 78, [4, 8, 4]),
        ("weekly", 129, [4, 8, 4]),
        ("weekly", 130, [4, 8, 6]),
        ("monthly", 17, []),
        ("monthly", 18, [2]),
        ("monthly", 23, [2]),
        ("monthly", 24, [11]),
        ("quarterly", 11, []),
        ("quarterly", 12, [3]),
    ],
)
def test_a_longer_history_may_show_a_finer_season(frequency: str, periods: int, columns: list[int]) -> None:
    found = candidates(frequency, periods)

    assert list(np.diff(found.starts)) == columns
    assert len(found.names) == len(columns)
    assert found.design.shape == (periods, 2 + sum(columns))


@pytest.mark.parametrize(
    ("frequency", "cycle", "periods"), [("weekly", 13, 39), ("monthly", 12, 36), ("quarterly", 4, 16)]
)
def test_any_pattern_that_repeats_is_within_the_columns(frequency: str, cycle: int, periods: int) -> None:
    found = candidates(frequency, periods)
    repeated = np.resize(noise(1, cycle, seed=3)[0], periods)

    np.testing.assert_allclose(least_squares_rest(repeated, found.design), 0.0, atol=1e-9)


def test_the_columns_handed_out_cannot_be_written_to() -> None:
    """They are remembered; who changed them would change every later test."""
    with pytest.raises(ValueError, match="read-only"):
        candidates("weekly", WEEKS).design[0, 0] = 2.0


def test_the_trend_is_kept_whichever_blocks_are() -> None:
    found = candidates("weekly", WEEKS)

    assert list(found.kept_columns((False, False, False))) == [0, 1]
    assert list(found.kept_columns((True, False, True))) == [0, 1, 2, 3, 4, 5, 14, 15, 16, 17]


@pytest.mark.parametrize("holes", [False, True])
def test_a_block_is_shown_when_the_f_test_of_statsmodels_rejects_its_removal(holes: bool) -> None:
    """Nested least squares on the whitened data; what the filter's weights cost is taken off the freedom."""
    columns = candidates("weekly", WEEKS)
    season = waves(WEEKS, 13.0, 2, 3).sum(axis=1) + waves(WEEKS, 52.18, 1, 1).sum(axis=1)
    strengths = np.linspace(0.0, 0.6, 40)[:, None]
    values = wandering(40, WEEKS, seed=5, root=0.5) + strengths * season
    white = white_in_full(gapped(values, every=9) if holes else values)
    assert white.design is not None
    assert white.filtered is not None

    shown = blocks_shown(white, columns)

    expected = np.zeros_like(shown)
    for row, seen in enumerate(white.mask):
        design, series = white.design[row, seen], white.filtered[row, seen]
        full = OLS(series, design).fit()
        freedom = seen.sum() - design.shape[1] - white.order[row]
        for block in range(3):
            removed = np.arange(columns.starts[block], columns.starts[block + 1])
            ratio, _, width = full.compare_f_test(OLS(series, np.delete(design, removed, axis=1)).fit())
            odds = stats.f.sf(ratio * freedom / full.df_resid, width, freedom)
            expected[row, block] = odds < BLOCK_LEVEL
    np.testing.assert_array_equal(shown, expected)
    assert 0 < shown[:, 0].sum() < 40
    assert 0 < shown[:, 1].sum() < 40


def test_a_season_that_is_there_is_shown() -> None:
    values = wandering(20, WEEKS, seed=1, root=0.5)

    quarter = blocks_shown(
        white_in_full(values + 2 * waves(WEEKS, 13.0, 1, 1)[:, 0]), candidates("weekly", WEEKS)
    )
    year = blocks_shown(
        white_in_full(values + 3 * waves(WEEKS, 52.18, 1, 1)[:, 0]), candidates("weekly", WEEKS)
    )

    assert quarter[:, 0].all()
    assert year[:, 2].all()


def test_a_season_that_is_not_there_is_rarely_shown() -> None:
    values = wandering(400, WEEKS, seed=1, root=0.5)

    shown = blocks_shown(white_in_full(values), candidates("weekly", WEEKS))

    assert (shown.mean(axis=0) < 0.12).all()


def test_a_history_too_short_for_seasons_shows_none() -> None:
    values = noise(3, 20, seed=1)

    assert blocks_shown(white_in_full(values), candidates("weekly", 20)).shape == (3, 0)
