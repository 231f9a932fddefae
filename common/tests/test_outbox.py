"""Messages leave once for each fact that was committed, whatever fails on the way."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction

from common import jobs, outbox
from common.models import JobRun, OutboxMessage


def message_add(key="invitation:1", **fields):
    payload = {"to": ["reader@example.com"], "subject": "Invitation", "text": "Come in."}
    with transaction.atomic():
        return outbox.outbox_add(kind="email", payload=payload, dedupe_key=key, **fields)


@pytest.fixture
def broken_mail(monkeypatch):
    def fail(*_args, **_kwargs):
        raise ConnectionRefusedError("the mail server does not answer")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)


@pytest.mark.django_db(transaction=True)
def test_it_refuses_a_message_outside_the_transaction_of_its_fact(now):
    with pytest.raises(RuntimeError, match="transaction"):
        outbox.outbox_add(kind="email", payload={}, dedupe_key="x", due=now)


@pytest.mark.django_db(transaction=True)
def test_it_forgets_the_message_when_the_fact_is_rolled_back(now, sent_messages):
    with transaction.atomic():
        outbox.outbox_add(kind="email", payload={}, dedupe_key="x", due=now)
        transaction.set_rollback(True)

    assert not OutboxMessage.objects.exists()
    assert sent_messages == []


@pytest.mark.django_db(transaction=True)
def test_it_rings_a_worker_at_once_when_the_fact_is_committed(sent_messages):
    message_add()

    run = JobRun.objects.get(kind="outbox")
    assert sent_messages == [("common.tasks.jobs_run", {"run_ids": [run.pk]})]


@pytest.mark.django_db(transaction=True)
def test_it_rings_once_for_all_messages_of_a_transaction(sent_messages):
    with transaction.atomic():
        for number in range(20):
            outbox.outbox_add(kind="email", payload={}, dedupe_key=str(number))

    assert len(sent_messages) == 1


@pytest.mark.django_db
def test_it_sends_a_message_once_however_often_it_is_added_and_sent(now):
    message_add(due=now)
    message_add(due=now)

    counts = [outbox.outbox_send_due(now) for _ in range(3)]

    assert counts[0] == {"sent": 1, "failed": 0}
    assert [sent.subject for sent in mail.outbox] == ["Invitation"]
    assert OutboxMessage.objects.get().state == "sent"


@pytest.mark.django_db
def test_it_keeps_the_message_id_when_a_sender_died_before_marking(now, frozen_today):
    message = message_add(due=now)
    outbox.outbox_send_due(now)
    OutboxMessage.objects.update(state="waiting", sent_at=None)  # the mark was never written

    outbox.outbox_send_due(now)

    first, second = (sent.extra_headers["Message-ID"] for sent in mail.outbox)
    assert first == second
    assert message.dedupe_key not in first


@pytest.mark.django_db
def test_it_leaves_a_leased_message_to_its_sender_until_the_lease_ends(now, frozen_today):
    message = message_add(due=now)
    OutboxMessage.objects.filter(pk=message.pk).update(lease_until=now + outbox.LEASE)

    within = outbox.outbox_send_due(now)
    frozen_today.shift(timedelta(minutes=3))
    after = outbox.outbox_send_due(now + timedelta(minutes=3))

    assert (within["sent"], after["sent"]) == (0, 1)


@pytest.mark.django_db
def test_it_waits_longer_after_each_failure_and_then_gives_up_visibly(now, frozen_today, broken_mail):
    message = message_add(due=now)
    waits = []

    for _ in range(outbox.MAX_ATTEMPTS):
        outbox.outbox_send_due(message.due_at)
        before = message.due_at
        message.refresh_from_db()
        waits.append((message.due_at - before).total_seconds())
        frozen_today.move_to(message.due_at)

    assert waits[0] < 120
    assert max(waits) <= 24 * 3600 * 1.5
    assert message.state == "dead"
    assert message.error == "the mail server does not answer"
    assert list(outbox.outbox_unsent()) == [message]


@pytest.mark.django_db
def test_it_sends_the_others_when_one_fails(now, monkeypatch):
    message_add("first", due=now)
    OutboxMessage.objects.update(kind="pigeon")
    message_add("second", due=now)

    counts = outbox.outbox_send_due(now)

    assert counts == {"sent": 1, "failed": 1}
    pigeon = OutboxMessage.objects.get(kind="pigeon")
    assert (pigeon.state, pigeon.error) == ("dead", "Nothing here sends messages of the kind 'pigeon'.")


@pytest.mark.django_db
def test_it_sends_again_what_was_given_up(now):
    message = message_add(due=now)
    OutboxMessage.objects.update(state="dead", attempts=outbox.MAX_ATTEMPTS, error="too long ago")

    outbox.outbox_send_again(message=message, now=now)
    counts = outbox.outbox_send_due(now)

    assert counts["sent"] == 1
    assert not outbox.outbox_unsent().exists()


@pytest.mark.django_db
def test_it_makes_one_run_for_the_queue_and_another_when_it_grows(now):
    message_add("first", due=now)
    jobs.jobs_work(now=now, kinds=["outbox"])
    message_add("second", due=now)

    runs = jobs.jobs_work(now=now, kinds=["outbox"])

    assert [run.result["sent"] for run in runs] == [1]
    assert len(mail.outbox) == 2
