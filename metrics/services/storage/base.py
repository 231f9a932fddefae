"""What both storages promise."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from metrics.calculations.points import Days, Floats, Ids, Ints
from metrics.calculations.rollup import Changes, Quarters

# Below this many rows one statement with arrays beats the set-up of COPY and temporary tables.
SMALL = 200


class Storage(Protocol):
    """Reads and writes of figures as whole columns, inside the caller's transaction."""

    def __init__(self, connection: Any) -> None: ...

    def lock(self) -> None:
        """Holds off every other writer of figures until the transaction ends."""

    def stored_read(self, metric_ids: Ids, first: Days, last: Days) -> tuple[Ints, Floats]:
        """Sorted keys and values of the given metrics, each from its `first` to its `last` day."""

    def changes_write(self, changes: Changes) -> None:
        """Inserts, updates and deletes figures."""

    def revisions_write(self, changes: Changes, *, run_id: int, at: datetime) -> None:
        """Keeps what changed or deleted figures were."""

    def run_metrics_write(self, metric_ids: Ids, figures: Ints, *, run_id: int) -> None:
        """Keeps how many figures of each metric the import wrote, on top of what it wrote already."""

    def quarters_read(self, metric_ids: Ids, first: Days, last: Days) -> Quarters:
        """The quarter rows of the given metrics that start from `first` to `last`, each metric its own range."""

    def quarters_write(self, rows: Quarters) -> None:
        """Inserts or replaces quarter rows."""

    def quarters_add(self, rows: Quarters) -> None:
        """Inserts quarter rows, of which none is stored."""

    def quarters_delete(self, rows: Quarters) -> None:
        """Removes quarter rows."""
