"""Events: dated facts that people know of, on one metric or on all of a product. Shown on charts, set aside by tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models, transaction

from common.audit import audit_record, changes
from common.errors import ApplicationError
from common.removal import fields_set, row_bring_back, row_remove, row_to_change
from metrics.models import Event, Metric
from teams.models import Product
from teams.selectors import organisation_get

FIELDS = ("metric", "title", "text", "kind", "starts_on", "ends_on", "set_aside")
TITLE_MAX, TEXT_MAX = 120, 2000
AHEAD_MOST = timedelta(days=366)
# More than a quarter set aside would leave little to test, and whoever dislikes a stretch could hide it.
SET_ASIDE_MOST_DAYS = 92


class EventRefusedError(ApplicationError):
    """An event cannot be like this, or not now."""


@transaction.atomic
def event_create(
    *,
    product: Product,
    title: str,
    starts_on: date,
    actor: models.Model | None,
    now: datetime,
    ends_on: date | None = None,
    metric: Metric | None = None,
    text: str = "",
    kind: str = Event.Kind.OTHER,
    set_aside: bool = True,
) -> Event:
    """Adds an event to a metric of the product or the organisation, or with `metric` None to all of the product.

    ends_on: its last day; None for a single day. EventRefusedError names the field that cannot stand.
    """
    event = Event(
        product=product,
        metric=metric,
        title=title,
        text=text,
        kind=kind,
        starts_on=starts_on,
        ends_on=ends_on or starts_on,
        set_aside=set_aside,
        author_id=actor.pk if actor is not None else None,
    )
    _check(event, now)
    if metric is not None and metric.archived_at is not None:
        raise EventRefusedError(
            f"{metric.name} is archived. Bring it back first, or choose another metric.", field="metric"
        )
    event.save()
    _tell(event, actor, "event added", {}, _told(event))
    return event


@transaction.atomic
def event_update(
    *,
    event: Event,
    changes_wanted: Mapping[str, Any],
    actor: models.Model | None,
    now: datetime,
    expected_version: int | None,
) -> Event:
    """Changes fields of FIELDS. EventRefusedError names the field; RemovedError and ConflictError as `row_to_change`."""
    row_to_change(event, "event", expected_version=expected_version)
    before = _told(event)
    fields_set(event, changes_wanted, FIELDS)
    single = before["starts_on"] == before["ends_on"]
    if event.ends_on is None or (single and "ends_on" not in changes_wanted):
        event.ends_on = event.starts_on
    _check(event, now)
    old, new = changes(before, _told(event))
    if new:
        event.save()
        _tell(event, actor, "event changed", old, new)
    return event


@transaction.atomic
def event_remove(
    *, event: Event, actor: models.Model | None, now: datetime, expected_version: int | None = None
) -> Event:
    """Takes an event off charts and tests; `event_restore` brings it back."""
    row_remove(event, "event", now=now, expected_version=expected_version)
    _tell(event, actor, "event removed", _told(event), {})
    return event


@transaction.atomic
def event_restore(*, event: Event, actor: models.Model | None, expected_version: int | None = None) -> Event:
    """Brings a removed event back."""
    row_bring_back(event, "event", expected_version=expected_version)
    _tell(event, actor, "event brought back", {}, _told(event))
    return event


def _check(event: Event, now: datetime) -> None:
    event.title, event.text = event.title.strip(), event.text.strip()
    if not event.title:
        raise EventRefusedError("Say in a few words what happened.", field="title")
    if len(event.title) > TITLE_MAX:
        raise EventRefusedError(
            f"Keep it within {TITLE_MAX} characters; it has {len(event.title)}. Put the rest below.",
            field="title",
        )
    if len(event.text) > TEXT_MAX:
        raise EventRefusedError(f"Keep the details within {TEXT_MAX} characters.", field="text")
    if event.kind not in Event.Kind.values:
        raise EventRefusedError("Choose a kind of event from the list.", field="kind")
    if event.metric is not None and event.metric.product_id not in {None, event.product_id}:
        raise EventRefusedError("Choose a metric of this product or of the organisation.", field="metric")
    _days_check(event, organisation_get().today(now))


def _days_check(event: Event, today: date) -> None:
    if event.ends_on < event.starts_on:
        raise EventRefusedError(
            "The last day is before the first one. Swap them, or leave it empty for a single day.",
            field="ends_on",
        )
    for field in ("starts_on", "ends_on"):
        if getattr(event, field) > today + AHEAD_MOST:
            raise EventRefusedError(
                "That is more than a year ahead. Add it when it comes closer.", field=field
            )
    days = (event.ends_on - event.starts_on).days + 1
    if event.set_aside and days > SET_ASIDE_MOST_DAYS:
        raise EventRefusedError(
            f"It covers {days} days. At most {SET_ASIDE_MOST_DAYS} can be set aside, or there is too little left "
            "to test: shorten it, or only show it on charts.",
            field="set_aside",
        )


def _told(event: Event) -> dict[str, Any]:
    values = {name: getattr(event, name) for name in FIELDS}
    return values | {"metric": event.metric.name if event.metric is not None else "all metrics"}


def _tell(
    event: Event, actor: models.Model | None, action: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    audit_record(
        actor=actor, action=action, subject=event, before=before, after=after, product_id=event.product_id
    )
