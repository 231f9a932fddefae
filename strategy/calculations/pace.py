"""Where a goal stands now: by the chance of reaching this quarter's target, or by pace without one. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from metrics.calculations import Standing, pace_expected, pace_standing
from strategy.calculations.verdicts import BAND, DECREASE, Aim, distance_to, reached

ACHIEVED, ON_TRACK, AT_RISK, OFF_TRACK, NO_DATA = "achieved", "on_track", "at_risk", "off_track", "no_data"
NEAR_SHARE = 0.2
# From which chance of reaching the quarter's target a goal is on track, and below which it is off track.
ON_TRACK_FROM, OFF_TRACK_BELOW = 0.7, 0.3
BY_CHANCE, BY_PACE = "chance", "pace"
_BY_STANDING = {Standing.REACHED: ON_TRACK, Standing.SHORT: AT_RISK, Standing.FAR: OFF_TRACK}


@dataclass(frozen=True)
class Progress:
    """A goal in an open quarter.

    aim: this quarter's target, final: the last one there is. previous: the last target before this quarter, or
    the baseline. value: the metric's value to date. fraction: share of the quarter that has passed. stale:
    whether figures stopped coming. aggregation: the metric's; a ratio's is "mean". chance: of reaching `aim`
    (0 to 1), None where none can be given.
    """

    aim: Aim | None
    final: Aim | None
    previous: float
    value: float | None
    fraction: float
    stale: bool
    aggregation: str = "last"
    chance: float | None = None


@dataclass(frozen=True)
class StatusNow:
    """The status code; how far short of today's pace (0 or less: not short); why there is none, if so.

    by: what it rests on, BY_CHANCE or BY_PACE; empty when it needs neither.
    """

    code: str
    short_by: float = 0.0
    expected: float | None = None
    lack: str = ""  # "figures", "stale", "target"
    by: str = ""


def status_now(progress: Progress) -> StatusNow:
    """Achieved when the final target is reached, else by the chance of reaching this quarter's target: on track
    from 70 %, off track below 30 %, at risk between. Where no chance can be given by pace: at or beyond it on
    track, short of it by at most a fifth of the step at risk, by more off track. Without recent figures or a
    target: no data."""
    if progress.stale:
        return StatusNow(NO_DATA, lack="stale")
    if progress.value is not None and _is_achieved(progress, progress.value):
        return StatusNow(ACHIEVED)
    has_target = progress.aim is not None and progress.aim.is_set
    if has_target and progress.chance is not None:
        return StatusNow(status_of_chance(progress.chance), by=BY_CHANCE)
    if progress.value is None:
        return StatusNow(NO_DATA, lack="figures")
    if progress.aim is None or not has_target:
        return StatusNow(NO_DATA, lack="target")
    if progress.aim.direction == BAND:
        return _band_status(progress.aim, progress.value)
    return _pace_status(progress, progress.aim, progress.value)


def status_of_chance(chance: float) -> str:
    """The status that a chance (0 to 1) of reaching this quarter's target stands for."""
    if chance >= ON_TRACK_FROM:
        return ON_TRACK
    return OFF_TRACK if chance < OFF_TRACK_BELOW else AT_RISK


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
        return StatusNow(ON_TRACK, short_by, by=BY_PACE)
    assert aim.low is not None
    assert aim.high is not None
    near = short_by <= NEAR_SHARE * (aim.high - aim.low)
    return StatusNow(AT_RISK if near else OFF_TRACK, short_by, by=BY_PACE)


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
    short_by = distance_to(replace(aim, value=expected), value)
    return StatusNow(_BY_STANDING[standing], short_by, expected, by=BY_PACE)
