"""Reads a card's context (target metric, opportunity, persona …) from its labels and its description."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

VALUE_MAX = 500
# The word a person writes before the colon, and the context field it fills.
_FIELDS = {
    "metric": "metric",
    "target metric": "metric",
    "opportunity": "opportunity",
    "persona": "persona",
    "job": "persona",
    "outcome": "expected_outcome",
    "expected outcome": "expected_outcome",
    "rationale": "rationale",
    "assumption": "assumption",
    "experiment": "experiment",
    "collateral": "collateral",
    "story map": "story_map",
}
CONTEXT_FIELDS = tuple(dict.fromkeys(_FIELDS.values()))

_WORDS = "|".join(sorted((re.escape(word) for word in _FIELDS), key=len, reverse=True))
# A list mark, a quote mark or Markdown emphasis around the word is how people write, not what they mean.
_LINE = re.compile(rf"^[\s>*+#-]*[*_`]*({_WORDS})[*_`]*\s*:[*_`]*\s*(.*)$", re.IGNORECASE)
_LABEL = re.compile(rf"^\s*({_WORDS})\s*(?:::?|/|=)\s*(.+)$", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|h[1-6])>", re.IGNORECASE)
_TAG = re.compile(r"<[^>\n]{1,200}>")


def context_read(labels: Iterable[str], description: str) -> dict[str, str]:
    """Context values by field name, only those found; `metric` is the key in lower case.

    Labels ("metric:weekly-active-teams") come before lines of the description ("Metric: weekly-active-teams"), and of
    two values for one field the first counts.
    """
    found: dict[str, str] = {}
    for label in labels:
        if match := _LABEL.match(label):
            _keep(found, match[1], match[2])
    for line in _plain_text(description).splitlines():
        if match := _LINE.match(line):
            _keep(found, match[1], match[2])
    return found


def _keep(found: dict[str, str], word: str, value: str) -> None:
    name = _FIELDS[word.lower()]
    text = value.strip().strip("*_`").strip()[:VALUE_MAX]
    if name == "metric":
        text = text.lower()
    if text:
        found.setdefault(name, text)


def _plain_text(description: str) -> str:
    """The description without markup; tools with a rich-text editor hand it over as HTML."""
    if "<" not in description:
        return description
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", description)))
