"""Believable weekly figures that add up to the chosen quarter values. Pure, with a fixed seed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from common.quarters import Quarter
from config.sample.world import SEED
from config.sample.world.metrics import LINKS, SampleMetric

MOMENTUM = 0.5  # a good week is followed by a better one than usual
LEAD = 26  # weeks before the first, so that what follows another metric has something to follow


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
    weeks = [weeks_between(quarter.start, quarter.end) for quarter in quarters]
    surprises = _surprises(metric.key, sum(len(days) for days in weeks))
    rows: list[tuple[date, float]] = []
    done = 0
    for number, days in enumerate(weeks):
        values = _quarter_values(metric, number, surprises[done : done + len(days)])
        done += len(days)
        rows += [
            (day, round(float(value), metric.decimals))
            for day, value in zip(days, values, strict=True)
            if day + timedelta(days=3) <= today
        ]
    return rows


def _surprises(key: str, count: int) -> NDArray[np.float64]:
    """The week's ups and downs with momentum, of about unit size; in part those of another metric some weeks before."""
    own = _momentum(key, count + LEAD)
    link = LINKS.get(key)
    if link is not None:
        led = np.roll(_momentum(link.metric, count + LEAD), link.lag_weeks)
        own = link.share * led + np.sqrt(1 - link.share**2) * own
    return own[LEAD:]


def _momentum(key: str, count: int) -> NDArray[np.float64]:
    random = np.random.default_rng([SEED, zlib.crc32(key.encode())])
    steps = random.normal(0, np.sqrt(1 - MOMENTUM**2), count)
    walk = np.empty(count)
    last = random.normal()
    for week, step in enumerate(steps):
        last = MOMENTUM * last + step
        walk[week] = last
    return walk


def _quarter_values(metric: SampleMetric, number: int, surprises: NDArray[np.float64]) -> NDArray[np.float64]:
    count = len(surprises)
    before, anchor = metric.anchors[number], metric.anchors[number + 1]
    step = np.arange(1, count + 1) / count
    # The open quarter has no anchor to hold it yet: less noise keeps its standing from depending on the day.
    noise = surprises * metric.noise * (0.25 if number == len(metric.anchors) - 2 else 1)
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
