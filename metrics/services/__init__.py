"""Writes: figures, imports, metrics and targets. Other apps import from here."""

from __future__ import annotations

from metrics.calculations.points import Points, PointsRefusedError, RowError
from metrics.services.observations import (
    RecordResult,
    import_run_create,
    observations_delete,
    observations_record,
    observations_record_pairs,
)

__all__ = [
    "Points",
    "PointsRefusedError",
    "RecordResult",
    "RowError",
    "import_run_create",
    "observations_delete",
    "observations_record",
    "observations_record_pairs",
]
