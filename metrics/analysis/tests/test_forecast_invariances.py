"""What must not change a forecast, and which questions it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.analysis.forecast import (
    CALIBRATION,
    Forecast,
    Kind,
    Question,
    forecast_make,
    forecast_many,
)
from metrics.analysis.forecast_season import Floats
from metrics.analysis.tests.made import wandering

few = settings(max_examples=20, deadline=None)
kinds = st.sampled_from(list(Kind))
formula_kinds = st.sampled_from([Kind.LAST, Kind.SUM, Kind.MEAN])
seeds = st.integers(0, 10_000)


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


# --- what must not change it ----------------------------------------------------------------------


@few
@given(seeds, kinds, st.floats(1e-6, 1e6), st.sampled_from([0.0, 4.0, 100.0]))
def test_the_unit_changes_every_figure_alike_and_no_chance(
    seed: int, kind: Kind, unit: float, level: float
) -> None:
    history = walk(seed=seed, level=level)
    known = tail(history, 2)

    one = made(history, kind, 4, known=known)
    other = made(unit * history, kind, 4, known=tuple(unit * value for value in known))

    size = unit * max(abs(one.low), abs(one.high))
    for name in ("centre", "low", "high"):
        assert getattr(other, name) == pytest.approx(unit * getattr(one, name), abs=1e-9 * size)
    target = one.centre + 0.3 * (one.high - one.centre)
    assert other.chance(at_least=unit * target) == pytest.approx(one.chance(at_least=target), abs=0.002)
    assert other.logged == one.logged


@few
@given(seeds, formula_kinds)
def test_turning_the_series_round_turns_the_forecast(seed: int, kind: Kind) -> None:
    history = walk(seed=seed)
    history[:2] = -3.0, 3.0  # never logged

    one, other = made(history, kind), made(-history, kind)

    assert other.centre == pytest.approx(-one.centre)
    assert [other.low, other.high] == pytest.approx([-one.high, -one.low])
    target = one.centre + one.scale
    assert other.chance(at_most=-target) == pytest.approx(one.chance(at_least=target))


@few
@given(seeds, st.floats(-50.0, 50.0))
def test_where_zero_lies_moves_a_last_value_along(seed: int, shift: float) -> None:
    history = walk(seed=seed)
    history[:2] = -60.0, 60.0

    assert made(history + shift).centre == pytest.approx(made(history).centre + shift, abs=1e-6)


@pytest.mark.parametrize("frequency", list(CALIBRATION))
def test_many_at_once_get_what_each_gets_alone(frequency: str) -> None:
    """Of unequal length, kind and scale, one of them too short, one over already."""
    histories: list[Any] = [walk(60, seed=seed, level=level) for seed, level in ((1, 0), (2, 100), (3, 50))]
    histories += [walk(30, seed=4), walk(5), np.exp(0.2 * walk(60, seed=6)), [float("nan")] * 40, walk(60)]
    wanted = [Kind.LAST, Kind.SUM, Kind.MIN, Kind.MEAN, Kind.LAST, Kind.LAST, Kind.SUM]
    questions = [Question(kind=kind, periods_left=3) for kind in wanted]
    questions.append(Question(kind=Kind.SUM, periods_left=0, known=(1.0, 2.0)))

    together = forecast_many(histories, frequency=frequency, questions=questions)

    for history, question, forecast in zip(histories, questions, together, strict=True):
        alone = forecast_make(history, frequency=frequency, question=question)
        if alone is None:
            assert forecast is None
            continue
        assert forecast is not None
        for name in ("centre", "low", "high", "scale"):
            assert getattr(forecast, name) == pytest.approx(getattr(alone, name), rel=1e-9)
        assert (forecast.kind, forecast.logged, forecast.points) == (alone.kind, alone.logged, alone.points)
    assert [forecast is None for forecast in together] == [place in (4, 6) for place in range(8)]


def test_equal_seeds_simulate_equal_paths() -> None:
    history = walk()

    assert made(history, Kind.MIN, 6) == made(history, Kind.MIN, 6)
    one, other = (made(history, Kind.MIN, 6, seed=seed) for seed in (0, 1))
    assert other.centre != one.centre
    assert other.centre == pytest.approx(one.centre, abs=0.1 * (one.high - one.low))


# --- refusals -------------------------------------------------------------------------------------


def test_an_unknown_frequency_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'daily': use one of weekly, monthly, quarterly"):
        made(walk(), frequency="daily")


def test_an_infinite_value_is_refused() -> None:
    with pytest.raises(ValueError, match="infinite"):
        made([*walk(), float("inf")])
    with pytest.raises(ValueError, match="infinite"):
        made(walk(), known=(float("-inf"),))


def test_a_quarter_without_periods_is_refused() -> None:
    with pytest.raises(ValueError, match="The quarter has no periods"):
        made(walk(), left=0)


def test_histories_and_questions_have_to_pair_up() -> None:
    with pytest.raises(ValueError, match="1 histories but 0 questions"):
        forecast_many([walk()], frequency="weekly", questions=[])


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"periods_left": -1}, "periods_left must be 0 or more, not -1"),
        ({"periods_left": 2, "last_share": 0.0}, "last_share must be above 0"),
        ({"periods_left": 2, "last_share": 1.5}, "at most 1, not 1.5"),
    ],
)
def test_a_question_that_cannot_be_is_refused(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Question(kind=Kind.LAST, **asked)
