"""Slots of the clock: the last one that has passed and the next one, in the organisation's zone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True)
class Slot:
    """One turn of a schedule: `period` names it in a JobRun, `at` is when it falls (UTC)."""

    period: str
    at: datetime


def _moment(day: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _daily(day: date, at: time, zone: tzinfo) -> Slot:
    return Slot(day.isoformat(), _moment(day, at, zone))


def _weekly(day: date, at: time, zone: tzinfo) -> Slot:
    year, week, _weekday = day.isocalendar()
    return Slot(f"{year}-W{week:02d}", _moment(day, at, zone))


def daily_slot(now: datetime, *, at: time, zone: tzinfo = UTC) -> Slot:
    """The newest daily slot that is not after `now`; its period is the local date."""
    today = now.astimezone(zone).date()
    slot = _daily(today, at, zone)
    return slot if slot.at <= now else _daily(today - timedelta(days=1), at, zone)


def daily_slot_next(now: datetime, *, at: time, zone: tzinfo = UTC) -> Slot:
    """The first daily slot after `now`."""
    today = now.astimezone(zone).date()
    slot = _daily(today, at, zone)
    return slot if slot.at > now else _daily(today + timedelta(days=1), at, zone)


def weekly_slot(now: datetime, *, weekday: int, at: time, zone: tzinfo = UTC) -> Slot:
    """The newest weekly slot that is not after `now`; weekday 0 is Monday, the period is its ISO week."""
    today = now.astimezone(zone).date()
    day = today - timedelta(days=(today.weekday() - weekday) % 7)
    slot = _weekly(day, at, zone)
    return slot if slot.at <= now else _weekly(day - timedelta(days=7), at, zone)


def weekly_slot_next(now: datetime, *, weekday: int, at: time, zone: tzinfo = UTC) -> Slot:
    """The first weekly slot after `now`."""
    today = now.astimezone(zone).date()
    day = today + timedelta(days=(weekday - today.weekday()) % 7)
    slot = _weekly(day, at, zone)
    return slot if slot.at > now else _weekly(day + timedelta(days=7), at, zone)
