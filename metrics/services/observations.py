"""The one way in of figures. Whatever brings them (file, API, command, hand) ends in `observations_record`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db import models, transaction

from common.audit import audit_record
from common.errors import ApplicationError
from metrics.calculations.points import (
    Checked,
    Floats,
    Ints,
    MetricFacts,
    Points,
    PointsRefusedError,
    keys_of,
    keys_split,
    points_check,
)
from metrics.calculations.rollup import (
    Changes,
    changes_find,
    quarter_key_ranges,
    quarter_ranges,
    quarter_row_keys,
    quarters_apply,
    quarters_of,
    ranges_of,
)
from metrics.models import ImportRun, Metric, Observation
from metrics.services.storage import Storage, storage_get
from metrics.services.written import written_pack
from metrics.signals import observations_recorded
from teams.models import Organisation
from teams.selectors import organisation_get


@dataclass(frozen=True)
class RecordResult:
    """How many figures a write created, changed, found equal and deleted, and how many rows repeated others."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    collapsed: int = 0


def metric_facts(metric_ids: Iterable[int]) -> dict[int, MetricFacts]:
    """What the checks need of these metrics, in one query; unknown ids are left out."""
    rows = Metric.objects.filter(pk__in=list(metric_ids)).values_list(
        "pk", "key", "frequency", "numerator_id", "archived_at"
    )
    return {
        pk: MetricFacts(pk, key, frequency, numerator is not None, archived is not None)
        for pk, key, frequency, numerator, archived in rows
    }


def points_prepare(
    points: Points,
    *,
    now: datetime,
    facts: dict[int, MetricFacts] | None = None,
    organisation: Organisation | None = None,
) -> Checked:
    """Checks figures without storing them, as `observations_record` will: for previews and dry runs."""
    organisation = organisation or organisation_get()
    if facts is None:
        facts = metric_facts(np.unique(points.metric_ids).tolist())
    return points_check(
        points,
        metrics=facts,
        today=organisation.today(now),
        fiscal_start_month=organisation.fiscal_year_start,
    )


def checked_compare(checked: Checked) -> RecordResult:
    """What storing the checked figures would do, counted against what is stored now. Changes nothing."""
    if not len(checked.keys):
        return RecordResult()
    changes = changes_find(
        checked.keys, checked.points.values, *storage_get().stored_read(*ranges_of(checked.keys))
    )
    created = int(changes.created.sum())
    return RecordResult(
        created=created,
        changed=len(changes) - created,
        unchanged=len(checked.keys) - len(changes),
        collapsed=checked.collapsed,
    )


def import_run_create(
    *,
    kind: str,
    actor: models.Model | None,
    product_id: int | None = None,
    metric: Metric | None = None,
    name: str = "",
    options: dict[str, Any] | None = None,
    state: str = ImportRun.State.RUNNING,
) -> ImportRun:
    """Opens the account of one import; what it brings is then recorded under it."""
    return ImportRun.objects.create(
        kind=kind,
        actor_id=actor.pk if actor is not None else None,
        product_id=metric.product_id if metric is not None and product_id is None else product_id,
        metric=metric,
        name=name[:200],
        options=options or {},
        state=state,
    )


@transaction.atomic
def observations_record(
    *, points: Points, run: ImportRun, now: datetime, facts: dict[int, MetricFacts] | None = None
) -> RecordResult:
    """Stores figures under `run`: new ones are added, different ones corrected, equal ones left alone.

    All or nothing: PointsRefusedError (every wrong row named) when anything is wrong. Dates move to the day of
    their period. Corrected figures leave a revision. The quarter rollup follows in the same transaction, and
    `observations_recorded` is sent at its end. Returns the counts, which also stand on the run. `facts` saves a
    query when the caller has read the metrics already.
    """
    organisation = organisation_get()
    checked = points_prepare(points, now=now, facts=facts, organisation=organisation)
    if checked.errors:
        raise PointsRefusedError(checked.errors, checked.total_errors)
    storage = storage_get()
    storage.lock()
    stored = storage.stored_read(*ranges_of(checked.keys))
    changes = changes_find(checked.keys, checked.points.values, *stored)
    created = int(changes.created.sum())
    result = RecordResult(
        created=created,
        changed=len(changes) - created,
        unchanged=len(checked.keys) - len(changes),
        collapsed=checked.collapsed,
    )
    changes_store(
        changes, run=run, now=now, storage=storage, fiscal_start_month=organisation.fiscal_year_start
    )
    run_finish(run, result, changes=changes, span=checked.points, rows=len(points), now=now)
    return result


def observations_record_pairs(
    *,
    metric: Metric,
    pairs: Iterable[tuple[date, float]],
    actor: models.Model | None,
    now: datetime,
    kind: str = ImportRun.Kind.HAND,
    name: str = "",
) -> ImportRun:
    """Stores (date, value) pairs of one metric as one import and returns it; refuses as `observations_record`."""
    listed = list(pairs)
    points = Points(
        np.full(len(listed), metric.pk, np.int32),
        np.array([day for day, _ in listed], "datetime64[D]"),
        np.array([value for _, value in listed], np.float64),
    )
    with transaction.atomic():
        run = import_run_create(kind=kind, actor=actor, metric=metric, name=name)
        observations_record(points=points, run=run, now=now)
        if kind == ImportRun.Kind.HAND:
            audit_record(
                actor=actor,
                action="figures entered",
                subject=metric,
                after={day.isoformat(): value for day, value in listed[:20]},
                product_id=metric.product_id,
            )
    return run


@transaction.atomic
def observations_delete(
    *, metric: Metric, dates: Sequence[date], actor: models.Model | None, now: datetime, reason: str = ""
) -> ImportRun:
    """Deletes a metric's figures of the given days; each leaves a revision. Days without a figure are passed over.

    ApplicationError when none of the days has a figure.
    """
    organisation = organisation_get()
    storage = storage_get()
    storage.lock()
    days = np.unique(np.array(list(dates), "datetime64[D]"))
    wanted = keys_of(np.full(len(days), metric.pk, np.int32), days)
    keys, values = storage.stored_read(*ranges_of(wanted))
    gone = np.isin(keys, wanted)
    if not gone.any():
        raise ApplicationError("There is no figure on that day.", field="date")
    changes = Changes(keys[gone], values[gone], np.full(int(gone.sum()), np.nan))
    run = import_run_create(kind=ImportRun.Kind.HAND, actor=actor, metric=metric, name="Figures deleted")
    changes_store(
        changes, run=run, now=now, storage=storage, fiscal_start_month=organisation.fiscal_year_start
    )
    run_finish(
        run, RecordResult(deleted=len(changes)), changes=changes, span=None, rows=len(changes), now=now
    )
    audit_record(
        actor=actor,
        action="figures deleted",
        subject=metric,
        before={
            str(day): float(value) for day, value in zip(keys_split(keys[gone])[1], values[gone], strict=True)
        },
        reason=reason,
        product_id=metric.product_id,
    )
    return run


# --- shared with taking back ------------------------------------------------------------------------


def changes_store(
    changes: Changes, *, run: ImportRun, now: datetime, storage: Storage, fiscal_start_month: int
) -> None:
    """Writes changes, revisions and quarters, and tells of it. The caller holds the lock and the transaction."""
    if not len(changes):
        return
    storage.changes_write(changes)
    storage.revisions_write(changes, run_id=run.pk, at=now)
    rollup_follow(changes, storage=storage, fiscal_start_month=fiscal_start_month)
    ids, days = keys_split(changes.keys)
    observations_recorded.send(
        sender=Observation,
        metric_ids=set(np.unique(ids).tolist()),
        first_date=days.min().item(),
        last_date=days.max().item(),
        now=now,
    )


def rollup_follow(changes: Changes, *, storage: Storage, fiscal_start_month: int) -> None:
    """Brings the touched quarters up to date: by differences, and from the table where those cannot tell."""
    stored = storage.quarters_read(*quarter_key_ranges(changes.keys, fiscal_start_month))
    rows, again, empty = quarters_apply(changes, stored, fiscal_start_month)
    if again.any():
        fresh = quarters_of(*storage.stored_read(*quarter_ranges(rows[again])), fiscal_start_month)
        # Equal sets unless the rollup had gone wrong before; then what the table says counts.
        positions = np.flatnonzero(again)
        found = np.isin(quarter_row_keys(rows[again]), quarter_row_keys(fresh))
        rows[positions[found]] = fresh
        empty[positions[~found]] = True
    known = np.isin(quarter_row_keys(rows), quarter_row_keys(stored))
    storage.quarters_write(rows[~empty & known])
    storage.quarters_add(rows[~empty & ~known])
    if empty.any():
        storage.quarters_delete(rows[empty])


def run_finish(
    run: ImportRun, result: RecordResult, *, changes: Changes, span: Points | None, rows: int, now: datetime
) -> None:
    """Writes the counts, the span of dates and what was written on the run."""
    run.state = ImportRun.State.DONE
    run.rows, run.created, run.changed = rows, result.created, result.changed
    run.unchanged, run.deleted = result.unchanged, result.deleted
    days = span.dates if span is not None else keys_split(changes.keys)[1]
    if len(days):
        run.first_date, run.last_date = days.min().item(), days.max().item()
    run.written = written_pack(changes) if len(changes) else None
    run.finished_at = now
    run.save()
    if len(changes):
        ids, figures = np.unique(keys_split(changes.keys)[0], return_counts=True)
        storage_get().run_metrics_write(ids, figures, run_id=run.pk)


def stored_values(keys: Ints, storage: Storage) -> Floats:
    """The stored value of each of the sorted keys; NaN where there is none."""
    stored_keys, values = storage.stored_read(*ranges_of(keys))
    found = np.full(len(keys), np.nan)
    if len(stored_keys):
        places = np.minimum(np.searchsorted(stored_keys, keys), len(stored_keys) - 1)
        known = stored_keys[places] == keys
        found[known] = values[places[known]]
    return found


__all__ = [
    "Points",
    "PointsRefusedError",
    "RecordResult",
    "changes_store",
    "checked_compare",
    "import_run_create",
    "metric_facts",
    "observations_delete",
    "observations_record",
    "observations_record_pairs",
    "points_prepare",
    "rollup_follow",
    "run_finish",
    "stored_values",
]
