"""What was said against what happened: a dot for each tenth of the chances, and the line where both agree."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from common.display import axes, svg
from common.display.parts import Table

WIDTH, HEIGHT = 340, 318
LEFT, RIGHT, TOP, BOTTOM = 46.0, 326.0, 12.0, 262.0
SMALLEST, LARGEST = 3.0, 13.0


@dataclass(frozen=True)
class ReliabilityDot:
    """Chances said on average and the share that came true, both 0 to 1, of `n` forecasts."""

    said: float
    happened: float
    n: int


@dataclass(frozen=True)
class ReliabilityChart:
    """The dots, the same as a table, and what the drawing says in words."""

    dots: Sequence[ReliabilityDot]
    label: str
    table: Table


def reliability_chart(chart: ReliabilityChart) -> SafeString:
    """Dots on the diagonal kept their word; above it more came true than was said. A dot's area follows its n."""
    x, y = axes.linear(0, 1, LEFT, RIGHT), axes.linear(0, 1, BOTTOM, TOP)
    largest = max((dot.n for dot in chart.dots), default=1)
    dots = [
        svg.element(
            "circle",
            svg.element("title", f"Said {dot.said:.0%}, happened {dot.happened:.0%}, n = {dot.n:,}"),
            class_="pt",
            cx=round(x(dot.said), 1),
            cy=round(y(dot.happened), 1),
            r=round(max(SMALLEST, LARGEST * math.sqrt(dot.n / largest)), 1),
        )
        for dot in sorted(chart.dots, key=lambda dot: -dot.n)
    ]
    return svg.element(
        "svg",
        *_frame(),
        *dots,
        class_="chart reliability",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=chart.label,
    )


def _frame() -> Iterator[SafeString]:
    """The grid, the diagonal, and what the axes measure."""
    x, y = axes.linear(0, 1, LEFT, RIGHT), axes.linear(0, 1, BOTTOM, TOP)
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        text = f"{tick:.0%}"
        yield svg.element("path", class_="grid", d=f"M{LEFT} {y(tick):.1f}H{RIGHT}")
        yield svg.element("text", text, x=LEFT - 8, y=round(y(tick) + 4, 1), text_anchor="end")
        yield svg.element("text", text, x=round(x(tick), 1), y=BOTTOM + 18, text_anchor="middle")
    yield svg.element("path", class_="tgt soft", d=f"M{LEFT} {BOTTOM}L{RIGHT} {TOP}")
    yield svg.element(
        "text",
        "chance given (across), came true (up)",
        x=(LEFT + RIGHT) / 2,
        y=BOTTOM + 40,
        text_anchor="middle",
    )
