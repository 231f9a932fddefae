"""How strongly each form of the metric, at each lag, goes with the goal's surprises.

The score (Lagrange multiplier) principle: the goal is modelled without the link, and only its surprises are asked
whether the metric explains them. Trend, season and shifts are partialled out again on the periods that overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from .algebra import Booleans, Floats, orthonormal, rest
from .effect import Slope, robust_slope
from .forms import OWN, Form
from .noise import Whitened

# z beyond this says no more than "certainly"; it also bounds the tail that can be computed.
_MOST_Z = 8.0
_LEAST_P = 1e-15


@dataclass(frozen=True)
class Scores:
    """Scores `(pairs, forms, lags)` and what the largest of them is compared with."""

    r: Floats
    z: Floats
    freedom: Floats
    rows: Floats
    correlation: Floats  # (pairs, forms × lags, forms × lags), of the lagged forms
    slope: Slope  # (pairs, lags) of whitened goal on whitened metric


def z_of_correlation(r: Floats, freedom: Floats) -> Floats:
    """The normal deviate of a correlation's t statistic, `r sqrt(freedom / (1 - r²))`, within ±8."""
    statistic = np.abs(r) * np.sqrt(freedom / np.maximum(1 - r**2, 1e-12))
    tail = np.maximum(special.stdtr(freedom, -statistic), _LEAST_P / 2)
    deviate: Floats = np.clip(-special.ndtri(tail), 0.0, _MOST_Z) * np.sign(r)
    return deviate


def scores_of_forms(
    forms: Sequence[Form],
    own: Whitened,
    goal: Whitened,
    clipped_goal: Floats,
    lags: Sequence[int],
    columns: Floats,
) -> Scores:
    """The scores of all forms and lags; `columns` `(pairs,)` are the design columns each pair pays for."""
    pairs, periods = clipped_goal.shape
    shape = (pairs, len(forms), len(lags))
    r, rows = np.zeros(shape), np.zeros(shape)
    lagged = np.zeros((pairs, len(forms), len(lags), periods))
    slopes: list[Slope] = []
    for place, lag in enumerate(lags):
        later = clipped_goal[:, lag:]
        for number, form in enumerate(forms):
            known: Booleans = goal.mask[:, lag:] & form.mask[:, : periods - lag]
            basis = orthonormal(goal.basis[:, lag:] * known[..., None])
            metric = rest(form.values[:, : periods - lag] * known, basis) * known
            surprise = rest(later * known, basis) * known
            size = np.sqrt((metric**2).sum(axis=1) * (surprise**2).sum(axis=1) + 1e-300)
            r[:, number, place] = (metric * surprise).sum(axis=1) / size
            rows[:, number, place] = known.sum(axis=1)
            lagged[:, number, place, lag:] = metric
            if number == OWN:
                plain_metric = rest(own.surprise[:, : periods - lag] * known, basis) * known
                plain_goal = rest(goal.surprise[:, lag:] * known, basis) * known
                spent = columns + 1 + 0.5 * goal.order
                slopes.append(robust_slope(plain_metric, plain_goal, known, spent))
    freedom = np.maximum(rows - (columns + 1 + 0.5 * goal.order)[:, None, None], 2.0)
    flat = lagged.reshape(pairs, -1, periods)
    return Scores(
        r, z_of_correlation(r, freedom), freedom, rows, correlations(flat), Slope.side_by_side(slopes)
    )


def correlations(columns: Floats) -> Floats:
    """Cosines between the columns `(pairs, columns, periods)`; 1 on the diagonal."""
    products = columns @ columns.swapaxes(1, 2)
    size = np.sqrt(np.einsum("rii->ri", products)) + 1e-150
    cosines: Floats = products / (size[:, :, None] * size[:, None, :])
    np.einsum("rii->ri", cosines)[...] = 1.0
    return cosines
