"""What the apps above may listen to."""

from __future__ import annotations

from django.dispatch import Signal

# Sent inside the transaction that closes quarters. results: list[QuarterResult] newly closed, in order of goal
# and time, each with its goal and version loaded. now: datetime.
quarter_evaluated = Signal()
