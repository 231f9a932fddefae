"""Proposals: drafted in private, complete when proposed, changed by their authors only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from common.errors import ConflictError
from common.models import AuditEvent
from contest.calculations.changes import ChangeInvalidError
from contest.errors import ContestClosedError, ProposalRefusedError
from contest.models import Contest, Proposal
from contest.services import (
    contest_cancel,
    proposal_create,
    proposal_edit,
    proposal_submit,
    proposal_withdraw,
)
from contest.services.proposals import REQUIRED
from contest.tests.factories import NEW_TARGETS, WORDS, day, proposal_make


def test_a_member_of_a_stream_team_proposes(contest: Contest, erin: Any, now: datetime) -> None:
    proposal = proposal_make(contest, erin, now=now)

    assert proposal.state == "proposed"
    assert proposal.submitted_at == now
    assert list(proposal.authors.all()) == [erin]
    assert proposal.base_version == contest.goal_version
    actions = AuditEvent.objects.filter(subject=f"contest.proposal:{proposal.pk}").values_list(
        "action", flat=True
    )
    assert set(actions) == {"proposal drafted", "proposal proposed"}


@pytest.mark.parametrize("person", ["bob", "charlie"])
def test_viewers_and_strangers_cannot(
    contest: Contest, person: str, request: pytest.FixtureRequest, now: datetime
) -> None:
    with pytest.raises(PermissionDenied):
        proposal_make(contest, request.getfixturevalue(person), now=now)

    assert not Proposal.objects.exclude(kind="keep").exists()


@pytest.mark.parametrize("missing", sorted(REQUIRED))
def test_what_is_proposed_is_complete(contest: Contest, erin: Any, now: datetime, missing: str) -> None:
    words: dict[str, Any] = {missing: "  "}

    with pytest.raises(ProposalRefusedError) as caught:
        proposal_make(contest, erin, now=now, **words)

    assert caught.value.field == missing
    assert not Proposal.objects.exclude(kind="keep").exists()


def test_a_draft_may_lack_everything_but_its_title(contest: Contest, erin: Any, now: datetime) -> None:
    draft = proposal_create(
        contest=contest, author=erin, kind="revise_target", title="Later", draft=True, now=now
    )

    assert draft.change == {}
    with pytest.raises(ProposalRefusedError, match="title"):
        proposal_create(contest=contest, author=erin, kind="revise_target", title=" ", draft=True, now=now)


def test_a_draft_is_seen_by_its_authors_only(
    contest: Contest, alice: Any, erin: Any, bob: Any, dana: Any, now: datetime
) -> None:
    draft = proposal_create(
        contest=contest,
        author=erin,
        kind="retire_goal",
        title="End it",
        co_authors=[alice],
        draft=True,
        now=now,
    )

    assert Proposal.objects.visible_to(erin).filter(pk=draft.pk).exists()
    assert Proposal.objects.visible_to(alice).filter(pk=draft.pk).exists()
    assert not Proposal.objects.visible_to(bob).filter(pk=draft.pk).exists()
    assert not Proposal.objects.visible_to(dana).filter(pk=draft.pk).exists()


def test_a_discarded_draft_stays_private(contest: Contest, erin: Any, alice: Any, now: datetime) -> None:
    draft = proposal_make(contest, erin, now=now, draft=True)

    proposal_withdraw(proposal=draft, actor=erin, expected_version=draft.version)

    assert not Proposal.objects.visible_to(alice).filter(pk=draft.pk).exists()


def test_a_viewer_cannot_be_a_co_author(contest: Contest, erin: Any, bob: Any, now: datetime) -> None:
    with pytest.raises(ProposalRefusedError, match="cannot propose here"):
        proposal_make(contest, erin, now=now, co_authors=[bob])


def test_a_draft_is_proposed_once_it_is_complete(contest: Contest, erin: Any, now: datetime) -> None:
    draft = proposal_create(
        contest=contest, author=erin, kind="revise_target", title="Lower", draft=True, now=now
    )
    with pytest.raises(ProposalRefusedError):
        proposal_submit(proposal=draft, actor=erin, expected_version=draft.version, now=now)
    draft.refresh_from_db()

    draft = proposal_edit(
        proposal=draft, actor=erin, expected_version=draft.version, now=now, change=NEW_TARGETS, **WORDS
    )
    draft = proposal_submit(proposal=draft, actor=erin, expected_version=draft.version, now=now)
    again = proposal_submit(proposal=draft, actor=erin, expected_version=draft.version, now=now)

    assert draft.state == again.state == "proposed"


def test_a_proposed_one_stays_complete_when_edited(contest: Contest, erin: Any, now: datetime) -> None:
    proposal = proposal_make(contest, erin, now=now)

    with pytest.raises(ProposalRefusedError):
        proposal_edit(proposal=proposal, actor=erin, expected_version=proposal.version, now=now, risks="")

    proposal.refresh_from_db()
    assert proposal.risks == WORDS["risks"]


def test_only_its_authors_change_it(contest: Contest, erin: Any, alice: Any, now: datetime) -> None:
    proposal = proposal_make(contest, erin, now=now)

    with pytest.raises(PermissionDenied):
        proposal_edit(
            proposal=proposal, actor=alice, expected_version=proposal.version, now=now, title="Mine"
        )
    with pytest.raises(PermissionDenied):
        proposal_withdraw(proposal=proposal, actor=alice, expected_version=proposal.version)


def test_the_second_of_two_savers_is_told(contest: Contest, erin: Any, alice: Any, now: datetime) -> None:
    proposal = proposal_make(contest, erin, now=now, co_authors=[alice])
    seen = proposal.version
    proposal_edit(proposal=proposal, actor=alice, expected_version=seen, now=now, title="Alice's")

    with pytest.raises(ConflictError):
        proposal_edit(proposal=proposal, actor=erin, expected_version=seen, now=now, title="Erin's")

    proposal.refresh_from_db()
    assert proposal.title == "Alice's"


def test_keep_as_it_is_is_nobodys_to_change(contest: Contest, alice: Any) -> None:
    keep = contest.proposals.get(kind="keep")

    with pytest.raises(PermissionDenied):
        proposal_withdraw(proposal=keep, actor=alice, expected_version=None)


def test_nobody_proposes_keep_a_second_time(contest: Contest, alice: Any, now: datetime) -> None:
    with pytest.raises(ProposalRefusedError):
        proposal_make(contest, alice, now=now, kind="keep")


def test_the_goal_as_it_is_today_is_no_proposal(contest: Contest, alice: Any, now: datetime) -> None:
    same = {"targets": [{"quarter": "2027-Q1", "value": 90.0}, {"quarter": "2027-Q2", "value": 92.0}]}

    with pytest.raises(ProposalRefusedError, match="as it is today"):
        proposal_make(contest, alice, now=now, change=same)


def test_a_quarter_that_has_begun_cannot_be_changed(contest: Contest, alice: Any, now: datetime) -> None:
    with pytest.raises(ChangeInvalidError, match="keeps the target it has"):
        proposal_make(contest, alice, now=now, change={"targets": [{"quarter": "2026-Q4", "value": 1}]})


def test_a_draft_written_before_a_quarter_began_is_checked_again(
    contest: Contest, alice: Any, now: datetime
) -> None:
    draft = proposal_make(contest, alice, now=now, draft=True)

    with pytest.raises(ChangeInvalidError, match="Q1 2027 keeps the target it has"):
        proposal_submit(proposal=draft, actor=alice, expected_version=draft.version, now=day("2027-01-02"))


def test_a_contest_that_is_over_takes_none(contest: Contest, alice: Any, dana: Any, now: datetime) -> None:
    contest_cancel(contest=contest, actor=dana, reason="Wrong figures.", expected_version=None, now=now)

    with pytest.raises(ContestClosedError):
        proposal_make(contest, alice, now=now)


def test_a_withdrawn_one_can_be_proposed_again(contest: Contest, alice: Any, now: datetime) -> None:
    proposal = proposal_make(contest, alice, now=now)

    proposal = proposal_withdraw(proposal=proposal, actor=alice, expected_version=proposal.version)
    assert proposal.state == "withdrawn"
    assert proposal not in contest.proposals.filter(state="proposed")
    proposal = proposal_submit(proposal=proposal, actor=alice, expected_version=proposal.version, now=now)

    assert proposal.state == "proposed"
