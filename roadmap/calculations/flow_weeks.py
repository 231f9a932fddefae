"""Flow by week: first releases in each week, and how many cards stood where at each weekly cut-off."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from roadmap.boards.stages import RELEASED, ROADMAP_COLUMNS, roadmap_column_of
from roadmap.calculations.flow_history import RANK, Entry, reached


@dataclass(slots=True)
class ReleaseWeek:
    """First releases in [start, end): told exactly, and seen between two reads and put in the middle.

    `known` is False for a week before anything was read: then nothing says that there was no release.
    """

    start: datetime
    end: datetime
    exact: int = 0
    between_reads: int = 0
    known: bool = True
    running: bool = False

    @property
    def count(self) -> int:
        """All of them."""
        return self.exact + self.between_reads


@dataclass(slots=True)
class DiagramPoint:
    """Cards in each roadmap column at one moment; `uncertain` ones may have been one step further or not as far."""

    at: datetime
    counts: list[int] = field(default_factory=lambda: [0] * len(ROADMAP_COLUMNS))
    uncertain: int = 0


@dataclass(frozen=True, slots=True)
class Way:
    """A card's way, and when it left its board for good (None while it is there)."""

    history: Sequence[Entry]
    left_at: datetime | None = None


def cutoffs_before(last: datetime, weeks: int) -> list[datetime]:
    """The `weeks` weekly cut-offs before `last` and `last` itself, at the same time of day in the same zone."""
    zone = last.tzinfo
    at = time(last.hour, last.minute)
    return [
        datetime.combine(last.date() - timedelta(weeks=back), at, tzinfo=zone)
        for back in range(weeks, -1, -1)
    ]


def release_weeks(
    ways: Iterable[Way], *, cutoffs: Sequence[datetime], now: datetime, known_since: datetime | None
) -> list[ReleaseWeek]:
    """First releases from one cut-off to the next, the last week running until `now`.

    A card that stood in Released when it was first seen is in no week. `known_since` is the first read (None: all is
    known); a week that ended before it is not known unless a tool told releases in it.
    """
    weeks = [
        ReleaseWeek(start, end, known=known_since is None or end > known_since)
        for start, end in zip(cutoffs, [*cutoffs[1:], now], strict=True)
    ]
    weeks[-1].running = True
    for way in ways:
        entry = reached(way.history, RELEASED)
        if entry is None or entry.already_there:
            continue
        place = bisect_right(cutoffs, entry.counted_at) - 1
        if place < 0 or entry.counted_at > now:
            continue
        week = weeks[place]
        week.known = True
        if entry.span.is_exact:
            week.exact += 1
        else:
            week.between_reads += 1
    return weeks


def diagram(
    ways: Iterable[Way], *, moments: Sequence[datetime], fresh_for: timedelta = timedelta(0)
) -> list[DiagramPoint]:
    """The cumulative flow: cards by roadmap column at each moment, oldest first; ValueError without a moment.

    Cards that were released before the first moment, or before they were first seen, stay out, or years of finished
    work would press the rest flat; one that goes back into the flow comes in again. A card leaves the diagram when it
    is discarded, and when it leaves its board before it was released. Where it stood is certain at a moment when the
    read before was no longer ago than `fresh_for`.
    """
    if not moments:
        raise ValueError("A diagram needs a moment.")
    points = [DiagramPoint(moment) for moment in moments]
    for way in ways:
        stays = list(_stays(way, moments))
        for place, first, last in stays:
            for point in points[first:last]:
                point.counts[place] += 1
        for entry in way.history if stays else ():
            if not entry.already_there and entry.span.earliest is not None and not entry.span.is_exact:
                first = bisect_right(moments, entry.span.earliest + fresh_for)
                for point in points[first : bisect_left(moments, entry.span.latest)]:
                    point.uncertain += 1
    return points


def _stays(way: Way, moments: Sequence[datetime]) -> Iterator[tuple[int, int, int]]:
    """Where a card counts: the roadmap column's place, the first moment in it and the first one after it."""
    release = reached(way.history, RELEASED)
    counted = release is None or (not release.already_there and release.counted_at > moments[0])
    following = [*(entry.counted_at for entry in way.history[1:]), None]
    for entry, until in zip(way.history, following, strict=True):
        released = _is_released(entry.stage)
        if not released and way.left_at is not None:
            until = way.left_at if until is None else min(until, way.left_at)
        first = bisect_left(moments, entry.counted_at)
        last = len(moments) if until is None else bisect_left(moments, until)
        counted = counted or (not released and last > 0)
        column = roadmap_column_of(entry.stage)
        if counted and column is not None and first < last:
            yield ROADMAP_COLUMNS.index(column), first, last


def _is_released(stage: str) -> bool:
    return RANK.get(stage, 0) >= RANK[RELEASED]
