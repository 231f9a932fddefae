"""The eight stages and the five roadmap columns, and which stage a column's name proposes.

A proposal is shown for a person to confirm. A name that matches nothing gives None and is reported: a wrong guess
would put work into the wrong place of every edition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PRIORITISED = "prioritised_opportunities"
TO_EVALUATE = "to_evaluate"
IN_VALIDATION = "in_validation"
TO_DESIGN = "to_design"
TO_BUILD = "to_build"
IN_PROGRESS = "in_progress"
RELEASED = "released"
VERIFIED = "verified"
DISCARDED = "discarded"

STAGES = (PRIORITISED, TO_EVALUATE, IN_VALIDATION, TO_DESIGN, TO_BUILD, IN_PROGRESS, RELEASED, VERIFIED)


@dataclass(frozen=True, slots=True)
class RoadmapColumn:
    """One of the five columns of an edition, and the stages it gathers."""

    key: str
    label: str
    stages: tuple[str, ...]


ROADMAP_COLUMNS = (
    RoadmapColumn("opportunities", "Prioritised Opportunities", (PRIORITISED, TO_EVALUATE)),
    RoadmapColumn("validation", "In Validation", (IN_VALIDATION,)),
    RoadmapColumn("progress", "In Progress", (TO_DESIGN, TO_BUILD, IN_PROGRESS)),
    RoadmapColumn("released", "Released", (RELEASED,)),
    RoadmapColumn("verified", "Verified", (VERIFIED,)),
)

_NAMES: dict[str, tuple[str, ...]] = {
    PRIORITISED: (
        "prioritised opportunities", "opportunities", "prioritised", "backlog", "product backlog", "inbox", "ideas",
        "next", "up next", "open",
    ),
    TO_EVALUATE: (
        "to evaluate", "evaluate", "evaluation", "triage", "to triage", "needs triage", "to refine", "refinement",
        "to assess",
    ),
    IN_VALIDATION: (
        "in validation", "validation", "validating", "discovery", "in discovery", "research", "in research",
        "experiment", "experimenting", "in experiment",
    ),
    TO_DESIGN: ("to design", "ready for design", "design", "in design", "designing", "ux", "solution design"),
    TO_BUILD: (
        "to build", "ready to build", "ready for development", "ready for dev", "ready", "to do", "todo", "selected",
        "selected for development", "sprint backlog", "committed", "planned",
    ),
    IN_PROGRESS: (
        "in progress", "work in progress", "wip", "doing", "in development", "development", "building", "in build",
        "active", "started", "review", "in review", "code review", "to review", "testing", "in testing", "test", "qa",
        "in qa", "ready for release", "to release",
    ),
    RELEASED: ("released", "done", "completed", "complete", "shipped", "live", "deployed", "in production", "launched"),
    VERIFIED: ("verified", "outcome verified", "validated outcome", "measured", "outcome measured"),
    DISCARDED: (
        "discarded", "rejected", "cancelled", "wont do", "will not do", "wont fix", "abandoned", "dropped", "declined",
        "duplicate", "parked",
    ),
}  # fmt: skip
_BY_NAME = {name: stage for stage, names in _NAMES.items() for name in names}
# The tools' own words for what a column means, asked only when the name says nothing.
_BY_CATEGORY = {
    "triage": TO_EVALUATE,
    "unstarted": TO_BUILD,
    "started": IN_PROGRESS,
    "indeterminate": IN_PROGRESS,
    "inprogress": IN_PROGRESS,
    "done": RELEASED,
    "completed": RELEASED,
    "outgoing": RELEASED,
    "canceled": DISCARDED,
    "cancelled": DISCARDED,
}
_HALF = re.compile(r" – (?:Doing|Done)$")  # what a provider adds to the halves of a split column
_SPELLINGS = (("prioritized", "prioritised"), ("canceled", "cancelled"), ("won't", "wont"), ("won’t", "wont"))


def stage_propose(name: str, category: str | None = None) -> str | None:
    """The stage that a column called `name` stands for, or None when neither name nor category is well known.

    Case, numbering ("3. To build"), emoji and American spelling make no difference.
    """
    normal = _name_normal(name)
    if normal in _BY_NAME:
        return _BY_NAME[normal]
    return _BY_CATEGORY.get((category or "").strip().casefold())


def roadmap_column_of(stage: str) -> RoadmapColumn | None:
    """The roadmap column that shows `stage`; None for discarded work and for no stage."""
    return next((column for column in ROADMAP_COLUMNS if stage in column.stages), None)


def _name_normal(name: str) -> str:
    text = _HALF.sub("", name).casefold()
    for other, ours in _SPELLINGS:
        text = text.replace(other, ours)
    words = re.sub(r"[^\w]+|_", " ", text).split()
    while words and words[0].isdecimal():
        words.pop(0)
    return " ".join(words)
