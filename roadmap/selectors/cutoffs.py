"""The weekly cut-off: when it last fell and when it falls next, in the organisation's zone."""

from __future__ import annotations

from datetime import datetime, time

from common.quarters import week_parse
from common.schedules import Slot, weekly_slot, weekly_slot_next
from teams.selectors import organisation_get


def cutoff_last(*, now: datetime) -> Slot:
    """The newest cut-off that is not after `now`; its period is the ISO week, such as 2026-W47."""
    organisation = organisation_get()
    return weekly_slot(
        now, weekday=organisation.roadmap_weekday, at=time(organisation.roadmap_hour), zone=organisation.zone
    )


def cutoff_next(*, now: datetime) -> datetime:
    """The first cut-off after `now`."""
    organisation = organisation_get()
    return weekly_slot_next(
        now, weekday=organisation.roadmap_weekday, at=time(organisation.roadmap_hour), zone=organisation.zone
    ).at


def weeks_between(earlier: str, later: str) -> int:
    """Whole weeks from one week named like 2026-W47 to another."""
    return (week_parse(later) - week_parse(earlier)).days // 7
