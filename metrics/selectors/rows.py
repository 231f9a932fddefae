"""Figures of many metrics in one statement, on either database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection

from metrics.selectors.facts import MetricLike

Range = tuple[int, date, date]


def component_ids(metrics: Iterable[MetricLike]) -> list[int]:
    """The ids whose figures are needed: plain metrics themselves, ratios by numerator and denominator."""
    ids: set[int] = set()
    for metric in metrics:
        if metric.numerator_id is not None and metric.denominator_id is not None:
            ids |= {metric.numerator_id, metric.denominator_id}
        else:
            ids.add(metric.pk)
    return sorted(ids)


def _rows(sql: str, params: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[Any] = cursor.fetchall()
    return rows


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def latest_read(metric_ids: Sequence[int]) -> dict[int, tuple[date, float]]:
    """The newest figure of each metric: one probe of the index a metric."""
    if not metric_ids:
        return {}
    if connection.vendor == "postgresql":
        sql = (
            "SELECT m.id, o.date, o.value FROM unnest(%s::int[]) AS m(id) CROSS JOIN LATERAL"
            " (SELECT date, value FROM metrics_observation WHERE metric_id = m.id ORDER BY date DESC LIMIT 1) o"
        )
        rows = _rows(sql, [list(metric_ids)])
    else:
        sql = (
            "SELECT o.metric_id, o.date || '', o.value FROM json_each(%s) AS m JOIN metrics_observation o"
            " ON o.metric_id = m.value"
            " AND o.date = (SELECT max(date) FROM metrics_observation WHERE metric_id = m.value)"
        )
        rows = _rows(sql, [json.dumps(list(metric_ids))])
    return {pk: (_day(day), value) for pk, day, value in rows}


def figures_read(metric_ids: Sequence[int], since: date, until: date) -> dict[int, list[tuple[date, float]]]:
    """The figures of each metric from `since` to `until` (both inclusive), by date."""
    found: dict[int, list[tuple[date, float]]] = {pk: [] for pk in metric_ids}
    if not metric_ids:
        return found
    if connection.vendor == "postgresql":
        sql = (
            "SELECT metric_id, date, value FROM metrics_observation"
            " WHERE metric_id = ANY(%s::int[]) AND date BETWEEN %s AND %s ORDER BY metric_id, date"
        )
        rows = _rows(sql, [list(metric_ids), since, until])
    else:
        sql = (
            "SELECT metric_id, date || '', value FROM metrics_observation"
            " WHERE metric_id IN (SELECT value FROM json_each(%s)) AND date BETWEEN %s AND %s ORDER BY metric_id, date"
        )
        rows = _rows(sql, [json.dumps(list(metric_ids)), since.isoformat(), until.isoformat()])
    for pk, day, value in rows:
        found[pk].append((_day(day), value))
    return found


def sums_read(ranges: Sequence[Range]) -> dict[Range, dict[str, Any]]:
    """For each (metric, first day, first day after): n, total, minimum, maximum, last. Empty ranges are left out.

    Straight from the figures: for spans that no quarter row covers.
    """
    if not ranges:
        return {}
    columns = "count(*), sum(o.value), min(o.value), max(o.value)"
    if connection.vendor == "postgresql":
        sql = (
            f"SELECT w.id, w.first, w.after, {columns}, (array_agg(o.value ORDER BY o.date DESC))[1]"  # noqa: S608
            " FROM unnest(%s::int[], %s::date[], %s::date[]) AS w(id, first, after)"
            " JOIN metrics_observation o ON o.metric_id = w.id AND o.date >= w.first AND o.date < w.after"
            " GROUP BY 1, 2, 3"
        )
        params: list[Any] = [[r[0] for r in ranges], [r[1] for r in ranges], [r[2] for r in ranges]]
    else:
        last = (
            "(SELECT value FROM metrics_observation l WHERE l.metric_id = json_extract(w.value, '$[0]')"
            " AND l.date >= json_extract(w.value, '$[1]') AND l.date < json_extract(w.value, '$[2]') ORDER BY l.date DESC LIMIT 1)"
        )
        sql = (
            f"SELECT json_extract(w.value, '$[0]'), json_extract(w.value, '$[1]'), json_extract(w.value, '$[2]'), {columns}, {last} FROM json_each(%s) AS w"  # noqa: S608
            " JOIN metrics_observation o ON o.metric_id = json_extract(w.value, '$[0]')"
            " AND o.date >= json_extract(w.value, '$[1]') AND o.date < json_extract(w.value, '$[2]') GROUP BY w.key"
        )
        params = [json.dumps([[pk, first.isoformat(), after.isoformat()] for pk, first, after in ranges])]
    return {
        (int(pk), _day(first), _day(after)): {
            "n": n,
            "total": total,
            "minimum": low,
            "maximum": high,
            "last_value": last_value,
        }
        for pk, first, after, n, total, low, high, last_value in _rows(sql, params)
    }
