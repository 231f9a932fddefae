"""The strategy overview answers three questions from the database, with few queries."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from config.overview import headline
from config.sample.build import Sample, sample_create

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=ZoneInfo("UTC"))


@pytest.fixture
def sample(db: None) -> Sample:
    return sample_create(now=NOW)


@pytest.fixture
def page(sample: Sample, logged_in: Any) -> str:
    with time_machine.travel(NOW):
        return str(logged_in(sample.manager).get(sample.product.get_absolute_url()).text)


def test_its_headline_is_the_answer(page: str) -> None:
    assert "One of five goals is on track. Two assumptions are broken, and one contest is open." in page


def test_it_says_what_to_do_first(page: str) -> None:
    assert page.index("Look at the contest “Win larger trade businesses”") < page.index(
        "Review the beliefs behind “More trials become customers”"
    )


def test_it_shows_every_goal_with_where_it_stands(page: str, sample: Sample) -> None:
    for fact in (
        "Customers grow with us",
        "109.3",
        "of 110.0",
        "Off track",
        "On track",
        "Win larger trade businesses",
    ):
        assert fact in page


def test_it_asks_for_twelve_queries_at_most(
    sample: Sample, logged_in: Any, django_assert_max_num_queries: Any
) -> None:
    client = logged_in(sample.manager)
    client.get(sample.product.get_absolute_url())

    with time_machine.travel(NOW), django_assert_max_num_queries(12):
        client.get(sample.product.get_absolute_url())


def test_an_empty_product_leads_to_its_first_steps(product: Any, alice: Any, logged_in: Any) -> None:
    page = logged_in(alice).get(product.get_absolute_url())

    assert "There is no goal yet." in page.text
    assert f"/p/{product.slug}/start/" in page.text


def test_it_is_hidden_from_a_stranger(product: Any, charlie: Any, logged_in: Any) -> None:
    assert logged_in(charlie).get(product.get_absolute_url()).status_code == 404


def test_without_goals_the_headline_says_so() -> None:
    assert headline([], []) == "There is no goal yet."


def test_its_changes_do_not_tell_who_proposed_what_before_the_decision(
    sample: Sample, logged_in: Any
) -> None:
    client = logged_in(sample.manager)

    stream = client.get(f"{sample.product.get_absolute_url()}changes/").text

    assert "target agreed" in stream
    assert "Bet on full plans instead of boards" not in stream
