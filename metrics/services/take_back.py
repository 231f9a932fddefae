"""Taking an import back: figures it created go, figures it changed become what they were."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from django.db import models, transaction

from common.audit import audit_record
from common.errors import ApplicationError
from metrics.calculations.points import keys_split
from metrics.calculations.rollup import Changes
from metrics.models import ImportRun, Metric
from metrics.services.observations import RecordResult, changes_store, run_finish, stored_values
from metrics.services.storage import storage_get
from metrics.services.written import written_unpack
from teams.selectors import organisation_get

LEFT_SHOWN = 100


class TakeBackRefusedError(ApplicationError):
    """This import cannot be taken back."""


@transaction.atomic
def import_take_back(*, run: ImportRun, actor: models.Model | None, now: datetime) -> ImportRun:
    """Undoes an import as an import of its own, which is returned (kind "undo").

    Only figures that still are as imported are touched; those changed or deleted since are left and listed on
    the new run's `options["left"]` (the first hundred; `left_total` counts them). Every touched figure leaves a
    revision. TakeBackRefusedError when the import is not done, was taken back already, or wrote nothing.
    """
    storage = storage_get()
    storage.lock()
    run = ImportRun.objects.select_related("metric", "product").get(pk=run.pk)
    if run.state == ImportRun.State.TAKEN_BACK:
        raise TakeBackRefusedError("This import was taken back already.")
    if run.state != ImportRun.State.DONE:
        raise TakeBackRefusedError("Only an import that is done can be taken back.")
    written = written_unpack(run.written)
    if not len(written):
        raise TakeBackRefusedError("This import changed nothing, so there is nothing to take back.")
    current = stored_values(written.keys, storage)
    as_imported = (current == written.new) | (np.isnan(current) & np.isnan(written.new))
    back = Changes(written.keys[as_imported], current[as_imported], written.old[as_imported])
    undo = ImportRun.objects.create(
        kind=ImportRun.Kind.UNDO,
        product=run.product,
        metric=run.metric,
        name=f"Taken back: {run}"[:200],
        actor_id=actor.pk if actor is not None else None,
        undo_of=run,
        state=ImportRun.State.RUNNING,
        options=_left(written, current, ~as_imported),
    )
    changes_store(
        back, run=undo, now=now, storage=storage, fiscal_start_month=organisation_get().fiscal_year_start
    )
    deleted, created = int(back.deleted.sum()), int(back.created.sum())
    result = RecordResult(created=created, changed=len(back) - deleted - created, deleted=deleted)
    run_finish(undo, result, changes=back, span=None, rows=len(written), now=now)
    run.state = ImportRun.State.TAKEN_BACK
    run.save(update_fields=["state"])
    audit_record(
        actor=actor,
        action="import taken back",
        subject=run,
        after={"deleted": deleted, "restored": result.changed + created, "left": int((~as_imported).sum())},
        product_id=run.product_id,
    )
    return undo


def _left(written: Changes, current: np.ndarray, mask: np.ndarray) -> dict[str, object]:
    """The figures that stay because somebody changed them since, as kept on the run."""
    places = np.flatnonzero(mask)[:LEFT_SHOWN]
    ids, days = keys_split(written.keys[places])
    names = dict(Metric.objects.filter(pk__in=np.unique(ids).tolist()).values_list("pk", "key"))
    rows = [
        {
            "metric": names.get(metric_id, str(metric_id)),
            "date": str(day),
            "imported": None if np.isnan(imported) else float(imported),
            "now": None if np.isnan(value) else float(value),
        }
        for metric_id, day, imported, value in zip(
            ids.tolist(), days, written.new[places], current[places], strict=True
        )
    ]
    return {"left": rows, "left_total": int(mask.sum())}
