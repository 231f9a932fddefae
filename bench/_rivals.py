"""What a spreadsheet and a textbook call a link, for many pairs at once: the measures that Bearing is held against.

All take x and y as arrays (pairs, periods) and give the smallest p-value over the lags, as a reader of the table
would take it: the best lag counts, and nothing is set off for the search.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

MAX_LAG = 8


def pearson_best(x: Floats, y: Floats) -> Floats:
    """Best of the correlations of y with x 0 to 8 periods earlier; pairs of periods with a gap are left out."""
    best = np.ones(len(x))
    for lag in range(MAX_LAG + 1):
        early, late = x[:, : x.shape[1] - lag], y[:, lag:]
        seen = np.isfinite(early) & np.isfinite(late)
        count = seen.sum(axis=1)
        a, b = _centred(early, seen, count), _centred(late, seen, count)
        size = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
        r = (a * b).sum(axis=1) / np.where(size > 0.0, size, np.inf)  # nothing that varies: no correlation
        freedom = np.maximum(count - 2, 1)
        t = np.abs(r) * np.sqrt(freedom / np.maximum(1.0 - r**2, 1e-15))
        best = np.minimum(best, 2.0 * stats.t.sf(t, freedom))
    return best


def _centred(values: Floats, seen: NDArray[np.bool_], count: NDArray[np.int64]) -> Floats:
    mean = np.where(seen, values, 0.0).sum(axis=1) / np.maximum(count, 1)
    return np.where(seen, values - mean[:, None], 0.0)


def differences_best(x: Floats, y: Floats) -> Floats:
    """The same on changes from period to period, the usual advice against trends."""
    return pearson_best(np.diff(x, axis=1), np.diff(y, axis=1))


def granger_best(x: Floats, y: Floats) -> Floats:
    """Best of the F tests that `statsmodels.tsa.stattools.grangercausalitytests` prints for 1 to 8 lags.

    For each number of lags: whether the last values of x add to a constant and the last values of y (Granger
    1969). Gaps are filled on a straight line, since the test allows none.
    """
    x, y = filled(x), filled(y)
    best = np.ones(len(x))
    for lags in range(1, MAX_LAG + 1):
        best = np.minimum(best, granger_p(x, y, lags))
    return best


def granger_p(x: Floats, y: Floats, lags: int) -> Floats:
    """The p-value of one of these F tests; rows without gaps."""
    periods = x.shape[1]
    past = [series[:, lags - lag : periods - lag] for series in (y, x) for lag in range(1, lags + 1)]
    columns = np.stack([np.ones_like(past[0]), *past], axis=2)
    target = y[:, lags:, None]
    basis, _ = np.linalg.qr(columns)
    along = (np.swapaxes(basis, 1, 2) @ target)[..., 0] ** 2
    unrestricted = np.maximum((target[..., 0] ** 2).sum(axis=1) - along.sum(axis=1), 1e-300)
    freedom = target.shape[1] - columns.shape[2]
    f = along[:, lags + 1 :].sum(axis=1) / lags / (unrestricted / freedom)
    return np.asarray(stats.f.sf(f, lags, freedom))


def filled(series: Floats) -> Floats:
    """Gaps filled on a straight line, row by row."""
    gaps = ~np.isfinite(series)
    if not gaps.any():
        return series
    whole = series.copy()
    places = np.arange(series.shape[1])
    for row in np.flatnonzero(gaps.any(axis=1)):
        seen = ~gaps[row]
        whole[row] = np.interp(places, places[seen], series[row, seen])
    return whole
