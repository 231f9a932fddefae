"""The three plain forecasts that are averaged, and how far their average has been off before.

Every function works on many series of equal length at once: arrays are (series, periods), and what is said
at an origin t uses the values up to and including t, with smoothing constants fitted on the whole series.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Floats = NDArray[np.float64]

LEVEL_GAINS: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
TREND_GAINS: Final = tuple(
    (level, trend) for level in (0.2, 0.4, 0.6, 0.8, 0.95) for trend in (0.05, 0.15, 0.3)
)
DAMPING: Final = 0.9
WARM_UP: Final = 3
"""Errors of the first three steps do not choose a smoothing constant."""


@dataclass(frozen=True)
class Members:
    """What every origin says: `level + slope * j + momentum * (phi + ... + phi^(j-1) + 1)` for j steps ahead.

    All three are the members' mean, (series, periods); `gain` is the smoothing constant of the plain one,
    (series,), which tells how much of one step's error stays.
    """

    level: Floats
    slope: Floats
    momentum: Floats
    gain: Floats

    def ahead(self, horizon: int) -> Floats:
        """The forecasts at every origin, (series, periods, horizon)."""
        steps = np.arange(1, horizon + 1)
        return (
            self.level[:, :, None]
            + self.slope[:, :, None] * steps
            + self.momentum[:, :, None] * damped_steps(horizon)
        )


def damped_steps(horizon: int) -> Floats:
    """How many steps of the present slope a damped trend goes in 1..horizon periods: 1, 1 + phi, ..."""
    return np.cumsum(DAMPING ** np.arange(horizon, dtype=np.float64))


def members_fit(values: Floats) -> Members:
    """Fits the members to seasonally adjusted `values` and gives their mean at every origin.

    Simple exponential smoothing (Brown 1959), Theta (Assimakopoulos & Nikolopoulos 2000, in the form of
    Hyndman & Billah 2003: smoothing plus half of the line's slope) and the damped trend (Gardner &
    McKenzie 1985). An equal mean of such members is hard to beat (Makridakis & Hibon 2000).
    """
    levels, gain = smoothed_levels(values)
    trend_levels, trend_slopes = damped_levels(values)
    return Members(
        level=(2.0 * levels + trend_levels) / 3.0,
        slope=0.5 * line_slopes(values) / 3.0,
        momentum=trend_slopes / 3.0,
        gain=gain,
    )


def smoothed_levels(values: Floats) -> tuple[Floats, Floats]:
    """Levels of simple exponential smoothing, (series, periods), and the constant with the least error."""
    start = values[:, : min(4, values.shape[1])].mean(axis=1)
    paths = []
    for gain in LEVEL_GAINS:
        state = ((1.0 - gain) * start)[:, None]
        rest = lfilter([gain], [1.0, gain - 1.0], values[:, 1:], axis=1, zi=state)[0]
        paths.append(np.concatenate([start[:, None], rest], axis=1))
    every = np.stack(paths)
    chosen = _least(values[:, WARM_UP:] - every[:, :, WARM_UP - 1 : -1])
    return every[chosen, np.arange(len(values))], np.array(LEVEL_GAINS)[chosen]


def line_slopes(values: Floats) -> Floats:
    """Slope of the least-squares line through the values up to each origin; zero before the fifth."""
    steps = np.arange(values.shape[1], dtype=np.float64)
    count = steps + 1.0
    spread = np.cumsum(steps * steps) - np.cumsum(steps) ** 2 / count
    centred = values - values[:, :1]  # a large level would cost digits in the running sums
    joint = np.cumsum(steps * centred, axis=1) - np.cumsum(steps) / count * np.cumsum(centred, axis=1)
    slopes: Floats = joint / np.maximum(spread, 1e-9)
    slopes[:, :4] = 0.0
    return slopes


def damped_levels(values: Floats) -> tuple[Floats, Floats]:
    """Levels and next steps of the damped trend (phi = 0.9), each (series, periods), by least one-step error."""
    levels, slopes = [], []
    for gains in TREND_GAINS:
        level, slope = damped_path(values, *gains)
        levels.append(level)
        slopes.append(slope)
    every, steep = np.stack(levels), np.stack(slopes)
    before = slice(WARM_UP - 1, -1)
    chosen = _least(values[:, WARM_UP:] - every[:, :, before] - DAMPING * steep[:, :, before])
    rows = np.arange(len(values))
    return every[chosen, rows], DAMPING * steep[chosen, rows]


def damped_path(values: Floats, level_gain: float, trend_gain: float) -> tuple[Floats, Floats]:
    """Levels and slopes for given constants, starting at the first value with the first changes' mean.

    The recursion level = level + phi slope + a e, slope = phi slope + a b e with e the one-step error is a
    linear filter of the values with two poles, so that no loop over periods is needed.
    """
    level_0 = values[:, 0]
    slope_0 = np.diff(values[:, :5], axis=1).mean(axis=1)
    gain, joint = level_gain, level_gain * trend_gain
    m11, m12, m21, m22 = 1.0 - gain, DAMPING * (1.0 - gain), -joint, DAMPING * (1.0 - joint)
    trace, determinant = m11 + m22, m11 * m22 - m12 * m21
    poles = [1.0, -trace, determinant]

    def run(numerator: list[float], first: Floats, start: Floats) -> Floats:
        state = np.stack([first, -determinant * start], axis=1)
        rest = lfilter(numerator, poles, values[:, 1:], axis=1, zi=state)[0]
        return np.concatenate([start[:, None], rest], axis=1)

    level = run([gain, m12 * joint - m22 * gain], m11 * level_0 + m12 * slope_0, level_0)
    slope = run([joint, m21 * gain - m11 * joint], m21 * level_0 + m22 * slope_0, slope_0)
    return level, slope


def _least(errors: Floats) -> NDArray[np.intp]:
    """Which of the candidates (first axis) has the least squared error, per series."""
    return np.asarray((errors**2).sum(axis=2).argmin(axis=0))


def step_spread(values: Floats, members: Members, *, first: int) -> Floats:
    """Standard deviation of the one-step errors from origin `first` on, (series,), extremes held at 2 and 98 %."""
    ahead = members.level + members.slope + members.momentum
    errors = values[:, first + 1 :] - ahead[:, first:-1]
    low, high = np.quantile(errors, [0.02, 0.98], axis=1, keepdims=True)
    return np.sqrt(np.square(np.clip(errors, low, high)).mean(axis=1))


def outcome_spread(errors: Floats, theory: Floats) -> Floats:
    """Blends what the same forecast missed by before, (series, origins), with what the model implies.

    Errors beyond four robust standard deviations are held there. With fewer than three origins only the
    model speaks.
    """
    if errors.shape[1] < 3:
        return theory
    edge = (4.0 / 0.6745 * np.median(np.abs(errors), axis=1) + 1e-12)[:, None]
    observed = np.square(np.clip(errors, -edge, edge)).mean(axis=1)
    return np.sqrt(0.5 * observed + 0.5 * theory**2)


def last_theory(gain: Floats, horizon: int) -> Floats:
    """Error of the level `horizon` steps ahead, in one-step standard deviations (Hyndman et al. 2008, 6.1)."""
    return np.sqrt(1.0 + (horizon - 1) * gain**2)


def sum_theory(gain: Floats, weights: Floats) -> Floats:
    """Error of a weighted sum of the coming values, in one-step standard deviations.

    A step's error counts itself and, times the gain, in every later period.
    """
    later = np.cumsum(weights[::-1])[::-1] - weights
    return np.sqrt(np.square(weights + gain[:, None] * later).sum(axis=1))
