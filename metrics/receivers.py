"""What follows when a metric goes or the fiscal calendar changes."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from metrics.models import Metric, MetricQuarter, Observation
from metrics.services.rollups import rollup_realign
from teams.models import Organisation


@receiver(post_delete, sender=Metric)
def figures_delete(instance: Metric, **_: Any) -> None:
    """Figures have no foreign-key constraint that would take them along."""
    Observation.objects.filter(metric_id=instance.pk).delete()
    MetricQuarter.objects.filter(metric_id=instance.pk).delete()


@receiver(post_save, sender=Organisation)
def calendar_changed(instance: Organisation, created: bool, **_: Any) -> None:
    """Quarters are rolled up by the calendar in force, so another calendar needs them built again."""
    if not created:
        rollup_realign(fiscal_start_month=instance.fiscal_year_start)
