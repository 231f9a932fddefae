"""Whether a value meets a target, keeps the pace towards it, or is too old to say."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

INCREASE, DECREASE = "increase", "decrease"
# How many days one period of a frequency lasts, at its longest.
_PERIOD_DAYS = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92}
STALE_AFTER_DAYS = 14
NEAR_SHARE = 0.2
# From which chance of reaching the commit a team's metric counts as on pace.
ON_PACE_FROM = 0.7


class Standing(StrEnum):
    """Where a value stands against linear pace."""

    REACHED = "reached"
    SHORT = "short"  # by at most a fifth of the step
    FAR = "far"


def value_meets(value: float, target: float, direction: str, tolerance: float = 0.0) -> bool:
    """Whether `value` reaches `target`: from below when increasing, from above when decreasing.

    `tolerance` is absolute, in the metric's unit. ValueError for any other direction (a band has two ends).
    """
    if direction == INCREASE:
        return value >= target - tolerance
    if direction == DECREASE:
        return value <= target + tolerance
    raise ValueError(f"{direction!r} is not a direction of a metric; known: increase, decrease.")


def harder_target(first: float, second: float, direction: str) -> float:
    """The one of two targets that is harder to reach."""
    return max(first, second) if direction == INCREASE else min(first, second)


def period_days(frequency: str) -> int:
    """The longest that one period of `frequency` lasts, in days."""
    return _PERIOD_DAYS[frequency]


def is_stale(last_date: date | None, frequency: str, today: date) -> bool:
    """True when nothing came for 14 days, or for two expected periods if those are longer.

    Monthly and quarterly figures stand on the first day of their period and can only come after its end, so
    their age counts from that end.
    """
    if last_date is None:
        return True
    days = period_days(frequency)
    period_end_age = (today - last_date).days - (days if frequency in {"monthly", "quarterly"} else 0)
    return period_end_age > max(STALE_AFTER_DAYS, 2 * days)


def freshness_limits(frequency: str) -> tuple[int, int]:
    """After how many days figures of `frequency` are late, and after how many stale."""
    days = period_days(frequency)
    extra = days if frequency in {"monthly", "quarterly"} else 0
    stale = max(STALE_AFTER_DAYS, 2 * days) + extra
    return min(days + extra + 3, stale), stale


def quarter_fraction(start: date, end: date, today: date) -> float:
    """How much of [start, end) has passed at the end of `today`, from 0 to 1."""
    passed = (today - start).days + 1
    return min(max(passed / (end - start).days, 0.0), 1.0)


def pace_expected(*, baseline: float, target: float, fraction: float, aggregation: str = "last") -> float:
    """The value that linear pace asks for after `fraction` (0 to 1) of the quarter.

    A sum grows from nothing each quarter, so its pace is a share of the target; everything else moves from the
    baseline (or last target) to this one.
    """
    if aggregation == "sum":
        return target * fraction
    return baseline + (target - baseline) * fraction


def pace_standing(
    *,
    value: float,
    baseline: float,
    target: float,
    direction: str,
    fraction: float,
    aggregation: str = "last",
) -> Standing:
    """Where `value` stands against linear pace from `baseline` to `target`.

    REACHED at or beyond pace, SHORT when at most a fifth of the step short of it, FAR otherwise. The step is
    the distance from baseline to target; for a sum it is the target itself.
    """
    expected = pace_expected(baseline=baseline, target=target, fraction=fraction, aggregation=aggregation)
    if value_meets(value, expected, direction):
        return Standing.REACHED
    step = abs(target if aggregation == "sum" else target - baseline)
    return Standing.SHORT if abs(expected - value) <= NEAR_SHARE * step else Standing.FAR


def target_standing(
    *,
    value: float | None,
    baseline: float,
    commit: float,
    direction: str,
    aggregation: str,
    fraction: float,
    stale: bool,
    chance: float | None = None,
) -> str:
    """The word code of a team's metric: target_reached, on_pace, behind_pace, stale or no_data.

    With a chance (0 to 1) of reaching the commit it is on pace from 70 %; without one by linear pace.
    """
    if value is None:
        return "stale" if stale else "no_data" if chance is None else _by_chance(chance)
    # A sum that should stay low is under its limit at the start of every quarter; only the end can tell.
    ends_open = aggregation == "sum" and direction == DECREASE and fraction < 1
    if value_meets(value, commit, direction) and not ends_open:
        return "target_reached"
    if stale:
        return "stale"
    if chance is not None:
        return _by_chance(chance)
    standing = pace_standing(
        value=value,
        baseline=baseline,
        target=commit,
        direction=direction,
        fraction=fraction,
        aggregation=aggregation,
    )
    return "on_pace" if standing is Standing.REACHED else "behind_pace"


def _by_chance(chance: float) -> str:
    return "on_pace" if chance >= ON_PACE_FROM else "behind_pace"
