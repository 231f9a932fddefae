"""What a load balancer is told, and that it needs neither login nor host name for it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.utils import OperationalError

from common import health
from common.models import Heartbeat


@pytest.fixture
def ticking(db, now, frozen_today):
    return Heartbeat.objects.create(name="scheduler", at=now)


@pytest.fixture(autouse=True)
def _in_memory(settings, monkeypatch):
    settings.CELERY_BROKER_URL = "memory://localhost/"
    monkeypatch.setattr(health._Migrated, "seen", True)


def test_it_says_that_the_process_lives_without_asking_the_database(client):
    answer = client.get("/healthz")  # no database fixture: a query would fail the test

    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_it_answers_any_host_name(client):
    assert client.get("/healthz", headers={"Host": "10.0.0.7"}).status_code == 200


def test_it_is_ready_when_every_part_is_well(ticking, client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.content.decode().splitlines() == [
        "ok   database: answers",
        "ok   migrations: all applied",
        "ok   broker: inside this process",
        "ok   scheduler: ticks",
    ]


def test_it_answers_programs_in_json(ticking, client):
    answer = client.get("/readyz", headers={"Accept": "application/json"})

    assert answer.json()["ready"] is True
    assert answer.json()["parts"]["broker"] == {"well": True, "detail": "inside this process"}


def test_it_names_a_scheduler_that_stopped(ticking, client, frozen_today):
    frozen_today.shift(timedelta(minutes=3, seconds=1))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "FAIL scheduler: The last tick was 3 minutes ago." in answer.content.decode()


def test_it_names_a_scheduler_that_never_started(db, client):
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "FAIL scheduler: No tick has been seen yet." in answer.content.decode()


def test_it_names_a_broker_that_does_not_answer(ticking, client, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    answer = client.get("/readyz", headers={"Accept": "application/json"})

    assert answer.status_code == 503
    assert [name for name, part in answer.json()["parts"].items() if not part["well"]] == ["broker"]


def test_it_names_a_database_that_does_not_answer(db, client, monkeypatch):
    def fail():
        raise OperationalError("password=hidden")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", fail)
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "FAIL database: The database does not answer." in answer.content.decode()
    assert "hidden" not in answer.content.decode()


def test_it_names_migrations_that_have_not_run(ticking, client, monkeypatch):
    monkeypatch.setattr(health._Migrated, "seen", False)
    monkeypatch.setattr(
        health.MigrationExecutor, "migration_plan", lambda self, targets: [("one", False)] * 3
    )

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "FAIL migrations: 3 migrations have not run." in answer.content.decode()


def test_it_leaves_other_addresses_and_methods_alone(client):
    assert client.post("/healthz").status_code == 404
