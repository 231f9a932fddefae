"""Facts to tell outside, written in the transaction of the fact and sent afterwards.

Either both the fact and its message are committed or neither is. A sender leases a message by a conditional
update, sends it and only then marks it: a sender killed in between sends it twice at worst, under the same
Message-ID, and never loses it.
"""

from __future__ import annotations

import hashlib
import logging
import smtplib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from common import jobs
from common.errors import ApplicationError, PermanentError
from common.models import OutboxMessage

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 12  # spread over about two and a half days by the back-off
BACKOFF_FIRST = timedelta(minutes=1)
BACKOFF_LONGEST = timedelta(hours=24)
BATCH = 200

Sender = Callable[[OutboxMessage], None]
_SENDERS: dict[str, Sender] = {}


def outbox_sender(kind: str) -> Callable[[Sender], Sender]:
    """Registers the function that sends messages of one kind. It raises when the message did not get out."""

    def register(function: Sender) -> Sender:
        if kind in _SENDERS and _SENDERS[kind] is not function:
            raise ValueError(f"Two senders are registered for the message kind {kind!r}.")
        _SENDERS[kind] = function
        return function

    return register


def outbox_add(
    *, kind: str, payload: Mapping[str, Any], dedupe_key: str, due: datetime | None = None
) -> OutboxMessage:
    """Adds a message to the caller's transaction; the same `dedupe_key` never adds a second one.

    Raises RuntimeError outside a transaction, where the message could outlive a fact that was rolled back.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("outbox_add belongs in the transaction of the fact that the message tells of.")
    message, _created = OutboxMessage.objects.get_or_create(
        dedupe_key=dedupe_key,
        defaults={"kind": kind, "payload": dict(payload), "due_at": due or timezone.now()},
    )
    _ring_on_commit()
    return message


@dataclass(frozen=True)
class OutboxDraft:
    """One message to add; see `outbox_add`."""

    kind: str
    payload: Mapping[str, Any]
    dedupe_key: str


def outbox_add_many(drafts: Sequence[OutboxDraft], *, now: datetime) -> int:
    """Adds many messages to the caller's transaction in one statement; keys that are there already add nothing.

    Returns how many drafts were given. Raises RuntimeError outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(
            "outbox_add_many belongs in the transaction of the facts that the messages tell of."
        )
    OutboxMessage.objects.bulk_create(
        [
            OutboxMessage(
                kind=draft.kind, payload=dict(draft.payload), dedupe_key=draft.dedupe_key, due_at=now
            )
            for draft in drafts
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
    if drafts:
        _ring_on_commit()
    return len(drafts)


def _ring_on_commit() -> None:
    """Rings once a transaction, however many messages it adds."""
    connection = transaction.get_connection()
    if not any(function is _ring for _savepoints, function, *_rest in connection.run_on_commit):
        transaction.on_commit(_ring)


def _ring() -> None:
    """Starts the sending at once; when the broker is down the next tick does it."""
    now = timezone.now()
    jobs.jobs_due_collect(now, kinds=["outbox"])
    for run_ids in jobs.jobs_dispatch(now, kinds=["outbox"]):
        jobs.jobs_send(run_ids)


def outbox_due(now: datetime) -> QuerySet[OutboxMessage]:
    """Messages that wait, are due and are nobody's at the moment."""
    return OutboxMessage.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=now), state=OutboxMessage.State.WAITING, due_at__lte=now
    )


def outbox_send_due(now: datetime) -> dict[str, int]:
    """Sends what is due, one message at a time; one that fails holds up no other. Counts sent and not sent."""
    sent = failed = 0
    for pk in list(outbox_due(now).order_by("due_at", "pk").values_list("pk", flat=True)[:BATCH]):
        leased_at = timezone.now()
        if not _lease(pk, max(now, leased_at)):
            continue
        message = OutboxMessage.objects.get(pk=pk)
        if _send(message):
            sent += 1
        else:
            failed += 1
    return {"sent": sent, "failed": failed}


def _lease(pk: int, now: datetime) -> bool:
    return outbox_due(now).filter(pk=pk).update(lease_until=now + LEASE, attempts=F("attempts") + 1) == 1


def _send(message: OutboxMessage) -> bool:
    """Sends one leased message and writes how it went."""
    try:
        sender = _SENDERS.get(message.kind)
        if sender is None:
            raise PermanentError(f"Nothing here sends messages of the kind {message.kind!r}.")
        sender(message)
    except PermanentError as error:
        _mark_failed(message, error.message, last=True)
        return False
    except (ApplicationError, OSError, smtplib.SMTPException) as error:
        _mark_failed(message, str(error) or type(error).__name__)
        return False
    except Exception as error:
        logger.exception("Unable to send a message", extra={"outbox_message": message.pk})
        _mark_failed(message, f"An unforeseen error ({type(error).__name__}). The log has the details.")
        return False
    OutboxMessage.objects.filter(pk=message.pk).update(
        state=OutboxMessage.State.SENT, sent_at=timezone.now(), lease_until=None, error=""
    )
    return True


def _mark_failed(message: OutboxMessage, words: str, *, last: bool = False) -> None:
    if last or message.attempts >= MAX_ATTEMPTS:
        fields: dict[str, Any] = {"state": OutboxMessage.State.DEAD}
    else:
        wait = jobs.backoff(message.attempts, first=BACKOFF_FIRST, longest=BACKOFF_LONGEST)
        fields = {"due_at": timezone.now() + wait}
    OutboxMessage.objects.filter(pk=message.pk, state=OutboxMessage.State.WAITING).update(
        lease_until=None, error=words[:2000], **fields
    )


def outbox_send_again(*, message: OutboxMessage, now: datetime) -> None:
    """Puts a message that was given up back in the queue, with a fresh set of attempts."""
    updated = OutboxMessage.objects.filter(pk=message.pk).exclude(state=OutboxMessage.State.SENT)
    with transaction.atomic():
        updated.update(state=OutboxMessage.State.WAITING, due_at=now, lease_until=None, attempts=0, error="")
        _ring_on_commit()


def outbox_unsent() -> QuerySet[OutboxMessage]:
    """Messages that were given up, and waiting ones that failed at least once."""
    return OutboxMessage.objects.filter(
        Q(state=OutboxMessage.State.DEAD) | Q(state=OutboxMessage.State.WAITING, attempts__gt=0)
    )


@outbox_sender("email")
def email_send(message: OutboxMessage) -> None:
    """Sends {to: […], subject, text} as an e-mail whose Message-ID is the same at every attempt."""
    payload = message.payload
    digest = hashlib.sha256(message.dedupe_key.encode()).hexdigest()[:40]
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    EmailMessage(
        subject=payload["subject"],
        body=payload["text"],
        to=payload["to"],
        headers={"Message-ID": f"<{digest}@{host}>"},
    ).send()
