"""What a quarter will come to: centre, gaps, interval and chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from metrics.analysis.forecast import (
    CALIBRATION,
    FREEDOM,
    POINTS_NEEDED,
    Forecast,
    Kind,
    Question,
    forecast_make,
)
from metrics.analysis.forecast_members import members_fit
from metrics.analysis.forecast_season import Floats
from metrics.analysis.tests.made import noise, wandering

few = settings(max_examples=20, deadline=None)
kinds = st.sampled_from(list(Kind))
formula_kinds = st.sampled_from([Kind.LAST, Kind.SUM, Kind.MEAN])
seeds = st.integers(0, 10_000)
frequencies = st.sampled_from(list(CALIBRATION))


def walk(periods: int = 60, *, seed: int = 1, level: float = 0.0) -> Floats:
    return level + wandering(1, periods, seed=seed)[0]


def made(history: Any, kind: Kind = Kind.LAST, left: int = 4, **options: Any) -> Forecast:
    """A forecast that has to be possible; `known` and `last_share` go into the question."""
    asked = {name: options.pop(name) for name in ("known", "last_share") if name in options}
    question = Question(kind=kind, periods_left=left, **asked)
    forecast = forecast_make(history, **({"frequency": "weekly"} | options), question=question)
    assert forecast is not None
    return forecast


def tail(values: Floats, count: int) -> tuple[float, ...]:
    return tuple(float(value) for value in values[-count:])


# --- centre ---------------------------------------------------------------------------------------


def test_the_last_value_is_the_mean_of_the_plain_forecasts() -> None:
    """40 weeks are too few for a season."""
    history = walk(40)

    forecast = made(history, left=5)

    assert forecast.centre == pytest.approx(members_fit(history[None]).ahead(5)[0, -1, -1])


@pytest.mark.parametrize("level", [0.0, 100.0])
@pytest.mark.parametrize("frequency", ["weekly", "monthly", "quarterly"])
def test_a_total_is_what_is_known_and_what_is_expected_of_the_rest(frequency: str, level: float) -> None:
    history = walk(level=level)
    known = tail(history, 2)

    total = made(history, Kind.SUM, 3, known=known, frequency=frequency)

    rest = sum(made(history, Kind.LAST, ahead, frequency=frequency).centre for ahead in (1, 2, 3))
    assert total.centre == pytest.approx(sum(known) + rest)
    assert total.known == pytest.approx(sum(known))


def test_a_total_of_logged_values_adds_the_values_and_not_their_logarithms() -> None:
    history = np.exp(0.3 * walk())

    total = made(history, Kind.SUM, 3)

    assert total.logged
    assert total.centre == pytest.approx(sum(made(history, Kind.LAST, ahead).centre for ahead in (1, 2, 3)))


def test_the_last_period_counts_as_far_as_it_lies_in_the_quarter() -> None:
    history = walk()
    known = tail(history, 2)

    total = made(history, Kind.SUM, 2, known=known, last_share=0.4)

    first, second = (made(history, Kind.LAST, ahead).centre for ahead in (1, 2))
    assert total.centre == pytest.approx(sum(known) + first + 0.4 * second)


def test_a_mean_is_the_total_over_the_periods() -> None:
    history = walk()
    known = tail(history, 2)

    mean = made(history, Kind.MEAN, 3, known=known, last_share=0.5)
    total = made(history, Kind.SUM, 3, known=known, last_share=0.5)

    for one in ("centre", "low", "high"):
        assert getattr(mean, one) == pytest.approx(getattr(total, one) / 4.5)
    assert mean.chance(at_least=0.1) == pytest.approx(total.chance(at_least=0.45))


def test_a_least_value_lies_below_the_last_and_a_greatest_above() -> None:
    history = walk()

    least, last, most = (made(history, kind, 6).centre for kind in (Kind.MIN, Kind.LAST, Kind.MAX))

    assert least < last < most


def test_a_least_value_is_never_above_what_has_been_seen() -> None:
    history = walk()
    known = (-30.0, 5.0)

    least, most = made(history, Kind.MIN, 3, known=known), made(history, Kind.MAX, 3, known=(-5.0, 30.0))

    assert (least.low, least.centre, least.high) == (-30.0, -30.0, -30.0)
    assert (most.low, most.centre, most.high) == (30.0, 30.0, 30.0)


def test_with_one_period_left_every_kind_asks_the_same() -> None:
    history = walk()

    last = made(history, Kind.LAST, 1)

    for kind in (Kind.SUM, Kind.MEAN):
        assert made(history, kind, 1).centre == pytest.approx(last.centre)
        assert made(history, kind, 1).high == pytest.approx(last.high)
    for kind in (Kind.MIN, Kind.MAX):
        assert made(history, kind, 1).centre == pytest.approx(last.centre, abs=0.1 * last.scale)
        assert made(history, kind, 1).high == pytest.approx(last.high, abs=0.2 * last.scale)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [(Kind.LAST, 5.0), (Kind.SUM, 12.0), (Kind.MEAN, 4.0), (Kind.MIN, 3.0), (Kind.MAX, 5.0)],
)
def test_a_quarter_that_is_over_has_its_outcome(kind: Kind, outcome: float) -> None:
    forecast = made([*walk(), 3.0, 4.0, 5.0], kind, 0, known=(3.0, 4.0, 5.0))

    assert (forecast.low, forecast.centre, forecast.high) == (outcome, outcome, outcome)
    assert forecast.chance(at_least=outcome) == 0.99
    assert forecast.chance(at_least=outcome + 0.1) == 0.01
    assert forecast.chance(at_most=outcome) == 0.99
    assert np.isnan(forecast.standardised(outcome))


def test_a_trend_goes_on_and_a_season_comes_back() -> None:
    """Of six more months' growth the members, which trust a trend in part only, expect some."""
    months = np.arange(60)
    season = 10 * np.cos(2 * np.pi * months / 12)
    history = 200 + months + season + 0.5 * noise(1, 60, seed=1)[0]

    forecast = made(history, Kind.LAST, 6, frequency="monthly")

    season_then = 10 * np.cos(2 * np.pi * 65 / 12)
    assert 259 < forecast.centre - season_then < 265


# --- gaps -----------------------------------------------------------------------------------------


def test_a_value_that_is_late_is_forecast_too() -> None:
    """The quarter's third value has not come yet, so three are wanted, not two."""
    history = walk()
    late = np.r_[history, np.nan]

    forecast = made(late, Kind.SUM, 2, known=(*tail(history, 2), np.nan))

    expected = made(history, Kind.SUM, 3, known=tail(history, 2))
    assert [forecast.centre, forecast.low] == pytest.approx([expected.centre, expected.low])


def test_values_missing_before_the_quarter_move_it_further_away() -> None:
    history = walk()

    forecast = made(np.r_[history, np.nan, np.nan], Kind.LAST, 3)

    assert forecast.centre == pytest.approx(made(history, Kind.LAST, 5).centre)


def test_missing_values_before_the_first_are_no_history() -> None:
    history = walk()

    forecast = made(np.r_[np.full(9, np.nan), history])

    assert forecast.centre == pytest.approx(made(history).centre)
    assert forecast.points == len(history)


def test_a_gap_is_bridged() -> None:
    holed = walk()
    bridged = holed.copy()
    holed[20:22] = np.nan
    bridged[20:22] = np.interp([20, 21], [19, 22], [bridged[19], bridged[22]])

    forecast = made(holed)

    assert forecast.centre == pytest.approx(made(bridged).centre)
    assert forecast.points == len(holed) - 2


@pytest.mark.parametrize("points", [0, 1, POINTS_NEEDED - 1])
def test_below_twelve_values_nothing_is_said(points: int) -> None:
    history = np.full(40, np.nan)
    history[:points] = walk(40)[:points]

    for values in (history, walk(40)[:points]):
        question = Question(kind=Kind.LAST, periods_left=3)
        assert forecast_make(values, frequency="weekly", question=question) is None


def test_from_twelve_values_on_something_is_said() -> None:
    assert made(walk(POINTS_NEEDED)).points == POINTS_NEEDED


AWKWARD = {
    "constant": np.full(40, 7.0),
    "zeros": np.zeros(40),
    "negative": -100 - np.abs(walk(40)),
    "around zero": walk(40),
    "mostly zeros": np.where(np.arange(40) % 9 == 0, 5.0, 0.0),
    "a straight line": np.arange(40.0),
    "huge": 1e300 * (1 + np.arange(40.0) / 40),
    "tiny": 1e-300 * (1 + np.arange(40.0) / 40),
    "explosive": 3.0 ** np.arange(40.0),
    "one jump": np.where(np.arange(40) < 20, 1.0, 1000.0),
    "every other one missing": np.where(np.arange(40) % 2 == 0, walk(40), np.nan),
}


@pytest.mark.parametrize("history", AWKWARD.values(), ids=AWKWARD.keys())
@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("frequency", ["weekly", "monthly"])
def test_awkward_histories_get_a_quiet_answer(history: Floats, kind: Kind, frequency: str) -> None:
    forecast = made(history, kind, 3, frequency=frequency)

    assert np.isfinite([forecast.low, forecast.centre, forecast.high, forecast.scale]).all()
    assert forecast.low <= forecast.centre <= forecast.high
    assert 0.01 <= forecast.chance(at_least=float(np.nanmean(history))) <= 0.99


def test_a_constant_goes_on() -> None:
    forecast = made(np.full(40, 7.0), Kind.SUM, 3)

    assert forecast.centre == pytest.approx(21.0)
    assert forecast.chance(at_least=20.0) == 0.99
    assert forecast.chance(at_least=22.0) == 0.01


# --- chance and interval --------------------------------------------------------------------------


@few
@given(seeds, kinds, st.floats(-3.0, 3.0), st.floats(0.0, 3.0))
def test_a_higher_target_is_never_likelier_to_be_reached(
    seed: int, kind: Kind, target: float, more: float
) -> None:
    forecast = made(walk(seed=seed), kind, 4)
    low, high = (forecast.centre + step * forecast.scale for step in (target, target + more))

    assert forecast.chance(at_least=high) <= forecast.chance(at_least=low)
    assert forecast.chance(at_most=high) >= forecast.chance(at_most=low)


@few
@given(seeds, kinds, st.floats(-1.0, 1.0), st.sampled_from([0.0, 100.0]))
def test_to_reach_it_or_to_stay_below_are_all_there_is(
    seed: int, kind: Kind, step: float, level: float
) -> None:
    """Inside the interval, where no chance is held at 1 or 99 %."""
    forecast = made(walk(seed=seed, level=level), kind, 4)
    target = forecast.centre + step * (forecast.high - forecast.centre)

    both = forecast.chance(at_least=target) + forecast.chance(at_most=target)

    assert both == pytest.approx(1.0, abs=0.001)


@few
@given(seeds, kinds, frequencies, st.sampled_from([0.0, 3.0, 100.0]), st.integers(1, 13))
def test_the_interval_holds_the_centre_and_four_fifths(
    seed: int, kind: Kind, frequency: str, level: float, left: int
) -> None:
    forecast = made(walk(seed=seed, level=level), kind, left, frequency=frequency)

    assert forecast.low < forecast.centre < forecast.high
    assert forecast.chance(at_least=forecast.centre) == pytest.approx(0.5, abs=0.01)
    assert forecast.chance(at_least=forecast.low, at_most=forecast.high) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("kind", [Kind.LAST, Kind.SUM])
def test_the_chance_is_a_tail_of_students_t(kind: Kind) -> None:
    forecast = made(walk(), kind, 4, calibration=1.3)
    target = forecast.centre + 0.7 * forecast.scale

    assert forecast.chance(at_least=target) == pytest.approx(stats.t.sf(0.7 / 1.3, FREEDOM))
    reach = stats.t.isf(0.1, FREEDOM) * 1.3 * forecast.scale
    assert forecast.high - forecast.centre == pytest.approx(reach)


def test_in_logarithms_nothing_below_zero_can_be_reached_from_above() -> None:
    forecast = made(np.exp(0.3 * walk()))

    assert forecast.logged
    assert forecast.low > 0
    assert forecast.chance(at_most=0.0) == 0.01
    assert forecast.chance(at_least=-5.0) == 0.99


def test_a_total_that_is_already_reached_is_all_but_certain() -> None:
    history = np.exp(0.3 * walk())
    forecast = made(history, Kind.SUM, 3, known=(50.0, 60.0))

    assert forecast.chance(at_least=100.0) == 0.99


def test_a_chance_is_never_certain() -> None:
    forecast = made(walk())

    assert forecast.chance(at_least=1e9) == 0.01
    assert forecast.chance(at_least=-1e9) == 0.99


def test_a_band_is_at_most_as_likely_as_either_side() -> None:
    forecast = made(walk())

    band = forecast.chance(at_least=forecast.low, at_most=forecast.centre)

    assert band == pytest.approx(0.4, abs=0.001)


def test_a_question_without_a_target_or_with_an_empty_band_is_refused() -> None:
    forecast = made(walk())

    with pytest.raises(ValueError, match="at_least, at_most or both"):
        forecast.chance()
    with pytest.raises(ValueError, match=r"band from 2\.0 to 1\.0 is empty"):
        forecast.chance(at_least=2.0, at_most=1.0)


def test_further_ahead_is_less_certain() -> None:
    widths = [made(walk(), Kind.LAST, left).scale for left in (1, 4, 8, 13)]

    assert widths == sorted(widths)


def test_calibration_widens_the_interval_in_proportion() -> None:
    once, twice = (made(walk(), calibration=factor) for factor in (1.0, 2.0))

    assert twice.centre == once.centre
    assert twice.high - twice.centre == pytest.approx(2 * (once.high - once.centre))


@pytest.mark.parametrize("frequency", list(CALIBRATION))
def test_without_a_calibration_it_takes_the_one_of_the_frequency(frequency: str) -> None:
    assert made(walk(), frequency=frequency).calibration == CALIBRATION[frequency]


@few
@given(seeds, formula_kinds, st.floats(-3.0, 3.0))
def test_an_outcome_is_measured_in_spreads_from_the_centre(seed: int, kind: Kind, distance: float) -> None:
    history = walk(seed=seed)
    history[:2] = -3.0, 3.0  # never logged
    forecast = made(history, kind, 4)
    outcome = forecast.centre + distance * forecast.scale / forecast.periods

    assert forecast.standardised(outcome) == pytest.approx(distance, abs=1e-6)


@pytest.mark.parametrize("kind", [Kind.MIN, Kind.MAX])
def test_a_simulated_outcome_is_measured_by_its_rank(kind: Kind) -> None:
    forecast = made(walk(), kind, 6, calibration=1.3)

    assert forecast.standardised(forecast.centre) == pytest.approx(0.0, abs=0.01)
    edge = stats.t.isf(0.1, FREEDOM) * 1.3
    assert forecast.standardised(forecast.high) == pytest.approx(edge, abs=0.03)
    assert np.isfinite(forecast.standardised(1e9))
