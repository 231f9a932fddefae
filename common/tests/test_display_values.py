"""Figures, dates and counts as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from common.display import values

TODAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1234567.891, 2, "1,234,567.89"),
        (-3, 1, "−3.0"),
        (Decimal("-0.04"), 1, "0.0"),
        (0, 0, "0"),
        (None, 1, "–"),
        (float("nan"), 1, "–"),
        (float("inf"), 1, "–"),
    ],
)
def test_a_number_has_thousands_a_real_minus_and_a_dash_for_nothing(
    value: Any, decimals: int, text: str
) -> None:
    assert values.number(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (20, "%", "20.0%"),
        (-1200, "£", "−£1,200.0"),
        (3.25, "days", "3.2 days"),
        (7, "", "7.0"),
        (None, "%", "–"),
    ],
)
def test_a_unit_stands_where_people_write_it(value: Any, unit: str, text: str) -> None:
    assert values.with_unit(value, unit, 1) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1, "invoices", "1 invoice"),
        (-1, "days", "−1 day"),
        (1, "people", "1 person"),
        (2, "days", "2 days"),
        (1, "ms", "1 ms"),
        (1, "GB/s", "1 GB/s"),
        (1, "%", "1%"),
    ],
)
def test_one_of_a_counted_unit_is_in_the_singular(value: Any, unit: str, text: str) -> None:
    assert values.with_unit(value, unit, 0) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.4, "%", "+0.4 points"),
        (1, "%", "+1.0 point"),
        (-1.5, "%", "−1.5 points"),
        (0, "%", "0.0 points"),
        (12, "accounts", "+12.0 accounts"),
        (None, "%", "–"),
    ],
)
def test_a_change_carries_its_sign_and_percentages_change_in_points(value: Any, unit: str, text: str) -> None:
    assert values.change(value, unit, 1) == text


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 4))
def test_no_float_breaks_a_page(value: float, decimals: int) -> None:
    text = values.number(value, decimals)

    assert text
    assert "nan" not in text
    assert "inf" not in text
    assert "-" not in text


def test_numbers_up_to_ten_are_words() -> None:
    assert [values.count_words(count) for count in (0, 1, 10, 11, 1200)] == [
        "none",
        "one",
        "ten",
        "11",
        "1,200",
    ]


def test_a_plural_follows_its_number() -> None:
    assert values.plural(1, "goal") == "1 goal"
    assert values.plural(3, "goal") == "3 goals"
    assert values.plural(0, "entry", "entries") == "0 entries"


@pytest.mark.parametrize(
    ("last", "text", "state"),
    [
        (None, "No data yet", "none"),
        (TODAY, "Today", "fresh"),
        (datetime(2026, 11, 18, 5, 40, tzinfo=UTC), "Today 05:40", "fresh"),
        (date(2026, 11, 17), "Yesterday", "fresh"),
        (date(2026, 11, 12), "12 Nov", "fresh"),
        (date(2026, 11, 9), "Late by 2 days", "late"),
        (date(2026, 11, 10), "Late by 1 day", "late"),
        (date(2026, 10, 29), "No data for 20 days", "stale"),
    ],
)
def test_freshness_is_told_in_words(last: Any, text: str, state: str) -> None:
    fact = values.freshness(last, TODAY)

    assert (fact.text, fact.state) == (text, state)


def test_initials_come_from_names_and_addresses() -> None:
    assert values.initials("Onboarding lead") == "OL"
    assert values.initials("dispatch.lead@example.com") == "DC"
    assert values.initials("Dispatch") == "DI"
    assert values.initials("  ") == "?"


def test_dates_are_written_in_british_order() -> None:
    at = datetime(2026, 11, 17, 9, 41, tzinfo=UTC)

    assert values.long_date(at) == "17 November 2026"
    assert values.short_date(date(2026, 11, 7)) == "7 Nov"
    assert values.day_time(at) == "17 November 2026, 09:41"
    assert values.long_date(None) == "–"


def test_filters_use_the_unit_and_decimals_of_the_metric() -> None:
    template = Template(
        "{% load bearing %}{{ v|metric_value:m }} {{ v|metric_number:m }} {{ c|metric_change:m }} {{ n|words }}"
    )

    text = template.render(
        Context({"v": 23.74, "c": -0.3, "n": 3, "m": SimpleNamespace(unit="%", decimals=1)})
    )

    assert text == "23.7% 23.7 −0.3 points three"


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://board.example/1", "https://board.example/1"),
        ("HTTP://board.example", "HTTP://board.example"),
        ("javascript:alert(1)", ""),
        (" https://board.example", ""),
        ("", ""),
    ],
)
def test_a_link_leads_to_the_web_or_nowhere(text: str, link: str) -> None:
    assert values.web_url(text) == link
