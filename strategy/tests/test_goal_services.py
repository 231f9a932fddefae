"""A goal's life: draft, active, edited, decided, retired, brought back."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from common.errors import ConflictError
from common.models import AuditEvent, SlugRedirect
from strategy import guards
from strategy.content import TargetContent, content_of
from strategy.models import Goal, QuarterResult
from strategy.selectors import version_differences, version_in_force, version_planned
from strategy.services import (
    UnableToChangeGoalError,
    goal_activate,
    goal_bring_back,
    goal_retire,
    goal_slug_change,
    goal_streak_restart,
    goal_version_create,
)
from strategy.tests.factories import goal_make, mapping_make, metric_make, target_make

UTC = ZoneInfo("UTC")


@pytest.fixture
def contest_open():
    """An app above refuses edits of what is measured."""
    guards.edit_guard_register(refuse)
    yield
    guards._GUARDS.remove(refuse)


def refuse(goal: Goal) -> str:
    return "A contest is open on this goal."


def test_a_goal_starts_as_a_draft_with_version_one(product, alice):
    goal = goal_make(product, alice, since=None)

    assert (goal.state, goal.slug) == ("draft", "customers-stay")
    assert (goal.current.number, goal.current.title) == (1, "Customers stay")
    assert [target.value for target in goal.current.targets.all()] == [85.0, 86.0, 87.0]
    assert AuditEvent.objects.filter(action="goal created", actor=alice).count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": "   "}, "title"),
        ({"title": "x" * 141}, "title"),
        ({"baseline": float("nan")}, "baseline"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"direction": "sideways"}, "direction"),
        ({"horizon": "soon"}, "horizon"),
        ({"targets": {"2026-Q4": float("inf")}}, "targets"),
        ({"direction": "band", "targets": {"2026-Q4": 3.0}}, "targets"),
    ],
)
def test_it_names_the_field_that_cannot_stand(product, alice, fields, field):
    with pytest.raises(UnableToChangeGoalError) as caught:
        goal_make(product, alice, **fields)

    assert caught.value.field == field
    assert not Goal.objects.exists()


@pytest.mark.parametrize("kind", ["outcome", "output", "effort"])
def test_it_judges_goals_on_impact_metrics_only(product, alice, kind):
    with pytest.raises(UnableToChangeGoalError, match="impact metric"):
        goal_make(product, alice, metric=metric_make(product, kind=kind))


def test_it_refuses_another_products_metric(product, alice, charlie):
    elsewhere = metric_make(charlie.memberships.get().team.product, key="foreign")

    with pytest.raises(UnableToChangeGoalError, match="this product"):
        goal_make(product, alice, metric=elsewhere)


def test_a_second_goal_of_the_same_title_gets_an_address_of_its_own(product, alice):
    goal_make(product, alice)
    second = goal_make(product, alice, key="other")

    assert second.slug == "customers-stay-2"


def test_a_goal_activated_in_mid_quarter_counts_from_the_next_one(product, alice):
    goal = goal_make(product, alice, since=datetime(2026, 5, 20, 9, 0, tzinfo=UTC))

    assert goal.counting_from == date(2026, 7, 1)


def test_a_goal_activated_on_a_quarters_first_day_counts_from_it(product, alice):
    goal = goal_make(product, alice, since=datetime(2026, 7, 1, 0, 0, tzinfo=UTC))

    assert goal.counting_from == date(2026, 7, 1)


def test_the_organisations_zone_decides_which_day_it_is(product, alice, organisation):
    organisation.time_zone = "Pacific/Kiritimati"  # 14 hours ahead
    organisation.save()

    goal = goal_make(product, alice, since=datetime(2026, 6, 30, 10, 30, tzinfo=UTC))

    assert goal.counting_from == date(2026, 7, 1)


def test_a_goal_without_a_target_to_come_cannot_be_activated(product, alice, now):
    goal = goal_make(product, alice, since=None, targets={"2026-Q3": 85.0})

    with pytest.raises(UnableToChangeGoalError) as caught:
        goal_activate(goal=goal, actor=alice, now=now)

    assert caught.value.field == "targets"


def test_a_draft_is_edited_freely_and_keeps_its_number(product, alice, now):
    goal = goal_make(product, alice, since=None)

    version = goal_version_create(
        goal=goal,
        changes={"title": "Customers stay longer", "baseline": 81.0},
        actor=alice,
        reason="",
        now=now,
    )

    assert (version.number, version.title, version.baseline) == (1, "Customers stay longer", 81.0)
    assert goal.versions.count() == 1


def test_an_edit_of_words_holds_at_once(product, alice, now, today):
    goal = goal_make(product, alice)

    goal_version_create(goal=goal, changes={"title": "They stay"}, actor=alice, reason="Clearer.", now=now)

    version = version_in_force(goal=goal, day=today)
    assert (version.number, version.title, version.effective_from) == (2, "They stay", today)
    assert version_in_force(goal=goal, day=date(2026, 10, 1)).number == 1
    assert version_planned(goal=goal, today=today) is None


def test_an_edit_of_the_measure_holds_from_the_next_quarter(product, alice, now, today):
    goal = goal_make(product, alice)

    goal_version_create(
        goal=goal, changes={"targets": [target_make("2027-Q1", 90.0)]}, actor=alice, reason="Harder.", now=now
    )

    assert version_in_force(goal=goal, day=today).number == 1
    version = version_in_force(goal=goal, day=date(2027, 1, 1))
    assert version.effective_from == date(2027, 1, 1)
    assert {row.quarter_start: row.value for row in version.targets.all()}[date(2027, 1, 1)] == 90.0
    assert goal.streak_from is None


def test_an_edit_of_both_kinds_makes_two_versions(product, alice, now, today):
    goal = goal_make(product, alice)

    goal_version_create(
        goal=goal,
        changes={"title": "They stay", "targets": [target_make("2027-Q1", 90.0)]},
        actor=alice,
        reason="Harder.",
        now=now,
    )

    first, second = version_in_force(goal=goal, day=today), version_planned(goal=goal, today=today)
    assert (first.title, content_of(first).target_of(date(2027, 1, 1)).value) == ("They stay", 87.0)
    assert (second.title, content_of(second).target_of(date(2027, 1, 1)).value) == ("They stay", 90.0)


def test_an_edit_of_words_reaches_the_planned_version_too(product, alice, now, today):
    goal = goal_make(product, alice)
    goal_version_create(
        goal=goal, changes={"targets": [target_make("2027-Q1", 90.0)]}, actor=alice, reason="Harder.", now=now
    )

    goal_version_create(goal=goal, changes={"bet": "A better bet."}, actor=alice, reason="Clearer.", now=now)

    planned = version_in_force(goal=goal, day=date(2027, 1, 1))
    assert (planned.bet, content_of(planned).target_of(date(2027, 1, 1)).value) == ("A better bet.", 90.0)
    assert content_of(version_in_force(goal=goal, day=today)).target_of(date(2027, 1, 1)).value == 87.0


@pytest.mark.parametrize("slug", ["2026-Q3", "2026-Q4"])
def test_the_target_of_a_quarter_that_has_begun_is_fixed(product, alice, now, slug):
    goal = goal_make(product, alice)

    with pytest.raises(UnableToChangeGoalError, match="is fixed"):
        goal_version_create(
            goal=goal, changes={"targets": [target_make(slug, 1.0)]}, actor=alice, reason="Easier.", now=now
        )

    assert goal.versions.count() == 1


def test_an_edit_needs_a_reason_and_a_change(product, alice, now):
    goal = goal_make(product, alice)

    with pytest.raises(UnableToChangeGoalError) as no_reason:
        goal_version_create(goal=goal, changes={"title": "Other"}, actor=alice, reason=" ", now=now)
    with pytest.raises(UnableToChangeGoalError, match="Nothing"):
        goal_version_create(
            goal=goal, changes={"title": "Customers stay"}, actor=alice, reason="So.", now=now
        )

    assert no_reason.value.field == "reason"


def test_a_stale_edit_is_refused_and_nothing_is_written(product, alice, now):
    goal = goal_make(product, alice)
    seen = goal.version
    goal_version_create(
        goal=goal, changes={"title": "First"}, actor=alice, reason="So.", now=now, expected_version=seen
    )

    with pytest.raises(ConflictError):
        goal_version_create(
            goal=goal, changes={"title": "Second"}, actor=alice, reason="So.", now=now, expected_version=seen
        )

    assert goal.versions.count() == 2


def test_the_measure_is_locked_while_a_contest_is_open(product, alice, now, contest_open):
    goal = goal_make(product, alice)

    with pytest.raises(UnableToChangeGoalError, match="contest is open"):
        goal_version_create(
            goal=goal,
            changes={"targets": [target_make("2027-Q1", 1.0)]},
            actor=alice,
            reason="Easier.",
            now=now,
        )
    with pytest.raises(UnableToChangeGoalError, match="contest is open"):
        goal_retire(goal=goal, actor=alice, reason="Away with it.", now=now)
    words = goal_version_create(goal=goal, changes={"title": "Words"}, actor=alice, reason="Fine.", now=now)

    assert words.number == 2


def test_a_decision_holds_from_the_next_quarter_and_starts_the_streak_at_zero(
    product, alice, now, today, contest_open
):
    goal = goal_make(product, alice)

    version = goal_version_create(
        goal=goal,
        changes={"title": "Decided", "targets": [target_make("2027-Q1", 84.0)]},
        actor=alice,
        reason="The vote.",
        now=now,
        origin="contest_decision",
    )

    goal.refresh_from_db()
    assert (version.effective_from, version.origin) == (date(2027, 1, 1), "contest_decision")
    assert version_in_force(goal=goal, day=today).title == "Customers stay"
    assert goal.streak_from == date(2026, 10, 1)


def test_a_streak_starts_again_with_the_quarter_that_has_not_closed_yet(product, alice):
    goal = goal_make(product, alice)

    before_close = goal_streak_restart(goal=goal, now=datetime(2027, 1, 10, 23, 59, tzinfo=UTC))
    after_close = goal_streak_restart(goal=goal, now=datetime(2027, 1, 11, 0, 0, tzinfo=UTC))

    assert (before_close, after_close) == (date(2026, 10, 1), date(2027, 1, 1))


def test_a_change_to_a_band_drops_the_targets_of_begun_quarters(product, alice, now):
    goal = goal_make(product, alice)

    version = goal_version_create(
        goal=goal,
        changes={"direction": "band", "targets": [target_make("2027-Q1", low=80.0, high=90.0)]},
        actor=alice,
        reason="Steady is enough.",
        now=now,
    )

    assert [(row.low, row.high) for row in version.targets.all()] == [(80.0, 90.0)]


def test_a_retired_goal_is_closed_to_edits_until_it_is_brought_back(product, alice, now):
    goal = goal_make(product, alice)
    goal_retire(goal=goal, actor=alice, reason="Done with it.", now=now)

    with pytest.raises(UnableToChangeGoalError, match="retired"):
        goal_version_create(goal=goal, changes={"title": "New"}, actor=alice, reason="So.", now=now)
    goal_bring_back(goal=goal, actor=alice, reason="Not done after all.", now=now)

    goal.refresh_from_db()
    assert goal.state == "active"
    assert goal.retired_at is None


def test_quarters_spent_in_retirement_are_exempt(product, alice, now):
    goal = goal_make(product, alice)
    goal_retire(goal=goal, actor=alice, reason="Later.", now=datetime(2026, 2, 3, 9, 0, tzinfo=UTC))

    goal_bring_back(goal=goal, actor=alice, reason="Now.", now=now)

    results = QuarterResult.objects.filter(goal=goal)
    assert [(row.quarter_start, row.verdict) for row in results] == [
        (date(2026, 4, 1), "exempt"),
        (date(2026, 7, 1), "exempt"),
    ]


def test_an_old_address_is_kept_as_a_redirect(product, alice, now):
    goal = goal_make(product, alice)

    goal_slug_change(goal=goal, slug="Stay!", actor=alice, now=now)
    other = goal_make(product, alice, key="other")

    assert goal.slug == "stay"
    assert SlugRedirect.objects.get(kind="strategy.goal", slug="customers-stay").object_id == goal.pk
    assert other.slug == "customers-stay-2"
    with pytest.raises(UnableToChangeGoalError, match="has this address"):
        goal_slug_change(goal=other, slug="stay", actor=alice, now=now)


def test_differences_are_told_in_the_words_of_the_form(product, alice, dana, now, organisation):
    goal = goal_make(product, alice)
    version = goal_version_create(
        goal=goal,
        changes={"owner": dana, "targets": [target_make("2027-Q1", 90.0), target_make("2027-Q2", 91.0)]},
        actor=alice,
        reason="Harder.",
        now=now,
    )

    rows = version_differences(goal.versions.get(number=1), version, calendar=organisation.calendar)

    assert [(row.label, row.before, row.after) for row in rows] == [
        ("Owner", "Alice", "Dana"),
        ("Target Q1 2027", "87.0%", "90.0%"),
        ("Target Q2 2027", "", "91.0%"),
    ]


def test_a_target_can_be_taken_out_again(product, alice, now, organisation):
    goal = goal_make(product, alice)
    quarter = organisation.calendar.parse("2027-Q1")

    version = goal_version_create(
        goal=goal,
        changes={"targets": [TargetContent(quarter.start, quarter.end)]},
        actor=alice,
        reason="Unknown yet.",
        now=now,
    )

    assert [row.quarter_start for row in version.targets.all()] == [date(2026, 7, 1), date(2026, 10, 1)]


def test_a_goal_cannot_move_to_a_metric_made_of_what_is_mapped_to_it(product, alice, now):
    goal = goal_make(product, alice)
    part = metric_make(product, key="active-users", kind="outcome")
    whole = metric_make(product, key="users", kind="outcome")
    ratio = metric_make(product, key="share", numerator=part, denominator=whole)
    mapping_make(goal, part, alice)

    with pytest.raises(UnableToChangeGoalError, match="Active users is mapped to this goal and would move"):
        goal_version_create(goal=goal, changes={"metric": ratio}, actor=alice, reason="Better.", now=now)
