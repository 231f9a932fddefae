"""Was a quarter's target reached? Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

INCREASE, DECREASE, BAND = "increase", "decrease", "band"
MET, MISSED, NO_DATA, EXEMPT = "met", "missed", "no_data", "exempt"


@dataclass(frozen=True)
class Aim:
    """What a quarter was to reach: a value with its direction, or the two edges of a band.

    `tolerance` is absolute, in the metric's unit: a ratio would turn round at zero and negative targets.
    """

    direction: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    tolerance: float = 0.0

    @property
    def is_set(self) -> bool:
        """Whether there is anything to reach."""
        if self.direction == BAND:
            return self.low is not None and self.high is not None
        return self.value is not None


def reached(aim: Aim, actual: float) -> bool:
    """Whether `actual` satisfies the aim; ValueError when nothing was aimed at."""
    if aim.direction == BAND:
        if aim.low is None or aim.high is None:
            raise ValueError("A band needs both edges.")
        return aim.low <= actual <= aim.high
    if aim.value is None:
        raise ValueError("There is no target to compare with.")
    if aim.direction == DECREASE:
        return actual <= aim.value + aim.tolerance
    return actual >= aim.value - aim.tolerance


def verdict_of(aim: Aim, actual: float | None) -> str:
    """met, missed or no_data."""
    if actual is None or not math.isfinite(actual):
        return NO_DATA
    return MET if reached(aim, actual) else MISSED


def attainment_of(aim: Aim, actual: float | None, baseline: float) -> float | None:
    """Share of the way from baseline to target that was gone: 0 at the baseline, 1 at the target.

    None for a band, without a figure, and where baseline and target are the same.
    """
    if actual is None or aim.value is None or aim.direction == BAND or aim.value == baseline:
        return None
    return (actual - baseline) / (aim.value - baseline)


def distance_to(aim: Aim, actual: float) -> float:
    """How far `actual` is short of the aim, in the metric's unit; 0 or less when it is reached."""
    if aim.direction == BAND:
        if aim.low is None or aim.high is None:
            raise ValueError("A band needs both edges.")
        return max(aim.low - actual, actual - aim.high)
    if aim.value is None:
        raise ValueError("There is no target to compare with.")
    return actual - aim.value if aim.direction == DECREASE else aim.value - actual
