"""One level shift a series: a change of price or of tracking moves a series once and is never evidence of a link.

Source: the scan for a shift of unknown date, e.g. Andrews 1993 (Econometrica 61:821) and Chen & Liu 1993 (JASA
88:284), on the whitened series.
"""

from __future__ import annotations

import numpy as np

from .algebra import Floats, Integers, suffix_sums
from .noise import Whitened

SHIFT_T = 4.0
NO_SHIFT = -1


def shift_margin(periods: int) -> int:
    """How many periods at either end cannot hold a shift."""
    return max(4, periods // 12)


def shift_column(shifts: Integers, periods: int) -> Floats:
    """0 before and 1 from each shift on `(series, periods)`; all 0 where there is none."""
    column: Floats = ((np.arange(periods) >= shifts[:, None]) & (shifts[:, None] >= 0)).astype(np.float64)
    return column


def level_shifts(whitened: Whitened, columns_tried: int) -> Integers:
    """The period at which each series shifts its level, or `NO_SHIFT`.

    For every possible date the t statistic of the filtered step, with the design partialled out; the largest counts
    if above `SHIFT_T`. The products with all steps come from sums from each date to the end, so the scan is linear
    in the number of periods. `columns_tried` (all candidate columns) is what the test pays in degrees of freedom.
    """
    mask, weights, basis = whitened.mask, whitened.weights, whitened.basis
    periods, cap = mask.shape[1], weights.shape[1] - 1
    margin = shift_margin(periods)
    dates = np.arange(margin, periods - margin + 1)
    dates = dates[dates < periods]
    if not len(dates):
        return np.full(len(mask), NO_SHIFT, dtype=np.int64)
    seen = mask.astype(np.float64)
    # A filtered step is the running sum of the weights, then their full sum for ever.
    running = np.cumsum(weights, axis=1)
    final = running[:, -1:]
    length = final**2 * suffix_sums(seen)[:, dates]
    for lag in range(cap):
        length += (running[:, lag : lag + 1] ** 2 - final**2) * _ahead(seen, dates, lag)
    product = _step_products(whitened.surprise, weights, dates)
    shared = _step_products(basis, weights, dates)
    length -= np.einsum("rbd,rbd->rb", shared, shared)
    gain = product**2 / np.maximum(length, 1e-9)
    total = (whitened.surprise**2).sum(axis=1)[:, None]
    freedom = np.maximum(mask.sum(axis=1) - columns_tried - 2, 3)[:, None]
    statistic = gain / np.maximum(total - gain, 1e-3 * total + 1e-12) * freedom
    statistic[length < 1e-6] = 0.0
    best = statistic.argmax(axis=1)
    largest = statistic[np.arange(len(best)), best]
    return np.where(largest > SHIFT_T**2, dates[best], NO_SHIFT)


def _ahead(values: Floats, dates: Integers, lag: int) -> Floats:
    """Values `lag` periods after each date, 0 past the end."""
    at = dates + lag
    inside = at < values.shape[1]
    found = np.zeros((len(values), len(dates), *values.shape[2:]))
    found[:, inside] = values[:, at[inside]]
    return found


def _step_products(values: Floats, weights: Floats, dates: Integers) -> Floats:
    """Products of series or columns with the filtered step at each date."""
    sums = suffix_sums(values)
    shape = (-1,) + (1,) * (values.ndim - 1)
    total = weights[:, 0].reshape(shape) * sums[:, dates]
    for lag in range(1, weights.shape[1]):
        total = total + weights[:, lag].reshape(shape) * _ahead(sums, dates, lag)
    return total
