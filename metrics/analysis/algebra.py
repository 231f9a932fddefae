"""Batched linear algebra for many short series at once, and the names of its array types.

Arrays hold one series a row: `(series, periods)`; a design is `(series, periods, columns)`, or `(periods, columns)`
when every series of the batch shares it. All sums run over rows that are observed; rows that are not are zeros.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Booleans: TypeAlias = NDArray[np.bool_]
Integers: TypeAlias = NDArray[np.int64]

# Columns that cannot be told apart (a unit-root filter turns the constant into zeros) share a solution instead of
# failing: the Gram matrix gets this share of its mean diagonal added.
RIDGE = 1e-9
_TINY = 1e-200


def gaps_filled(values: Floats) -> tuple[Floats, Booleans]:
    """The series with gaps bridged by straight lines (ends held), and which periods were observed.

    The bridge only lets filters run; every later sum gives those periods weight 0.
    """
    observed = np.isfinite(values)
    if observed.all():
        return values, observed
    filled = np.where(observed, values, 0.0)
    period = np.arange(values.shape[1])
    for row in np.flatnonzero(~observed.all(axis=1)):
        seen = observed[row]
        if seen.any():
            filled[row] = np.interp(period, period[seen], values[row, seen])
    return filled, observed


def lower_root(gram: Floats, ridge: float = RIDGE) -> Floats:
    """The lower Cholesky factor of Gram matrices `(…, d, d)` with a ridge of `ridge` mean diagonals."""
    width = gram.shape[-1]
    level = np.trace(gram, axis1=-2, axis2=-1)[..., None, None] / width
    return np.linalg.cholesky(gram + (ridge * level + _TINY) * np.eye(width))


def lower_inverse(root: Floats) -> Floats:
    """The inverses of lower triangular matrices `(batch, d, d)`, by forward substitution over the whole batch."""
    batch, width, _ = root.shape
    inverse = np.zeros((batch, width, width))
    scale = 1.0 / np.einsum("bii->bi", root)
    for row in range(width):
        if row:
            below = root[:, row : row + 1, :row] @ inverse[:, :row, :row]
            inverse[:, row, :row] = -scale[:, row, None] * below[:, 0]
        inverse[:, row, row] = scale[:, row]
    return inverse


def orthonormal(design: Floats) -> Floats:
    """Orthonormal columns that span the columns of each design `(batch, periods, d)` (Cholesky QR)."""
    if not design.shape[-1]:
        return design
    inverse = lower_inverse(lower_root(design.swapaxes(1, 2) @ design))
    return design @ inverse.swapaxes(1, 2)


def rest(values: Floats, basis: Floats) -> Floats:
    """What is left of series `(batch, periods)` after their share on orthonormal columns is taken out."""
    if basis.ndim == 2:
        return values - (values @ basis) @ basis.T
    share = basis.swapaxes(1, 2) @ values[..., None]
    return values - (basis @ share)[..., 0]


def shared_basis(design: Floats) -> Floats:
    """Orthonormal columns of one design `(periods, d)` common to a batch."""
    basis: Floats = np.linalg.qr(design)[0]
    return basis


def suffix_sums(values: Floats) -> Floats:
    """Sums from each period to the end along axis 1, with one more period of zeros after the last."""
    batch, periods, *others = values.shape
    sums = np.zeros((batch, periods + 1, *others))
    np.cumsum(values[:, ::-1], axis=1, out=sums[:, periods - 1 :: -1] if periods else None)
    return sums


def rows_sorted_first(values: Floats, kept: Booleans) -> tuple[Floats, Integers]:
    """Each row sorted with the kept values in front, and how many were kept."""
    return np.sort(np.where(kept, values, np.inf), axis=-1), kept.sum(axis=-1)


def median_of_kept(values: Floats, kept: Booleans) -> Floats:
    """The median of the kept values along the last axis; 0 where none is kept."""
    ordered, count = rows_sorted_first(values, kept)
    lower = np.take_along_axis(ordered, np.maximum(count - 1, 0)[..., None] // 2, axis=-1)[..., 0]
    upper = np.take_along_axis(ordered, np.minimum(count // 2, ordered.shape[-1] - 1)[..., None], axis=-1)[
        ..., 0
    ]
    return np.where(count > 0, 0.5 * (np.where(count > 0, lower, 0.0) + np.where(count > 0, upper, 0.0)), 0.0)


def spread_of_kept(values: Floats, kept: Booleans) -> Floats:
    """The standard deviation (divisor n) of the kept values along the last axis; 0 where none is kept."""
    count = np.maximum(kept.sum(axis=-1), 1)
    centre = np.where(kept, values, 0.0).sum(axis=-1) / count
    apart = np.where(kept, values - centre[..., None], 0.0)
    spread: Floats = np.sqrt((apart * apart).sum(axis=-1) / count)
    return spread


def as_floats(values: Any) -> Floats:
    """A float64 copy-free view where possible; infinities become missing."""
    array: Floats = np.asarray(values, dtype=np.float64)
    return array if not np.isinf(array).any() else np.where(np.isinf(array), np.nan, array)
