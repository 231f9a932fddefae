"""How fresh a team's boards are when an edition is made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

FRESH, STALE, MISSING = "fresh", "stale", "missing"


def board_freshness(*, last_synced_at: datetime | None, cutoff: datetime, stale_hours: int) -> str:
    """Fresh, stale (no successful sync in the hours before the cut-off) or missing (never read)."""
    if last_synced_at is None:
        return MISSING
    return FRESH if last_synced_at >= cutoff - timedelta(hours=stale_hours) else STALE


def team_freshness(boards: Sequence[str]) -> str:
    """A team is as fresh as its stalest board, and missing when no board of it was ever read."""
    if all(board == MISSING for board in boards):
        return MISSING
    return FRESH if all(board == FRESH for board in boards) else STALE
