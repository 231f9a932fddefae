"""Verification debt: work that is released and of which nobody has said yet whether it did what it was to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from common.display.values import number, plural
from roadmap.calculations.flow_times import Days, age
from roadmap.models import Stage
from roadmap.selectors.flow_cards import FlowCard
from roadmap.selectors.flow_words import days_text

# Days in Released after which a look is due, and overdue.
VERIFY_SOON, VERIFY_LATE = 28, 56
DEBT_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Aged:
    """A card with its time in its stage."""

    card: FlowCard
    days: Days
    text: str
    stage_label: str

    @classmethod
    def of(cls, card: FlowCard, now: datetime) -> Aged:
        """The card as it stands at `now`."""
        days = age(card.history[-1].span, now)
        return cls(card, days, days_text(days), str(Stage(card.stage).label) if card.stage else "No stage")

    @property
    def is_soon(self) -> bool:
        """Surely past the first mark."""
        return self.days.shortest >= VERIFY_SOON

    @property
    def is_late(self) -> bool:
        """Surely past the second mark."""
        return self.days.shortest >= VERIFY_LATE


@dataclass(frozen=True, slots=True)
class DebtBand:
    """Cards of one band of age; `kind` colours its bar."""

    label: str
    count: int
    kind: str


@dataclass(frozen=True, slots=True)
class Debt:
    """Released and not verified, oldest first. `maybe` cards may have passed a mark that they have not surely passed."""

    count: int
    bands: list[DebtBand]
    shown: list[Aged]
    rest: int
    maybe: int
    finding: str
    oldest: str


def debt_view(cards: Iterable[FlowCard], now: datetime) -> Debt:
    """The debt at `now`. A card's band is the one that it has surely reached."""
    aged = sorted(
        (Aged.of(card, now) for card in cards if card.awaits_verification),
        key=lambda item: (-item.days.shortest, item.card.pk),
    )
    late = sum(1 for item in aged if item.is_late)
    soon = sum(1 for item in aged if item.is_soon) - late
    return Debt(
        count=len(aged),
        bands=[
            DebtBand(f"{VERIFY_LATE} days and more", late, "bad"),
            DebtBand(f"{VERIFY_SOON} to {VERIFY_LATE - 1} days", soon, "warn"),
            DebtBand(f"Under {VERIFY_SOON} days", len(aged) - late - soon, ""),
        ],
        shown=aged[:DEBT_SHOWN],
        rest=max(len(aged) - DEBT_SHOWN, 0),
        maybe=sum(1 for item in aged if _may_be_past(item.days)),
        finding=_finding(len(aged), late, soon),
        oldest=aged[0].text if aged else "",
    )


def _may_be_past(days: Days) -> bool:
    return any(
        days.shortest < mark and (days.longest is None or days.longest >= mark)
        for mark in (VERIFY_SOON, VERIFY_LATE)
    )


def _finding(count: int, late: int, soon: int) -> str:
    if not count:
        return ""
    is_are = "is" if count == 1 else "are"
    words = f"{plural(count, 'card')} {is_are} released and not verified"
    if not late and not soon:
        return f"{words}, none for {VERIFY_SOON} days."
    past = [f"{number(late + soon)} for {VERIFY_SOON} days or more"]
    if late:
        past.append(f"{number(late)} of them for {VERIFY_LATE} or more")
    return f"{words}: {', '.join(past)}."
