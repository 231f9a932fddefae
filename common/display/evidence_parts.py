"""What the charts of one belief are given: plain values, ready to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from common.display.parts import Table


@dataclass(frozen=True)
class PanelLine:
    """One of the two aligned panels: a series on its own scale, targets as steps, marks at the ends of quarters."""

    title: str
    points: Sequence[tuple[date, float | None]]  # first day of the period, value
    unit: str
    decimals: int
    steps: Sequence[tuple[date, date, float | None]] = ()
    results: Sequence[tuple[date, bool]] = ()  # last day of a quarter, whether it was met


@dataclass(frozen=True)
class EventMark:
    """A dated thing on the charts: its letter, its day, what it was."""

    letter: str
    day: date
    title: str
    detail: str = ""


@dataclass(frozen=True)
class QuarterSpan:
    """One quarter on the time axis; `short` "Q3", or "Q1 ’26" for the first of a year; `whole` "Q3 ’26"."""

    short: str
    start: date
    end: date  # the first day after it
    whole: str = ""


@dataclass(frozen=True)
class Bracket:
    """The delay between metric and goal: `days` long; `text` such as "3 weeks later"."""

    days: int
    text: str


@dataclass(frozen=True)
class TwoPanels:
    """Metric above, goal below, one time axis. `aside` are the days that the test did not use."""

    metric: PanelLine
    goal: PanelLine
    start: date
    end: date
    narrow_start: date
    quarters: Sequence[QuarterSpan]
    label: str
    open_from: date | None = None
    aside: Sequence[tuple[date, date]] = ()
    marks: Sequence[EventMark] = ()
    bracket: Bracket | None = None
    goal_days_back: int = 0  # the goal is drawn this many days earlier
    table: Table | None = None


@dataclass(frozen=True)
class PairPoint:
    """The surprises of one pair of periods; `is_recent` tells the last twelve months from earlier ones."""

    x: float
    y: float
    is_recent: bool


@dataclass(frozen=True)
class PairScatter:
    """Surprises of the metric against those of the goal at one lag. `slope` is the stored effect."""

    points: Sequence[PairPoint]
    goal_up: bool
    x_label: str
    y_label: str
    x_unit: str
    y_unit: str
    label: str
    slope: float | None = None
    kind: str = ""  # supported, contradicted or nothing: the colour of the line
    table: Table | None = None


@dataclass(frozen=True)
class LagPoint:
    """The association at one lag with its interval, plus meaning as believed."""

    lag: int
    value: float
    low: float
    high: float
    is_tested: bool = True
    is_found: bool = False
    is_believed: bool = False


@dataclass(frozen=True)
class LagProfile:
    """The association at every lag looked at. `periods` names the unit of the lags: "weeks"."""

    points: Sequence[LagPoint]
    periods: str
    label: str
    kind: str = ""
    table: Table | None = None
