"""The charts of a belief in the gallery, from made figures."""

from __future__ import annotations

import math
from datetime import date, timedelta

from common.display import evidence_parts as parts
from common.display.parts import Table

WEEKS = 60


def two_panels(today: date) -> parts.TwoPanels:
    """A metric, and a goal that follows it four weeks later."""
    start = today - timedelta(days=today.weekday(), weeks=WEEKS)
    days = [start + timedelta(weeks=week) for week in range(WEEKS)]
    used = [30 + week / 10 + 2 * math.sin(week / 4) for week in range(WEEKS)]
    sold = [80 + week / 20 + 1.5 * math.sin((week - 4) / 4) for week in range(WEEKS)]
    return parts.TwoPanels(
        metric=parts.PanelLine("Metric: First job within 7 days", list(zip(days, used, strict=True)), "%", 1),
        goal=parts.PanelLine("Goal: Trial-to-paid conversion", list(zip(days, sold, strict=True)), "%", 1),
        start=start,
        end=today,
        narrow_start=days[20],
        quarters=[],
        label="Two panels by week: a metric above, and below it a goal that follows four weeks later.",
        aside=[(days[30], days[31])],
        marks=[parts.EventMark("A", days[40], "Seat price rose")],
        bracket=parts.Bracket(28, "4 weeks later"),
        table=Table(
            ("Week of", "Metric", "Goal"),
            [
                (f"{day:%-d %b %Y}", f"{x:.1f}%", f"{y:.1f}%")
                for day, x, y in zip(days, used, sold, strict=True)
            ][-8:],
        ),
    )


def pair_scatter() -> parts.PairScatter:
    """Surprises that went together."""
    points = [
        parts.PairPoint(
            math.sin(7 * place), 0.6 * math.sin(7 * place) + 0.5 * math.cos(3 * place), place > 30
        )
        for place in range(60)
    ]
    return parts.PairScatter(
        points=points,
        goal_up=True,
        x_label="surprise in the metric, points",
        y_label="surprise in the goal, points",
        x_unit="",
        y_unit="",
        label="60 pairs of weeks, most of which moved as believed.",
        slope=0.6,
        kind="supported",
    )


def lag_profile() -> parts.LagProfile:
    """One lag that stands out of nine."""
    points = []
    for lag in range(9):
        value = 0.6 if lag == 4 else 0.1 * math.sin(lag)
        found = lag == 4
        points.append(
            parts.LagPoint(lag, value, value - 0.25, value + 0.2, is_found=found, is_believed=lag == 3)
        )
    return parts.LagProfile(points, "weeks", "Nine lags, of which four weeks stands out.", kind="supported")
