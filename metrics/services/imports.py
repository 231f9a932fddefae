"""Files of figures: looked at first, then committed as a whole, as a job when they are long."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction

from common.audit import audit_record
from common.errors import ApplicationError
from common.jobs import job_request
from common.models import JobRun
from metrics.calculations.points import ERRORS_SHOWN, Checked, MetricFacts, PointsRefusedError, RowError
from metrics.calculations.tables import (
    FileOptions,
    ParsedFile,
    TableRefusedError,
    csv_guess,
    csv_parse,
    csv_write,
)
from metrics.models import ImportFile, ImportRun, Metric
from metrics.services.observations import RecordResult, checked_compare, observations_record, points_prepare
from metrics.services.push import metrics_writable
from teams.models import Product, User

# Above this many rows the commit is a job, so that no page waits for it.
JOB_ROWS = 20_000


class ImportRefusedError(ApplicationError):
    """An import cannot be made, or not any more."""


@transaction.atomic
def import_open(
    *, product: Product, actor: User, content: bytes, name: str, metric: Metric | None = None, now: datetime
) -> ImportRun:
    """Keeps a file to be looked at: guesses how to read it, reads it, and counts what it would do.

    TableRefusedError when it is empty or over the limits. Nothing is stored as figures yet.
    """
    if len(content) > settings.IMPORT_MAX_BYTES:
        raise TableRefusedError(size_words(), field="file")
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        raise TableRefusedError(
            "The file is empty. It needs a row with the column names and a row a figure.", field="file"
        )
    facts = metrics_writable(user=actor, product=product)
    guess = csv_guess(content, {key: fact.id for key, fact in facts.items()})
    if metric is not None:
        guess = FileOptions(guess.encoding, guess.separator, guess.decimal, "single", guess.order, metric.key)
    run = ImportRun.objects.create(
        product=product, kind=ImportRun.Kind.FILE, state=ImportRun.State.PREVIEW, name=name[:200], actor=actor
    )
    ImportFile.objects.create(run=run, content=content)
    import_look(run=run, user=actor, options=guess, now=now)
    return run


def size_words() -> str:
    """The limit on a file's size, in words."""
    return f"The file is larger than {settings.IMPORT_MAX_BYTES // (1024 * 1024)} MB. Split it."


def import_look(*, run: ImportRun, user: User, options: FileOptions, now: datetime) -> ImportRun:
    """Reads the kept file by `options` and writes on the run what was found: first rows, counts, errors."""
    _waiting_required(run)
    run.metric = None
    run.options = {"file": options.as_dict(), "header": [], "head": [], "error_total": 0, "refused": ""}
    run.rows = run.created = run.changed = run.unchanged = 0
    run.first_date = run.last_date = None
    run.errors = []
    try:
        parsed, checked, errors = _read(run, user, options, now)
    except TableRefusedError as error:
        run.options["refused"] = error.message
        run.options["refused_field"] = error.field or ""
    else:
        result = checked_compare(checked)
        run.options |= {
            "header": parsed.header,
            "head": parsed.head,
            "error_total": len(errors),
            "collapsed": result.collapsed,
        }
        run.errors = [error.as_dict() for error in errors[:ERRORS_SHOWN]]
        run.rows, run.created, run.changed = parsed.rows, result.created, result.changed
        run.unchanged = result.unchanged
        if len(checked.points):
            run.first_date = checked.points.dates.min().item()
            run.last_date = checked.points.dates.max().item()
            run.metric_id = _only_metric(checked)
    run.save()
    return run


def import_errors_csv(*, run: ImportRun, user: User, now: datetime) -> str:
    """Every error of the kept file as CSV: row, column, what to do. Texts are escaped against formulas."""
    _waiting_required(run)
    _, _, errors = _read(run, user, FileOptions.from_dict(run.options.get("file", {})), now)
    return csv_write(
        ["row", "column", "what to do"], ([error.row, error.column, error.message] for error in errors)
    )


@transaction.atomic
def import_commit(*, run: ImportRun, actor: User, now: datetime) -> ImportRun:
    """Stores the file's figures, all or nothing; a long file waits for a worker (the run's `job` tells how far).

    ImportRefusedError when the look at it showed errors, or when it was committed already.
    """
    run = _claimed(run)
    if run.options.get("refused") or run.options.get("error_total"):
        raise ImportRefusedError("There are rows to mend first. Correct the file and choose it again.")
    if run.rows > JOB_ROWS:
        run.state = ImportRun.State.WAITING
        run.job = job_request(kind="import_commit", subject=str(run.pk), requested_by=actor, now=now)
        run.save(update_fields=["state", "job"])
        return run
    return _store(run, actor, now)


def import_commit_run(*, run_id: int, job: JobRun, now: datetime) -> dict[str, Any]:
    """The job of a long file. Refused figures end it with their words on the run; nothing is half-written."""
    run = ImportRun.objects.select_related("product", "actor").filter(pk=run_id).first()
    if (
        run is None
        or run.actor is None
        or run.state not in {ImportRun.State.WAITING, ImportRun.State.RUNNING}
    ):
        return {"skipped": True}
    ImportRun.objects.filter(pk=run_id).update(state=ImportRun.State.RUNNING)
    job.progress_set(0, run.rows)
    try:
        with transaction.atomic():
            run = _store(run, run.actor, now)
    except ApplicationError as error:
        ImportRun.objects.filter(pk=run_id).update(state=ImportRun.State.FAILED, finished_at=now)
        raise ImportRefusedError(error.message) from error
    job.progress_set(run.rows, run.rows)
    return {"created": run.created, "changed": run.changed, "unchanged": run.unchanged}


@transaction.atomic
def import_file(
    *,
    product: Product,
    actor: User,
    content: bytes,
    name: str,
    given: dict[str, str],
    dry_run: bool,
    now: datetime,
) -> ImportRun | RecordResult:
    """Stores a file at once, without a look before: for commands. `given` overrides what is guessed.

    TableRefusedError or PointsRefusedError (naming every cell) when anything is wrong. With `dry_run` nothing is
    stored and the counts are returned.
    """
    facts = metrics_writable(user=actor, product=product)
    names = {key: fact.id for key, fact in facts.items()}
    guess = csv_guess(content, names)
    options = FileOptions.from_dict(guess.as_dict() | given)
    parsed = csv_parse(content, options, names=names, max_rows=settings.IMPORT_MAX_ROWS)
    by_id = {fact.id: fact for fact in facts.values()}
    checked = points_prepare(parsed.points, now=now, facts=by_id)
    if errors := sorted([*parsed.errors, *checked.errors], key=lambda error: error.row):
        raise PointsRefusedError(errors)
    if dry_run:
        return checked_compare(checked)
    run = ImportRun.objects.create(
        product=product,
        kind=ImportRun.Kind.COMMAND,
        name=name[:200],
        actor=actor,
        options={"file": options.as_dict()},
        metric_id=_only_metric(checked),
    )
    observations_record(points=parsed.points, run=run, now=now, facts=by_id)
    return run


@transaction.atomic
def import_discard(*, run: ImportRun, now: datetime) -> ImportRun:
    """Forgets a file that was only looked at."""
    run = _claimed(run)
    ImportFile.objects.filter(run=run).delete()
    run.state, run.finished_at, run.errors = ImportRun.State.DISCARDED, now, []
    run.options = {}
    run.save()
    return run


def _store(run: ImportRun, actor: User, now: datetime) -> ImportRun:
    options = FileOptions.from_dict(run.options.get("file", {}))
    parsed, checked, errors = _read(run, actor, options, now)
    if errors:
        raise PointsRefusedError(errors)
    rows, head = parsed.rows, run.options
    facts = {fact.id: fact for fact in _facts(run, actor).values()}
    observations_record(points=parsed.points, run=run, now=now, facts=facts)
    run.rows, run.metric_id = rows, _only_metric(checked)
    run.options = {"file": head.get("file", {})}
    run.save(update_fields=["rows", "metric", "options"])
    ImportFile.objects.filter(run=run).delete()
    audit_record(
        actor=actor,
        action="figures imported",
        subject=run,
        after={"rows": rows, "created": run.created, "changed": run.changed, "unchanged": run.unchanged},
        product_id=run.product_id,
    )
    return run


def _facts(run: ImportRun, user: User) -> dict[str, MetricFacts]:
    assert run.product is not None
    return metrics_writable(user=user, product=run.product)


def _read(
    run: ImportRun, user: User, options: FileOptions, now: datetime
) -> tuple[ParsedFile, Checked, list[RowError]]:
    facts = _facts(run, user)
    content = bytes(ImportFile.objects.values_list("content", flat=True).get(run=run))
    names = {key: fact.id for key, fact in facts.items()}
    parsed = csv_parse(content, options, names=names, max_rows=settings.IMPORT_MAX_ROWS)
    checked = points_prepare(parsed.points, now=now, facts={fact.id: fact for fact in facts.values()})
    errors = sorted([*parsed.errors, *checked.errors], key=lambda error: (error.row, error.column))
    return parsed, checked, errors


def _only_metric(checked: Checked) -> int | None:
    """The one metric of the figures; None when they are of several."""
    ids = np.unique(checked.points.metric_ids)
    return int(ids[0]) if len(ids) == 1 else None


def _waiting_required(run: ImportRun) -> None:
    if run.state != ImportRun.State.PREVIEW:
        raise ImportRefusedError("This file was committed or discarded already.")


def _claimed(run: ImportRun) -> ImportRun:
    """Takes the run out of its preview for this transaction, so that two clicks commit once."""
    taken = ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.PREVIEW).update(
        state=ImportRun.State.RUNNING
    )
    if taken != 1:
        raise ImportRefusedError("This file was committed or discarded already.")
    return ImportRun.objects.select_related("product", "actor", "metric").get(pk=run.pk)


__all__ = [
    "ImportRefusedError",
    "import_commit",
    "import_commit_run",
    "import_discard",
    "import_errors_csv",
    "import_file",
    "import_look",
    "import_open",
    "size_words",
]
