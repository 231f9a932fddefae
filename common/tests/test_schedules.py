"""Slots of the clock around midnights, weeks and summer time."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.schedules import daily_slot, daily_slot_next, weekly_slot, weekly_slot_next

MOMENTS = st.datetimes(
    min_value=datetime(1999, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)
)  # fmt: skip
ZONES = st.sampled_from(
    ["UTC", "Europe/London", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Etc/GMT+12"]
)


@pytest.mark.parametrize(
    ("now", "period", "at"),
    [
        ("2026-11-16T05:59:00+00:00", "2026-W46", "2026-11-09T06:00:00+00:00"),
        ("2026-11-16T06:00:00+00:00", "2026-W47", "2026-11-16T06:00:00+00:00"),
        ("2027-01-03T12:00:00+00:00", "2026-W53", "2026-12-28T06:00:00+00:00"),
    ],
)
def test_it_names_the_monday_cut_off_by_its_iso_week(now, period, at):
    slot = weekly_slot(datetime.fromisoformat(now), weekday=0, at=time(6))

    assert (slot.period, slot.at) == (period, datetime.fromisoformat(at))


def test_it_keeps_the_wall_clock_through_summer_time():
    zone = ZoneInfo("Europe/London")

    winter = weekly_slot(datetime(2026, 1, 7, tzinfo=UTC), weekday=0, at=time(6), zone=zone)
    summer = weekly_slot(datetime(2026, 7, 8, tzinfo=UTC), weekday=0, at=time(6), zone=zone)

    assert (winter.at.hour, summer.at.hour) == (6, 5)


@given(now=MOMENTS, zone=ZONES)
def test_it_always_has_a_passed_slot_and_a_coming_one(now, zone):
    options = {"at": time(2, 40), "zone": ZoneInfo(zone)}

    last, coming = daily_slot(now, **options), daily_slot_next(now, **options)
    week, next_week = weekly_slot(now, weekday=0, **options), weekly_slot_next(now, weekday=0, **options)

    assert last.at <= now < coming.at
    assert timedelta(hours=22) <= coming.at - last.at <= timedelta(hours=50)
    assert week.at <= now < next_week.at
    assert week.period != next_week.period
