"""The metric in three forms, each the best one for some way in which an effect may arrive.

- `carried`: the metric itself, when the goal carries an effect on in its own dynamics (Koyck 1954, adstock);
- `matched`: the metric through the goal's filter, when the effect is immediate (common-factor dynamics);
- `own`: the metric's own surprises (Haugh 1976, JASA 71:378), which give lag and sign right in both.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .algebra import Booleans, Floats, median_of_kept, orthonormal, rest, spread_of_kept
from .noise import Whitened, design_filtered, filtered

# Clips, in robust standard deviations: a single extreme period is not evidence.
SURPRISE_CLIP = 2.25
LEVEL_CLIP = 3.0
CARRIED, MATCHED, OWN = range(3)


class Form(NamedTuple):
    """One form of the metric `(pairs, periods)` and the periods in which it is known; 0 elsewhere."""

    values: Floats
    mask: Booleans


def clipped(values: Floats, mask: Booleans, limit: float) -> Floats:
    """Winsorises each row at `limit` robust deviations from its median; 0 outside the mask.

    The deviation is 1.4826 × the median absolute deviation, or the plain one where more than half of the values are
    so alike that the robust one says nothing (less than 0.3 of the plain).
    """
    centre = median_of_kept(values, mask)[:, None]
    robust = 1.4826 * median_of_kept(np.abs(values - centre), mask)
    plain = spread_of_kept(values, mask) + 1e-12
    reach = limit * np.where(robust > 0.3 * plain, robust, plain)[:, None]
    return np.where(mask, np.clip(values, centre - reach, centre + reach), 0.0)


def metric_forms(
    values: Floats, observed: Booleans, design: Floats, own: Whitened, goal: Whitened
) -> tuple[Form, Form, Form]:
    """The three forms of the metric `(pairs, periods)`, with trend, season and shifts partialled out of each.

    `design` is `(periods, d)` shared or `(pairs, periods, d)`; `own` and `goal` are the two series' whitenings.
    """
    complete = bool(observed.all())
    if complete and design.ndim == 2:
        level = rest(values, np.linalg.qr(design)[0])
    else:
        level = rest(values * observed, orthonormal(design * observed[..., None])) * observed
    known = observed & (np.arange(values.shape[1]) >= goal.order[:, None])
    through = filtered(values, goal.weights) * known
    if complete:
        basis = goal.basis  # the same filter on the same periods
    else:
        basis = orthonormal(design_filtered(design, goal.weights) * known[..., None])
    matched = rest(through, basis) * known
    return (
        Form(clipped(level, observed, LEVEL_CLIP), observed),
        Form(clipped(matched, known, SURPRISE_CLIP), known),
        Form(clipped(own.surprise, own.mask, SURPRISE_CLIP), own.mask),
    )
