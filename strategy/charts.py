"""Rows to Plotly figures, as plain dicts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, timedelta

from common.display import values
from common.display.parts import KeyItem
from common.figures import (
    Figure,
    end_label_add,
    event_marks_add,
    forecast_traces,
    line_layout,
    line_trace,
    quarter_notes,
    quarter_shapes,
    read_along,
    result_trace,
    target_trace,
)
from common.quarters import Quarter
from metrics.selectors import MarkedEvent
from strategy.models import QuarterResult
from strategy.selectors.page import GoalPage

MEAN_WEEKS = 4
PERIODS = (("1y", "1 year"), ("2y", "2 years"), ("all", "All"))
NARROW_QUARTERS = 6
Point = tuple[date, float | None]


def since_of(period: str, today: date) -> date | None:
    """The first day of a chart's period: "1y", "2y" or, with None, everything."""
    years = {"1y": 1, "2y": 2}.get(period)
    return today - timedelta(days=round(365.25 * years)) if years else None


def goal_key(page: GoalPage) -> list[KeyItem]:
    """The key under the chart: the line, the target, and the marks when there are any."""
    marks = [KeyItem("Quarter met, missed", "marks")] if _marks(page, None) else []
    outlook = [KeyItem("Forecast with its 80% range", "fcl")] if _has_outlook(page) else []
    return [*page.chart_key, *outlook, *marks]


def chart_span(page: GoalPage, since: date | None) -> tuple[Quarter, Quarter]:
    """The first and the last quarter on the goal's chart."""
    moment = page.moment
    start = page.results[0].quarter if page.results else moment.strip[0]
    start = min(start, moment.strip[0])
    if since is not None:
        start = max(start, moment.organisation.calendar.quarter_of(since))
    return start, moment.quarter.next


def goal_figure(page: GoalPage, *, since: date | None = None, events: Sequence[MarkedEvent] = ()) -> Figure:
    """The impact metric over time with quarterly targets as steps, events, and a mark for each quarter met or missed.

    From the quarter of `since` on, or from the first judged quarter; the average still knows what came before. A sum
    is drawn as the quarter's total so far: its targets and its forecast are of the whole quarter.
    """
    metric, moment = page.row.metric, page.moment
    unit, decimals = metric.unit, metric.decimals
    start, end = chart_span(page, since)
    quarters = list(start.until(end))
    layout = line_layout(
        start=start.start,
        end=end.end,
        unit=unit,
        decimals=decimals,
        narrow_start=moment.quarter.shift(1 - NARROW_QUARTERS).start,
        hover="%-d %b %Y",
    )
    layout["shapes"] = quarter_shapes(quarters, open_quarter=moment.quarter)
    layout["annotations"] = quarter_notes(quarters, open_quarter=moment.quarter)
    event_marks_add(layout, [(item.mark, item.day) for item in events])
    dates, raw = page.series.dates, page.series.values
    smooth = None if page.adds_up else _smoothed(dates, raw, metric.frequency)
    first = bisect_left(dates, start.start)
    dates, raw = dates[first:], raw[first:]
    line: list[Point] = list(zip(dates, raw if smooth is None else smooth[first:], strict=True))
    if page.adds_up:
        line = _to_date(line, page)
    steps = [step for step in page.steps if step[1] > start.start]
    days, figures = [day for day, _ in line], [value for _, value in line]
    name = metric.name if smooth is None and not page.adds_up else page.line_name
    data = [line_trace(days, figures, name=name, unit=unit, decimals=decimals)]
    if smooth is not None:
        data.append(line_trace(dates, raw, name="Single figures", unit=unit, decimals=decimals, faint=True))
    data.append(target_trace(steps, unit=unit, decimals=decimals))
    data += _outlook(page, line)
    data += _marks(page, start.start)
    if steps and steps[-1][2] is not None:
        end_label_add(layout, steps[-1][2], unit=unit, decimals=decimals)
    sentences = [
        None if value is None else f"{values.long_date(day)}: {values.with_unit(value, unit, decimals)}"
        for day, value in line
    ]
    read_along(layout, curve=0, sentences=sentences, page=13 if metric.frequency != "daily" else 91)
    return {"data": data, "layout": layout}


def _to_date(line: Sequence[Point], page: GoalPage) -> list[Point]:
    """The total so far at each date; it starts anew each quarter, with a gap before that."""
    calendar = page.moment.organisation.calendar
    found: list[Point] = []
    quarter, total = None, 0.0
    for day, value in line:
        if quarter is None or day >= quarter.end:
            quarter, total = calendar.quarter_of(day), 0.0
            found += [(quarter.start, None)] if found else []
            found += [(quarter.start, 0.0)] if day > quarter.start else []
        total += value or 0.0
        found.append((day, total))
    return found


def _has_outlook(page: GoalPage) -> bool:
    """Whether there is a forecast that a chart can show."""
    outlook = page.row.outlook
    return outlook is not None and outlook.chance is not None


def _outlook(page: GoalPage, line: Sequence[Point]) -> list[Figure]:
    """The forecast from the last point to the end of the quarter, dotted, with its 80% range as a band."""
    outlook = page.row.outlook
    if outlook is None or not line or not _has_outlook(page):
        return []
    assert outlook.centre is not None
    assert outlook.low is not None
    assert outlook.high is not None
    quarter = page.moment.quarter
    day, value = line[-1]
    if page.adds_up and day < quarter.start:
        day, value = quarter.start, 0.0
    if day >= quarter.last_day or value is None:
        return []
    return forecast_traces(
        (day, value),
        quarter.last_day,
        centre=outlook.centre,
        low=outlook.low,
        high=outlook.high,
        unit=page.row.metric.unit,
        decimals=page.row.metric.decimals,
    )


def _smoothed(dates: Sequence[date], raw: Sequence[float], frequency: str) -> list[float] | None:
    """The mean over the last four weeks at each date; None where single figures are the story already."""
    if frequency not in {"daily", "weekly"} or len(raw) < MEAN_WEEKS:
        return None
    smooth: list[float] = []
    first, total = 0, 0.0
    for index, day in enumerate(dates):
        total += raw[index]
        while dates[first] <= day - timedelta(weeks=MEAN_WEEKS):
            total -= raw[first]
            first += 1
        smooth.append(total / (index - first + 1))
    return smooth


def _marks(page: GoalPage, since: date | None) -> list[dict[str, object]]:
    """A circle where a quarter was met, a diamond where it was missed, at the quarter's last day."""
    marks = []
    for met, verdict in ((True, QuarterResult.Verdict.MET), (False, QuarterResult.Verdict.MISSED)):
        points = [
            (item.quarter.last_day, item.result.actual)
            for item in page.results
            if item.result.verdict == verdict
            and item.result.actual is not None
            and item.quarter.end <= page.moment.today
            and (since is None or item.quarter.start >= since)
        ]
        if points:
            marks.append(result_trace(points, met=met))
    return marks
