"""A real worker process over real Redis and PostgreSQL: queued in the database, run, found again when killed."""

import os
import signal
from datetime import timedelta

import pytest
from django.utils import timezone

from common import jobs, outbox
from common.jobs import job_kind
from common.models import Heartbeat, JobRun, OutboxMessage
from common.testing.worker import Worker, wait_until

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]


def run_create(**fields):
    defaults = {"kind": "housekeeping", "period": "night", "due_at": timezone.now()}
    return JobRun.objects.create(**defaults | fields)


def state_of(run):
    return JobRun.objects.values_list("state", flat=True).get(pk=run.pk)


def test_a_tick_makes_a_worker_run_what_waits_in_the_database(worker):
    run = run_create()

    worker.send("common.tasks.tick")

    wait_until(lambda: state_of(run) == "done", worker)
    run.refresh_from_db()
    assert run.attempts == 1
    assert run.result == {"sessions": 0, "messages": 0, "runs": 0}
    assert Heartbeat.objects.filter(name="scheduler").exists()


def test_ten_messages_for_one_row_run_it_once(worker):
    run = run_create()
    last = run_create(period="the last one")

    for _ in range(10):
        worker.send("common.tasks.jobs_run", run_ids=[run.pk])
    worker.send("common.tasks.jobs_run", run_ids=[last.pk])

    wait_until(lambda: state_of(run) == state_of(last) == "done", worker)
    run.refresh_from_db()
    assert run.attempts == 1


def test_a_message_of_the_outbox_leaves_through_the_worker(worker):
    OutboxMessage.objects.create(
        kind="email",
        payload={"to": ["reader@example.com"], "subject": "Invitation", "text": "Come in."},
        dedupe_key="one",
        due_at=timezone.now(),
    )

    worker.send("common.tasks.tick")

    wait_until(lambda: OutboxMessage.objects.get().state == "sent", worker)
    assert not outbox.outbox_unsent().exists()
    assert "Subject: Invitation" in worker.log


def test_five_killed_workers_lose_no_run_and_repeat_no_effect(transactional_db, tmp_path, job_registry):
    from common.testing import slow_jobs

    job_kind("slow", title="Slow work", max_attempts=20)(slow_jobs.slow_run)
    for number in range(40):
        run_create(kind="slow", subject=str(number), period="p")
    for attempt in range(5):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        worker = Worker(folder, "--include", "common.testing.slow_jobs")
        worker.send("common.tasks.tick")
        wait_until(lambda: JobRun.objects.filter(kind="slow", state="running").exists(), worker)
        worker.kill()
        # What time does by itself: the leases of the dead end.
        JobRun.objects.filter(kind="slow", lease_until__isnull=False).update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )

    for run in jobs.jobs_work(now=timezone.now(), kinds=["slow"]):
        assert run.state == "done"

    assert set(JobRun.objects.filter(kind="slow").values_list("state", flat=True)) == {"done"}
    assert OutboxMessage.objects.filter(kind="nothing").count() == 40
    assert JobRun.objects.filter(kind="slow", attempts__gt=1).exists()


def test_a_worker_that_is_asked_to_stop_ends_within_its_time(worker):
    os.kill(worker.pid, signal.SIGTERM)

    wait_until(lambda: not worker.is_alive)
