"""Mail about contests, as outbox rows in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.conf import settings

from common.outbox import outbox_add
from contest.models import Contest
from teams.models import Membership, Product, Team, User


def members(product: Product, today: date) -> list[User]:
    """Everyone with a membership of the product that runs on `today`, each once."""
    running = Membership.objects.filter(team__product=product, team__archived_at=None).running(today)
    return list(User.objects.filter(pk__in=running.values("user_id"), is_active=True).order_by("pk"))


def product_team_members(product: Product, today: date) -> list[User]:
    """The same, of the Product Team alone."""
    running = Membership.objects.filter(team__product=product, team__kind=Team.Kind.PRODUCT).running(today)
    return list(User.objects.filter(pk__in=running.values("user_id"), is_active=True).order_by("pk"))


def electors(product: Product, today: date) -> list[User]:
    """The members but viewers: who may propose now, and vote later."""
    running = (
        Membership.objects.filter(team__product=product, team__archived_at=None)
        .running(today)
        .exclude(role=Membership.Role.VIEWER)
    )
    return list(User.objects.filter(pk__in=running.values("user_id"), is_active=True).order_by("pk"))


def mail_send(*, to: Iterable[User], subject: str, text: str, key: str) -> None:
    """One message a person, so that nobody sees the others' addresses; the same key never sends a second."""
    for user in to:
        outbox_add(
            kind="email",
            payload={"to": [user.email], "subject": subject, "text": text},
            dedupe_key=f"{key}:{user.pk}",
        )


def contest_link(contest: Contest) -> str:
    """The contest's address for a mail."""
    return f"{settings.BASE_URL}{contest.get_absolute_url()}"
