"""What the strategy app does when figures come in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.dispatch import receiver

from metrics.signals import observations_recorded
from strategy.services import evaluation_request_for_metrics


@receiver(observations_recorded, dispatch_uid="strategy.evaluation_request")
def figures_came_in(sender: Any, metric_ids: set[int], last_date: date, now: datetime, **_: Any) -> None:
    """Asks for an evaluation: open quarters follow their figures, closed ones are flagged."""
    evaluation_request_for_metrics(metric_ids=metric_ids, last_date=last_date, now=now)
