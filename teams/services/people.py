"""People of the organisation: let in, shut out, and given organisation-wide roles by admins."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import transaction

from common.audit import audit_record
from common.errors import ApplicationError
from teams.models import Membership, Organisation, Product, User
from teams.selectors import organisation_get

LAST_ADMIN = "This is the last admin. Make somebody else an admin first, so that the organisation is never without one."


def _lock() -> None:
    """Makes changes of admins wait for each other, so that two cannot remove one another."""
    Organisation.objects.select_for_update().get(pk=organisation_get().pk)


def _admin_stays_check(person: User) -> None:
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk)
    if person.is_superuser and person.is_active and not others.exists():
        raise ApplicationError(LAST_ADMIN)


def sessions_end(person: User, now: datetime) -> int:
    """Ends every browser session of the person; returns how many there were.

    Sessions name their user only inside the signed text, so all that have not expired are read: fine for the rare
    act that this is.
    """
    ended = 0
    for session in Session.objects.filter(expire_date__gt=now).iterator(chunk_size=500):
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()
            ended += 1
    return ended


@transaction.atomic
def person_deactivate(*, actor: User, person: User, now: datetime) -> list[Product]:
    """Shuts a person out at once: sessions end, tokens are deleted; memberships and history stay.

    Returns the products in use that are without an active product manager from now on. Raises ApplicationError for
    the last admin, oneself, or a person who is shut out already.
    """
    _lock()
    person.refresh_from_db()
    if person == actor:
        raise ApplicationError("You cannot deactivate yourself. Ask another admin.")
    if not person.is_active:
        raise ApplicationError(f"{person} is deactivated already.")
    _admin_stays_check(person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    tokens = person.auth_token_set.count()
    person.auth_token_set.all().delete()
    sessions_end(person, now)
    audit_record(actor=actor, action="person deactivated", subject=person, after={"tokens_deleted": tokens})
    return _left_without_manager(person, now)


def _left_without_manager(person: User, now: datetime) -> list[Product]:
    running = Membership.objects.running(organisation_get().today(now)).filter(
        role=Membership.Role.PRODUCT_MANAGER, team__product__archived_at=None
    )
    led = set(running.filter(user=person).values_list("team__product_id", flat=True))
    still = set(running.filter(user__is_active=True).values_list("team__product_id", flat=True))
    return list(Product.objects.filter(pk__in=led - still))


@transaction.atomic
def person_reactivate(*, actor: User, person: User) -> User:
    """Lets a deactivated person in again; they log in anew and make new tokens."""
    person.refresh_from_db()
    if person.is_active:
        raise ApplicationError(f"{person} is active already.")
    person.is_active = True
    person.save(update_fields=["is_active"])
    audit_record(actor=actor, action="person reactivated", subject=person)
    return person


@transaction.atomic
def person_admin_set(*, actor: User, person: User, is_admin: bool) -> User:
    """Makes the person an organisation admin, or no longer one. Raises ApplicationError for the last admin."""
    _lock()
    person.refresh_from_db()
    if person.is_superuser == is_admin:
        return person
    if is_admin and not person.is_active:
        raise ApplicationError(f"{person} is deactivated. Bring the account back first.")
    if not is_admin:
        _admin_stays_check(person)
    person.is_superuser = is_admin
    person.save(update_fields=["is_superuser"])
    action = "made admin" if is_admin else "no longer admin"
    audit_record(
        actor=actor, action=action, subject=person, before={"admin": not is_admin}, after={"admin": is_admin}
    )
    return person


@transaction.atomic
def person_leader_set(*, actor: User, person: User, is_leader: bool) -> User:
    """Makes the person an organisation leader, who reads every product, or no longer one."""
    person.refresh_from_db()
    if person.is_leader == is_leader:
        return person
    person.is_leader = is_leader
    person.save(update_fields=["is_leader"])
    action = "made leader" if is_leader else "no longer leader"
    audit_record(
        actor=actor,
        action=action,
        subject=person,
        before={"leader": not is_leader},
        after={"leader": is_leader},
    )
    return person
