"""The link test finds what was planted and nothing else, and says so when the data allow no answer."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from metrics.analysis.algebra import Floats
from metrics.analysis.link import link_test
from metrics.analysis.result import LinkResult
from metrics.analysis.seasons import waves
from metrics.analysis.tests.made import follower, gapped, noise, wandering

WEEKS = 104
LAG = 3
EFFECT = 0.8


def link_of(x: Floats, y: Floats, **options: Any) -> LinkResult:
    return link_test(x, y, **({"frequency": "weekly"} | options))


@pytest.fixture(scope="module")
def linked() -> tuple[Floats, Floats]:
    """Twelve metrics, and goals that rise by 0.8 three weeks after each rise by one."""
    metric = wandering(12, WEEKS, seed=1, root=0.5)
    return metric, follower(metric, lag=LAG, by=EFFECT, seed=2)


# --- what is there --------------------------------------------------------------------------------


def test_a_link_is_found_at_its_lag_and_with_its_sign(linked: tuple[Floats, Floats]) -> None:
    found = link_of(*linked)

    assert (found.p < 0.01).all()
    np.testing.assert_array_equal(found.lag, LAG)
    np.testing.assert_array_equal(found.sign, 1)
    assert found.agrees.all()
    assert found.plausible[:, LAG].all()
    assert found.usable.all()


def test_its_size_lies_in_the_interval(linked: tuple[Floats, Floats]) -> None:
    found = link_of(*linked)

    inside = (found.effect_low <= EFFECT) & (found.effect_high >= EFFECT)
    assert inside.all()
    assert (found.effect_low > 0).all()
    assert found.effect.mean() == pytest.approx(EFFECT, abs=0.1)


def test_the_finding_is_one_of_the_lags_shown(linked: tuple[Floats, Floats]) -> None:
    found = link_of(*linked)

    row = np.arange(len(found))
    for one, every in (("effect", "lag_effect"), ("effect_low", "lag_effect_low")):
        np.testing.assert_array_equal(getattr(found, one), getattr(found, every)[row, LAG])
    assert (found.lag_r_low < found.lag_r).all()
    assert (found.lag_r < found.lag_r_high).all()


def test_a_falling_goal_is_a_negative_link() -> None:
    metric = wandering(6, WEEKS, seed=1, root=0.5)

    found = link_of(metric, follower(metric, lag=0, by=-EFFECT, seed=2))

    np.testing.assert_array_equal(found.sign, -1)
    np.testing.assert_array_equal(found.lag, 0)
    assert (found.effect_high < 0).all()


@pytest.mark.parametrize(("frequency", "periods"), [("weekly", 60), ("monthly", 60), ("quarterly", 40)])
def test_every_frequency_finds_a_strong_link(frequency: str, periods: int) -> None:
    metric = wandering(6, periods, seed=1, root=0.3)

    found = link_of(metric, follower(metric, lag=2, by=2.0, seed=2), frequency=frequency)

    assert (found.p < 0.05).all()
    np.testing.assert_array_equal(found.lag, 2)


def test_an_effect_on_the_momentum_of_the_goal_keeps_its_sign() -> None:
    """A goal that carries each effect on falls back later; one form alone would often read that as a fall."""
    metric, goal = wandering(8, 156, seed=3, root=0.5), np.zeros((8, 156))
    luck = noise(8, 156, seed=4)
    for week in range(1, 156):
        goal[:, week] = 0.8 * goal[:, week - 1] + 0.6 * metric[:, week - 1] + luck[:, week]

    found = link_of(metric, goal)

    assert (found.p < 0.01).all()
    np.testing.assert_array_equal(found.sign, 1)
    np.testing.assert_array_equal(found.lag, 1)


def test_percentages_are_tested_in_logarithms(linked: tuple[Floats, Floats]) -> None:
    """Per cent of the goal by per cent of the metric."""
    found = link_of(*(100 * np.exp(0.3 * side) for side in linked))

    assert found.x_logged.all()
    assert found.y_logged.all()
    np.testing.assert_array_equal(found.lag, LAG)
    assert found.effect.mean() == pytest.approx(EFFECT, abs=0.1)


def test_a_shared_shift_of_level_is_set_aside_and_is_no_link() -> None:
    x, y = wandering(20, WEEKS, seed=5, root=0.4), wandering(20, WEEKS, seed=6, root=0.4)
    x[:, 60:] += 8.0
    y[:, 60:] += 8.0

    found = link_of(x, y)

    np.testing.assert_array_equal(found.x_shift, 60)
    np.testing.assert_array_equal(found.y_shift, 60)
    assert np.mean(found.p < 0.05) <= 0.15


def test_a_shift_of_one_side_is_set_aside_on_both(linked: tuple[Floats, Floats]) -> None:
    metric, goal = linked
    moved = goal.copy()
    moved[:, 50:] += 12.0

    found = link_of(metric, moved)

    np.testing.assert_array_equal(found.y_shift, 50)
    np.testing.assert_array_equal(found.x_shift, -1)
    np.testing.assert_array_equal(found.lag, LAG)


def test_a_shared_season_is_set_aside_and_is_no_link() -> None:
    season = 3 * waves(WEEKS, 13.0, 1, 1).sum(axis=1)
    x, y = wandering(20, WEEKS, seed=5, root=0.4), wandering(20, WEEKS, seed=6, root=0.4)

    found = link_of(x + season, y + np.roll(season, 2))

    assert found.season_names[0] == "rhythm of the quarter"
    assert found.season_blocks[:, 0].all()
    assert np.mean(found.p < 0.05) <= 0.15


def test_unlinked_series_are_rarely_called_linked() -> None:
    found = link_of(wandering(200, WEEKS, seed=7, root=0.6), wandering(200, WEEKS, seed=8))

    assert np.mean(found.p < 0.05) <= 0.09


def test_a_goal_that_moves_first_is_not_led(linked: tuple[Floats, Floats]) -> None:
    metric, goal = linked

    found = link_of(goal, metric)

    assert np.mean(found.p < 0.05) <= 0.2


# --- gaps and units -------------------------------------------------------------------------------


def test_missing_values_do_not_hide_a_link(linked: tuple[Floats, Floats]) -> None:
    metric, goal = linked

    found = link_of(gapped(metric, every=11), gapped(goal, every=9))

    np.testing.assert_array_equal(found.lag, LAG)
    assert (found.p < 0.05).all()
    assert (found.rows_used < link_of(*linked).rows_used).all()


def test_surprises_are_missing_where_the_series_is(linked: tuple[Floats, Floats]) -> None:
    metric, goal = linked
    holed = gapped(goal, every=9)

    found = link_of(metric, holed)

    assert np.isnan(found.y_surprise[np.isnan(holed)]).all()
    assert np.isfinite(found.y_surprise[:, 10:][np.isfinite(holed[:, 10:])]).all()


def test_an_infinite_value_counts_as_missing(linked: tuple[Floats, Floats]) -> None:
    metric, goal = (side.copy() for side in linked)
    missing = goal.copy()
    goal[:, 40], missing[:, 40] = np.inf, np.nan

    same(link_of(metric, goal), link_of(metric, missing))


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_units_as_far_apart_as_numbers_go_find_the_same_lag(
    linked: tuple[Floats, Floats], unit: float
) -> None:
    metric, goal = linked

    found = link_of(metric * unit, goal)

    np.testing.assert_array_equal(found.lag, LAG)
    np.testing.assert_allclose(found.effect * unit, link_of(metric, goal).effect, rtol=1e-6)


# --- no answer ------------------------------------------------------------------------------------

LINE = 5.0 + 0.5 * np.arange(WEEKS)
NO_ANSWER = {
    "constant": np.full(WEEKS, 4.0),
    "zero": np.zeros(WEEKS),
    "missing": np.full(WEEKS, np.nan),
    "one value": np.where(np.arange(WEEKS) == 50, 1.0, np.nan),
    "a few values": np.where(np.arange(WEEKS) < 8, np.sin(np.arange(WEEKS)), np.nan),
    "a straight line": LINE,
    "a repeated quarter": np.resize(noise(1, 13, seed=1)[0], WEEKS),
    "a falling percentage": 100 * 0.97 ** np.arange(WEEKS),
}


@pytest.mark.parametrize("values", NO_ANSWER.values(), ids=NO_ANSWER.keys())
@pytest.mark.parametrize("side", ["metric", "goal", "both"])
def test_a_series_that_does_not_vary_has_no_finding(values: Floats, side: str) -> None:
    other = wandering(1, WEEKS, seed=1, root=0.5)
    x = other if side == "goal" else values[None]
    y = other if side == "metric" else values[None]

    found = link_of(x, y)

    nothing(found)


JUMPS = {
    "one jump": np.where(np.arange(WEEKS) < 60, 2.0, 9.0),
    "one jump on a slope": np.where(np.arange(WEEKS) < 60, -7.0, 0.0) + 0.1 * np.arange(WEEKS),
}


@pytest.mark.parametrize("values", JUMPS.values(), ids=JUMPS.keys())
def test_a_series_that_only_jumps_once_has_no_finding(values: Floats) -> None:
    """What is left after its jump is rounding, and rounding goes with rounding as closely as one likes."""
    jump = np.where(np.arange(WEEKS) < 40, 1.0, 5.0)

    for other in (jump, values, wandering(1, WEEKS, seed=1, root=0.5)[0]):
        nothing(link_of(values[None], other[None]))
        nothing(link_of(other[None], values[None]))


def test_lags_at_which_the_metric_has_not_moved_yet_are_not_measured() -> None:
    """The metric moves in its last four weeks only."""
    late = np.where(np.arange(WEEKS) < 100, 0.0, 4.0)

    found = link_of(late[None], wandering(1, WEEKS, seed=1, root=0.5))

    assert found.usable[0]
    assert np.isfinite(found.lag_effect[0, :4]).all()
    for name in ("lag_effect", "lag_effect_low", "lag_effect_high", "lag_r", "lag_r_low", "lag_r_high"):
        assert np.isnan(getattr(found, name)[0, 4:]).all(), name
    np.testing.assert_array_equal(found.z_own_form[0, 4:], 0.0)


@pytest.mark.parametrize("periods", [0, 1, 2, 5, 9])
def test_a_history_of_a_few_periods_has_no_finding(periods: int) -> None:
    nothing(link_of(noise(2, periods, seed=1), noise(2, periods, seed=2)))


@pytest.mark.parametrize("periods", [10, 13, 17, 20])
def test_fewer_than_twelve_usable_rows_have_no_finding(periods: int) -> None:
    found = link_of(noise(5, periods, seed=1), noise(5, periods, seed=2))

    np.testing.assert_array_equal(found.usable, found.rows_used >= 12)
    nothing(found.pick(~found.usable))


def test_series_that_never_overlap_have_no_finding() -> None:
    x, y = noise(1, WEEKS, seed=1), noise(1, WEEKS, seed=2)
    x[:, 50:], y[:, :61] = np.nan, np.nan

    nothing(link_of(x, y))


def test_no_pairs_are_no_findings() -> None:
    found = link_of(np.zeros((0, WEEKS)), np.zeros((0, WEEKS)))

    assert len(found) == 0
    assert found.z.shape == (0, 9)


def test_a_series_tested_against_itself_is_found_in_the_same_period() -> None:
    metric = wandering(2, WEEKS, seed=1, root=0.5)

    found = link_of(metric, 3 + 2 * metric)

    np.testing.assert_array_equal(found.lag, 0)
    np.testing.assert_allclose(found.effect, 2.0, rtol=1e-6)
    np.testing.assert_allclose(found.lag_r[:, 0], 1.0, atol=1e-6)


def test_one_dead_pair_leaves_the_others_as_they_are(linked: tuple[Floats, Floats]) -> None:
    metric, goal = linked
    dead = metric.copy()
    dead[5] = 1.0

    found = link_of(dead, goal)

    others = np.arange(12) != 5
    nothing(found.pick(5))
    same(found.pick(others), link_of(metric, goal).pick(others))


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((40,), (1, 40)), "x has 1 dimensions; it must be pairs × periods"),
        (((1, 40), (1, 1, 40)), "y has 3 dimensions"),
        (((2, 40), (1, 40)), "x is 2 × 40 and y is 1 × 40; both must have the same pairs and periods"),
        (((2, 40), (2, 39)), "x is 2 × 40 and y is 2 × 39"),
    ],
)
def test_shapes_that_do_not_match_are_refused(shapes: tuple[Any, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        link_of(np.zeros(shapes[0]), np.zeros(shapes[1]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frequency": "daily"}, "frequency 'daily' is unknown"),
        ({"draws": 99}, "99 draws are too few for a p-value; at least 100"),
        ({"lags": []}, "No lag is named"),
        ({"lags": [2, 2]}, "name one twice"),
        ({"lags": [-1]}, "lag -1 is negative"),
        ({"lags": [40]}, "lag 40 is as long as the history of 40 periods"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        link_of(noise(1, 40, seed=1), noise(1, 40, seed=2), **options)


# --- helpers --------------------------------------------------------------------------------------

NAMES = [field.name for field in fields(LinkResult)]
FIXED = {"lags", "periods", "frequency", "season_names"}


def same(one: LinkResult, other: LinkResult) -> None:
    for name in NAMES:
        if name in FIXED:
            assert getattr(one, name) == getattr(other, name)
        else:
            np.testing.assert_allclose(
                getattr(one, name), getattr(other, name), rtol=1e-7, atol=1e-9, err_msg=name
            )


def nothing(found: LinkResult) -> None:
    """Every pair says that it found nothing out."""
    assert not found.usable.any()
    np.testing.assert_array_equal(found.lag, -1)
    np.testing.assert_array_equal(found.sign, 0)
    for name in ("p", "r", "z", "df", "critical", "effect", "effect_low", "lag_effect", "lag_r", "x_sd"):
        assert np.isnan(getattr(found, name)).all(), name


def test_equal_input_gives_an_equal_answer(linked: tuple[Floats, Floats]) -> None:
    same(link_of(*linked), link_of(*linked))


def test_the_seed_moves_p_a_little_and_nothing_else(linked: tuple[Floats, Floats]) -> None:
    metric, goal = linked[0], wandering(12, WEEKS, seed=9, root=0.5)

    one, other = link_of(metric, goal), link_of(metric, goal, seed=1)

    np.testing.assert_array_equal(one.z, other.z)
    np.testing.assert_allclose(one.p, other.p, atol=0.06)
    assert (one.p != other.p).any()


def test_lags_are_tried_in_rising_order_whatever_the_order_given(linked: tuple[Floats, Floats]) -> None:
    same(link_of(*linked, lags=[4, 2, 3]), link_of(*linked, lags=[2, 3, 4]))


def test_naming_the_lag_makes_a_smaller_search(linked: tuple[Floats, Floats]) -> None:
    named, searched = link_of(*linked, lags=[2, 3, 4]), link_of(*linked)

    assert named.lags == (2, 3, 4)
    assert named.z.shape == (12, 3)
    np.testing.assert_array_equal(named.lag, LAG)
    assert (named.critical < searched.critical).all()


def test_one_pair_can_be_picked_by_its_place(linked: tuple[Floats, Floats]) -> None:
    found = link_of(*linked)

    one = found.pick(4)

    assert len(one) == 1
    assert one.p[0] == found.p[4]
    np.testing.assert_array_equal(one.z, found.z[4:5])
    assert (one.lags, one.periods) == (found.lags, found.periods)


@pytest.mark.parametrize("chosen", [slice(2, 4), [2, 3], np.array([2, 3]), np.isin(np.arange(12), (2, 3))])
def test_several_pairs_can_be_picked(linked: tuple[Floats, Floats], chosen: Any) -> None:
    found = link_of(*linked)

    np.testing.assert_array_equal(found.pick(chosen).effect, found.effect[2:4])


def test_a_place_counted_by_numpy_picks_one_pair_too(linked: tuple[Floats, Floats]) -> None:
    found = link_of(*linked)

    assert len(found.pick(np.argmax(found.r, keepdims=True))) == 1
