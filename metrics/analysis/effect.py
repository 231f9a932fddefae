"""The size of a link: what follows one unit of surprise in the metric, k periods later.

A local projection (Jorda 2005, AER 95:161; Montiel Olea & Plagborg-Moller 2021, Econometrica 89:1789) of the goal's
surprises on the metric's, with Huber's weights (Huber 1964, Ann. Math. Stat. 35:73). It reads an impulse response,
right for immediate and for carried-over effects alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .algebra import Booleans, Floats, median_of_kept, spread_of_kept
from .noise import Whitened
from .overlap import Lagged, Overlap, lagged

_HUBER = 3.0
_ROUNDS = 2


@dataclass(frozen=True)
class Slope:
    """Slope, its standard error and degrees of freedom, and the deviations of both series; arrays of one shape."""

    slope: Floats
    error: Floats
    freedom: Floats
    metric_spread: Floats
    goal_spread: Floats


def robust_slope(metric: Floats, goal: Floats, known: Booleans, spent: Floats) -> Slope:
    """The Huber slope of goal on metric `(…, periods)`, both 0 outside `known`; `spent` degrees of freedom are gone.

    Weights fall beyond 3 robust deviations of the residuals; two rounds of reweighting.
    """
    rows = known.sum(axis=-1)
    slope = (metric * goal).sum(axis=-1) / ((metric**2).sum(axis=-1) + 1e-300)
    for _ in range(_ROUNDS):
        left = goal - slope[..., None] * metric
        size = np.abs(left)
        reach = np.maximum(1.4826 * median_of_kept(size, known), 0.3 * spread_of_kept(left, known)) + 1e-12
        weight = np.minimum(1.0, _HUBER * reach[..., None] / np.maximum(size, 1e-12))
        slope = (weight * metric * goal).sum(axis=-1) / ((weight * metric**2).sum(axis=-1) + 1e-300)
    left = goal - slope[..., None] * metric
    freedom = np.maximum(rows - spent, 3.0)
    variance = (weight * left**2).sum(axis=-1) / freedom
    error = np.sqrt(variance / ((weight * metric**2).sum(axis=-1) + 1e-300))
    share = np.maximum(rows, 1)
    return Slope(
        slope,
        error,
        freedom,
        np.sqrt((metric**2).sum(axis=-1) / share),
        np.sqrt((goal**2).sum(axis=-1) / share),
    )


def slopes_at_each_lag(
    own: Whitened, overlap: Overlap, lags: Sequence[int], spent: Floats, *, gaps: bool
) -> Slope:
    """The slopes of all pairs at all lags `(pairs, lags)`."""
    metric = lagged(own.surprise, own.mask, overlap.goal, list(lags))
    goal = Lagged(overlap.goal.surprise[:, None] * metric.known, metric.known)
    return robust_slope(
        overlap.columns_rest(metric, gaps=gaps),
        overlap.columns_rest(goal, gaps=gaps),
        metric.known,
        spent[:, None],
    )
