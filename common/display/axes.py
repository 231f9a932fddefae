"""Scales and ticks of small charts: round steps, short labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import pairwise

from common.display.values import MINUS, number, with_unit

_BEFORE_OR_CLOSE = {"£", "$", "€", "%", "‰", "°"}
_SHORT = ((1e9, 1e9, "bn"), (1e6, 1e6, "m"), (1e4, 1e3, "k"))  # from this size on, divided by, letter


def linear(low: float, high: float, first: float, last: float) -> Callable[[float], float]:
    """The line that sends `low` to `first` and `high` to `last`; everything to the middle when both are equal."""
    if high == low:
        return lambda _value: (first + last) / 2
    return lambda value: first + (value - low) / (high - low) * (last - first)


def extent(values: Iterable[float | None], margin: float = 0.06) -> tuple[float, float]:
    """The least and the greatest of the values with a margin at both ends; 0 to 1 without any."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    room = (high - low) * margin or abs(high) * margin or 1.0
    return low - room, high + room


def ticks(low: float, high: float, at_most: int = 5) -> list[float]:
    """Round values between `low` and `high`: multiples of 1, 2 or 5 times a power of ten."""
    if not (math.isfinite(low) and math.isfinite(high)) or high - low <= 1e-9 * max(abs(low), abs(high)):
        return []  # nothing between them that floats could tell apart
    rough = (high - low) / at_most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def tick_labels(values: list[float], unit: str = "") -> list[str]:
    """Short labels with just enough decimals to tell the ticks apart; units that need room are left out."""
    if not values:
        return []
    step = min((b - a for a, b in pairwise(values)), default=abs(values[0]) or 1.0)
    large = max(abs(value) for value in values)
    scale, letter = _shortened(large)
    decimals = max(0, -math.floor(math.log10(step / scale) + 1e-9))
    unit = unit if unit in _BEFORE_OR_CLOSE else ""
    return [_label(value / scale, unit, decimals, letter) for value in values]


def short_value(value: float | None, unit: str, decimals: int, room: int = 9) -> str:
    """The value with its unit where that fits in `room` characters, else shorter."""
    text = with_unit(value, unit, decimals)
    if value is None or len(text) <= room:
        return text
    scale, letter = _shortened(abs(value))
    close = unit if unit in _BEFORE_OR_CLOSE else ""
    return _label(value / scale, close, 1 if letter else decimals, letter)


def _shortened(size: float) -> tuple[float, str]:
    """What a number of this size is divided by, and the letter that says so."""
    return next(((divisor, letter) for least, divisor, letter in _SHORT if size >= least), (1.0, ""))


def signed(value: float | None, decimals: int = 2) -> str:
    """The value with its sign: "+0.31", "−0.72", "0.00"."""
    text = number(value, decimals)
    positive = value is not None and value > 0 and any(digit in "123456789" for digit in text)
    return f"+{text}" if positive else text


def _label(value: float, unit: str, decimals: int, letter: str) -> str:
    text = number(value, decimals) + letter
    if unit in {"£", "$", "€"}:
        return f"{MINUS}{unit}{text[1:]}" if text.startswith(MINUS) else unit + text
    return text + unit
