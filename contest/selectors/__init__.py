"""Reads of contests and proposals: the contest app's public face."""

from __future__ import annotations

from contest.selectors.lists import (
    contest_get_or_404,
    contest_lists,
    contest_running,
    contests_news,
    contests_of_goal,
    contests_open_count,
    proposal_get_or_404,
)
from contest.selectors.page import contest_page

__all__ = [
    "contest_get_or_404",
    "contest_lists",
    "contest_page",
    "contest_running",
    "contests_news",
    "contests_of_goal",
    "contests_open_count",
    "proposal_get_or_404",
]
