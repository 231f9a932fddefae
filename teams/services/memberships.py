"""Who is in which team, in which role, from when to when."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q

from common.audit import audit_record
from common.errors import ApplicationError
from common.locking import version_claim
from teams.models import Membership, Team, User

LAST_MANAGER = (
    "This is the product's last product manager. Make somebody else product manager first, "
    "so that the product is never without one."
)


def role_check(team: Team, role: str) -> None:
    """Raises ApplicationError when nobody can have `role` in that kind of team."""
    if role not in Membership.Role.values:
        raise ApplicationError("Choose a role from the list.", field="role")
    managing = {Membership.Role.PRODUCT_MANAGER, Membership.Role.LEAD}
    if team.kind != Team.Kind.PRODUCT and role in managing:
        raise ApplicationError("Product managers and leads belong to the Product Team only.", field="role")


def team_lock(team: Team) -> None:
    """Makes changes of one team's people wait for each other."""
    Team.objects.select_for_update().get(pk=team.pk)


def other_managers_exist(membership: Membership, today: date) -> bool:
    """Whether another active person is product manager of the team today, without an end."""
    return (
        Membership.objects.filter(
            team=membership.team,
            role=Membership.Role.PRODUCT_MANAGER,
            user__is_active=True,
            start_date__lte=today,
            end_date=None,
        )
        .exclude(user=membership.user_id)
        .exists()
    )


def _manager_stays_check(membership: Membership, today: date) -> None:
    if membership.role == Membership.Role.PRODUCT_MANAGER and not other_managers_exist(membership, today):
        raise ApplicationError(LAST_MANAGER)


def _overlap_check(
    user: User, team: Team, start: date, end: date | None, except_for: int | None = None
) -> None:
    """One membership at a time in one team."""
    rows = Membership.objects.filter(user=user, team=team).filter(Q(end_date=None) | Q(end_date__gt=start))
    if end is not None:
        rows = rows.filter(start_date__lt=end)
    if except_for is not None:
        rows = rows.exclude(pk=except_for)
    if rows.exists():
        raise ApplicationError(
            f"{user} is in this team at that time already. Change the role, or end that membership first.",
            field="start_date",
        )


@transaction.atomic
def membership_add(
    *, actor: User | None, team: Team, user: User, role: str, start_date: date, end_date: date | None = None
) -> Membership:
    """Puts `user` into the team from `start_date`; `end_date` is the first day without it.

    Raises ApplicationError for a role the team cannot have, a person in it already, a deactivated person, dates
    in the wrong order or an archived team.
    """
    team_lock(team)
    role_check(team, role)
    if team.archived_at is not None or team.product.archived_at is not None:
        raise ApplicationError("This team is archived. Bring it back before adding people.")
    if not user.is_active:
        raise ApplicationError(
            "This person's account is deactivated. An admin can bring it back.", field="email"
        )
    if end_date is not None and end_date <= start_date:
        raise ApplicationError("The last day must not be before the first day.", field="last_day")
    _overlap_check(user, team, start_date, end_date)
    membership = Membership.objects.create(
        user=user, team=team, role=role, start_date=start_date, end_date=end_date
    )
    audit_record(
        actor=actor,
        action="person added",
        subject=team,
        after={"person": user, "role": membership.get_role_display(), "from": start_date, "until": end_date},
        product_id=team.product_id,
    )
    return membership


@transaction.atomic
def membership_change_role(
    *, actor: User, membership: Membership, expected_version: int | None, role: str, today: date
) -> Membership:
    """Gives the person another role from today on; the role until now stays on record.

    Raises ApplicationError when the team has no such role, the membership is over or the last product manager
    would go; ConflictError when somebody saved in between. Returns the membership that runs now.
    """
    team_lock(membership.team)
    version_claim(membership, expected_version)
    role_check(membership.team, role)
    if membership.end_date is not None and membership.end_date <= today:
        raise ApplicationError("This membership is over. Add the person again.")
    if role == membership.role:
        return membership
    _manager_stays_check(membership, today)
    before, end_date = membership.get_role_display(), membership.end_date
    if membership.start_date >= today:  # it has held for no day yet, so there is nothing to keep
        membership.role = role
        membership.save()
        current = membership
    else:
        membership.end_date = today
        membership.save()
        current = Membership.objects.create(
            user=membership.user, team=membership.team, role=role, start_date=today, end_date=end_date
        )
    audit_record(
        actor=actor,
        action="role changed",
        subject=membership.team,
        before={"person": membership.user, "role": before},
        after={"person": membership.user, "role": current.get_role_display()},
        product_id=membership.team.product_id,
    )
    return current


@transaction.atomic
def membership_end(
    *, actor: User, membership: Membership, expected_version: int | None, end_date: date, today: date
) -> Membership:
    """Ends the membership; `end_date` is the first day without it (today: at once).

    Raises ApplicationError for a day before its start, a membership that is over, or the last product manager;
    ConflictError when somebody saved in between.
    """
    team_lock(membership.team)
    version_claim(membership, expected_version)
    if membership.end_date is not None and membership.end_date <= today:
        raise ApplicationError("This membership is over already.")
    if end_date < membership.start_date:
        raise ApplicationError("The last day must not be before the first day.", field="last_day")
    _manager_stays_check(membership, today)
    before = membership.end_date
    membership.end_date = end_date
    membership.save()
    audit_record(
        actor=actor,
        action="membership ended",
        subject=membership.team,
        before={"person": membership.user, "until": before},
        after={"person": membership.user, "until": end_date},
        product_id=membership.team.product_id,
    )
    return membership
