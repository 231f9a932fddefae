"""Did they move together? Two panels with one time axis, each with its own scale: never two scales in one panel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.safestring import SafeString

from common.display import axes, svg
from common.display.evidence_parts import EventMark, PanelLine, QuarterSpan, TwoPanels

Scale = Callable[[date], float]
RING = 8


@dataclass(frozen=True)
class _Frame:
    """The measures of one drawing."""

    width: int
    height: int
    right: float  # the right edge of the panels; values now stand beyond it
    tops: tuple[float, float]
    panel: float  # the height of a panel
    labels_y: float
    css: str
    shows_now: bool


WIDE = _Frame(760, 378, 686, (34, 227), 125, 368, "chart wide", shows_now=True)
NARROW = _Frame(340, 348, 328, (30, 218), 104, 338, "chart narrow", shows_now=False)


def two_panels(chart: TwoPanels) -> SafeString:
    """The wide drawing, and for phones a narrow one of the last quarters."""
    return svg.join(
        [_drawing(chart, WIDE, chart.start), _drawing(chart, NARROW, max(chart.start, chart.narrow_start))]
    )


def _drawing(chart: TwoPanels, frame: _Frame, start: date) -> SafeString:
    back = timedelta(days=chart.goal_days_back)
    upper = _clipped(chart.metric, start, timedelta(0))
    lower = _clipped(chart.goal, start, back)
    scales = [_y_scale(line, top, frame.panel) for line, top in zip((upper, lower), frame.tops, strict=True)]
    left = max(40.0, 14 + 6.4 * max((len(text) for scale in scales for _, text in scale.ticks), default=0))
    x = _x_scale(start, chart.end, left, frame.right)
    quarters = [item for item in chart.quarters if item.end > start and item.start < chart.end]
    parts: list[str] = []
    for line, scale, top, css in zip((upper, lower), scales, frame.tops, ("c2", ""), strict=True):
        parts += _ground(chart, frame, x, start, top, quarters)
        parts += _grid(scale, left, frame.right)
        parts += _steps(line, scale, x, chart.end)
        parts.append(svg.element("path", class_=f"ln {css}".strip(), d=_path(line.points, x, scale.y)))
        parts += _results(line, scale, x)
        parts += _now(line, scale, x, frame, css)
        parts.append(svg.element("text", _fit(line.title, frame), x=left, y=top - 10, class_="strong"))
    parts += _quarter_names(quarters, x, start, chart.end, frame)
    parts += _events(chart.marks, x, start, chart.end, frame)
    parts += _lag(chart, x, start, frame)
    return svg.element(
        "svg",
        *parts,
        class_=frame.css,
        viewBox=f"0 0 {frame.width} {frame.height}",
        role="img",
        aria_label=chart.label,
    )


# --- scales ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _YScale:
    y: Callable[[float], float]
    ticks: list[tuple[float, str]]


def _y_scale(line: PanelLine, top: float, height: float) -> _YScale:
    values = [value for _, value in line.points] + [value for _, _, value in line.steps]
    low, high = axes.extent(values)
    marks = axes.ticks(low, high, at_most=4)
    labels = axes.tick_labels(marks, line.unit)
    return _YScale(axes.linear(low, high, top + height, top), list(zip(marks, labels, strict=True)))


def _x_scale(start: date, end: date, left: float, right: float) -> Scale:
    place = axes.linear(start.toordinal(), end.toordinal(), left, right)
    return lambda day: place(day.toordinal())


def _clipped(line: PanelLine, start: date, back: timedelta) -> PanelLine:
    """The line from `start` on, moved back by so many days."""
    return PanelLine(
        title=line.title,
        points=[(day - back, value) for day, value in line.points if day - back >= start],
        unit=line.unit,
        decimals=line.decimals,
        steps=[
            (max(first - back, start), last - back, value)
            for first, last, value in line.steps
            if last - back > start and value is not None
        ],
        results=[(day - back, met) for day, met in line.results if day - back >= start],
    )


# --- layers ---------------------------------------------------------------------------------------


def _ground(
    chart: TwoPanels, frame: _Frame, x: Scale, start: date, top: float, quarters: Sequence[QuarterSpan]
) -> Iterator[SafeString]:
    """The open quarter, the periods set aside, and a line at each quarter's start."""
    if chart.open_from is not None and chart.open_from < chart.end:
        yield _band("qopen", x(max(chart.open_from, start)), x(chart.end), top, frame.panel)
    for first, last in chart.aside:
        if last > start and first < chart.end:
            yield _band("aside", x(max(first, start)), x(min(last, chart.end)), top, frame.panel)
    for quarter in quarters:
        if start < quarter.start < chart.end:
            yield svg.element("path", class_="qb", d=f"M{x(quarter.start):.1f} {top}v{frame.panel}")


def _band(css: str, first: float, last: float, top: float, height: float) -> SafeString:
    return svg.element(
        "rect", class_=css, x=round(first, 1), y=top, width=round(max(last - first, 1.5), 1), height=height
    )


def _grid(scale: _YScale, left: float, right: float) -> Iterator[SafeString]:
    for value, text in scale.ticks:
        y = scale.y(value)
        yield svg.element("path", class_="grid", d=f"M{left:.1f} {y:.1f}H{right}")
        yield svg.element("text", text, x=round(left - 8, 1), y=round(y + 4, 1), text_anchor="end")


def _steps(line: PanelLine, scale: _YScale, x: Scale, end: date) -> Iterator[SafeString]:
    pieces, before = [], None
    for first, last, value in line.steps:
        if value is None or first >= end:
            continue
        y, joined = scale.y(value), before == first
        pieces.append(f"{'V' if joined else f'M{x(first):.1f} '}{y:.1f}H{x(min(last, end)):.1f}")
        before = last
    if pieces:
        yield svg.element("path", class_="tgt", d="".join(pieces))


def _path(points: Sequence[tuple[date, float | None]], x: Scale, y: Callable[[float], float]) -> str:
    """A line that leaves a gap where a value is missing; a value alone between gaps becomes a dot."""
    pieces, pen = [], "M"
    for day, value in points:
        if value is None:
            pen = "M"
            continue
        pieces.append(f"{pen}{x(day):.1f} {y(value):.1f}" + ("h0" if pen == "M" else ""))
        pen = "L"
    return "".join(pieces) or "M0 0"


def _results(line: PanelLine, scale: _YScale, x: Scale) -> Iterator[SafeString]:
    """A circle where the quarter was met, a diamond where it was missed, on the line itself."""
    known = [(day, value) for day, value in line.points if value is not None]
    for last_day, met in line.results:
        value = next((value for day, value in reversed(known) if day <= last_day), None)
        if value is None:
            continue
        cx, cy = x(last_day), scale.y(value)
        if met:
            yield svg.element("circle", class_="hit mk", cx=round(cx, 1), cy=round(cy, 1), r=4)
        else:
            yield svg.element("path", class_="miss mk", d=f"M{cx - 5:.1f} {cy:.1f}l5 -5l5 5l-5 5z")


def _now(line: PanelLine, scale: _YScale, x: Scale, frame: _Frame, css: str) -> Iterator[SafeString]:
    known = [(day, value) for day, value in line.points if value is not None]
    if not known:
        return
    day, value = known[-1]
    cx, cy = x(day), scale.y(value)
    yield svg.element("circle", class_=f"dot {css}".strip(), cx=round(cx, 1), cy=round(cy, 1), r=4.5)
    if frame.shows_now:
        text = axes.short_value(value, line.unit, line.decimals)
        yield svg.element("text", text, class_="strong", x=frame.right + 10, y=round(cy + 2, 1))
        yield svg.element("text", "last", x=frame.right + 10, y=round(cy + 16, 1))


def _quarter_names(
    quarters: Sequence[QuarterSpan], x: Scale, start: date, end: date, frame: _Frame
) -> Iterator[SafeString]:
    """The name of each quarter that has room for it; the first one says its year, as every first quarter does."""
    is_first = True
    for quarter in quarters:
        first, last = x(max(quarter.start, start)), x(min(quarter.end, end))
        text = (quarter.whole if is_first else "") or quarter.short
        if last - first >= 7 * len(text):
            yield svg.element(
                "text", text, x=round((first + last) / 2, 1), y=frame.labels_y, text_anchor="middle"
            )
            is_first = False


def _events(
    marks: Sequence[EventMark], x: Scale, start: date, end: date, frame: _Frame
) -> Iterator[SafeString]:
    """A dotted line through both panels at the day, and the letter in a ring between them; rings keep apart."""
    middle = frame.tops[0] + frame.panel + 15
    bottom = frame.tops[1] + frame.panel
    edge = 0.0
    for mark in marks:
        if not start <= mark.day <= end:
            continue
        at = x(mark.day)
        ring = min(max(at, edge), frame.right)
        edge = ring + 2 * RING + 2
        yield svg.element("path", class_="ev-line", d=f"M{at:.1f} {frame.tops[0]}V{bottom}")
        yield svg.element("circle", class_="ev-mark", cx=round(ring, 1), cy=middle, r=RING)
        yield svg.element(
            "text", mark.letter, x=round(ring, 1), y=middle + 4, text_anchor="middle", class_="strong ev-k"
        )


def _lag(chart: TwoPanels, x: Scale, start: date, frame: _Frame) -> Iterator[SafeString]:
    """An arrow from a moment of the metric to the moment of the goal that is set against it."""
    if chart.bracket is None:
        return
    rings = [x(mark.day) for mark in chart.marks if start <= mark.day <= chart.end]
    length = x(start + timedelta(days=chart.bracket.days)) - x(start)
    room = length + 16 + 6.2 * len(chart.bracket.text)
    place = _free_place(rings, room, x(start) + 12, frame.right)
    first = x(start) + 12 if place is None else place
    # where the rings leave no room, the arrow goes below them
    top = frame.tops[0] + frame.panel + (26 if place is None else 6)
    bottom = top + (18 if place is None else 22)
    turn = f"V{(top + bottom) / 2 - 3:.1f}h{length:.1f}" if length >= 1 else ""
    yield svg.element("path", class_="lagb", d=f"M{first:.1f} {top}{turn}V{bottom}m-3.5 -5l3.5 5l3.5 -5")
    yield svg.element("text", chart.bracket.text, x=round(first + length + 9, 1), y=bottom, class_="lagt")


def _free_place(rings: Sequence[float], room: float, first: float, right: float) -> float | None:
    """The leftmost place from `first` on with that much room between the rings; None where there is none."""
    stops = sorted(ring for ring in rings if ring > first - RING)
    at = first
    for ring in [*stops, right + RING + 4]:
        if ring - RING - 4 - at >= room:
            return at
        at = max(at, ring + RING + 10)
    return None


def _fit(title: str, frame: _Frame) -> str:
    """The whole title is in the accessible name; a drawing has room for so many characters."""
    chars = 84 if frame is WIDE else 44
    return title if len(title) <= chars else title[: chars - 1].rstrip() + "…"
