"""The sample's figures add up to what its verdicts need."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import fmean

import pytest

from common.quarters import FiscalCalendar
from config.sample.series import weekly_values, weeks_between
from config.sample.world.metrics import METRICS, SampleMetric

TODAY = date(2026, 11, 25)
OPEN = FiscalCalendar().quarter_of(TODAY)
QUARTERS = [OPEN.shift(n) for n in range(-8, 1)]


def _aggregate(values: list[float], aggregation: str) -> float:
    return {"last": lambda: values[-1], "mean": lambda: fmean(values), "sum": lambda: sum(values)}[
        aggregation
    ]()


@pytest.mark.parametrize("metric", [m for m in METRICS if m.anchors], ids=lambda m: m.key)
def test_every_closed_quarter_amounts_to_its_anchor(metric: SampleMetric) -> None:
    rows = weekly_values(metric, quarters=QUARTERS, today=TODAY)

    for quarter, anchor in zip(QUARTERS[:-1], metric.anchors[1:], strict=False):
        values = [value for day, value in rows if day in quarter]
        assert _aggregate(values, metric.aggregation) == pytest.approx(anchor, rel=2e-3)


def test_the_same_seed_gives_the_same_figures() -> None:
    metric = METRICS[0]

    assert weekly_values(metric, quarters=QUARTERS, today=TODAY) == weekly_values(
        metric, quarters=QUARTERS, today=TODAY
    )


def test_only_finished_weeks_have_figures() -> None:
    last_day, _ = weekly_values(METRICS[0], quarters=QUARTERS, today=TODAY)[-1]

    assert last_day + timedelta(days=3) <= TODAY


def test_every_week_of_a_quarter_is_a_thursday_in_it() -> None:
    days = weeks_between(OPEN.start, OPEN.end)

    assert {day.weekday() for day in days} == {3}
    assert len(days) in {13, 14}
    assert all(day in OPEN for day in days)
