"""Trend and season: the columns a series may follow by itself, and the test of which it does.

A season that both series share makes unrelated series look linked, so a block of season columns is kept when either
series shows it. Keeping all of them always would cost power in short histories.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from .algebra import Booleans, Floats, Integers, lower_inverse, lower_root
from .noise import Whitened

# A block is kept when either series shows it at this level.
BLOCK_LEVEL = 0.05
# The mean Gregorian year in weeks.
WEEKS_A_YEAR = 52.18
WEEKS_A_QUARTER = 13.0

MOST_BLOCKS = {
    "weekly": ("rhythm of the quarter", "sharp rhythm of the quarter", "rhythm of the year"),
    "monthly": ("month of the year",),
    "quarterly": ("quarter of the year",),
}


@dataclass(frozen=True)
class Candidates:
    """Trend columns first (constant, straight line), then the candidate blocks of season columns, side by side."""

    design: Floats  # (periods, columns)
    names: tuple[str, ...]  # a block
    starts: tuple[int, ...]  # first column of each block, and one past the last

    def kept_columns(self, kept: tuple[bool, ...]) -> Integers:
        """The columns of the trend and of the kept blocks."""
        columns = list(range(self.starts[0]))
        for block, keep in enumerate(kept):
            if keep:
                columns += range(self.starts[block], self.starts[block + 1])
        return np.array(columns, dtype=np.int64)


def waves(periods: int, length: float, first: int, last: int) -> Floats:
    """Cosine and sine columns `(periods, 2 × harmonics)` of the harmonics first..last of a cycle of this length."""
    time = np.arange(periods)
    columns: list[Floats] = []
    for harmonic in range(first, last + 1):
        angle = 2 * np.pi * harmonic * time / length
        columns += [np.cos(angle), np.sin(angle)]
    return np.array(columns).T if columns else np.zeros((periods, 0))


def trend(periods: int) -> Floats:
    """The columns constant and straight line `(periods, 2)`."""
    time = (np.arange(periods) - (periods - 1) / 2) / periods
    return np.column_stack([np.ones(periods), time])


@lru_cache(maxsize=64)
def candidates(frequency: str, periods: int) -> Candidates:
    """The columns that may be needed for a history of this length.

    Two full cycles at least are asked of a quarter in weeks and of a year in months, one of a year in weeks (with
    fewer harmonics); what is shorter cannot be told from a link.
    """
    blocks: list[Floats] = []
    if frequency == "weekly":
        if periods >= 26:
            blocks += [waves(periods, WEEKS_A_QUARTER, 1, 2), waves(periods, WEEKS_A_QUARTER, 3, 6)]
        if periods >= 52:
            blocks.append(waves(periods, WEEKS_A_YEAR, 1, 1 if periods < 78 else 2 if periods < 130 else 3))
    elif frequency == "monthly":
        if periods >= 24:
            blocks.append(np.hstack([waves(periods, 12.0, 1, 5), _alternation(periods)]))
        elif periods >= 18:
            blocks.append(waves(periods, 12.0, 1, 1))
    elif periods >= 12:
        blocks.append(np.hstack([waves(periods, 4.0, 1, 1), _alternation(periods)]))
    base = trend(periods)
    starts = np.cumsum([base.shape[1]] + [block.shape[1] for block in blocks])
    design = np.hstack([base, *blocks])
    design.setflags(write=False)
    return Candidates(design, MOST_BLOCKS[frequency][: len(blocks)], tuple(int(start) for start in starts))


def _alternation(periods: int) -> Floats:
    return np.cos(np.pi * np.arange(periods))[:, None]


def blocks_shown(whitened: Whitened, columns: Candidates) -> Booleans:
    """Which blocks each series shows `(series, blocks)`: an F test of the block's removal, after whitening.

    Uses that removing columns S raises the sum of squares by b_S' [(W'W)^-1]_SS^-1 b_S (any text on linear models,
    e.g. Seber & Lee 2003, section 4.3), so that no restricted model need be fitted.
    """
    shown = np.zeros((len(whitened.surprise), len(columns.names)), dtype=bool)
    if not columns.names:
        return shown
    design, values = whitened.design, whitened.filtered
    assert design is not None
    assert values is not None
    half = lower_inverse(lower_root(design.swapaxes(1, 2) @ design))
    inverse = half.swapaxes(1, 2) @ half
    slopes = (inverse @ (design.swapaxes(1, 2) @ values[..., None]))[..., 0]
    left = (whitened.surprise**2).sum(axis=1)
    freedom = np.maximum(whitened.mask.sum(axis=1) - design.shape[2] - whitened.order, 2)
    for block, (start, end) in enumerate(zip(columns.starts[:-1], columns.starts[1:], strict=True)):
        part = slopes[:, start:end]
        solved = np.linalg.solve(inverse[:, start:end, start:end], part[..., None])[..., 0]
        gain = np.maximum((part * solved).sum(axis=1), 0.0)
        ratio = gain / (end - start) / (left / freedom + 1e-300)
        shown[:, block] = special.fdtrc(end - start, freedom, ratio) < BLOCK_LEVEL
    return shown
