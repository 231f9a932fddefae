"""Writes: figures, imports, metrics and targets. Other apps import from here."""

from __future__ import annotations

from metrics.calculations.points import Points, PointsRefusedError, RowError
from metrics.services.events import (
    EventRefusedError,
    event_create,
    event_remove,
    event_restore,
    event_update,
)
from metrics.services.metrics import (
    MetricRefusedError,
    metric_archive,
    metric_create,
    metric_restore,
    metric_update,
)
from metrics.services.observations import (
    RecordResult,
    import_run_create,
    observations_delete,
    observations_record,
    observations_record_pairs,
)
from metrics.services.rollups import rollup_check, rollup_rebuild
from metrics.services.take_back import TakeBackRefusedError, import_take_back
from metrics.services.targets import (
    Figures,
    TargetRefusedError,
    target_agree,
    target_counter,
    target_propose,
    target_withdraw,
    targets_carry_over,
    targets_close,
    targets_lock,
)

__all__ = [
    "EventRefusedError",
    "Figures",
    "MetricRefusedError",
    "Points",
    "PointsRefusedError",
    "RecordResult",
    "RowError",
    "TakeBackRefusedError",
    "TargetRefusedError",
    "event_create",
    "event_remove",
    "event_restore",
    "event_update",
    "import_run_create",
    "import_take_back",
    "metric_archive",
    "metric_create",
    "metric_restore",
    "metric_update",
    "observations_delete",
    "observations_record",
    "observations_record_pairs",
    "rollup_check",
    "rollup_rebuild",
    "target_agree",
    "target_counter",
    "target_propose",
    "target_withdraw",
    "targets_carry_over",
    "targets_close",
    "targets_lock",
]
