"""Ids for Jira's columns, which have none of their own: a name, a place, and the statuses that are in it.

A column is known again by the statuses it shares with a column of the last read, so that a rename, a new order or one
status more leaves it the same column. What is remembered travels in the snapshot's cursor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class KnownColumn:
    """A column as it was read: `category` is Jira's, "" where it is not known."""

    external_id: str
    name: str
    statuses: tuple[str, ...]
    category: str = ""


def columns_name(
    columns: Sequence[tuple[str, tuple[str, ...]]], known: Sequence[KnownColumn]
) -> list[KnownColumn]:
    """`columns` (name, status ids) with ids: that of the known column with most statuses in common, else a new one.

    Only a column that shares no status with any known one is known again by its name. A new id is the lowest status
    id, which two first reads of one board agree on.
    """
    pairs = sorted(
        (
            (-len(set(statuses) & set(old.statuses)), name != old.name, place, number)
            for place, (name, statuses) in enumerate(columns)
            for number, old in enumerate(known)
        ),
    )
    taken: dict[int, KnownColumn] = {}
    used: set[int] = set()
    for overlap, other_name, place, number in pairs:
        if place in taken or number in used or (overlap == 0 and other_name):
            continue
        taken[place] = known[number]
        used.add(number)
    ids = {old.external_id for old in taken.values()}
    named = []
    for place, (name, statuses) in enumerate(columns):
        old = taken.get(place)
        if old is None:
            external_id = _new_id(name, statuses, ids)
            ids.add(external_id)
            named.append(KnownColumn(external_id, name, statuses))
        else:
            same = set(old.statuses) == set(statuses)
            named.append(replace(old, name=name, statuses=statuses, category=old.category if same else ""))
    return named


def _new_id(name: str, statuses: Iterable[str], ids: set[str]) -> str:
    free = [status for status in statuses if status not in ids]
    if free:
        return min(free, key=lambda status: (not status.isdecimal(), len(status), status))
    number = 1
    while (candidate := f"{name or 'column'}/{number}") in ids:
        number += 1
    return candidate


@dataclass(frozen=True, slots=True)
class JiraMemory:
    """What one read leaves for the next: the columns, and the ids of the cards whose moves are known."""

    columns: tuple[KnownColumn, ...] = ()
    cards: frozenset[str] = frozenset()

    @classmethod
    def of(cls, cursor: Any) -> JiraMemory:
        """Reads a cursor; one of another version or none at all remembers nothing."""
        try:
            return cls(
                columns=tuple(
                    KnownColumn(
                        str(entry["id"]),
                        str(entry["name"]),
                        tuple(str(status) for status in entry["statuses"]),
                        str(entry["category"]),
                    )
                    for entry in cursor["columns"]
                ),
                cards=frozenset(_ids_unpack(cursor["cards"])),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return cls()

    def cursor(self) -> Mapping[str, Any]:
        """The same as JSON. Ids are written as steps from one to the next: some three letters for a card."""
        return {
            "columns": [
                {
                    "id": column.external_id,
                    "name": column.name,
                    "statuses": list(column.statuses),
                    "category": column.category,
                }
                for column in self.columns
            ],
            "cards": _ids_pack(self.cards),
        }


def _ids_pack(ids: Iterable[str]) -> str:
    steps, last = [], 0
    for number in sorted(int(card) for card in ids if card.isdecimal() and len(card) < 20):
        steps.append(str(number - last))
        last = number
    return " ".join(steps)


def _ids_unpack(packed: str) -> list[str]:
    ids, last = [], 0
    for step in packed.split():
        last += int(step)
        ids.append(str(last))
    return ids
