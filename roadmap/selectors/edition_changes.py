"""What changed between an edition and an earlier one, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from roadmap.calculations.difference import difference_of
from roadmap.models import Edition, Stage
from roadmap.selectors.cutoffs import weeks_between
from roadmap.selectors.edition_cards import edition_states

_LABELS = dict(Stage.choices)


def edition_difference(*, edition: Edition, since: Edition) -> dict[str, Any]:
    """The difference of `edition` from any earlier one, in the form that an edition keeps of the week before."""
    if since.week == edition.difference.get("since"):
        return dict(edition.difference)
    difference = difference_of(
        edition_states(edition=since),
        edition_states(edition=edition),
        weeks=weeks_between(since.week, edition.week),
    )
    return {"since": since.week, **difference.lists}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One line of "What changed": an icon, a bold sentence, and the cards in words."""

    icon: str
    title: str
    text: str


_CHANGE_LINES: dict[str, tuple[str, str, str]] = {
    "advanced": ("right", "moved on", ""),
    "new": ("plus", "is new|are new", ""),
    "moved_back": ("undo", "moved back", ""),
    "discarded": ("archive", "was discarded|were discarded", ""),
    "vanished": ("x", "is no longer on its board|are no longer on their boards", ""),
    "re_pointed": ("metric", "points at another metric|point at another metric", ""),
    "blocked": ("blocked", "became blocked", ""),
    "unblocked": ("check", "is no longer blocked|are no longer blocked", ""),
    "placed": ("swap", "came into a column with a stage", ""),
    "unplaced": ("help", "stands in a column without a stage|stand in columns without a stage", ""),
}
NAMED = 8


def change_lines(difference: Mapping[str, Any]) -> list[ChangeLine]:
    """The difference of an edition in sentences, in the order in which people ask for them."""
    lines = []
    for kind, (icon, words, _) in _CHANGE_LINES.items():
        entries = difference.get(kind) or []
        if not entries:
            continue
        one, _, many = words.partition("|")
        count = len(entries)
        title = f"{count} card {one}" if count == 1 else f"{count} cards {many or one}"
        lines.append(ChangeLine(icon, title, _entries_text(kind, entries)))
    return lines


def _entries_text(kind: str, entries: Sequence[Mapping[str, Any]]) -> str:
    places: dict[str, list[str]] = {}
    for entry in entries[:NAMED]:
        places.setdefault(_place(kind, entry), []).append(str(entry["key"] or entry["title"]))
    parts = []
    for place, names in places.items():
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        parts.append(f"{listed} {place}".strip())
    rest = f" And {len(entries) - NAMED} more." if len(entries) > NAMED else ""
    return ". ".join(parts) + "." + rest


def _place(kind: str, entry: Mapping[str, Any]) -> str:
    if kind == "re_pointed":
        return f"from {entry['from'] or 'no metric'} to {entry['to'] or 'no metric'}"
    if kind == "vanished":
        return f"of {entry['team']}"
    if kind in {"advanced", "moved_back"}:
        return f"to {_LABELS.get(entry['to'], 'no stage')}"
    if kind in {"new", "placed"}:
        return f"in {_LABELS.get(entry['to'], 'no stage')}"
    return ""
