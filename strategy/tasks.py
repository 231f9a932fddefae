"""Background work of the strategy app."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from common.jobs import Due, job_kind
from common.models import JobRun
from common.schedules import daily_slot, daily_slot_next
from strategy.services import quarters_evaluate
from strategy.services.requests import KIND
from teams.models import Product
from teams.selectors import organisation_get

# After midnight everywhere in the zone, when late pulls of the evening are in; off the full hour.
NIGHTLY = time(2, 15)


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
