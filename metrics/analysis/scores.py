"""How strongly each form of the metric, at each lag, goes with the goal's surprises.

The score (Lagrange multiplier) principle: the goal is modelled without the link, and only its surprises are asked
whether the metric explains them. Trend, season and shifts are partialled out again on the periods that overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from .algebra import Floats
from .forms import Form
from .overlap import Lagged, Overlap, goal_square_left, lagged

# z beyond this says no more than "certainly"; it also bounds the tail that can be computed.
_MOST_Z = 8.0
_LEAST_P = 1e-15
# A residual of a series with deviation 1 that is smaller than this is rounding and the ridge of the solutions: the
# series is nothing but its trend, season and shifts.
NOTHING_LEFT = 1e-6


@dataclass(frozen=True)
class Scores:
    """Scores `(pairs, forms, lags)` and what the largest of them is compared with."""

    r: Floats
    z: Floats
    freedom: Floats
    rows: Floats
    correlation: Floats  # (pairs, forms × lags, forms × lags), of the lagged forms


def z_of_correlation(r: Floats, freedom: Floats) -> Floats:
    """The normal deviate of a correlation's t statistic, `r sqrt(freedom / (1 - r²))`, within ±8."""
    statistic = np.abs(r) * np.sqrt(freedom / np.maximum(1 - r**2, 1e-12))
    tail = np.maximum(special.stdtr(freedom, -statistic), _LEAST_P / 2)
    deviate: Floats = np.clip(-special.ndtri(tail), 0.0, _MOST_Z) * np.sign(r)
    return deviate


def scores_of_forms(
    forms: Sequence[Form],
    overlap: Overlap,
    surprise: Floats,
    lags: Sequence[int],
    spent: Floats,
    *,
    gaps: bool,
) -> Scores:
    """The scores of all forms and lags.

    `surprise` `(pairs, periods)` are the goal's clipped surprises, `spent` `(pairs,)` the degrees of freedom that
    design and filter took; `gaps` says whether any pair has missing periods.
    """
    pairs = len(surprise)
    shape = (pairs, len(forms), len(lags))
    each = [lagged(form.values, form.mask, overlap.goal, list(lags)) for form in forms]
    columns = Lagged(
        np.concatenate([one.values for one in each], axis=1),
        np.concatenate([one.known for one in each], axis=1),
    )
    metric = overlap.columns_rest(columns, gaps=gaps)
    goal_square = goal_square_left(overlap, surprise, columns, gaps=gaps)
    # The metric's rest is orthogonal to the design, so the goal need not be partialled out for the product.
    product = (metric @ surprise[..., None])[..., 0]
    square = np.einsum("rmn,rmn->rm", metric, metric)
    rows = columns.known.sum(axis=-1)
    varies = np.minimum(square, goal_square) > rows * NOTHING_LEFT**2
    r = np.where(varies, product / np.sqrt(square * np.maximum(goal_square, 0.0) + 1e-300), 0.0)
    r = np.clip(r, -1.0, 1.0)  # the ridge may carry a perfect one a hair beyond
    freedom = np.maximum(rows - spent[:, None], 2.0)
    r, freedom, rows = (array.reshape(shape) for array in (r, freedom, rows))
    return Scores(r, z_of_correlation(r, freedom), freedom, rows.astype(np.float64), correlations(metric))


def correlations(columns: Floats) -> Floats:
    """Cosines between the columns `(pairs, columns, periods)`; 1 on the diagonal."""
    products = columns @ columns.swapaxes(1, 2)
    size = np.sqrt(np.einsum("rii->ri", products)) + 1e-150
    cosines: Floats = products / (size[:, :, None] * size[:, None, :])
    np.einsum("rii->ri", cosines)[...] = 1.0
    return cosines
