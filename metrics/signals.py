"""What other apps may want to know of figures."""

from __future__ import annotations

from django.dispatch import Signal

# Sent inside the transaction that stored, corrected or deleted figures, once a write.
# sender: metrics.models.Observation. metric_ids: set[int]. first_date, last_date: date of the earliest and
# latest figure touched. now: datetime. Receivers only note what is to be done; they never write figures.
observations_recorded = Signal()
