"""Reads and writes of the jobs page: the last run of each kind, its history, messages that did not get out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Count, Max, Min, Q, QuerySet

from common import jobs
from common.audit import audit_record
from common.errors import ApplicationError
from common.models import JobRun, OutboxMessage
from common.outbox import outbox_send_again

_STATE = JobRun.State
_POINTERS = {"run", "edition"}  # row numbers that other pages follow; nothing to read
FAILED_SHOWN = timedelta(days=7)


@dataclass(frozen=True)
class ResultFact:
    """One figure of a run's result, ready to read: "cards new", "12"."""

    label: str
    value: str


@dataclass(frozen=True)
class RunLine:
    """One run as the pages show it."""

    run: JobRun
    facts: list[ResultFact]
    is_manual: bool
    subject: str

    @property
    def seconds(self) -> float | None:
        """How long the last attempt took, in seconds."""
        if self.run.started_at and self.run.finished_at:
            return max(0.0, (self.run.finished_at - self.run.started_at).total_seconds())
        return None


@dataclass(frozen=True)
class KindLine:
    """One kind of background work with its newest run."""

    name: str
    title: str
    schedule: str
    last: RunLine | None
    next_due: datetime | None
    busy: int
    failed: int
    can_run: bool


def kind_lines(*, now: datetime) -> list[KindLine]:
    """All kinds by title: three queries however many runs there are."""
    newest = (
        JobRun.objects.order_by().values("kind").annotate(newest=Max("pk")).values_list("newest", flat=True)
    )
    last = {
        run.kind: run for run in JobRun.objects.filter(pk__in=list(newest)).select_related("requested_by")
    }
    counts: dict[str, Mapping[str, Any]] = {
        row["kind"]: row
        for row in JobRun.objects.order_by()
        .filter(
            Q(state__in=[_STATE.WAITING, _STATE.RUNNING])
            | Q(state=_STATE.FAILED, finished_at__gte=now - FAILED_SHOWN)
        )
        .values("kind")
        .annotate(
            busy=Count("pk", filter=~Q(state=_STATE.FAILED)),
            failed=Count("pk", filter=Q(state=_STATE.FAILED)),
            earliest=Min("due_at", filter=Q(state=_STATE.WAITING)),
        )
    }
    return [_line(kind, last.get(kind.name), counts.get(kind.name, {}), now) for kind in jobs.job_kind_list()]


def _line(kind: jobs.JobKind, last: JobRun | None, counts: Mapping[str, Any], now: datetime) -> KindLine:
    earliest = counts.get("earliest")
    planned = kind.next_due(now) if kind.next_due else None
    candidates = [moment for moment in (earliest, planned) if isinstance(moment, datetime)]
    return KindLine(
        name=kind.name,
        title=kind.title,
        schedule=kind.schedule or ("When it is due" if kind.due else "When somebody starts it"),
        last=run_line(last) if last else None,
        next_due=min(candidates, default=None),
        busy=counts.get("busy", 0),
        failed=counts.get("failed", 0),
        can_run=kind.is_periodic,
    )


def run_lines(kind: jobs.JobKind, runs: Sequence[JobRun]) -> list[RunLine]:
    """Runs of one kind with the names of what they ran for."""
    subjects = {run.subject for run in runs if run.subject}
    names = kind.subject_names(subjects) if kind.subject_names and subjects else {}
    return [run_line(run, names.get(run.subject, run.subject)) for run in runs]


def run_line(run: JobRun, subject: str = "") -> RunLine:
    """A run with its result as words and figures."""
    facts = [
        ResultFact(key.replace("_", " "), _words(value))
        for key, value in run.result.items()
        if key not in _POINTERS
    ]
    shown = [fact for fact in facts if fact.value]
    return RunLine(run, shown, run.period.startswith(jobs.MANUAL), subject)


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) if len(value) <= 5 else f"{len(value):,}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(item)}" for key, item in value.items())
    return "" if value is None else str(value)


def run_list(*, kind: str) -> QuerySet[JobRun]:
    """All runs of a kind, newest first."""
    return JobRun.objects.filter(kind=kind).select_related("requested_by").order_by("-pk")


@transaction.atomic
def kind_run_now(*, kind: jobs.JobKind, actor: models.Model, now: datetime) -> list[JobRun]:
    """Starts the kind for each of its subjects; ApplicationError when there is none or it starts by itself only."""
    if not kind.is_periodic:
        raise ApplicationError(f"{kind.title} is started where it belongs, not from this page.")
    if kind.subjects is not None:
        subjects = list(kind.subjects(now))
        if not subjects:
            raise ApplicationError(f"{kind.title}: there is nothing to run it for yet.")
    else:
        seen = JobRun.objects.filter(kind=kind.name).exclude(period__startswith="due list ")
        subjects = list(seen.order_by().values_list("subject", flat=True).distinct()[:200]) or [""]
    waiting = set(
        JobRun.objects.filter(kind=kind.name, state__in=[_STATE.WAITING, _STATE.RUNNING], due_at__lte=now)
        .order_by()
        .values_list("subject", flat=True)
    )
    runs = [
        jobs.job_request(kind=kind.name, subject=subject, requested_by=actor, now=now)
        for subject in subjects
        if subject not in waiting
    ]
    if not runs:
        raise ApplicationError(f"{kind.title} is already running.")
    audit_record(actor=actor, action="job started", subject=runs[0], after={"runs": len(runs)})
    return runs


@transaction.atomic
def message_send_again(*, message: OutboxMessage, actor: models.Model, now: datetime) -> None:
    """Puts a message that did not get out back in the queue."""
    outbox_send_again(message=message, now=now)
    audit_record(actor=actor, action="message sent again", subject=message, before={"error": message.error})
