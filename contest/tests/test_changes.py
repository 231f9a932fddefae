"""The shapes of changes refuse everything that is not exactly right, and say where."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.quarters import FiscalCalendar
from contest.calculations.changes import ChangeContext, ChangeInvalidError, MappingFact, change_clean
from contest.calculations.differences import mapping_rows

CALENDAR = FiscalCalendar(4)
BELIEF = {"belief": "Because invited people stay.", "direction": "+", "strength": 2, "lag_weeks": 6}


def _context(direction: str = "increase") -> ChangeContext:
    fact = MappingFact(7, "activation", "Activation", "Because it shows value.", "+", None, 4, 2, "")
    return ChangeContext(
        calendar=CALENDAR,
        first_quarter=CALENDAR.parse("2027-Q4"),
        direction=direction,
        impact_metrics={"retention": "Retention"},
        outcome_metrics={"activation": "Activation", "invites": "Invites"},
        mappings={7: fact},
    )


def _problems(kind: str, change: Any, direction: str = "increase") -> dict[str, str]:
    with pytest.raises(ChangeInvalidError) as caught:
        change_clean(kind, change, _context(direction))
    return {problem.path: problem.message for problem in caught.value.problems}


def test_it_takes_targets_in_any_order_and_sorts_them() -> None:
    change = {"targets": [{"quarter": "2028-Q1", "value": 3}, {"quarter": "2027-Q4", "value": 2.5}]}

    clean = change_clean("revise_target", change, _context())

    assert clean == {"targets": [{"quarter": "2027-Q4", "value": 2.5}, {"quarter": "2028-Q1", "value": 3.0}]}


def test_it_takes_zero_and_negative_targets() -> None:
    change = {"targets": [{"quarter": "2027-Q4", "value": 0}, {"quarter": "2028-Q1", "value": -4}]}

    assert [item["value"] for item in change_clean("revise_target", change, _context())["targets"]] == [
        0.0,
        -4.0,
    ]


def test_it_takes_bands_for_a_goal_that_keeps_within_one() -> None:
    change = {"targets": [{"quarter": "2027-Q4", "low": 10, "high": 12}]}

    assert change_clean("revise_target", change, _context("band"))["targets"][0]["high"] == 12.0


@pytest.mark.parametrize(
    ("item", "path", "words"),
    [
        ({"quarter": "2027-Q3", "value": 1}, "targets.0.quarter", "keeps the target it has"),
        ({"quarter": "soon", "value": 1}, "targets.0.quarter", "Write the quarter like 2027-Q4"),
        ({"quarter": 2027, "value": 1}, "targets.0.quarter", "Write the quarter like"),
        ({"quarter": "2027-Q4", "value": "12"}, "targets.0.value", "must be a number"),
        ({"quarter": "2027-Q4", "value": True}, "targets.0.value", "must be a number"),
        ({"quarter": "2027-Q4", "value": math.nan}, "targets.0.value", "must be a number"),
        ({"quarter": "2027-Q4", "value": math.inf}, "targets.0.value", "must be a number"),
        ({"quarter": "2027-Q4"}, "targets.0.value", "must be a number"),
        ({"quarter": "2027-Q4", "value": 1, "low": 2}, "targets.0.low", "is not a field"),
        ({"quarter": "2028-Q1", "value": 1}, "targets", "Q4 FY27 has no target"),
        ("2027-Q4", "targets.0", "is an object"),
    ],
)
def test_it_refuses_a_wrong_target(item: Any, path: str, words: str) -> None:
    assert words in _problems("revise_target", {"targets": [item]})[path]


@pytest.mark.parametrize("targets", [None, [], {}, "x", [{}] * 41])
def test_it_refuses_no_targets_and_too_many(targets: Any) -> None:
    assert "targets" in _problems("revise_target", {"targets": targets})


def test_it_refuses_a_quarter_twice_and_a_band_upside_down() -> None:
    twice = {"targets": [{"quarter": "2027-Q4", "value": 1}, {"quarter": "2027-Q4", "value": 2}]}
    upside_down = {"targets": [{"quarter": "2027-Q4", "low": 3, "high": 1}]}

    assert "twice" in _problems("revise_target", twice)["targets.1.quarter"]
    assert "below its low edge" in _problems("revise_target", upside_down, "band")["targets.0.high"]


def test_it_keeps_only_what_a_revision_changes() -> None:
    change = {"changes": [{"action": "revise", "mapping": 7, "strength": 3, "lag_weeks": 4}]}

    assert change_clean("change_mappings", change, _context()) == {
        "changes": [{"action": "revise", "mapping": 7, "strength": 3}]
    }


def test_it_takes_a_mapping_whose_lag_nobody_can_name() -> None:
    silent = {name: value for name, value in BELIEF.items() if name != "lag_weeks"}
    change = {
        "changes": [
            {"action": "add", "metric": "invites", **silent},
            {"action": "revise", "mapping": 7, "lag_weeks": None},
        ]
    }

    added, revised = change_clean("change_mappings", change, _context())["changes"]

    assert added["lag_weeks"] is None
    assert revised == {"action": "revise", "mapping": 7, "lag_weeks": None}


@pytest.mark.parametrize("lag", [True, "6", 2.5, -1, []])
def test_it_refuses_a_lag_that_is_no_number_of_weeks(lag: Any) -> None:
    change = {"changes": [{"action": "revise", "mapping": 7, "lag_weeks": lag}]}

    assert "or left empty" in _problems("change_mappings", change)["changes.0.lag_weeks"]


def test_a_lag_that_is_not_named_is_put_in_words() -> None:
    fact = _context().mappings[7]
    changes = [
        {"action": "add", "metric": "invites", **BELIEF, "lag_weeks": None},
        {"action": "revise", "mapping": 7, "lag_weeks": None},
    ]

    added, revised = mapping_rows(changes, names={"invites": "Invites"}, mappings={7: fact})

    assert "lag not named, medium belief" in added.after
    assert (revised.before, revised.after) == ("4 weeks", "not named")


def test_it_takes_additions_and_retirements_together() -> None:
    change = {
        "changes": [
            {"action": "retire", "mapping": 7, "reason": " It moved nothing. "},
            {"action": "add", "metric": "invites", **BELIEF},
        ]
    }

    clean = change_clean("change_mappings", change, _context())["changes"]

    assert clean[0]["reason"] == "It moved nothing."
    assert clean[1] == {"action": "add", "metric": "invites", "effect": None, "falsifier": "", **BELIEF}


@pytest.mark.parametrize(
    ("item", "path", "words"),
    [
        (
            {"action": "add", "metric": "activation", **BELIEF},
            "changes.0.metric",
            "mapped to this goal already",
        ),
        ({"action": "add", "metric": "nothing", **BELIEF}, "changes.0.metric", "Choose an outcome metric"),
        ({"action": "add", "metric": "retention", **BELIEF}, "changes.0.metric", "Choose an outcome metric"),
        ({"action": "add", "metric": "invites", **BELIEF, "belief": " "}, "changes.0.belief", "is missing"),
        (
            {"action": "add", "metric": "invites", **BELIEF, "lag_weeks": 105},
            "changes.0.lag_weeks",
            "0 to 104",
        ),
        (
            {"action": "add", "metric": "invites", **BELIEF, "strength": 4},
            "changes.0.strength",
            "one of 1, 2, 3",
        ),
        ({"action": "add", "metric": "invites", **BELIEF, "strength": True}, "changes.0.strength", "one of"),
        ({"action": "revise", "mapping": 7, "strength": 2}, "changes.0", "Nothing is changed"),
        ({"action": "revise", "mapping": 8, "strength": 3}, "changes.0.mapping", "active mappings"),
        ({"action": "retire", "mapping": 7, "reason": ""}, "changes.0.reason", "is missing"),
        ({"action": "explode", "mapping": 7}, "changes.0.action", "add, revise, retire"),
        ([], "changes.0.action", "add, revise, retire"),
    ],
)
def test_it_refuses_a_wrong_change_of_mappings(item: Any, path: str, words: str) -> None:
    assert words in _problems("change_mappings", {"changes": [item]})[path]


def test_it_names_every_wrong_field_of_a_replacement_at_once() -> None:
    change = {"title": "x" * 141, "metric": "activation", "baseline": "low", "tolerance": -1, "color": "red"}

    problems = _problems("replace_goal", change)

    assert {
        "title",
        "bet",
        "metric",
        "direction",
        "baseline",
        "tolerance",
        "horizon",
        "targets",
        "color",
    } <= set(problems)


@pytest.mark.parametrize("kind", ["retire_goal", "keep"])
def test_retiring_and_keeping_have_no_fields(kind: str) -> None:
    assert change_clean(kind, {}, _context()) == {}
    assert "is not a field" in _problems(kind, {"when": "now"})["when"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(["targets", "changes", "quarter", "value", "action", "mapping", "metric"]),
            children,
        )
    ),
    max_leaves=12,
)


@given(
    kind=st.sampled_from(["revise_target", "change_mappings", "replace_goal", "retire_goal", "odd"]),
    change=_JSON,
)
def test_anything_is_either_clean_or_refused(kind: str, change: Any) -> None:
    with contextlib.suppress(ChangeInvalidError):
        clean = change_clean(kind, change, _context())
        assert change_clean(kind, clean, _context()) == clean
