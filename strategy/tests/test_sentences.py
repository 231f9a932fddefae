"""Verdicts in words: what is said, what is never said, and how numbers stand in sentences."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import product

import numpy as np
import pytest

from strategy.calculations import effect_words, evidence_headlines, sentences
from strategy.calculations.finding import AsideRow, Finding, LagRow, Shift, Side
from strategy.calculations.stability import Halves, association, halves_of

ACTIVATION = Side("Activation", "%", 1)
REVENUE = Side("Revenue", "€", 0)
NEVER = re.compile(
    r"\b(drives?|drove|causes|caused|impact of|proves?|proved|because of|significant)\b", re.IGNORECASE
)

FOUND = Finding(
    "supported",
    replace(ACTIVATION, logged=True),
    replace(REVENUE, logged=True),
    frequency="weekly",
    window_start=date(2024, 11, 18),
    window_end=date(2026, 11, 15),
    periods=104,
    rows_used=98,
    lags=range(9),
    lag=3,
    plausible=(2, 3, 4),
    p_adjusted=0.002,
    family=9,
    association=0.5,
    effect=0.4,
    effect_low=0.2,
    effect_high=0.6,
    minimum_detectable=0.4,
    lag_rows=[LagRow(3, 0.5, 0.3, 0.7)],
)
OPPOSITE = replace(
    FOUND,
    verdict="contradicted",
    reason="opposite",
    effect=-0.4,
    effect_low=-0.6,
    effect_high=-0.2,
    association=-0.5,
)
SMALL = replace(FOUND, verdict="contradicted", reason="too_small")
OPEN = replace(FOUND, verdict="inconclusive", periods_to_settle=38)
FEW = replace(FOUND, verdict="not_enough_data", periods=18, rows_used=15, lags=range(7))
UNTESTED = Finding("untested", ACTIVATION, REVENUE)


def text(finding: Finding, **kwargs: date) -> str:
    return " ".join(sentences.paragraph(finding, **kwargs))


def test_a_supported_belief_says_what_was_compared_the_lag_the_size_and_what_it_does_not_show():
    assert text(FOUND) == (
        "Weeks in which Activation ran above its usual level were followed, about 3 weeks later (plausibly 2 to 4), "
        "by higher Revenue. +1% in Activation went with +0.4% in Revenue (range +0.2% to +0.6%). This is beyond "
        "trend, season and the own momentum of Revenue, over 98 weeks to 15 November 2026. It shows the order of "
        "events, not the cause; an experiment would."
    )


def test_an_opposite_finding_says_that_it_is_the_opposite_of_the_belief():
    assert "by lower Revenue, the opposite of what was believed." in text(OPPOSITE)


def test_a_supported_belief_in_a_fall_is_followed_by_lower_figures():
    found = replace(FOUND, goal_up=False, effect=-0.4, effect_low=-0.6, effect_high=-0.2)

    assert "by lower Revenue." in text(found)
    assert "opposite" not in text(found)


def test_too_small_names_the_lags_and_the_size_that_would_matter():
    assert "smaller than the size that would matter, at every lag from 0 to 8 weeks" in text(SMALL)
    assert "less than 9% of what Revenue does" in text(SMALL)


def test_an_open_question_says_how_long_it_should_stay_open_in_steps_of_four_weeks():
    assert "About 40 more weeks should settle it. Naming the lag you expect would shorten that." in text(OPEN)


def test_a_named_lag_cannot_be_named_once_more():
    assert "Naming" not in text(replace(OPEN, lags=(2, 3, 4)))


def test_what_watching_cannot_settle_is_for_an_experiment():
    assert "more than two years to settle this: run an experiment instead" in text(
        replace(OPEN, settles_late=True)
    )


def test_a_lag_too_long_for_the_history_is_said_to_be_the_reason():
    text = " ".join(sentences.paragraph(replace(FEW, periods=104, rows_used=0, lags=())))

    assert "The lag that is believed in is longer than a third of the 104 weeks there are" in text
    assert "A shorter one can be tested" in text


@pytest.mark.parametrize(
    ("frequency", "least", "noun", "day"),
    [
        ("weekly", 26, "weeks", "11 January 2027"),
        ("monthly", 24, "months", "1 May 2027"),
        ("quarterly", 16, "quarters", "1 February 2028"),
    ],
)
def test_too_little_data_says_how_much_there_is_and_when_there_will_be_enough(frequency, least, noun, day):
    periods = {"weekly": 18, "monthly": 18, "quarterly": 11}[frequency]
    ends = {"weekly": date(2026, 11, 15), "monthly": date(2026, 10, 31), "quarterly": date(2026, 10, 31)}[
        frequency
    ]

    said = text(replace(FEW, frequency=frequency, periods=periods, window_end=ends))

    assert said.startswith(f"{least} {noun} are the least")
    assert f"there are {periods} so far" in said
    assert day in said


def test_enough_periods_that_vary_too_much_are_said_to_be_so():
    assert "even a strong link would usually be missed" in text(replace(FEW, periods=40, rows_used=36))
    assert "hardly moves" in text(replace(FEW, periods=40, rows_used=0))


def test_the_same_week_has_no_direction():
    same = replace(FOUND, lag=0, plausible=(0,))

    assert "moved the same way in the same week; which comes first cannot be told." in text(same)
    assert "order of events" not in text(same)
    assert "cannot say which came first" in sentences.weak_point(same)
    assert sentences.title(same) == "They moved together, in the same week"


def test_a_part_of_the_goal_is_not_tested():
    part = replace(UNTESTED, arithmetic=True)

    assert "move together by arithmetic" in text(part)
    assert sentences.title(part) == "One is part of the other"
    assert sentences.weak_point(part) == ""


def test_an_untested_belief_says_when_the_next_run_is():
    assert "The next run is on 30 November 2026." in text(UNTESTED, next_run=date(2026, 11, 30))


def test_provisional_says_whether_the_history_or_the_family_is_the_reason():
    few = replace(FOUND, provisional=True, periods=30)
    just = replace(FOUND, provisional=True, p_adjusted=0.03)

    assert "30 weeks are few" in sentences.provisional(few)
    assert "with 9 beliefs tested together it only just passes" in sentences.provisional(just)
    assert sentences.provisional(FOUND) == ""


def test_a_new_wording_says_how_much_evidence_came_after_it():
    said = sentences.after_wording(replace(FOUND, after_wording=3))

    assert said == "The evidence starts with what is known: 3 of 104 weeks came after this wording."
    assert sentences.after_wording(replace(FOUND, after_wording=104)) == ""


def test_a_jump_of_both_is_told_from_a_jump_of_one():
    both = replace(FOUND, shifts=[Shift(date(2026, 5, 12), "metric"), Shift(date(2026, 5, 12), "goal")])
    one = replace(FOUND, shifts=[Shift(date(2026, 5, 12), "goal")])

    assert "the week of 12 May 2026: both series moved once" in sentences.shift_sentences(both)[0]
    assert "Revenue moved once" in sentences.shift_sentences(one)[0]


def test_what_was_not_compared_is_accounted_for():
    aside = replace(FOUND, aside=[AsideRow(date(2026, 5, 11), "outage")])

    assert sentences.left_over_sentence(aside) == (
        "5 further weeks had no figure or no partner: the goal is set against the metric 3 weeks before, and the "
        "first weeks have too little before them to tell a surprise."
    )
    assert sentences.left_over_sentence(replace(FOUND, rows_used=104)) == ""


def test_missing_holidays_are_told_where_no_country_says_which_there_are():
    assert (
        sentences.holidays_sentence(FOUND, country="") == "No public holidays: the settings name no country."
    )
    assert sentences.holidays_sentence(FOUND, country="DE") == ""
    assert sentences.holidays_sentence(replace(FOUND, frequency="monthly"), country="") == ""


def test_the_weak_point_is_the_blurred_lag_before_the_third_factor():
    blurred = replace(FOUND, plausible=(1, 2, 3, 4, 5))

    assert "anything from 1 to 5 weeks fits almost as well" in sentences.weak_point(blurred)
    assert "third factor" in sentences.weak_point(FOUND)


@pytest.mark.parametrize(
    "finding", [SMALL, OPEN, replace(FOUND, rows_used=40), replace(FOUND, provisional=True)]
)
def test_every_result_has_a_weak_point(finding):
    assert sentences.weak_point(finding)


def test_a_history_is_parted_only_where_both_halves_say_something():
    pairs = [(float(place % 5), float(place % 5)) for place in range(24)]

    assert halves_of(pairs) == Halves(pytest.approx(1.0), 12, pytest.approx(1.0), 12)
    assert halves_of(pairs[:23]) is None
    assert halves_of([(1.0, 2.0)] * 40) is None


def test_the_association_is_pearson_s():
    x, y = [1.0, 2.0, 4.0, 3.0, 7.0], [2.0, 1.0, 5.0, 3.5, 6.0]

    assert association(list(zip(x, y, strict=True))) == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert association([]) is None


# --- size -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric_logged", "goal_logged", "effect", "size"),
    [
        (True, True, 0.4, ("+1% in Activation", "+0.4% in Revenue")),
        (False, True, 0.02, ("+1 point in Activation", "+2.0% in Revenue")),
        (True, False, 1000.0, ("+1% in Activation", "+€10 in Revenue")),
        (False, False, -35.0, ("+1 point in Activation", "−€35 in Revenue")),
        (False, False, 0.02, ("+100 points in Activation", "+€2 in Revenue")),
    ],
)
def test_a_size_is_read_on_the_scale_that_was_compared(metric_logged, goal_logged, effect, size):
    finding = replace(
        FOUND,
        metric=replace(ACTIVATION, logged=metric_logged),
        goal=replace(REVENUE, logged=goal_logged),
        effect=effect,
    )

    assert effect_words.effect_size(finding) == size


def test_one_more_of_a_counted_unit_is_in_the_singular():
    finding = replace(FOUND, metric=Side("Accounts", "accounts"), effect=0.01)

    assert effect_words.effect_size(finding)[0] == "+1 account in Accounts"


def test_a_share_is_moved_by_a_hundredth_not_by_all_of_it():
    finding = replace(
        FOUND, metric=Side("Share sent in time", "", 3), goal=Side("Revenue", "€"), effect=4000.0
    )

    assert effect_words.effect_size(finding) == ("+0.01 in Share sent in time", "+€40 in Revenue")
    assert effect_words.effect_size(replace(finding, effect=40.0)) == (
        "+0.01 in Share sent in time",
        "+€0.4 in Revenue",
    )


def test_an_expected_effect_names_both_units():
    boards = Side("Boards in use", "boards")

    assert effect_words.expected_words(0.05, boards, Side("Retention", "%", 1)) == "0.05 points for +1 board"
    assert effect_words.expected_words(-20.0, Side("Activation", "%", 1), REVENUE, moves=(True, False)) == (
        "−€20 for +1 point"
    )
    assert effect_words.expected_words(
        0.5, Side("Days to pay", "days"), Side("Paid online", "%", 1), moves=(False, True)
    ) == ("0.5 points for −1 day")
    assert effect_words.expected_words(0.2, Side("Share", "", 3), Side("Lost", "", 2)) == "0.2 for +1"


def test_lags_with_a_gap_are_not_drawn_together():
    assert effect_words.span([0, 1, 2, 6]) == "0 to 2, 6"
    assert effect_words.span([3], 3) == ""


@pytest.mark.parametrize(
    ("p", "said"), [(0.0001, "less than 1 of 1,000"), (0.02, "about 1 of 50"), (0.7, "more often than not")]
)
def test_a_chance_is_said_in_words(p, said):
    assert said in effect_words.chance_words(replace(FOUND, p_adjusted=p))
    assert "9 beliefs tested in the same run" in effect_words.chance_words(replace(FOUND, p_adjusted=p))


# --- headline and belief --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({}, "No beliefs yet"),
        ({"untested": 9}, "Nine beliefs wait for a first test"),
        ({"supported": 1}, "The one belief holds"),
        ({"contradicted": 1}, "The one belief does not hold"),
        ({"inconclusive": 1}, "The one belief is open"),
        ({"supported": 3}, "All three beliefs hold"),
        ({"contradicted": 2}, "All two beliefs fail to hold"),
        (
            {"supported": 4, "contradicted": 2, "inconclusive": 3},
            "Four of nine beliefs hold, two do not, and three are open",
        ),
        (
            {"contradicted": 1, "inconclusive": 1, "untested": 1},
            "None of three beliefs hold, one does not, one is open, and one waits for a test",
        ),
        ({"supported": 1, "inconclusive": 1}, "One of two beliefs holds and one is open"),
    ],
)
def test_the_headline_is_the_answer(counts, said):
    assert evidence_headlines.headline(counts) == said


def test_a_belief_is_a_sentence():
    assert evidence_headlines.belief_sentence("Use", "Churn", goal_up=False, lag_weeks=0) == (
        "We believe that when Use rises, Churn falls in the same week."
    )
    assert evidence_headlines.belief_sentence("Use", "Sales", goal_up=True, lag_weeks=3, is_past=True) == (
        "We believed that when Use rises, Sales rises about 3 weeks later."
    )


def test_a_metric_that_should_fall_is_believed_to_fall_first():
    assert evidence_headlines.belief_sentence(
        "Days to pay", "Sales", metric_up=False, goal_up=True, lag_weeks=2
    ) == ("We believe that when Days to pay falls, Sales rises about 2 weeks later.")


def test_a_belief_that_names_no_lag_says_sooner_or_later():
    assert evidence_headlines.belief_sentence("Use", "Sales", goal_up=True, lag_weeks=None) == (
        "We believe that when Use rises, Sales rises, sooner or later."
    )


@pytest.mark.parametrize(
    ("direction", "same_way", "moves"),
    [
        ("increase", True, (True, True)),
        ("increase", False, (False, True)),
        ("decrease", False, (True, False)),
        ("decrease", True, (False, False)),
        ("band", True, (True, True)),
    ],
)
def test_a_belief_goes_the_way_the_goal_should_go(direction, same_way, moves):
    assert evidence_headlines.believed_moves(direction, same_way=same_way) == moves


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("Because people stay.", "Our reason: people stay."),
        ("People who use it stay", "Our reason: people who use it stay."),
        ("Anna says so", "Our reason: Anna says so."),
    ],
)
def test_the_reason_is_called_a_reason_and_never_because(stored, shown):
    assert evidence_headlines.belief_reason(stored) == shown


def test_a_preview_that_differs_says_why_it_is_not_stated():
    said = evidence_headlines.preview("This week’s", "contradicted", "too_small", has_stated=True)

    assert said.startswith("This week’s preview says contradicted (too small to matter).")
    assert "raises false alarms" in said


# --- what is never said ---------------------------------------------------------------------------


def every_finding():
    verdicts = [
        ("supported", ""), ("contradicted", "opposite"), ("contradicted", "too_small"), ("inconclusive", ""),
        ("not_enough_data", ""), ("untested", ""),
    ]  # fmt: skip
    for (verdict, reason), lag, up, frequency, flag, lags in product(
        verdicts,
        (0, 3),
        (True, False),
        ("weekly", "monthly", "quarterly"),
        (True, False),
        ((2, 3, 4), range(9)),
    ):
        yield replace(
            FOUND,
            verdict=verdict,
            reason=reason,
            lag=lag,
            goal_up=up,
            frequency=frequency,
            provisional=flag,
            settles_late=flag,
            lags=lags,
            arithmetic=flag and verdict == "untested",
            after_wording=3,
            shifts=[Shift(date(2026, 5, 12), "metric")],
            periods=18 if flag else 104,
            seasons=("rhythm of the year",) if flag else (),
        )


def all_said(finding):
    yield sentences.title(finding)
    yield from sentences.paragraph(finding, next_run=date(2026, 11, 30))
    yield sentences.provisional(finding)
    yield sentences.after_wording(finding)
    yield sentences.weak_point(finding)
    yield from sentences.shift_sentences(finding)
    yield sentences.season_sentence(finding)
    yield sentences.left_over_sentence(finding)
    yield sentences.holidays_sentence(finding, country="")
    yield effect_words.chance_words(finding)
    yield effect_words.effect_sentence(finding)
    yield from (part for pair in evidence_headlines.choices(finding) for part in pair)
    yield from (part for pair in (*sentences.HOW_CHOSEN, *evidence_headlines.WAIT) for part in pair)


def test_no_sentence_says_that_one_moved_the_other():
    said = {sentence for finding in every_finding() for sentence in all_said(finding)}

    assert len(said) > 60
    assert not [sentence for sentence in said if NEVER.search(sentence)]


def test_no_sentence_shows_what_was_not_filled_in():
    said = {sentence for finding in every_finding() for sentence in all_said(finding)}

    assert not [sentence for sentence in said if re.search(r"None|nan|  |\(\)| ,|\.\.", sentence)]
