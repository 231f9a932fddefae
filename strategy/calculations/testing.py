"""Beliefs put through the link test together, and what is kept of each answer. Pure.

One call is one family: the chance of a false alarm is shared by all beliefs of a product that are tested in one run
(Benjamini & Hochberg 1995). Method and error rates: docs/evidence.md.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from metrics.analysis.lags import lags_around
from metrics.analysis.link import METHOD_VERSION, LinkResult, link_test
from metrics.analysis.series import Aligned, Floats
from metrics.analysis.verdict import MINIMUM_PERIODS, Decisions, benjamini_hochberg, verdicts_decide
from strategy.calculations.series_pack import AnalysedSeries, series_pack

DRAWS: Final = 2000
LOOKING_DRAWS: Final = 100  # what is looked at only has no p-value, so the fewest draws will do
_LOOKING = {
    "association": "lag_r", "low": "lag_r_low", "high": "lag_r_high",
    "effect": "lag_effect", "effect_low": "lag_effect_low", "effect_high": "lag_effect_high",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One belief ready to be tested: both series, the lags to try (in periods), and what is believed.

    lags: empty when the lag that is believed in is too long for the history. sign: +1 or -1. smallest_link: the association below which a link is not worth acting on. since: the first day of
    the wording, to tell how many periods came after it.
    """

    series: Aligned
    lags: tuple[int, ...]
    sign: int
    smallest_link: float
    since: date


def cases_test(cases: Sequence[Case], *, seed: int, draws: int = DRAWS) -> list[dict[str, Any]]:
    """The answers to a family of beliefs, in order, as the fields of a stored verdict. Equal input, equal answer."""
    groups: defaultdict[tuple[str, int, tuple[int, ...]], list[int]] = defaultdict(list)
    for place, case in enumerate(cases):
        groups[case.series.calendar, len(case.series), case.lags].append(place)
    links, looks = {}, {}
    p_values = np.full(len(cases), np.nan)
    for key, places in groups.items():
        calendar, periods, lags = key
        x, y = (np.stack([getattr(cases[place].series, side) for place in places]) for side in ("x", "y"))
        link = _link(x, y, frequency=calendar, lags=lags, seed=seed, draws=draws)
        links[key] = link
        looks[key] = _look(x, y, link, lags, seed=seed)
        if periods >= MINIMUM_PERIODS[calendar]:
            p_values[places] = link.p
    adjusted = benjamini_hochberg(p_values)
    family = int(np.isfinite(p_values).sum())
    answers: list[dict[str, Any]] = [{} for _ in cases]
    for key, places in groups.items():
        decisions = verdicts_decide(
            links[key],
            believed_sign=[cases[place].sign for place in places],
            p_adjusted=adjusted[places],
            smallest_link=[cases[place].smallest_link for place in places],
        )
        for row, place in enumerate(places):
            answers[place] = _answer(cases[place], links[key], decisions, row)
            answers[place]["facts"] = _facts(cases[place], links[key], looks[key], row)
            answers[place] |= {"p_adjusted": _number(adjusted[place]), "family": family, "seed": seed}
    return answers


def _link(x: Floats, y: Floats, *, frequency: str, lags: Sequence[int], seed: int, draws: int) -> LinkResult:
    """The link test; without any lag to try, its answer to series of which nothing is known."""
    if lags:
        return link_test(x, y, frequency=frequency, lags=lags, seed=seed, draws=draws)
    nothing = np.full_like(x, np.nan)
    return link_test(nothing, nothing, frequency=frequency, lags=(0,), seed=seed, draws=draws)


def _look(x: Floats, y: Floats, link: LinkResult, lags: Sequence[int], *, seed: int) -> LinkResult:
    """Both series at the lags around the tested ones, for people to look at: no verdict is drawn from it."""
    around = lags_around(link.frequency, lags, periods=link.periods)
    if not lags or set(around) <= set(lags):
        return link
    return link_test(x, y, frequency=link.frequency, lags=around, seed=seed, draws=LOOKING_DRAWS)


def _answer(case: Case, link: LinkResult, decisions: Decisions, row: int) -> dict[str, Any]:
    """The fields of one stored verdict that the test and the rules give."""
    wait = float(decisions.periods_to_settle[row])
    series = case.series
    return {
        "verdict": str(decisions.verdict[row]),
        "reason": str(decisions.reason[row]),
        "provisional": bool(decisions.provisional[row]),
        "frequency": series.calendar,
        "window_start": series.starts[0] if series.starts else None,
        "window_end": series.end,
        "periods": len(series),
        "rows_used": int(link.rows_used[row]),
        "lags": list(case.lags),
        "lag": int(link.lag[row]) if link.lag[row] >= 0 else None,
        "plausible_lags": [lag for lag, fits in zip(link.lags, link.plausible[row], strict=True) if fits],
        "p_value": _number(link.p[row]),
        "association": _number(link.r[row]),
        "effect": _number(link.effect[row]),
        "effect_low": _number(link.effect_low[row]),
        "effect_high": _number(link.effect_high[row]),
        "metric_logged": bool(link.x_logged[row]),
        "goal_logged": bool(link.y_logged[row]),
        "smallest_link": case.smallest_link,
        "minimum_detectable": _number(decisions.minimum_detectable[row]),
        "periods_to_settle": round(wait) if math.isfinite(wait) else None,
        "settles_late": math.isinf(wait),
        "method": METHOD_VERSION,
        "series": series_pack(
            AnalysedSeries(
                series.starts,
                *(
                    _numbers(values)
                    for values in (series.x, series.y, link.x_surprise[row], link.y_surprise[row])
                ),
            )
        ),
    }


def _facts(case: Case, link: LinkResult, look: LinkResult, row: int) -> dict[str, Any]:
    """What the page of the verdict tells beside its columns."""
    starts = case.series.starts
    sources = (look, link) if look.usable[row] else (link,)
    found = {lag: (source, place) for source in sources for place, lag in enumerate(source.lags)}
    table = [
        {"lag": lag} | {name: _number(getattr(source, field)[row, place]) for name, field in _LOOKING.items()}
        for lag, (source, place) in sorted(found.items())
    ]
    shifts = (("metric", int(link.x_shift[row])), ("goal", int(link.y_shift[row])))
    return {
        "lag_table": table if link.usable[row] else [],
        "seasons": [
            name for name, kept in zip(link.season_names, link.season_blocks[row], strict=True) if kept
        ],
        "shifts": [{"side": side, "start": starts[at].isoformat()} for side, at in shifts if at >= 0],
        "set_aside": [{"start": start.isoformat(), "reason": reason} for start, reason in case.series.aside],
        "after_wording": sum(start >= case.since for start in starts),
    }


def _number(value: Any) -> float | None:
    """A plain number, None for what is not one: JSON has no NaN."""
    number = float(value)
    return number if math.isfinite(number) else None


def _numbers(values: Any) -> list[float | None]:
    return [_number(value) for value in values]


def verdict_again(
    series: AnalysedSeries,
    *,
    frequency: str,
    lags: Sequence[int],
    seed: int,
    sign: int,
    p_adjusted: float | None,
    smallest_link: float,
) -> dict[str, Any]:
    """The answer from the series as they were stored: verdict, reason, lag, p-value, association and effect.

    The family is not tested again: `p_adjusted` is the one that was stored with the verdict.
    """
    x, y = (np.array([[np.nan if v is None else v for v in side]]) for side in (series.x, series.y))
    link = _link(x, y, frequency=frequency, lags=lags, seed=seed, draws=DRAWS)
    adjusted = np.nan if p_adjusted is None else p_adjusted
    decisions = verdicts_decide(link, believed_sign=sign, p_adjusted=[adjusted], smallest_link=smallest_link)
    return {
        "verdict": str(decisions.verdict[0]),
        "reason": str(decisions.reason[0]),
        "lag": int(link.lag[0]) if link.lag[0] >= 0 else None,
        "p_value": _number(link.p[0]),
        "association": _number(link.r[0]),
        "effect": _number(link.effect[0]),
    }
