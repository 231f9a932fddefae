"""Several workers at once on a real PostgreSQL: one effect, whoever is quicker."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.db import connections, transaction

from common import jobs, outbox
from common.jobs import Due, job_kind
from common.models import JobRun, OutboxMessage

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

THREADS = 10
ROUNDS = 15


def at_once(function):
    """Calls the function in all threads at the same moment and gives what they return."""
    barrier = threading.Barrier(THREADS)

    def call(_number):
        try:
            barrier.wait()
            return function()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(call, range(THREADS)))


def test_one_of_many_workers_claims_a_run(job_registry, now):
    @job_kind("count", title="Count")
    def count(run, *, now):
        return {}

    for number in range(ROUNDS):
        run = JobRun.objects.create(kind="count", period=str(number), due_at=now)

        claims = at_once(lambda run=run: jobs.job_claim(run.pk, now=now))

        assert len([claim for claim in claims if claim is not None]) == 1
        run.refresh_from_db()
        assert run.attempts == 1


def test_many_ticks_write_each_row_once(job_registry, now):
    period = {"name": ""}

    @job_kind("count", title="Count", due=lambda now: [Due(str(n), period["name"]) for n in range(20)])
    def count(run, *, now):
        return {}

    for number in range(ROUNDS):
        period["name"] = str(number)

        at_once(lambda: jobs.jobs_due_collect(now))

        assert JobRun.objects.filter(period=str(number)).count() == 20


def test_many_senders_send_each_message_once(now):
    for number in range(30):
        with transaction.atomic():
            outbox.outbox_add(
                kind="email",
                payload={"to": ["reader@example.com"], "subject": str(number), "text": "…"},
                dedupe_key=str(number),
                due=now,
            )

    counts = at_once(lambda: outbox.outbox_send_due(now))

    assert sum(count["sent"] for count in counts) == 30
    assert sorted(int(sent.subject) for sent in mail.outbox) == list(range(30))
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {1}


def test_the_same_fact_told_by_many_makes_one_message(now):
    def tell():
        with transaction.atomic():
            return outbox.outbox_add(kind="email", payload={}, dedupe_key="one", due=now).pk

    assert len(set(at_once(tell))) == 1
