"""The scale that a series is forecast on, and the season that is taken out of it first.

Every function works on many series of equal length at once: arrays are (series, periods).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

YEAR_LENGTHS: Final = {"monthly": 12, "quarterly": 4}
QUARTER_WEEKS: Final = 13.0
YEAR_WEEKS: Final = 52.18
TINY: Final = 1e-300


def logged_choose(values: Floats) -> Mask:
    """Which series are better described by their logarithm: (series,) of true and false.

    Compares the Gaussian likelihood of the first differences in both scales, the Jacobian of the logarithm
    included (Box & Cox 1964), and asks for more than one unit in its favour. Only a series that is above
    zero throughout can be logged.
    """
    positive = np.asarray(values.min(axis=1) > 0.0)
    safe = np.where(positive[:, None], values, 1.0)
    logs = np.log(safe)
    half = 0.5 * (values.shape[1] - 1)
    plain = -half * np.log(np.diff(safe, axis=1).var(axis=1) + TINY)
    logged = -half * np.log(np.diff(logs, axis=1).var(axis=1) + TINY) - logs[:, 1:].sum(axis=1)
    chosen: Mask = positive & (logged > plain + 1.0)
    return chosen


def season_fit(values: Floats, *, frequency: str, horizon: int) -> Floats:
    """The season of each series, (series, periods + horizon), zero where none is found.

    Months and quarters of a year: one effect each. Weeks: a smooth profile of the quarter and of the year.
    """
    if frequency == "weekly":
        return _smooth_season(values, horizon)
    return _yearly_effects(values, YEAR_LENGTHS[frequency], horizon)


def _yearly_effects(values: Floats, year: int, horizon: int) -> Floats:
    """Medians of what is left beside a centred moving average, shrunk by how far they rise above chance.

    Kept only where the differences are correlated a year apart, beyond 1.28 standard errors after Bartlett
    (1946), and from two years on. The shrinkage is the empirical Bayes weight of James & Stein (1961).
    """
    series, periods = values.shape
    steps = np.arange(periods + horizon)
    if periods < 2 * year:
        return np.zeros((series, periods + horizon))

    detrended = values - _moving_average(values, year)
    effects = np.stack([np.median(detrended[:, j::year], axis=1) for j in range(year)], axis=1)
    cycles = periods / year
    noise = (detrended - effects[:, steps[:periods] % year]).var(axis=1) / cycles
    signal = np.maximum(effects.var(axis=1) - noise, 0.0)
    weight = np.where(_repeats_yearly(values, year), signal / (signal + noise + 1e-12), 0.0)
    effects = (effects - effects.mean(axis=1, keepdims=True)) * weight[:, None]
    return effects[:, steps % year]


def _moving_average(values: Floats, year: int) -> Floats:
    """The centred average over one year (half weights at both ends), its ends held."""
    weights = np.r_[0.5, np.ones(year - 1), 0.5] / year
    windows = np.lib.stride_tricks.sliding_window_view(values, year + 1, axis=1)
    inner = windows @ weights
    return np.pad(inner, ((0, 0), (year // 2, year // 2)), mode="edge")


def _repeats_yearly(values: Floats, year: int) -> Mask:
    changes = np.diff(values, axis=1)
    changes = changes - changes.mean(axis=1, keepdims=True)
    total = np.maximum((changes**2).sum(axis=1), TINY)
    lags = [(changes[:, lag:] * changes[:, :-lag]).sum(axis=1) / total for lag in range(1, year + 1)]
    error = np.sqrt((1.0 + 2.0 * np.square(lags[:-1]).sum(axis=0)) / values.shape[1])
    return np.asarray(lags[-1] >= 1.28 * error)


def _smooth_season(values: Floats, horizon: int) -> Floats:
    """Two pairs of waves per quarter (from 52 weeks), per year (from 104), or both, chosen by AICc.

    Fitted on differences, so that a wandering level is not taken for a season (Hurvich & Tsai 1989 for AICc);
    a larger model has to win by more than 2.
    """
    series, periods = values.shape
    best = np.zeros((series, periods + horizon))
    if periods < 52:
        return best
    changes = np.diff(values, axis=1)
    lowest = _aicc(changes - changes.mean(axis=1, keepdims=True), 2)
    cycles = [(QUARTER_WEEKS,)] + ([(YEAR_WEEKS,), (QUARTER_WEEKS, YEAR_WEEKS)] if periods >= 104 else [])
    for lengths in cycles:
        waves = _waves(lengths, periods + horizon)
        design = np.column_stack([np.ones(periods - 1), np.diff(waves[:periods], axis=0)])
        slopes = changes @ np.linalg.pinv(design).T
        score = _aicc(changes - slopes @ design.T, design.shape[1] + 1)
        better = score < lowest - 2.0
        best = np.where(better[:, None], slopes[:, 1:] @ waves.T, best)
        lowest = np.where(better, score, lowest)
    return best - best[:, :periods].mean(axis=1, keepdims=True)


def _waves(lengths: tuple[float, ...], periods: int) -> Floats:
    steps = np.arange(periods)
    angles = [2.0 * np.pi * wave * steps / length for length in lengths for wave in (1, 2)]
    return np.column_stack([wave(angle) for angle in angles for wave in (np.cos, np.sin)])


def _aicc(residuals: Floats, parameters: int) -> Floats:
    rows = residuals.shape[1]
    penalty = 2.0 * parameters * rows / max(rows - parameters - 1, 1)
    score: Floats = rows * np.log((residuals**2).mean(axis=1) + TINY) + penalty
    return score
