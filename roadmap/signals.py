"""What the roadmap tells the apps above it; sent after the transaction of the fact has been committed."""

from __future__ import annotations

from django.dispatch import Signal

# board_id: int, sync_run_id: int. The board was read and stored, or a person changed what its columns mean.
board_synced = Signal()
# edition_id: int, product_id: int.
edition_published = Signal()
