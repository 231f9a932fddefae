"""Settings → Background jobs."""

from datetime import timedelta

import pytest
from django.urls import reverse

from common.jobs import Due, job_kind
from common.models import AuditEvent, Heartbeat, JobRun, OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def board_sync(job_registry):
    @job_kind(
        "board_sync", title="Board sync", schedule="Every Monday at 06:00", due=lambda now: [Due("1", "p")]
    )
    def run(run, *, now):
        return {}


@pytest.fixture
def csv_import(job_registry):
    @job_kind("csv_import", title="Import of a file")
    def run(run, *, now):
        return {}


def run_create(now, **fields):
    defaults = {"kind": "board_sync", "subject": "1", "period": "2026-W47", "due_at": now, "state": "done"}
    return JobRun.objects.create(**defaults | fields)


def dead_message(now, **fields):
    defaults = {
        "kind": "email",
        "payload": {"to": ["reader@example.com"], "subject": "Invitation <b>", "text": "…"},
        "dedupe_key": "invitation:1",
        "state": "dead",
        "error": "The mail server refused it.",
        "due_at": now,
        "attempts": 12,
    }
    return OutboxMessage.objects.create(**defaults | fields)


@pytest.mark.parametrize(
    ("name", "args", "method"),
    [
        ("job-list", [], "get"),
        ("job-detail", ["board_sync"], "get"),
        ("job-run", ["board_sync"], "post"),
        ("job-message-send", [1], "post"),
    ],
)
def test_it_is_for_admins_only(board_sync, logged_in, alice, charlie, client, name, args, method):
    url = reverse(name, args=args)

    assert getattr(client, method)(url).url.startswith(reverse("account_login"))
    assert getattr(logged_in(alice), method)(url).status_code == 403
    assert getattr(logged_in(charlie), method)(url).status_code == 403
    assert not JobRun.objects.exists()


def test_it_shows_the_last_run_of_each_kind_its_result_and_its_error(
    board_sync, csv_import, logged_in, dana, now
):
    run_create(now, period="2026-W46", result={"cards_new": 99})
    run_create(now, finished_at=now, result={"cards_new": 1234, "missing": []})
    run_create(now, kind="csv_import", state="failed", error="Row 7 has no date.", finished_at=now)

    page = logged_in(dana).get(reverse("job-list")).content.decode()

    assert "cards new</span> 1,234" in page
    assert "99" not in page
    assert "Row 7 has no date." in page
    assert "One of 2 background jobs failed last time." in page
    assert "Every Monday at 06:00" in page


def test_it_names_what_is_not_well(board_sync, logged_in, dana, now, frozen_today):
    without_tick = logged_in(dana).get(reverse("job-list")).content.decode()
    Heartbeat.objects.create(name="scheduler", at=now)
    with_tick = logged_in(dana).get(reverse("job-list")).content.decode()

    assert "Not well: scheduler" in without_tick
    assert "Not well" not in with_tick


def test_it_polls_by_itself_only_while_something_is_under_way(board_sync, logged_in, dana, now):
    run = run_create(now, state="running")
    busy = logged_in(dana).get(reverse("job-list"), headers={"HX-Request": "true"}).content.decode()
    JobRun.objects.filter(pk=run.pk).update(state="done")
    quiet = logged_in(dana).get(reverse("job-list"), headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in busy
    assert 'hx-trigger="every 5s"' in busy
    assert "hx-trigger" not in quiet


def test_it_runs_a_kind_by_hand_for_each_subject(board_sync, logged_in, dana, now, sent_messages):
    run_create(now, subject="1")
    run_create(now, subject="2")

    answer = logged_in(dana).post(reverse("job-run", args=["board_sync"]), follow=True)

    runs = JobRun.objects.filter(requested_by=dana)
    assert sorted(runs.values_list("subject", flat=True)) == ["1", "2"]
    assert "Board sync started (2 runs)" in answer.content.decode()
    assert AuditEvent.objects.get().action == "job started"


def test_it_starts_nothing_twice(board_sync, logged_in, dana, now, sent_messages):
    browser = logged_in(dana)
    browser.post(reverse("job-run", args=["board_sync"]))

    answer = browser.post(reverse("job-run", args=["board_sync"]), follow=True)

    assert JobRun.objects.count() == 1
    assert "Board sync is already running." in answer.content.decode()


def test_it_offers_no_run_for_what_only_a_person_starts(csv_import, logged_in, dana):
    page = logged_in(dana).get(reverse("job-list")).content.decode()
    answer = logged_in(dana).post(reverse("job-run", args=["csv_import"]), follow=True)

    assert "Run now" not in page
    assert "is started where it belongs" in answer.content.decode()
    assert not JobRun.objects.exists()


def test_it_lists_the_history_of_a_kind(board_sync, logged_in, dana, now):
    for number in range(60):
        run_create(
            now, period=f"p{number:02d}", started_at=now, finished_at=now + timedelta(seconds=2.5), attempts=1
        )

    page = logged_in(dana).get(reverse("job-detail", args=["board_sync"])).content.decode()

    assert "p59" in page
    assert "p00" not in page
    assert "2.5 s" in page
    assert "60 runs noted." in page


def test_it_calls_subjects_by_their_names_and_hides_row_numbers(job_registry, logged_in, dana, now):
    @job_kind("board_sync", title="Board sync", subject_names=lambda ids: {"1": "Onboarding board"})
    def run(run, *, now):
        return {}

    run_create(now, subject="1", result={"run": 777, "cards": 3})
    run_create(now, subject="2")

    page = logged_in(dana).get(reverse("job-detail", args=["board_sync"])).content.decode()

    assert "Onboarding board" in page
    assert ">2</span>" in page
    assert "777" not in page


def test_it_knows_no_other_kind(board_sync, logged_in, dana):
    assert logged_in(dana).get(reverse("job-detail", args=["guesswork"])).status_code == 404
    assert logged_in(dana).post(reverse("job-run", args=["guesswork"])).status_code == 404


def test_it_sends_a_stuck_message_again(board_sync, logged_in, dana, now, sent_messages):
    message = dead_message(now)
    page = logged_in(dana).get(reverse("job-list")).content.decode()

    answer = logged_in(dana).post(reverse("job-message-send", args=[message.pk]), follow=True)

    assert "The mail server refused it." in page
    assert "Invitation &lt;b&gt;" in page
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("waiting", 0)
    assert "Message put back in the queue" in answer.content.decode()
    assert "No message is stuck" in answer.content.decode()


def test_it_never_sends_again_what_was_sent(board_sync, logged_in, dana, now):
    message = dead_message(now, state="sent")

    assert logged_in(dana).post(reverse("job-message-send", args=[message.pk])).status_code == 404


def test_it_asks_the_database_as_often_for_many_runs(
    board_sync, csv_import, logged_in, dana, now, django_assert_max_num_queries
):
    for number in range(100):
        run_create(now, period=str(number))
    browser = logged_in(dana)

    with django_assert_max_num_queries(14):
        browser.get(reverse("job-list"))
    with django_assert_max_num_queries(12):
        browser.get(reverse("job-detail", args=["board_sync"]))
