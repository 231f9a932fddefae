"""Both series of a verdict in a few kilobytes: days and numbers, compressed, exact to the last bit.

Layout, before zlib: a line of JSON with the format's number and the count of periods; the ordinals of the periods'
first days as 32-bit integers; then the four series as 64-bit floats, little-endian, NaN where there is no value.
"""

from __future__ import annotations

import json
import math
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from sys import byteorder

FORMAT = 1
_SERIES = ("x", "y", "x_surprise", "y_surprise")
Numbers = Sequence[float | None]


@dataclass(frozen=True)
class AnalysedSeries:
    """Metric (x) and goal (y) by period as they were tested, before logs, with their surprises on the tested scale.

    A surprise is what is left of a figure beyond its own trend, season, shift and momentum. None: no value, or the
    period was set aside.
    """

    starts: Sequence[date]
    x: Numbers
    y: Numbers
    x_surprise: Numbers
    y_surprise: Numbers

    def __len__(self) -> int:
        return len(self.starts)

    def __post_init__(self) -> None:
        if any(len(getattr(self, name)) != len(self.starts) for name in _SERIES):
            raise ValueError("Each series must have one value for each period.")

    def pairs(self, lag: int) -> list[tuple[int, int, float, float]]:
        """The periods that are compared at this lag: place of the metric, of the goal, and their surprises."""
        found = []
        for later in range(lag, len(self.starts)):
            x, y = self.x_surprise[later - lag], self.y_surprise[later]
            if x is not None and y is not None:
                found.append((later - lag, later, x, y))
        return found


NO_SERIES = AnalysedSeries((), (), (), (), ())


def series_pack(series: AnalysedSeries) -> bytes:
    """The series as bytes for the store."""
    head = json.dumps({"format": FORMAT, "periods": len(series)}).encode() + b"\n"
    days = array("i", (day.toordinal() for day in series.starts))
    numbers = array("d")
    for name in _SERIES:
        numbers.extend(math.nan if value is None else value for value in getattr(series, name))
    return zlib.compress(head + _little(days) + _little(numbers), 9)


def series_unpack(packed: bytes | memoryview | None) -> AnalysedSeries:
    """The series from the store, without periods for None; ValueError for a format that is not known."""
    if packed is None or not len(packed):
        return NO_SERIES
    head, body = zlib.decompress(packed).split(b"\n", 1)
    facts = json.loads(head)
    if facts.get("format") != FORMAT:
        raise ValueError(f"The stored series have the format {facts.get('format')!r}, not {FORMAT}.")
    count = facts["periods"]
    days, numbers = array("i"), array("d")
    days.frombytes(body[: 4 * count])
    numbers.frombytes(body[4 * count :])
    if byteorder == "big":
        days.byteswap()
        numbers.byteswap()
    columns = [
        [None if math.isnan(value) else value for value in numbers[place * count : (place + 1) * count]]
        for place in range(len(_SERIES))
    ]
    return AnalysedSeries([date.fromordinal(day) for day in days], *columns)


def _little(values: array[int] | array[float]) -> bytes:
    if byteorder == "big":
        values = values[:]
        values.byteswap()
    return values.tobytes()
