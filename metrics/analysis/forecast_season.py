"""The scale that a series is forecast on, and the season that is taken out of it first.

Every function works on many series of equal length at once: arrays are (series, periods).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

YEAR_LENGTHS: Final = {"monthly": 12, "quarterly": 4}
# Weeks of a cycle and pairs of waves in it; with how many weeks of history a model is first considered.
QUARTER: Final = (13.0, 2)
WEEKLY_MODELS: Final = (
    (52, (QUARTER,)),
    (78, ((52.18, 1),)),
    (78, (QUARTER, (52.18, 1))),
    (104, ((52.18, 2),)),
    (104, (QUARTER, (52.18, 2))),
)
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


@dataclass(frozen=True)
class Season:
    """The season of each series, `path` (series, periods + horizon), zero where none is found.

    `flattery` (series,) is by how much the squared error of one coming period exceeds that of a past one, because
    the past one helped to make the season it is judged by: in squared units of the values, and zero where the
    season is made of so few numbers that it does not matter.
    """

    path: Floats
    flattery: Floats


def season_fit(values: Floats, *, frequency: str, horizon: int) -> Season:
    """Months and quarters of a year: one effect each. Weeks: a smooth profile of the quarter and of the year."""
    if frequency == "weekly":
        return Season(_smooth_season(values, horizon), np.zeros(len(values)))
    return _yearly_effects(values, YEAR_LENGTHS[frequency], horizon)


def _yearly_effects(values: Floats, year: int, horizon: int) -> Season:
    """Medians of what is left beside a centred moving average, shrunk by how far they rise above chance.

    From two years on. The shrinkage is the empirical Bayes weight of James & Stein (1961); it takes the place
    of a test, since a season too weak to be significant is still worth its small part.

    With c years, chance s2 in one period and weight w, a past period misses the effect it is a part of by
    s2 (1 - 2w/c + w2/c), a coming one by s2 (1 + w2/c). The difference, 2 w s2 / c, is the flattery: the optimism of
    fitted values (Efron 1986, JASA 81:461).
    """
    series, periods = values.shape
    steps = np.arange(periods + horizon)
    if periods < 2 * year:
        return Season(np.zeros((series, periods + horizon)), np.zeros(series))

    detrended = values - _moving_average(values, year)
    effects = np.stack([np.median(detrended[:, j::year], axis=1) for j in range(year)], axis=1)
    noise = (detrended - effects[:, steps[:periods] % year]).var(axis=1) * year / periods
    signal = np.maximum(effects.var(axis=1) - noise, 0.0)
    weight = signal / (signal + noise + TINY)
    effects = (effects - effects.mean(axis=1, keepdims=True)) * weight[:, None]
    years = periods / year
    # `noise` is chance / years, of residuals that lost one in `years` degrees of freedom to their own effects.
    return Season(effects[:, steps % year], 2.0 * weight * noise * years / (years - 1.0))


def _moving_average(values: Floats, year: int) -> Floats:
    """The centred average over one year (half weights at both ends), carried to the ends on a straight line.

    The line is fitted to the first, or last, year of averages. Holding the ends level instead would take a
    trend there for season.
    """
    weights = np.r_[0.5, np.ones(year - 1), 0.5] / year
    inner = np.lib.stride_tricks.sliding_window_view(values, year + 1, axis=1) @ weights
    rows = min(inner.shape[1], year)
    steps = np.arange(rows) - (rows - 1) / 2.0
    spread = max(float(steps @ steps), 1.0)
    before = inner[:, :rows] @ steps / spread
    after = inner[:, -rows:] @ steps / spread
    further = np.arange(1, year // 2 + 1)
    head = inner[:, :1] - before[:, None] * further[::-1]
    return np.concatenate([head, inner, inner[:, -1:] + after[:, None] * further], axis=1)


def _smooth_season(values: Floats, horizon: int) -> Floats:
    """Waves per quarter and per year, each model shrunk, all averaged by their AICc weights.

    Fitted on differences, so that a wandering level is not taken for a season. Positive-part shrinkage after
    James & Stein (1961), weights after Burnham & Anderson (2002, section 2.9); no season is one of the models.
    """
    series, periods = values.shape
    changes = np.diff(values, axis=1)
    changes = changes - changes.mean(axis=1, keepdims=True)
    plain = np.square(changes).sum(axis=1)
    scores = [_aicc(plain, periods - 1, 2)]
    seasons = [np.zeros((series, periods + horizon))]
    for least, cycles in WEEKLY_MODELS:
        if periods < least:
            continue
        waves = _waves(cycles, periods + horizon)
        count = waves.shape[1]
        design = np.diff(waves[:periods], axis=0)
        design -= design.mean(axis=0)
        slopes = changes @ np.linalg.pinv(design).T
        rest = np.square(changes - slopes @ design.T).sum(axis=1)
        scores.append(_aicc(rest, periods - 1, count + 2))
        noise = rest * (count / (periods - count - 2))
        kept = np.maximum(1.0 - noise / np.maximum(plain - rest, TINY), 0.0)
        seasons.append((slopes * kept[:, None]) @ waves.T)
    weights = np.exp(-0.5 * (np.stack(scores) - np.min(scores, axis=0)))
    season = np.einsum("ms,msp->sp", weights / weights.sum(axis=0), np.stack(seasons))
    return season - season[:, :periods].mean(axis=1, keepdims=True)


def _waves(cycles: tuple[tuple[float, int], ...], periods: int) -> Floats:
    steps = np.arange(periods)
    angles = [2.0 * np.pi * wave * steps / length for length, most in cycles for wave in range(1, most + 1)]
    return np.column_stack([wave(angle) for angle in angles for wave in (np.cos, np.sin)])


def _aicc(squares: Floats, rows: int, parameters: int) -> Floats:
    """Akaike's criterion for small samples (Hurvich & Tsai 1989), from the sum of squared residuals."""
    penalty = 2.0 * parameters * rows / max(rows - parameters - 1, 1)
    score: Floats = rows * np.log(squares / rows + TINY) + penalty
    return score
