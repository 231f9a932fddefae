"""Stored verdicts for tests: two made series, put through the real test, and written as the weekly run writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from metrics.analysis.link import link_test
from metrics.analysis.verdict import verdicts_decide
from strategy.calculations.series_pack import AnalysedSeries, series_pack
from strategy.models import Mapping, MappingVerdict

UTC = ZoneInfo("UTC")
LAST_WEEK = date(2026, 11, 9)


@dataclass(frozen=True)
class Pair:
    """Two weekly series on one calendar."""

    starts: list[date]
    x: list[float | None]
    y: list[float | None]


def pair_make(
    periods: int = 104,
    *,
    lag: int = 3,
    effect: float = 0.8,
    last: date = LAST_WEEK,
    seed: int = 5,
    aside: Sequence[date] = (),
) -> Pair:
    """A metric and a goal that follows it `lag` weeks later by `effect` (0: not at all), each with a trend."""
    noise = np.random.default_rng(seed)
    own, other = noise.standard_normal((2, periods + 20))
    for place in range(1, periods + 20):
        own[place] += 0.5 * own[place - 1]
        other[place] += 0.4 * other[place - 1]
    moved = np.roll(own, lag)
    time = np.arange(periods)
    x = 30 + 0.05 * time + own[20:]
    y = 80 + 0.03 * time + 0.5 * other[20:] + effect * moved[20:]
    starts = [last - timedelta(weeks=periods - 1 - int(place)) for place in time]
    missing = set(aside)
    keep = [start not in missing for start in starts]
    return Pair(
        starts,
        [float(value) if kept else None for value, kept in zip(x, keep, strict=True)],
        [float(value) if kept else None for value, kept in zip(y, keep, strict=True)],
    )


def _numbers(row: Any) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in row]


def verdict_make(
    mapping: Mapping,
    pair: Pair | None = None,
    *,
    week: date = LAST_WEEK + timedelta(weeks=1),
    stated: bool = True,
    lags: Sequence[int] | None = None,
    aside: Sequence[tuple[date, str]] = (),
    believed_sign: int = 1,
    **fields: Any,
) -> MappingVerdict:
    """The verdict that the real test gives on `pair`; `fields` override what was found. Kept on the mapping."""
    pair = pair or pair_make()
    arrays = [np.array([[np.nan if v is None else v for v in row]]) for row in (pair.x, pair.y)]
    link = link_test(*arrays, frequency="weekly", lags=lags, draws=400)
    found = verdicts_decide(link, believed_sign=believed_sign)
    wait = found.periods_to_settle[0]
    table = [
        {
            "lag": lag,
            **{
                name: float(value)
                for name, value in (
                    ("association", link.lag_r[0, place]),
                    ("low", link.lag_r_low[0, place]),
                    ("high", link.lag_r_high[0, place]),
                    ("effect", link.lag_effect[0, place]),
                    ("effect_low", link.lag_effect_low[0, place]),
                    ("effect_high", link.lag_effect_high[0, place]),
                )
            },
        }
        for place, lag in enumerate(link.lags)
        if link.usable[0]
    ]
    usable = bool(link.usable[0])
    values: dict[str, Any] = {
        "mapping_version": mapping.versions.latest("number"),
        "tested_at": datetime(week.year, week.month, week.day, 6, 20, tzinfo=UTC),
        "verdict": str(found.verdict[0]),
        "reason": str(found.reason[0]),
        "provisional": bool(found.provisional[0]),
        "frequency": "weekly",
        "window_start": pair.starts[0],
        "window_end": pair.starts[-1] + timedelta(days=6),
        "periods": len(pair.starts),
        "rows_used": int(link.rows_used[0]),
        "lags": list(link.lags),
        "family": 1,
        "method": "qds 1",
        "settles_late": bool(np.isinf(wait)),
        "periods_to_settle": int(wait) if np.isfinite(wait) else None,
        "facts": {
            "lag_table": table,
            "seasons": [],
            "shifts": [],
            "set_aside": [{"start": day.isoformat(), "reason": reason} for day, reason in aside],
        },
        "series": series_pack(
            AnalysedSeries(
                pair.starts, pair.x, pair.y, _numbers(link.x_surprise[0]), _numbers(link.y_surprise[0])
            )
        ),
    }
    if usable:
        values |= {
            "lag": int(link.lag[0]),
            "plausible_lags": [lag for lag, keep in zip(link.lags, link.plausible[0], strict=True) if keep],
            "p_value": float(link.p[0]),
            "p_adjusted": float(link.p[0]),
            "association": float(link.r[0]),
            "effect": float(link.effect[0]),
            "effect_low": float(link.effect_low[0]),
            "effect_high": float(link.effect_high[0]),
            "metric_logged": bool(link.x_logged[0]),
            "goal_logged": bool(link.y_logged[0]),
            "minimum_detectable": float(found.minimum_detectable[0]),
        }
    facts = fields.pop("facts", {})
    values |= fields
    values["facts"] |= facts
    verdict = MappingVerdict.objects.create(mapping=mapping, week=week, stated=stated, **values)
    mapping.newest_verdict = verdict
    if stated:
        mapping.stated_verdict = verdict
    mapping.save(update_fields=["newest_verdict", "stated_verdict"])
    return verdict
