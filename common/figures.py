"""What Plotly figures share: colours by token, axes, quarter lines, keyboard reading, serialisation.

A figure is a plain dict, so that an app's `charts.py` stays pure and a test can assert on traces. Colours are
names of CSS custom properties, "var(--c1)", or with an opacity "var(--c1/0.14)"; `outcome-chart.js` puts the
values in, and again when the theme changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from common.display.values import with_unit
from common.quarters import Quarter

HEIGHT, SMALL_HEIGHT = 320, 250
TICK_UNIT = 2  # characters of a unit that fit beside the figures of an axis
END_GAP, LETTER = 8, 7  # pixels before a label in the margin, and of one of its letters
WIDE_MARGIN, NARROW_MARGIN = 120, 84  # the most that such a label takes from the plot
RING, RING_ABOVE = 9, 15  # radius of the ring of an event, and how far above the plot its middle stands
Figure = dict[str, Any]


def token(name: str, alpha: float | None = None) -> str:
    """A colour of the design system by name, optionally see-through."""
    return f"var(--{name})" if alpha is None else f"var(--{name}/{alpha:g})"


def figure_json(figure: Mapping[str, Any]) -> str:
    """The figure as JSON for `json_script`-like embedding: dates as ISO text, NaN and infinity as null.

    "<" is written as an escape, so that text inside a figure can never close the script element.
    """
    import plotly.io as pio  # here, because it is slow to load and most pages have no figure

    text: str = pio.to_json(dict(figure), validate=False, engine="orjson")
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def line_layout(
    *,
    start: date,
    end: date,
    unit: str = "",
    decimals: int = 0,
    narrow_start: date | None = None,
    hover: str = "Week of %-d %b %Y",
) -> dict[str, Any]:
    """The layout of a figure over time: no title, no legend, no zoom, light grid, a margin for direct labels.

    `narrow_start` is the first day shown on a phone, where the whole span would be unreadable.
    """
    suffix = unit if unit in {"%", ""} else f" {unit}"
    layout: dict[str, Any] = {
        "height": HEIGHT,
        "margin": {"l": 52, "r": 66, "t": 34, "b": 28},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified",
        "font": {"size": 12, "color": token("text-3")},
        "hoverlabel": {
            "bgcolor": token("surface"),
            "bordercolor": token("line-2"),
            "font": {"color": token("text"), "size": 13},
        },
        "xaxis": _time_axis(start, end, hover),
        # a unit of a whole word would not fit beside the axis: it stands at the end of the line
        "yaxis": _value_axis(suffix if len(unit) <= TICK_UNIT else ""),
        "shapes": [],
        "annotations": [],
        "meta": {
            "narrow": {
                "height": SMALL_HEIGHT,
                "margin.l": 44,
                "margin.r": 48,
                "yaxis.nticks": 4,
            },
            "unit": suffix,
            "decimals": decimals,
        },
    }
    if narrow_start is not None:
        layout["meta"]["narrow"]["xaxis.range"] = [
            narrow_start.isoformat(),
            end.isoformat(),
        ]
    return layout


def _time_axis(start: date, end: date, hover: str) -> dict[str, Any]:
    return {
        "type": "date",
        "range": [start.isoformat(), end.isoformat()],
        "showgrid": False,
        "showticklabels": False,
        "zeroline": False,
        "fixedrange": True,
        "hoverformat": hover,
        "showspikes": True,
        "spikemode": "across",
        "spikethickness": 1,
        "spikedash": "solid",
        "spikecolor": token("text-3"),
    }


def _value_axis(suffix: str) -> dict[str, Any]:
    return {
        "gridcolor": token("line"),
        "zeroline": False,
        "ticksuffix": _plain(suffix),
        "nticks": 5,
        "fixedrange": True,
        "separatethousands": True,
    }


def line_trace(
    xs: Sequence[date],
    ys: Sequence[float | None],
    *,
    name: str,
    unit: str = "",
    decimals: int = 0,
    faint: bool = False,
) -> dict[str, Any]:
    """A series: the main line, or the raw values behind it (`faint`, not spoken and not hovered)."""
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "x": [day.isoformat() for day in xs],
        "y": list(ys),
        "name": _plain(name),
        "connectgaps": False,
        "line": {
            "color": token("c1", 0.45) if faint else token("c1"),
            "width": 1 if faint else 2,
        },
    }
    if faint:
        return trace | {"hoverinfo": "skip"}
    return trace | {"hovertemplate": _hover(name, unit, decimals)}


def target_trace(
    steps: Iterable[tuple[date, date, float | None]],
    *,
    name: str = "Target",
    unit: str = "",
    decimals: int = 0,
) -> dict[str, Any]:
    """Targets as steps: (first day, first day after, value). Quarters without a target leave a gap."""
    xs: list[str] = []
    ys: list[float | None] = []
    for start, end, value in steps:
        xs += [start.isoformat(), end.isoformat()]
        ys += [value, value]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": xs,
        "y": ys,
        "name": _plain(name),
        "connectgaps": False,
        "line": {"color": token("target"), "width": 1.5, "dash": "4px,3px"},
        "hovertemplate": _hover(name, unit, decimals),
    }


def result_trace(points: Sequence[tuple[date, float]], *, met: bool) -> dict[str, Any]:
    """Results of closed quarters: a circle when met, a diamond when missed, so that shape tells as well."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [day.isoformat() for day, _ in points],
        "y": [value for _, value in points],
        "name": "Quarter met" if met else "Quarter missed",
        "hoverinfo": "skip",
        "marker": {
            "symbol": "circle" if met else "diamond",
            "size": 10,
            "color": token("good" if met else "bad"),
            "line": {"color": token("surface"), "width": 1.5},
        },
    }


def forecast_traces(
    since: tuple[date, float],
    until: date,
    *,
    centre: float,
    low: float,
    high: float,
    unit: str,
    decimals: int,
) -> list[dict[str, Any]]:
    """A forecast from the last point to the day it is for: its range as a band that opens, its centre dotted."""
    day, value = since
    xs = [day.isoformat(), until.isoformat()]
    band = {
        "type": "scatter",
        "mode": "lines",
        "x": [*xs, *reversed(xs)],
        "y": [value, high, low, value],
        "fill": "toself",
        "fillcolor": token("c1", 0.14),
        "line": {"width": 0},
        "name": "80% range",
        "hoverinfo": "skip",
    }
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": xs,
        "y": [value, centre],
        "name": "Forecast",
        "line": {"color": token("c1"), "width": 2, "dash": "dot"},
        "hovertemplate": _hover("Forecast", unit, decimals),
    }
    return [band, line]


def band_trace(rows: Sequence[tuple[date, float, float]], *, name: str) -> dict[str, Any]:
    """A range that goes along with a line: (day, low, high) of each period, as one light area."""
    days = [day.isoformat() for day, _, _ in rows]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*days, *reversed(days)],
        "y": [*(low for _, low, _ in rows), *(high for _, _, high in reversed(rows))],
        "fill": "toself",
        "fillcolor": token("c1", 0.16),
        "line": {"width": 0},
        "name": name,
        "hoverinfo": "skip",
    }


def quarter_shapes(
    quarters: Sequence[Quarter], *, open_quarter: Quarter | None = None
) -> list[dict[str, Any]]:
    """A thin line where each quarter starts, and a tint behind the open one."""
    shapes: list[dict[str, Any]] = []
    if open_quarter is not None:
        shapes.append(
            _across(open_quarter.start, open_quarter.end)
            | {
                "type": "rect",
                "fillcolor": token("surface-2"),
                "opacity": 0.65,
                "line": {"width": 0},
            }
        )
    shapes += [
        _across(quarter.start, quarter.start)
        | {"type": "line", "line": {"color": token("line-2"), "width": 1}}
        for quarter in quarters[1:]
    ]
    return shapes


def quarter_notes(
    quarters: Sequence[Quarter], *, open_quarter: Quarter | None = None
) -> list[dict[str, Any]]:
    """The name of each quarter, centred under it; the year stands at its first quarter."""
    notes = []
    for index, quarter in enumerate(quarters):
        middle = quarter.start + (quarter.end - quarter.start) / 2
        is_open = open_quarter is not None and quarter.start == open_quarter.start
        text = (
            f"Q{quarter.number} ’{quarter.year % 100:02d}"
            if quarter.number == 1 or not index
            else f"Q{quarter.number}"
        )
        notes.append(
            {
                "x": middle.isoformat(),
                "xref": "x",
                "y": 0,
                "yref": "paper",
                "yanchor": "top",
                "yshift": -6,
                "text": text,
                "showarrow": False,
                "font": {
                    "size": 12,
                    "weight": 600 if is_open else 400,
                    "color": token("text" if is_open else "text-3"),
                },
            }
        )
    return notes


def end_label_add(layout: dict[str, Any], value: float, *, unit: str = "", decimals: int = 0) -> None:
    """Writes a value in the margin at the right, level with it, where no line can cross it.

    A unit of a word goes under the number, in a margin that has room for it; on phones one without room is left out.
    """
    is_word = len(unit) > TICK_UNIT
    number, below = with_unit(value, "" if is_word else unit, decimals), unit if is_word else ""
    layout["annotations"].append(_beside(value, number, weight=600, colour="text"))
    room, narrow = END_GAP + LETTER * max(len(number), len(below)), layout["meta"]["narrow"]
    if below:
        note = _beside(value, below, weight=400, colour="text-3") | {"yshift": -15}
        layout["annotations"].append(note | ({"name": "wide"} if room > NARROW_MARGIN else {}))
    layout["margin"]["r"] = max(layout["margin"]["r"], min(room, WIDE_MARGIN))
    alone = END_GAP + LETTER * len(number) if room > NARROW_MARGIN else room
    narrow["margin.r"] = max(narrow["margin.r"], min(alone, NARROW_MARGIN))


def _beside(value: float, text: str, *, weight: int, colour: str) -> dict[str, Any]:
    return {
        "x": 1,
        "xref": "paper",
        "xanchor": "left",
        "xshift": END_GAP - 2,
        "y": value,
        "yref": "y",
        "text": _plain(text),
        "align": "left",
        "showarrow": False,
        "name": "label",
        "font": {"size": 12, "weight": weight, "color": token(colour)},
    }


def event_marks(
    events: Sequence[tuple[str, date]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rings with a mark on dotted lines for (mark, day): shapes and annotations. The list stands under the chart."""
    shapes, notes = [], []
    for mark, day in events:
        shapes += [_dotted(day), _ring(day)]
        notes.append(
            {
                "x": day.isoformat(),
                "xref": "x",
                "y": 1,
                "yref": "paper",
                "yanchor": "middle",
                "yshift": RING_ABOVE,
                "text": mark,
                "showarrow": False,
                "font": {"size": 11, "weight": 600, "color": token("text")},
            }
        )
    return shapes, notes


def _dotted(day: date) -> dict[str, Any]:
    line = {"color": token("text-3"), "width": 1, "dash": "1px,3px"}
    return _across(day, day) | {"type": "line", "layer": "above", "line": line}


def _ring(day: date) -> dict[str, Any]:
    """A circle of so many pixels, whatever the scale of the plot."""
    return {
        "type": "circle",
        "layer": "above",
        "xref": "x",
        "xsizemode": "pixel",
        "xanchor": day.isoformat(),
        "x0": -RING,
        "x1": RING,
        "yref": "paper",
        "ysizemode": "pixel",
        "yanchor": 1,
        "y0": RING_ABOVE - RING,
        "y1": RING_ABOVE + RING,
        "fillcolor": token("surface"),
        "line": {"color": token("text-2"), "width": 1.5},
    }


def event_marks_add(layout: dict[str, Any], events: Sequence[tuple[str, date]]) -> None:
    """Marks events on a figure over time that has its quarters; one that began before stands at its first day."""
    first = date.fromisoformat(layout["xaxis"]["range"][0])
    shapes, notes = event_marks([(mark, max(day, first)) for mark, day in events])
    layout["shapes"] += shapes
    layout["annotations"] += notes


def read_along(
    layout: dict[str, Any],
    *,
    curve: int,
    sentences: Sequence[str | None],
    page: int = 13,
) -> None:
    """Lets the arrow keys walk trace number `curve`: one sentence a point, None for points to pass over.

    `page` is how many points PageUp and PageDown move (13 weeks are a quarter).
    """
    layout["meta"] |= {"curve": curve, "read": list(sentences), "page": page}


def _across(start: date, end: date) -> dict[str, Any]:
    return {
        "xref": "x",
        "yref": "paper",
        "x0": start.isoformat(),
        "x1": end.isoformat(),
        "y0": 0,
        "y1": 1,
        "layer": "below",
    }


def _hover(name: str, unit: str, decimals: int) -> str:
    suffix = unit if unit in {"%", ""} else f" {unit}"
    return f"{_plain(name)} %{{y:,.{decimals}f}}{_plain(suffix)}<extra></extra>"


def _plain(text: str) -> str:
    """Plotly reads tags in any text and %{…} in templates; a unit or name must not be taken for either."""
    return text.replace("<", "‹").replace(">", "›").replace("{", "(").replace("}", ")")
