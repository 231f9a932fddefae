"""What another app says about how likely a team's target is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metrics.models import Target


@dataclass(frozen=True)
class TargetOutlook:
    """The chance (0 to 1) that a target's commit is reached, in words, and the day on which it was computed.

    `chance` is None where none can be given; `text` then says why.
    """

    chance: float | None
    text: str
    made_on: date


OutlookProvider = Callable[[Sequence["Target"], date], Mapping[int, TargetOutlook]]
_PROVIDERS: list[OutlookProvider] = []


def outlook_provider_register(provider: OutlookProvider) -> OutlookProvider:
    """Registers a function that is given targets of the open quarter and today, and answers outlooks by target id.

    It asks one query, however many targets there are.
    """
    if provider not in _PROVIDERS:
        _PROVIDERS.append(provider)
    return provider


def target_outlooks(targets: Sequence[Target], today: date) -> dict[int, TargetOutlook]:
    """The outlook of each target that has one, by the target's id."""
    found: dict[int, TargetOutlook] = {}
    if targets:
        for provider in _PROVIDERS:
            found |= provider(targets, today)
    return found
