"""Mail about contests, as outbox rows in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.conf import settings

from common.outbox import OutboxDraft, outbox_add_many
from contest.models import Contest
from teams.models import Membership, Product, User


def members(product: Product, today: date) -> list[User]:
    """Everyone with a membership of the product that runs on `today`, each once."""
    return _people(Membership.objects.filter(team__product=product), today)


def electors(product: Product, today: date) -> list[User]:
    """The members but viewers: who may propose now, and vote later."""
    rows = Membership.objects.filter(team__product=product).exclude(role=Membership.Role.VIEWER)
    return _people(rows, today)


def _people(memberships: Any, today: date) -> list[User]:
    running = memberships.filter(team__archived_at=None).running(today)
    return list(User.objects.filter(pk__in=running.values("user_id"), is_active=True).order_by("pk"))


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
