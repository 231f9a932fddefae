"""Which season is found in a series before it is forecast, and how it goes on."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.analysis.forecast_season import Floats, season_fit
from metrics.analysis.tests.made import noise, wandering


def year_of(length: int, periods: int) -> Floats:
    """An uneven pattern that repeats, with mean nought."""
    pattern = 4.0 * noise(1, length, seed=5)[0]
    return np.resize(pattern - pattern.mean(), periods)


@pytest.mark.parametrize(
    ("frequency", "year", "periods"), [("monthly", 12, 60), ("monthly", 12, 24), ("quarterly", 4, 24)]
)
def test_a_yearly_pattern_on_a_straight_line_is_found(frequency: str, year: int, periods: int) -> None:
    pattern = year_of(year, periods + 7)
    values = (pattern + 0.5 * np.arange(periods + 7))[None, :periods]

    season = season_fit(values, frequency=frequency, horizon=7).path

    np.testing.assert_allclose(season[0], pattern, atol=0.05 * np.abs(pattern).max())


def test_the_season_of_the_periods_to_come_continues_that_of_the_past() -> None:
    values = year_of(12, 48)[None] + noise(1, 48, seed=1)

    season = season_fit(values, frequency="monthly", horizon=9).path

    assert season.shape == (1, 57)
    np.testing.assert_allclose(season[0, 48:], season[0, 36:45])


def test_effects_of_a_year_add_up_to_nothing() -> None:
    season = season_fit(year_of(12, 48)[None] + noise(1, 48, seed=1), frequency="monthly", horizon=0).path

    assert season[0, :12].sum() == pytest.approx(0.0, abs=1e-9)


def test_a_season_that_luck_could_have_made_is_shrunk() -> None:
    values = noise(200, 48, seed=1)

    season = season_fit(values, frequency="monthly", horizon=0).path

    plain = np.stack([values[:, month::12].mean(axis=1) for month in range(12)], axis=1)
    assert season[:, :12].var(axis=1).mean() < 0.3 * plain.var(axis=1).mean()


def test_less_than_four_quarters_of_weeks_show_no_season() -> None:
    values = year_of(13, 51)[None]

    assert not season_fit(values, frequency="weekly", horizon=3).path.any()


def test_a_rhythm_of_the_quarter_in_weeks_is_found() -> None:
    rhythm = 3 * np.cos(2 * np.pi * np.arange(117) / 13)
    values = (rhythm + 0.1 * noise(1, 117, seed=1)[0])[None, :104]

    season = season_fit(values, frequency="weekly", horizon=13).path

    np.testing.assert_allclose(season[0], rhythm, atol=0.3)


def test_a_rhythm_of_the_year_in_weeks_is_found() -> None:
    rhythm = 3 * np.sin(2 * np.pi * np.arange(169) / 52.18)
    values = (rhythm + 0.1 * noise(1, 169, seed=1)[0])[None, :156]

    season = season_fit(values, frequency="weekly", horizon=13).path

    np.testing.assert_allclose(season[0], rhythm, atol=0.4)


def test_a_walk_in_weeks_is_hardly_taken_for_a_season() -> None:
    walks = wandering(100, 104, seed=1)

    season = season_fit(walks, frequency="weekly", horizon=0).path

    assert np.median(season.var(axis=1) / walks.var(axis=1)) < 0.05


@pytest.mark.parametrize("frequency", ["weekly", "monthly", "quarterly"])
def test_the_season_does_not_depend_on_the_level(frequency: str) -> None:
    values = wandering(5, 60, seed=1)

    one, other = (
        season_fit(shifted, frequency=frequency, horizon=4).path for shifted in (values, values + 1000.0)
    )

    np.testing.assert_allclose(one, other, atol=1e-8)


@pytest.mark.parametrize("frequency", ["weekly", "monthly", "quarterly"])
def test_a_constant_series_has_none(frequency: str) -> None:
    season = season_fit(np.full((1, 60), 7.0), frequency=frequency, horizon=4)

    np.testing.assert_allclose(season.path, 0.0, atol=1e-12)
