"""Fiscal quarters as half-open date ranges.

A quarter is named by the calendar year in which its fiscal year ends. Nothing here keeps state or reads a
clock: a calendar is built from the organisation's fiscal-year start and asked about days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

_SLUG = re.compile(r"^(\d{4})-Q([1-4])$")


def month_shift(day: date, months: int) -> date:
    """The first day of the month `months` after the month of `day`."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


@dataclass(frozen=True, order=True)
class Quarter:
    """One fiscal quarter: [start, end), end being the first day of the next."""

    start: date
    end: date
    year: int = field(compare=False)
    number: int = field(compare=False)
    start_month: int = field(compare=False, default=1)

    @property
    def slug(self) -> str:
        """As in URLs: 2026-Q4."""
        return f"{self.year}-Q{self.number}"

    @property
    def label(self) -> str:
        """As people read it: "Q4 2026", or "Q4 FY26" when the fiscal year does not start in January."""
        return (
            f"Q{self.number} {self.year}"
            if self.start_month == 1
            else f"Q{self.number} FY{self.year % 100:02d}"
        )

    @property
    def last_day(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day < self.end

    def __str__(self) -> str:
        return self.label

    def shift(self, count: int) -> Quarter:
        """The quarter `count` after this one (before it when negative)."""
        return FiscalCalendar(self.start_month).quarter_of(month_shift(self.start, 3 * count))

    @property
    def next(self) -> Quarter:
        return self.shift(1)

    @property
    def previous(self) -> Quarter:
        return self.shift(-1)

    def until(self, last: Quarter) -> Iterator[Quarter]:
        """This quarter and those after it, up to and including `last`."""
        quarter = self
        while quarter.start <= last.start:
            yield quarter
            quarter = quarter.next


@dataclass(frozen=True)
class FiscalCalendar:
    """Quarters of a fiscal year that starts with `start_month` (1 to 12)."""

    start_month: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.start_month <= 12:
            raise ValueError(f"A fiscal year starts in month 1 to 12, not {self.start_month}.")

    def quarter_of(self, day: date) -> Quarter:
        """The quarter that holds `day`."""
        offset = (day.month - self.start_month) % 12
        number = offset // 3 + 1
        start = month_shift(day, -(offset % 3))
        year_start = month_shift(start, -3 * (number - 1))
        year = month_shift(year_start, 11).year
        return Quarter(
            start=start, end=month_shift(start, 3), year=year, number=number, start_month=self.start_month
        )

    def quarter(self, year: int, number: int) -> Quarter:
        """Quarter `number` of the fiscal year that ends in calendar year `year`; ValueError outside 1 to 4."""
        if not 1 <= number <= 4:
            raise ValueError(f"A quarter's number is 1 to 4, not {number}.")
        last_month = date(year, (self.start_month - 2) % 12 + 1, 1)
        return self.quarter_of(month_shift(last_month, -11 + 3 * (number - 1)))

    def parse(self, slug: str) -> Quarter:
        """The quarter named like 2026-Q4; ValueError otherwise."""
        if not (match := _SLUG.match(slug)):
            raise ValueError(f"{slug!r} is not a quarter like 2026-Q4.")
        return self.quarter(int(match[1]), int(match[2]))


def week_slug(day: date) -> str:
    """The ISO week that holds `day`, as 2026-W47."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def week_parse(slug: str) -> date:
    """The Monday of an ISO week named like 2026-W47; ValueError otherwise."""
    match = re.match(r"^(\d{4})-W(\d{2})$", slug)
    if not match:
        raise ValueError(f"{slug!r} is not a week like 2026-W47.")
    return date.fromisocalendar(int(match[1]), int(match[2]), 1)
