"""Forecasts and their record over the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from strategy.models import Forecast
from strategy.services import forecasts_make, forecasts_score, quarters_evaluate
from strategy.tests.factories import figures_wander, goal_make, metric_make, team_target_make

UTC = ZoneInfo("UTC")
LIST = "/api/v1/forecasts/"
RECORD = "/api/v1/track-records/fieldnote/"
CLOSED = datetime(2027, 1, 12, 3, 0, tzinfo=UTC)


@pytest.fixture
def goal(product, alice, team, now):
    goal = goal_make(product, alice)
    metric = metric_make(product, key="usage", kind="outcome")
    for one in (metric, goal.versions.get().metric):
        figures_wander(one, now)
    team_target_make(team, metric, "2026-Q4", 83.0)
    forecasts_make(now=now - timedelta(days=7))
    forecasts_make(now=now)
    return goal


def test_the_newest_come_first_and_tell_what_was_said(goal, logged_in, alice):
    body = logged_in(alice).get(LIST).json()

    assert body["count"] == 4
    assert [row["made_on"] for row in body["results"]] == ["2026-11-18"] * 2 + ["2026-11-11"] * 2
    row = next(row for row in body["results"] if row["goal"] == goal.pk)
    assert (row["product"], row["metric"], row["aim"], row["is_current"]) == (
        "fieldnote",
        "retention",
        86.0,
        True,
    )
    assert 0 < row["chance"] < 1
    assert row["low"] < row["centre"] < row["high"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("current=true", 2),
        ("quarter=2026-Q4", 4),
        ("quarter=2026-Q3", 0),
        ("metric=usage&current=true", 1),
        ("scored=true", 0),
        ("product=elsewhere", 0),
    ],
)
def test_filters_narrow_the_list(goal, logged_in, alice, query, count):
    assert logged_in(alice).get(f"{LIST}?{query}").json()["count"] == count


def test_a_goal_and_a_target_are_found_by_their_ids(goal, logged_in, alice):
    target = Forecast.objects.filter(target__isnull=False).values_list("target", flat=True)[0]

    assert logged_in(alice).get(f"{LIST}?goal={goal.pk}").json()["count"] == 2
    assert logged_in(alice).get(f"{LIST}?target={target}").json()["count"] == 2


def test_a_quarter_that_is_none_is_named(goal, logged_in, alice):
    answer = logged_in(alice).get(f"{LIST}?quarter=autumn")

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"code": "invalid", "detail": "Name the quarter like 2026-Q4.", "attr": "quarter"}
    ]


def test_nothing_can_be_written(goal, logged_in, alice):
    assert logged_in(alice).post(LIST, {}, content_type="application/json").status_code == 405


def test_the_record_sums_up_what_came(goal, logged_in, alice):
    quarters_evaluate(now=CLOSED)
    forecasts_score(now=CLOSED)

    body = logged_in(alice).get(RECORD).json()

    assert (body["product"], body["total"]["n"]) == ("fieldnote", 4)
    assert sum(part["tally"]["n"] for part in body["tenths"]) == 4
    assert sum(part["tally"]["n"] for part in body["horizons"]) == 4
    assert body["calibrations"][0]["frequency"] == "weekly"


def test_an_empty_record_has_no_shares(product, logged_in, alice):
    body = logged_in(alice).get(RECORD).json()

    assert (body["total"]["n"], body["total"]["brier"], body["tenths"], body["reliability"]) == (
        0,
        None,
        [],
        None,
    )


def test_a_stranger_sees_neither(goal, logged_in, charlie):
    there = logged_in(charlie)

    assert there.get(LIST).json()["count"] == 0
    assert there.get(f"{LIST}{Forecast.objects.first().pk}/").status_code == 404
    assert there.get(RECORD).status_code == 404
