"""Which cards are missing, gone or back after a read; and when so many are missing that a person must look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime

HOLD_SHARE = 0.20
# One or two cards of a small board are more than a fifth of it and yet nothing to stop for.
HOLD_FROM = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanishing:
    """Identities: missing for the first time, gone (missing twice, or reported as deleted), and the held ones."""

    missing: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    held: tuple[str, ...] = ()


def vanishing_read(
    *,
    known: Mapping[str, datetime | None],
    read: Set[str],
    complete: bool,
    deleted: Iterable[str] = (),
    accept: bool = False,
) -> Vanishing:
    """`known` gives the cards that are not gone, with the moment since which each is missing (None: present).

    What the tool itself reports as `deleted` is gone. Of the absence of a card only a complete read says anything, and
    when more than a fifth of the cards vanish at once the step is held, unless a person has accepted it.
    """
    reported = tuple(
        identity for identity in dict.fromkeys(deleted) if identity in known and identity not in read
    )
    if not complete:
        return Vanishing(gone=reported)
    absent = [identity for identity in known if identity not in read and identity not in reported]
    first = tuple(identity for identity in absent if known[identity] is None)
    again = tuple(identity for identity in absent if known[identity] is not None)
    present = sum(1 for since in known.values() if since is None)
    if not accept and len(first) >= HOLD_FROM and len(first) > HOLD_SHARE * present:
        return Vanishing(gone=reported, held=first)
    return Vanishing(missing=first, gone=(*reported, *again))
