"""Which issues' histories are known, remembered as a stretch of time: pure.

Histories are read by the time of an issue's last change, the latest first. What is known is then every issue changed
from `first` on and before `until`: two moments, however many issues there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from roadmap.boards.base import CardData

_BEGINNING = datetime.min.replace(tzinfo=UTC)
# Times there are whole seconds, and a change that was being written during the read has an earlier one than the newest.
SETTLED = timedelta(seconds=15)
# Where nothing has changed for so long, nothing is being written, even if its clock is wrong by some minutes.
QUIET = timedelta(minutes=30)

Place = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class HistoryWindow:
    """Histories are known of issues last changed at `first` (a moment and an id) or later, and before `until`."""

    first: Place = (_BEGINNING, 0)
    until: datetime = _BEGINNING

    @classmethod
    def of(cls, cursor: Any, *, before: datetime | None) -> HistoryWindow:
        """What the last read left in its cursor; without one, everything `before` a moment, or nothing, is known."""
        try:
            first, number, until = cursor["history_first"], cursor["history_id"], cursor["history_until"]
            return cls((_moment(first), int(number)), _moment(until))
        except (KeyError, TypeError, ValueError):
            return cls(until=before or _BEGINNING)

    def cursor(self) -> Mapping[str, Any]:
        """The same for the next read, as JSON."""
        return {
            "history_first": self.first[0].isoformat(),
            "history_id": self.first[1],
            "history_until": self.until.isoformat(),
        }

    def due(self, cards: Sequence[CardData]) -> list[CardData]:
        """The cards whose history is not known, the latest changed first."""
        found = [card for card in cards if not (self.first <= _place(card) and _place(card)[0] < self.until)]
        return sorted(found, key=_place, reverse=True)

    def after(
        self, cards: Sequence[CardData], read: Sequence[CardData], *, whole: bool, now: datetime
    ) -> HistoryWindow:
        """What is known once `read`, a first part of what was due, is read; `whole` when nothing is left.

        When only a part of the newer ones could be read, what was known before them is given up and read again: a
        stretch has no holes.
        """
        newest = max((_place(card)[0] for card in cards), default=self.until)
        until = newest - SETTLED if newest > now - QUIET else newest + timedelta(seconds=1)
        if whole:
            return HistoryWindow(until=max(self.until, until))
        return HistoryWindow(first=_place(read[-1]), until=max(self.until, until)) if read else self


def _place(card: CardData) -> Place:
    number = int(card.external_id) if card.external_id.isdecimal() else 0
    return (card.updated_at or card.created_at or _BEGINNING, number)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
