"""What the strategy app does when figures come in, and what it says about metrics and their targets."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from metrics.guards import ratio_guard_register
from metrics.models import Metric
from metrics.outlooks import outlook_provider_register
from metrics.signals import observations_recorded
from strategy.selectors.arithmetic import arithmetic_refusal
from strategy.selectors.outlooks import target_outlooks_read
from strategy.services import evaluation_request_for_metrics
from teams.selectors import organisation_get

# Team and metric pages say how likely a target is reached; see metrics.outlooks.
outlook_provider_register(target_outlooks_read)


@receiver(observations_recorded, dispatch_uid="strategy.evaluation_request")
def figures_came_in(sender: Any, metric_ids: set[int], last_date: date, now: datetime, **_: Any) -> None:
    """Asks for an evaluation: open quarters follow their figures, closed ones are flagged."""
    evaluation_request_for_metrics(metric_ids=metric_ids, last_date=last_date, now=now)


@ratio_guard_register
def ratio_refusal_under_beliefs(metric: Metric) -> str | None:
    """A belief is not left with a metric that its goal's own figure is computed from."""
    today = organisation_get().today(timezone.now())
    return arithmetic_refusal(metric=metric, today=today)
