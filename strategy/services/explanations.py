"""Other explanations of how metric and goal moved. The data cannot rule them out, so people write them down."""

from __future__ import annotations

from collections.abc import Mapping as Values
from datetime import date, datetime
from typing import Any

from django.db import transaction

from common.audit import audit_record, changes
from common.removal import fields_set, row_to_change
from metrics.models import Event
from strategy.errors import UnableToChangeVoiceError
from strategy.models import Explanation, Mapping
from strategy.services.voices import (
    SHORT_MAX,
    TEXT_MAX,
    past_check,
    text_check,
    voice_remove,
    voice_restore,
)
from teams.models import User
from teams.selectors import organisation_get

FIELDS = ("title", "text", "happened_on", "event")
_WORD = "explanation"


@transaction.atomic
def explanation_create(
    *,
    mapping: Mapping,
    title: str,
    actor: User | None,
    now: datetime,
    text: str = "",
    happened_on: date | None = None,
    event: Event | None = None,
) -> Explanation:
    """Adds an explanation to a belief; one that names an event of the product has its first day unless it says another.

    Raises UnableToChangeVoiceError with the field that cannot stand.
    """
    explanation = Explanation(
        mapping=mapping, title=title, text=text, happened_on=happened_on, event=event, author=actor
    )
    _check(explanation, now)
    explanation.save()
    audit_record(
        actor=actor,
        action="explanation added",
        subject=explanation,
        after=_told(explanation) | {"belief": str(mapping)},
        product_id=mapping.goal.product_id,
    )
    return explanation


@transaction.atomic
def explanation_update(
    *,
    explanation: Explanation,
    changes_wanted: Values[str, Any],
    actor: User | None,
    now: datetime,
    expected_version: int | None,
) -> Explanation:
    """Changes fields of FIELDS. Raises UnableToChangeVoiceError; RemovedError and ConflictError as `row_to_change`."""
    row_to_change(explanation, _WORD, expected_version=expected_version)
    before = _told(explanation)
    fields_set(explanation, changes_wanted, FIELDS)
    _check(explanation, now)
    old, new = changes(before, _told(explanation))
    if new:
        explanation.save()
        audit_record(
            actor=actor,
            action="explanation changed",
            subject=explanation,
            before=old,
            after=new,
            product_id=explanation.mapping.goal.product_id,
        )
    return explanation


@transaction.atomic
def explanation_remove(
    *, explanation: Explanation, actor: User | None, now: datetime, expected_version: int | None = None
) -> Explanation:
    """Takes an explanation away; `explanation_restore` brings it back."""
    product_id = explanation.mapping.goal.product_id
    return voice_remove(
        explanation, _WORD, product_id, actor=actor, now=now, expected_version=expected_version
    )


@transaction.atomic
def explanation_restore(
    *, explanation: Explanation, actor: User | None, expected_version: int | None = None
) -> Explanation:
    """Brings a removed explanation back."""
    product_id = explanation.mapping.goal.product_id
    return voice_restore(explanation, _WORD, product_id, actor=actor, expected_version=expected_version)


def _check(explanation: Explanation, now: datetime) -> None:
    explanation.title = text_check(
        explanation.title,
        "title",
        most=SHORT_MAX,
        missing="Say in a few words what else could explain it.",
    )
    explanation.text = text_check(explanation.text, "text", most=TEXT_MAX)
    event = explanation.event
    if event is not None:
        if event.product_id != explanation.mapping.goal.product_id:
            raise UnableToChangeVoiceError("Choose an event of this product.", field="event")
        explanation.happened_on = explanation.happened_on or event.starts_on
    else:
        past_check(explanation.happened_on, "happened_on", organisation_get().today(now))


def _told(explanation: Explanation) -> dict[str, Any]:
    values = {name: getattr(explanation, name) for name in FIELDS}
    return values | {"event": explanation.event.title if explanation.event is not None else None}
