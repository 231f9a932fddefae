"""What the largest of many correlated scores may be by luck alone.

Sources: Westfall & Young 1993 (the maximum pays for the whole search); Sidak 1967 (JASA 62:626), an upper bound for
correlated normal variables.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from .algebra import Floats, lower_root

# A p-value below this many draws in the tail is bounded by Sidak's formula as well.
_FEW_DRAWS = 20
_RIDGE = 1e-7


class Largest(NamedTuple):
    """The p-value of each observed maximum, and the 95 % point of max|N(0, C)|."""

    p: Floats
    critical: Floats


def sidak(largest: Floats, count: int) -> Floats:
    """The upper bound 1 - (1 - 2 (1 - Phi(T)))^count for P(max of count |z| >= T), whatever their correlation."""
    bound: Floats = -np.expm1(count * np.log1p(-np.minimum(2 * special.ndtr(-largest), 1 - 1e-16)))
    return bound


def luck_of_largest(largest: Floats, correlation: Floats, draws: Floats) -> Largest:
    """P(max|N(0, C)| >= T) by Monte Carlo with common draws.

    `largest` `(pairs,)`, `correlation` `(pairs, K, K)`, `draws` `(K, draws)` standard normal, the same for all pairs,
    so that equal pairs get equal answers.
    """
    count = draws.shape[1]
    roots = lower_root(correlation, _RIDGE).astype(np.float32)
    common = draws.astype(np.float32)
    p, critical = np.empty(len(largest)), np.empty(len(largest))
    for pair, root in enumerate(roots):
        peaks = np.abs(root @ common).max(axis=0)
        p[pair] = (1 + np.count_nonzero(peaks >= largest[pair])) / (1 + count)
        critical[pair] = _upper_quantile(peaks, 0.95)
    bound = sidak(largest, draws.shape[0])
    return Largest(np.where(p < _FEW_DRAWS / count, np.minimum(p, bound), p), critical)


def _upper_quantile(values: Floats, level: float) -> float:
    place = level * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    parted = np.partition(values, (low, high))
    return float(parted[low] + (place - low) * (parted[high] - parted[low]))
