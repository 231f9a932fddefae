"""Period by period (a scatter of surprises), and whether another lag would fit (an interval per lag)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.utils.safestring import SafeString

from common.display import axes, svg
from common.display.evidence_parts import LagPoint, LagProfile, PairScatter

WIDTH, HEIGHT = 340, 260
LEFT, RIGHT, TOP, BOTTOM = 46.0, 328.0, 16.0, 206.0
SQUARE = 1.06  # room around the outermost point


def pair_scatter(chart: PairScatter) -> SafeString:
    """Each point is one pair of periods; the quadrants in which both moved as believed are tinted."""
    reach_x = SQUARE * max((abs(point.x) for point in chart.points), default=1.0) or 1.0
    reach_y = SQUARE * max((abs(point.y) for point in chart.points), default=1.0) or 1.0
    x = axes.linear(-reach_x, reach_x, LEFT, RIGHT)
    y = axes.linear(-reach_y, reach_y, BOTTOM, TOP)
    right_top = _rect(x(0), TOP, RIGHT, y(0)), _rect(LEFT, y(0), x(0), BOTTOM)
    left_top = _rect(LEFT, TOP, x(0), y(0)), _rect(x(0), y(0), RIGHT, BOTTOM)
    parts: list[str] = [*(right_top if chart.goal_up else left_top)]
    parts += _cross(reach_x, reach_y, chart)
    parts += [
        svg.element(
            "circle",
            class_="pt" if point.is_recent else "pt old",
            cx=round(x(point.x), 1),
            cy=round(y(point.y), 1),
            r=4,
        )
        for point in chart.points
    ]
    if chart.slope is not None and chart.points:
        ends = [min(reach_x, reach_y / abs(chart.slope)) if chart.slope else reach_x]
        parts.append(
            svg.element(
                "path",
                class_=f"fit {chart.kind}".strip(),
                d=f"M{x(-ends[0]):.1f} {y(-ends[0] * chart.slope):.1f}L{x(ends[0]):.1f} {y(ends[0] * chart.slope):.1f}",
            )
        )
    corner = {"x": RIGHT, "text_anchor": "end"} if chart.goal_up else {"x": LEFT}
    parts.append(svg.element("text", "moved as believed", y=TOP - 5, class_="goodt", **corner))
    return svg.element(
        "svg",
        *parts,
        class_="chart pairs",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=chart.label,
    )


def _rect(first: float, top: float, last: float, bottom: float) -> SafeString:
    return svg.element(
        "rect",
        class_="quadok",
        x=round(first, 1),
        y=round(top, 1),
        width=round(last - first, 1),
        height=round(bottom - top, 1),
    )


def _cross(reach_x: float, reach_y: float, chart: PairScatter) -> Iterator[SafeString]:
    """The two axes with few labels, and what they measure."""
    x = axes.linear(-reach_x, reach_x, LEFT, RIGHT)
    y = axes.linear(-reach_y, reach_y, BOTTOM, TOP)
    yield svg.element("path", class_="axis", d=f"M{LEFT} {y(0):.1f}H{RIGHT}M{x(0):.1f} {TOP}V{BOTTOM}")
    # five at most is what leaves at least one on either side of zero, however far the axis reaches
    marks = axes.ticks(-reach_y, reach_y, at_most=5)
    for value, text in zip(marks, axes.tick_labels(marks, chart.y_unit), strict=True):
        yield svg.element("text", _plus(value, text), x=LEFT - 8, y=round(y(value) + 4, 1), text_anchor="end")
    marks = axes.ticks(-reach_x, reach_x, at_most=5)
    for value, text in zip(marks, axes.tick_labels(marks, chart.x_unit), strict=True):
        yield svg.element(
            "text", _plus(value, text), x=round(x(value), 1), y=BOTTOM + 18, text_anchor="middle"
        )
    yield svg.element("text", chart.x_label, x=(LEFT + RIGHT) / 2, y=BOTTOM + 40, text_anchor="middle")


def _plus(value: float, text: str) -> str:
    return f"+{text}" if value > 0 else text


def lag_profile(chart: LagProfile) -> SafeString:
    """A dot and an interval per lag around the zero line; the lag that was found and the believed one stand out."""
    reach = max(max(abs(point.low), abs(point.high)) for point in chart.points) if chart.points else 1.0
    reach = min(1.0, max(0.5, reach * SQUARE))
    y = axes.linear(-reach, reach, BOTTOM, TOP)
    parts: list[str] = []
    for value in axes.ticks(-reach, reach, at_most=4):
        line = "axis zero" if value == 0 else "grid"
        parts.append(svg.element("path", class_=line, d=f"M{LEFT} {y(value):.1f}H{RIGHT}"))
        text = axes.signed(value, 1)
        parts.append(svg.element("text", text, x=LEFT - 8, y=round(y(value) + 4, 1), text_anchor="end"))
    lags = [point.lag for point in chart.points]
    x = axes.linear(min(lags, default=0), max(lags, default=1), LEFT + 16, RIGHT - 16)
    crowded = len(lags) > 14
    for point in chart.points:
        parts += _whisker(point, x(point.lag), y, chart.kind)
        if not crowded or point.lag % 2 == 0 or point.is_believed or point.is_found:
            strong = "strong" if point.is_believed else None
            parts.append(
                svg.element(
                    "text",
                    str(point.lag),
                    x=round(x(point.lag), 1),
                    y=BOTTOM + 18,
                    text_anchor="middle",
                    class_=strong,
                )
            )
    parts.append(svg.element("text", "as believed", x=LEFT + 4, y=TOP - 4, class_="goodt"))
    parts.append(svg.element("text", "the other way", x=LEFT + 4, y=BOTTOM - 4, class_="badt"))
    parts.append(
        svg.element(
            "text",
            f"{chart.periods} from metric to goal",
            x=(LEFT + RIGHT) / 2,
            y=BOTTOM + 40,
            text_anchor="middle",
        )
    )
    return svg.element(
        "svg",
        *parts,
        class_="chart lags",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=chart.label,
    )


def _whisker(point: LagPoint, at: float, y: Callable[[float], float], kind: str) -> Iterator[SafeString]:
    css = "whisk" + (f" on {kind}" if point.is_found else "") + ("" if point.is_tested else " soft")
    low, high = y(max(point.low, -1.0)), y(min(point.high, 1.0))
    yield svg.element("path", class_=css.strip(), d=f"M{at:.1f} {low:.1f}V{high:.1f}")
    yield svg.element(
        "circle",
        class_="dot" + (f" on {kind}".rstrip() if point.is_found else "" if point.is_tested else " soft"),
        cx=round(at, 1),
        cy=round(y(point.value), 1),
        r=6 if point.is_found else 4.5,
    )
