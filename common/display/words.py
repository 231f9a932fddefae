"""The status vocabulary: for each family and code, the word, its icon and its kind of colour.

Pages never write these words themselves, so that one idea has one word everywhere. An unknown code is an
error: a typing mistake must not look like data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Word(NamedTuple):
    """One state: `kind` is good, warn, bad, open or none."""

    text: str
    icon: str
    kind: str


GOAL: Mapping[str, Word] = {
    "achieved": Word("Achieved", "achieved", "good"),
    "on_track": Word("On track", "ontrack", "good"),
    "at_risk": Word("At risk", "risk", "warn"),
    "off_track": Word("Off track", "off", "bad"),
    "no_data": Word("No data", "nodatac", "none"),
    "draft": Word("Draft", "edit", "none"),
    "retired": Word("Retired", "archive", "none"),
}
METRIC: Mapping[str, Word] = {
    "target_reached": Word("Target reached", "achieved", "good"),
    "on_pace": Word("On pace", "ontrack", "good"),
    "behind_pace": Word("Behind pace", "risk", "warn"),
    "stale": Word("Data is stale", "nodatac", "none"),
    "no_data": Word("No data", "nodatac", "none"),
    "no_target": Word("No target", "dash", "none"),
}
QUARTER: Mapping[str, Word] = {
    "met": Word("Met", "check", "good"),
    "missed": Word("Missed", "x", "bad"),
    "open": Word("Open", "open", "open"),
    "no_target": Word("No target", "dash", "none"),
    "no_data": Word("No data", "nodatac", "none"),
    "exempt": Word("Exempt", "lock", "none"),
}
JOB: Mapping[str, Word] = {
    "waiting": Word("Waiting", "clock", "none"),
    "running": Word("Running", "sync", "open"),
    "done": Word("Done", "check", "good"),
    "gaps": Word("Done with gaps", "risk", "warn"),
    "failed": Word("Failed", "off", "bad"),
}
CONTEST: Mapping[str, Word] = {
    "proposals": Word("Open for proposals", "contest", "open"),
    "review": Word("In review", "eye", "open"),
    "voting": Word("Voting", "contest", "open"),
    "decided": Word("Decided", "check", "none"),
    "adopted": Word("Adopted", "check", "good"),
    "kept": Word("Kept as it is", "dash", "none"),
    "no_quorum": Word("No quorum", "nodatac", "none"),
    "cancelled": Word("Cancelled", "x", "none"),
}
HEALTH: Mapping[str, Word] = {
    "clear": Word("Clear", "check", "good"),
    "watch": Word("Watch", "risk", "warn"),
    "found": Word("Found", "off", "bad"),
}
TARGET: Mapping[str, Word] = {
    "proposed": Word("Proposed", "clock", "open"),
    "agreed": Word("Agreed", "check", "good"),
    "closed": Word("Closed", "lock", "none"),
}
CARD: Mapping[str, Word] = {
    "blocked": Word("Blocked", "blocked", "bad"),
    "ageing": Word("Ageing", "clock", "warn"),
    "unlinked": Word("Not linked", "unlinked", "none"),
    "contradicted": Word("On a contradicted bet", "contradicted", "bad"),
}
CONFIDENCE: Mapping[str, Word] = {
    "high": Word("Confidence: high", "check", "good"),
    "medium": Word("Confidence: medium", "dash", "none"),
    "low": Word("Confidence: low", "risk", "warn"),
}
FAMILIES: Mapping[str, Mapping[str, Word]] = {
    "goal": GOAL,
    "metric": METRIC,
    "quarter": QUARTER,
    "job": JOB,
    "contest": CONTEST,
    "health": HEALTH,
    "target": TARGET,
    "card": CARD,
    "confidence": CONFIDENCE,
}

# A badge's kind is the class that draws it; the line of the map of bets carries the same class.
EVIDENCE: Mapping[str, Word] = {
    "supported": Word("Supported", "supported", "supported"),
    "contradicted": Word("Contradicted", "contradicted", "contradicted"),
    "inconclusive": Word("Inconclusive", "inconclusive", "inconclusive"),
    "not_enough_data": Word("Not enough data", "nodata", "nodata"),
    "untested": Word("Untested", "nodata", "nodata"),
}
EVIDENCE_REASONS: Mapping[str, str] = {
    "": "",
    "opposite": "opposite",
    "too_small": "too small to matter",
    "too_small_to_matter": "too small to matter",
}

READINGS: Mapping[str, tuple[str, str]] = {
    "working": ("Working", "The metrics did their part and the goal followed."),
    "assumption_broken": (
        "Assumption broken",
        "The metrics did their part. The goal did not follow.",
    ),
    "moved_by_something_else": (
        "Moved by something else",
        "The goal was met although the metrics fell short, so the beliefs may not matter.",
    ),
    "execution_or_strategy": (
        "Execution or strategy",
        "Metrics and goal both fell short, so the quarter says nothing of the beliefs.",
    ),
    "unknown": ("Unknown", "There are too few figures or targets to say."),
}
STRENGTHS: Mapping[int, str] = {
    1: "Weak belief",
    2: "Medium belief",
    3: "Strong belief",
}


def word_for(family: str, code: str) -> Word:
    """The word of `code` in `family`; ValueError when either is unknown."""
    return _lookup(FAMILIES.get(family), f"a status of the family {family!r}", code)


def evidence_word(code: str) -> Word:
    """The word of a verdict on a mapping; ValueError when unknown."""
    return _lookup(EVIDENCE, "a verdict", code)


def reading_words(code: str) -> tuple[str, str]:
    """The name of one of the four cases and a sentence; ValueError when unknown."""
    if code not in READINGS:
        raise ValueError(f"{code!r} is not a reading; known: {', '.join(READINGS)}.")
    return READINGS[code]


def _lookup(words: Mapping[str, Word] | None, what: str, code: str) -> Word:
    if words is None or code not in words:
        raise ValueError(f"{code!r} is not {what}; known: {', '.join(words or ())}.")
    return words[code]
