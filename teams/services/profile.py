"""What a person decides for themselves."""

from __future__ import annotations

from django.db import transaction

from common.audit import audit_record, changes
from common.errors import ApplicationError
from common.validation import clean_or_refuse
from teams.models import User


@transaction.atomic
def profile_update(*, user: User, display_name: str, time_zone: str, theme: str, shortcuts: bool) -> User:
    """Changes the person's own name, zone (empty: the organisation's), theme and shortcuts.

    Raises ApplicationError naming the field.
    """
    names = ("display_name", "time_zone", "theme", "shortcuts")
    before = {name: getattr(user, name) for name in names}
    user.display_name = " ".join(display_name.split())
    user.time_zone, user.theme, user.shortcuts = time_zone, theme, shortcuts
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
