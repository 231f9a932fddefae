"""What is known of cards that must be asked about one by one, remembered as a stretch of time: pure.

Some things (an issue's history, the tags of a closed task) cost a call a card. They are asked for by the time of a
card's last change, the latest first, and only so many in one read. What is known is then that of every card changed
from `first` on and before `until`: two moments in the cursor, however many cards there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from roadmap.boards.base import CardData

_BEGINNING = datetime.min.replace(tzinfo=UTC)
# Tools tell whole seconds, and a change that was being written during the read has an earlier time than the newest.
SETTLED = timedelta(seconds=15)
# Where nothing has changed for so long, nothing is being written, even if the tool's clock is wrong by some minutes.
QUIET = timedelta(minutes=30)

Place = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Window:
    """Known are cards last changed at `first` (a moment and an id) or later, and before `until`."""

    first: Place = (_BEGINNING, 0)
    until: datetime = _BEGINNING

    @classmethod
    def of(cls, cursor: Any, *, before: datetime | None) -> Window:
        """What the last read left in its cursor; without one, everything `before` a moment, or nothing, is known."""
        try:
            first, number, until = cursor["known_from"], cursor["known_from_id"], cursor["known_until"]
            return cls((_moment(first), int(number)), _moment(until))
        except (KeyError, TypeError, ValueError):
            return cls(until=before or _BEGINNING)

    def cursor(self) -> Mapping[str, Any]:
        """The same for the next read, as JSON."""
        return {
            "known_from": self.first[0].isoformat(),
            "known_from_id": self.first[1],
            "known_until": self.until.isoformat(),
        }

    def due(self, cards: Sequence[CardData]) -> list[CardData]:
        """The cards to ask about, the latest changed first."""
        found = [card for card in cards if not (self.first <= _place(card) and _place(card)[0] < self.until)]
        return sorted(found, key=_place, reverse=True)

    def after(
        self, cards: Sequence[CardData], read: Sequence[CardData], *, whole: bool, now: datetime
    ) -> Window:
        """What is known once `read`, a first part of what was due, is read; `whole` when nothing is left.

        `cards` are all that could be asked about. When only a part of the newer ones could be read, what was known
        before them is given up and read again: a stretch has no holes.
        """
        newest = max((_place(card)[0] for card in cards), default=self.until)
        until = newest - SETTLED if newest > now - QUIET else newest + timedelta(seconds=1)
        if whole:
            return Window(until=max(self.until, until))
        return Window(first=_place(read[-1]), until=max(self.until, until)) if read else self


def _place(card: CardData) -> Place:
    number = int(card.external_id) if card.external_id.isdecimal() else 0
    return (card.updated_at or card.created_at or _BEGINNING, number)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
