"""Where a goal stands now, by the pace towards this quarter's target. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from metrics.calculations import Standing, pace_expected, pace_standing
from strategy.calculations.verdicts import BAND, DECREASE, Aim, distance_to, reached

ACHIEVED, ON_TRACK, AT_RISK, OFF_TRACK, NO_DATA = "achieved", "on_track", "at_risk", "off_track", "no_data"
NEAR_SHARE = 0.2
_BY_STANDING = {Standing.REACHED: ON_TRACK, Standing.SHORT: AT_RISK, Standing.FAR: OFF_TRACK}


@dataclass(frozen=True)
class Progress:
    """A goal in an open quarter.

    aim: this quarter's target, final: the last one there is. previous: the last target before this quarter, or
    the baseline. value: the metric's value to date. fraction: share of the quarter that has passed. stale:
    whether figures stopped coming. aggregation: the metric's; a ratio's is "mean".
    """

    aim: Aim | None
    final: Aim | None
    previous: float
    value: float | None
    fraction: float
    stale: bool
    aggregation: str = "last"


@dataclass(frozen=True)
class StatusNow:
    """The status code; how far short of today's pace (0 or less: not short); why there is none, if so."""

    code: str
    short_by: float = 0.0
    expected: float | None = None
    lack: str = ""  # "figures", "stale", "target"


def status_now(progress: Progress) -> StatusNow:
    """Achieved when the final target is reached, else by pace: at or beyond it on track, short of it by at most
    a fifth of the step at risk, by more off track. Without recent figures or a target: no data."""
    if progress.value is None:
        return StatusNow(NO_DATA, lack="stale" if progress.stale else "figures")
    if progress.stale:
        return StatusNow(NO_DATA, lack="stale")
    if _is_achieved(progress, progress.value):
        return StatusNow(ACHIEVED)
    if progress.aim is None or not progress.aim.is_set:
        return StatusNow(NO_DATA, lack="target")
    if progress.aim.direction == BAND:
        return _band_status(progress.aim, progress.value)
    return _pace_status(progress, progress.aim, progress.value)


def _is_achieved(progress: Progress, value: float) -> bool:
    final = progress.final
    if final is None or not final.is_set or final.direction == BAND:
        return False
    # A sum that should stay low is under its limit at the start of every quarter; only the end can tell.
    ends_open = progress.aggregation == "sum" and final.direction == DECREASE and progress.fraction < 1
    return not ends_open and reached(final, value)


def _band_status(aim: Aim, value: float) -> StatusNow:
    short_by = distance_to(aim, value)
    if short_by <= 0:
        return StatusNow(ON_TRACK, short_by)
    assert aim.low is not None
    assert aim.high is not None
    return StatusNow(AT_RISK if short_by <= NEAR_SHARE * (aim.high - aim.low) else OFF_TRACK, short_by)


def _pace_status(progress: Progress, aim: Aim, value: float) -> StatusNow:
    assert aim.value is not None
    eased = value - aim.tolerance if aim.direction == DECREASE else value + aim.tolerance
    expected = pace_expected(
        baseline=progress.previous,
        target=aim.value,
        fraction=progress.fraction,
        aggregation=progress.aggregation,
    )
    standing = pace_standing(
        value=eased,
        baseline=progress.previous,
        target=aim.value,
        direction=aim.direction,
        fraction=progress.fraction,
        aggregation=progress.aggregation,
    )
    return StatusNow(_BY_STANDING[standing], distance_to(replace(aim, value=expected), value), expected)
