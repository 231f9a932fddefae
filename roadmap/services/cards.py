"""What a person says about a card in Bearing: its target metric and its context, without touching the tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from common.audit import audit_record, changes
from common.errors import ApplicationError
from common.locking import version_claim
from metrics.models import Metric
from roadmap.boards.context import CONTEXT_FIELDS, VALUE_MAX
from roadmap.models import Card
from roadmap.services.snapshots import PERSON
from roadmap.services.texts import text_fit
from teams.models import User

# Read by people in this order; the target metric stands beside them, because it is a link and not a text.
CARD_CONTEXT_FIELDS = tuple(name for name in CONTEXT_FIELDS if name != "metric")


class _Kept:
    """Says that the metric stays as it is; None is a real value."""


KEPT = _Kept()


@transaction.atomic
def card_context_update(
    *,
    card: Card,
    values: Mapping[str, str],
    actor: User | None,
    metric: Metric | _Kept | None = KEPT,
    expected_version: int | None = None,
) -> Card:
    """Sets the context of a card by hand; what is changed here is never again overwritten by the tool.

    `values` gives texts by field; fields that are left out or unchanged keep their value and where it came from.
    `metric` None says that the card points at no metric. Raises ApplicationError for an unknown field, a text that is
    too long, or a metric of another product; ConflictError when somebody was quicker.
    """
    _values_check(values)
    product = card.board.team.product
    if isinstance(metric, Metric) and metric.product_id not in {None, product.pk}:
        raise ApplicationError("Choose a metric of this product.", field="metric")
    _claim(card, expected_version)
    before = _shown(card)
    context = dict(card.context)
    for name, value in values.items():
        text = text_fit(value, VALUE_MAX)
        if text != context.get(name, {}).get("value", ""):
            context[name] = {"value": text, "origin": PERSON}
    card.context = context
    if not isinstance(metric, _Kept) and (
        metric != card.metric or (metric is None and card.metric_key_unknown)
    ):
        card.metric, card.metric_origin, card.metric_key_unknown = metric, PERSON, ""
    card.save(update_fields=["context", "metric", "metric_origin", "metric_key_unknown", "updated_at"])
    old, new = changes(before, _shown(card))
    if new:
        audit_record(
            actor=actor,
            action="card context changed",
            subject=card,
            before=old,
            after=new,
            product_id=product.pk,
        )
    return card


@transaction.atomic
def card_context_reset(*, card: Card, actor: User | None, expected_version: int | None = None) -> Card:
    """Forgets what people said about the card: the next read takes the tool's values again. ConflictError."""
    _claim(card, expected_version)
    before = _shown(card)
    card.context = {name: entry for name, entry in card.context.items() if entry.get("origin") != PERSON}
    if card.metric_origin == PERSON:
        card.metric, card.metric_origin = None, ""
    card.save(update_fields=["context", "metric", "metric_origin", "updated_at"])
    old, new = changes(before, {**dict.fromkeys(before, ""), **_shown(card)})
    audit_record(
        actor=actor,
        action="card context given back to the tool",
        subject=card,
        before=old,
        after=new,
        product_id=card.board.team.product_id,
    )
    return card


def _claim(card: Card, expected_version: int | None) -> None:
    """Takes the next version and looks again: a read may have changed the tool's values, which are no conflict."""
    version_claim(card, expected_version)
    card.refresh_from_db(fields=["context", "metric", "metric_origin", "metric_key_unknown"])


def _values_check(values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if name not in CARD_CONTEXT_FIELDS:
            raise ApplicationError(
                f"A card has no field {name!r}. Known: {', '.join(CARD_CONTEXT_FIELDS)}.", field=name
            )
        if len(value.strip()) > VALUE_MAX:
            raise ApplicationError(f"Use at most {VALUE_MAX} characters.", field=name)


def _shown(card: Card) -> dict[str, Any]:
    values: dict[str, Any] = {name: entry["value"] for name, entry in card.context.items()}
    return {"target metric": card.metric.name if card.metric else "", **values}
