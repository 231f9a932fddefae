"""What people may do with the contest itself: delay it once, or cancel it because its data were bad."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction

from common.audit import audit_record
from common.display.values import long_date
from common.locking import version_claim
from contest.errors import ContestClosedError, ContestRuleError
from contest.models import Contest, Proposal
from contest.selectors.facts import goal_today
from contest.services.messages import contest_link, mail_send
from contest.services.opening import DELAY_DAYS
from strategy.models import QuarterResult
from teams.models import User
from teams.permissions import admin_required, archived_refuse, is_product_manager
from teams.selectors import organisation_get, product_members


def contest_lock(contest: Contest) -> Contest:
    """The contest as stored, with its goal and product, held until the transaction ends."""
    locked: Contest = (
        Contest.objects.select_for_update(of=("self",))
        .select_related("goal__product", "goal_version")
        .get(pk=contest.pk)
    )
    return locked


def manager_required(actor: User, contest: Contest) -> None:
    """PermissionDenied unless `actor` is a product manager of the contest's product (ArchivedError), or an admin."""
    archived_refuse(contest.goal.product)
    if not is_product_manager(actor, contest.goal.product):
        raise PermissionDenied("Only a product manager can do this.")


def reason_required(reason: str) -> str:
    """The reason without blanks around it; ContestRuleError when there is none."""
    words = reason.strip()
    if not words:
        raise ContestRuleError("Give a reason. Everybody in the product can read it.", field="reason")
    return words


def differences_freeze(contest: Contest, *, now: datetime) -> None:
    """Keeps what each entry would have changed: afterwards the goal of today is another one."""
    organisation = organisation_get()
    today = goal_today(goal=contest.goal, today=organisation.today(now), calendar=organisation.calendar)
    for proposal in Proposal.objects.filter(contest=contest):
        rows = [[row.label, row.before, row.after] for row in today.difference(proposal)]
        Proposal.objects.filter(pk=proposal.pk).update(difference=rows)


def contest_delay(
    *, contest: Contest, actor: User, reason: str, expected_version: int | None, now: datetime
) -> Contest:
    """Gives proposals 14 more days, once, with a public reason.

    Raises PermissionDenied unless `actor` is a product manager, ContestRuleError without a reason or for a
    second delay, ContestClosedError when no proposals are taken, ConflictError when somebody saved first.
    """
    with transaction.atomic():
        locked = contest_lock(contest)
        manager_required(actor, locked)
        words = reason_required(reason)
        if not locked.is_taking_proposals:
            raise ContestClosedError(
                "This contest takes no proposals any more, so there is nothing to delay."
            )
        if locked.delayed_at is not None:
            raise ContestRuleError("This contest has been delayed once. There is no second delay.")
        version_claim(locked, expected_version)
        before = locked.proposals_until
        locked.proposals_until = before + timedelta(days=locked.policy.get("delay_days", DELAY_DAYS))
        locked.delayed_at, locked.delayed_by, locked.delayed_reason = now, actor, words
        locked.save()
        organisation = organisation_get()
        until = long_date(locked.proposals_until.astimezone(organisation.zone).date())
        audit_record(
            actor=actor,
            action="contest delayed",
            subject=locked,
            before={"proposals_until": before},
            after={"proposals_until": locked.proposals_until},
            reason=words,
            product_id=locked.goal.product_id,
        )
        mail_send(
            to=product_members(product=locked.goal.product, today=organisation.today(now)),
            subject=f"Contest delayed: {locked.goal_version.title}",
            text=f"Proposals are now taken until {until}.\n\nReason: {words}\n\n{contest_link(locked)}\n",
            key=f"contest-delayed:{locked.pk}",
            now=now,
        )
    return locked


def contest_cancel(
    *, contest: Contest, actor: User, reason: str, expected_version: int | None, now: datetime
) -> Contest:
    """Ends a contest that bad data opened, with a public reason.

    The streak stays as the results say: once a missed quarter has been corrected it is judged afresh, and a
    contest opens again when it still calls for one. Raises PermissionDenied unless `actor` is an admin.
    """
    with transaction.atomic():
        locked = contest_lock(contest)
        admin_required(actor)
        archived_refuse(locked.goal.product)
        words = reason_required(reason)
        if locked.phase == Contest.Phase.CANCELLED:
            return locked
        if not locked.is_open:
            raise ContestClosedError("This contest has been decided. A decision is not taken back.")
        version_claim(locked, expected_version)
        differences_freeze(locked, now=now)
        locked.phase = Contest.Phase.CANCELLED
        locked.cancelled_at, locked.cancelled_by, locked.cancelled_reason = now, actor, words
        locked.save()
        audit_record(
            actor=actor,
            action="contest cancelled",
            subject=locked,
            reason=words,
            product_id=locked.goal.product_id,
        )
        mail_send(
            to=product_members(product=locked.goal.product, today=organisation_get().today(now)),
            subject=f"Contest cancelled: {locked.goal_version.title}",
            text=(
                f"An admin cancelled the contest because its data were bad.\n\nReason: {words}\n\n"
                f"The quarters are judged afresh from the repaired figures. {contest_link(locked)}\n"
            ),
            key=f"contest-cancelled:{locked.pk}",
            now=now,
        )
    return locked


def contests_flag_changed(*, now: datetime) -> list[Contest]:
    """Flags the open contests of which a missed quarter was corrected after opening; never closes one."""
    flagged = []
    for contest in (
        Contest.objects.open().filter(data_changed=False).select_related("goal__product", "goal_version")
    ):
        ids = contest.evidence.get("result_ids", [])
        if not QuarterResult.objects.filter(pk__in=ids, superseded_at__isnull=False).exists():
            continue
        with transaction.atomic():
            if (
                Contest.objects.open().filter(pk=contest.pk, data_changed=False).update(data_changed=True)
                != 1
            ):
                continue
            audit_record(
                actor=None,
                service="contest check",
                action="contest flagged: a missed quarter was corrected",
                subject=contest,
                product_id=contest.goal.product_id,
            )
            mail_send(
                to=product_members(product=contest.goal.product, today=organisation_get().today(now)),
                subject=f"Data changed under a contest: {contest.goal_version.title}",
                text=(
                    "A missed quarter that opened this contest has been corrected since. The contest stays open; "
                    f"an admin can cancel it if the data were bad. {contest_link(contest)}\n"
                ),
                key=f"contest-data-changed:{contest.pk}",
                now=now,
            )
        contest.data_changed = True
        flagged.append(contest)
    return flagged
