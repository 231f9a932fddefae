"""Both series of a verdict in the store."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import pytest

from strategy.calculations.series_pack import NO_SERIES, AnalysedSeries, series_pack, series_unpack

STARTS = [date(2024, 1, 1) + timedelta(weeks=week) for week in range(5)]
SERIES = AnalysedSeries(
    STARTS,
    [1.0, None, 1 / 3, 4e9, -5.0],
    [None] * 5,
    [0.1, 0.2, None, 0.4, 0.5],
    [math.pi, 1.0, 2.0, 3.0, 4.0],
)


def test_what_is_packed_comes_back_to_the_last_bit():
    assert series_unpack(series_pack(SERIES)) == SERIES


def test_nothing_stored_is_a_series_without_periods():
    assert series_unpack(None) == NO_SERIES
    assert series_unpack(memoryview(b"")) == NO_SERIES


def test_three_years_of_weeks_take_few_kilobytes():
    values = [math.sin(week) * 1000 for week in range(156)]
    starts = [date(2024, 1, 1) + timedelta(weeks=week) for week in range(156)]

    assert len(series_pack(AnalysedSeries(starts, values, values, values, values))) < 7000


def test_pairs_set_a_period_of_the_metric_beside_a_later_one_of_the_goal():
    assert SERIES.pairs(2) == [(0, 2, 0.1, 2.0), (1, 3, 0.2, 3.0)]
    assert SERIES.pairs(0)[0] == (0, 0, 0.1, math.pi)
    assert NO_SERIES.pairs(3) == []


def test_series_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="one value for each period"):
        replace(SERIES, x=[1.0])


def test_a_format_of_the_future_is_refused():
    import zlib

    with pytest.raises(ValueError, match="format 2"):
        series_unpack(zlib.compress(b'{"format": 2, "periods": 0}\n'))
