"""Reads of the roadmap; what other apps ask of it stands here by name."""

from __future__ import annotations

from roadmap.selectors.cutoffs import cutoff_last, cutoff_next
from roadmap.selectors.edition_board import edition_board
from roadmap.selectors.editions import edition_get, edition_latest, edition_list, headline_of
from roadmap.selectors.in_hand import WorkInHand, goal_work, work_in_hand

__all__ = [
    "WorkInHand",
    "cutoff_last",
    "cutoff_next",
    "edition_board",
    "edition_get",
    "edition_latest",
    "edition_list",
    "goal_work",
    "headline_of",
    "work_in_hand",
]
