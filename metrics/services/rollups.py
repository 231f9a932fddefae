"""Comparing the quarter rollup with the figures, and making it right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef, Sum

from metrics.calculations.points import Ids
from metrics.calculations.rollup import quarter_row_keys, quarters_differ, quarters_of
from metrics.models import Metric, MetricQuarter, Observation
from metrics.services.storage import storage_get
from teams.selectors import organisation_get

BATCH = 200
FIGURES = 1_000_000
_FIRST, _LAST = np.datetime64("1800-01-01"), np.datetime64("9999-12-31")


@dataclass(frozen=True)
class RollupCheck:
    """What a check of the rollup found: metrics looked at, quarters mended, figures that belonged to no metric.

    `after` is the last metric looked at when more are left, None when all were.
    """

    metrics: int = 0
    mended: int = 0
    orphans: int = 0
    after: int | None = None


def rollup_rebuild(
    *, metric_ids: Sequence[int] | None = None, fiscal_start_month: int | None = None
) -> RollupCheck:
    """Sums the quarters of these metrics (all when None) afresh and mends every row that differs.

    Counts, extremes and last figures must agree exactly; totals may differ by rounding. Works in batches, each in
    a transaction of its own, so that imports can go in between.
    """
    month = fiscal_start_month or organisation_get().fiscal_year_start
    ids = (
        sorted(metric_ids) if metric_ids is not None else sorted(Metric.objects.values_list("pk", flat=True))
    )
    mended = sum(_batch_mend(np.array(batch, np.int32), month) for batch in _batches(ids))
    return RollupCheck(metrics=len(ids), mended=mended)


def _batches(ids: Sequence[int]) -> Iterator[list[int]]:
    """The metrics in parts of at most BATCH metrics and about FIGURES figures: a part is read at once, under a lock."""
    rows = (
        MetricQuarter.objects.filter(metric_id__in=ids) if len(ids) <= BATCH else MetricQuarter.objects.all()
    )
    figures = dict(rows.values_list("metric_id").annotate(figures=Sum("n")))
    batch: list[int] = []
    held = 0
    for pk in ids:
        if batch and (len(batch) >= BATCH or held + figures.get(pk, 0) > FIGURES):
            yield batch
            batch, held = [], 0
        batch.append(pk)
        held += figures.get(pk, 0)
    if batch:
        yield batch


@transaction.atomic
def _batch_mend(ids: Ids, fiscal_start_month: int) -> int:
    storage = storage_get()
    storage.lock()
    first, last = np.full(len(ids), _FIRST), np.full(len(ids), _LAST)
    right = quarters_of(*storage.stored_read(ids, first, last), fiscal_start_month)
    stored = storage.quarters_read(ids, first, last)
    wrong = right[quarters_differ(right, stored)]
    surplus = stored[~np.isin(quarter_row_keys(stored), quarter_row_keys(right))]
    storage.quarters_delete(surplus)
    storage.quarters_write(wrong)
    return len(wrong) + len(surplus)


@transaction.atomic
def orphans_delete() -> int:
    """Deletes figures and quarters whose metric is gone; returns how many figures there were.

    Figures carry no foreign-key constraint (it would cost more than the rest of a bulk load together), so this
    looks once a night. It walks from metric to metric through the index, not through the figures.
    """
    known = Metric.objects.filter(pk=OuterRef("metric_id"))
    rolled = MetricQuarter.objects.filter(~Exists(known)).values_list("metric_id", flat=True).distinct()
    gone = set(rolled)
    if not gone:
        return 0
    deleted: int = Observation.objects.filter(metric_id__in=gone).delete()[0]
    MetricQuarter.objects.filter(metric_id__in=gone).delete()
    return deleted


def rollup_check(
    *,
    after: int = 0,
    enough: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> RollupCheck:
    """The nightly look: orphans go, differences are mended.

    Starts behind the metric `after`, and stops at the end of a batch once `enough` says so; the result then names
    where to go on. `progress` is told the metrics done and the metrics there are.
    """
    orphans = orphans_delete() if not after else 0
    month = organisation_get().fiscal_year_start
    ids = sorted(Metric.objects.filter(pk__gt=after).values_list("pk", flat=True))
    before = Metric.objects.filter(pk__lte=after).count() if after else 0
    done = mended = 0
    for batch in _batches(ids):
        mended += _batch_mend(np.array(batch, np.int32), month)
        done += len(batch)
        progress(before + done, before + len(ids))
        if done < len(ids) and enough():
            return RollupCheck(metrics=done, mended=mended, orphans=orphans, after=batch[-1])
    return RollupCheck(metrics=done, mended=mended, orphans=orphans)


def rollup_realign(*, fiscal_start_month: int) -> RollupCheck | None:
    """Builds the rollup again when the fiscal calendar in force is another than the one it was built by.

    None when it fits. Quarters of goals and targets that were judged by the earlier calendar keep their dates;
    their values are then summed from the figures.
    """
    start = MetricQuarter.objects.values_list("quarter_start", flat=True).first()
    if start is None or (start.month - fiscal_start_month) % 3 == 0:
        return None
    return rollup_rebuild(fiscal_start_month=fiscal_start_month)
