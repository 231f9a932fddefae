"""Believable weekly figures that add up to the chosen quarter values. Pure, with a fixed seed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from common.quarters import Quarter
from config.sample.world import SEED, SampleMetric


def weeks_between(start: date, end: date) -> list[date]:
    """The Thursdays of the ISO weeks from `start` up to but not including `end`."""
    first = start + timedelta(days=(3 - start.weekday()) % 7)
    return [first + timedelta(days=7 * n) for n in range(max(0, (end - first).days + 6) // 7)]


def weekly_values(
    metric: SampleMetric, *, quarters: Sequence[Quarter], today: date
) -> list[tuple[date, float]]:
    """(Thursday, value) of every finished week of `quarters` up to `today`.

    `quarters` are those of `metric.anchors` from its second value on. Within a quarter the value walks from the
    last quarter's amount to this one's, with a season and noise, and is then moved so that the quarter's
    aggregate is the anchor.
    """
    random = np.random.default_rng([SEED, zlib.crc32(metric.key.encode())])
    rows: list[tuple[date, float]] = []
    for number, quarter in enumerate(quarters):
        days = weeks_between(quarter.start, quarter.end)
        values = _quarter_values(metric, number, len(days), random)
        rows += [
            (day, round(float(value), metric.decimals))
            for day, value in zip(days, values, strict=True)
            if day + timedelta(days=3) <= today
        ]
    return rows


def _quarter_values(
    metric: SampleMetric, number: int, count: int, random: np.random.Generator
) -> NDArray[np.float64]:
    before, anchor = metric.anchors[number], metric.anchors[number + 1]
    step = np.arange(1, count + 1) / count
    # The open quarter has no anchor to hold it yet: less noise keeps its standing from depending on the day.
    noise = random.normal(0, metric.noise * (0.25 if number == len(metric.anchors) - 2 else 1), count)
    if metric.aggregation == "sum":
        weekly = before / count + (anchor - before) / count * (0.5 + step)
        values = weekly + noise
        return np.asarray(values * (anchor / values.sum()))
    season = 0.5 * metric.noise * np.sin(2 * np.pi * step)
    values = before + (anchor - before) * step + season + noise
    if metric.aggregation == "mean":
        return np.asarray(values - values.mean() + anchor)
    values[-1] = anchor
    return np.asarray(values)
