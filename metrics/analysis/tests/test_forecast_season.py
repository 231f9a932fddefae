"""The season that a forecast takes out first, and what taking it out hides of the error."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.analysis.forecast import Kind, Question, forecast_many
from metrics.analysis.forecast_season import season_fit

MONTHS_AHEAD = 3


def _months(series: int, periods: int, *, amplitude: float = 3.0, seed: int = 0) -> np.ndarray:
    """Noise of deviation 1 around a season of twelve effects, different in each series."""
    generator = np.random.default_rng(seed)
    effects = amplitude * generator.standard_normal((series, 12))
    return effects[:, np.arange(periods) % 12] + generator.standard_normal((series, periods))


def test_a_season_without_noise_is_found_whole():
    effects = np.tile([5.0, -2, 0, 1, 3, -4, 2, 0, -1, -3, 4, -5], 5)

    season = season_fit(effects[None, :48], frequency="monthly", horizon=12)

    assert season.path[0, 48:] == pytest.approx(effects[48:], abs=1e-6)
    assert season.flattery == pytest.approx(0.0, abs=1e-9)


def test_noise_alone_leaves_little_season():
    noise = np.random.default_rng(1).standard_normal((200, 60))

    season = season_fit(noise, frequency="monthly", horizon=3)

    assert season.path.var() < 0.1


@pytest.mark.parametrize("frequency", ["monthly", "quarterly"])
def test_less_than_two_years_show_no_season(frequency):
    periods = 23 if frequency == "monthly" else 7

    season = season_fit(_months(2, periods), frequency=frequency, horizon=3)

    assert not season.path.any()
    assert not season.flattery.any()


@pytest.mark.parametrize(("periods", "within"), [(24, 0.35), (36, 0.2), (72, 0.2)])
def test_flattery_is_what_coming_periods_miss_more_than_past_ones(periods, within):
    values = _months(2000, periods + 12)

    season = season_fit(values[:, :periods], frequency="monthly", horizon=12)

    left = np.square(values - season.path)
    more = left[:, periods:].mean() - left[:, :periods].mean()
    assert season.flattery.mean() == pytest.approx(more, rel=within)


def test_flattery_is_in_squared_units_of_the_values():
    values = _months(3, 48)

    once = season_fit(values, frequency="monthly", horizon=3).flattery
    tenfold = season_fit(10 * values, frequency="monthly", horizon=3).flattery

    assert tenfold == pytest.approx(100 * once)


def test_a_few_waves_over_many_weeks_flatter_too_little_to_count():
    weeks = np.random.default_rng(2).standard_normal((3, 104)).cumsum(axis=1)

    assert not season_fit(weeks, frequency="weekly", horizon=13).flattery.any()


@pytest.mark.parametrize("kind", [Kind.LAST, Kind.SUM])
@pytest.mark.parametrize("shift", [0.0, 1000.0])
def test_an_interval_from_two_years_of_months_holds_what_it_promises(kind, shift):
    values = _months(600, 24 + MONTHS_AHEAD) + shift
    histories, coming = values[:, :24], values[:, 24:]

    question = Question(kind=kind, periods_left=MONTHS_AHEAD)
    forecasts = forecast_many(histories, frequency="monthly", questions=[question] * len(values))

    outcomes = coming[:, -1] if kind is Kind.LAST else coming.sum(axis=1)
    inside = [one.low <= outcome <= one.high for one, outcome in zip(forecasts, outcomes, strict=True)]
    assert 0.70 < np.mean(inside) < 0.90
