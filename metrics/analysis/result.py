"""What the link test found, one entry a pair of metric and goal."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .algebra import Booleans, Floats, Integers

# An entry of the result: a number, a slice, or an array of places or booleans.
Choice: TypeAlias = int | slice | NDArray[Any] | list[int]


@dataclass(frozen=True)
class LinkResult:
    """The findings of the link test; arrays run over pairs, K is the number of lags, n the number of periods.

    Where `usable` is false (fewer than 12 usable rows, or a series that does not vary beyond its own trend and
    season) there is no finding: floats are NaN, `lag` is -1, `sign` is 0.
    """

    lags: tuple[int, ...]
    periods: int
    frequency: str
    season_names: tuple[str, ...]

    p: Floats  # of the whole search over lags and forms
    lag: Integers  # periods from metric to goal, of the winning form
    sign: Integers  # +1 or -1, of the winning form at that lag
    r: Floats  # partial correlation there
    z: Floats  # (pairs, K) the winning form's normal deviate at each lag
    z_noise_form: Floats  # (pairs, K) the metric through the goal's filter
    z_own_form: Floats  # (pairs, K) the metric's own surprises
    df: Floats  # degrees of freedom of r
    critical: Floats  # the 95 % point of the largest |z| by luck alone
    plausible: Booleans  # (pairs, K) lags whose z² is within 3.84 of the largest
    agrees: Booleans  # the metric's own surprises have the same sign at that lag

    effect: Floats  # what follows +1 of surprise in the metric, `lag` later (logs where logged)
    effect_low: Floats  # its interval pays for the search over lags
    effect_high: Floats
    effect_error: Floats  # standard error
    effect_df: Floats
    lag_effect: Floats  # (pairs, K) the same at every lag, for looking; NaN where nothing can be measured
    lag_effect_low: Floats
    lag_effect_high: Floats
    lag_r: Floats  # (pairs, K) correlation of both surprises at every lag, for looking
    lag_r_low: Floats
    lag_r_high: Floats

    x_logged: Booleans
    y_logged: Booleans
    season_blocks: Booleans  # (pairs, blocks) which of `season_names` were set aside
    x_shift: Integers  # the period from which the metric's level is shifted, -1 for none
    y_shift: Integers
    rows_used: Integers  # overlapping periods at the lag found
    usable: Booleans
    x_surprise: Floats  # (pairs, n) NaN where there is none
    y_surprise: Floats
    x_sd: Floats  # deviations of the surprises at the lag found
    y_sd: Floats

    def __len__(self) -> int:
        return len(self.p)

    def pick(self, chosen: Choice) -> LinkResult:
        """The findings of some pairs only; one index gives a result of one pair."""
        if isinstance(chosen, int | np.integer):
            chosen = [int(chosen)]
        picked: dict[str, Any] = {
            field.name: value[chosen] if isinstance(value, np.ndarray) else value
            for field in fields(self)
            for value in (getattr(self, field.name),)
        }
        return LinkResult(**picked)
