"""The table of verdicts, row by row in its order; made findings stand for the link test."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from metrics.analysis.result import LinkResult
from metrics.analysis.settling import LONGEST_WAIT, SETTLED_CHANCE, periods_to_settle
from metrics.analysis.tests.made import finding
from metrics.analysis.verdict import (
    MINIMUM_PERIODS,
    SETTLED_PERIODS,
    Decisions,
    Reason,
    Verdict,
    benjamini_hochberg,
    minimum_detectable,
    smallest_link_of,
    verdicts_decide,
)


def verdict(link: LinkResult, **options: Any) -> tuple[Verdict, Reason]:
    decided = verdicts_decide(link, **({"believed_sign": 1} | options))
    return decided.verdict[0], decided.reason[0]


def unfound(**fields: Any) -> LinkResult:
    """A pair of which nothing can be said yet: scores that fit a useful link as well as none."""
    return finding(**({"p": 0.4, "z_own_form": 1.6, "z_noise_form": 1.6} | fields))


# --- the rows of the table ------------------------------------------------------------------------


@pytest.mark.parametrize(("frequency", "least"), MINIMUM_PERIODS.items())
def test_1_below_the_least_history_there_are_not_enough_data(frequency: str, least: int) -> None:
    short = finding(frequency=frequency, periods=least - 1)
    enough = finding(frequency=frequency, periods=least)

    assert verdict(short) == (Verdict.NOT_ENOUGH_DATA, Reason.NONE)
    assert verdict(enough) == (Verdict.SUPPORTED, Reason.NONE)


def test_1_a_pair_that_could_not_be_tested_has_not_enough_data() -> None:
    nothing = finding(usable=False, p=np.nan, sign=0, lag=-1, df=np.nan, critical=np.nan)

    assert verdict(nothing) == (Verdict.NOT_ENOUGH_DATA, Reason.NONE)


def test_2_a_found_link_of_the_believed_sign_is_supported() -> None:
    assert verdict(finding(sign=1)) == (Verdict.SUPPORTED, Reason.NONE)
    assert verdict(finding(sign=-1), believed_sign=-1) == (Verdict.SUPPORTED, Reason.NONE)


def test_3_a_found_link_of_the_other_sign_is_contradicted() -> None:
    assert verdict(finding(sign=-1)) == (Verdict.CONTRADICTED, Reason.OPPOSITE)
    assert verdict(finding(sign=1), believed_sign=-1) == (Verdict.CONTRADICTED, Reason.OPPOSITE)


@pytest.mark.parametrize("sign", [1, -1])
def test_2_and_3_ask_for_the_metrics_own_surprises_to_agree(sign: int) -> None:
    assert verdict(finding(sign=sign, agrees=False)) == (Verdict.INCONCLUSIVE, Reason.NONE)


def test_4_where_even_a_strong_link_would_be_missed_there_are_not_enough_data() -> None:
    """The least correlation that four tests in five find: tanh((2.97 + 0.84) / sqrt(df - 1)) against 0.65."""
    assert verdict(unfound(df=24.0)) == (Verdict.NOT_ENOUGH_DATA, Reason.NONE)
    assert verdict(unfound(df=27.0)) == (Verdict.INCONCLUSIVE, Reason.NONE)


def test_4_comes_after_a_found_link() -> None:
    assert verdict(finding(df=15.0)) == (Verdict.SUPPORTED, Reason.NONE)


def test_5_a_link_too_small_at_every_lag_is_contradicted() -> None:
    small = unfound(df=200.0, z_own_form=0.5, z_noise_form=0.5)

    assert verdict(small) == (Verdict.CONTRADICTED, Reason.TOO_SMALL)


@pytest.mark.parametrize("form", ["z_own_form", "z_noise_form"])
def test_5_one_lag_of_either_form_that_may_be_large_enough_leaves_it_open(form: str) -> None:
    """The one-sided limit tanh((z + 1.645) / sqrt(199)) passes 0.30 at z = 2.72."""
    scores = np.full((1, 9), 0.5)
    link = {"df": 200.0, "z_own_form": 0.5, "z_noise_form": 0.5}
    scores[0, 6] = 2.8
    assert verdict(unfound(**(link | {form: scores}))) == (Verdict.INCONCLUSIVE, Reason.NONE)

    scores[0, 6] = 2.65
    assert verdict(unfound(**(link | {form: scores}))) == (Verdict.CONTRADICTED, Reason.TOO_SMALL)


def test_5_looks_in_the_believed_direction_only() -> None:
    falling = unfound(df=200.0, z_own_form=-2.5, z_noise_form=-2.5)

    assert verdict(falling, believed_sign=1) == (Verdict.CONTRADICTED, Reason.TOO_SMALL)
    assert verdict(falling, believed_sign=-1, smallest_link=0.25) == (Verdict.INCONCLUSIVE, Reason.NONE)


def test_5_a_link_is_too_small_for_who_wants_more_of_it() -> None:
    moderate = unfound(df=200.0, z_own_form=2.0, z_noise_form=2.0)

    assert verdict(moderate, smallest_link=0.2) == (Verdict.INCONCLUSIVE, Reason.NONE)
    assert verdict(moderate, smallest_link=0.5) == (Verdict.CONTRADICTED, Reason.TOO_SMALL)


def test_5_comes_after_a_found_link() -> None:
    """Found, and its size is for the effect to say."""
    assert verdict(finding(df=200.0)) == (Verdict.SUPPORTED, Reason.NONE)


def test_6_anything_else_is_inconclusive() -> None:
    assert verdict(unfound()) == (Verdict.INCONCLUSIVE, Reason.NONE)


def test_a_p_of_exactly_the_level_is_not_found() -> None:
    assert verdict(unfound(p=0.05)) == (Verdict.INCONCLUSIVE, Reason.NONE)
    assert verdict(finding(p=0.0499)) == (Verdict.SUPPORTED, Reason.NONE)
    assert verdict(finding(p=0.0499), alpha=0.01)[0] is not Verdict.SUPPORTED


def test_the_adjusted_p_decides_where_it_is_given() -> None:
    assert verdict(unfound(p=0.03))[0] is Verdict.SUPPORTED
    assert verdict(unfound(p=0.03), p_adjusted=[0.2])[0] is Verdict.INCONCLUSIVE
    assert verdict(unfound(p=0.03), p_adjusted=[np.nan])[0] is Verdict.INCONCLUSIVE


def test_a_family_is_decided_pair_by_pair() -> None:
    link = finding(
        5,
        p=[0.001, 0.001, 0.4, 0.4, np.nan],
        sign=[1, -1, 1, 1, 0],
        usable=[True, True, True, True, False],
        df=[90.0, 90.0, 90.0, 300.0, np.nan],
        z_own_form=[[2.0] * 9] * 3 + [[0.0] * 9] * 2,
    )

    decided = verdicts_decide(link, believed_sign=[1, 1, 1, 1, 1])

    assert [str(one) for one in decided.verdict] == [
        "supported", "contradicted", "inconclusive", "contradicted", "not_enough_data"
    ]  # fmt: skip
    assert [str(one) for one in decided.reason] == ["", "opposite", "", "too_small", ""]
    assert len(decided) == 5


# --- provisional ----------------------------------------------------------------------------------


def provisional(link: LinkResult, **options: Any) -> bool:
    decided: Decisions = verdicts_decide(link, **({"believed_sign": 1} | options))
    return bool(decided.provisional[0])


@pytest.mark.parametrize(("frequency", "settled"), SETTLED_PERIODS.items())
def test_a_verdict_from_a_short_history_is_provisional(frequency: str, settled: int) -> None:
    assert provisional(finding(frequency=frequency, periods=settled - 1))
    assert not provisional(finding(frequency=frequency, periods=settled))
    assert provisional(unfound(frequency=frequency, periods=settled - 1))


def test_a_link_that_only_just_passes_is_provisional() -> None:
    assert provisional(finding(p=0.02))
    assert not provisional(finding(p=0.01))
    assert provisional(finding(p=0.001), p_adjusted=[0.02])


def test_a_high_p_makes_nothing_provisional() -> None:
    assert not provisional(unfound(p=0.4))


def test_not_enough_data_is_never_provisional() -> None:
    assert not provisional(finding(periods=20))
    assert not provisional(unfound(periods=30, df=12.0))


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [0, 2, np.nan])
def test_a_sign_that_is_none_is_refused(sign: float) -> None:
    with pytest.raises(ValueError, match=r"must be \+1 or -1"):
        verdict(finding(), believed_sign=sign)


@pytest.mark.parametrize("size", [0.0, 1.0, -0.3, np.nan])
def test_a_size_that_is_no_correlation_is_refused(size: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        verdict(finding(), smallest_link=size)


@pytest.mark.parametrize("name", ["believed_sign", "p_adjusted", "smallest_link"])
def test_too_many_or_too_few_of_something_are_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name} has the shape \(3,\); .* one for each of 2 pairs"):
        verdict(finding(2), **{name: [0.5, 0.5, 0.5]})


# --- the family -----------------------------------------------------------------------------------

p_values = st.lists(st.floats(0.0, 1.0) | st.just(float("nan")), max_size=30)


@settings(max_examples=60, deadline=None)
@given(p_values)
def test_adjusted_p_values_are_scipys_and_untested_pairs_are_not_counted(given_p: list[float]) -> None:
    p = np.array(given_p)
    tested = np.isfinite(p)

    adjusted = benjamini_hochberg(p)

    assert np.isnan(adjusted[~tested]).all()
    if tested.any():
        np.testing.assert_allclose(adjusted[tested], stats.false_discovery_control(p[tested], method="bh"))


def test_one_tested_pair_needs_no_correction() -> None:
    np.testing.assert_array_equal(benjamini_hochberg([np.nan, 0.03]), [np.nan, 0.03])


def test_equal_p_values_are_adjusted_alike() -> None:
    np.testing.assert_allclose(benjamini_hochberg([0.02, 0.04, 0.02]), [0.03, 0.04, 0.03])


# --- the smallest link and what can be detected ---------------------------------------------------


def test_the_smallest_link_is_the_share_of_the_movement_that_the_wanted_effect_would_make() -> None:
    """3 and 4 are the sides of a right triangle with 5."""
    assert smallest_link_of(1.5, 2.0, 4.0) == pytest.approx(0.6)
    assert smallest_link_of(-1.5, 2.0, 4.0) == pytest.approx(0.6)
    np.testing.assert_allclose(smallest_link_of([1.5, 3.0], [2.0, 1.0], [4.0, 4.0]), [0.6, 0.6])


def test_the_smallest_link_of_nothing_is_nought() -> None:
    assert smallest_link_of(0.0, 2.0, 4.0) == 0.0
    assert smallest_link_of(1.0, 0.0, 0.0) == 0.0


def test_a_detectable_correlation_is_passed_by_four_tests_in_five() -> None:
    """On Fisher's scale a correlation is normal with deviation 1 / sqrt(df - 1)."""
    detectable = minimum_detectable(np.array([2.97]), np.array([90.0]))

    centre = np.arctanh(detectable) * np.sqrt(89.0)
    assert stats.norm.sf(2.97 - centre) == pytest.approx(0.8, abs=1e-4)


def test_more_data_detect_less() -> None:
    found = minimum_detectable(np.full(4, 2.97), np.array([20.0, 50.0, 100.0, 200.0]))

    assert (np.diff(found) < 0).all()


# --- when it will settle --------------------------------------------------------------------------


def waits(
    scores: list[float], *, df: float = 90.0, smallest: float = 0.3, sign: int = 1, **fields: Any
) -> Any:
    link = finding(
        len(scores),
        df=df,
        z_own_form=np.repeat(np.array(scores)[:, None], 9, axis=1),
        z_noise_form=-9.0 * sign,
        **fields,
    )
    return periods_to_settle(link, np.full(len(scores), float(sign)), np.full(len(scores), smallest))


def test_the_nearer_the_score_to_the_limit_the_sooner_it_settles() -> None:
    found = waits([2.1, 2.4, 2.7, 2.95, 4.0])

    assert (np.diff(found) <= 0).all()
    assert found[0] > found[-1] >= 1


def test_the_smaller_the_score_the_sooner_it_is_ruled_out() -> None:
    found = waits([1.0, 0.5, 0.0, -1.0, -2.0], df=40.0)

    assert (np.diff(found) <= 0).all()
    assert found[0] > found[-1]


def test_the_less_is_worth_acting_on_the_longer_it_takes_to_rule_out() -> None:
    found = [waits([0.0], smallest=smallest, df=40.0)[0] for smallest in (0.5, 0.4, 0.3, 0.25)]

    assert (np.diff(found) >= 0).all()
    assert found[-1] > found[0]


def test_the_wait_is_the_first_period_with_a_chance_of_four_in_five() -> None:
    """The same posterior, written with scipy's normal distribution."""
    score, df, smallest = 2.0, 89.0, 0.3
    v = 1 / (df + 1 / 0.3**2)

    def chance(more: int) -> float:
        total = df + more
        later = stats.norm(
            (np.sqrt(df) * score + more * score * np.sqrt(df) * v) / np.sqrt(total),
            np.sqrt((more + more**2 * v) / total),
        )
        return float(later.sf(2.97) + later.cdf(np.arctanh(smallest) * np.sqrt(total) - 1.645))

    wait = int(waits([score], df=df + 1)[0])

    assert chance(wait) >= SETTLED_CHANCE > chance(wait - 1)


@pytest.mark.parametrize(("frequency", "longest"), LONGEST_WAIT.items())
def test_beyond_two_years_there_is_no_date(frequency: str, longest: int) -> None:
    found = waits([1.5], smallest=0.05, df=90.0, frequency=frequency)

    assert np.isinf(found).all()
    near = waits([6.0], frequency=frequency)
    assert 1 <= near[0] <= longest


def test_the_better_of_both_forms_speaks_in_the_believed_direction() -> None:
    rising, falling = waits([2.5]), waits([-2.5], sign=-1)

    np.testing.assert_array_equal(rising, falling)
    assert waits([-2.5])[0] < rising[0]


def test_only_an_inconclusive_verdict_waits() -> None:
    link = finding(3, p=[0.001, 0.4, 0.4], df=[90.0, 90.0, 12.0], z_own_form=2.0, z_noise_form=2.0)

    wait = verdicts_decide(link, believed_sign=1).periods_to_settle

    np.testing.assert_array_equal(np.isnan(wait), [True, False, True])


def test_nobody_waits_for_nothing() -> None:
    assert periods_to_settle(finding(0), np.zeros(0), np.zeros(0)).shape == (0,)
