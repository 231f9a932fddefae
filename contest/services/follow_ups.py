"""The look back that a decision books: members are told how the quarters after it went."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from common.audit import audit_record
from contest.models import FollowUp
from contest.services.messages import contest_link, mail_send
from strategy.models import QuarterResult
from teams.selectors import organisation_get, product_members


def follow_ups_tell_due(*, now: datetime) -> list[FollowUp]:
    """Tells the members of each booked quarter whose result has closed: did the change work?

    Each is told once, also when two workers look. One whose result is not there yet waits for it.
    """
    organisation = organisation_get()
    today = organisation.today(now)
    due = FollowUp.objects.filter(
        told_at=None, due_on__lte=today, contest__goal__product__archived_at=None
    ).select_related("contest__goal__product", "contest__goal_version", "contest__chosen")
    told = []
    for follow_up in due.order_by("due_on", "pk"):
        result = (
            QuarterResult.objects.filter(
                goal_id=follow_up.contest.goal_id, quarter_start=follow_up.quarter_start, provisional=False
            )
            .current()
            .first()
        )
        if result is None:
            continue
        with transaction.atomic():
            if FollowUp.objects.filter(pk=follow_up.pk, told_at=None).update(told_at=now) != 1:
                continue
            follow_up.told_at = now
            _tell(follow_up, result, now)
        told.append(follow_up)
    return told


def _tell(follow_up: FollowUp, result: QuarterResult, now: datetime) -> None:
    organisation = organisation_get()
    contest = follow_up.contest
    label = organisation.calendar.quarter_of(follow_up.quarter_start).label
    audit_record(
        actor=None,
        service="contest check",
        action=f"follow-up {follow_up.number}: {label} {result.get_verdict_display().lower()}",
        subject=contest,
        product_id=contest.goal.product_id,
    )
    chosen = contest.chosen.title if contest.chosen else contest.get_outcome_display()
    mail_send(
        to=product_members(product=contest.goal.product, today=organisation.today(now)),
        subject=f"Did the change work? {contest.goal_version.title}, {label}",
        text=(
            f"The contest was decided for “{chosen}”. {label}, quarter {follow_up.number} after it took hold, closed "
            f"as: {result.get_verdict_display().lower()}.\n\nThe figures: {contest_link(contest)}\n"
        ),
        key=f"contest-follow-up:{follow_up.pk}",
        now=now,
    )
