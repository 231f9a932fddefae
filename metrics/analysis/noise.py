"""A series' own momentum: the filter that turns it into its surprises, under the assumption of no link.

Sources: Dickey & Fuller 1979 (the form of the regression); Hurvich & Tsai 1989 (AICc); Kendall 1954 and Marriott &
Pope 1954, Biometrika 41 (bias of the largest root); Perron & Yabu 2009, J. Econometrics 151:56 (a root near 1 is 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .algebra import Booleans, Floats, Integers, lower_inverse, lower_root, orthonormal, rest, shared_basis

# A root above 1 - _SNAP / sqrt(periods) is taken for a unit root.
_SNAP = 1.0
_RIDGE = 1e-10


def order_cap(periods: int) -> int:
    """The highest order of autoregression tried for a history of this length."""
    return int(np.clip(periods // 10, 1, 5))


@dataclass(frozen=True)
class NoiseFilter:
    """phi(B) a series: weight 1 for this period, then for 1, 2, … periods back `(series, cap + 1)`."""

    weights: Floats
    order: Integers
    root: Floats


@dataclass(frozen=True)
class Whitened:
    """Series after their own filter, with trend, season and shifts partialled out.

    `surprise` is 0 outside `mask` (missing, or too early for the filter); `basis` has orthonormal columns that span
    the filtered design on the mask. `design` and `filtered` are there only when asked for.
    """

    surprise: Floats
    basis: Floats
    mask: Booleans
    weights: Floats
    order: Integers
    design: Floats | None = None
    filtered: Floats | None = None

    def rows(self, chosen: Integers) -> Whitened:
        """The chosen series, in that order."""
        return Whitened(
            self.surprise[chosen],
            self.basis[chosen],
            self.mask[chosen],
            self.weights[chosen],
            self.order[chosen],
        )


def _lag_gram(values: Floats, order: int, first: int) -> Floats:
    """Products of the series with its own lags 0..order, summed over the periods first..last."""
    periods = values.shape[1]
    lagged = np.stack([values[:, first - lag : periods - lag] for lag in range(order + 1)], axis=1)
    return lagged @ lagged.swapaxes(1, 2)


def _order_by_aicc(values: Floats, columns: int, cap: int) -> Integers:
    """The order 1..cap of least AICc on one common sample; the nested fits share a Cholesky factor."""
    size = values.shape[1] - cap
    gram = _lag_gram(values, cap, cap)
    root = lower_root(gram[:, 1:, 1:], _RIDGE)
    fitted = (lower_inverse(root) @ gram[:, 1:, :1])[..., 0]
    left = np.maximum(gram[:, :1, 0] - np.cumsum(fitted**2, axis=1), 0.0)
    used = np.arange(1, cap + 1) + columns + 1
    penalty = 2 * used * size / np.maximum(size - used - 1, 1)
    return 1 + np.argmin(size * np.log(left / size + 1e-300) + penalty, axis=1)


def _fit_of_order(values: Floats, order: int, columns: int) -> tuple[Floats, Floats]:
    """The filter weights 0..order and the corrected largest root for series of one order.

    The regression U_t = rho U_{t-1} + sum_j g_j dU_{t-j} is read from the lag products by a change of variables.
    """
    periods = values.shape[1]
    gram = _lag_gram(values, order, order)
    change = np.zeros((order + 1, order + 1))
    change[0, 0] = change[1, 1] = 1.0
    for lag in range(1, order):
        change[lag + 1, lag], change[lag + 1, lag + 1] = 1.0, -1.0
    products = change @ gram @ change.T
    right, left = products[:, 1:, 0], products[:, 1:, 1:]
    root = _solved(left, right)[:, 0]
    root = root + (2 + 4 * root) / periods * (1 + 0.25 * max(columns - 2, 0))
    root = np.where(root > 1 - _SNAP / np.sqrt(periods), 1.0, np.clip(root, -0.99, 0.999))
    weights = np.zeros((len(values), order + 1))
    weights[:, 0] = 1.0
    weights[:, 1] -= root
    if order > 1:
        short = _solved(left[:, 1:, 1:], right[:, 1:] - root[:, None] * left[:, 1:, 0])
        weights[:, 1:order] -= short
        weights[:, 2:] += short
    return weights, root


def _solved(left: Floats, right: Floats) -> Floats:
    width = left.shape[-1]
    level = np.trace(left, axis1=1, axis2=2)[:, None, None] / width
    ridge = (_RIDGE * level + 1e-200) * np.eye(width)
    solved: Floats = np.linalg.solve(left + ridge, right[..., None])[..., 0]
    return solved


def noise_filter(residuals: Floats, columns: int, cap: int) -> NoiseFilter:
    """The noise filter of each series, from its residuals `(series, periods)` on `columns` trend and season columns."""
    order = _order_by_aicc(residuals, columns, cap)
    weights = np.zeros((len(residuals), cap + 1))
    root = np.zeros(len(residuals))
    for size in range(1, cap + 1):
        chosen = np.flatnonzero(order == size)
        if len(chosen):
            weights[chosen, : size + 1], root[chosen] = _fit_of_order(residuals[chosen], size, columns)
    return NoiseFilter(weights, order, root)


def filtered(values: Floats, weights: Floats) -> Floats:
    """sum_j weights_j values_{t-j} for series `(series, periods)` or designs; the first periods use what exists."""
    periods = values.shape[1]
    shape = (-1,) + (1,) * (values.ndim - 1)
    result = weights[:, 0].reshape(shape) * values
    for lag in range(1, weights.shape[1]):
        result[:, lag:] += weights[:, lag].reshape(shape) * values[:, : periods - lag]
    return result


def design_filtered(design: Floats, weights: Floats) -> Floats:
    """The design `(periods, d)` or `(series, periods, d)` through each series' filter: `(series, periods, d)`."""
    if design.ndim == 3:
        return filtered(design, weights)
    periods, columns = design.shape
    lagged = np.zeros((weights.shape[1], periods, columns))
    for lag in range(weights.shape[1]):
        lagged[lag, lag:] = design[: periods - lag]
    return (weights @ lagged.reshape(weights.shape[1], -1)).reshape(-1, periods, columns)


def whitened(
    values: Floats, observed: Booleans, design: Floats, cap: int, *, keep_design: bool = False
) -> Whitened:
    """Fits each series' noise filter and applies it to the series and to the design; see `Whitened`."""
    columns = design.shape[-1]
    outer = shared_basis(design) if design.ndim == 2 else orthonormal(design)
    model = noise_filter(rest(values, outer), columns, cap)
    mask = observed & (np.arange(values.shape[1]) >= model.order[:, None])
    through = design_filtered(design, model.weights) * mask[..., None]
    series = filtered(values, model.weights) * mask
    basis = orthonormal(through)
    return Whitened(
        rest(series, basis) * mask,
        basis,
        mask,
        model.weights,
        model.order,
        through if keep_design else None,
        series if keep_design else None,
    )
