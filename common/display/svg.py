"""Small static charts as SVG. Every text goes through `element`, which escapes it; nothing carries a style."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache

from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe

from common.display.values import Number

Point = tuple[date | Number, Number | None]
TargetStep = tuple[date | Number, date | Number, Number | None]
BAR_KINDS = ("good", "warn", "bad", "none", "open", "")


def element(name: str, *children: str, **attributes: object) -> SafeString:
    """One SVG element. Attributes: `class_` for class, underscores become hyphens, None is left out.

    Children that are not marked safe are escaped, so user text cannot become markup.
    """
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    body = "".join(str(conditional_escape(child)) for child in children)
    return mark_safe(f"<{name}{pairs}>{body}</{name}>" if body else f"<{name}{pairs}/>")  # noqa: S308 - every part is escaped above


def join(parts: Sequence[str]) -> SafeString:
    """Elements one after the other."""
    return mark_safe("".join(str(conditional_escape(part)) for part in parts))  # noqa: S308 - escaped unless already safe


def icon_use(name: str, x: float, y: float, size: int = 16) -> SafeString:
    """An icon of the sprite placed inside a drawing."""
    return element("use", href=f"#i-{name}", x=x, y=y, width=size, height=size, class_="i")


def sparkline(points: Sequence[Point], targets: Sequence[TargetStep] = ()) -> SafeString:
    """A line of 104 × 36 with faint target steps and a dot on the last value; empty without two values.

    Hidden from screen readers: its facts stand in the same row. Missing values leave gaps.
    """
    return _sparkline(tuple(points), tuple(targets))


@lru_cache(maxsize=2048)
def _sparkline(points: tuple[Point, ...], targets: tuple[TargetStep, ...]) -> SafeString:
    known = [(_ordinal(x), float(y)) for x, y in points if y is not None and math.isfinite(y)]
    if len(known) < 2:
        return mark_safe("")
    steps = [(_ordinal(a), _ordinal(b), float(v)) for a, b, v in targets if v is not None]
    xs = [x for x, _ in known] + [x for a, b, _ in steps for x in (a, b)]
    ys = [y for _, y in known] + [v for _, _, v in steps]
    scale_x, scale_y = _scale(min(xs), max(xs), 2, 102), _scale(min(ys), max(ys), 32, 4)
    marks = [
        element(
            "path",
            class_="tgt soft",
            d=f"M{scale_x(a):.1f} {scale_y(v):.1f}H{scale_x(b):.1f}",
        )
        for a, b, v in steps
    ]
    pieces, pen = [], "M"
    for x, y in points:
        if y is None or not math.isfinite(y):
            pen = "M"
            continue
        pieces.append(f"{pen}{scale_x(_ordinal(x)):.1f} {scale_y(float(y)):.1f}")
        pen = "L"
    last_x, last_y = known[-1]
    marks.append(element("path", class_="ln", d=" ".join(pieces)))
    marks.append(element("circle", class_="dot", cx=scale_x(last_x), cy=scale_y(last_y), r=3.2))
    return element(
        "svg",
        *marks,
        class_="spark",
        viewBox="0 0 104 36",
        width=104,
        height=36,
        aria_hidden="true",
    )


@lru_cache(maxsize=4096)
def bullet(now: Number | None, target: Number | None, baseline: Number | None, kind: str = "") -> SafeString:
    """Where a figure stands between its baseline and its target, right being better whatever the direction.

    The scale runs from the baseline to the better of target and now, so a figure that should fall is drawn
    like one that should rise. A figure worse than its baseline has an empty bar.
    """
    _kind_check(kind)
    marks = [element("rect", class_="btrack", x=0, y=5, width=150, height=6, rx=3)]
    if now is not None and target is not None:
        start = float(baseline) if baseline is not None else min(0.0, float(now), float(target))
        goal, current = float(target) - start, float(now) - start
        if goal < 0:
            goal, current = -goal, -current
        full = max(goal, current, 0.0)
        if full > 0:
            # The target's tick keeps a margin at the right, so that it is seen when the figure is beyond it.
            fill = max(0.0, min(current / full, 1.0)) * 142
            if fill > 0:
                marks.append(
                    element(
                        "rect",
                        class_=f"bfill {kind}".strip(),
                        x=0,
                        y=5,
                        width=fill,
                        height=6,
                        rx=3,
                    )
                )
            marks.append(
                element(
                    "rect",
                    class_="btick",
                    x=goal / full * 142 - 1,
                    y=1,
                    width=2,
                    height=14,
                    rx=1,
                )
            )
    return element(
        "svg",
        *marks,
        class_="bul",
        viewBox="0 0 150 16",
        height=16,
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def bar(value: Number, total: Number, kind: str = "") -> SafeString:
    """A horizontal bar of `value` out of `total`; the number stands beside it as text."""
    _kind_check(kind)
    share = max(0.0, min(float(value) / float(total), 1.0)) if total else 0.0
    marks = [element("rect", class_="btrack", width=120, height=8, rx=3)]
    if share:
        marks.append(
            element(
                "rect",
                class_=f"bfill {kind}".strip(),
                width=share * 120,
                height=8,
                rx=3,
            )
        )
    return element(
        "svg",
        *marks,
        class_="hbar",
        viewBox="0 0 120 8",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _kind_check(kind: str) -> None:
    if kind not in BAR_KINDS:
        raise ValueError(f"{kind!r} is not a kind of bar; known: {', '.join(filter(None, BAR_KINDS))}.")


def _ordinal(x: date | Number) -> float:
    return float(x.toordinal()) if isinstance(x, date) else float(x)


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """A linear map of [low, high] to [start, end]; the middle when all values are one."""
    if high <= low:
        return lambda _: (start + end) / 2
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _short(value: object) -> str:
    """Floats with one decimal, which is finer than a pixel."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
