"""A contest is decided, and the decision applies itself."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from common.audit import audit_record, audit_reveal
from common.display.values import long_date
from contest.errors import ContestClosedError, ContestRuleError
from contest.models import Contest, FollowUp, Proposal
from contest.selectors.facts import GoalToday, goal_today
from contest.services.applying import Applied, entry_apply
from contest.services.messages import contest_link, mail_send
from contest.services.phases import contest_lock, differences_freeze, reason_required
from contest.signals import contest_decided
from strategy.calculations.closing import closes_on
from strategy.models import Goal, GoalVersion
from strategy.services import goal_retire
from teams.models import Organisation, User
from teams.selectors import organisation_get, product_members

logger = logging.getLogger(__name__)

FOLLOW_UPS = 2


def decision_apply(
    *, contest: Contest, proposal: Proposal, actor: User | None, reason: str, now: datetime
) -> Contest:
    """Decides the contest for one of its entries, which holds from the next quarter's first day.

    "Keep as it is" gives the outcome *kept*, any other entry *adopted*. Either starts the goal's streak at 0 with
    the first quarter not yet closed, and books the look back one and two quarters later. Deciding it again for
    the same entry changes nothing. Raises ContestClosedError when it was cancelled or decided otherwise,
    ContestRuleError for an entry that cannot be chosen, DecisionNotApplicableError and the strategy app's errors
    when the entry can no longer be carried out. Nothing is written then.
    """
    organisation = organisation_get()
    with transaction.atomic():
        # The goal first, as everywhere: two workers that lock in one order wait instead of blocking each other.
        Goal.objects.select_for_update().get(pk=contest.goal_id)
        locked = contest_lock(contest)
        if locked.phase == Contest.Phase.DECIDED and locked.chosen_id == proposal.pk:
            return locked
        if not locked.is_open:
            raise ContestClosedError("This contest is over.")
        entry = _entry(locked, proposal)
        words = reason_required(reason)
        today = goal_today(goal=locked.goal, today=organisation.today(now), calendar=organisation.calendar)
        differences_freeze(locked, now=now)
        applied = entry_apply(proposal=entry, today=today, actor=actor, reason=words, now=now)
        _decided(locked, entry, today, applied, actor, words, now)
        _follow_ups_book(locked, entry, today, organisation)
        _tell(locked, entry, organisation, actor, now)
        contest_decided.send(sender=Contest, contest=locked, now=now)
    return locked


def _entry(contest: Contest, proposal: Proposal) -> Proposal:
    """The entry as stored; ContestRuleError for a draft, a withdrawn one or another contest's."""
    entry: Proposal | None = Proposal.objects.filter(
        pk=proposal.pk, contest=contest, state=Proposal.State.PROPOSED
    ).first()
    if entry is None:
        raise ContestRuleError(
            "Choose one of this contest's proposals, or keep the goal as it is.", field="entry"
        )
    return entry


def _decided(
    contest: Contest,
    entry: Proposal,
    today: GoalToday,
    applied: Applied,
    actor: User | None,
    reason: str,
    now: datetime,
) -> None:
    kept = entry.kind == Proposal.Kind.KEEP
    contest.phase = Contest.Phase.DECIDED
    contest.outcome = Contest.Outcome.KEPT if kept else Contest.Outcome.ADOPTED
    contest.decided_at, contest.decided_by, contest.decision_reason = now, actor, reason
    contest.chosen = entry
    contest.applied_version = applied.version
    contest.applies_on = today.first_quarter.start
    contest.applied_at = None if applied.waits else now
    contest.version += 1
    contest.save()


def _follow_ups_book(contest: Contest, entry: Proposal, today: GoalToday, organisation: Organisation) -> None:
    """One row for each of the first two quarters in which the decision holds; none for a goal that ends."""
    if entry.kind == Proposal.Kind.RETIRE_GOAL:
        return
    quarters = [today.first_quarter.shift(step) for step in range(FOLLOW_UPS)]
    FollowUp.objects.bulk_create(
        [
            FollowUp(
                contest=contest,
                number=number,
                quarter_start=quarter.start,
                quarter_end=quarter.end,
                due_on=closes_on(quarter.end, organisation.quarter_close_days),
            )
            for number, quarter in enumerate(quarters, start=1)
        ]
    )


def _tell(
    contest: Contest, entry: Proposal, organisation: Organisation, actor: User | None, now: datetime
) -> None:
    audit_reveal(Proposal.objects.filter(contest=contest).exclude(submitted_at=None))
    audit_record(
        actor=actor,
        service="" if actor else "contest decision",
        action="contest decided",
        subject=contest,
        after={
            "outcome": contest.get_outcome_display(),
            "entry": entry.title,
            "holds_from": contest.applies_on,
        },
        reason=contest.decision_reason,
        product_id=contest.goal.product_id,
    )
    effect = (
        "The goal, its targets and its mappings stay as they are."
        if contest.outcome == Contest.Outcome.KEPT
        else f"It holds from {long_date(contest.applies_on)}."
    )
    mail_send(
        to=product_members(product=contest.goal.product, today=organisation.today(now)),
        subject=f"Contest decided: {contest.goal_version.title}",
        text=(
            f"{contest.get_outcome_display()}: “{entry.title}”. {effect} The goal's miss streak starts at 0.\n\n"
            f"Reason: {contest.decision_reason}\n\n{contest_link(contest)}\n"
        ),
        key=f"contest-decided:{contest.pk}",
        now=now,
    )


def decisions_apply_due(*, now: datetime) -> list[Contest]:
    """Carries out what waited for its day: a decided retirement ends the goal on the next quarter's first day.

    Safe to call twice and by two workers at once; one that fails is logged and holds up no other.
    """
    today = organisation_get().today(now)
    waiting = Contest.objects.filter(
        phase=Contest.Phase.DECIDED,
        applied_at=None,
        applies_on__lte=today,
        chosen__kind=Proposal.Kind.RETIRE_GOAL,
        goal__product__archived_at=None,
    )
    done = []
    for contest in waiting.order_by("pk"):
        try:
            if _retire(contest, now):
                done.append(contest)
        except Exception:
            logger.exception("Unable to retire a goal as decided", extra={"contest": contest.pk})
    return done


def _retire(contest: Contest, now: datetime) -> bool:
    with transaction.atomic():
        goal = Goal.objects.select_for_update().get(pk=contest.goal_id)
        locked = contest_lock(contest)
        if locked.applied_at is not None:
            return False
        if goal.state != Goal.State.RETIRED:
            goal_retire(
                goal=goal,
                actor=locked.decided_by,
                reason=locked.decision_reason,
                now=now,
                origin=GoalVersion.Origin.CONTEST,
            )
        locked.applied_at = now
        locked.save(update_fields=["applied_at", "updated_at"])
    return True
