"""A stated verdict that differs from the one before is told: in the history, to other apps, and to the belief's owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from common.audit import audit_record
from common.outbox import OutboxDraft, outbox_add_many
from strategy.models import Mapping, MappingVerdict
from strategy.services.readers import readers_of
from strategy.signals import mapping_verdict_changed
from teams.models import Organisation


def verdict_changes_tell(
    pairs: Sequence[tuple[MappingVerdict, MappingVerdict]], *, now: datetime, organisation: Organisation
) -> int:
    """Tells of each (new, before) whose words differ; returns how many. Call it in the transaction that stores the new ones.

    Each adds an event to the belief's history, sends `mapping_verdict_changed`, and adds one mail to the belief's
    owner, or to the product's managers when the owner sees the product no more. Nobody of the sample is mailed.
    """
    changed = [(new, before) for new, before in pairs if _words(new) != _words(before)]
    drafts: list[OutboxDraft] = []
    for new, before in changed:
        mapping = new.mapping
        audit_record(
            actor=None,
            service="weekly test",
            action="verdict changed",
            subject=mapping,
            before={"verdict": _words(before), "week": before.week},
            after={"verdict": _words(new), "week": new.week},
            product_id=mapping.goal.product_id,
        )
        drafts += _mails(mapping, new, before, now, organisation)
    if drafts:
        outbox_add_many(drafts, now=now)
    if changed:
        mapping_verdict_changed.send(sender=MappingVerdict, verdicts=[new for new, _ in changed], now=now)
    return len(changed)


def _words(verdict: MappingVerdict) -> str:
    """ "contradicted: opposite", "supported"."""
    words = verdict.get_verdict_display().lower()
    return f"{words}: {verdict.get_reason_display().lower()}" if verdict.reason else words


def _mails(
    mapping: Mapping, new: MappingVerdict, before: MappingVerdict, now: datetime, organisation: Organisation
) -> list[OutboxDraft]:
    metric, title = mapping.metric.name, str(mapping.goal)
    text = (
        f"The belief that links {metric} to the goal “{title}” was {_words(before)} and is now {_words(new)}.\n\n"
        "The page of the belief says what was compared, how surely, and where the result is weakest. It shows the order "
        "of events, not why they happened.\n\n"
        f"{settings.BASE_URL}{mapping.get_absolute_url()}\n"
    )
    readers = readers_of(mapping.current.owner, mapping.goal.product, organisation.today(now))
    return [
        OutboxDraft(
            "email",
            {
                "to": [user.email],
                "subject": f"{_words(new).capitalize()}: {metric} and {title}",
                "text": text,
            },
            f"verdict:{new.mapping_version_id}:{new.week}:{new.revision}:{user.pk}",
        )
        for user in readers
    ]
