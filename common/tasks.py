"""The Celery entries. All of them are thin: the work is in common.jobs and in the registered kinds."""

from __future__ import annotations

import time as clock
from datetime import datetime, time, timedelta
from typing import Any

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from common import jobs, outbox
from common.jobs import Due, job_kind
from common.models import Heartbeat, JobRun, OutboxMessage
from common.schedules import daily_slot_next

SCHEDULER = "scheduler"
NIGHT = time(2, 40)
# One message stops taking further runs after this many seconds and hands the rest on, well inside the task's
# time limit.
BATCH_SECONDS = 240


@shared_task(name="common.tasks.tick", ignore_result=True)
def tick() -> None:
    """Every minute: what is due becomes rows, and rows that wait are sent to the workers."""
    now = timezone.now()
    Heartbeat.objects.update_or_create(name=SCHEDULER, defaults={"at": now})
    jobs.jobs_due_collect(now)
    jobs.jobs_give_up(now)
    for run_ids in jobs.jobs_dispatch(now):
        jobs.jobs_send(run_ids)


@shared_task(name="common.tasks.jobs_run", ignore_result=True)
def jobs_run(*, run_ids: list[int]) -> None:
    """Claims and runs each of the rows; what another worker holds or has done is passed over."""
    started = clock.monotonic()
    for position, run_id in enumerate(run_ids):
        if position and clock.monotonic() - started > BATCH_SECONDS:
            jobs.jobs_send(run_ids[position:])
            return
        now = timezone.now()
        if (run := jobs.job_claim(run_id, now=now)) is not None:
            jobs.job_run(run, now=now)


@shared_task(name="common.tasks.nightly", ignore_result=True)
def nightly() -> None:
    """Once a night: tidies up. Not part of the tick, because a missed night loses nothing."""
    now = timezone.now()
    jobs.job_once(kind="housekeeping", period=now.date().isoformat(), now=now)


@job_kind(
    "housekeeping",
    title="Nightly tidy-up",
    schedule="Every night at 02:40 UTC",
    next_due=lambda now: daily_slot_next(now, at=NIGHT).at,
    keep=timedelta(days=30),
)
def housekeeping_run(run: JobRun, *, now: datetime) -> dict[str, Any]:
    """Removes ended sessions, sent messages older than 90 days and old rows of kinds that allow it."""
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    messages, _ = OutboxMessage.objects.filter(
        state=OutboxMessage.State.SENT, sent_at__lt=now - timedelta(days=90)
    ).delete()
    runs = 0
    for kind in jobs.job_kind_list():
        if kind.keep is not None:
            old = JobRun.objects.filter(kind=kind.name, finished_at__lt=now - kind.keep)
            runs += old.exclude(state=JobRun.State.FAILED).delete()[0]
    return {"sessions": sessions, "messages": messages, "runs": runs}


def _outbox_due(now: datetime) -> list[Due]:
    oldest = outbox.outbox_due(now).order_by("due_at", "pk").first()
    # Named after the head of the queue: while that message waits there is one run, and the next head gets its own.
    return [Due(period=f"{oldest.pk}-{oldest.attempts}")] if oldest is not None else []


@job_kind(
    "outbox",
    title="Outgoing messages",
    due=_outbox_due,
    schedule="Within a minute of a message being due",
    keep=timedelta(days=30),
)
def outbox_run(run: JobRun, *, now: datetime) -> dict[str, Any]:
    """Sends the messages that are due."""
    return outbox.outbox_send_due(now)
