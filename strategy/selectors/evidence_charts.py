"""The charts of one belief's page, from what its verdict stored: aligned panels, scatter, and lags."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from common.display import axes, values
from common.display.evidence_parts import (
    Bracket,
    EventMark,
    LagPoint,
    LagProfile,
    PairPoint,
    PairScatter,
    PanelLine,
    QuarterSpan,
    TwoPanels,
)
from common.display.parts import Table
from common.quarters import FiscalCalendar, month_shift
from strategy.calculations.effect_words import noun_of, span
from strategy.calculations.finding import Finding, Side
from strategy.calculations.series_pack import AnalysedSeries

NARROW_QUARTERS = 6
RECENT_DAYS = 366
Step = tuple[date, date, float | None]
WEEKS_A_PERIOD = {"weekly": 1.0, "monthly": 365.25 / 12 / 7, "quarterly": 365.25 / 4 / 7}


@dataclass(frozen=True)
class Surroundings:
    """What stands around both series: targets as steps, judged quarters, events, and the calendar."""

    calendar: FiscalCalendar
    today: date
    metric_steps: Sequence[Step] = ()
    goal_steps: Sequence[Step] = ()
    metric_results: Sequence[tuple[date, bool]] = ()
    goal_results: Sequence[tuple[date, bool]] = ()
    marks: Sequence[EventMark] = ()


def period_end(start: date, frequency: str) -> date:
    """The first day after the period."""
    if frequency == "weekly":
        return start + timedelta(weeks=1)
    return month_shift(start, 1 if frequency == "monthly" else 3)


def period_label(start: date, frequency: str, calendar: FiscalCalendar) -> str:
    """What a period is called in tables: "12 May 2025" for a week, "May 2025", "Q2 2025"."""
    if frequency == "weekly":
        return f"{start:%-d %b %Y}"
    return f"{start:%B %Y}" if frequency == "monthly" else calendar.quarter_of(start).label


def lag_in_periods(lag_weeks: int, frequency: str) -> int:
    """A believed lag in periods of the test."""
    return round(lag_weeks / WEEKS_A_PERIOD[frequency])


# --- did they move together -----------------------------------------------------------------------


def panels_of(
    finding: Finding, series: AnalysedSeries, around: Surroundings, *, lag: int | None, moved_back: bool
) -> TwoPanels | None:
    """Both series over the tested window; None without any figure. `lag` in periods, drawn as a bracket."""
    if not len(series):
        return None
    start, end = series.starts[0], period_end(series.starts[-1], finding.frequency)
    quarters = list(around.calendar.quarter_of(start).until(around.calendar.quarter_of(end)))
    days = _days_of(lag, finding.frequency, start)
    open_quarter = around.calendar.quarter_of(around.today)
    return TwoPanels(
        metric=_line(
            "Metric", finding.metric, series.starts, series.x, around.metric_steps, around.metric_results
        ),
        goal=_line("Goal", finding.goal, series.starts, series.y, around.goal_steps, around.goal_results),
        start=start,
        end=end,
        narrow_start=open_quarter.shift(1 - NARROW_QUARTERS).start,
        quarters=[
            QuarterSpan(
                _short(quarter.number, quarter.year, whole=False),
                quarter.start,
                quarter.end,
                _short(quarter.number, quarter.year, whole=True),
            )
            for quarter in quarters
        ],
        label=_panels_label(finding, series, moved_back, lag),
        open_from=open_quarter.start,
        aside=[(row.start, period_end(row.start, finding.frequency)) for row in finding.aside],
        marks=around.marks,
        bracket=None if moved_back or lag is None else Bracket(days, _lag_label(lag, finding.frequency)),
        goal_days_back=days if moved_back else 0,
        table=_series_table(finding, series, around.calendar),
    )


def _days_of(lag: int | None, frequency: str, start: date) -> int:
    if not lag:
        return 0
    if frequency == "weekly":
        return 7 * lag
    return (month_shift(start, lag if frequency == "monthly" else 3 * lag) - start).days


def _line(
    word: str,
    side: Side,
    starts: Sequence[date],
    numbers: Sequence[float | None],
    steps: Sequence[Step],
    results: Sequence[tuple[date, bool]],
) -> PanelLine:
    unit = f", {side.unit}" if side.unit and len(side.unit) > 1 else ""
    points = list(zip(starts, numbers, strict=True))
    return PanelLine(f"{word}: {side.name}{unit}", points, side.unit, side.decimals, steps, results)


def _short(number: int, year: int, *, whole: bool) -> str:
    return f"Q{number} ’{year % 100:02d}" if whole or number == 1 else f"Q{number}"


def _lag_label(lag: int, frequency: str) -> str:
    noun = noun_of(frequency)
    return f"same {noun}" if lag == 0 else f"{values.plural(lag, noun)} later"


def _panels_label(finding: Finding, series: AnalysedSeries, moved_back: bool, lag: int | None) -> str:
    """What both panels show, for those who cannot see them."""
    noun = noun_of(finding.frequency)
    moved = f", the goal moved back by {values.plural(lag or 0, noun)}" if moved_back else ""
    parts = [
        _travel(finding.metric, series.x, "Above"),
        _travel(finding.goal, series.y, "Below"),
    ]
    since = values.long_date(series.starts[0])
    return f"Two panels by {noun} since {since}{moved}. {' '.join(parts)}"


def _travel(side: Side, numbers: Sequence[float | None], where: str) -> str:
    known = [value for value in numbers if value is not None]
    if not known:
        return f"{where}: {side.name}, no figures."
    first, last = (values.with_unit(value, side.unit, side.decimals) for value in (known[0], known[-1]))
    return f"{where}: {side.name}, from {first} to {last}."


def _series_table(finding: Finding, series: AnalysedSeries, calendar: FiscalCalendar) -> Table:
    aside = {row.start: row.reason for row in finding.aside}
    noun = noun_of(finding.frequency)
    rows = [
        (
            period_label(start, finding.frequency, calendar),
            values.with_unit(x, finding.metric.unit, finding.metric.decimals),
            values.with_unit(y, finding.goal.unit, finding.goal.decimals),
            aside.get(start, ""),
        )
        for start, x, y in zip(series.starts, series.x, series.y, strict=True)
    ]
    head = "Week of" if finding.frequency == "weekly" else noun.capitalize()
    return Table((head, finding.metric.name, finding.goal.name, "Set aside"), rows[::-1])


# --- period by period -----------------------------------------------------------------------------


def scatter_of(
    finding: Finding, series: AnalysedSeries, calendar: FiscalCalendar, *, lag: int | None
) -> PairScatter | None:
    """The surprises of the metric and, `lag` periods later, of the goal; None without any pair."""
    pairs = series.pairs(lag) if lag is not None else []
    if not pairs:
        return None
    noun = noun_of(finding.frequency)
    newest = series.starts[pairs[-1][1]]
    x_size, y_size = (100.0 if side.logged else 1.0 for side in (finding.metric, finding.goal))
    points = [
        PairPoint(x * x_size, y * y_size, (newest - series.starts[later]).days < RECENT_DAYS)
        for _, later, x, y in pairs
    ]
    later = "the same " + noun if lag == 0 else f"{values.plural(lag or 0, noun)} later"
    row = finding.row_at(lag)
    slope = (
        finding.effect if finding.lag == lag and finding.effect is not None else row.effect if row else None
    )
    return PairScatter(
        points=points,
        goal_up=finding.goal_up,
        x_label=f"surprise in the metric{_in_unit(finding.metric)}",
        y_label=f"surprise in the goal, {later}{_in_unit(finding.goal)}",
        x_unit="%" if finding.metric.logged else "",
        y_unit="%" if finding.goal.logged else "",
        label=(
            f"{values.plural(len(points), 'pair')} of {noun}s: surprise in {finding.metric.name} against surprise in "
            f"{finding.goal.name} {later}. {as_believed(points, finding.goal_up)} moved as believed."
        ),
        slope=None if slope is None else slope * y_size / x_size,
        kind=_kind(finding),
        table=_pairs_table(finding, series, pairs, calendar),
    )


def as_believed(points: Sequence[PairPoint], goal_up: bool) -> int:
    """How many pairs moved as believed."""
    return sum((point.x * point.y > 0) == goal_up for point in points if point.x * point.y)


def _in_unit(side: Side) -> str:
    if side.logged:
        return ""
    unit = "points" if side.unit == "%" else side.unit
    return f", {unit}" if unit else ""


def _kind(finding: Finding) -> str:
    return finding.verdict if finding.is_found else ""


def surprise_text(value: float, side: Side) -> str:
    """A surprise as people read it: in per cent where logs were compared, else in the unit."""
    if side.logged:
        percent = 100 * (math.exp(min(value, 50.0)) - 1)
        return values.change(percent, "", 1) + "%"
    return values.change(value, side.unit, side.decimals + 1)


def _pairs_table(
    finding: Finding,
    series: AnalysedSeries,
    pairs: Sequence[tuple[int, int, float, float]],
    calendar: FiscalCalendar,
) -> Table:
    rows = [
        (
            period_label(series.starts[earlier], finding.frequency, calendar),
            surprise_text(x, finding.metric),
            period_label(series.starts[later], finding.frequency, calendar),
            surprise_text(y, finding.goal),
        )
        for earlier, later, x, y in reversed(pairs)
    ]
    noun = noun_of(finding.frequency)
    return Table((f"Metric’s {noun}", "Its surprise", f"Goal’s {noun}", "Its surprise"), rows)


# --- would another lag fit ------------------------------------------------------------------------


def lags_of(finding: Finding, *, believed: int | None) -> LagProfile | None:
    """The association at each lag, plus meaning as believed; None where nothing was measured."""
    if not finding.lag_rows:
        return None
    sign = 1 if finding.goal_up else -1
    noun = noun_of(finding.frequency)
    points = []
    for row in finding.lag_rows:
        low, high = sorted((sign * row.low, sign * row.high))
        points.append(
            LagPoint(
                lag=row.lag,
                value=sign * row.association,
                low=low,
                high=high,
                is_tested=row.lag in finding.lags,
                is_found=finding.is_found and row.lag == finding.lag,
                is_believed=row.lag == believed,
            )
        )
    return LagProfile(
        points=points,
        periods=f"{noun}s",
        label=f"Association at each lag from {points[0].lag} to {values.plural(points[-1].lag, noun)}, with its "
        f"interval. {lag_finding(points, noun)}",
        kind=_kind(finding),
        table=Table(
            (f"Lag in {noun}s", "Association", "From", "To", "Tested"),
            [
                (
                    str(point.lag),
                    *(axes.signed(number) for number in (point.value, point.low, point.high)),
                    "yes" if point.is_tested else "no",
                )
                for point in points
            ],
        ),
    )


def lag_finding(points: Sequence[LagPoint], noun: str) -> str:
    """Which intervals lie on one side of zero, in a sentence."""
    above = [point.lag for point in points if point.low > 0]
    below = [point.lag for point in points if point.high < 0]
    said = [
        f"as believed at {'lags' if len(lags) > 1 else 'lag'} {_lags_text(lags)}"
        if side
        else f"the other way at {'lags' if len(lags) > 1 else 'lag'} {_lags_text(lags)}"
        for side, lags in ((True, above), (False, below))
        if lags
    ]
    if not said:
        return "The interval of every lag holds zero."
    return f"The interval is clear of zero {' and '.join(said)}; counted in {noun}s."


def _lags_text(lags: Sequence[int]) -> str:
    return span(lags) or str(lags[0])
