"""Flow as Plotly figures: plain dicts, with their tables and keys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from common.display.parts import KeyItem, Table
from common.display.values import long_date, number, plural
from common.figures import Figure, line_layout, read_along, token
from roadmap.boards.stages import ROADMAP_COLUMNS
from roadmap.calculations.flow_weeks import DiagramPoint, ReleaseWeek

# From the bottom of the diagram, as in every cumulative flow diagram: what is finished lies lowest.
# (place among the roadmap's columns, colour, how solid, class of the key)
_BANDS = (
    (4, "c2", 0.75, "flow-verified"),
    (3, "c2", 0.35, "flow-released"),
    (2, "c1", 0.7, "flow-progress"),
    (1, "c1", 0.32, "flow-validation"),
    (0, "text-3", 0.2, "flow-opportunities"),
)
_LABEL_ROOM = 0.05  # of the height: a thinner band has no room for its name
_WIDE_MARGIN, _NARROW_MARGIN = 176, 14
_TICKS, _NARROW_TICKS = 6, 4
_WEEK_BAR = timedelta(days=5) / timedelta(milliseconds=1)


def diagram_figure(points: Sequence[DiagramPoint], *, zone: tzinfo) -> Figure:
    """Cards by roadmap column at each weekly cut-off and now, stacked; ValueError without a point."""
    if not points:
        raise ValueError("A diagram needs a point.")
    days = [_local(point.at, zone) for point in points]
    highest = max(sum(point.counts) for point in points)
    layout = _weekly_layout(days[0], days[-1], highest, margin=_WIDE_MARGIN)
    layout["xaxis"]["hoverformat"] = "%-d %b %Y"
    traces, base = [], 0
    for place, colour, solid, _ in _BANDS:
        label = ROADMAP_COLUMNS[place].label
        counts = [point.counts[place] for point in points]
        traces.append(_band(days, counts, label, colour, solid))
        if counts[-1] >= highest * _LABEL_ROOM:
            layout["annotations"].append(_name_beside(base + counts[-1] / 2, label))
        base += counts[-1]
    sentences = [f"{long_date(day)}: {_spoken(point)}" for day, point in zip(days, points, strict=True)]
    read_along(layout, curve=len(traces) - 1, sentences=sentences)
    return {"data": traces, "layout": layout}


def diagram_key() -> list[KeyItem]:
    """The bands from the top."""
    return [
        KeyItem(ROADMAP_COLUMNS[place].label, f"ln swatch {css}") for place, _, _, css in reversed(_BANDS)
    ]


def diagram_note(points: Sequence[DiagramPoint]) -> str:
    """How sure the diagram is; empty where every card's place is known at every date."""
    unsure = [point.uncertain for point in points if point.uncertain]
    if not unsure:
        return ""
    return (
        f"At {len(unsure)} of {plural(len(points), 'date')} cards lay between two reads, at most {max(unsure)}. "
        "They may have been a step further or not as far."
    )


def diagram_table(points: Sequence[DiagramPoint], *, zone: tzinfo) -> Table:
    """The same numbers, newest first, with how many cards lay between two reads."""
    columns = ["Date", *(column.label for column in ROADMAP_COLUMNS), "Between two reads"]
    rows = [
        [
            long_date(_local(point.at, zone)),
            *(number(count) for count in point.counts),
            number(point.uncertain),
        ]
        for point in reversed(points)
    ]
    return Table(columns, rows)


def releases_figure(weeks: Sequence[ReleaseWeek], *, zone: tzinfo) -> Figure:
    """First releases by week: told with their time, and on top those that were seen between two reads."""
    days = [_local(week.start, zone) for week in weeks]
    layout = _weekly_layout(
        days[0], days[-1] + timedelta(weeks=1), max(week.count for week in weeks), margin=14
    )
    layout |= {"barmode": "stack", "bargap": 0}
    layout["xaxis"]["hoverformat"] = "%-d %b %Y"
    middles = [day + timedelta(days=3.5) for day in days]
    exact = [week.exact if week.known else None for week in weeks]
    between = [week.between_reads if week.known else None for week in weeks]
    unknown = [day for day, week in zip(days, weeks, strict=True) if not week.known]
    if unknown:
        layout["shapes"].append(_unknown(days[0], unknown[-1] + timedelta(weeks=1)))
    sentences = [_release_words(day, week) for day, week in zip(days, weeks, strict=True)]
    told = any(week.exact for week in weeks)
    read_along(layout, curve=0 if told else 1, sentences=sentences)
    data = [
        _bars(middles, exact, "told by the tool", token("c1")),
        _bars(middles, between, "seen between two reads", token("c1", 0.3)),
    ]
    return {"data": data, "layout": layout}


def releases_key(weeks: Sequence[ReleaseWeek]) -> list[KeyItem]:
    """What the two kinds of bar are; no key while there is one kind only, told with its time."""
    if not any(week.between_reads for week in weeks):
        return []
    kinds = [KeyItem("Seen between two reads, put in the middle", "ln swatch flow-between")]
    if any(week.exact for week in weeks):
        kinds.insert(0, KeyItem("Told by the tool with its time", "ln swatch flow-exact"))
    return kinds


def releases_table(weeks: Sequence[ReleaseWeek], *, zone: tzinfo) -> Table:
    """The same numbers, newest first."""
    rows = [
        [
            long_date(_local(week.start, zone)) + (", so far" if week.running else ""),
            *([number(week.count), number(week.between_reads)] if week.known else ["not read yet", "–"]),
        ]
        for week in reversed(weeks)
    ]
    return Table(["Week from", "First releases", "Of them seen between two reads"], rows)


def _weekly_layout(start: datetime, end: datetime, highest: int, *, margin: int) -> dict[str, Any]:
    layout = line_layout(start=start, end=end)
    room = 12 if highest >= 1000 else 0  # for a comma and a digit more
    layout["margin"] |= {"r": margin, "t": 14, "l": 36 + room}
    layout["xaxis"] |= {"showticklabels": True, "tickformat": "%-d %b", "tick0": start.isoformat()}
    layout["xaxis"] |= {"ticks": "outside", "ticklen": 5, "tickcolor": token("line-2")}
    layout["xaxis"]["dtick"] = _ticks_apart(end - start, _TICKS)
    layout["yaxis"] |= {"range": [0, max(highest, 1) * 1.06], "rangemode": "tozero", "nticks": 6}
    if highest < 6:
        layout["yaxis"] |= {"dtick": 1}
    layout["meta"]["narrow"] |= {
        "margin.r": _NARROW_MARGIN,
        "margin.l": 30 + room,
        "xaxis.dtick": _ticks_apart(end - start, _NARROW_TICKS),
    }
    return layout


def _ticks_apart(span: timedelta, most: int) -> float:
    """Whole weeks from one date on the axis to the next, in milliseconds, so that there are about `most`."""
    return max(math.ceil(span / timedelta(weeks=1) / most), 1) * (
        timedelta(weeks=1) / timedelta(milliseconds=1)
    )


def _band(days: Sequence[datetime], counts: Sequence[int], name: str, colour: str, solid: float) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "stackgroup": "flow",
        "x": [day.isoformat() for day in days],
        "y": list(counts),
        "name": name,
        "line": {"color": token(colour), "width": 1.5},
        "fillcolor": token(colour, solid),
        "hovertemplate": f"{name} %{{y}}<extra></extra>",
    }


def _name_beside(height: float, name: str) -> dict[str, Any]:
    """A band's name in the margin at its right end; on phones the key alone says it."""
    return {
        "x": 1, "xref": "paper", "xanchor": "left", "xshift": 8, "y": height, "yref": "y", "text": name, "align": "left",
        "showarrow": False, "name": "wide", "font": {"size": 12, "weight": 600, "color": token("text-2")},
    }  # fmt: skip


def _bars(days: Sequence[datetime], counts: Sequence[int | None], name: str, colour: str) -> Figure:
    return {
        "type": "bar",
        "x": [day.isoformat() for day in days],
        "y": list(counts),
        "width": _WEEK_BAR,
        "name": name,
        # no line where there is no bar
        "marker": {
            "color": colour,
            "line": {"color": token("c1"), "width": [1 if count else 0 for count in counts]},
        },
        "hovertemplate": f"%{{y}} {name}<extra></extra>",
    }


def _unknown(start: date, end: date) -> dict[str, Any]:
    return {
        "type": "rect", "xref": "x", "yref": "paper", "x0": start.isoformat(), "x1": end.isoformat(), "y0": 0, "y1": 1,
        "layer": "below", "fillcolor": token("surface-2"), "opacity": 0.65, "line": {"width": 0},
        "label": {"text": "Not read yet", "font": {"color": token("text-3"), "size": 12}},
    }  # fmt: skip


def _spoken(point: DiagramPoint) -> str:
    places = [
        f"{number(count)} in {column.label}"
        for column, count in zip(ROADMAP_COLUMNS, point.counts, strict=True)
        if count
    ]
    unsure = f", {plural(point.uncertain, 'card')} between two reads" if point.uncertain else ""
    return (", ".join(places) or "no cards") + unsure


def _release_words(day: datetime, week: ReleaseWeek) -> str:
    start = f"Week from {long_date(day)}"
    if not week.known:
        return f"{start}: not read yet"
    seen = ""
    if week.between_reads:
        which = "" if week.between_reads == week.count else f"{number(week.between_reads)} of them "
        seen = f", {which}seen between two reads"
    return f"{start}: {plural(week.count, 'first release')}{' so far' if week.running else ''}{seen}"


def _local(at: datetime, zone: tzinfo) -> datetime:
    """Plotly knows no zones: the clock time where the organisation is."""
    return at.astimezone(zone).replace(tzinfo=None)
