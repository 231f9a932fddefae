"""What must not change the findings does not change them: units, signs, order, company, trend and season.

The series fall below zero, so that the logarithm, whose choice a shift may rightly change, stays out of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.analysis.algebra import Floats
from metrics.analysis.link import link_test
from metrics.analysis.result import LinkResult
from metrics.analysis.tests.made import follower, gapped, noise, wandering
from metrics.analysis.verdict import benjamini_hochberg, verdicts_decide

PAIRS = 6
seeds = st.integers(0, 10_000)
lengths = st.integers(26, 110)
units = st.floats(1e-6, 1e6)
few = settings(max_examples=12, deadline=None)
# One draw of 2,000 more or less beyond the largest score, where rounding moves it across.
ONE_DRAW = 1.5 / 2001
FREE_OF_UNITS = ("r", "z", "z_own_form", "z_noise_form", "df", "critical", "lag_r", "lag_r_low", "lag_r_high")
SAME = ("lag", "sign", "agrees", "usable", "season_blocks", "x_shift", "y_shift", "rows_used", "plausible")
IN_UNITS = ("effect", "effect_low", "effect_high", "effect_error", "lag_effect")


def pairs_of(seed: int, periods: int, *, by: float = 0.5) -> tuple[Floats, Floats]:
    """Pairs with a link of any strength up to `by`, every second one with gaps."""
    metric = wandering(PAIRS, periods, seed=seed, root=0.6)
    goal = follower(metric, lag=2, by=by, seed=seed + 1)
    metric[::2] = gapped(metric[::2], every=13)
    for side in (metric, goal):
        side[:, 0], side[:, -1] = -3.0, 1.0
    return metric, goal


def link_of(x: Floats, y: Floats, **options: Any) -> LinkResult:
    return link_test(x, y, **({"frequency": "weekly"} | options))


def verdicts(found: LinkResult, sign: int = 1) -> list[tuple[str, str]]:
    decided = verdicts_decide(found, believed_sign=sign, p_adjusted=benjamini_hochberg(found.p))
    return list(zip(map(str, decided.verdict), map(str, decided.reason), strict=True))


def alike(one: LinkResult, other: LinkResult, *, effect: float = 1.0, flipped: bool = False) -> None:
    """The same findings; the other's effects are `effect` times as large, and its signs may be `flipped`."""
    turn = -1 if flipped else 1
    for name in SAME:
        expected = getattr(one, name) * (turn if name == "sign" else 1)
        np.testing.assert_array_equal(getattr(other, name), expected, err_msg=name)
    np.testing.assert_allclose(other.p, one.p, atol=ONE_DRAW)
    for name in FREE_OF_UNITS:
        expected = getattr(one, name)
        if flipped and name in ("lag_r_low", "lag_r_high"):
            expected = -getattr(one, "lag_r_high" if name == "lag_r_low" else "lag_r_low")
        elif flipped and name not in ("df", "critical"):
            expected = -expected
        np.testing.assert_allclose(getattr(other, name), expected, rtol=1e-4, atol=1e-5, err_msg=name)
    for name in IN_UNITS:
        source = name
        if effect < 0:
            source = {"effect_low": "effect_high", "effect_high": "effect_low"}.get(name, name)
        factor = abs(effect) if name == "effect_error" else effect
        expected = getattr(one, source) * factor
        scale = np.nanmax(np.abs(expected))
        np.testing.assert_allclose(getattr(other, name), expected, rtol=1e-4, atol=1e-5 * scale, err_msg=name)


@few
@given(seeds, lengths, units, units)
def test_units_change_the_size_and_nothing_else(
    seed: int, periods: int, of_metric: float, of_goal: float
) -> None:
    metric, goal = pairs_of(seed, periods)

    one, other = link_of(metric, goal), link_of(of_metric * metric, of_goal * goal)

    alike(one, other, effect=of_goal / of_metric)
    assert verdicts(one) == verdicts(other)


@few
@given(seeds, lengths, st.floats(0.0, 1000.0), st.floats(0.0, 1000.0))
def test_where_zero_lies_changes_nothing(seed: int, periods: int, of_metric: float, of_goal: float) -> None:
    metric, goal = pairs_of(seed, periods)

    one, other = link_of(metric, goal), link_of(metric - of_metric, goal - of_goal)

    alike(one, other)
    assert verdicts(one) == verdicts(other)


@few
@given(seeds, units)
def test_the_unit_of_a_logged_series_does_not_even_change_the_size(seed: int, unit: float) -> None:
    metric, goal = (np.exp(0.5 * side) for side in pairs_of(seed, 80))

    one, other = link_of(metric, goal), link_of(unit * metric, goal / unit)

    logged = one.x_logged & one.y_logged
    np.testing.assert_array_equal(other.x_logged, one.x_logged)
    np.testing.assert_array_equal(other.y_logged, one.y_logged)
    assert logged.any()
    alike(one.pick(logged), other.pick(logged))


@few
@given(seeds, lengths, st.sampled_from(["metric", "goal"]))
def test_turning_a_side_round_turns_sign_and_effect(seed: int, periods: int, side: str) -> None:
    metric, goal = pairs_of(seed, periods)

    one = link_of(metric, goal)
    other = link_of(-metric, goal) if side == "metric" else link_of(metric, -goal)

    alike(one, other, effect=-1.0, flipped=True)
    assert verdicts(one, sign=1) == verdicts(other, sign=-1)


@few
@given(seeds, lengths)
def test_turning_both_sides_round_changes_nothing(seed: int, periods: int) -> None:
    metric, goal = pairs_of(seed, periods)

    alike(link_of(metric, goal), link_of(-metric, -goal))


@few
@given(seeds, lengths, st.permutations(range(PAIRS)))
def test_pairs_in_another_order_have_their_findings_in_that_order(
    seed: int, periods: int, order: list[int]
) -> None:
    metric, goal = pairs_of(seed, periods)

    alike(link_of(metric, goal).pick(order), link_of(metric[order], goal[order]))


@few
@given(seeds, lengths, st.sampled_from(["weekly", "monthly", "quarterly"]))
def test_a_pair_tested_alone_has_the_finding_it_has_in_company(
    seed: int, periods: int, frequency: str
) -> None:
    metric, goal = pairs_of(seed, periods)

    together = link_of(metric, goal, frequency=frequency)

    for pair in range(PAIRS):
        alone = link_of(metric[pair : pair + 1], goal[pair : pair + 1], frequency=frequency)
        alike(together.pick(pair), alone)


@few
@given(seeds, lengths, st.floats(-2.0, 2.0), st.floats(-2.0, 2.0))
def test_a_trend_in_both_changes_nothing(seed: int, periods: int, of_metric: float, of_goal: float) -> None:
    metric, goal = pairs_of(seed, periods)

    def line(slope: float) -> Floats:
        """Below zero throughout, whichever way it goes."""
        return slope * np.arange(float(periods)) - abs(slope) * periods

    one, other = link_of(metric, goal), link_of(metric + line(of_metric), goal + line(of_goal))

    alike(one, other)
    assert verdicts(one) == verdicts(other)


@few
@given(seeds, st.integers(39, 110), st.floats(1.0, 20.0))
def test_how_large_a_shared_season_is_changes_nothing(seed: int, periods: int, size: float) -> None:
    """Any pattern of 13 weeks lies within the columns, once both of their blocks are kept."""
    metric, goal = wandering(PAIRS, periods, seed=seed, root=0.6), wandering(PAIRS, periods, seed=seed + 1)
    pattern = 20.0 * np.resize(noise(1, 13, seed=seed + 2)[0], periods) - 200.0

    one, other = (
        link_of(metric + pattern, goal + pattern),
        link_of(metric + size * pattern, goal + size * pattern),
    )

    both = one.season_blocks[:, :2].all(axis=1)
    assert both.all()
    alike(one, other)


@few
@given(seeds)
def test_a_shared_season_does_not_hide_a_link(seed: int) -> None:
    metric = wandering(PAIRS, 104, seed=seed, root=0.4)
    goal = follower(metric, lag=3, by=1.5, seed=seed + 1)
    pattern = 3.0 * np.resize(noise(1, 13, seed=seed + 2)[0], 104)

    found = link_of(metric + pattern, goal + pattern)

    assert verdicts(link_of(metric, goal)) == [("supported", "")] * PAIRS
    assert verdicts(found) == [("supported", "")] * PAIRS
    np.testing.assert_array_equal(found.lag, 3)


@few
@given(seeds, lengths, st.integers(1, 8))
def test_missing_periods_before_the_first_value_change_only_the_length(
    seed: int, periods: int, more: int
) -> None:
    """Nothing is found in them: no row is used, and the surprises there are missing."""
    metric, goal = pairs_of(seed, periods)
    before = np.full((PAIRS, more), np.nan)

    found = link_of(np.hstack([before, metric]), np.hstack([before, goal]))

    assert (found.rows_used <= periods).all()
    assert np.isnan(found.x_surprise[:, :more]).all()
    assert np.isnan(found.y_surprise[:, :more]).all()
