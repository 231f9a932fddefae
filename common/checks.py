"""System checks of the platform: settings that would lose or repeat work, each with a hint."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from common.addresses import AddressPolicy
from common.jobs import job_kind_list


@register()
def time_limits_check(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """A task must be over before the broker hands it out again, and a lease must outlast the task."""
    found: list[CheckMessage] = []
    limit = settings.CELERY_TASK_TIME_LIMIT
    visibility = settings.CELERY_VISIBILITY_TIMEOUT
    if limit >= visibility:
        found.append(
            Error(
                f"A task may take {limit} s, but the broker hands it out again after {visibility} s.",
                hint="Keep CELERY_TASK_TIME_LIMIT below CELERY_VISIBILITY_TIMEOUT.",
                id="bearing.E001",
            )
        )
    for kind in job_kind_list():
        if kind.lease.total_seconds() <= limit:
            found.append(
                Error(
                    f"The lease of the job kind {kind.name!r} ends before its task is stopped ({limit} s).",
                    hint="Give it a longer lease, else two workers run it at once.",
                    id="bearing.E002",
                )
            )
    return found


@register()
def memory_broker_check(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """The in-memory broker reaches one process only."""
    processes = os.environ.get("WEB_CONCURRENCY", "1")
    if settings.CELERY_BROKER_URL.startswith("memory://") and processes not in {"", "1"}:
        return [
            Error(
                f"WEB_CONCURRENCY asks for {processes} processes, but the in-memory broker reaches only one.",
                hint="Set REDIS_URL and run worker and beat as processes of their own.",
                id="bearing.E003",
            )
        ]
    return []


@register()
def outgoing_hosts_check(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """An entry of the allow-list that cannot be read would stop every outgoing call."""
    try:
        AddressPolicy.from_entries(settings.OUTGOING_ALLOWED_HOSTS)
    except ValueError as error:
        return [
            Error(
                str(error),
                hint="Write host, host:port, a network such as 10.0.0.0/8, or [fd00::1]:8080, separated by commas.",
                id="bearing.E005",
            )
        ]
    return []


@register(deploy=True)
def production_check(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """What a production installation needs beyond Django's own deployment checks."""
    found: list[CheckMessage] = []
    if settings.CELERY_BROKER_URL.startswith("memory://"):
        found.append(
            checks.Warning(
                "REDIS_URL is not set: background work runs only inside `manage.py up`.",
                hint="Set REDIS_URL and run worker and beat beside the web server.",
                id="bearing.W001",
            )
        )
    if any(len(key) < 32 for key in settings.FIELD_KEYS):
        found.append(
            checks.Warning(
                "A key in FIELD_KEYS is shorter than 32 characters; credentials deserve a random, long one.",
                hint="Make one with `openssl rand -base64 48` and run `manage.py rotate_keys`.",
                id="bearing.W002",
            )
        )
    if settings.SECRET_KEY in settings.FIELD_KEYS:
        found.append(
            checks.Warning(
                "SECRET_KEY is also used in FIELD_KEYS, so that changing it would lose the credentials.",
                hint="Give FIELD_KEYS a key of its own.",
                id="bearing.W003",
            )
        )
    return found
