"""How long work takes, from the ways of cards: shortest and longest that the reads allow, as percentiles.

Percentiles and never means: one card that lay for a year says nothing about the next one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from roadmap.boards.stages import PRIORITISED, RELEASED, TO_DESIGN, VERIFIED
from roadmap.calculations.flow_history import Entry, Span, reached

# Below this many finished cards a percentile would only repeat single cards.
ENOUGH = 5
HALF, MOST = 0.5, 0.85
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """A time in days: at least `shortest`, at most `longest`; None where nobody knows how long at most."""

    shortest: float
    longest: float | None

    @property
    def is_exact(self) -> bool:
        """Whether both ends are the same."""
        return self.shortest == self.longest


class Measure(StrEnum):
    """The three times of the roadmap: from one stage's first entry to another's."""

    EVALUATION = "evaluation"  # on the board -> To Design or later, or discarded
    FIRST_RELEASE = "first_release"  # To Design or later -> Released or later
    SATISFIED = "satisfied"  # To Design or later -> Verified


@dataclass(frozen=True, slots=True)
class Timing:
    """One card's time: `days` from `start` to `end`. Without days: `end` was seen, but not how long it took."""

    days: Days | None
    start: Entry
    end: Entry


@dataclass(frozen=True, slots=True)
class Summary:
    """Times of the cards that came to the end in a period.

    `half` and `most` are the 50th and the 85th percentile, None below `ENOUGH` cards; `unmeasured` cards came to the
    end without the time being known; `spread` times are spans.
    """

    count: int
    half: Days | None
    most: Days | None
    least: Days | None
    greatest: Days | None
    unmeasured: int
    spread: int


def timing(history: Sequence[Entry], measure: Measure) -> Timing | None:
    """The card's time by `measure`, or None when it has not come to the end yet.

    Both ends are *first* entries into the stage or a later one, so a card that goes back, skips stages or comes twice
    has one time, and what went wrong in between is in it. Two kinds of card have an end and no time: those that stood
    at the end already when they were first seen, and those that jumped both stages in one reported move. A jump that
    was only seen between two reads took between nothing and the whole span.
    """
    begin, finish = _ENDS[measure]
    end = reached(history, finish, or_discarded=measure is Measure.EVALUATION)
    if end is None:
        return None
    # Discarded before the start was ever reached: not a time of this measure.
    start = reached(history, begin, or_discarded=measure is Measure.EVALUATION)
    if start is None:
        return None
    return Timing(_days_between(start, end), start, end)


def summary(timings: Iterable[Timing | None], *, since: datetime, until: datetime) -> Summary:
    """The times whose end counts in [since, until)."""
    within = [
        item
        for item in timings
        if item is not None and not item.end.already_there and since <= item.end.counted_at < until
    ]
    days = [item.days for item in within if item.days is not None]
    enough = len(days) >= ENOUGH
    return Summary(
        count=len(days),
        half=percentile(days, HALF) if enough else None,
        most=percentile(days, MOST) if enough else None,
        least=percentile(days, 0.0) if days else None,
        greatest=percentile(days, 1.0) if days else None,
        unmeasured=len(within) - len(days),
        spread=sum(1 for item in days if not item.is_exact),
    )


def percentile(days: Sequence[Days], share: float) -> Days:
    """The nearest-rank percentile (0 the least, 1 the greatest) of times that are spans; ValueError of none.

    A percentile grows with each of its values, so those of all shortest and of all longest ends enclose the true one.
    """
    if not days:
        raise ValueError("There is no percentile of nothing.")
    place = max(math.ceil(share * len(days)), 1) - 1
    low = sorted(item.shortest for item in days)[place]
    high = sorted(math.inf if item.longest is None else item.longest for item in days)[place]
    return Days(low, None if math.isinf(high) else high)


def age(span: Span, now: datetime) -> Days:
    """How long ago something happened."""
    longest = None if span.earliest is None else max((now - span.earliest) / _DAY, 0.0)
    return Days(max((now - span.latest) / _DAY, 0.0), longest)


def _days_between(start: Entry, end: Entry) -> Days | None:
    if start == end:
        if end.already_there or end.span.is_exact or end.span.earliest is None:
            return None
        return Days(0.0, (end.span.latest - end.span.earliest) / _DAY)
    shortest = 0.0
    if end.span.earliest is not None:
        shortest = max((end.span.earliest - start.span.latest) / _DAY, 0.0)
    longest = None
    if start.span.earliest is not None:
        longest = max((end.span.latest - start.span.earliest) / _DAY, shortest)
    return Days(shortest, longest)


_ENDS = {
    Measure.EVALUATION: (PRIORITISED, TO_DESIGN),
    Measure.FIRST_RELEASE: (TO_DESIGN, RELEASED),
    Measure.SATISFIED: (TO_DESIGN, VERIFIED),
}
