"""The registry, what is due, and one run from claim to result."""

from datetime import timedelta

import pytest
from kombu.exceptions import OperationalError

from common import jobs
from common.errors import PermanentError, TransientError
from common.jobs import Due, job_kind
from common.models import JobRun

pytestmark = pytest.mark.django_db


def count_kind(calls, **options):
    """Registers a kind that notes its runs in `calls`."""

    @job_kind("count", title="Count", **options)
    def run(run, *, now):
        calls.append(run.pk)
        return {"calls": len(calls)}

    return run


def waiting_run(now, kind="count", **fields):
    return JobRun.objects.create(kind=kind, subject="1", period="2026-W47", due_at=now, **fields)


def test_it_refuses_two_functions_of_one_name(job_registry):
    count_kind([])

    with pytest.raises(ValueError, match="Two functions"):
        count_kind([])


def test_it_writes_one_row_for_what_two_ticks_find_due(job_registry, now):
    count_kind([], due=lambda now: [Due("1", "2026-W47"), Due("2", "2026-W47")])

    first = jobs.jobs_due_collect(now)
    second = jobs.jobs_due_collect(now + timedelta(minutes=1))

    assert (first, second, JobRun.objects.count()) == (2, 0, 2)


def test_it_collects_the_others_when_one_kind_cannot_say_what_is_due(job_registry, now, caplog):
    @job_kind("broken", title="A broken one", due=lambda now: 1 / 0)
    def broken(run, *, now):
        return {}

    count_kind([], due=lambda now: [Due("1", "2026-W47")])

    jobs.jobs_due_collect(now)

    assert JobRun.objects.get(kind="count").state == "waiting"
    failure = JobRun.objects.get(kind="broken")
    assert failure.state == "failed"
    assert "could not be read" in failure.error
    assert "Unable to tell what is due" in caplog.text


def test_it_sends_in_messages_of_the_batch_size_and_not_twice_at_once(job_registry, now):
    count_kind([], batch=2, due=lambda now: [Due(str(number), "p") for number in range(5)])
    jobs.jobs_due_collect(now)

    first = jobs.jobs_dispatch(now)
    a_minute_later = jobs.jobs_dispatch(now + timedelta(minutes=1))
    after_the_broker_lost_it = jobs.jobs_dispatch(now + timedelta(minutes=2))

    assert [len(ids) for ids in first] == [2, 2, 1]
    assert a_minute_later == []
    assert after_the_broker_lost_it == first


def test_it_leaves_rows_of_an_unknown_kind_for_a_newer_worker(job_registry, now):
    run = waiting_run(now, kind="from_the_future")

    assert jobs.jobs_dispatch(now) == []
    assert jobs.job_claim(run.pk, now=now) is None


def test_it_does_not_claim_what_is_not_due_or_already_taken(job_registry, now):
    count_kind([])
    run = waiting_run(now + timedelta(hours=1))

    too_early = jobs.job_claim(run.pk, now=now)
    taken = jobs.job_claim(run.pk, now=now + timedelta(hours=1))
    again = jobs.job_claim(run.pk, now=now + timedelta(hours=1))

    assert too_early is None
    assert taken is not None
    assert taken.attempts == 1
    assert again is None


def test_it_takes_over_when_the_lease_has_ended(job_registry, now):
    count_kind([], lease=timedelta(minutes=15))
    run = waiting_run(now)
    jobs.job_claim(run.pk, now=now)

    within = jobs.job_claim(run.pk, now=now + timedelta(minutes=14))
    after = jobs.job_claim(run.pk, now=now + timedelta(minutes=16))

    assert within is None
    assert after is not None
    assert after.attempts == 2


def test_it_keeps_the_result_and_finishes(job_registry, now):
    count_kind([])
    run = jobs.job_claim(waiting_run(now).pk, now=now)

    jobs.job_run(run, now=now)

    assert (run.state, run.result, run.error) == ("done", {"calls": 1}, "")
    assert run.finished_at is not None
    assert run.lease_until is None


def test_it_says_when_a_result_has_gaps(job_registry, now):
    @job_kind("count", title="Count")
    def count(run, *, now):
        return {"gaps": ["one board"]}

    run = jobs.job_run(jobs.job_claim(waiting_run(now).pk, now=now), now=now)

    assert run.state == "gaps"


def test_it_waits_as_long_as_the_other_side_asked(job_registry, frozen_today, now):
    @job_kind("count", title="Count")
    def count(run, *, now):
        raise TransientError("The board is busy.", retry_after=5400)

    run = jobs.job_run(jobs.job_claim(waiting_run(now).pk, now=now), now=now)

    assert (run.state, run.error) == ("waiting", "The board is busy.")
    assert run.due_at >= now + timedelta(seconds=5400)


def test_it_fails_at_once_when_trying_again_cannot_help(job_registry, now):
    @job_kind("count", title="Count")
    def count(run, *, now):
        raise PermanentError("The password is wrong.")

    run = jobs.job_run(jobs.job_claim(waiting_run(now).pk, now=now), now=now)

    assert (run.state, run.attempts, run.error) == ("failed", 1, "The password is wrong.")


def test_it_stops_after_the_last_attempt_and_shows_why(job_registry, now, caplog):
    @job_kind("count", title="Count", max_attempts=3)
    def count(run, *, now):
        raise RuntimeError("a secret in here")

    run = waiting_run(now)
    later = now
    for _ in range(5):
        later += timedelta(days=1)
        JobRun.objects.filter(pk=run.pk).update(due_at=now)
        if claimed := jobs.job_claim(run.pk, now=later):
            jobs.job_run(claimed, now=later)

    run.refresh_from_db()
    assert (run.state, run.attempts) == ("failed", 3)
    assert "RuntimeError" in run.error
    assert "secret" not in run.error
    assert "Unable to finish a job" in caplog.text


def test_it_gives_up_on_a_run_that_kills_its_worker(job_registry, now):
    count_kind([], max_attempts=4)
    run = waiting_run(now)
    later = now
    for _ in range(6):
        jobs.jobs_give_up(later)
        jobs.job_claim(run.pk, now=later)  # and the worker is gone
        later += timedelta(minutes=11)

    run.refresh_from_db()
    assert (run.state, run.attempts) == ("failed", 4)
    assert "stopped in the middle" in run.error


def test_it_does_not_let_a_worker_whose_lease_ended_write_over_the_next_one(job_registry, now):
    count_kind([])
    run = waiting_run(now)
    slow = jobs.job_claim(run.pk, now=now)
    quick = jobs.job_claim(run.pk, now=now + timedelta(minutes=11))

    jobs.job_run(slow, now=now)
    run.refresh_from_db()
    state_while_the_second_runs = run.state
    jobs.job_run(quick, now=now)

    assert state_while_the_second_runs == "running"
    assert quick.state == "done"


def test_it_runs_outside_the_claim_so_that_progress_is_seen(job_registry, now):
    seen = []

    @job_kind("count", title="Count")
    def count(run, *, now):
        run.progress_set(40, 100)
        row = JobRun.objects.get(pk=run.pk)
        seen.append((row.state, row.progress, row.total))
        return {}

    jobs.job_run(jobs.job_claim(waiting_run(now).pk, now=now), now=now)

    assert seen == [("running", 40, 100)]


@pytest.mark.parametrize(
    ("attempts", "least", "most"), [(1, 15, 45), (2, 30, 90), (5, 240, 720), (30, 1800, 5400)]
)
def test_it_backs_off_by_doubling_with_jitter(attempts, least, most):
    waits = {jobs.backoff(attempts).total_seconds() for _ in range(50)}

    assert least <= min(waits)
    assert max(waits) <= most
    assert len(waits) > 1


def test_it_sends_a_requested_run_only_when_the_transaction_commits(
    job_registry, now, sent_messages, django_capture_on_commit_callbacks, dana
):
    count_kind([])

    with django_capture_on_commit_callbacks() as callbacks:
        run = jobs.job_request(kind="count", subject="7", requested_by=dana, now=now)
    before_commit = list(sent_messages)
    for callback in callbacks:
        callback()

    assert before_commit == []
    assert sent_messages == [("common.tasks.jobs_run", {"run_ids": [run.pk]})]
    assert run.period.startswith("request-")


@pytest.mark.django_db(transaction=True)
def test_it_sends_nothing_when_the_transaction_is_rolled_back(job_registry, now, sent_messages):
    from django.db import transaction

    count_kind([])

    with transaction.atomic():
        jobs.job_request(kind="count", now=now)
        transaction.set_rollback(True)

    assert sent_messages == []
    assert not JobRun.objects.exists()


def test_it_leaves_the_row_for_the_next_tick_when_the_broker_is_down(job_registry, now, monkeypatch, caplog):
    def fail(*_args, **_kwargs):
        raise OperationalError("no route")

    monkeypatch.setattr("common.jobs.current_app.send_task", fail)
    count_kind([])
    run = waiting_run(now)

    assert jobs.jobs_send([run.pk]) is False
    assert jobs.jobs_dispatch(now) == [[run.pk]]


def test_it_refuses_to_request_what_nobody_registered(job_registry):
    with pytest.raises(jobs.UnknownJobKindError):
        jobs.job_request(kind="missing")


def test_it_works_off_everything_due_in_order_for_commands(job_registry, now):
    calls = []
    count_kind(calls, due=lambda now: [Due(str(number), "p") for number in range(3)])

    runs = jobs.jobs_work(now=now)
    again = jobs.jobs_work(now=now)

    assert [run.state for run in runs] == ["done"] * 3
    assert calls == sorted(calls)
    assert again == []


def test_it_frees_what_an_earlier_process_left_half_done(job_registry, now):
    count_kind([])
    run = waiting_run(now)
    jobs.job_claim(run.pk, now=now)

    jobs.jobs_release_all()

    assert jobs.job_claim(run.pk, now=now + timedelta(days=400)) is not None
