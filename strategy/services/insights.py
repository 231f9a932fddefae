"""Insights: what somebody said or what was found, for or against a belief or a goal."""

from __future__ import annotations

from collections.abc import Mapping as Values
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from common.audit import audit_record, changes
from common.removal import fields_set, row_to_change
from strategy.errors import UnableToChangeVoiceError
from strategy.models import Goal, Insight, Mapping
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

if TYPE_CHECKING:
    from teams.models import Product

FIELDS = ("mapping", "goal", "text", "is_quote", "source", "segment", "dated", "stance")
_WORD = "insight"


@transaction.atomic
def insight_create(
    *,
    product: Product,
    text: str,
    source: str,
    dated: date,
    actor: User | None,
    now: datetime,
    mapping: Mapping | None = None,
    goal: Goal | None = None,
    is_quote: bool = True,
    segment: str = "",
    stance: str = Insight.Stance.NEUTRAL,
) -> Insight:
    """Adds an insight on a belief or on a goal of the product, exactly one of both.

    Raises UnableToChangeVoiceError with the field that cannot stand ("about" for belief and goal).
    """
    insight = Insight(
        product=product,
        mapping=mapping,
        goal=goal,
        text=text,
        is_quote=is_quote,
        source=source,
        segment=segment,
        dated=dated,
        stance=stance,
        author=actor,
    )
    _check(insight, now)
    insight.save()
    audit_record(
        actor=actor,
        action="insight added",
        subject=insight,
        after=_told(insight),
        product_id=product.pk,
    )
    return insight


@transaction.atomic
def insight_update(
    *,
    insight: Insight,
    changes_wanted: Values[str, Any],
    actor: User | None,
    now: datetime,
    expected_version: int | None,
) -> Insight:
    """Changes fields of FIELDS. Raises UnableToChangeVoiceError; RemovedError and ConflictError as `row_to_change`."""
    row_to_change(insight, _WORD, expected_version=expected_version)
    before = _told(insight)
    fields_set(insight, changes_wanted, FIELDS)
    _check(insight, now)
    old, new = changes(before, _told(insight))
    if new:
        insight.save()
        audit_record(
            actor=actor,
            action="insight changed",
            subject=insight,
            before=old,
            after=new,
            product_id=insight.product_id,
        )
    return insight


@transaction.atomic
def insight_remove(
    *, insight: Insight, actor: User | None, now: datetime, expected_version: int | None = None
) -> Insight:
    """Takes an insight away; `insight_restore` brings it back."""
    return voice_remove(
        insight, _WORD, insight.product_id, actor=actor, now=now, expected_version=expected_version
    )


@transaction.atomic
def insight_restore(*, insight: Insight, actor: User | None, expected_version: int | None = None) -> Insight:
    """Brings a removed insight back."""
    return voice_restore(insight, _WORD, insight.product_id, actor=actor, expected_version=expected_version)


def _check(insight: Insight, now: datetime) -> None:
    insight.text = text_check(
        insight.text, "text", most=TEXT_MAX, missing="Write down what was said or found."
    )
    insight.source = text_check(
        insight.source,
        "source",
        most=SHORT_MAX,
        missing="Say where it comes from, for instance an exit call or a support ticket.",
    )
    insight.segment = text_check(insight.segment, "segment", most=SHORT_MAX)
    if insight.stance not in Insight.Stance.values:
        raise UnableToChangeVoiceError(
            "Choose whether it speaks for it, against it, or neither.", field="stance"
        )
    if (insight.mapping is None) == (insight.goal is None):
        raise UnableToChangeVoiceError("Choose the one belief or goal that it is about.", field="about")
    goal = insight.goal or (insight.mapping.goal if insight.mapping is not None else None)
    if goal is not None and goal.product_id != insight.product_id:
        raise UnableToChangeVoiceError("Choose a belief or a goal of this product.", field="about")
    past_check(insight.dated, "dated", organisation_get().today(now))


def _told(insight: Insight) -> dict[str, Any]:
    values = {name: getattr(insight, name) for name in FIELDS if name not in {"mapping", "goal"}}
    return {"about": str(insight.mapping or insight.goal)} | values
