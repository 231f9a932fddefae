"""The map of bets: goals, the metrics believed to move them, and the teams that answer for the metrics.

Metrics are ordered by the goals they serve and each goal stands beside the middle of its metrics, so that
lines cross as little as a simple rule allows. The same facts are a list on phones and a table elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from django.utils.safestring import SafeString

from common.display import svg
from common.display.parts import BetGoal, BetLink, BetMap, BetMetric, BetTeam
from common.display.words import evidence_word, word_for

GOAL_X, METRIC_X, TEAM_X, WIDTH = 0.5, 470.5, 960.5, 1140
GOAL_W, METRIC_W, TEAM_W = 270, 270, 179
ROW, TOP = 32, 34
GOAL_H, METRIC_H, TEAM_H = 46, 26, 42
PAD = 13.5  # from the edge of a node to its text
NAME_SIZE, DETAIL_SIZE = 13.0, 12.0
_NARROW, _WIDE, _DOTS = frozenset("fijlrtI.,:;'’!|()[]- "), frozenset("mwMW@%&—…"), 0.93


@dataclass(frozen=True)
class _Layout:
    goals: dict[str, float]  # centre of each node
    metrics: dict[str, float]
    teams: dict[str, float]
    height: float


def bet_map_svg(bets: BetMap) -> SafeString:
    """The drawing. Raises ValueError when a link or a team names a goal or metric that is not on the map."""
    _check(bets)
    place = _layout(bets)
    titles = [
        svg.element("text", "Strategic goals", x=0, y=14),
        svg.element("text", "Product usage metrics we believe move them", x=470, y=14),
    ]
    if bets.teams:
        titles.append(svg.element("text", "Stream Teams", x=960, y=14))
    lines, marks = _links(bets, place)
    nodes = [
        *(_goal_node(goal, place.goals[goal.id]) for goal in bets.goals),
        *(_metric_node(metric, place.metrics[metric.id]) for metric in bets.metrics),
        *(_team_node(team, place.teams[team.id]) for team in bets.teams),
    ]
    label = (
        f"Map of {len(bets.links)} beliefs linking {len(bets.goals)} goals to {len(bets.metrics)} metrics "
        f"and {len(bets.teams)} teams."
    )
    return svg.element(
        "svg",
        *titles,
        *_owner_lines(bets, place),
        *lines,
        *marks,
        *nodes,
        class_="chart bm wide",
        viewBox=f"0 0 {WIDTH} {place.height:.0f}",
        role="group",
        aria_label=label,
    )


def bet_list(bets: BetMap) -> list[tuple[BetGoal, list[tuple[BetMetric, str]]]]:
    """Each goal with its metrics and their verdicts, for phones and for readers who prefer lists."""
    _check(bets)
    metrics = {metric.id: metric for metric in bets.metrics}
    return [
        (
            goal,
            [(metrics[link.metric], link.verdict) for link in bets.links if link.goal == goal.id],
        )
        for goal in bets.goals
    ]


def _check(bets: BetMap) -> None:
    goals, metrics = (
        {goal.id for goal in bets.goals},
        {metric.id for metric in bets.metrics},
    )
    for link in bets.links:
        if link.goal not in goals or link.metric not in metrics:
            raise ValueError(
                f"The belief {link.goal} ← {link.metric} names something that is not on the map."
            )
    for team in bets.teams:
        if missing := set(team.metrics) - metrics:
            raise ValueError(f"The team {team.name} has metrics that are not on the map: {sorted(missing)}.")


def _layout(bets: BetMap) -> _Layout:
    rank = {goal.id: index for index, goal in enumerate(bets.goals)}
    served: dict[str, list[int]] = {metric.id: [] for metric in bets.metrics}
    for link in bets.links:
        served[link.metric].append(rank[link.goal])
    order = sorted(
        bets.metrics,
        key=lambda metric: fmean(served[metric.id]) if served[metric.id] else float(len(rank)),
    )
    metrics = {metric.id: TOP + METRIC_H / 2 + ROW * index for index, metric in enumerate(order)}
    bottom = max(
        TOP + ROW * len(bets.metrics),
        TOP + (GOAL_H + 16) * len(bets.goals),
        TOP + (TEAM_H + 16) * len(bets.teams),
    )
    goals = _spread(
        {
            goal.id: [metrics[link.metric] for link in bets.links if link.goal == goal.id]
            for goal in bets.goals
        },
        GOAL_H,
        bottom,
    )
    teams = _spread(
        {team.id: [metrics[key] for key in team.metrics] for team in bets.teams},
        TEAM_H,
        bottom,
    )
    return _Layout(goals=goals, metrics=metrics, teams=teams, height=bottom + 8)


def _spread(wanted: dict[str, list[float]], height: float, bottom: float) -> dict[str, float]:
    """Centres near the mean of what each node is linked to, at least a gap apart, inside the drawing."""
    gap = height + 16
    order = sorted(wanted, key=lambda key: fmean(wanted[key]) if wanted[key] else bottom)
    places: dict[str, float] = {}
    floor = TOP + height / 2
    for key in order:
        places[key] = max(floor, fmean(wanted[key]) if wanted[key] else floor)
        floor = places[key] + gap
    ceiling = bottom - height / 2
    for key in reversed(order):
        places[key] = min(places[key], ceiling)
        ceiling = places[key] - gap
    return places


def _links(bets: BetMap, place: _Layout) -> tuple[list[SafeString], list[SafeString]]:
    """The line of each belief and the mark of its verdict. Ends fan out, so that lines stay apart."""
    lines, marks = [], []
    for goal in bets.goals:
        own = sorted(
            (link for link in bets.links if link.goal == goal.id),
            key=lambda link: place.metrics[link.metric],
        )
        for index, link in enumerate(own):
            start = place.goals[goal.id] + _fan(index, len(own), 11)
            end = place.metrics[link.metric] + _fan_at_metric(bets.links, link, place)
            kind = evidence_word(link.verdict)
            lines.append(
                svg.element(
                    "path",
                    class_=f"lk {kind.kind}",
                    d=f"M271 {start:.1f}C370 {start:.1f} 370 {end:.1f} 470 {end:.1f}",
                )
            )
            marks.append(_mark(kind.icon, kind.kind, _curve(start, end, 0.78)))
    return lines, marks


def _mark(icon: str, kind: str, at: tuple[float, float]) -> SafeString:
    x, y = at
    return svg.element(
        "g",
        svg.element("circle", class_="gl", cx=x, cy=y, r=10),
        svg.icon_use(icon, x - 8, y - 8),
        class_=f"s-{kind}",
    )


def _fan(index: int, count: int, step: float) -> float:
    step = min(step, 34 / count)
    return (index - (count - 1) / 2) * step


def _fan_at_metric(links: Sequence[BetLink], link: BetLink, place: _Layout) -> float:
    """A metric that serves several goals receives their lines one under the other."""
    there = sorted(
        (other for other in links if other.metric == link.metric),
        key=lambda other: place.goals[other.goal],
    )
    return _fan(there.index(link), len(there), 9) if len(there) > 1 else 0.0


def _curve(start: float, end: float, t: float) -> tuple[float, float]:
    """The point at `t` of the line from a goal to a metric."""
    u = 1 - t
    weights = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
    xs, ys = (271.0, 370.0, 370.0, 470.0), (start, start, end, end)
    return sum(w * x for w, x in zip(weights, xs, strict=True)), sum(
        w * y for w, y in zip(weights, ys, strict=True)
    )


def _owner_lines(bets: BetMap, place: _Layout) -> list[SafeString]:
    return [
        svg.element(
            "path",
            class_="own",
            d=f"M740 {place.metrics[key]:.0f}C850 {place.metrics[key]:.0f} 850 {place.teams[team.id]:.0f} "
            f"960 {place.teams[team.id]:.0f}",
        )
        for team in bets.teams
        for key in team.metrics
    ]


def _goal_node(goal: BetGoal, y: float) -> SafeString:
    word = word_for("goal", goal.status)
    detail = f"{word.text} · {goal.detail}" if goal.detail else word.text
    return svg.join(
        [
            _box(goal.url, goal.title, GOAL_X, y, GOAL_W, GOAL_H, room=GOAL_W - 2 * PAD, text_y=y - 3),
            svg.element("g", svg.icon_use(word.icon, 13, y + 3, 14), class_=f"st-{word.kind}"),
            svg.element("text", cut_to_width(detail, GOAL_W - 32 - PAD, DETAIL_SIZE), x=32, y=y + 14),
        ]
    )


def _metric_node(metric: BetMetric, y: float) -> SafeString:
    word = word_for("metric", metric.status)
    name = f"{metric.name}, {word.text[0].lower()}{word.text[1:]}"
    return svg.join(
        [
            _box(
                metric.url,
                metric.name,
                METRIC_X,
                y,
                METRIC_W,
                METRIC_H,
                room=METRIC_W - PAD - 28,
                text_y=y + 4.5,
                label=name,
            ),
            svg.element(
                "g",
                svg.icon_use(word.icon, METRIC_X + METRIC_W - 24, y - 7, 14),
                class_=f"st-{word.kind}",
            ),
        ]
    )


def _team_node(team: BetTeam, y: float) -> SafeString:
    parts = [_box(team.url, team.name, TEAM_X, y, TEAM_W, TEAM_H, room=TEAM_W - 2 * PAD, text_y=y - 3)]
    if team.detail:
        parts.append(
            svg.element(
                "text", cut_to_width(team.detail, TEAM_W - 2 * PAD, DETAIL_SIZE), x=TEAM_X + 13, y=y + 13
            )
        )
    return svg.join(parts)


def _box(
    url: str,
    text: str,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    room: float,
    text_y: float,
    label: str = "",
) -> SafeString:
    """A node that is a link; a name too long for it is cut in the drawing and whole in the accessible name."""
    return svg.element(
        "a",
        svg.element(
            "rect",
            class_="node",
            x=x,
            y=y - height / 2,
            width=width,
            height=height,
            rx=7,
        ),
        svg.element("text", cut_to_width(text, room, NAME_SIZE), x=x + PAD, y=text_y),
        href=url,
        aria_label=label or text,
    )


def cut_to_width(text: str, room: float, size: float) -> str:
    """The text, cut with "…" where it would be wider than `room` at this font size, by the usual widths of letters."""
    widths = [size * _width_of(letter) for letter in text]
    if sum(widths) <= room:
        return text
    while widths and sum(widths) + size * _DOTS > room:
        widths.pop()
    return text[: len(widths)].rstrip() + "…"


def _width_of(letter: str) -> float:
    """About how wide a letter of Inter is, in ems; what is not Latin counts as wide as it is high."""
    if letter in _NARROW:
        return 0.32
    if letter in _WIDE:
        return 0.93
    if ord(letter) >= 0x2E80:
        return 1.0
    return 0.7 if letter.isupper() else 0.58
