"""What the apps above may listen to."""

from __future__ import annotations

from django.dispatch import Signal

# Sent inside the transaction that closes quarters. results: list[QuarterResult] newly closed, in order of goal
# and time, each with its goal and version loaded. now: datetime.
quarter_evaluated = Signal()

# Sent inside the transaction that stores verdicts. verdicts: list[MappingVerdict] newly stated whose words differ from
# the ones stated before, each with its mapping and goal loaded. now: datetime.
mapping_verdict_changed = Signal()
