"""Times that are known to a span only, and what flow says, in words."""

from __future__ import annotations

import math

from common.display.values import NOTHING, number, plural
from roadmap.calculations.flow_times import Days, Measure, Summary

MEASURES = {
    Measure.EVALUATION: (
        "Evaluation time",
        "From the board’s first stage to To Design, or to being discarded",
    ),
    Measure.FIRST_RELEASE: ("Lead time to first release", "From To Design to the first time in Released"),
    Measure.SATISFIED: (
        "Lead time to satisfied customer",
        "From To Design to Verified: the outcome was seen",
    ),
}
_ENDED = {
    Measure.EVALUATION: "was evaluated",
    Measure.FIRST_RELEASE: "was released",
    Measure.SATISFIED: "was verified",
}


def days_text(days: Days | None) -> str:
    """ "12 days", "12 to 19 days", "at least 12 days"; the ends of a span are rounded outwards."""
    if days is None:
        return NOTHING
    if days.longest is None:
        return f"at least {plural(math.floor(days.shortest), 'day')}"
    if days.is_exact:
        return _exact(days.shortest)
    low, high = math.floor(days.shortest), math.ceil(days.longest)
    return plural(low, "day") if low == high else f"{number(low)} to {plural(high, 'day')}"


def _exact(days: float) -> str:
    """Half days count below ten: a week's work is not five days more or less."""
    if days >= 10:
        return plural(round(days), "day")
    halves = round(days * 2) / 2
    if not halves:
        return "under half a day"
    return plural(int(halves), "day") if halves.is_integer() else f"{number(halves, 1)} days"


def lack_text(measure: Measure, result: Summary) -> str:
    """Why there is no percentile: nothing came to the end, or too little."""
    if not result.count:
        return f"No card {_ENDED[measure]}" + (" in measurable time" if result.unmeasured else "")
    if result.count == 1:
        return f"Too few: one card, {days_text(result.least)}"
    return f"Too few: {plural(result.count, 'card')}, {_reach(result)}"


def _reach(result: Summary) -> str:
    """From the shortest of all to the longest of all."""
    assert result.least is not None
    assert result.greatest is not None
    return days_text(Days(result.least.shortest, result.greatest.longest))


def headline(*, weeks: int, released: int, lead: Summary, in_progress: int) -> str:
    """The answer of the page: how long work takes, else how much of it is under way."""
    going = f"{plural(in_progress, 'card')} {'is' if in_progress == 1 else 'are'} in progress"
    if lead.half is not None:
        return f"Half of the work was released within {days_text(lead.half)}, and {going}."
    if released:
        was = "was" if released == 1 else "were"
        return f"{plural(released, 'card')} {was} first released in {weeks} weeks, and {going}."
    return f"No card was released in the last {weeks} weeks, and {going}."


def precision_text(reported: int, observed: int) -> str:
    """How the moves of the period are known; empty when all of them were told with their time."""
    if not observed:
        return ""
    whole = reported + observed
    if whole == 1:
        share = "The only move"
    elif observed == whole:
        share = f"All {number(whole)} moves"
    else:
        share = f"{number(observed)} of {number(whole)} moves"
    was = "was" if observed == 1 else "were"
    return (
        f"{share} in this period {was} seen between two reads, without a time. "
        "So a time is given as the shortest and the longest that it can have been."
    )
