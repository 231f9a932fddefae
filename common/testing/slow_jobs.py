"""A kind of job that takes its time, for the tests that kill a worker in the middle. Loaded by those workers only."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from common.jobs import job_kind
from common.models import JobRun, OutboxMessage


@job_kind("slow", title="Slow work", batch=5, max_attempts=20)
def slow_run(run: JobRun, *, now: datetime) -> dict[str, Any]:
    """Half before and half after a pause, as a real job has; the effect is made once by its key."""
    run.progress_set(1, 2)
    time.sleep(0.15)
    OutboxMessage.objects.get_or_create(
        dedupe_key=f"effect {run.subject}",
        defaults={"kind": "nothing", "payload": {}, "due_at": now + timedelta(days=1000)},
    )
    return {"subject": run.subject}
