"""Celery: one app, and the few fixed beats. What is due stands in the database, not here."""

from __future__ import annotations

import os
import threading
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, celeryd_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.auto")

app = Celery("bearing")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    # Every minute: weekly cut-off, evaluations, contest phases and messages are at most this late. One that could
    # not be taken within a minute is dropped, because the next one does the same.
    "tick": {"task": "common.tasks.tick", "schedule": 60.0, "options": {"expires": 55}},
    # Once a night, off the full hour, when few people work: removes what is no longer needed.
    "nightly": {"task": "common.tasks.nightly", "schedule": crontab(hour="2", minute="40")},
}


@celeryd_init.connect
@beat_init.connect
def _refuse_memory_broker(**_kwargs: Any) -> None:
    """A worker or beat of its own cannot hear an in-memory broker; better said than silently idle.

    The ones inside `manage.py up` run in threads, those of the command line in the main thread.
    """
    is_own_process = threading.current_thread() is threading.main_thread()
    if is_own_process and app.conf.broker_url.startswith("memory://"):
        raise SystemExit(
            "Set REDIS_URL to run workers of their own. Without it they live inside `manage.py up`."
        )
