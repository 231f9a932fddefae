"""What higher apps may listen to."""

from __future__ import annotations

from django.dispatch import Signal

# Sent in the transaction that moves the fiscal year's start, with `organisation` (as it is afterwards) and
# `before` (the start month until now). Listeners rebuild what is kept per quarter and is not frozen.
fiscal_calendar_changed = Signal()
