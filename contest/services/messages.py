"""Mail about contests, as outbox rows in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.conf import settings

from common.outbox import OutboxDraft, outbox_add_many
from contest.models import Contest
from teams.models import Membership, Product, User
from teams.selectors import product_members


def electors(product: Product, today: date) -> list[User]:
    """The members but viewers: who may propose now, and vote later."""
    return product_members(product=product, today=today, but=Membership.Role.VIEWER)


def mail_send(*, to: Iterable[User], subject: str, text: str, key: str, now: datetime) -> None:
    """One message a person, so that nobody sees the others' addresses; the same key never sends a second.

    The people of the sample have no mailbox and get none.
    """
    drafts = [
        OutboxDraft("email", {"to": [user.email], "subject": subject, "text": text}, f"{key}:{user.pk}")
        for user in to
        if not user.is_sample
    ]
    outbox_add_many(drafts, now=now)


def contest_link(contest: Contest) -> str:
    """The contest's address for a mail."""
    return f"{settings.BASE_URL}{contest.get_absolute_url()}"
