"""The quarters of an evidence pack as one drawing: targets as steps, results as a line with their verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from common.display.svg import element
from common.display.values import with_unit

WIDTH, HEIGHT = 470, 190
LEFT, RIGHT, TOP, BOTTOM = 52, 400, 26, 160


def quarters_chart(
    quarters: Sequence[Mapping[str, Any]], *, unit: str, decimals: int, title: str
) -> SafeString:
    """The closed quarters, oldest first; empty with fewer than two results, when a line would say nothing.

    `title` is what a screen reader is told. Values are written with the metric's own unit.
    """
    values = [_known(row) for row in quarters]
    known = [number for row in values for number in row]
    if sum(row["actual"] is not None for row in quarters) < 2:
        return mark_safe("")
    low, high = min(known), max(known)
    margin = (high - low or abs(high) or 1.0) * 0.12
    low, high = low - margin, high + margin
    step = (RIGHT - LEFT) / len(quarters)

    def y(value: float) -> float:
        return BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP)

    def x(place: int) -> float:
        return LEFT + step * (place + 0.5)

    marks: list[str] = [element("title", title)]
    marks += _grid(low + margin, high - margin, y, unit, decimals)
    for place, row in enumerate(quarters):
        marks += _column(place, row, step)
        marks += _aim(place, row, step, y)
    line = _line(quarters, x, y)
    marks.append(element("path", class_="ln", d=line))
    marks += [
        _mark(row, x(place), y(row["actual"]))
        for place, row in enumerate(quarters)
        if row["actual"] is not None
    ]
    marks += _ends(quarters, y, unit, decimals)
    return element("svg", *marks, class_="chart", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img")


def _known(row: Mapping[str, Any]) -> list[float]:
    return [float(row[name]) for name in ("actual", "target", "low", "high") if row[name] is not None]


def _grid(low: float, high: float, y: Any, unit: str, decimals: int) -> list[str]:
    marks: list[str] = []
    for value in (low, (low + high) / 2, high) if high > low else (low,):
        height = y(value)
        marks.append(element("path", class_="grid", d=f"M{LEFT} {height:.1f}H{RIGHT}"))
        text = with_unit(value, "%" if unit == "%" else "", decimals)
        marks.append(element("text", text, x=LEFT - 8, y=height + 4, text_anchor="end"))
    return marks


def _column(place: int, row: Mapping[str, Any], step: float) -> list[str]:
    """The quarter's name, and a line where the next begins."""
    name, _, year = str(row["label"]).partition(" ")
    text = f"{name} ’{year[-2:]}" if place == 0 or name == "Q1" else name
    kind = "badt" if row["missed"] else None
    marks: list[str] = [
        element("text", text, x=LEFT + step * (place + 0.5), y=HEIGHT - 10, text_anchor="middle", class_=kind)
    ]
    if place:
        marks.append(element("path", class_="qb", d=f"M{LEFT + step * place:.1f} {TOP}V{BOTTOM + 4}"))
    return marks


def _aim(place: int, row: Mapping[str, Any], step: float, y: Any) -> list[str]:
    start, end = LEFT + step * place, LEFT + step * (place + 1)
    if row["low"] is not None and row["high"] is not None:
        top = y(row["high"])
        return [
            element("rect", class_="band", x=start, y=top, width=step, height=max(y(row["low"]) - top, 1.0))
        ]
    if row["target"] is None:
        return []
    return [element("path", class_="tgt", d=f"M{start:.1f} {y(row['target']):.1f}H{end:.1f}")]


def _line(quarters: Sequence[Mapping[str, Any]], x: Any, y: Any) -> str:
    """Broken where a quarter has no figure."""
    pieces, pen = [], "M"
    for place, row in enumerate(quarters):
        if row["actual"] is None:
            pen = "M"
            continue
        pieces.append(f"{pen}{x(place):.1f} {y(row['actual']):.1f}")
        pen = "L"
    return " ".join(pieces)


def _mark(row: Mapping[str, Any], x: float, y: float) -> str:
    if row["verdict"] == "missed":
        return element("path", class_="miss", d=f"M{x - 5:.1f} {y:.1f}l5 -5l5 5l-5 5z")
    return element("circle", class_="hit" if row["verdict"] == "met" else "dot", cx=x, cy=y, r=4)


def _ends(quarters: Sequence[Mapping[str, Any]], y: Any, unit: str, decimals: int) -> list[str]:
    """The newest figures in words at the right edge, apart from each other."""
    newest = quarters[-1]
    marks: list[str] = []
    taken: float | None = None
    for name, kind, word in (("target", "strong", "target"), ("actual", "acc", "result")):
        value = newest[name]
        if value is None:
            continue
        height = y(value) + 4
        if taken is not None and abs(height - taken) < 28:
            height = taken + (28 if height >= taken else -28)
        taken = height
        marks.append(element("text", with_unit(value, unit, decimals), x=RIGHT + 8, y=height, class_=kind))
        marks.append(element("text", word, x=RIGHT + 8, y=height + 13))
    return marks
