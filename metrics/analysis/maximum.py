"""What the largest of many correlated scores may be by luck alone.

Sources: Westfall & Young 1993 (the maximum pays for the whole search); Naiman & Priebe 2001 (J. Comput. Graph. Stat.
10:296), importance sampling of its tail; Sidak 1967 (JASA 62:626), an upper bound for correlated normal variables.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .algebra import Floats, lower_root

# Below this p, where decisions fall, the tail is sampled by itself: plain draws seldom reach it.
_TAIL = 0.1
_TAIL_DRAWS = 512
_RIDGE = 1e-7
_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0

_Singles = NDArray[np.float32]


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
    few = np.ascontiguousarray(common[:, :_TAIL_DRAWS])
    p, critical = np.empty(len(largest)), np.empty(len(largest))
    scores, some = np.empty_like(common), np.empty_like(few)  # one memory for all pairs
    for pair, root in enumerate(roots):
        peaks = np.abs(np.matmul(root, common, out=scores), out=scores).max(axis=0)
        p[pair] = (1 + np.count_nonzero(peaks >= largest[pair])) / (1 + count)
        critical[pair] = _upper_quantile(peaks, 0.95)
        if p[pair] < _TAIL:
            p[pair] = _tail(float(largest[pair]), np.matmul(root, few, out=some), correlation[pair])
    return Largest(np.where(p < _TAIL, np.minimum(p, sidak(largest, draws.shape[0])), p), critical)


def _tail(largest: float, scores: _Singles, correlation: Floats) -> float:
    """P(max|N(0, C)| >= T) from draws that all reach T, so that its relative error does not grow in the tail.

    Bonferroni's K P(|z| >= T) counts a draw once for each score N that reaches T; E[1/N], given that a score picked
    by turns does, takes that back. Each draw `(K, draws)` is moved to where its picked score lies in the tail.
    """
    count, draws = scores.shape
    turn = np.arange(draws)
    picked = turn % count
    # Evenly spread in the tail, and not in step with the turns (the golden ratio's multiples).
    depth = (0.5 + turn * _GOLDEN) % 1.0
    single = special.ndtr(-largest)
    reached = -special.ndtri(depth * single + 1e-300)
    moved = correlation.astype(np.float32)[:, picked]
    moved *= (reached - scores[picked, turn]).astype(np.float32)
    moved += scores
    # The picked score itself reaches T, whatever rounding says.
    reaching = np.maximum(np.count_nonzero(np.abs(moved, out=moved) >= largest, axis=0), 1)
    return float(2.0 * count * single * (1.0 / reaching).mean())


def _upper_quantile(values: Floats, level: float) -> float:
    place = level * (len(values) - 1)
    low = int(place)
    parted = np.partition(values, low)
    above = parted[low + 1 :].min(initial=np.inf) if low + 1 < len(values) else parted[low]
    return float(parted[low] + (place - low) * (above - parted[low]))
