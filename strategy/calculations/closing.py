"""When a quarter closes. Pure."""

from __future__ import annotations

from datetime import date, timedelta


def closes_on(quarter_end: date, close_days: int) -> date:
    """The day on which a quarter closes (at its first minute): some days after the end, for late data.

    `quarter_end` is exclusive: the first day of the next quarter.
    """
    return quarter_end + timedelta(days=close_days)


def is_closed(quarter_end: date, today: date, close_days: int) -> bool:
    """Whether the quarter that ends before `quarter_end` has closed on `today` (the organisation's day)."""
    return today >= closes_on(quarter_end, close_days)
