"""Public holidays: which countries and regions there are, and which weeks hold one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from common.holidays import countries, holiday_weeks, region_code, region_names, regions


def test_countries_are_listed_once_each_by_their_english_name() -> None:
    listed = countries()

    assert dict(listed)["DE"] == "Germany"
    assert dict(listed)["TT"] == "Trinidad and Tobago"
    assert len({code for code, _name in listed}) == len(listed)
    assert {len(code) for code, _name in listed} == {2}


def test_a_name_with_an_accent_stands_among_its_letter() -> None:
    names = [name for _code, name in countries()]

    assert names.index("Åland Islands") < names.index("Albania")
    assert names.index("São Tomé and Príncipe") < names.index("Saudi Arabia")


def test_regions_are_the_codes_of_the_country_and_none_for_a_country_without_any() -> None:
    assert {"BY", "BE", "NW"} <= set(regions("DE"))
    assert regions("JP") == []
    assert regions("") == []
    assert regions("ZZ") == []


def test_a_region_has_a_name_which_may_be_its_code() -> None:
    assert region_names("AT")["9"] == "Wien"
    assert region_names("DE")["Augsburg"] == "Augsburg"
    assert list(region_names("DE")) == regions("DE")
    assert region_names("ZZ") == {}


@pytest.mark.parametrize("text", ["BY", "by", " Bayern ", "BAYERN"])
def test_a_region_is_found_by_its_code_or_its_name(text: str) -> None:
    assert region_code("DE", text) == "BY"


@pytest.mark.parametrize(("country", "text"), [("DE", "Texas"), ("DE", ""), ("", "BY"), ("ZZ", "BY")])
def test_a_region_of_another_country_or_of_none_is_not_found(country: str, text: str) -> None:
    assert region_code(country, text) is None


def test_a_week_with_a_holiday_on_a_weekday_is_named_by_its_monday() -> None:
    # Christmas Day 2026 is a Friday; the day after is a Saturday, and costs no working day.
    weeks = holiday_weeks("DE", "", date(2026, 12, 14), date(2026, 12, 27))

    assert weeks == {date(2026, 12, 21): "Christmas Day"}


def test_a_week_with_two_holidays_names_both_once() -> None:
    weeks = holiday_weeks("GB", "ENG", date(2023, 4, 3), date(2023, 4, 16))

    assert weeks == {date(2023, 4, 3): "Good Friday", date(2023, 4, 10): "Easter Monday"}
    assert holiday_weeks("GB", "ENG", date(2023, 12, 25), date(2023, 12, 31)) == {
        date(2023, 12, 25): "Christmas Day, Boxing Day"
    }


def test_a_week_of_two_years_counts_the_holidays_of_both() -> None:
    # 1 January 2027 is the Friday of the week that begins on 28 December 2026.
    assert holiday_weeks("DE", "", date(2026, 12, 28), date(2026, 12, 30)) == {
        date(2026, 12, 28): "New Year's Day"
    }


def test_a_region_adds_its_own_holidays() -> None:
    # Epiphany, 6 January 2027, is a Wednesday and a holiday in Bavaria, not in Berlin.
    week = date(2027, 1, 4)

    assert holiday_weeks("DE", "BY", week, week) == {week: "Epiphany"}
    assert holiday_weeks("DE", "BE", week, week) == {}


def test_an_unknown_country_has_no_holidays_and_an_unknown_region_only_the_countrys() -> None:
    year = (date(2026, 1, 1), date(2026, 12, 31))

    assert holiday_weeks("", "", *year) == {}
    assert holiday_weeks("ZZ", "", *year) == {}
    assert holiday_weeks("DE", "Texas", *year) == holiday_weeks("DE", "", *year) != {}


def test_a_holiday_on_a_countrys_own_weekend_costs_no_working_day() -> None:
    # Egypt rests on Friday and Saturday; Coptic Christmas, 7 January 2028, is a Friday.
    weeks = holiday_weeks("EG", "", date(2028, 1, 3), date(2028, 1, 9))

    assert weeks == {}


def test_names_are_english_whatever_the_language_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "de")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")

    # A year that nothing else asks for, since years are remembered.
    assert holiday_weeks("DE", "", date(2036, 12, 22), date(2036, 12, 28)) == {
        date(2036, 12, 22): "Christmas Day, Second Day of Christmas"
    }


@pytest.mark.parametrize("code", [code for code, _name in countries()])
def test_every_country_and_region_on_offer_can_be_asked_for(code: str) -> None:
    first, last = date(2026, 1, 1), date(2026, 12, 31)

    assert all(monday.weekday() == 0 for monday in holiday_weeks(code, "", first, last))
    for region in regions(code)[:3]:
        assert isinstance(holiday_weeks(code, region, first, first + timedelta(weeks=2)), dict)
        assert region_code(code, region) == region
