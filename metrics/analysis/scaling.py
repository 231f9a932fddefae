"""Whether a series is tested in logarithms, and a common scale for what is left.

Source: Box & Cox 1964 (J. R. Stat. Soc. B 26:211), with the power limited to 0 (logarithm) and 1 (as is).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .algebra import Booleans, Floats, gaps_filled

# The logarithm must be this much more likely: where both serve, the plain unit reads better.
_LOG_GAIN = 1.0


@dataclass(frozen=True)
class Scaled:
    """Series `(series, periods)` ready to filter: logged where that fits, gaps bridged, mean 0 and deviation 1."""

    values: Floats
    observed: Booleans
    logged: Booleans  # a series
    spread: Floats  # a series: the deviation it was divided by, in its unit (or in logarithms)
    usable: Booleans  # a series: it has two different values at least


def logarithm_fits(values: Floats) -> Booleans:
    """Which series `(series, periods)` (NaN = missing) are better described by their logarithm.

    All values must be positive, and the Gaussian likelihood of the period-to-period changes must be higher for the
    logarithm by `_LOG_GAIN`, the Jacobian included (profile likelihood of Box & Cox).
    """
    missing = np.isnan(values)
    positive = np.where(missing, np.inf, values).min(axis=1) > 0
    filled, _ = gaps_filled(np.where(positive[:, None], values, 1.0))
    logs = np.log(filled)
    steps = values.shape[1] - 1
    with np.errstate(divide="ignore"):
        plain = -0.5 * steps * np.log(np.diff(filled).var(axis=1))
        logged = -0.5 * steps * np.log(np.diff(logs).var(axis=1)) - logs[:, 1:].sum(axis=1)
    fits: Booleans = positive & np.isfinite(plain) & np.isfinite(logged) & (logged > plain + _LOG_GAIN)
    return fits


def series_scaled(values: Floats) -> Scaled:
    """Brings series `(series, periods)` (NaN = missing) to one scale; constant and empty ones come back as zeros."""
    observed = np.isfinite(values)
    count = observed.sum(axis=1)
    lowest = np.where(observed, values, np.inf).min(axis=1)
    highest = np.where(observed, values, -np.inf).max(axis=1)
    usable = (count >= 2) & (highest > lowest)
    # Zeros where nothing can be filtered keep every later step free of NaN; `usable` says what they are.
    unit = np.where(usable, np.maximum(np.abs(lowest), np.abs(highest)), 1.0)
    values = np.where(usable[:, None], values, 0.0) / unit[:, None]
    logged = usable & logarithm_fits(values)
    values = np.where(logged[:, None], np.log(np.where(logged[:, None], values, 1.0)), values)
    filled, _ = gaps_filled(values)
    seen = np.where(observed, filled, 0.0)
    total = np.maximum(count, 1)
    centre = seen.sum(axis=1) / total
    apart = filled - centre[:, None]
    spread = np.sqrt((np.where(observed, apart, 0.0) ** 2).sum(axis=1) / total)
    usable = usable & (spread > 1e-12 * np.abs(centre)) & np.isfinite(spread)
    divisor = np.where(usable, spread, 1.0)
    spread = np.where(logged, divisor, divisor * unit)  # a logarithm has lost its unit
    return Scaled(np.where(usable[:, None], apart / divisor[:, None], 0.0), observed, logged, spread, usable)
