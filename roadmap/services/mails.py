"""Mail about boards and editions, as outbox rows in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from common.outbox import OutboxDraft, outbox_add_many
from roadmap.models import Board, Edition
from teams.models import User
from teams.selectors import organisation_get, product_members

# A failure that may pass is told when it has not passed by the third try.
TRIES_BEFORE_MAIL = 3
LISTED = 8


def board_failure_mail(*, board: Board, error: str, may_pass: bool, now: datetime) -> int:
    """Tells the product's members that a board cannot be read: at once when somebody must act, else at the third try.

    Once for each row of failures: the next mail comes after a good read. Returns how many messages.
    """
    if may_pass and board.failures < TRIES_BEFORE_MAIL:
        return 0
    since = board.last_synced_at.isoformat() if board.last_synced_at else "never"
    act = (
        f"It has failed {board.failures} times and is tried again."
        if may_pass
        else "It will not pass by itself: somebody must change something."
    )
    text = (
        f"{board.name} of {board.team} cannot be read.\n\n{error}\n\n{act} Until then the roadmap shows its cards as "
        f"they were.\n\n{settings.BASE_URL}{board.get_absolute_url()}\n"
    )
    people = product_members(product=board.team.product, today=organisation_get().today(now))
    return _send(people, f"Board cannot be read: {board.name}", text, f"board-failed:{board.pk}:{since}", now)


def edition_mail(*, edition: Edition, now: datetime) -> int:
    """Tells the product's members of a week's edition, once a week and not of its revisions.

    Whoever turned this off in their settings gets none. Returns how many messages.
    """
    people = product_members(product=edition.product, today=organisation_get().today(now))
    late = [lane.team_name for lane in edition.teams.all() if lane.freshness != "fresh"]
    gaps = f"\nNot fresh: {', '.join(late[:LISTED])}.\n" if late else ""
    text = (
        f"The roadmap of {edition.product} for {edition.week} is published.\n{gaps}\n"
        f"{settings.BASE_URL}{edition.get_absolute_url()}\n\nYou can turn these mails off in your settings: "
        f"{settings.BASE_URL}/me/\n"
    )
    key = f"edition:{edition.product_id}:{edition.week}"
    wanted = [user for user in people if user.mail_editions]
    return _send(wanted, f"Roadmap of {edition.product}: {edition.week}", text, key, now)


def _send(to: Iterable[User], subject: str, text: str, key: str, now: datetime) -> int:
    """One message a person; the people of the sample have no mailbox."""
    drafts = [
        OutboxDraft("email", {"to": [user.email], "subject": subject, "text": text}, f"{key}:{user.pk}")
        for user in to
        if not user.is_sample
    ]
    return outbox_add_many(drafts, now=now)
