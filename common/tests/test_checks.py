"""Settings that would lose or repeat work are refused at start."""

from datetime import timedelta

from common import checks
from common.jobs import job_kind


def test_it_accepts_the_settings_that_are_shipped():
    assert checks.time_limits_check(None) == []
    assert checks.memory_broker_check(None) == []


def test_it_refuses_a_task_that_outlasts_the_visibility_timeout(settings):
    settings.CELERY_TASK_TIME_LIMIT = settings.CELERY_VISIBILITY_TIMEOUT

    assert [found.id for found in checks.time_limits_check(None)][:1] == ["bearing.E001"]


def test_it_refuses_a_lease_that_ends_before_its_task(job_registry):
    @job_kind("quick", title="Quick", lease=timedelta(minutes=5))
    def quick(run, *, now):
        return {}

    assert [found.id for found in checks.time_limits_check(None)] == ["bearing.E002"]


def test_it_refuses_several_processes_over_an_in_memory_broker(settings, monkeypatch):
    settings.CELERY_BROKER_URL = "memory://localhost/"
    monkeypatch.setenv("WEB_CONCURRENCY", "4")

    assert [found.id for found in checks.memory_broker_check(None)] == ["bearing.E003"]


def test_it_warns_of_weak_or_shared_keys_before_production(settings):
    settings.CELERY_BROKER_URL = "memory://localhost/"
    settings.SECRET_KEY = "short"
    settings.FIELD_KEYS = ["short"]

    found = [message.id for message in checks.production_check(None)]

    assert found == ["bearing.W001", "bearing.W002", "bearing.W003"]
