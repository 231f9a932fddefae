"""Proposals: drafted, proposed, edited, withdrawn. By any member but viewers, alone or together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from common.audit import audit_record, changes
from common.locking import version_claim
from contest.calculations.changes import SCHEMA, TITLE_MOST, change_clean
from contest.errors import ContestClosedError, ProposalRefusedError
from contest.models import Contest, Proposal
from contest.selectors.facts import goal_today
from teams.models import User
from teams.permissions import can_participate, participation_required
from teams.selectors import organisation_get

WORDS = (
    "title",
    "why",
    "evidence",
    "outcome_1_quarter",
    "outcome_4_quarters",
    "outcome_12_quarters",
    "risks",
)
REQUIRED = {
    "why": "Say why this change is right.",
    "outcome_1_quarter": "Say what you expect after 1 quarter.",
    "outcome_4_quarters": "Say what you expect after 4 quarters.",
    "outcome_12_quarters": "Say what you expect after 12 quarters.",
    "risks": "Name the risks. There is always one.",
}
TEXT_MOST = 8000
AUTHORS_MOST = 20


def proposal_create(
    *,
    contest: Contest,
    author: User,
    kind: str,
    title: str,
    now: datetime,
    change: Mapping[str, Any] | None = None,
    co_authors: Iterable[User] = (),
    draft: bool = False,
    **words: str,
) -> Proposal:
    """Adds a proposal, as a draft that only its authors see or proposed at once.

    words: why, evidence, outcome_1_quarter, outcome_4_quarters, outcome_12_quarters, risks.
    A draft may lack its change and its words. Raises PermissionDenied for a viewer, ContestClosedError when no
    proposals are taken, ChangeInvalidError and ProposalRefusedError (with the field) for what is not complete.
    """
    with transaction.atomic():
        contest = _contest_lock(contest)
        participation_required(author, contest.goal.product)
        if kind not in Proposal.Kind.values or kind == Proposal.Kind.KEEP:
            raise ProposalRefusedError("Choose what the proposal changes.", field="kind")
        proposal = Proposal(contest=contest, kind=kind, state=Proposal.State.DRAFT, change_schema=SCHEMA)
        _words_set(proposal, {"title": title, **words})
        _change_set(proposal, change or {}, now)
        proposal.save()
        proposal.authors.set(_authors(contest, author, co_authors))
        _told(proposal, author, "proposal drafted", {}, {"kind": kind, "title": proposal.title})
        if not draft:
            _propose(proposal, author, now)
    return proposal


def proposal_edit(
    *,
    proposal: Proposal,
    actor: User,
    expected_version: int | None,
    now: datetime,
    change: Mapping[str, Any] | None = None,
    co_authors: Iterable[User] | None = None,
    **words: str,
) -> Proposal:
    """Changes what is given; the kind stays. A proposal that was proposed must stay complete.

    Raises PermissionDenied unless `actor` is an author, ConflictError when somebody else saved first.
    """
    with transaction.atomic():
        proposal = _own(proposal, actor, expected_version)
        before = _snapshot(proposal)
        _words_set(proposal, words)
        if change is not None:
            _change_set(proposal, change, now)
        if proposal.state == Proposal.State.PROPOSED:
            _complete_check(proposal, now)
        proposal.save()
        if co_authors is not None:
            proposal.authors.set(_authors(proposal.contest, actor, co_authors))
        _told(proposal, actor, "proposal edited", *changes(before, _snapshot(proposal)))
    return proposal


def proposal_submit(
    *, proposal: Proposal, actor: User, expected_version: int | None, now: datetime
) -> Proposal:
    """Proposes a draft, or a withdrawn proposal again. It must be complete; a second call changes nothing."""
    with transaction.atomic():
        if proposal.state == Proposal.State.PROPOSED and _is_author(proposal, actor):
            return proposal
        proposal = _own(proposal, actor, expected_version)
        _propose(proposal, actor, now)
    return proposal


def proposal_withdraw(*, proposal: Proposal, actor: User, expected_version: int | None) -> Proposal:
    """Takes a proposal or a draft out of the contest; it is kept and can be proposed again."""
    with transaction.atomic():
        if proposal.state == Proposal.State.WITHDRAWN and _is_author(proposal, actor):
            return proposal
        proposal = _own(proposal, actor, expected_version)
        proposal.state = Proposal.State.WITHDRAWN
        proposal.save()
        _told(proposal, actor, "proposal withdrawn", {}, {})
    return proposal


def _contest_lock(contest: Contest) -> Contest:
    """The contest as stored, held until the transaction ends; ContestClosedError when it takes no proposals."""
    locked = (
        Contest.objects.select_for_update(of=("self",)).select_related("goal__product").get(pk=contest.pk)
    )
    if not locked.is_taking_proposals:
        raise ContestClosedError("This contest takes no proposals any more.")
    return locked


def _is_author(proposal: Proposal, actor: User) -> bool:
    return proposal.authors.filter(pk=actor.pk).exists()


def _own(proposal: Proposal, actor: User, expected_version: int | None) -> Proposal:
    """The proposal as stored, claimed for a change by one of its authors."""
    contest = _contest_lock(proposal.contest)
    participation_required(actor, contest.goal.product)
    if proposal.kind == Proposal.Kind.KEEP or not _is_author(proposal, actor):
        raise PermissionDenied("Only its authors can change a proposal.")
    version_claim(proposal, expected_version)
    fresh: Proposal = Proposal.objects.get(pk=proposal.pk)
    fresh.contest = contest
    return fresh


def _words_set(proposal: Proposal, words: Mapping[str, str]) -> None:
    for name, value in words.items():
        if name not in WORDS:
            raise ProposalRefusedError(f"A proposal has no field “{name}”.", field=name)
        text = value.strip()
        most = TITLE_MOST if name == "title" else TEXT_MOST
        if len(text) > most:
            raise ProposalRefusedError(f"Shorten this to {most} characters.", field=name)
        setattr(proposal, name, text)
    if not proposal.title:
        raise ProposalRefusedError("Give the proposal a title.", field="title")


def _change_set(proposal: Proposal, change: Mapping[str, Any], now: datetime) -> None:
    """Checks the change against the goal of today. A draft may still lack it."""
    organisation = organisation_get()
    today = goal_today(
        goal=proposal.contest.goal, today=organisation.today(now), calendar=organisation.calendar
    )
    proposal.base_version = today.version
    proposal.change = change_clean(proposal.kind, change, today.context) if change else {}


def _complete_check(proposal: Proposal, now: datetime) -> None:
    """Refuses what lacks its change, its expected outcomes or its risks, naming the first field."""
    for name, message in REQUIRED.items():
        if not getattr(proposal, name):
            raise ProposalRefusedError(message, field=name)
    organisation = organisation_get()
    today = goal_today(
        goal=proposal.contest.goal, today=organisation.today(now), calendar=organisation.calendar
    )
    # Checked again: since the draft was written a quarter may have begun or a mapping have been retired.
    proposal.change = change_clean(proposal.kind, proposal.change, today.context)
    if not today.difference(proposal):
        raise ProposalRefusedError(
            "This is the goal as it is today. “Keep as it is” is an entry already.", field="change"
        )


def _propose(proposal: Proposal, actor: User, now: datetime) -> None:
    _complete_check(proposal, now)
    proposal.state = Proposal.State.PROPOSED
    proposal.submitted_at = proposal.submitted_at or now
    proposal.save()
    _told(proposal, actor, "proposal proposed", {}, {"title": proposal.title})


def _authors(contest: Contest, author: User, co_authors: Iterable[User]) -> list[User]:
    """The author and those who propose with them; viewers and strangers cannot be among them."""
    authors = {user.pk: user for user in [author, *co_authors]}
    if len(authors) > AUTHORS_MOST:
        raise ProposalRefusedError(f"A proposal has at most {AUTHORS_MOST} authors.", field="co_authors")
    for user in authors.values():
        if not can_participate(user, contest.goal.product):
            raise ProposalRefusedError(
                f"{user} cannot propose here: viewers read only. Choose another person.", field="co_authors"
            )
    return list(authors.values())


def _snapshot(proposal: Proposal) -> dict[str, Any]:
    return {name: getattr(proposal, name) for name in (*WORDS, "change")}


def _told(
    proposal: Proposal, actor: User, action: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    audit_record(
        actor=actor,
        action=action,
        subject=proposal,
        before=before,
        after=after,
        product_id=proposal.contest.goal.product_id,
        confidential=proposal.contest.policy.get("authors_hidden", True),
    )
