"""Is the process alive, and is everything it needs well? For load balancers, containers and people.

Answered by a middleware ahead of everything else, so that a probe by address, without session or allowed host
name, still gets its answer. Neither answer holds anything secret.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from common.models import Heartbeat

HEARTBEAT_LIMIT = timedelta(minutes=3)
BROKER_SECONDS = 2


@dataclass(frozen=True)
class Part:
    """One thing that has to be well; `words` say what is not, and what to do."""

    name: str
    is_well: bool
    words: str


def parts(now: datetime) -> list[Part]:
    """Database, migrations, broker and scheduler, in the order in which they lean on each other."""
    database = _database()
    if not database.is_well:
        unknown = "Not known while the database does not answer."
        return [database, Part("migrations", False, unknown), _broker(), Part("scheduler", False, unknown)]
    migrations = _migrations()
    if not migrations.is_well:
        return [
            database,
            migrations,
            _broker(),
            Part("scheduler", False, "Not known before the migrations have run."),
        ]
    return [database, migrations, _broker(), _scheduler(now)]


def _database() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return Part("database", False, "The database does not answer.")
    return Part("database", True, "answers")


class _Migrated:
    """Remembers that nothing was left to migrate: within one process that cannot become untrue."""

    seen = False


def _migrations() -> Part:
    if not _Migrated.seen:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            return Part("migrations", False, f"{len(plan)} migrations have not run. Run: manage.py migrate")
        _Migrated.seen = True
    return Part("migrations", True, "all applied")


def _broker() -> Part:
    address = settings.CELERY_BROKER_URL
    if address.startswith("memory://"):
        return Part("broker", True, "inside this process")
    client = redis.Redis.from_url(
        address, socket_connect_timeout=BROKER_SECONDS, socket_timeout=BROKER_SECONDS
    )
    try:
        client.ping()
    except redis.RedisError:
        return Part("broker", False, "Redis does not answer.")
    finally:
        client.close()
    return Part("broker", True, "answers")


def _scheduler(now: datetime) -> Part:
    beat = Heartbeat.objects.filter(name="scheduler").first()
    if beat is None:
        return Part("scheduler", False, "No tick has been seen yet. Are worker and beat running?")
    if now - beat.at > HEARTBEAT_LIMIT:
        minutes = int((now - beat.at).total_seconds() // 60)
        return Part(
            "scheduler", False, f"The last tick was {minutes} minutes ago. Are worker and beat running?"
        )
    return Part("scheduler", True, "ticks")


def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives. Asks nothing of the database, so that a database restart kills no process."""
    return HttpResponse(
        "ok\n", content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when every part is well, else 503 naming what is not; JSON for whoever asks for it, else plain text."""
    found = parts(timezone.now())
    status = 200 if all(part.is_well for part in found) else 503
    response: HttpResponse
    if "application/json" in request.headers.get("Accept", ""):
        body = {part.name: {"well": part.is_well, "detail": part.words} for part in found}
        response = JsonResponse({"ready": status == 200, "parts": body}, status=status)
    else:
        lines = [f"{'ok  ' if part.is_well else 'FAIL'} {part.name}: {part.words}\n" for part in found]
        response = HttpResponse("".join(lines), content_type="text/plain; charset=utf-8", status=status)
    response["Cache-Control"] = "no-store"
    response["Vary"] = "Accept"
    return response


class HealthMiddleware:
    """Answers /healthz and /readyz before hosts, sessions and HTTPS redirects have a say."""

    answers = {"/healthz": healthz, "/readyz": readyz}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.answers.get(request.path_info)
        if answer is not None and request.method in {"GET", "HEAD"}:
            response = answer(request)
            response["Content-Length"] = str(len(response.content))
            return response
        return self.get_response(request)
