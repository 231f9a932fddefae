"""Figures, dates and counts as people read them in British English."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from django.utils import timezone

NOTHING = "–"
MINUS = "\N{MINUS SIGN}"
Number = int | float | Decimal
_WORDS = (
    "none",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
)
_BEFORE = ("£", "$", "€")  # units that stand before the figure


class HasUnit(Protocol):
    """Anything with a unit and a number of decimals: a metric, or a definition of one."""

    @property
    def unit(self) -> str: ...
    @property
    def decimals(self) -> int: ...


class Freshness(NamedTuple):
    """`state` is fresh, late, stale or none."""

    text: str
    state: str
    icon: str


def number(value: Number | None, decimals: int = 0) -> str:
    """`value` with thousands separators, `decimals` places and a real minus sign; a dash for None and NaN."""
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{value:,.{decimals}f}"
    if text.startswith("-"):
        # A value that rounds to zero is not shown as negative.
        return text[1:] if not any(c in "123456789" for c in text) else MINUS + text[1:]
    return text


def with_unit(value: Number | None, unit: str, decimals: int) -> str:
    """`value` and its unit: "23.7%", "£1,200", "3.5 days", "1 day"."""
    text = number(value, decimals)
    if text == NOTHING or not unit:
        return text
    if text.lstrip(MINUS) == "1":
        unit = one_of(unit)
    if unit in _BEFORE:
        return f"{MINUS}{unit}{text[1:]}" if text.startswith(MINUS) else unit + text
    return text + unit if unit in {"%", "‰", "°"} else f"{text} {unit}"


def one_of(unit: str) -> str:
    """The unit of one: units are kept as people write them, mostly in the plural."""
    if unit == "people":
        return "person"
    is_plural = len(unit) > 3 and unit.isalpha() and unit.endswith("s") and not unit.endswith("ss")
    return unit[:-1] if is_plural else unit


def change(value: Number | None, unit: str, decimals: int, *, short: bool = False) -> str:
    """A signed difference. Differences of percentages are points ("pts" in tight rows)."""
    if value is None or not math.isfinite(value):
        return NOTHING
    unit = ("pts" if short else "point" if abs(value) == 1 else "points") if unit == "%" else unit
    text = with_unit(value, unit, decimals)
    return text if text.startswith(MINUS) or not any(c in "123456789" for c in text) else f"+{text}"


def count_words(count: int) -> str:
    """Numbers up to ten as words, larger ones as figures."""
    return _WORDS[count] if 0 <= count < len(_WORDS) else number(count)


def plural(count: int, singular: str, several: str = "") -> str:
    """ "1 goal", "3 goals"; `several` for words that do not simply take an s."""
    return f"{number(count)} {singular if count == 1 else several or singular + 's'}"


def long_date(day: date | None) -> str:
    """17 November 2026."""
    return NOTHING if day is None else f"{_local(day):%-d %B %Y}"


def short_date(day: date | None) -> str:
    """17 Nov."""
    return NOTHING if day is None else f"{_local(day):%-d %b}"


def day_time(at: datetime | None) -> str:
    """17 November 2026, 09:41 in the active time zone."""
    return NOTHING if at is None else f"{_local(at):%-d %B %Y, %H:%M}"


def freshness(last: date | None, today: date, *, late: int = 7, stale: int = 14) -> Freshness:
    """How old a figure is: fresh up to `late` days, late up to `stale` days, then no data."""
    if last is None:
        return Freshness("No data yet", "none", "nodatac")
    local = _local(last)
    day = local.date() if isinstance(local, datetime) else local
    age = (today - day).days
    if age > stale:
        return Freshness(f"No data for {plural(age, 'day')}", "stale", "risk")
    if age > late:
        return Freshness(f"Late by {plural(age - late, 'day')}", "late", "clock")
    clock = f" {local:%H:%M}" if isinstance(local, datetime) else ""
    named = {0: "Today", 1: "Yesterday"}.get(age, f"{day:%-d %b}")
    return Freshness(named + clock, "fresh", "clock")


def initials(name: str) -> str:
    """Two letters for a name or an address; "?" when there is none."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    if len(words) == 1:
        return words[0][:2].upper()
    return (words[0][0] + words[-1][0]).upper()


def web_url(text: str) -> str:
    """The address where a link may lead: one of the web, or nothing. Other tools' data may name any scheme."""
    return text if text.lower().startswith(("https://", "http://")) else ""


def _local(value: date) -> date:
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value
