"""A card's way through the stages, with how exactly each step is known.

A step that the tool reported has one moment. A step that was only seen between two reads has a span: it happened some
time after the read before and not after the read that saw it. Everything that is counted from a way keeps both ends.

A column counts as the stage that it is mapped to today, also for moves of long ago: a board's meaning is corrected
backwards, never frozen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from roadmap.boards.stages import DISCARDED, STAGES

RANK = {stage: place for place, stage in enumerate(STAGES, start=1)}


class Span(NamedTuple):
    """When something happened: from `earliest` (None: nobody knows since when) to `latest`, both aware."""

    earliest: datetime | None
    latest: datetime

    @property
    def is_exact(self) -> bool:
        """Whether it is one moment."""
        return self.earliest == self.latest

    @property
    def middle(self) -> datetime:
        """Half-way: where an observed step is put when it must be counted in one week."""
        if self.earliest is None:
            return self.latest
        return self.earliest + (self.latest - self.earliest) / 2


class Entry(NamedTuple):
    """The card came into `stage` ("" where the column stands for none) within `span`.

    `already_there` says that it stood there when it was first seen, so that the step itself was never seen.
    """

    stage: str
    span: Span
    already_there: bool = False

    @property
    def counted_at(self) -> datetime:
        """The moment from which it counts in weekly figures: the middle of its span, or the first sight of it."""
        return self.span.latest if self.already_there else self.span.middle


class StageMove(NamedTuple):
    """A stored move, its columns as stages. `from_stage` is None where the move does not say where from."""

    at: datetime
    not_before: datetime | None
    from_stage: str | None
    to_stage: str

    @property
    def span(self) -> Span:
        """When it happened."""
        return Span(self.at if self.not_before is None else min(self.not_before, self.at), self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What is stored of a card, as far as its way depends on it.

    `stage` is where it counts now, `column_stage` what its column says; they differ when the tool closed the card
    before its column was Released. `told_whole` says that the tool tells every move there ever was; `watched_since` is
    the first read of its board.
    """

    stage: str
    column_stage: str
    first_seen_at: datetime
    created_at: datetime | None = None
    column_since: datetime | None = None
    closed_at: datetime | None = None
    told_whole: bool = False
    watched_since: datetime | None = None


def history_read(facts: CardFacts, moves: Sequence[StageMove]) -> tuple[Entry, ...]:
    """The stages that a card came into, oldest first; `moves` oldest first. Never empty.

    - It begins where the first move came from, or where the card stands: entered when the card was created, where the
      tool tells its whole way; else some time between then and the first sight of it. A card that was made while its
      board was being read is new there; an older one stood there already.
    - A move between columns of one stage enters nothing.
    - Where a move starts from another stage than the one before ended in, the step between was not told: it lies
      between the two.
    - A card that the tool closed enters its last stage when it was closed.
    """
    entries = [_beginning(facts, moves[0] if moves else None)]
    for move in moves:
        last = entries[-1]
        if move.from_stage is not None and move.from_stage != last.stage:
            _enter(entries, move.from_stage, Span(last.span.latest, move.span.earliest or move.at))
        _enter(entries, move.to_stage, move.span)
    if entries[-1].stage != facts.column_stage:
        here = facts.column_since or entries[-1].span.latest
        _enter(entries, facts.column_stage, Span(entries[-1].span.latest, here))
    if facts.stage != facts.column_stage:
        if facts.closed_at is not None:
            _enter(entries, facts.stage, Span(facts.closed_at, facts.closed_at))
        else:
            # Closed when it was first seen, and the tool does not say since when.
            span = Span(entries[-1].span.earliest, facts.first_seen_at)
            _enter(entries, facts.stage, span, already_there=True)
    return tuple(entries)


def reached(history: Iterable[Entry], stage: str, *, or_discarded: bool = False) -> Entry | None:
    """The first entry into `stage` or a later one: a card that skips a stage has reached it all the same.

    Going back and coming again changes nothing. With `or_discarded` being discarded ends the search too.
    """
    for entry in history:
        if RANK.get(entry.stage, 0) >= RANK[stage] or (or_discarded and entry.stage == DISCARDED):
            return entry
    return None


def _beginning(facts: CardFacts, first: StageMove | None) -> Entry:
    """Where the card began, entered before anything that is known of it."""
    known = [facts.first_seen_at]
    if first is not None:
        stage = first.from_stage or ""
        known.append(first.span.earliest or first.at)
    else:
        stage = facts.column_stage
        known += [facts.column_since] if facts.column_since else []
    if facts.stage != facts.column_stage and facts.closed_at:
        known.append(facts.closed_at)
    latest = min(known)
    if facts.created_at is None:
        return Entry(stage, Span(None, latest), already_there=True)
    created = min(facts.created_at, latest)
    if facts.told_whole or created == latest:
        return Entry(stage, Span(created, created))
    is_new = facts.watched_since is not None and created >= facts.watched_since
    return Entry(stage, Span(created, latest), already_there=not is_new)


def _enter(entries: list[Entry], stage: str, span: Span, *, already_there: bool = False) -> None:
    """Adds a step into `stage`, never before the one before it; none where the card is there already."""
    last = entries[-1]
    if last.stage == stage:
        return
    latest = max(span.latest, last.span.latest)
    earliest = span.earliest
    if earliest is not None and last.span.earliest is not None:
        earliest = max(earliest, last.span.earliest)
    if earliest is not None:
        earliest = min(earliest, latest)
    entries.append(Entry(stage, Span(earliest, latest), already_there))
