"""Background work of people and organisation: the fiscal year's planned move, and mail that carries a secret."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from common.crypto import secret_open
from common.jobs import Due, job_kind
from common.models import JobRun, OutboxMessage
from common.outbox import email_send, outbox_sender
from teams.models import Organisation
from teams.services.mail import PRIVATE_EMAIL
from teams.services.organisation import fiscal_year_apply, fiscal_year_is_due


def _fiscal_year_due(now: datetime) -> Iterable[Due]:
    organisation = Organisation.objects.filter(fiscal_year_start_from__isnull=False).first()
    if organisation is None or not fiscal_year_is_due(organisation, now):
        return []
    return [Due(period=f"{organisation.fiscal_year_start_from}")]


@job_kind(
    "fiscal_year_change",
    title="Fiscal year change",
    due=_fiscal_year_due,
    schedule="On the first day of a planned new fiscal year",
)
def fiscal_year_change_run(run: JobRun, *, now: datetime) -> dict[str, Any]:
    """Makes the planned start of the fiscal year hold; a second run finds nothing to do."""
    return {"changed": fiscal_year_apply(now=now)}


@outbox_sender(PRIVATE_EMAIL)
def private_email_send(message: OutboxMessage) -> None:
    """Opens the sealed text and sends it as any other e-mail; the row keeps only the sealed form."""
    text = secret_open(message.payload["sealed"], owner=message.dedupe_key)
    plain = OutboxMessage(
        kind="email", dedupe_key=message.dedupe_key, payload={**message.payload, "text": text}
    )
    email_send(plain)
