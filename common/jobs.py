"""Background work whose truth is the database: due rows, leases, attempts. The broker only rings the bell.

An app registers a kind of work in its `tasks.py`::

    @job_kind("board_sync", title="Board sync", due=boards_due, lease=timedelta(minutes=15))
    def board_sync_run(run: JobRun, *, now: datetime) -> dict[str, Any]:
        ...

Every minute `common.tasks.tick` writes one JobRun row for everything due (unique by kind, subject and period,
so a doubled scheduler repeats nothing) and sends the ids of what waits. A worker claims each row by a
conditional update and runs it outside any transaction. A lost message, a killed worker or a day of downtime
therefore costs time, never work: the row is still there and the next tick sends it again.
"""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.db import models, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from common.errors import ApplicationError, TransientError
from common.models import JobRun

logger = logging.getLogger(__name__)

# A row that was sent is not sent again before this time, which is shorter than two ticks: a full queue is not
# flooded with copies, and a broker that lost everything is made good by the second tick.
SENT_LEASE = timedelta(seconds=90)
BACKOFF_FIRST = timedelta(seconds=30)
BACKOFF_LONGEST = timedelta(hours=1)
MANUAL = "request-"


class JobFunction(Protocol):
    """The work itself. Safe to run twice; what it returns is kept as the run's result and shown."""

    def __call__(self, run: JobRun, *, now: datetime) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True)
class Due:
    """One thing to do: `subject` names whom it is for, `period` for when, so that it is done once."""

    subject: str = ""
    period: str = ""
    due_at: datetime | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class JobKind:
    """What the registry knows of one kind of background work."""

    name: str
    title: str
    function: JobFunction
    due: Callable[[datetime], Iterable[Due]] | None = None
    subjects: Callable[[datetime], Iterable[str]] | None = None
    subject_names: Callable[[Collection[str]], Mapping[str, str]] | None = None
    next_due: Callable[[datetime], datetime | None] | None = None
    schedule: str = ""
    lease: timedelta = timedelta(minutes=10)
    max_attempts: int = 4
    batch: int = 50
    keep: timedelta | None = None

    @property
    def is_periodic(self) -> bool:
        """Whether the clock starts it, rather than only a person."""
        return self.due is not None or bool(self.schedule)


class UnknownJobKindError(LookupError):
    """No kind of that name is registered."""


_KINDS: dict[str, JobKind] = {}


def job_kind(
    name: str,
    *,
    title: str,
    due: Callable[[datetime], Iterable[Due]] | None = None,
    subjects: Callable[[datetime], Iterable[str]] | None = None,
    subject_names: Callable[[Collection[str]], Mapping[str, str]] | None = None,
    next_due: Callable[[datetime], datetime | None] | None = None,
    schedule: str = "",
    lease: timedelta = timedelta(minutes=10),
    max_attempts: int = 4,
    batch: int = 50,
    keep: timedelta | None = None,
) -> Callable[[JobFunction], JobFunction]:
    """Registers the decorated function as one kind of background work.

    name: stored in the rows, never renamed. title: what people read.
    due: what has to be done at a moment; asked every minute, so it answers from an index.
    subjects: for whom "Run now" on the jobs page runs it; default: whom it ran for last.
    subject_names: what people call the given subjects, for the jobs page; default: the subject itself.
    next_due, schedule: when it runs next and how often, in words, for the jobs page.
    lease: how long one run may take before another worker takes over; longer than the task's time limit.
    max_attempts: starts before it counts as failed. batch: runs in one message.
    keep: how long finished rows stay; None for ever, which whatever hangs on the rows may need.
    Raises ValueError when two functions claim one name.
    """

    def register(function: JobFunction) -> JobFunction:
        known = _KINDS.get(name)
        if known is not None and known.function is not function:
            raise ValueError(f"Two functions are registered as the job kind {name!r}.")
        _KINDS[name] = JobKind(
            name=name,
            title=title,
            function=function,
            due=due,
            subjects=subjects,
            subject_names=subject_names,
            next_due=next_due,
            schedule=schedule,
            lease=lease,
            max_attempts=max_attempts,
            batch=batch,
            keep=keep,
        )
        return function

    return register


def job_kind_get(name: str) -> JobKind:
    """The kind of that name; UnknownJobKindError when none is registered."""
    try:
        return _KINDS[name]
    except KeyError:
        raise UnknownJobKindError(f"There is no job kind named {name!r}.") from None


def job_kind_list() -> list[JobKind]:
    """All registered kinds by title."""
    return sorted(_KINDS.values(), key=lambda kind: kind.title)


# --- what is due ----------------------------------------------------------------------------------


def jobs_due_collect(now: datetime, *, kinds: Sequence[str] | None = None) -> int:
    """Writes a waiting row for everything due at `now` that has none yet; returns how many rows are new.

    A kind that fails to say what is due holds up no other: the error stands on the jobs page and in the log.
    """
    before = JobRun.objects.count()
    for kind in job_kind_list():
        if kind.due is None or (kinds is not None and kind.name not in kinds):
            continue
        try:
            with transaction.atomic():
                rows = [_row(kind, due, now) for due in kind.due(now)]
                JobRun.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        except Exception:
            logger.exception("Unable to tell what is due", extra={"kind": kind.name})
            _note_due_failure(kind, now)
    return JobRun.objects.count() - before


def _row(kind: JobKind, due: Due, now: datetime) -> JobRun:
    return JobRun(
        kind=kind.name,
        subject=due.subject,
        period=due.period,
        due_at=due.due_at or now,
        payload=dict(due.payload),
    )


def _note_due_failure(kind: JobKind, now: datetime) -> None:
    JobRun.objects.get_or_create(
        kind=kind.name,
        subject="",
        period=f"due list {now:%Y-%m-%d}",
        defaults={
            "state": JobRun.State.FAILED,
            "due_at": now,
            "finished_at": now,
            "error": "What is due could not be read, so nothing was started. The log has the details.",
        },
    )


def jobs_give_up(now: datetime) -> int:
    """Fails the runs whose worker vanished on their last attempt, so that poison stops; returns how many."""
    count = 0
    for kind in job_kind_list():
        count += JobRun.objects.filter(
            kind=kind.name,
            state=JobRun.State.RUNNING,
            lease_until__lt=now,
            attempts__gte=kind.max_attempts,
        ).update(
            state=JobRun.State.FAILED,
            lease_until=None,
            finished_at=now,
            error=f"The worker stopped in the middle of it {kind.max_attempts} times. It is not tried again.",
        )
    return count


def _ready(now: datetime) -> QuerySet[JobRun]:
    """Rows that a worker may claim at `now`: due and waiting, or running under a lease that ended."""
    return JobRun.objects.filter(
        Q(state=JobRun.State.WAITING, due_at__lte=now) | Q(state=JobRun.State.RUNNING, lease_until__lt=now)
    )


def jobs_dispatch(now: datetime, *, kinds: Sequence[str] | None = None) -> list[list[int]]:
    """Marks everything that is ready and not yet sent as sent; returns the ids by message, oldest first."""
    ready = _ready(now).filter(Q(lease_until=None) | Q(lease_until__lt=now))
    if kinds is not None:
        ready = ready.filter(kind__in=kinds)
    by_kind: dict[str, list[int]] = {}
    for pk, name in ready.order_by("due_at", "pk").values_list("pk", "kind"):
        if name in _KINDS:  # a row of a newer release waits for a worker that knows it
            by_kind.setdefault(name, []).append(pk)
    messages: list[list[int]] = []
    for name, ids in by_kind.items():
        size = _KINDS[name].batch
        messages += [ids[start : start + size] for start in range(0, len(ids), size)]
    for ids in messages:
        JobRun.objects.filter(pk__in=ids, state=JobRun.State.WAITING).update(lease_until=now + SENT_LEASE)
    return messages


# --- one run --------------------------------------------------------------------------------------


def job_claim(run_id: int, *, now: datetime) -> JobRun | None:
    """Takes the run for this worker until its lease ends; None when it is gone, done, not due or another's."""
    run = JobRun.objects.filter(pk=run_id).first()
    if run is None or run.kind not in _KINDS:
        return None
    kind = _KINDS[run.kind]
    taken = (
        _ready(now)
        .filter(pk=run_id, attempts__lt=kind.max_attempts)
        .update(
            state=JobRun.State.RUNNING,
            lease_until=now + kind.lease,
            attempts=F("attempts") + 1,
            started_at=now,
            finished_at=None,
            error="",
        )
    )
    if taken != 1:
        return None
    run.refresh_from_db()
    return run


def job_run(run: JobRun, *, now: datetime) -> JobRun:
    """Runs what was claimed and writes how it went; never raises for a failure of the work itself.

    A TransientError waits for its `retry_after` or the back-off; any other ApplicationError ends the run at
    once, since trying again cannot help; anything unforeseen is logged and tried again until the attempts end.
    A result with a true "gaps" ends as "done with gaps".
    """
    kind = job_kind_get(run.kind)
    try:
        result = dict(kind.function(run, now=now) or {})
    except TransientError as error:
        _retry(run, kind, error.message, error.retry_after)
    except ApplicationError as error:
        _finish(run, JobRun.State.FAILED, error=error.message)
    except SoftTimeLimitExceeded:
        _retry(run, kind, "It took longer than one task may and was stopped.", None)
    except Exception as error:
        logger.exception("Unable to finish a job", extra={"kind": run.kind, "run": run.pk})
        words = f"An unforeseen error stopped it ({type(error).__name__}). The log has the details (run {run.pk})."
        _retry(run, kind, words, None)
    else:
        _finish(run, JobRun.State.GAPS if result.get("gaps") else JobRun.State.DONE, result=result)
    run.refresh_from_db()
    return run


def _mine(run: JobRun) -> QuerySet[JobRun]:
    """The row while this worker still holds it: another claim raises the attempts, which fences us off."""
    return JobRun.objects.filter(pk=run.pk, state=JobRun.State.RUNNING, attempts=run.attempts)


def _finish(run: JobRun, state: str, **fields: Any) -> None:
    _mine(run).update(state=state, lease_until=None, finished_at=timezone.now(), **fields)


def _retry(run: JobRun, kind: JobKind, words: str, retry_after: float | None) -> None:
    if run.attempts >= kind.max_attempts:
        _finish(run, JobRun.State.FAILED, error=words)
        return
    due_at = timezone.now() + backoff(run.attempts, retry_after)
    _mine(run).update(state=JobRun.State.WAITING, lease_until=None, due_at=due_at, error=words)


def backoff(
    attempts: int,
    retry_after: float | None = None,
    *,
    first: timedelta = BACKOFF_FIRST,
    longest: timedelta = BACKOFF_LONGEST,
) -> timedelta:
    """How long to wait after `attempts` starts: doubling with jitter, never less than the other side asked."""
    doubled = min(first * 2 ** (attempts - 1), longest)
    jittered = doubled * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, guards nothing
    return max(jittered, timedelta(seconds=retry_after or 0))


# --- by hand --------------------------------------------------------------------------------------


def job_request(
    *,
    kind: str,
    subject: str = "",
    requested_by: models.Model | None = None,
    payload: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> JobRun:
    """Asks for one run by hand; it is sent when the caller's transaction commits.

    Returns the waiting row, which pages poll. UnknownJobKindError when the kind is not registered.
    """
    job_kind_get(kind)
    run = JobRun.objects.create(
        kind=kind,
        subject=subject,
        period=f"{MANUAL}{uuid.uuid4().hex}",
        due_at=now or timezone.now(),
        payload=dict(payload or {}),
        requested_by_id=requested_by.pk if requested_by is not None else None,
    )
    transaction.on_commit(partial(jobs_send, [run.pk]))
    return run


def job_once(
    *, kind: str, period: str, now: datetime, subject: str = "", payload: Mapping[str, Any] | None = None
) -> JobRun:
    """The row of that kind, subject and period, made when missing and sent on commit unless it is over."""
    job_kind_get(kind)
    run, _created = JobRun.objects.get_or_create(
        kind=kind, subject=subject, period=period, defaults={"due_at": now, "payload": dict(payload or {})}
    )
    if not run.is_over:
        transaction.on_commit(partial(jobs_send, [run.pk]))
    return run


def jobs_send(run_ids: Sequence[int]) -> bool:
    """Rings a worker for these rows. False when the broker does not answer: the next tick sends them."""
    try:
        current_app.send_task("common.tasks.jobs_run", kwargs={"run_ids": list(run_ids)})
    except BrokerError:
        logger.warning("The broker does not answer; the next tick sends the waiting jobs.")
        return False
    return True


def jobs_work(*, now: datetime, kinds: Sequence[str] | None = None) -> list[JobRun]:
    """Collects what is due and runs it here and now, without a worker: for commands and tests."""
    jobs_due_collect(now, kinds=kinds)
    jobs_give_up(now)
    done: list[JobRun] = []
    for ids in jobs_dispatch(now, kinds=kinds):
        for run_id in ids:
            if (run := job_claim(run_id, now=now)) is not None:
                done.append(job_run(run, now=now))
    return done


def jobs_release_all() -> int:
    """Ends every lease. Only for a process that is the only worker, before it starts working."""
    return JobRun.objects.filter(
        Q(state=JobRun.State.RUNNING) | Q(state=JobRun.State.WAITING, lease_until__isnull=False)
    ).update(lease_until=timezone.now() - timedelta(seconds=1))
