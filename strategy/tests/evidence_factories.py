"""Stored verdicts for tests: two made series, put through the real test, and written as the weekly run writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from metrics.analysis.link import lags_for
from metrics.analysis.series import Aligned
from metrics.analysis.verdict import SMALLEST_LINK
from strategy.calculations.testing import Case, cases_test
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


def verdict_make(
    mapping: Mapping,
    pair: Pair | None = None,
    *,
    week: date = LAST_WEEK + timedelta(weeks=1),
    stated: bool = True,
    lags: Sequence[int] | None = None,
    aside: Sequence[tuple[date, str]] = (),
    believed_sign: int = 1,
    draws: int = 400,
    **fields: Any,
) -> MappingVerdict:
    """The verdict that the real test gives on `pair`; `fields` override what was found. Kept on the mapping."""
    pair = pair or pair_make()
    wording = mapping.versions.latest("number")
    x, y = (np.array([np.nan if value is None else value for value in side]) for side in (pair.x, pair.y))
    series = Aligned("weekly", pair.starts, pair.starts[-1] + timedelta(days=6), x, y, list(aside))
    tried = tuple(lags) if lags else lags_for("weekly", believed_lag=None, periods=len(series))
    case = Case(series, tried, believed_sign, SMALLEST_LINK, wording.effective_from)
    (found,) = cases_test([case], seed=1, draws=draws)
    facts = found["facts"] | {"after_wording": None} | fields.pop("facts", {})
    verdict = MappingVerdict.objects.create(
        mapping=mapping,
        mapping_version=fields.pop("mapping_version", wording),
        goal_metric=fields.pop("goal_metric", mapping.goal.versions.latest("number").metric),
        week=week,
        stated=stated,
        tested_at=fields.pop("tested_at", datetime(week.year, week.month, week.day, 6, 20, tzinfo=UTC)),
        **(found | {"facts": facts} | fields),
    )
    mapping.newest_verdict = verdict
    if stated:
        mapping.stated_verdict = verdict
    mapping.save(update_fields=["newest_verdict", "stated_verdict"])
    return verdict
