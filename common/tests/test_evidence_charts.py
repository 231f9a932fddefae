"""The charts of one belief: scales, aligned panels, scatter, and lags. Drawn as SVG, so a test can read them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from common.display import axes
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
from common.display.pairs_svg import lag_profile, pair_scatter
from common.display.panels_svg import two_panels

START = date(2026, 1, 5)
WEEKS = [START + timedelta(weeks=week) for week in range(26)]
NASTY = '<script>alert("x")</script>'


def panels(**fields: Any) -> TwoPanels:
    line = PanelLine("Metric: Use", [(day, float(place)) for place, day in enumerate(WEEKS)], "%", 1)
    values: dict[str, Any] = {
        "metric": line,
        "goal": replace(line, title="Goal: Sales", unit="€", decimals=0),
        "start": START,
        "end": WEEKS[-1] + timedelta(weeks=1),
        "narrow_start": WEEKS[13],
        "quarters": [
            QuarterSpan("Q1 ’26", date(2026, 1, 1), date(2026, 4, 1)),
            QuarterSpan("Q2", date(2026, 4, 1), date(2026, 7, 1)),
        ],
        "label": "Two panels.",
    }
    return TwoPanels(**(values | fields))


def paths(drawing: SafeString, css: str) -> list[str]:
    return re.findall(rf'<path class="{css}" d="([^"]*)"', drawing)


# --- scales ---------------------------------------------------------------------------------------


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_ticks_are_few_and_inside(low: float, size: float) -> None:
    high = low + size

    found = axes.ticks(low, high)

    assert len(found) <= 6
    assert all(low - size * 1e-6 <= value <= high + size * 1e-6 for value in found)


@pytest.mark.parametrize(
    ("values", "unit", "labels"),
    [
        ([10.0, 20.0, 30.0], "%", ["10%", "20%", "30%"]),
        ([0.5, 1.0], "", ["0.5", "1.0"]),
        ([0.0, 500_000.0, 1_000_000.0], "€", ["€0.0m", "€0.5m", "€1.0m"]),
        ([-1.0, 0.0, 1.0], "days", ["−1", "0", "1"]),
        ([], "%", []),
    ],
)
def test_tick_labels_have_just_enough_decimals(values: list[float], unit: str, labels: list[str]) -> None:
    assert axes.tick_labels(values, unit) == labels


def test_a_value_too_long_for_its_place_is_shortened() -> None:
    assert axes.short_value(23.71, "%", 1) == "23.7%"
    assert axes.short_value(1_234_567.0, "€", 2) == "€1.2m"
    assert axes.short_value(41.5, "hours a week", 1) == "41.5"
    assert axes.short_value(None, "%", 1) == "–"


def test_a_series_that_never_changes_still_has_a_scale() -> None:
    low, high = axes.extent([5.0, 5.0])

    assert low < 5.0 < high
    assert axes.extent([]) == (0.0, 1.0)


# --- two panels -----------------------------------------------------------------------------------


def test_both_panels_share_the_time_axis_and_have_their_own_scale() -> None:
    goal = PanelLine("Goal: Sales", [(day, 1000.0 * place) for place, day in enumerate(WEEKS)], "€", 0)
    drawing = two_panels(panels(goal=goal))

    metric_xs, goal_xs = (
        [float(x) for x in re.findall(r"[ML]([\d.]+) ", paths(drawing, css)[0])] for css in ("ln c2", "ln")
    )
    assert metric_xs == goal_xs
    assert ">20%<" in drawing
    assert ">€20k<" in drawing


def test_a_missing_value_leaves_a_gap() -> None:
    line = PanelLine(
        "Metric: Use", [(day, None if place == 10 else 1.0 + place) for place, day in enumerate(WEEKS)], "", 0
    )

    (wide, *_) = paths(two_panels(panels(metric=line)), "ln c2")

    assert wide.count("M") == 2


def test_the_goal_can_be_moved_back() -> None:
    as_it_was, moved = (paths(two_panels(panels(goal_days_back=back)), "ln")[0] for back in (0, 28))

    assert len(moved.split("L")) == len(as_it_was.split("L")) - 4  # four weeks lie before the start


def test_steps_join_at_the_quarter_s_start() -> None:
    steps = [(date(2026, 1, 1), date(2026, 4, 1), 10.0), (date(2026, 4, 1), date(2026, 7, 1), 20.0)]
    line = replace(panels().metric, steps=steps)

    (wide, *_) = paths(two_panels(panels(metric=line)), "tgt")

    assert wide.count("M") == 1
    assert wide.count("V") == 1


def test_quarters_met_are_circles_and_missed_ones_diamonds() -> None:
    line = replace(panels().metric, results=[(date(2026, 3, 31), True), (date(2026, 6, 30), False)])

    drawing = two_panels(panels(metric=line))

    assert drawing.count('class="hit mk"') == 1  # the phone's drawing starts after it
    assert drawing.count('class="miss mk"') == 2


def test_what_was_set_aside_is_grey_in_both_panels() -> None:
    drawing = two_panels(panels(aside=[(WEEKS[20], WEEKS[21])], open_from=WEEKS[24]))

    assert drawing.count('class="aside"') == 4
    assert drawing.count('class="qopen"') == 4


def test_rings_of_events_on_neighbouring_days_keep_apart() -> None:
    marks = [EventMark("A", WEEKS[20], "One"), EventMark("B", WEEKS[20] + timedelta(days=1), "Two")]

    drawing = two_panels(panels(marks=marks))

    rings = [float(x) for x in re.findall(r'class="ev-mark" cx="([\d.]+)"', drawing)]
    assert rings[1] - rings[0] >= 16


def test_the_bracket_finds_a_place_between_the_rings() -> None:
    marks = [EventMark(letter, WEEKS[week], letter) for letter, week in (("A", 2), ("B", 6))]

    drawing = two_panels(panels(marks=marks, bracket=Bracket(28, "4 weeks later")))

    ring_b = max(float(x) for x in re.findall(r'class="ev-mark" cx="([\d.]+)"', drawing)[:2])
    start, _narrow = [
        float(found[1]) for path in paths(drawing, "lagb") if (found := re.match(r"M([\d.]+)", path))
    ]
    assert start > ring_b
    assert "4 weeks later" in drawing


def test_the_bracket_goes_below_the_rings_where_they_leave_it_no_room() -> None:
    marks = [EventMark("A", WEEKS[week], "One") for week in range(2, 26, 4)]

    free, below = (
        [
            float(found[1])
            for path in paths(two_panels(panels(marks=some, bracket=Bracket(28, "4 weeks later"))), "lagb")
            if (found := re.match(r"M[\d.]+ ([\d.]+)", path))
        ]
        for some in ([], marks)
    )

    assert len(free) == 2  # the phone's drawing has a bracket too
    assert all(low > high for low, high in zip(below, free, strict=True))


def test_the_first_quarter_with_room_for_its_name_says_its_year() -> None:
    quarters = [
        QuarterSpan("Q4", date(2025, 10, 1), date(2026, 1, 6), "Q4 ’25"),  # one day of it is shown
        QuarterSpan("Q1", date(2026, 1, 6), date(2026, 4, 1), "Q1 ’26"),
        QuarterSpan("Q2", date(2026, 4, 1), date(2026, 7, 1), "Q2 ’26"),
    ]

    drawing = two_panels(panels(quarters=quarters, narrow_start=START))

    assert drawing.count("Q1 ’26") == 2
    assert "’25" not in drawing
    assert "Q2 ’26" not in drawing


def test_names_are_escaped_and_long_ones_are_cut_in_the_drawing() -> None:
    drawing = two_panels(
        panels(metric=replace(panels().metric, title=f"Metric: {NASTY}{'x' * 90}"), label=NASTY)
    )

    assert "<script" not in drawing
    assert "…" in drawing


def test_a_series_without_any_value_is_drawn_empty() -> None:
    assert two_panels(panels(metric=replace(panels().metric, points=[(day, None) for day in WEEKS])))


# --- scatter and lags -----------------------------------------------------------------------------


def scatter(**fields: Any) -> PairScatter:
    values: dict[str, Any] = {
        "points": [PairPoint(1.0, 2.0, True), PairPoint(-1.0, -0.5, False)],
        "goal_up": True,
        "x_label": "surprise in the metric",
        "y_label": "surprise in the goal",
        "x_unit": "",
        "y_unit": "",
        "label": "Two pairs.",
        "slope": 2.0,
        "kind": "supported",
    }
    return PairScatter(**(values | fields))


def test_recent_points_are_filled_and_earlier_ones_open() -> None:
    drawing = pair_scatter(scatter())

    assert drawing.count('class="pt"') == 1
    assert drawing.count('class="pt old"') == 1


@pytest.mark.parametrize(("goal_up", "corner"), [(True, "187"), (False, "46")])
def test_the_quadrants_that_moved_as_believed_are_tinted(goal_up: bool, corner: str) -> None:
    drawing = pair_scatter(scatter(goal_up=goal_up))

    first = re.search(r'class="quadok" x="([\d.]+)"', drawing)
    assert first is not None
    assert first[1] == corner


@pytest.mark.parametrize("reach", [0.011, 0.3, 0.45, 1.0, 2.1, 45.0, 99.0, 480.0])
def test_each_axis_of_the_scatter_names_a_value_on_either_side_of_zero(reach: float) -> None:
    drawing = pair_scatter(scatter(points=[PairPoint(reach, -reach, True)], slope=None))

    assert len(re.findall(r">\+[\d.]", drawing)) >= 2
    assert len(re.findall(r">−[\d.]", drawing)) >= 2


def test_the_line_stays_inside_however_steep() -> None:
    (line,) = paths(pair_scatter(scatter(slope=100.0)), "fit supported")

    ys = [float(y) for y in re.findall(r" ([\d.-]+)", line)]
    assert all(15.9 <= y <= 206.1 for y in ys)


def test_no_points_are_no_error() -> None:
    assert "<svg" in pair_scatter(scatter(points=[], slope=None))
    assert "<svg" in lag_profile(LagProfile([], "weeks", "No lags."))


def test_the_lag_that_was_found_and_the_believed_one_stand_out() -> None:
    points = [
        LagPoint(lag, 0.5 if lag == 3 else 0.0, -0.2, 0.7, is_found=lag == 3, is_believed=lag == 2)
        for lag in range(9)
    ]

    drawing = lag_profile(LagProfile(points, "weeks", "Nine lags.", kind="supported"))

    assert drawing.count("whisk on supported") == 1
    assert re.findall(r'class="strong">(\d)', drawing) == ["2"]


def test_an_interval_beyond_one_ends_at_one() -> None:
    drawing = lag_profile(LagProfile([LagPoint(0, 0.9, 0.2, 1.4)], "weeks", "One lag."))

    (whisker,) = paths(drawing, "whisk")
    top = float(whisker.split("V")[1])
    assert top >= 16.0
