"""Invitations: a link that gives one address a place, once, until it expires or is taken back."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from common.audit import audit_record
from common.errors import ApplicationError
from common.models import AuditEvent
from common.validation import clean_or_refuse
from teams.models import Invitation, Membership, Organisation, Team, User
from teams.permissions import is_admin, is_product_manager
from teams.selectors import organisation_get
from teams.services.mail import private_email_add
from teams.services.memberships import membership_add, role_check


def digest_of(token: str) -> str:
    """What is stored of a link. The token has 256 random bits, so a plain hash cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()


def invitation_url(token: str) -> str:
    """The whole address of the link that belongs to `token`."""
    return f"{settings.BASE_URL}{reverse('teams:invitation-accept', args=[token])}"


@transaction.atomic
def invitation_create(
    *,
    actor: User,
    email: str,
    now: datetime,
    team: Team | None = None,
    role: str = Membership.Role.MEMBER,
    organisation_role: str = "",
    display_name: str = "",
    send_email: bool = True,
) -> tuple[Invitation, str]:
    """Invites an address to a team, to an organisation-wide role, or both; takes back an open one for the same.

    Returns the invitation and its token, which is stored nowhere and cannot be shown again.
    Raises ApplicationError naming the field.
    """
    email = email.strip().lower()
    _offer_check(email, team, role, organisation_role, now)
    for earlier in _open(now).filter(email=email, team=team, organisation_role=organisation_role):
        invitation_revoke(actor=actor, invitation=earlier, now=now)
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        email=email,
        display_name=" ".join(display_name.split()),
        team=team,
        role=role,
        organisation_role=organisation_role,
        digest=digest_of(token),
        invited_by=actor,
        expires_at=now + timedelta(days=settings.INVITATION_DAYS),
    )
    clean_or_refuse(invitation)
    invitation.save()
    _record(actor, "person invited", invitation, {"email": email, "offer": invitation.offer})
    if send_email:
        private_email_add(
            to=email,
            subject=f"{actor} invites you to {team.product if team else organisation_get()}",
            text=_email_text(invitation, token),
            dedupe_key=f"invitation:{invitation.pk}",
        )
    return invitation, token


def _offer_check(email: str, team: Team | None, role: str, organisation_role: str, now: datetime) -> None:
    if team is None and not organisation_role:
        raise ApplicationError("Choose a team or an organisation-wide role.", field="team")
    if organisation_role not in Invitation.OrganisationRole.values:
        raise ApplicationError("Choose a role from the list.", field="organisation_role")
    user = User.objects.filter(email=email).first()
    if user is not None and not user.is_active:
        raise ApplicationError(
            "This person's account is deactivated. An admin can bring it back.", field="email"
        )
    if team is None:
        return
    role_check(team, role)
    if team.archived_at is not None or team.product.archived_at is not None:
        raise ApplicationError("This team is archived. Bring it back before inviting people.", field="team")
    today = organisation_get().today(now)
    if user is not None and Membership.objects.filter(user=user, team=team).running(today).exists():
        raise ApplicationError(f"{user} is in this team already.", field="email")


def _email_text(invitation: Invitation, token: str) -> str:
    return (
        f"{invitation.invited_by} invites you to Bearing as {invitation.offer}.\n\n"
        f"Open this link to join:\n{invitation_url(token)}\n\n"
        f"It works once, until {invitation.expires_at:%-d %B %Y}. "
        "If you did not expect it, you can leave it alone: nothing happens without you.\n"
    )


def _open(now: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)


def _record(
    actor: User | None, action: str, invitation: Invitation, after: dict[str, object] | None = None
) -> AuditEvent:
    """In the team's history, or the organisation's when no team is meant."""
    team = invitation.team
    return audit_record(
        actor=actor,
        action=action,
        subject=team if team is not None else organisation_get(),
        after=after or {"email": invitation.email},
        product_id=team.product_id if team is not None else None,
    )


@transaction.atomic
def invitation_revoke(*, actor: User, invitation: Invitation, now: datetime) -> Invitation:
    """Takes an open invitation back; its link stops working at once.

    Raises ApplicationError when it was accepted, taken back or has expired.
    """
    if _open(now).filter(pk=invitation.pk).update(revoked_at=now) != 1:
        invitation.refresh_from_db()
        raise ApplicationError(f"This invitation is {invitation.state_at(now)} and cannot be taken back.")
    invitation.refresh_from_db()
    _record(actor, "invitation taken back", invitation)
    return invitation


def _take(invitation: Invitation, user: User, now: datetime) -> None:
    """Uses the link up for `user`; ApplicationError when somebody was quicker or it no longer holds."""
    used = _open(now).filter(pk=invitation.pk).update(accepted_at=now, accepted_by=user)
    if used != 1:
        raise ApplicationError("This invitation has been used, taken back or has expired. Ask for a new one.")
    inviter, team = invitation.invited_by, invitation.team
    if team is not None and (team.archived_at is not None or team.product.archived_at is not None):
        raise ApplicationError(
            f"{team} is archived now, so nobody can join it. Ask for a new invitation later."
        )
    allowed = (
        is_admin(inviter) if invitation.organisation_role else is_product_manager(inviter, _of(team).product)
    )
    if not allowed:
        raise ApplicationError(
            f"{inviter} may no longer invite people here, so this invitation does not hold. Ask for a new one."
        )


def _of(team: Team | None) -> Team:
    if team is None:  # a database constraint rules it out
        raise ApplicationError("This invitation offers nothing. Ask for a new one.")
    return team


@transaction.atomic
def invitation_accept(*, invitation: Invitation, user: User, now: datetime) -> Invitation:
    """Gives `user`, whose address was invited, what the invitation offers; once.

    Raises ApplicationError when it is for another address, used, taken back, expired, or its inviter may no longer
    invite. A person who is in the team by now keeps the role they have.
    """
    if user.email != invitation.email:
        raise ApplicationError(f"This invitation is for {invitation.email}.")
    if not user.is_active:
        raise ApplicationError("Your account is deactivated. Ask an admin of your organisation.")
    _take(invitation, user, now)
    today = organisation_get().today(now)
    if invitation.organisation_role:
        Organisation.objects.select_for_update().get(pk=1)
        if invitation.organisation_role == Invitation.OrganisationRole.ADMIN:
            user.is_superuser = True
        else:
            user.is_leader = True
        user.save(update_fields=["is_superuser", "is_leader"])
    team = invitation.team
    if team is not None and not Membership.objects.filter(user=user, team=team).running(today).exists():
        membership_add(actor=user, team=team, user=user, role=invitation.role, start_date=today)
    invitation.refresh_from_db()
    _record(user, "invitation accepted", invitation, {"person": user, "offer": invitation.offer})
    return invitation


@transaction.atomic
def invitation_accept_new(*, invitation: Invitation, display_name: str, password: str, now: datetime) -> User:
    """Makes an account for the invited address and accepts for it.

    Raises ApplicationError naming the field for an empty name, a weak password or an address that has an account,
    and as `invitation_accept` does.
    """
    if User.objects.filter(email=invitation.email).exists():
        raise ApplicationError("There is an account with this address. Log in to accept the invitation.")
    user = User(email=invitation.email, display_name=" ".join(display_name.split()))
    if not user.display_name:
        raise ApplicationError("Say what people call you.", field="display_name")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ApplicationError(" ".join(error.messages), field="password") from error
    user.set_password(password)
    clean_or_refuse(user)
    user.save()
    audit_record(actor=user, action="account made", subject=user, after={"name": user.display_name})
    invitation_accept(invitation=invitation, user=user, now=now)
    return user
