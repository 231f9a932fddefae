"""At least once is what a queue can promise; so every kind of job, run twice, may change nothing more.

The kinds come from the registry and the tasks from Celery: a new one is in here without being listed.
"""

import pytest
from celery import current_app
from django.core.management import call_command
from django.utils import timezone

from common import jobs
from common.models import JobRun
from common.testing.snapshot import database_snapshot, snapshot_difference

# What tells that a run took place, rather than what it did.
TELLTALES = {"common.jobrun", "common.heartbeat", "sessions.session", "roadmap.syncrun"}
MOMENTS = {
    "updated_at",
    "last_read_at",
    "last_used_at",
    "last_sync_at",
    "synced_at",
    "evaluated_at",
    "seen_at",
}
TASKS = {"common.tasks.tick", "common.tasks.jobs_run", "common.tasks.nightly"}
EXPECTED = {"outbox", "housekeeping", "board_sync", "edition_publish", "contest_check"}


def snapshot():
    return database_snapshot(without=TELLTALES, ignore=MOMENTS)


@pytest.fixture
def populated(db, sent_messages):
    """The sample organisation."""
    call_command("sample_create", verbosity=0)


def runs_of(kind, now):
    """What is due of this kind, or one run for each of its subjects."""
    dues = list(kind.due(now)) if kind.due else []
    if not dues and kind.is_periodic:
        dues = [jobs.Due(subject, "by hand") for subject in (kind.subjects(now) if kind.subjects else [""])]
    return [
        JobRun.objects.create(
            kind=kind.name,
            subject=due.subject,
            period=f"{due.period}!",
            due_at=now,
            payload=dict(due.payload),
        )
        for due in dues
    ]


def run_again(run, now):
    JobRun.objects.filter(pk=run.pk).update(state="waiting", lease_until=None, due_at=now, attempts=0)
    claimed = jobs.job_claim(run.pk, now=now)
    jobs.job_run(claimed, now=now)
    return claimed


def test_every_kind_of_job_run_twice_changes_nothing_more(populated, caplog):
    now = timezone.now()
    changed = {}
    for kind in jobs.job_kind_list():
        for run in runs_of(kind, now):
            run_again(run, now)
            before = snapshot()
            run_again(run, now)
            if difference := snapshot_difference(before, snapshot()):
                changed[f"{kind.name} {run.subject}"] = difference

    assert changed == {}
    assert "Unable to finish a job" not in caplog.text


def test_all_background_work_goes_through_the_registry():
    ours = {name for name in current_app.tasks if not name.startswith("celery.")}

    assert ours == TASKS
    assert {kind.name for kind in jobs.job_kind_list()} >= EXPECTED


def test_every_kind_says_what_it_is_in_words():
    for kind in jobs.job_kind_list():
        assert kind.title[0].isupper(), kind.name
        assert kind.function.__doc__, kind.name
        assert not kind.is_periodic or kind.schedule, kind.name


def test_asking_what_is_due_changes_nothing_and_costs_little(populated, django_assert_max_num_queries):
    now = timezone.now()
    before = snapshot()

    for kind in jobs.job_kind_list():
        with django_assert_max_num_queries(12, info=kind.name):
            if kind.due:
                list(kind.due(now))

    assert snapshot_difference(before, snapshot()) == {}
