"""Figures of a metric as a Plotly figure: plain dicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from common.display import values
from common.display.parts import KeyItem, Table
from common.figures import (
    Figure,
    band_trace,
    end_label_add,
    event_marks_add,
    line_layout,
    line_trace,
    quarter_notes,
    quarter_shapes,
    read_along,
    target_trace,
)
from common.quarters import Quarter
from metrics.analysis.variation import Rule
from metrics.calculations.moves import Variation
from metrics.models import Metric, Target
from metrics.selectors.events import MarkedEvent
from metrics.selectors.series import Series

_MEAN_OVER = 4
_RUNS = {
    Rule.OUTSIDE: "beyond the usual range",
    Rule.TWO_OF_THREE: "two of the last three moves were far to one side",
    Rule.FOUR_OF_FIVE: "four of the last five moves were well to one side",
    Rule.EIGHT_ON_ONE_SIDE: "eight moves in a row were to one side of the middle",
    Rule.SIX_IN_A_ROW: "six moves in a row, each further than the one before",
}
_PERIOD_WORDS = {
    "daily": "%-d %b %Y",
    "weekly": "Week of %-d %b %Y",
    "monthly": "%b %Y",
    "quarterly": "%b %Y",
}


def series_figure(
    *,
    metric: Metric,
    series: Series,
    targets: Sequence[Target],
    quarters: Sequence[Quarter],
    current: Quarter,
    events: Sequence[MarkedEvent] = (),
    variation: Variation | None = None,
) -> Figure:
    """The series with its quarters and events, and the commit of each team as steps. Weekly ones with a 4-week mean.

    Where `variation` has a band of the usual range, it lies behind the line.
    """
    start = series.dates[0] if series.dates else current.start
    shown = [quarter for quarter in quarters if quarter.end > start]
    # the whole quarter is shown, so that its target has a place to go to
    layout = line_layout(
        start=min(start, shown[0].start if shown else start),
        end=current.end,
        unit=metric.unit,
        decimals=metric.decimals,
        narrow_start=max(start, current.shift(-5).start),
        hover=_PERIOD_WORDS[metric.frequency],
    )
    layout["shapes"] = quarter_shapes(shown, open_quarter=current)
    layout["annotations"] = quarter_notes(shown, open_quarter=current)
    event_marks_add(layout, [(item.mark, item.day) for item in events])
    unit, decimals = metric.unit, metric.decimals
    smooth = metric.frequency == "weekly" and len(series) >= 2 * _MEAN_OVER
    traces = _band_traces(series, metric, variation)
    if smooth:
        traces.append(line_trace(series.dates, series.values, name="Each week", faint=True))
        traces.append(
            line_trace(series.dates, _means(series.values), name="4-week mean", unit=unit, decimals=decimals)
        )
    else:
        traces.append(line_trace(series.dates, series.values, name=metric.name, unit=unit, decimals=decimals))
    read_along(layout, curve=len(traces) - 1, sentences=_sentences(metric, series), page=_page(metric))
    for team in dict.fromkeys(target.team_id for target in targets):
        mine = [target for target in targets if target.team_id == team]
        steps = [(target.quarter_start, target.quarter_end, target.judged_commit) for target in mine]
        traces.append(target_trace(steps, name=f"Target of {mine[0].team}", unit=unit, decimals=decimals))
    if series.dates:
        end_label_add(layout, series.values[-1], unit=unit, decimals=decimals)
    return {"data": traces, "layout": layout}


def _band_traces(series: Series, metric: Metric, variation: Variation | None) -> list[dict[str, Any]]:
    if variation is None or not has_band(metric, variation):
        return []
    first = series.dates[0] if series.dates else date.min
    shown = [row for row in variation.band if row[0] >= first]
    return [band_trace(shown, name="Usual range")] if len(shown) > 1 else []


def has_band(metric: Metric, variation: Variation) -> bool:
    """Daily figures are judged by week: a week's range around a day would be another range."""
    return bool(variation.band) and metric.frequency != "daily"


def series_key(
    metric: Metric, series: Series, targets: Sequence[Target], variation: Variation | None = None
) -> list[KeyItem]:
    """The key row under the chart."""
    smooth = metric.frequency == "weekly" and len(series) >= 2 * _MEAN_OVER
    items = [KeyItem("4-week mean"), KeyItem("each week", "ln raw")] if smooth else [KeyItem(metric.name)]
    if variation is not None and has_band(metric, variation):
        items.append(KeyItem(f"usual range of a {variation.period}", "band"))
    return [*items, KeyItem("target", "tgt")] if targets else items


def series_table(metric: Metric, series: Series, limit: int = 60) -> Table:
    """The newest figures first, as a table."""
    rows = [
        [values.long_date(day), values.with_unit(value, metric.unit, metric.decimals)]
        for day, value in series.points[::-1][:limit]
    ]
    return Table(["Date", metric.name], rows)


def series_finding(metric: Metric, series: Series) -> str:
    """One sentence on where the series stands, without claiming why."""
    if len(series) < 2:
        return "One figure so far." if len(series) else ""
    first, last = series.values[0], series.values[-1]
    change = values.change(last - first, metric.unit, metric.decimals)
    return f"{change} since {values.long_date(series.dates[0])}, from {len(series)} figures."


@dataclass(frozen=True)
class MoveWords:
    """The last move and what it says, in words."""

    name: str
    move: str
    verdict: str
    detail: str


def move_words(metric: Metric, variation: Variation) -> MoveWords:
    """ "Within the usual range, −1.4 to +1.6 points", or that it is a signal and by which pattern."""
    name, reading = f"Newest {variation.period}’s move", variation.reading
    if reading is None:
        needed = f"{variation.needed} {variation.period}s in a row are needed to tell a signal"
        return MoveWords(name, values.NOTHING, "", needed)
    move, high = (
        values.change(value, metric.unit, metric.decimals) for value in (reading.move, reading.high)
    )
    low = values.change(reading.low, "", metric.decimals)
    if not reading.is_signal:
        return MoveWords(name, move, "Within the usual range", f"{low} to {high}")
    if reading.is_outside:
        side = "above" if reading.move > reading.high else "below"
        return MoveWords(name, move, "A signal", f"{side} the usual range of {low} to {high}")
    return MoveWords(name, move, "A signal", _RUNS[reading.rules[0]])


def _means(numbers: Sequence[float]) -> list[float | None]:
    """The mean of each value and the three before it; none where there are not four."""
    means: list[float | None] = []
    for index in range(len(numbers)):
        part = numbers[max(0, index - _MEAN_OVER + 1) : index + 1]
        means.append(sum(part) / len(part) if len(part) == _MEAN_OVER else None)
    return means


def _sentences(metric: Metric, series: Series) -> list[str | None]:
    return [
        f"{values.long_date(day)}: {values.with_unit(value, metric.unit, metric.decimals)}"
        for day, value in series.points
    ]


def _page(metric: Metric) -> int:
    return {"daily": 91, "weekly": 13, "monthly": 3, "quarterly": 1}[metric.frequency]


def since_of(period: str, today: date) -> date | None:
    """The first day of a chart's period: "1y", "2y" or everything."""
    years = {"1y": 1, "2y": 2}.get(period)
    return today - timedelta(days=round(365.25 * years)) if years else None
