"""Background work on figures and targets. Thin: each entry calls one service."""

from __future__ import annotations

import time as clock
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from common.jobs import Due, job_kind, job_once
from common.models import JobRun
from common.schedules import daily_slot, daily_slot_next
from metrics.services import imports, rollups, targets

ROLLUP_AT = time(3, 10)
TARGETS_AT = time(0, 20)
# A part stops taking further metrics after this many seconds, well inside the task's time limit.
PART_SECONDS = 120


@job_kind(
    "rollup_check",
    title="Quarter rollup check",
    due=lambda now: [Due(period=daily_slot(now, at=ROLLUP_AT).period)],
    schedule="Every night at 03:10 UTC",
    next_due=lambda now: daily_slot_next(now, at=ROLLUP_AT).at,
    lease=timedelta(minutes=30),
    keep=timedelta(days=30),
)
def rollup_check_run(run: JobRun, *, now: datetime) -> dict[str, Any]:
    """Compares the quarters with the figures and mends what differs; what one task cannot do, the next part does."""
    started = clock.monotonic()
    before = run.payload
    result = rollups.rollup_check(
        after=int(before.get("after", 0)),
        enough=lambda: clock.monotonic() - started > PART_SECONDS,
        progress=run.progress_set,
    )
    found = {
        "metrics": int(before.get("metrics", 0)) + result.metrics,
        "mended": int(before.get("mended", 0)) + result.mended,
        "orphans": int(before.get("orphans", 0)) + result.orphans,
    }
    if result.after is None:
        return found
    part = int(before.get("part", 1)) + 1
    slot = str(before.get("slot") or run.period)
    job_once(
        kind=run.kind,
        period=f"{slot} part {part}",
        now=timezone.now(),
        payload={**found, "after": result.after, "part": part, "slot": slot},
    )
    return {**found, "goes_on_in": f"part {part}"}


@job_kind(
    "target_lock",
    title="Lock and close of targets",
    due=lambda now: [Due(period=daily_slot(now, at=TARGETS_AT).period)],
    schedule="Every night at 00:20 UTC",
    next_due=lambda now: daily_slot_next(now, at=TARGETS_AT).at,
    keep=timedelta(days=30),
)
def target_lock_run(run: JobRun, *, now: datetime) -> dict[str, Any]:
    """Locks the targets whose quarter has run long enough and closes those of quarters that are over."""
    return {"locked": targets.targets_lock(now=now), "closed": targets.targets_close(now=now)}


@job_kind("import_commit", title="Import of a file", lease=timedelta(minutes=15), max_attempts=3)
def import_commit_job(run: JobRun, *, now: datetime) -> dict[str, Any]:
    """Stores the figures of one long file; its subject is the import's number."""
    return imports.import_commit_run(run_id=int(run.subject), job=run, now=now)
