"""Figures of many metrics as arrays, for work on thousands of series at once. Read through the storage, in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np

from metrics.analysis.series import NO_POINTS, Points, Source
from metrics.calculations.points import keys_split
from metrics.models import Metric
from metrics.selectors.rows import component_ids
from metrics.services.storage import storage_get


def points_read(*, metric_ids: Iterable[int], since: date, until: date) -> dict[int, Points]:
    """The figures of each metric from `since` to `until` (both inclusive), without points where there are none."""
    ids = np.array(sorted(set(metric_ids)), dtype=np.int32)
    found = dict.fromkeys(ids.tolist(), NO_POINTS)
    if not len(ids):
        return found
    span = [np.full(len(ids), np.datetime64(day, "D")) for day in (since, until)]
    keys, values = storage_get().stored_read(ids, *span)
    owners, days = keys_split(keys)
    numbers = days.astype(np.int64)
    edges = np.searchsorted(owners, ids), np.searchsorted(owners, ids, side="right")
    for pk, start, end in zip(ids.tolist(), *(edge.tolist() for edge in edges), strict=True):
        if end > start:
            found[pk] = Points(numbers[start:end], values[start:end])
    return found


def sources_read(*, metrics: Iterable[Metric], since: date, until: date) -> dict[int, Source]:
    """Each metric with its figures, ready to be put on a calendar; a ratio with those of its two parts."""
    wanted = list(metrics)
    points = points_read(metric_ids=component_ids(wanted), since=since, until=until)
    found = {}
    for metric in wanted:
        if metric.numerator_id is not None and metric.denominator_id is not None:
            top, bottom = points[metric.numerator_id], points[metric.denominator_id]
            found[metric.pk] = Source(top, metric.frequency, metric.aggregation, bottom)
        else:
            found[metric.pk] = Source(points[metric.pk], metric.frequency, metric.aggregation)
    return found
