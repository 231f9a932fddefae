"""What a person decides for themselves."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction

from common.audit import audit_record, changes
from common.errors import ApplicationError
from common.outbox import outbox_add
from common.validation import clean_or_refuse
from teams.models import User


@transaction.atomic
def profile_update(
    *,
    user: User,
    display_name: str,
    time_zone: str,
    theme: str,
    shortcuts: bool,
    mail_editions: bool | None = None,
) -> User:
    """Changes the person's own name, zone (empty: the organisation's), theme, shortcuts and mail.

    Raises ApplicationError naming the field.
    """
    names = ("display_name", "time_zone", "theme", "shortcuts", "mail_editions")
    before = {name: getattr(user, name) for name in names}
    user.display_name = " ".join(display_name.split())
    user.time_zone, user.theme, user.shortcuts = time_zone, theme, shortcuts
    if mail_editions is not None:
        user.mail_editions = mail_editions
    if not user.display_name:
        raise ApplicationError("Say what people call you.", field="display_name")
    clean_or_refuse(user, exclude=["password", "email"])
    user.save(update_fields=list(names))
    old, new = changes(before, {name: getattr(user, name) for name in names})
    if new:
        audit_record(actor=user, action="profile changed", subject=user, before=old, after=new)
    return user


def theme_set(*, user: User, theme: str) -> User:
    """Chooses light, dark or the device's look. No audit event: it is a matter of taste and changes often.

    Raises ApplicationError for any other word.
    """
    if theme not in User.Theme.values:
        raise ApplicationError("Choose system, light or dark.", field="theme")
    user.theme = theme
    user.save(update_fields=["theme"])
    return user


@transaction.atomic
def email_change(*, user: User, email: str, password: str) -> User:
    """Gives the person another address to log in with; `password` is their present one. The old address is told.

    Raises ApplicationError naming the field: a wrong password, an address that is no other, malformed, or taken.
    """
    if not user.check_password(password):
        raise ApplicationError("That is not your password. Nothing was changed.", field="password")
    old, new = user.email, User.objects.normalize_email(email).strip().lower()
    if new == old:
        raise ApplicationError("This is your address already. Write the new one.", field="email")
    user.email = new
    try:
        clean_or_refuse(user, exclude=["password"])
    except ApplicationError:
        user.email = old
        raise
    user.save(update_fields=["email"])
    # The login library keeps addresses of its own once a person has used them; the old one must not work on.
    EmailAddress.objects.filter(user=user).delete()
    event = audit_record(
        actor=user, action="e-mail address changed", subject=user, before={"email": old}, after={"email": new}
    )
    outbox_add(
        kind="email",
        payload={
            "to": [old],
            "subject": "Your address in Bearing was changed",
            "text": f"You log in with {new} from now on.\n\nIf this was not you, tell an admin of your organisation.\n",
        },
        dedupe_key=f"email-changed:{event.pk}",
    )
    return user
