"""The audit trail: services record what they change, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import QuerySet
from orjson import loads

from common.models import AuditEvent

_ENCODER = DjangoJSONEncoder()


def subject_of(instance: models.Model) -> str:
    """How an object is named in the trail: "strategy.goal:12"."""
    return f"{instance._meta.label_lower}:{instance.pk}"


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """The values as JSON; model instances by their label, so that a later rename changes nothing told."""
    cleaned = {
        key: str(value) if isinstance(value, models.Model) else value for key, value in (values or {}).items()
    }
    plain: dict[str, Any] = loads(_ENCODER.encode(cleaned))
    return plain


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only the keys whose values differ, before and after."""
    keys = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in keys}, {key: after[key] for key in keys}


def audit_record(
    *,
    actor: models.Model | None,
    action: str,
    subject: models.Model,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    product_id: int | None = None,
    service: str = "",
    confidential: bool = False,
) -> AuditEvent:
    """Adds one event. `action` is a verb phrase such as "goal created"; secrets never belong in the values.

    A `confidential` event (who did it, or that it was done, is nobody's business yet) stays out of the organisation's
    activity, the product's changes and the admin until `audit_reveal`.
    """
    return AuditEvent.objects.create(
        actor_id=actor.pk if actor is not None else None,
        service=service or ("" if actor is not None else "system"),
        action=action,
        subject=subject_of(subject),
        subject_label=str(subject)[:200],
        product_id=product_id,
        before=_plain(before),
        after=_plain(after),
        reason=reason,
        confidential=confidential,
    )


def audit_reveal(subjects: Iterable[models.Model]) -> int:
    """Lets the confidential events of these objects be told everywhere; returns how many."""
    keys = [subject_of(subject) for subject in subjects]
    return AuditEvent.objects.filter(subject__in=keys, confidential=True).update(confidential=False)


def audit_list(*subjects: models.Model | str, limit: int = 100) -> QuerySet[AuditEvent]:
    """The newest events of the given objects."""
    keys = [subject if isinstance(subject, str) else subject_of(subject) for subject in subjects]
    return AuditEvent.objects.filter(subject__in=keys).select_related("actor")[:limit]
