"""Status words and small charts: right words, right shape, and no way for text to become markup."""

from __future__ import annotations

import itertools
import re
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.template import Context, Template

from common.display import markup, parts, svg, words
from common.display.betmap import bet_list, bet_map_svg, cut_to_width

NASTY = "<script>alert(1)</script>\"'&"
TODAY = date(2026, 11, 18)


def render(source: str, **context: Any) -> str:
    return Template("{% load bearing %}" + source).render(Context(context))


def parsed(drawing: str) -> ET.Element:
    """The drawing as XML; fails when it is not well formed."""
    return ET.fromstring(drawing)


@pytest.mark.parametrize("family", list(words.FAMILIES))
def test_every_status_of_a_family_has_a_word_an_icon_and_a_kind(family: str) -> None:
    for word in words.FAMILIES[family].values():
        assert word.text
        assert word.icon
        assert word.kind in markup.KINDS


@pytest.mark.parametrize(
    "source",
    [
        '{% goal_status "on-track" %}',
        '{% metric_status "" %}',
        '{% evidence_badge "proved" %}',
        '{% reading "caused" %}',
        '{% evidence_badge "contradicted" reason="unlucky" %}',
        '{% pill "green" "check" "Well" %}',
        '{% notice "fatal" "Oh" %}',
    ],
)
def test_an_unknown_code_is_an_error_and_not_an_empty_pill(source: str) -> None:
    with pytest.raises(ValueError, match="known"):
        render(source)


def test_a_status_says_its_word_beside_a_hidden_icon() -> None:
    html = render('{% goal_status "at_risk" %}')

    assert html == (
        '<span class="pill warn"><svg class="i" aria-hidden="true"><use href="#i-risk"/></svg>At risk</span>'
    )


def test_a_contradicted_verdict_names_its_reason() -> None:
    html = render('{% evidence_badge "contradicted" reason="too_small" provisional=True %}')

    assert "Contradicted (too small to matter), provisional" in html


def test_counts_of_verdicts_are_words_for_screen_readers_and_leave_out_zeros() -> None:
    html = render("{% evidence_counts counts %}", counts={"supported": 7, "contradicted": 0, "untested": 1})

    assert '<span class="vh">7 supported. </span>' in html
    assert "contradicted" not in html
    assert "1 untested" in html


def test_a_belief_is_said_in_words() -> None:
    html = render("{% belief True False 12 3 %}")

    assert "When the metric rises, the goal falls. " in html
    assert "in 12 weeks" in html
    assert "Strong belief" in html
    assert html.count('class="on"') == 3


def test_a_belief_tells_the_same_week_from_a_lag_that_is_not_named() -> None:
    assert "in the same week" in render("{% belief True True 0 3 %}")
    assert "week" not in render("{% belief True True None 3 %}")


def test_a_quarter_strip_speaks_each_quarter() -> None:
    cells = [
        parts.QuarterCell("Q2 2026", "Q2", "missed", "19.1%", "19.5%"),
        parts.QuarterCell("Q3 2026", "Q3", "exempt"),
        parts.QuarterCell("Q4 2026", "Q4", "open", "20.0%", "21.5%"),
        parts.QuarterCell("Q1 2027", "’27", "met", "22.0%", "21.5%", provisional=True),
    ]

    html = render("{% quarter_strip cells %}", cells=cells)

    assert "Q2 2026: missed, 19.1% against 19.5%. " in html
    assert "Q3 2026: exempt. " in html
    assert "Q4 2026: open, not finished, 20.0% so far against 21.5%. " in html
    assert "Q1 2027: met, provisional, 22.0% against 21.5%. " in html


@pytest.mark.parametrize(
    "source",
    [
        "{% tag nasty %}",
        "{% pill 'good' 'check' nasty %}",
        "{% avatar nasty %}",
        "{% card_flag 'blocked' nasty %}",
        "{% stage_counts stages %}",
        "{% quarter_strip cells %}",
        "{% quarter_strip cells big=True label=nasty %}",
        "{% panel_header nasty id='x' finding=nasty more=nasty url=nasty %}",
        "{% notice 'bad' nasty nasty action=nasty url=nasty %}",
        "{% empty_state 'goal' nasty nasty action=nasty url=nasty %}",
        "{% error_part nasty nasty url=nasty %}",
        "{% diff_rows changes %}",
        "{% conflict_notice both nasty %}",
        "{% metric_tree tree %}",
        "{% bet_map bets %}",
        "{% contest_steps steps %}",
        "{% segments segments %}",
        "{% plotly_figure figure 'f' nasty finding=nasty table=table csv_url=nasty key=key %}",
    ],
)
def test_html_in_text_stays_text(source: str) -> None:
    html = render(source, **_nasty_context())

    assert "<script>alert" not in html
    assert re.search(r'="[^"]*"\'', html) is None
    assert "style=" not in html


def _nasty_context() -> dict[str, Any]:
    return {
        "nasty": NASTY,
        "stages": [(NASTY, 1)],
        "cells": [parts.QuarterCell(NASTY, NASTY, "met", NASTY, NASTY)],
        "changes": [parts.Change(NASTY, NASTY, "b")],
        "both": [parts.BothVersions(NASTY, NASTY, "b")],
        "tree": parts.TreeGoal(
            NASTY, NASTY, NASTY, "on_track", [parts.TreeMetric(NASTY, NASTY, NASTY, "on_pace", "supported")]
        ),
        "bets": _bets(NASTY),
        "steps": [parts.Step(NASTY, NASTY, "now")],
        "segments": [parts.Segment("good", 1, NASTY, "check")],
        "figure": {"data": [{"name": NASTY}], "layout": {}},
        "table": parts.Table([NASTY], [[NASTY]]),
        "key": [parts.KeyItem(NASTY)],
    }


def _bets(text: str = "A name") -> parts.BetMap:
    return parts.BetMap(
        goals=[
            parts.BetGoal("g", text, "/goal/", "on_track", text),
            parts.BetGoal("h", text, "/h/", "no_data"),
        ],
        metrics=[
            parts.BetMetric("m", text, "/metric/", "stale"),
            parts.BetMetric("n", text, "/n/", "on_pace"),
        ],
        teams=[parts.BetTeam("t", text, "/team/", text, ["m"]), parts.BetTeam("u", text, "/u/")],
        links=[parts.BetLink("g", "m", "supported"), parts.BetLink("h", "m", "contradicted")],
    )


def test_the_map_draws_a_line_with_its_verdict_and_a_link_for_each_node() -> None:
    drawing = bet_map_svg(_bets())

    tree = parsed(drawing)
    lines = [path.get("class") for path in tree.iter("path")]
    assert lines == ["own", "lk supported", "lk contradicted"]
    assert {link.get("href") for link in tree.iter("a")} == {
        "/goal/",
        "/h/",
        "/metric/",
        "/n/",
        "/team/",
        "/u/",
    }


def test_the_map_is_a_list_too() -> None:
    rows = bet_list(_bets())

    assert [(goal.id, [(metric.id, verdict) for metric, verdict in metrics]) for goal, metrics in rows] == [
        ("g", [("m", "supported")]),
        ("h", [("m", "contradicted")]),
    ]


def test_nodes_of_a_column_never_overlap() -> None:
    goals = [parts.BetGoal(str(i), f"Goal {i}", "/", "on_track") for i in range(12)]
    bets = parts.BetMap(
        goals,
        [parts.BetMetric("m", "M", "/", "on_pace")],
        [],
        [parts.BetLink(g.id, "m", "untested") for g in goals],
    )

    tree = parsed(bet_map_svg(bets))

    tops = sorted(float(rect.get("y", 0)) for rect in tree.iter("rect") if rect.get("height") == "46")
    assert all(after - before >= 46 for before, after in itertools.pairwise(tops))
    assert tops[-1] + 46 <= float(tree.get("viewBox", "0 0 0 0").split()[3])


def test_the_map_cuts_a_name_by_the_room_it_takes_and_not_by_its_letters() -> None:
    narrow, wide = "Trials that fill in their list till it is full", "Jobs scheduled per active account"

    assert cut_to_width(wide, 230, 13) == wide
    assert cut_to_width("W" * 33, 230, 13).endswith("…")
    assert len(cut_to_width(narrow, 230, 13)) > len(cut_to_width("W" * 46, 230, 13))
    assert cut_to_width("", 230, 13) == ""


def test_an_empty_map_is_drawn() -> None:
    parsed(bet_map_svg(parts.BetMap([], [])))


@pytest.mark.parametrize(
    "bets",
    [
        parts.BetMap([], [], [], [parts.BetLink("g", "m", "supported")]),
        parts.BetMap([], [], [parts.BetTeam("t", "T", "/", "", ["m"])]),
    ],
)
def test_the_map_refuses_what_is_not_on_it(bets: parts.BetMap) -> None:
    with pytest.raises(ValueError, match="not on the map"):
        bet_map_svg(bets)


def _fill(drawing: str) -> float | None:
    fills = [rect for rect in parsed(drawing).iter("rect") if "bfill" in str(rect.get("class"))]
    return float(fills[0].get("width", 0)) if fills else None


def test_a_bullet_grows_to_the_right_also_for_a_figure_that_should_fall() -> None:
    rising = _fill(svg.bullet(18, 20, 10, "good"))
    falling = _fill(svg.bullet(12, 10, 20, "good"))

    assert rising == falling


def test_a_bullet_worse_than_its_baseline_is_empty_and_one_beyond_the_target_is_full() -> None:
    assert _fill(svg.bullet(9, 20, 10)) is None
    assert _fill(svg.bullet(25, 20, 10)) == 142


@pytest.mark.parametrize("figures", [(None, 20, 10), (10, None, 10), (10, 10, 10), (0, 0, 0), (-5, -10, -2)])
def test_a_bullet_is_drawn_from_any_figures(figures: tuple[Any, Any, Any]) -> None:
    parsed(svg.bullet(*figures))


def test_a_sparkline_breaks_where_a_value_is_missing() -> None:
    points = [(TODAY + timedelta(weeks=week), None if week == 2 else float(week)) for week in range(5)]

    tree = parsed(svg.sparkline(points, [(TODAY, TODAY + timedelta(weeks=4), 3)]))

    line = next(path for path in tree.iter("path") if path.get("class") == "ln")
    assert str(line.get("d")).count("M") == 2
    assert tree.get("aria-hidden") == "true"


@pytest.mark.parametrize(
    "points", [[], [(TODAY, 1.0)], [(TODAY, None)] * 3, [(TODAY, float("nan")), (TODAY, 1.0)]]
)
def test_a_sparkline_needs_two_values(points: list[Any]) -> None:
    assert svg.sparkline(points) == ""


def test_a_flat_sparkline_stays_in_its_frame() -> None:
    tree = parsed(svg.sparkline([(TODAY, 5.0), (TODAY + timedelta(days=7), 5.0)]))

    assert next(tree.iter("circle")).get("cy") == "18"


def test_a_bar_never_leaves_its_track() -> None:
    assert _fill(svg.bar(3, 2)) == 120
    assert _fill(svg.bar(0, 2)) is None
    assert _fill(svg.bar(1, 0)) is None
