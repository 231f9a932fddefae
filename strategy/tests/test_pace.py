"""Where a goal stands now, by the chance of its target or by pace."""

from __future__ import annotations

import pytest

from strategy.calculations.pace import Progress, status_now, status_of_chance
from strategy.calculations.verdicts import Aim

NEXT, LAST = Aim("increase", 20.0), Aim("increase", 40.0)


def progress(value, *, aim=NEXT, final=LAST, previous=10.0, **fields):
    values = {"fraction": 0.5, "stale": False} | fields
    return Progress(aim=aim, final=final, previous=previous, value=value, **values)


@pytest.mark.parametrize(
    ("value", "code"),
    [(15.0, "on_track"), (14.99, "at_risk"), (13.0, "at_risk"), (12.99, "off_track"), (40.0, "achieved")],
)
def test_it_compares_with_linear_pace_from_the_last_target(value, code):
    assert status_now(progress(value)).code == code


@pytest.mark.parametrize(
    ("value", "code"), [(7.5, "on_track"), (8.4, "at_risk"), (8.6, "off_track"), (1.0, "achieved")]
)
def test_pace_runs_downwards_for_a_goal_of_less(value, code):
    falling = progress(value, aim=Aim("decrease", 5.0), final=Aim("decrease", 1.0), previous=10.0)

    assert status_now(falling).code == code


@pytest.mark.parametrize(
    ("value", "code"),
    [(-5.0, "on_track"), (-6.0, "at_risk"), (-7.0, "at_risk"), (-7.5, "off_track"), (0.0, "achieved")],
)
def test_negative_and_zero_targets_have_a_pace_too(value, code):
    assert (
        status_now(progress(value, aim=Aim("increase", 0.0), final=Aim("increase", 0.0), previous=-10.0)).code
        == code
    )


def test_a_sum_starts_from_nothing_each_quarter():
    def code(value):
        return status_now(
            progress(value, aim=Aim("increase", 100.0), final=None, previous=80.0, aggregation="sum")
        ).code

    assert [code(50.0), code(30.0), code(29.0)] == ["on_track", "at_risk", "off_track"]


def test_a_sum_that_should_stay_low_is_not_achieved_before_the_quarter_ends():
    limit = Aim("decrease", 10.0)

    assert status_now(progress(1.0, aim=limit, final=limit, aggregation="sum")).code == "on_track"
    assert (
        status_now(progress(1.0, aim=limit, final=limit, aggregation="sum", fraction=1.0)).code == "achieved"
    )


@pytest.mark.parametrize(
    ("value", "code"), [(10.0, "on_track"), (12.3, "at_risk"), (9.7, "at_risk"), (13.0, "off_track")]
)
def test_a_band_is_on_track_inside_its_edges(value, code):
    band = Aim("band", low=10.0, high=12.0)

    assert status_now(progress(value, aim=band, final=band)).code == code


def test_a_flat_target_is_either_reached_or_off_track():
    flat = Aim("increase", 10.0)

    assert status_now(progress(10.0, aim=flat)).code == "on_track"
    assert status_now(progress(9.9, aim=flat)).code == "off_track"


def test_the_tolerance_helps_by_its_amount():
    assert status_now(progress(14.5, aim=Aim("increase", 20.0, tolerance=0.5))).code == "on_track"


def test_without_figures_or_a_target_there_is_no_data_and_a_reason():
    assert status_now(progress(None)).lack == "figures"
    assert status_now(progress(99.0, stale=True)).code == "no_data"
    assert status_now(progress(5.0, aim=None)).lack == "target"


@pytest.mark.parametrize(
    ("chance", "code"),
    [(0.99, "on_track"), (0.7, "on_track"), (0.69, "at_risk"), (0.3, "at_risk"), (0.29, "off_track")],
)
def test_a_chance_decides_where_there_is_one(chance, code):
    assert status_of_chance(chance) == code
    assert status_now(progress(1.0, chance=chance)).code == code
    assert status_now(progress(1.0, chance=chance)).by == "chance"


def test_without_a_chance_it_says_that_it_goes_by_pace():
    band = Aim("band", low=10.0, high=20.0)

    assert status_now(progress(15.0)).by == "pace"
    assert {status_now(progress(value, aim=band, final=band)).by for value in (15.0, 5.0)} == {"pace"}


def test_a_chance_is_enough_before_the_quarters_first_figure():
    assert status_now(progress(None, chance=0.8)).code == "on_track"


def test_a_reached_final_target_and_stale_figures_come_before_the_chance():
    assert status_now(progress(40.0, chance=0.1)).code == "achieved"
    assert status_now(progress(15.0, chance=0.9, stale=True)).code == "no_data"
    assert status_now(progress(15.0, chance=0.9, aim=None)).lack == "target"
