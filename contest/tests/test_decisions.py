"""A decision applies itself: the goal's next version, from the next quarter's first day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from common.errors import ApplicationError, ConflictError
from common.models import OutboxMessage
from contest.errors import ContestClosedError, ContestRuleError, DecisionNotApplicableError
from contest.models import Contest, FollowUp
from contest.services import (
    contest_cancel,
    contest_close_by_choice,
    contest_delay,
    decision_apply,
    decisions_apply_due,
    follow_ups_tell_due,
    proposal_withdraw,
)
from contest.signals import contest_decided
from contest.tests.factories import day, proposal_make
from strategy.models import Goal, GoalVersion, Mapping
from strategy.services import quarters_evaluate
from strategy.tests.factories import mapping_make, metric_make

REASON = "The figures say so."


def _decide(contest: Contest, proposal: Any, alice: Any, later: datetime) -> Contest:
    return contest_close_by_choice(contest=contest, proposal=proposal, actor=alice, reason=REASON, now=later)


def test_revised_targets_become_the_next_version(
    contest: Contest, alice: Any, erin: Any, now: datetime, later: datetime
) -> None:
    proposal = proposal_make(contest, erin, now=now)

    decided = _decide(contest, proposal, alice, later)

    assert (decided.phase, decided.outcome) == ("decided", "adopted")
    version = decided.applied_version
    assert version is not None
    assert version.origin == GoalVersion.Origin.CONTEST
    assert version.effective_from == date(2027, 1, 1)
    assert (version.number, version.reason) == (2, REASON)
    targets = {row.quarter_start.isoformat(): row.value for row in version.targets.all()}
    assert (targets["2026-10-01"], targets["2027-01-01"], targets["2027-04-01"]) == (88.0, 80.0, 81.5)
    first = contest.goal.versions.get(number=1)
    assert first.targets.get(quarter_start="2027-01-01").value == 90.0


def test_targets_after_the_last_proposed_one_are_gone(
    contest: Contest, alice: Any, now: datetime, later: datetime
) -> None:
    change = {"targets": [{"quarter": "2027-Q1", "value": 80.0}]}
    proposal = proposal_make(contest, alice, now=now, change=change)

    version = _decide(contest, proposal, alice, later).applied_version

    assert version is not None
    assert not version.targets.filter(quarter_start__gte="2027-04-01").exists()


def test_a_replaced_goal_keeps_its_identity(
    product: Any, contest: Contest, alice: Any, now: datetime, later: datetime
) -> None:
    metric_make(product, key="churn")
    change = {
        "title": "Fewer customers leave",
        "bet": "Losing fewer is cheaper than winning more.",
        "metric": "churn",
        "direction": "decrease",
        "baseline": 6.0,
        "horizon": "long",
        "targets": [{"quarter": "2027-Q1", "value": 5.0}],
    }
    proposal = proposal_make(contest, alice, now=now, kind="replace_goal", change=change)

    version = _decide(contest, proposal, alice, later).applied_version

    assert version is not None
    assert version.goal_id == contest.goal_id
    assert (version.title, version.metric.key, version.direction) == (
        "Fewer customers leave",
        "churn",
        "decrease",
    )
    assert version.effective_from == date(2027, 1, 1)
    in_force = contest.goal.versions.get(number=1)
    assert in_force.title == "Customers stay"


def test_changed_mappings_hold_from_the_next_quarter(
    product: Any, goal: Any, alice: Any, now: datetime
) -> None:
    activation = metric_make(product, key="activation", kind="outcome")
    sharing = metric_make(product, key="sharing", kind="outcome")
    metric_make(product, key="invites", kind="outcome")
    retired, revised = mapping_make(goal, activation, alice), mapping_make(goal, sharing, alice)
    quarters_evaluate(now=now)
    contest = Contest.objects.get()
    change = {
        "changes": [
            {"action": "add", "metric": "invites", "belief": "Because teams stay.", "strength": 3},
            {"action": "retire", "mapping": retired.pk, "reason": "It moved nothing."},
            {"action": "revise", "mapping": revised.pk, "strength": 1, "lag_weeks": 8},
        ]
    }
    proposal = proposal_make(contest, alice, now=now, kind="change_mappings", change=change)

    decided = _decide(contest, proposal, alice, contest.proposals_until)

    retired.refresh_from_db()
    assert retired.active_until == date(2027, 1, 1)
    assert revised.versions.order_by("-number")[0].effective_from == date(2027, 1, 1)
    newest = revised.versions.order_by("-number")[0]
    assert (newest.strength, newest.lag_weeks) == (1, 8)
    added = Mapping.objects.get(goal=goal, metric__key="invites")
    assert added.versions.get().lag_weeks is None
    assert added.active_from == date(2027, 1, 1)
    assert decided.applied_version is not None
    assert decided.applied_version.effective_from == date(2027, 1, 1)
    assert decided.evidence["mappings"][0]["readings"][0]["met"] is None


def test_a_retired_goal_ends_on_the_next_quarters_first_day(
    contest: Contest, goal: Any, alice: Any, now: datetime, later: datetime
) -> None:
    proposal = proposal_make(contest, alice, now=now, kind="retire_goal", title="End it")

    decided = _decide(contest, proposal, alice, later)
    assert decided.applied_at is None
    assert decisions_apply_due(now=day("2026-12-31")) == []
    assert Goal.objects.get(pk=goal.pk).state == Goal.State.ACTIVE

    assert [row.pk for row in decisions_apply_due(now=day("2027-01-01"))] == [contest.pk]
    assert Goal.objects.get(pk=goal.pk).state == Goal.State.RETIRED
    assert decisions_apply_due(now=day("2027-01-02")) == []
    assert not FollowUp.objects.exists()


def test_keeping_changes_nothing_but_the_streak(
    contest: Contest, goal: Any, alice: Any, later: datetime
) -> None:
    decided = _decide(contest, contest.proposals.get(kind="keep"), alice, later)

    goal.refresh_from_db()
    assert decided.outcome == "kept"
    assert decided.applied_version is None
    assert goal.versions.count() == 1
    assert goal.streak_from == date(2026, 10, 1)


def test_the_streak_starts_with_the_first_quarter_not_yet_closed(
    contest: Contest, goal: Any, alice: Any
) -> None:
    _decide(contest, contest.proposals.get(kind="keep"), alice, day("2027-01-05"))

    goal.refresh_from_db()
    assert goal.streak_from == date(2026, 10, 1)


def test_deciding_twice_changes_nothing_more(
    contest: Contest, alice: Any, now: datetime, later: datetime
) -> None:
    proposal = proposal_make(contest, alice, now=now)
    decided = decision_apply(contest=contest, proposal=proposal, actor=alice, reason=REASON, now=later)
    messages = OutboxMessage.objects.count()

    again = decision_apply(contest=contest, proposal=proposal, actor=alice, reason="Another.", now=later)

    assert again.decision_reason == REASON
    assert again.decided_at == decided.decided_at
    assert contest.goal.versions.count() == 2
    assert FollowUp.objects.count() == 2
    assert OutboxMessage.objects.count() == messages
    keep = contest.proposals.get(kind="keep")
    with pytest.raises(ContestClosedError):
        decision_apply(contest=contest, proposal=keep, actor=alice, reason=REASON, now=later)


def test_a_look_back_is_booked_and_told_once(
    contest: Contest, goal: Any, alice: Any, now: datetime, later: datetime
) -> None:
    _decide(contest, proposal_make(contest, alice, now=now), alice, later)
    booked = list(FollowUp.objects.values_list("number", "quarter_start", "due_on"))
    assert booked == [(1, date(2027, 1, 1), date(2027, 4, 11)), (2, date(2027, 4, 1), date(2027, 7, 11))]

    after = day("2027-04-12")
    assert follow_ups_tell_due(now=after) == []  # its quarter has not been judged yet
    quarters_evaluate(now=after)
    told = follow_ups_tell_due(now=after)

    assert [row.number for row in told] == [1]
    assert follow_ups_tell_due(now=after) == []
    assert OutboxMessage.objects.filter(dedupe_key=f"contest-follow-up:{told[0].pk}:{alice.pk}").exists()


def test_it_tells_whoever_listens(contest: Contest, alice: Any, later: datetime) -> None:
    heard: list[Contest] = []

    def listen(sender: Any, contest: Contest, **kwargs: Any) -> None:
        heard.append(contest)

    contest_decided.connect(listen)
    try:
        _decide(contest, contest.proposals.get(kind="keep"), alice, later)
    finally:
        contest_decided.disconnect(listen)

    assert [row.outcome for row in heard] == ["kept"]


def test_differences_stay_as_they_were_at_the_decision(
    contest: Contest, alice: Any, now: datetime, later: datetime
) -> None:
    proposal = proposal_make(contest, alice, now=now)

    _decide(contest, proposal, alice, later)

    proposal.refresh_from_db()
    assert proposal.difference == [["Target Q1 2027", "90.0%", "80.0%"], ["Target Q2 2027", "92.0%", "81.5%"]]


def test_an_early_choice_would_be_a_veto(contest: Contest, alice: Any, now: datetime) -> None:
    with pytest.raises(ContestRuleError, match="2 December 2026"):
        _decide(contest, contest.proposals.get(kind="keep"), alice, now + timedelta(days=1))


@pytest.mark.parametrize("person", ["bob", "erin"])
def test_only_a_product_manager_chooses(
    contest: Contest, person: str, request: pytest.FixtureRequest, later: datetime
) -> None:
    with pytest.raises(PermissionDenied):
        _decide(contest, contest.proposals.get(kind="keep"), request.getfixturevalue(person), later)


def test_a_choice_needs_a_reason_and_the_contest_as_it_stands(
    contest: Contest, alice: Any, later: datetime
) -> None:
    keep = contest.proposals.get(kind="keep")

    with pytest.raises(ContestRuleError, match="reason"):
        contest_close_by_choice(contest=contest, proposal=keep, actor=alice, reason="  ", now=later)
    with pytest.raises(ConflictError):
        contest_close_by_choice(
            contest=contest, proposal=keep, actor=alice, reason=REASON, now=later, expected_version=99
        )
    contest.refresh_from_db()
    assert contest.is_open


def test_drafts_and_withdrawn_ones_cannot_be_chosen(
    contest: Contest, alice: Any, now: datetime, later: datetime
) -> None:
    draft = proposal_make(contest, alice, now=now, draft=True)
    gone = proposal_make(contest, alice, now=now)
    gone = proposal_withdraw(proposal=gone, actor=alice, expected_version=gone.version)

    for entry in (draft, gone):
        with pytest.raises(ContestRuleError, match="Choose one of"):
            _decide(contest, entry, alice, later)


def test_what_can_no_longer_be_done_leaves_the_contest_open(
    contest: Contest, goal: Any, alice: Any, now: datetime
) -> None:
    change = {"targets": [{"quarter": "2027-Q1", "value": 80.0}]}
    proposal = proposal_make(contest, alice, now=now, change=change)

    with pytest.raises(DecisionNotApplicableError):
        _decide(contest, proposal, alice, day("2027-05-01"))

    contest.refresh_from_db()
    goal.refresh_from_db()
    assert contest.is_open
    assert goal.streak_from is None
    assert goal.versions.count() == 1


def test_a_metric_archived_meanwhile_is_refused(
    product: Any, contest: Contest, alice: Any, now: datetime, later: datetime
) -> None:
    metric = metric_make(product, key="churn")
    change = {
        "title": "Fewer leave",
        "bet": "Cheaper.",
        "metric": "churn",
        "direction": "decrease",
        "baseline": 6.0,
        "horizon": "short",
        "targets": [{"quarter": "2027-Q1", "value": 5.0}],
    }
    proposal = proposal_make(contest, alice, now=now, kind="replace_goal", change=change)
    metric.archived_at = now
    metric.save()

    with pytest.raises(ApplicationError):
        _decide(contest, proposal, alice, later)

    assert Contest.objects.get(pk=contest.pk).is_open


def test_a_contest_is_delayed_once_by_14_days(contest: Contest, alice: Any, erin: Any, now: datetime) -> None:
    until = contest.proposals_until

    delayed = contest_delay(contest=contest, actor=alice, reason="Holidays.", expected_version=1, now=now)

    assert delayed.proposals_until == until + timedelta(days=14)
    with pytest.raises(ContestRuleError, match="no second delay"):
        contest_delay(contest=contest, actor=alice, reason="More holidays.", expected_version=None, now=now)
    with pytest.raises(PermissionDenied):
        contest_delay(contest=contest, actor=erin, reason="Please.", expected_version=None, now=now)


def test_only_an_admin_cancels_and_says_why(contest: Contest, alice: Any, dana: Any, now: datetime) -> None:
    with pytest.raises(PermissionDenied):
        contest_cancel(contest=contest, actor=alice, reason="No.", expected_version=None, now=now)
    with pytest.raises(ContestRuleError):
        contest_cancel(contest=contest, actor=dana, reason=" ", expected_version=None, now=now)

    cancelled = contest_cancel(
        contest=contest, actor=dana, reason="Wrong file.", expected_version=None, now=now
    )

    assert cancelled.phase == "cancelled"
