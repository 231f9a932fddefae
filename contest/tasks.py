"""The nightly contest check."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from common.jobs import Due, job_kind
from common.models import JobRun
from common.schedules import daily_slot, daily_slot_next
from contest.services import (
    contests_flag_changed,
    contests_open_due,
    decisions_apply_due,
    follow_ups_tell_due,
)
from teams.selectors import organisation_get

# After the evaluation of quarters, whose closing opens contests already; this makes good what that missed.
AT = time(4, 30)


def contest_check_due(now: datetime) -> list[Due]:
    """One check a day, in the organisation's zone."""
    slot = daily_slot(now, at=AT, zone=organisation_get().zone)
    return [Due(period=slot.period, due_at=slot.at)]


@job_kind(
    "contest_check",
    title="Contest check",
    due=contest_check_due,
    next_due=lambda now: daily_slot_next(now, at=AT, zone=organisation_get().zone).at,
    schedule="Every night at 04:30, after the quarters are judged",
)
def contest_check_run(run: JobRun, *, now: datetime) -> dict[str, Any]:
    """Carries out what was decided for today, opens what is due, flags corrected data, tells of follow-ups."""
    return contests_check(now=now)


def contests_check(*, now: datetime) -> dict[str, int]:
    """The check itself; running it twice changes nothing more. Returns how many of each."""
    applied = decisions_apply_due(now=now)
    flagged = contests_flag_changed(now=now)
    opened = contests_open_due(now=now)
    told = follow_ups_tell_due(now=now)
    return {"applied": len(applied), "flagged": len(flagged), "opened": len(opened), "follow_ups": len(told)}
