"""Beliefs are added, reworded, retired and believed again."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from common.errors import ConflictError
from common.models import AuditEvent
from strategy.models import Mapping
from strategy.selectors.beliefs import wording_differences
from strategy.services import (
    UnableToChangeMappingError,
    mapping_adjust,
    mapping_bring_back,
    mapping_create,
    mapping_retire,
)
from strategy.tests.factories import goal_make, mapping_make, metric_make

UTC = ZoneInfo("UTC")


@pytest.fixture
def goal(product, alice):
    return goal_make(product, alice)


@pytest.fixture
def usage(product):
    return metric_make(product, key="first-job", kind="outcome")


def test_a_belief_starts_with_version_one(goal, usage, alice, now, today):
    mapping = mapping_create(
        goal=goal, metric=usage, belief="Because.", owner=alice, actor=alice, now=now, strength=3
    )

    assert (mapping.active_from, mapping.current.number, mapping.current.strength) == (today, 1, 3)
    assert AuditEvent.objects.get(action="belief added").after["metric"] == "First job"


def test_one_belief_a_pair_is_active(goal, usage, alice):
    mapping_make(goal, usage, alice)

    with pytest.raises(UnableToChangeMappingError, match="already"):
        mapping_make(goal, usage, alice)


@pytest.mark.parametrize("kind", ["impact", "output", "effort"])
def test_only_outcome_metrics_are_mapped(goal, product, alice, kind):
    with pytest.raises(UnableToChangeMappingError) as caught:
        mapping_make(goal, metric_make(product, key="other", kind=kind), alice)

    assert caught.value.field == "metric"


def test_another_products_metric_is_refused_and_the_organisations_is_welcome(goal, alice, charlie):
    foreign = metric_make(charlie.memberships.get().team.product, key="foreign", kind="outcome")
    shared = metric_make(None, key="shared", kind="outcome")

    with pytest.raises(UnableToChangeMappingError, match="this product"):
        mapping_make(goal, foreign, alice)

    assert mapping_make(goal, shared, alice).pk


def test_a_part_of_the_goals_own_ratio_is_refused(product, alice):
    part = metric_make(product, key="renewed", kind="outcome")
    ratio = metric_make(
        product, key="renewal", numerator=part, denominator=metric_make(product, key="due", kind="outcome")
    )
    goal = goal_make(product, alice, metric=ratio)

    with pytest.raises(UnableToChangeMappingError, match="part of the goal's own"):
        mapping_make(goal, part, alice)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"belief": " "}, "belief"),
        ({"direction": "?"}, "direction"),
        ({"strength": 4}, "strength"),
        ({"lag_weeks": 105}, "lag_weeks"),
        ({"lag_weeks": -1}, "lag_weeks"),
        ({"effect": float("nan")}, "effect"),
    ],
)
def test_it_names_the_field_of_the_wording_that_cannot_stand(goal, usage, alice, fields, field):
    with pytest.raises(UnableToChangeMappingError) as caught:
        mapping_make(goal, usage, alice, **fields)

    assert caught.value.field == field
    assert not Mapping.objects.exists()


def test_an_adjusted_belief_keeps_its_old_wording(goal, usage, alice, now, today):
    mapping = mapping_make(goal, usage, alice)

    version = mapping_adjust(
        mapping=mapping, changes={"lag_weeks": 6}, actor=alice, reason="Slower.", now=now
    )

    assert (version.number, version.lag_weeks, version.effective_from) == (2, 6, today)
    assert mapping.versions.get(number=1).lag_weeks is None
    assert AuditEvent.objects.get(action="belief adjusted").after == {"lag_weeks": 6}


def test_a_lag_that_nobody_can_name_is_not_the_same_week(goal, usage, alice, now):
    mapping = mapping_make(goal, usage, alice)

    named = mapping_adjust(mapping=mapping, changes={"lag_weeks": 0}, actor=alice, reason="At once.", now=now)
    taken_back = mapping_adjust(
        mapping=mapping, changes={"lag_weeks": None}, actor=alice, reason="Nobody knows.", now=now
    )

    first = mapping.versions.get(number=1)
    assert (first.lag_weeks, named.lag_weeks, taken_back.lag_weeks) == (None, 0, None)
    assert [change.after for change in wording_differences(first, named)] == ["0 weeks"]
    assert [change.after for change in wording_differences(named, taken_back)] == ["Not named"]
    assert [event.after for event in AuditEvent.objects.filter(action="belief adjusted").order_by("pk")] == [
        {"lag_weeks": 0},
        {"lag_weeks": None},
    ]


def test_a_stale_adjustment_is_refused(goal, usage, alice, now):
    mapping = mapping_make(goal, usage, alice)
    mapping_adjust(
        mapping=mapping, changes={"lag_weeks": 6}, actor=alice, reason="Slower.", now=now, expected_version=1
    )

    with pytest.raises(ConflictError):
        mapping_adjust(
            mapping=mapping,
            changes={"lag_weeks": 9},
            actor=alice,
            reason="Slower.",
            now=now,
            expected_version=1,
        )


def test_a_retired_belief_can_be_believed_again_with_its_gap_on_record(goal, usage, alice, now, today):
    mapping = mapping_make(goal, usage, alice, lag_weeks=4)
    mapping_retire(
        mapping=mapping, actor=alice, reason="Disproved.", now=datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
    )

    again = mapping_bring_back(mapping=mapping, actor=alice, reason="New figures.", now=now)

    assert (mapping.active_from, mapping.active_until) == (date(2025, 10, 1), date(2026, 6, 1))
    assert (again.active_from, again.active_until, again.current.lag_weeks) == (today, None, 4)


def test_retiring_and_adjusting_need_a_reason(goal, usage, alice, now):
    mapping = mapping_make(goal, usage, alice)

    with pytest.raises(UnableToChangeMappingError) as retired:
        mapping_retire(mapping=mapping, actor=alice, reason="", now=now)
    with pytest.raises(UnableToChangeMappingError) as adjusted:
        mapping_adjust(mapping=mapping, changes={"lag_weeks": 1}, actor=alice, reason="", now=now)

    assert (retired.value.field, adjusted.value.field) == ("reason", "reason")
