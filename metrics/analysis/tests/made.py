"""Series and findings made for the tests; equal seeds give equal figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.signal import lfilter

from metrics.analysis.algebra import Floats
from metrics.analysis.result import LinkResult

WEEKLY_LAGS = tuple(range(9))


def noise(series: int, periods: int, *, seed: int) -> Floats:
    """Independent normal values around 0, so that no logarithm is ever taken."""
    drawn: Floats = np.random.default_rng(seed).standard_normal((series, periods))
    return drawn


def wandering(series: int, periods: int, *, seed: int, root: float = 1.0) -> Floats:
    """Values that keep `root` of their last deviation: a random walk at 1, noise at 0."""
    walked: Floats = lfilter([1.0], [1.0, -root], noise(series, periods + 50, seed=seed), axis=1)[:, 50:]
    return walked


def follower(metric: Floats, *, lag: int, by: float, seed: int) -> Floats:
    """A goal that moves `by` for each unit of the metric, `lag` periods later, beside noise of its own."""
    series, periods = metric.shape
    later = np.zeros((series, periods))
    later[:, lag:] = metric[:, : periods - lag]
    return by * later + wandering(series, periods, seed=seed, root=0.4)


def gapped(values: Floats, *, every: int) -> Floats:
    """The same with one period in `every` missing."""
    holed = values.copy()
    holed[:, every - 1 :: every] = np.nan
    return holed


def least_squares_rest(values: Floats, design: Floats) -> Floats:
    """What numpy's least squares leave of one series."""
    left: Floats = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return left


def finding(
    pairs: int = 1,
    *,
    periods: int = 104,
    frequency: str = "weekly",
    lags: Sequence[int] = WEEKLY_LAGS,
    **fields: Any,
) -> LinkResult:
    """What the link test would say of pairs that are found, rising together at lag 3; `fields` say otherwise."""
    each: dict[str, Any] = {"p": 0.001, "lag": 3, "sign": 1, "r": 0.5, "df": 90.0, "critical": 2.97}
    each |= {"agrees": True, "usable": True, "x_logged": False, "y_logged": False}
    each |= {"x_shift": -1, "y_shift": -1, "rows_used": periods - 5}
    each |= dict.fromkeys(("effect", "effect_low", "effect_high", "effect_error", "effect_df"), 0.5)
    each |= {"x_sd": 1.0, "y_sd": 1.0}
    every = dict.fromkeys(
        ("z", "z_noise_form", "z_own_form", "lag_effect", "lag_effect_low", "lag_effect_high"), 0.0
    ) | dict.fromkeys(("lag_r", "lag_r_low", "lag_r_high"), 0.0)
    arrays = {name: np.full(pairs, value) for name, value in each.items()}
    arrays |= {name: np.full((pairs, len(lags)), value) for name, value in every.items()}
    arrays |= {"plausible": np.zeros((pairs, len(lags)), dtype=bool)}
    arrays |= {"season_blocks": np.zeros((pairs, 0), dtype=bool)}
    arrays |= {name: np.zeros((pairs, periods)) for name in ("x_surprise", "y_surprise")}
    for name, value in fields.items():
        arrays[name] = np.array(np.broadcast_to(value, arrays[name].shape), dtype=arrays[name].dtype)
    return LinkResult(lags=tuple(lags), periods=periods, frequency=frequency, season_names=(), **arrays)
