"""One belief's page in every state, and its periods as a file."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest

from metrics.models import Event
from strategy.models import Explanation, Insight, MappingReview, MappingVerdict
from strategy.services import mapping_adjust, mapping_retire
from strategy.tests.evidence_factories import LAST_WEEK, pair_make, verdict_make
from strategy.tests.factories import goal_make, mapping_make, metric_make

EVIDENCE = "/p/fieldnote/evidence/"
NASTY = '<script>alert("x")</script>'

pytestmark = pytest.mark.usefixtures("frozen_today")


@pytest.fixture
def goal(product, alice):
    return goal_make(product, alice)


@pytest.fixture
def belief(goal, product, alice):
    metric = metric_make(product, key="first-job", kind="outcome")
    return mapping_make(goal, metric, alice, lag_weeks=3, strength=3)


def page(client, path, status=200, **headers):
    response = client.get(path, headers=headers)
    assert response.status_code == status
    return response.content.decode()


# --- one belief -----------------------------------------------------------------------------------


def test_a_supported_belief_says_so_with_lag_size_and_what_it_does_not_show(belief, bob, logged_in):
    verdict_make(belief)

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "We believe that when First job rises, Retention rises about 3 weeks later." in text
    assert "They moved together as believed" in text
    assert "about 3 weeks later" in text
    assert "It shows the order of events, not the cause; an experiment would." in text
    assert "Stated since November 2026." in text
    assert "The weak point of this result" in text
    assert "95% interval +" in text


def test_every_chart_has_a_name_and_its_numbers_as_a_table(belief, bob, logged_in):
    verdict_make(belief)

    text = page(logged_in(bob), belief.get_absolute_url())

    assert text.count("Show the numbers as a table") == 3
    assert text.count('role="img"') == 4  # the panels are drawn twice: for wide screens and for phones
    assert "Two panels by week since 18 November 2024. Above: First job, from" in text
    assert "Association at each lag from 0 to 8 weeks" in text


def test_the_other_verdicts_have_words_of_their_own(belief, bob, logged_in):
    client = logged_in(bob)

    verdict_make(belief, pair_make(effect=-0.8))
    opposite = page(client, belief.get_absolute_url())
    MappingVerdict.objects.all().delete()
    verdict_make(belief, pair_make(150, effect=0.0, seed=3), lags=[2, 3, 4])
    small = page(client, belief.get_absolute_url())
    MappingVerdict.objects.all().delete()
    verdict_make(belief, pair_make(60, effect=0.08, seed=3))
    open_still = page(client, belief.get_absolute_url())

    assert "The data point the other way" in opposite
    assert "the opposite of what was believed" in opposite
    assert "Contradicted (too small to matter)" in small
    assert "smaller than the size that would matter, at every lag from 2 to 4 weeks" in small
    assert "The data fit both a useful link and none" in open_still


def test_too_little_data_shows_no_association_and_says_when_there_is_enough(belief, bob, logged_in):
    verdict_make(belief, pair_make(18))

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "there are 18 so far" in text
    assert "there will be enough on 11 January 2027" in text
    assert "too few to measure" in text
    assert "Would another lag fit better?" not in text
    assert "Did they move together?" in text


def test_an_untested_belief_says_when_it_is_tested(belief, bob, logged_in):
    text = page(logged_in(bob), belief.get_absolute_url())

    assert "Not tested yet" in text
    assert "The next run is on 23 November 2026." in text
    assert "No comparison yet" in text


def test_a_preview_is_no_statement(belief, bob, logged_in):
    verdict_make(belief, stated=False)

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "Nothing is stated yet" in text
    assert "This week’s preview says supported." in text
    assert 'class="ev nodata lg"' in text
    assert "fig xl good-t" not in text


def test_a_preview_that_differs_stands_beside_what_is_stated(belief, bob, logged_in):
    verdict_make(belief, week=date(2026, 11, 2))
    verdict_make(belief, pair_make(effect=-0.8), stated=False)

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "They moved together as believed" in text
    assert "This week’s preview says contradicted (opposite)." in text


def test_the_months_keep_what_was_stated(belief, bob, logged_in):
    verdict_make(belief, pair_make(30), week=date(2026, 9, 7), verdict="inconclusive", provisional=True)
    verdict_make(belief, week=date(2026, 10, 5))
    verdict_make(belief, week=date(2026, 11, 2))

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "Stated since October 2026." in text
    assert "Inconclusive, provisional" in text
    assert "September 2026" in text


def test_months_long_ago_are_folded_away(belief, bob, logged_in):
    for month in range(3, 11):
        verdict_make(belief, pair_make(30), week=date(2026, month, 5))

    text = page(logged_in(bob), belief.get_absolute_url())

    shown, folded = text.split("2 earlier months")
    assert ">May 2026<" in shown
    assert ">April 2026<" not in shown
    assert ">April 2026<" in folded


def test_a_new_wording_is_told_from_the_verdict_on_the_old_one(belief, alice, bob, now, logged_in):
    verdict_make(belief, week=date(2026, 11, 2))
    mapping_adjust(mapping=belief, changes={"lag_weeks": 6}, actor=alice, reason="Slower.", now=now)

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "This verdict is on wording 1. Wording 2 holds since" in text


def test_a_belief_turned_round_does_not_turn_the_verdict_that_came_before(belief, alice, bob, now, logged_in):
    verdict_make(belief, week=date(2026, 11, 2))
    mapping_adjust(mapping=belief, changes={"direction": "-"}, actor=alice, reason="Otherwise.", now=now)

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "when First job falls, Retention rises" in text
    assert "by higher Retention" in text
    assert "This verdict is on wording 1." in text
    assert "the opposite of what was believed" not in text


def test_a_goal_judged_on_another_metric_does_not_rename_what_was_tested(
    belief, goal, product, bob, logged_in
):
    verdict_make(belief, week=date(2026, 11, 2))
    version = goal.versions.get()
    version.metric = metric_make(product, key="revenue", unit="EUR")
    version.save()

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "when First job rises, Revenue rises" in text
    assert "by higher Retention" in text
    assert "This verdict is on Retention, which the goal was judged on then." in text


def test_a_lag_too_long_to_test_is_said_on_the_page(belief, bob, logged_in):
    verdict_make(belief)
    belief.verdicts.update(
        verdict="not_enough_data",
        lags=[],
        lag=None,
        plausible_lags=[],
        rows_used=0,
        association=None,
        effect=None,
    )

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "longer than a third of the 104 weeks there are" in text


@pytest.fixture
def open_belief(goal, product, alice):
    """A belief that names no lag."""
    metric = metric_make(product, key="imports", kind="outcome")
    return mapping_make(goal, metric, alice)


def test_a_belief_without_a_lag_shows_the_one_that_was_found(open_belief, bob, logged_in):
    verdict_make(open_belief)

    text = page(logged_in(bob), open_belief.get_absolute_url())

    assert "We believe that when Imports rises, Retention rises, sooner or later." in text
    assert "3 weeks later</text>" in text
    assert "Lag found" in text
    assert "believed:" not in text


def test_a_belief_without_a_lag_draws_none_while_none_stands_out(open_belief, bob, logged_in):
    verdict_make(open_belief, pair_make(60, effect=0.08, seed=3))

    client = logged_in(bob)
    text = page(client, open_belief.get_absolute_url())
    moved = page(client, open_belief.get_absolute_url() + "?goal=moved-back")

    assert "Did they move together?" in text
    assert "later</text>" not in text
    assert "same week</text>" not in text
    assert "the goal moved back" not in moved
    assert "Name the lag you expect" in text


def test_a_belief_without_a_lag_can_wait_for_figures(open_belief, bob, logged_in):
    client = logged_in(bob)

    untested = page(client, open_belief.get_absolute_url())
    verdict_make(open_belief, pair_make(18))
    early = page(client, open_belief.get_absolute_url())

    assert "Not tested yet" in untested
    assert "there are 18 so far" in early


def test_naming_the_lag_is_no_advice_where_it_is_named(belief, bob, logged_in):
    verdict_make(belief, pair_make(60, effect=0.08, seed=3), lags=[2, 3, 4])

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "The data fit both a useful link and none" in text
    assert "Name the lag you expect" not in text


def test_a_part_of_the_goal_is_called_arithmetic(belief, bob, logged_in):
    verdict_make(
        belief, verdict="untested", arithmetic=True, rows_used=0, series=None, facts={"lag_table": []}
    )

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "One is part of the other" in text
    assert "by arithmetic" in text


def test_a_retired_belief_is_in_the_past_with_its_evidence(belief, alice, bob, now, logged_in):
    verdict_make(belief)
    mapping_retire(mapping=belief, actor=alice, reason="Enough.", now=now)

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "We believed that when First job rises" in text
    assert "This belief is retired" in text
    assert "What can we do with this?" not in text
    assert "Did they move together?" in text


def test_the_goal_can_be_moved_back_by_the_lag_without_script(belief, bob, logged_in):
    verdict_make(belief)
    client = logged_in(bob)

    as_it_was = page(client, belief.get_absolute_url())
    moved = page(client, belief.get_absolute_url() + "?goal=moved-back")

    assert "3 weeks later</text>" in as_it_was
    assert "the goal moved back by 3 weeks" in moved
    assert "3 weeks later</text>" not in moved


def test_what_was_set_aside_is_counted_and_greyed(belief, bob, logged_in):
    weeks = [LAST_WEEK - timedelta(weeks=50), LAST_WEEK - timedelta(weeks=49)]
    reasons = [(week, "public holiday: Christmas Day") for week in weeks]
    verdict_make(
        belief,
        pair_make(aside=weeks),
        aside=reasons,
        facts={"shifts": [{"side": "metric", "start": "2026-05-11"}], "seasons": ["rhythm of the quarter"]},
    )

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "2 weeks: public holiday: Christmas Day" in text
    assert text.count('class="aside"') == 8  # two weeks, two panels, two drawings
    assert "We do not count the jump in the week of 11 May 2026: First job moved once" in text
    assert "Taken out before comparing: rhythm of the quarter." in text


def test_what_people_add_stands_beside_the_data(belief, product, alice, bob, now, logged_in):
    verdict_make(belief)
    event = Event.objects.create(
        product=product, title="Seat price rose", starts_on=date(2026, 4, 6), ends_on=date(2026, 4, 6)
    )
    Explanation.objects.create(mapping=belief, title="The price", event=event, author=alice)
    Explanation.objects.create(mapping=belief, title="A large account left", happened_on=date(2026, 6, 22))
    Explanation.objects.create(mapping=belief, title="Taken back", removed_at=now)
    for stance in ("against", "against", "for"):
        Insight.objects.create(
            product=product,
            mapping=belief,
            text=NASTY,
            stance=stance,
            source="Exit call",
            dated=date(2026, 10, 1),
        )
    MappingReview.objects.create(
        mapping=belief, mapping_version=belief.versions.get(), outcome="keep", reason="Wait.", created_at=now
    )

    text = page(logged_in(bob), belief.get_absolute_url())

    assert '<span class="k">A</span><span>Seat price rose' in text
    assert '<span class="k2">A</span><div><p><b>The price</b>' in text
    assert '<span class="k2">B</span><div><p><b>A large account left</b>' in text
    assert "Taken back" not in text
    assert "2 speak against this belief, 1 for it." in text
    assert NASTY not in text
    assert "Wait." in text


def test_an_event_added_after_the_test_is_not_said_to_be_set_aside_by_it(belief, product, bob, logged_in):
    week = date(2026, 5, 11)
    verdict_make(belief, pair_make(aside=[week]), aside=[(week, "Outage")])
    for title, day in (("Outage", week), ("Later", date(2026, 6, 3))):
        Event.objects.create(product=product, title=title, starts_on=day, ends_on=day, set_aside=True)

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "11 May 2026, set aside by the test" in text
    assert "3 June 2026, set aside from the next run on" in text


def test_a_new_lag_is_not_drawn_over_a_verdict_on_the_old_one(belief, alice, bob, now, logged_in):
    verdict_make(belief, pair_make(60, effect=0.08, seed=3), lags=[2, 3, 4], week=date(2026, 11, 2))
    mapping_adjust(mapping=belief, changes={"lag_weeks": 8}, actor=alice, reason="Slower.", now=now)

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "rises about 8 weeks later." in text
    assert "believed: 3 weeks" in text
    assert "Goal moved back 3 weeks" in text


def test_the_lags_around_a_named_one_are_shown_and_told_from_those_that_were_tested(belief, bob, logged_in):
    verdict_make(belief, lags=[2, 3, 4])

    text = page(logged_in(bob), belief.get_absolute_url())

    assert "Association at each lag from 0 to 8 weeks" in text
    assert "only the solid lags were tested" in text
    assert text.count('class="dot soft"') == 6
    assert "lags of 2 to 4 weeks tested" in text


@pytest.mark.parametrize("many", [1, 40])
def test_the_page_needs_the_same_queries_whatever_hangs_on_it(
    belief, product, alice, now, logged_in, many, django_assert_max_num_queries
):
    verdict_make(belief)
    for index in range(many):
        day = date(2026, 1, 1) + timedelta(days=index)
        event = Event.objects.create(product=product, title=f"Event {index}", starts_on=day, ends_on=day)
        Explanation.objects.create(mapping=belief, title=f"Why {index}", event=event, author=alice)
        Insight.objects.create(
            product=product, mapping=belief, text="So.", source="Call", dated=day, author=alice
        )
    client = logged_in(alice)

    with django_assert_max_num_queries(26):
        page(client, belief.get_absolute_url())


def test_the_page_tests_nothing(belief, alice, logged_in, monkeypatch):
    verdict_make(belief)

    def refuse(*args, **kwargs):
        raise AssertionError("A page view must not test.")

    monkeypatch.setattr("metrics.analysis.link.link_test", refuse)

    page(logged_in(alice), belief.get_absolute_url())


def test_a_stranger_sees_neither_page_nor_file(belief, charlie, logged_in):
    verdict_make(belief)
    client = logged_in(charlie)

    for path in (EVIDENCE, belief.get_absolute_url(), belief.get_absolute_url() + "periods.csv"):
        page(client, path, status=404)


# --- the file -------------------------------------------------------------------------------------


def test_the_file_has_every_period_as_it_was_tested(belief, bob, logged_in):
    week = LAST_WEEK - timedelta(weeks=50)
    pair = pair_make(aside=[week])
    verdict_make(belief, pair, aside=[(week, "=cmd(): public holiday")])

    response = logged_in(bob).get(belief.get_absolute_url() + "periods.csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert len(rows) == 104
    assert float(rows[-1]["metric"]) == pair.x[-1]
    aside = next(row for row in rows if row["period start"] == week.isoformat())
    assert aside["metric"] == ""
    assert aside["set aside"] == "'=cmd(): public holiday"


def test_the_file_of_an_untested_belief_has_only_its_head(belief, bob, logged_in):
    text = page(logged_in(bob), belief.get_absolute_url() + "periods.csv")

    assert text.strip() == "period start,metric,goal,metric surprise,goal surprise,set aside"
