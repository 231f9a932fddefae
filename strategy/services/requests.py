"""Asking for an evaluation: many figures, one run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import F, Q

from common.jobs import job_request
from common.models import JobRun
from metrics.models import Metric
from strategy.models import Goal, GoalVersion, Mapping

KIND = "quarter_evaluation"
# Figures often come in many small writes; one run a little later judges them all.
SETTLE = timedelta(seconds=20)


def evaluation_request(
    *, product_id: int, now: datetime, requested_by: models.Model | None = None, settle: timedelta = SETTLE
) -> JobRun | None:
    """One run for the product's goals, unless one waits that has not begun. Returns the new run, if any.

    Touching the waiting row holds it until this transaction ends, so that no worker starts the run before it
    can see what this transaction wrote.
    """
    waiting = JobRun.objects.filter(kind=KIND, subject=str(product_id), state=JobRun.State.WAITING)
    if requested_by is None and waiting.update(due_at=F("due_at")):
        return None
    return job_request(kind=KIND, subject=str(product_id), requested_by=requested_by, now=now + settle)


def evaluation_request_for_metrics(*, metric_ids: Iterable[int], last_date: date, now: datetime) -> list[int]:
    """Asks for an evaluation of each product with an active goal that these metrics concern.

    Returns the ids of those products. Figures of a ratio's parts concern the ratio; figures older than the
    goal concern nobody.
    """
    ids = set(metric_ids)
    quotients = Metric.objects.exclude(numerator=None)
    ids |= set(
        quotients.filter(Q(numerator_id__one_of=ids) | Q(denominator_id__one_of=ids)).values_list(
            "pk", flat=True
        )
    )
    own = GoalVersion.objects.filter(metric_id__one_of=ids).values("goal")
    mapped = Mapping.objects.filter(metric_id__one_of=ids).values("goal")
    goals = Goal.objects.active().filter(Q(pk__in=own) | Q(pk__in=mapped))
    # A goal is judged from the quarter in which it became active, which began up to three months before.
    begun = goals.filter(activated_at__date__lte=last_date + timedelta(days=93))
    products = sorted(set(begun.values_list("product_id", flat=True)))
    for product_id in products:
        evaluation_request(product_id=product_id, now=now)
    return products
