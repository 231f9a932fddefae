"""Background work of the strategy app."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, time, timedelta
from typing import Any

from common.jobs import Due, job_kind
from common.models import JobRun
from common.schedules import daily_slot, daily_slot_next, weekly_slot, weekly_slot_next
from strategy.services import (
    forecasts_make,
    forecasts_score,
    forecasts_thin,
    mappings_test,
    quarters_evaluate,
)
from strategy.services.requests import KIND
from teams.models import Product
from teams.selectors import organisation_get

# After midnight everywhere in the zone, when late pulls of the evening are in; off the full hour.
NIGHTLY = time(2, 15)
# After the evaluation, whose verdicts the past forecasts are scored by.
FORECASTS_AT = time(3, 0)
FORECASTS = "forecasts"
# After Monday's evaluation and forecasts, when the figures of the week before are in.
TESTS_AT = time(4, 0)
MONDAY = 0
MAPPING_TEST = "mapping_test"


def _due(now: datetime) -> Iterable[Due]:
    slot = daily_slot(now, at=NIGHTLY, zone=organisation_get().zone)
    return [Due(period=slot.period, due_at=slot.at)]


def _next_due(now: datetime) -> datetime:
    return daily_slot_next(now, at=NIGHTLY, zone=organisation_get().zone).at


@job_kind(
    KIND,
    title="Quarter evaluation",
    due=_due,
    subjects=lambda _now: [""],
    next_due=_next_due,
    schedule="Every night at 02:15",
)
def quarter_evaluation_run(run: JobRun, *, now: datetime) -> dict[str, Any]:
    """Judges the quarters of all goals, or of the product whose id is the run's subject."""
    if not run.subject:
        return quarters_evaluate(now=now).as_dict()
    product = Product.objects.filter(pk=int(run.subject)).first()
    return quarters_evaluate(now=now, product=product).as_dict() if product else {"goals": 0}


def _forecasts_due(now: datetime) -> Iterable[Due]:
    slot = daily_slot(now, at=FORECASTS_AT, zone=organisation_get().zone)
    return [Due(subject=subject, period=slot.period, due_at=slot.at) for subject in _products(now)]


def _products(_now: datetime) -> Iterable[str]:
    return (str(pk) for pk in Product.objects.active().order_by("pk").values_list("pk", flat=True))


def _product_names(ids: Collection[str]) -> dict[str, str]:
    return {str(pk): name for pk, name in Product.objects.filter(pk__in=ids).values_list("pk", "name")}


@job_kind(
    FORECASTS,
    title="Forecasts",
    due=_forecasts_due,
    subjects=_products,
    subject_names=_product_names,
    next_due=lambda now: daily_slot_next(now, at=FORECASTS_AT, zone=organisation_get().zone).at,
    schedule="Every night at 03:00",
    keep=timedelta(days=90),
)
def forecasts_run(run: JobRun, *, now: datetime) -> dict[str, Any]:
    """Scores the forecasts of closed quarters, forecasts the open one, and thins old ones, for the product that is the
    subject."""
    product = Product.objects.active().filter(pk=run.subject).first()
    if product is None:
        return {"skipped": "The product is archived or was removed."}
    scores = forecasts_score(now=now, product=product)
    made = forecasts_make(now=now, product=product)
    return made.as_dict() | scores.as_dict() | {"thinned": forecasts_thin(now=now, product=product)}


def _tests_due(now: datetime) -> Iterable[Due]:
    slot = weekly_slot(now, weekday=MONDAY, at=TESTS_AT, zone=organisation_get().zone)
    return [Due(subject=subject, period=slot.period, due_at=slot.at) for subject in _products(now)]


@job_kind(
    MAPPING_TEST,
    title="Test of beliefs",
    due=_tests_due,
    subjects=_products,
    subject_names=_product_names,
    next_due=lambda now: weekly_slot_next(now, weekday=MONDAY, at=TESTS_AT, zone=organisation_get().zone).at,
    schedule="Every Monday at 04:00",
    keep=timedelta(days=400),
)
def mapping_test_run(run: JobRun, *, now: datetime) -> dict[str, Any]:
    """Tests the beliefs of the product that is the subject; asked for by a person, all of them once more."""
    product = Product.objects.active().filter(pk=run.subject).first()
    if product is None:
        return {"skipped": "The product is archived or was removed."}
    again = bool(run.payload.get("again"))
    return mappings_test(now=now, product=product, again=again).as_dict()
