"""Verdict, attainment, streak and the four cases, by themselves."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy.calculations.cases import Commitment, MappedMetric, case_of, mapping_met, metrics_share
from strategy.calculations.closing import is_closed
from strategy.calculations.streaks import contest_is_due, streak_indexes, streak_replay
from strategy.calculations.verdicts import Aim, attainment_of, distance_to, verdict_of


@pytest.mark.parametrize(
    ("aim", "actual", "verdict"),
    [
        (Aim("increase", 20.0), 20.0, "met"),
        (Aim("increase", 20.0), 19.99, "missed"),
        (Aim("increase", 20.0, tolerance=0.5), 19.5, "met"),
        (Aim("increase", 20.0, tolerance=0.5), 19.49, "missed"),
        (Aim("decrease", 5.0), 5.0, "met"),
        (Aim("decrease", 5.0), 5.01, "missed"),
        (Aim("decrease", 5.0, tolerance=0.1), 5.1, "met"),
        # Zero and negative targets: a tolerance by ratio would turn round here.
        (Aim("increase", 0.0), -0.1, "missed"),
        (Aim("increase", 0.0, tolerance=0.2), -0.1, "met"),
        (Aim("increase", -10.0), -9.0, "met"),
        (Aim("increase", -10.0), -10.5, "missed"),
        (Aim("increase", -10.0, tolerance=1.0), -10.5, "met"),
        (Aim("decrease", -10.0), -9.0, "missed"),
        (Aim("decrease", -10.0), -11.0, "met"),
        (Aim("decrease", 0.0), 0.0, "met"),
        (Aim("band", low=-2.0, high=3.0), -2.0, "met"),
        (Aim("band", low=-2.0, high=3.0), 3.0, "met"),
        (Aim("band", low=-2.0, high=3.0), 3.1, "missed"),
        (Aim("band", low=-2.0, high=3.0, tolerance=5.0), 3.1, "missed"),
        (Aim("increase", 20.0), None, "no_data"),
        (Aim("increase", 20.0), float("nan"), "no_data"),
    ],
)
def test_a_quarter_is_judged_by_direction_and_absolute_tolerance(aim, actual, verdict):
    assert verdict_of(aim, actual) == verdict


def test_a_verdict_without_a_target_is_an_error():
    with pytest.raises(ValueError, match="no target"):
        verdict_of(Aim("increase"), 1.0)


@pytest.mark.parametrize(
    ("aim", "actual", "baseline", "share"),
    [
        (Aim("increase", 20.0), 15.0, 10.0, 0.5),
        (Aim("decrease", 10.0), 15.0, 20.0, 0.5),
        (Aim("increase", 0.0), -5.0, -10.0, 0.5),
        (Aim("increase", 20.0), 25.0, 10.0, 1.5),
        (Aim("increase", 20.0), 15.0, 20.0, None),
        (Aim("band", low=1.0, high=2.0), 1.5, 1.0, None),
        (Aim("increase", 20.0), None, 10.0, None),
    ],
)
def test_attainment_is_the_share_of_the_way_from_the_baseline(aim, actual, baseline, share):
    assert attainment_of(aim, actual, baseline) == share


def test_distance_is_what_is_missing_in_the_metrics_unit():
    assert distance_to(Aim("increase", 20.0), 19.0) == 1.0
    assert distance_to(Aim("decrease", 20.0), 19.0) == -1.0
    assert distance_to(Aim("band", low=1.0, high=2.0), 3.0) == 1.0


# --- streak ---------------------------------------------------------------------------------------

SHORT = {"M": "met", "X": "missed", "?": "no_data", "E": "exempt"}


def replay(text):
    return streak_replay([(SHORT[letter], True) for letter in text])


@pytest.mark.parametrize(
    ("quarters", "counts"),
    [
        ("XXX", [1, 2, 3]),
        ("XXMX", [1, 2, 0, 1]),
        ("XEX", [1, 1, 2]),
        ("X?X", [1, 1, 2]),
        ("??", [0, 1]),
        ("???", [0, 1, 1]),
        ("????", [0, 1, 1, 2]),
        ("X??X", [1, 1, 2, 3]),
        ("?M?", [0, 0, 0]),
        ("?X?", [0, 1, 1]),
        ("?E?", [0, 0, 1]),
        ("XX?M", [1, 2, 2, 0]),
        ("", []),
    ],
)
def test_the_streak_follows_its_rules(quarters, counts):
    assert [state.count for state in replay(quarters)] == counts


def test_quarters_before_counting_leave_no_trace():
    states = streak_replay([("missed", False), ("no_data", False), ("no_data", True), ("missed", True)])

    assert [state.count for state in states] == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("quarters", "recent"), [("XXMX", 3), ("XMXMX", 2), ("XXMMMX", 1), ("XEXEX", 3), ("X??X", 3)]
)
def test_the_window_counts_misses_among_the_last_four_judged_quarters(quarters, recent):
    assert replay(quarters)[-1].recent == recent


def test_the_policy_decides_what_opens_a_contest():
    assert contest_is_due(streak=3, recent=3, policy="consecutive", threshold=3)
    assert not contest_is_due(streak=1, recent=3, policy="consecutive", threshold=3)
    assert contest_is_due(streak=1, recent=3, policy="window", threshold=3)


@pytest.mark.parametrize(
    ("quarters", "policy", "indexes"),
    [
        ("MXXX", "consecutive", [1, 2, 3]),
        ("XM??X", "consecutive", [2, 3, 4]),
        ("XEX", "consecutive", [0, 2]),
        ("XXMX", "consecutive", [3]),
        ("XXMX", "window", [0, 1, 3]),
        ("M", "consecutive", []),
    ],
)
def test_the_quarters_of_a_streak_can_be_named(quarters, policy, indexes):
    assert streak_indexes([(SHORT[letter], True) for letter in quarters], policy=policy) == indexes


def oracle(quarters):
    """The streak in the plainest words: drop what does not count, read pairs without data as one miss."""
    events, gap = [], False
    for letter in quarters:
        if letter == "E":
            continue
        if letter == "?":
            if gap:
                events.append("X")
            gap = not gap
        else:
            gap = False
            events.append(letter)
    return len(events) - len("".join(events).rstrip("X")), "".join(events)[-4:].count("X")


@given(st.text(alphabet="MX?E", max_size=40))
def test_the_streak_equals_the_plain_oracle(quarters):
    states = replay(quarters)

    assert ((states[-1].count, states[-1].recent) if states else (0, 0)) == oracle(quarters)


# --- four cases -----------------------------------------------------------------------------------


def test_a_mapping_is_met_when_half_of_its_commitments_are():
    two = [Commitment(10.0), Commitment(20.0)]

    assert mapping_met(two, 10.0, "increase") == (1, True)
    assert mapping_met(two, 9.0, "increase") == (0, False)
    assert mapping_met([*two, Commitment(30.0)], 10.0, "increase") == (1, False)
    assert mapping_met(two, 20.0, "decrease") == (1, True)
    assert mapping_met([], 20.0, "increase") == (0, None)
    assert mapping_met(two, None, "increase") == (0, None)


@pytest.mark.parametrize(
    ("direction", "commit", "locked", "bar"),
    [
        ("increase", 8.0, 10.0, 10.0),
        ("increase", 12.0, 10.0, 12.0),
        ("decrease", 8.0, 6.0, 6.0),
        ("decrease", 5.0, 6.0, 5.0),
        ("increase", 8.0, None, 8.0),
    ],
)
def test_easing_after_the_lock_never_helps(direction, commit, locked, bar):
    assert Commitment(commit, locked).bar(direction) == bar


def test_the_share_is_weighted_by_strength_and_leaves_out_what_cannot_be_said():
    assert metrics_share([MappedMetric(3, True), MappedMetric(1, False)]) == 0.75
    assert metrics_share([MappedMetric(3, None), MappedMetric(1, False)]) == 0.0
    assert metrics_share([MappedMetric(3, None)]) is None
    assert metrics_share([]) is None


@pytest.mark.parametrize(
    ("verdict", "share", "case"),
    [
        ("met", 0.5, "working"),
        ("missed", 0.5, "assumption_broken"),
        ("met", 0.49, "moved_by_something_else"),
        ("missed", 0.0, "execution_or_strategy"),
        ("met", None, "unknown"),
        ("no_data", 1.0, "unknown"),
        ("exempt", 1.0, "unknown"),
    ],
)
def test_the_four_cases(verdict, share, case):
    assert case_of(verdict, share) == case


def test_a_quarter_closes_ten_days_after_its_end():
    assert not is_closed(date(2026, 10, 1), date(2026, 10, 10), 10)
    assert is_closed(date(2026, 10, 1), date(2026, 10, 11), 10)
