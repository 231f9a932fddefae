"""Public holidays by country, from the `holidays` library: which countries it knows, and which ISO weeks hold one."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache

import holidays
from holidays.registry import COUNTRIES

SUNDAY = 6

# The library names a country by its class; where parting the words is not enough, the English name.
_NAMES = {
    "AX": "Åland Islands",
    "BL": "Saint Barthélemy",
    "BQ": "Bonaire, Sint Eustatius and Saba",
    "CD": "Congo (Democratic Republic)",
    "CG": "Congo (Republic)",
    "CW": "Curaçao",
    "GW": "Guinea-Bissau",
    "HM": "Heard Island and McDonald Islands",
    "MF": "Saint Martin (French part)",
    "RE": "Réunion",
    "SH": "Saint Helena, Ascension and Tristan da Cunha",
    "ST": "São Tomé and Príncipe",
    "SX": "Sint Maarten (Dutch part)",
    "SY": "Syria",
    "TL": "Timor-Leste",
}
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SMALL_WORDS = {"And": "and", "The": "the", "Of": "of"}


def countries() -> list[tuple[str, str]]:
    """Every country that the library knows, as (two letters of ISO 3166, English name), by name."""
    known = [(code, _NAMES.get(code) or _parted(name)) for name, code, *_ in COUNTRIES.values()]
    return sorted(known, key=lambda country: _plain(country[1]))


def regions(country: str) -> list[str]:
    """The codes of the country's states or regions whose holidays differ, sorted; none for an unknown country."""
    return sorted(_calendar(country).subdivisions) if _knows(country) else []


def region_names(country: str) -> dict[str, str]:
    """The name of each region, by its code and sorted by it; the code itself where it is the name."""
    aliases = _calendar(country).subdivisions_aliases if _knows(country) else {}
    # The full name comes first, short forms of it after.
    names = {code: name for name, code in reversed(aliases.items())}
    return {code: names.get(code, code) for code in regions(country)}


def region_code(country: str, text: str) -> str | None:
    """The code of the region that `text` names by its code or its name, in any case; None when there is none.

    "by" and "bayern" are both "BY" in Germany.
    """
    wanted = text.strip().casefold()
    if not wanted or not _knows(country):
        return None
    calendar = _calendar(country)
    known = {name.casefold(): code for name, code in calendar.subdivisions_aliases.items()}
    known |= {code.casefold(): code for code in calendar.subdivisions}
    return known.get(wanted)


def holiday_weeks(country: str, region: str, first: date, last: date) -> dict[date, str]:
    """The ISO weeks, by their Monday, of the days `first` to `last` in which a working day is a public holiday.

    Each with the holiday's English name, or names, parted by commas; in the order of time. A working day is one that
    is not the country's weekend. Empty for a country that the library does not know; a region that it does not know
    counts for nothing, the country's own holidays stay.
    """
    start, end = first - timedelta(days=first.weekday()), last + timedelta(days=SUNDAY - last.weekday())
    found: dict[date, list[str]] = {}
    for year in range(start.year, end.year + 1):
        for day, name in _year(country, region, year):
            if not start <= day <= end:
                continue
            names = found.setdefault(day - timedelta(days=day.weekday()), [])
            if name not in names:
                names.append(name)
    return {monday: ", ".join(names) for monday, names in found.items()}


@lru_cache(maxsize=256)
def _year(country: str, region: str, year: int) -> tuple[tuple[date, str], ...]:
    """The public holidays of one year that fall on working days, in the order of time."""
    if not _knows(country):
        return ()
    subdivision = region if region in regions(country) else None
    known = _calendar(country)
    own = known.default_language or ""
    # Without a language the library takes the one of the process's environment.
    language = own if own.startswith("en") else "en_US"
    days = holidays.country_holidays(country, subdiv=subdivision, years=year, language=language)
    return tuple(sorted((day, name) for day, name in days.items() if day.weekday() not in days.weekend))


def _knows(country: str) -> bool:
    # The library knows codes of three letters too; the organisation stores two.
    return len(country) == 2 and country in holidays.list_supported_countries()


def _calendar(country: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country)


def _plain(name: str) -> str:
    """Without accents, so that "Åland" stands with the As."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()


def _parted(name: str) -> str:
    return " ".join(_SMALL_WORDS.get(word, word) for word in _WORD.split(name))
