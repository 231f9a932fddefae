"""The minute tick and the night."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from common import jobs, tasks
from common.jobs import Due, job_kind
from common.models import Heartbeat, JobRun, OutboxMessage

pytestmark = pytest.mark.django_db


def test_a_tick_leaves_a_heartbeat_and_sends_what_is_due(job_registry, sent_messages, frozen_today, now):
    @job_kind("count", title="Count", due=lambda now: [Due("1", "2026-W47")])
    def count(run, *, now):
        return {}

    tasks.tick()
    tasks.tick()

    run = JobRun.objects.get()
    assert Heartbeat.objects.get(name="scheduler").at == now
    assert sent_messages == [("common.tasks.jobs_run", {"run_ids": [run.pk]})]


def test_a_message_runs_each_row_once_even_when_it_comes_twice(job_registry, now):
    calls = []

    @job_kind("count", title="Count", due=lambda now: [Due("1", "p"), Due("2", "p")])
    def count(run, *, now):
        calls.append(run.subject)
        return {}

    jobs.jobs_due_collect(now)
    ids = list(JobRun.objects.values_list("pk", flat=True))

    tasks.jobs_run(run_ids=ids)
    tasks.jobs_run(run_ids=ids)

    assert sorted(calls) == ["1", "2"]


def test_one_failing_run_stops_no_other_of_its_message(job_registry, now, caplog):
    @job_kind("count", title="Count", due=lambda now: [Due("1", "p"), Due("2", "p")])
    def count(run, *, now):
        if run.subject == "1":
            raise RuntimeError
        return {}

    jobs.jobs_due_collect(now)
    tasks.jobs_run(run_ids=list(JobRun.objects.order_by("subject").values_list("pk", flat=True)))

    assert list(JobRun.objects.order_by("subject").values_list("state", flat=True)) == ["waiting", "done"]


def test_a_long_message_hands_the_rest_on_before_its_time_limit(
    job_registry, now, sent_messages, monkeypatch
):
    @job_kind("count", title="Count", due=lambda now: [Due(str(number), "p") for number in range(3)])
    def count(run, *, now):
        return {}

    jobs.jobs_due_collect(now)
    ids = list(JobRun.objects.order_by("pk").values_list("pk", flat=True))
    monkeypatch.setattr(tasks, "BATCH_SECONDS", -1)

    tasks.jobs_run(run_ids=ids)

    assert sent_messages == [("common.tasks.jobs_run", {"run_ids": ids[1:]})]
    assert JobRun.objects.filter(state="done").count() == 1


def test_the_night_removes_only_what_nobody_needs(now, frozen_today, sent_messages):
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(days=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(days=1))
    long_ago = now - timedelta(days=91)
    for key, state in (("sent", "sent"), ("dead", "dead")):
        OutboxMessage.objects.create(
            kind="email", payload={}, dedupe_key=key, state=state, due_at=long_ago, sent_at=long_ago
        )
    for kind in ("outbox", "board_sync"):
        JobRun.objects.create(kind=kind, period="old", state="done", due_at=long_ago, finished_at=long_ago)

    tasks.nightly()
    tasks.nightly()
    run = JobRun.objects.get(kind="housekeeping")
    jobs.job_run(jobs.job_claim(run.pk, now=now), now=now)

    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
    assert list(OutboxMessage.objects.values_list("dedupe_key", flat=True)) == ["dead"]
    assert not JobRun.objects.filter(kind="outbox").exists()
    assert JobRun.objects.filter(kind="board_sync").exists()
    run.refresh_from_db()
    assert run.result == {"sessions": 1, "messages": 1, "runs": 1}
