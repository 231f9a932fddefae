"""A belief whose metric and goal are computed from the same figures is refused, however it would come about."""

from __future__ import annotations

import pytest

from metrics.services import MetricRefusedError, metric_update
from strategy.services import (
    UnableToChangeGoalError,
    UnableToChangeMappingError,
    goal_retire,
    goal_version_create,
    mapping_bring_back,
    mapping_retire,
)
from strategy.tests.factories import goal_make, mapping_make, metric_make


@pytest.fixture
def paid(product):
    return metric_make(product, key="paid", kind="outcome")


@pytest.fixture
def trials(product):
    return metric_make(product, key="trials", kind="outcome")


@pytest.fixture
def conversion(product, paid, trials):
    """Paid over trials."""
    return metric_make(product, key="conversion", unit="", numerator=paid, denominator=trials)


def _reparted(metric, alice, **parts):
    return metric_update(
        metric=metric, actor=alice, changes_wanted=parts, reason="Better.", expected_version=metric.version
    )


@pytest.mark.parametrize("part", ["paid", "trials"])
def test_a_part_of_the_goals_ratio_is_refused(product, alice, conversion, part, request):
    goal = goal_make(product, alice, metric=conversion)

    with pytest.raises(UnableToChangeMappingError, match="by arithmetic") as caught:
        mapping_make(goal, request.getfixturevalue(part), alice)

    assert caught.value.field == "metric"


def test_the_reverse_a_ratio_over_the_goals_own_metric_is_refused(product, alice, trials):
    revenue = metric_make(product, key="revenue")
    each = metric_make(product, key="each", kind="outcome", unit="", numerator=revenue, denominator=trials)
    goal = goal_make(product, alice, metric=revenue)

    with pytest.raises(UnableToChangeMappingError, match="by arithmetic"):
        mapping_make(goal, each, alice)


def test_two_ratios_over_one_denominator_are_refused(product, alice, conversion, trials):
    asked = metric_make(product, key="asked", kind="outcome")
    share = metric_make(product, key="share", kind="outcome", unit="", numerator=asked, denominator=trials)
    goal = goal_make(product, alice, metric=conversion)

    with pytest.raises(UnableToChangeMappingError, match="by arithmetic"):
        mapping_make(goal, share, alice)


def test_a_goal_does_not_move_to_a_metric_that_its_beliefs_are_computed_from(product, alice, trials, now):
    revenue = metric_make(product, key="revenue")
    each = metric_make(product, key="each", kind="outcome", unit="", numerator=revenue, denominator=trials)
    other = metric_make(product, key="other", kind="outcome")
    goal = goal_make(product, alice)
    for metric in (each, trials, other):
        mapping_make(goal, metric, alice)
    ratio = metric_make(product, key="per-trial", unit="", numerator=revenue, denominator=trials)

    with pytest.raises(UnableToChangeGoalError) as caught:
        goal_version_create(goal=goal, changes={"metric": ratio}, actor=alice, reason="Better.", now=now)

    assert caught.value.field == "metric"
    assert "Each and Trials are mapped to this goal" in caught.value.message
    assert "Retire those beliefs first" in caught.value.message


def test_a_draft_does_not_either(product, alice, paid, trials, conversion, now):
    goal = goal_make(product, alice, since=None)
    mapping_make(goal, paid, alice)

    with pytest.raises(UnableToChangeGoalError, match="Paid is mapped to this goal"):
        goal_version_create(goal=goal, changes={"metric": conversion}, actor=alice, reason="", now=now)


def test_a_planned_metric_counts_as_well(product, alice, paid, conversion, now):
    goal = goal_make(product, alice)
    goal_version_create(goal=goal, changes={"metric": conversion}, actor=alice, reason="Better.", now=now)

    with pytest.raises(UnableToChangeMappingError, match="by arithmetic"):
        mapping_make(goal, paid, alice)


def test_a_belief_that_became_arithmetic_is_not_brought_back(product, alice, paid, conversion, now):
    goal = goal_make(product, alice)
    mapping = mapping_make(goal, paid, alice)
    mapping_retire(mapping=mapping, actor=alice, reason="No.", now=now)
    goal_version_create(goal=goal, changes={"metric": conversion}, actor=alice, reason="Better.", now=now)

    with pytest.raises(UnableToChangeMappingError, match="by arithmetic"):
        mapping_bring_back(mapping=mapping, actor=alice, reason="Yes.", now=now)


def test_a_goals_ratio_does_not_take_a_believed_metric_as_its_part(product, alice, conversion, now):
    asked = metric_make(product, key="asked", kind="outcome")
    goal = goal_make(product, alice, metric=conversion)
    mapping_make(goal, asked, alice)

    with pytest.raises(MetricRefusedError, match="Asked is believed to move") as caught:
        _reparted(conversion, alice, denominator=asked)

    conversion.refresh_from_db()
    assert caught.value.field == "denominator"
    assert conversion.denominator.key == "trials"


def test_a_believed_metric_does_not_become_a_ratio_over_the_goals_own(product, alice, trials, now):
    revenue = metric_make(product, key="revenue")
    usage = metric_make(product, key="usage", kind="outcome", unit="")
    mapping_make(goal_make(product, alice, metric=revenue), usage, alice)

    with pytest.raises(MetricRefusedError, match="nothing to test") as caught:
        _reparted(usage, alice, numerator=revenue, denominator=trials)

    assert caught.value.field == "numerator"


def test_a_planned_goals_metric_is_minded_too(product, alice, paid, trials, now):
    goal = goal_make(product, alice)
    mapping_make(goal, paid, alice)
    coming = metric_make(product, key="coming", unit="")
    goal_version_create(goal=goal, changes={"metric": coming}, actor=alice, reason="Better.", now=now)

    with pytest.raises(MetricRefusedError, match="Paid is believed to move"):
        _reparted(coming, alice, numerator=paid, denominator=trials)


def test_parts_that_touch_no_belief_are_free(product, alice, conversion, now):
    asked = metric_make(product, key="asked", kind="outcome")
    mapping_make(
        goal_make(product, alice, metric=conversion), metric_make(product, key="far", kind="outcome"), alice
    )

    assert _reparted(conversion, alice, numerator=asked).numerator == asked


def test_a_retired_belief_forbids_nothing(product, alice, conversion, now):
    asked = metric_make(product, key="asked", kind="outcome")
    goal = goal_make(product, alice, metric=conversion)
    mapping = mapping_make(goal, asked, alice)
    mapping_retire(mapping=mapping, actor=alice, reason="No.", now=now)
    goal_retire(goal=goal, actor=alice, reason="Gone.", now=now)

    assert _reparted(conversion, alice, denominator=asked).denominator == asked
