"""What the apps above may listen to."""

from __future__ import annotations

from django.dispatch import Signal

# Sent inside the transaction that opens a contest. contest: Contest. now: datetime.
contest_opened = Signal()

# Sent inside the transaction that decides a contest. contest: Contest, with its outcome and the applied version.
# now: datetime.
contest_decided = Signal()
