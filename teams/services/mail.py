"""E-mail with a link that lets somebody in: sealed in the outbox, so that its rows give nothing away."""

from __future__ import annotations

from common.crypto import secret_seal
from common.models import OutboxMessage
from common.outbox import outbox_add

PRIVATE_EMAIL = "private_email"


def private_email_add(*, to: str, subject: str, text: str, dedupe_key: str) -> OutboxMessage:
    """Adds the message to the caller's transaction; `teams.tasks.private_email_send` sends it."""
    sealed = secret_seal(text, owner=dedupe_key)
    payload = {"to": [to], "subject": subject, "sealed": sealed}
    return outbox_add(kind=PRIVATE_EMAIL, payload=payload, dedupe_key=dedupe_key)
