"""A metric's figures of one fiscal quarter, kept by adding what changed instead of summing everything again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.calculations.points import Days, Floats, Ids, Ints, Mask, keys_of, keys_split, quarter_start

# One quarter of one metric; dates as days since 1970.
QUARTER = np.dtype(
    [
        ("metric_id", "i4"),
        ("quarter_start", "i4"),
        ("quarter_end", "i4"),
        ("n", "i4"),
        ("total", "f8"),
        ("minimum", "f8"),
        ("maximum", "f8"),
        ("last_date", "i4"),
        ("last_value", "f8"),
    ]
)
Quarters = NDArray[Any]


@dataclass(frozen=True)
class Changes:
    """What a write changes, sorted by key: `old` is NaN where a figure is new, `new` where it is deleted."""

    keys: Ints
    old: Floats
    new: Floats

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def created(self) -> Mask:
        return np.asarray(np.isnan(self.old))

    @property
    def deleted(self) -> Mask:
        return np.asarray(np.isnan(self.new))


def changes_find(keys: Ints, values: Floats, stored_keys: Ints, stored_values: Floats) -> Changes:
    """What storing `values` under `keys` would change; equal figures are left out. All keys sorted, each once."""
    old = np.full(len(keys), np.nan)
    if len(stored_keys):
        if len(stored_keys) == len(keys) and np.array_equal(stored_keys, keys):
            old = stored_values
        else:
            places = np.searchsorted(stored_keys, keys)
            places[places == len(stored_keys)] = 0
            known = stored_keys[places] == keys
            old[known] = stored_values[places[known]]
    different = old != values  # NaN differs from everything, so new figures are in
    if different.all():
        return Changes(keys, old, values)
    return Changes(keys[different], old[different], values[different])


def quarter_keys(keys: Ints, fiscal_start_month: int) -> Ints:
    """(metric, first day of the fiscal quarter) of each (metric, date)."""
    ids, days = keys_split(keys)
    return keys_of(ids, quarter_start(days, fiscal_start_month))


def groups_of(sorted_keys: Ints) -> tuple[Ints, Any]:
    """The distinct keys and where each begins."""
    if not len(sorted_keys):
        return sorted_keys, np.empty(0, np.int64)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(sorted_keys)) + 1])
    return sorted_keys[starts], starts


def quarters_of(keys: Ints, values: Floats, fiscal_start_month: int) -> Quarters:
    """The quarters of sorted figures, summed afresh."""
    groups, starts = groups_of(quarter_keys(keys, fiscal_start_month))
    rows = _blank(groups)
    if not len(groups):
        return rows
    lasts = np.append(starts[1:], len(keys)) - 1
    rows["n"] = np.diff(np.append(starts, len(keys)))
    rows["total"] = np.add.reduceat(values, starts)
    rows["minimum"] = np.minimum.reduceat(values, starts)
    rows["maximum"] = np.maximum.reduceat(values, starts)
    rows["last_date"] = keys_split(keys[lasts])[1].astype(np.int64)
    rows["last_value"] = values[lasts]
    return rows


def quarter_row_keys(rows: Quarters) -> Ints:
    """The keys of quarter rows."""
    return keys_of(rows["metric_id"], rows["quarter_start"].astype("datetime64[D]"))


def _blank(groups: Ints) -> Quarters:
    rows = np.zeros(len(groups), QUARTER)
    ids, days = keys_split(groups)
    rows["metric_id"] = ids
    rows["quarter_start"] = days.astype(np.int64)
    rows["quarter_end"] = quarter_end(days).astype(np.int64)
    rows["minimum"], rows["maximum"] = np.inf, -np.inf
    rows["last_date"] = np.iinfo(np.int32).min
    return rows


def quarter_end(starts: Days) -> Days:
    """The first day after quarters that begin on the given days."""
    end: Days = (starts.astype("datetime64[M]") + 3).astype("datetime64[D]")
    return end


def quarters_apply(
    changes: Changes, stored: Quarters, fiscal_start_month: int
) -> tuple[Quarters, Mask, Mask]:
    """The touched quarters after `changes`: rows, which to read again in full, and which are now empty.

    `stored` are those of the touched quarters that exist, in any order. Count and total follow by adding
    differences. The smallest, the largest and the last figure cannot when the figure that held the place was
    changed or deleted: those quarters are flagged to be summed afresh from the table.
    """
    groups, starts = groups_of(quarter_keys(changes.keys, fiscal_start_month))
    rows = _blank(groups)
    if len(stored):
        places = np.searchsorted(groups, quarter_row_keys(stored))
        inside = places < len(groups)
        hit = inside & (groups[np.where(inside, places, 0)] == quarter_row_keys(stored))
        rows[places[hit]] = stored[hit]
    created, deleted = changes.created, changes.deleted
    rows["n"] += np.add.reduceat(created.astype(np.int32) - deleted.astype(np.int32), starts)
    added = np.where(deleted, 0.0, changes.new) - np.where(created, 0.0, changes.old)
    rows["total"] += np.add.reduceat(added, starts)

    old_low = np.minimum.reduceat(np.where(created, np.inf, changes.old), starts)
    old_high = np.maximum.reduceat(np.where(created, -np.inf, changes.old), starts)
    again = (old_low <= rows["minimum"]) & np.isfinite(old_low)
    again |= (old_high >= rows["maximum"]) & np.isfinite(old_high)
    rows["minimum"] = np.minimum(
        rows["minimum"], np.minimum.reduceat(np.where(deleted, np.inf, changes.new), starts)
    )
    rows["maximum"] = np.maximum(
        rows["maximum"], np.maximum.reduceat(np.where(deleted, -np.inf, changes.new), starts)
    )

    ends = np.append(starts[1:], len(changes)) - 1
    last_days = keys_split(changes.keys[ends])[1].astype(np.int64)
    later = last_days >= rows["last_date"]
    again |= later & deleted[ends]
    take = later & ~deleted[ends]
    rows["last_date"][take] = last_days[take]
    rows["last_value"][take] = changes.new[ends][take]
    empty = rows["n"] <= 0
    return rows, again & ~empty, empty


def quarter_ranges(rows: Quarters) -> tuple[Ids, Days, Days]:
    """Metric, first and last day of each row, as the ranges to read."""
    first = rows["quarter_start"].astype("datetime64[D]")
    last = rows["quarter_end"].astype("datetime64[D]") - 1
    return rows["metric_id"], first, last


def ranges_of(keys: Ints) -> tuple[Ids, Days, Days]:
    """For each metric in sorted keys: its id, its first and its last day."""
    ids, days = keys_split(keys)
    _, starts = groups_of(ids.astype(np.int64))
    if not len(keys):
        return ids, days, days
    lasts = np.append(starts[1:], len(keys)) - 1
    return ids[starts], days[starts], days[lasts]


def quarter_key_ranges(keys: Ints, fiscal_start_month: int) -> tuple[Ids, Days, Days]:
    """For each metric in sorted figure keys: its id and the first days of its first and last touched quarter."""
    return ranges_of(quarter_keys(keys, fiscal_start_month))


def quarters_differ(right: Quarters, stored: Quarters) -> Mask:
    """Which of the `right` rows are missing from `stored` or stand there otherwise.

    Totals kept by differences may end a few bits off; they differ when off by more than rounding can explain.
    """
    if not len(stored):
        return np.ones(len(right), bool)
    stored = stored[np.argsort(quarter_row_keys(stored))]
    keys, wanted = quarter_row_keys(stored), quarter_row_keys(right)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    match = stored[places]
    differ = keys[places] != wanted
    for name in QUARTER.names or ():
        if name != "total":
            differ |= match[name] != right[name]
    room = 1e-12 * right["n"] * np.maximum(np.abs(right["minimum"]), np.abs(right["maximum"]))
    differ |= np.abs(match["total"] - right["total"]) > room
    return np.asarray(differ)
