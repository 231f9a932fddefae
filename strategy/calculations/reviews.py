"""What a review of a belief must say, and how long an assumption has been broken."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

WORDS_LEAST = 5
_WORD = re.compile(r"[^\W\d_]{2,}")


def says_why(text: str) -> bool:
    """Whether `text` is a sentence: five words at least. "Still holds" re-affirms and says nothing."""
    return len(_WORD.findall(text)) >= WORDS_LEAST


@dataclass(frozen=True)
class ClosedQuarter:
    """One closed quarter of a goal as a belief under it sees it. `end` is the first day after it."""

    start: date
    end: date
    assumption_broken: bool  # the goal missed although its mapped metrics were met
    metric_met: bool | None  # of this belief alone; None when that cannot be said


def broken_run(quarters: Iterable[ClosedQuarter]) -> int:
    """In how many of the newest quarters running the belief's metric was met and the goal did not follow.

    quarters: newest first. A gap between two of them ends the run.
    """
    count, expected_end = 0, None
    for quarter in quarters:
        if expected_end is not None and quarter.end != expected_end:
            break
        if not (quarter.assumption_broken and quarter.metric_met):
            break
        count, expected_end = count + 1, quarter.start
    return count
