"""Partialling the design out again on the periods where a lagged metric and the goal are both known.

The goal's filtered design has orthonormal columns Q over all its periods. On the periods that a lag leaves over, its
Gram matrix is the identity less the part of the periods left out. Without gaps those are the first s periods, and by
the matrix inversion lemma (Woodbury 1950) with I - Q_head Q_head' = L L' and G = L^-1 Q_head, the inverse is
I + G_s' G_s, where G_s are the first s rows of one G that serves every lag. With gaps every lag has its own factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .algebra import Booleans, Floats, Integers, lower_inverse, lower_root, orthonormal, rest
from .noise import Whitened

_HEAD_RIDGE = 1e-10


@dataclass(frozen=True)
class Lagged:
    """Columns `(pairs, columns, periods)`: a metric moved some periods later, 0 where it or the goal is unknown."""

    values: Floats
    known: Booleans


def lagged(values: Floats, mask: Booleans, goal: Whitened, lags: list[int] | range) -> Lagged:
    """A metric `(pairs, periods)` at each lag, on the periods in which it and the goal's surprise are known."""
    pairs, periods = values.shape
    moved = np.zeros((pairs, len(lags), periods))
    known = np.zeros((pairs, len(lags), periods), dtype=bool)
    for place, lag in enumerate(lags):
        np.logical_and(mask[:, : periods - lag], goal.mask[:, lag:], out=known[:, place, lag:])
        np.multiply(values[:, : periods - lag], known[:, place, lag:], out=moved[:, place, lag:])
    return Lagged(moved, known)


@dataclass(frozen=True)
class Overlap:
    """The goal's filtered design on the periods that lags leave over."""

    goal: Whitened
    longest_lag: int

    @cached_property
    def complete(self) -> bool:
        """Whether no pair has a gap: from each goal's first surprise on, every period is known."""
        first = self.goal.order[:, None]
        return bool((self.goal.mask == (np.arange(self.goal.mask.shape[1]) >= first)).all())

    @cached_property
    def _head(self) -> Floats:
        """G, one row for each of the first periods that some lag leaves out `(pairs, head, d)`."""
        periods = self.goal.mask.shape[1]
        size = min(self.longest_lag + self.goal.weights.shape[1] - 1, periods)
        first = self.goal.basis[:, :size]
        root = lower_root(np.eye(size) - first @ first.swapaxes(1, 2), _HEAD_RIDGE)
        return lower_inverse(root) @ first

    def columns_rest(self, columns: Lagged, *, gaps: bool) -> Floats:
        """What is left of the columns, each on its own known periods; 0 elsewhere.

        `gaps` says whether a known period may be followed by an unknown one; without, the faster way is taken.
        """
        basis, values, known = self.goal.basis, columns.values, columns.known
        if gaps or not self.complete:
            left = np.zeros_like(values)
            for place in range(values.shape[1]):
                seen = known[:, place]
                own = orthonormal(basis * seen[..., None])
                left[:, place] = rest(values[:, place], own) * seen
            return left
        share = self._corrected(values @ basis, first_known(known))
        return (values - share @ basis.swapaxes(1, 2)) * known

    def _corrected(self, products: Floats, start: Integers) -> Floats:
        """(Gram matrix on the periods from `start`)^-1 × products `(pairs, columns, d)`."""
        head = self._head
        onto = products @ head.swapaxes(1, 2)
        onto *= np.arange(head.shape[1]) < start[..., None]
        corrected: Floats = products + onto @ head
        return corrected


def first_known(known: Booleans) -> Integers:
    """The first known period of each column, or the number of periods where none is."""
    return np.where(known.any(axis=-1), known.argmax(axis=-1), known.shape[-1])


def goal_square_left(overlap: Overlap, surprise: Floats, columns: Lagged, *, gaps: bool) -> Floats:
    """The goal's sum of squares after the design, on the known periods of each column `(pairs, columns)`."""
    if gaps or not overlap.complete:
        same = Lagged(surprise[:, None] * columns.known, columns.known)
        left = overlap.columns_rest(same, gaps=True)
        return np.einsum("rmn,rmn->rm", left, left)
    # Sums to the end from every start that occurs: only the first few periods are ever left out.
    start = first_known(columns.known)
    size = min(int(start.max(initial=0)) + 1, surprise.shape[1])
    early = surprise[:, :size]
    weighted = overlap.goal.basis[:, :size] * early[..., None]
    whole = (overlap.goal.basis.swapaxes(1, 2) @ surprise[..., None])[..., 0]
    later = np.empty((len(surprise), size + 1, whole.shape[1]))
    later[:, 0] = whole
    later[:, 1:] = whole[:, None] - np.cumsum(weighted, axis=1)
    squares = np.empty((len(surprise), size + 1))
    squares[:, 0] = (surprise**2).sum(axis=1)
    squares[:, 1:] = squares[:, :1] - np.cumsum(early**2, axis=1)
    every = np.broadcast_to(np.arange(size + 1), squares.shape)
    explained = np.einsum("rsd,rsd->rs", later, overlap._corrected(later, every))
    return np.take_along_axis(squares - explained, np.minimum(start, size), axis=1)
