"""Tokens of the REST API: shown once, stored as a digest, with scopes and an end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from common.api_scopes import SCOPES
from common.audit import audit_record
from common.errors import ApplicationError
from teams.models import ApiToken, User

LONGEST_DAYS = 365
MOST_TOKENS = 50


@transaction.atomic
def token_create(
    *, user: User, name: str, scopes: Sequence[str], last_day: date, now: datetime, zone: ZoneInfo
) -> tuple[ApiToken, str]:
    """Makes a token that works until the end of `last_day` in `zone`.

    Returns it and its text, which is stored nowhere and cannot be shown again. Raises ApplicationError naming the
    field for an empty name, unknown or no scopes, or an end that is past or more than a year away.
    """
    name = " ".join(name.split())
    if not name:
        raise ApplicationError("Name the token after what will use it.", field="name")
    if len(name) > 120:
        raise ApplicationError("Use at most 120 characters.", field="name")
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise ApplicationError(f"There is no scope named {unknown[0]}.", field="scopes")
    if not scopes:
        raise ApplicationError("Choose at least one scope.", field="scopes")
    today = now.astimezone(zone).date()
    if not today <= last_day <= today + timedelta(days=LONGEST_DAYS):
        raise ApplicationError("Choose a day from today to a year from now.", field="last_day")
    if user.auth_token_set.count() >= MOST_TOKENS:
        raise ApplicationError(f"You have {MOST_TOKENS} tokens. Revoke one that nothing uses first.")
    ends = datetime.combine(last_day + timedelta(days=1), time(), tzinfo=zone)
    token, text = ApiToken.objects.create(
        user=user, expiry=ends - now, name=name, scopes=sorted(set(scopes), key=list(SCOPES).index)
    )
    audit_record(
        actor=user,
        action="token created",
        subject=user,
        after={"token": name, "scopes": scopes, "until": last_day},
    )
    return token, text


@transaction.atomic
def token_revoke(*, actor: User, token: ApiToken) -> None:
    """Deletes the token; the next call with it is refused."""
    audit_record(actor=actor, action="token revoked", subject=token.user, before={"token": token.name})
    token.delete()
