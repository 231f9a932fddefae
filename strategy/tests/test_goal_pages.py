"""Pages of goals to read, as the cast sees them."""

from __future__ import annotations

import pytest

from strategy.models import Mapping
from strategy.services import goal_slug_change, goal_version_create, quarters_evaluate
from strategy.tests.factories import (
    figures_record,
    goal_make,
    mapping_make,
    metric_make,
    target_make,
    team_target_make,
)
from strategy.tests.pages import GOAL, GOALS, page

YEAR = {"2025-Q4": 81.0, "2026-Q1": 82.0, "2026-Q2": 83.0, "2026-Q3": 84.0, "2026-Q4": 86.0, "2027-Q1": 90.0}
NASTY = '<script>alert("x")</script>'

pytestmark = pytest.mark.usefixtures("frozen_today")


def test_the_list_shows_goals_with_status_and_reason(goal, logged_in, bob):
    text = page(logged_in(bob), GOALS)

    assert "Customers stay" in text
    assert "0.2 points ahead of the pace to 86.0% this quarter." in text or "ahead of the pace" in text
    assert "2 misses running." in text
    assert "New goal" not in text


def test_the_list_is_filtered_from_the_address(goal, product, alice, dana, logged_in):
    goal_make(product, dana, key="other", title="Silent goal", horizon="long", targets=YEAR)
    client = logged_in(alice)

    by_status = page(client, f"{GOALS}?status=no_data")
    by_owner = page(client, f"{GOALS}?owner={alice.pk}")
    by_horizon = page(client, f"{GOALS}?horizon=long&status=on_track")
    drafts = page(client, f"{GOALS}?show=draft")

    assert ("Silent goal" in by_status, "Customers stay" in by_status) == (True, False)
    assert ("Silent goal" in by_owner, "Customers stay" in by_owner) == (False, True)
    assert "No goal matches" in by_horizon
    assert "No goals here" in drafts


def test_an_empty_list_says_what_to_do(product, alice, logged_in):
    text = page(logged_in(alice), GOALS)

    assert "No goals here" in text
    assert 'href="/p/fieldnote/goals/new/"' in text


def test_the_goal_page_answers_its_questions(goal, logged_in, bob):
    text = page(logged_in(bob), GOAL)

    assert "Are we on track?" in text
    assert "One more missed quarter opens a strategy contest" in text
    assert "11 January 2027" in text
    assert "Assumption broken" in text
    assert "Review the belief about First job" in text
    assert "41.0%" in text
    assert "Show the numbers as a table" in text
    assert "Edit goal" not in text


def test_the_goal_page_offers_acts_to_those_who_may(goal, logged_in, alice):
    text = page(logged_in(alice), GOAL)

    for words in ("Edit goal", "Add a belief", "Retire goal"):
        assert words in text


def test_a_goal_without_anything_is_still_a_page(product, alice, logged_in):
    goal_make(product, alice, since=None, targets={})

    text = page(logged_in(alice), GOAL)

    for words in ("This goal is a draft", "No figures yet", "No belief yet", "Activate goal"):
        assert words in text


@pytest.mark.parametrize("beliefs", [1, 10])
def test_the_goal_page_needs_few_queries(
    goal, product, team, alice, logged_in, now, beliefs, django_assert_max_num_queries
):
    for index in range(beliefs):
        metric = metric_make(product, key=f"more-{index}", kind="outcome")
        mapping_make(goal, metric, alice)
        team_target_make(team, metric, "2026-Q4", 44.0)
        goal_version_create(
            goal=goal, changes={"title": f"Title {index}"}, actor=alice, reason="So.", now=now
        )
    client = logged_in(alice)

    with django_assert_max_num_queries(20):
        page(client, GOAL)


@pytest.mark.parametrize("count", [10, 100])
def test_the_list_needs_the_same_queries_for_any_number_of_goals(
    product, alice, logged_in, count, django_assert_max_num_queries
):
    metric = metric_make(product)
    for index in range(count):
        goal_make(product, alice, metric=metric, title=f"Goal {index}", targets=YEAR)
    client = logged_in(alice)

    with django_assert_max_num_queries(16):
        page(client, GOALS)


def test_a_version_page_shows_content_and_difference(goal, alice, now, logged_in):
    goal_version_create(
        goal=goal, changes={"title": "They stay"}, actor=alice, reason="Shorter & better.", now=now
    )

    text = page(logged_in(alice), f"{GOAL}versions/2/")

    assert "Customers stay</del>" in text
    assert "They stay</ins>" in text
    assert "Shorter &amp; better." in text
    page(logged_in(alice), f"{GOAL}versions/9/", status=404)


def test_an_old_address_leads_to_the_new_one(goal, alice, now, logged_in):
    goal_slug_change(goal=goal, slug="stay", actor=alice, now=now)

    response = logged_in(alice).get(GOAL)

    assert (response.status_code, response["Location"]) == (301, "/p/fieldnote/goals/stay/")


def test_results_are_exported_as_csv_with_formulas_escaped(goal, logged_in, bob):
    response = logged_in(bob).get(f"{GOAL}results.csv")

    lines = response.content.decode().splitlines()
    assert lines[0].startswith("quarter,quarter start,quarter end,metric,actual,target")
    assert lines[-1].startswith("2026-Q4,2026-10-01,2027-01-01,retention,85.2,86.0,,,missed,yes,2")


def test_html_in_every_text_stays_text(product, alice, now, logged_in):
    metric = metric_make(product, name=NASTY)
    goal = goal_make(product, alice, metric=metric, title=NASTY)
    goal_version_create(goal=goal, changes={"bet": NASTY}, actor=alice, reason=NASTY, now=now)
    usage = metric_make(product, key="usage", kind="outcome", name=NASTY)
    mapping = mapping_make(goal, usage, alice, belief=NASTY, falsifier=NASTY)
    figures_record(metric, {"2026-Q3": 1.0}, now)
    quarters_evaluate(now=now)
    client = logged_in(alice)

    for path in (
        GOALS,
        goal.get_absolute_url(),
        f"{goal.get_absolute_url()}edit/",
        f"{goal.get_absolute_url()}versions/2/",
        f"{goal.get_absolute_url()}history/",
        "/p/fieldnote/evidence/",
        mapping.get_absolute_url(),
        f"{mapping.get_absolute_url()}edit/",
        "/p/fieldnote/metrics/usage/goals/",
    ):
        text = page(client, path)
        assert NASTY not in text
        assert "alert(&quot;x&quot;)" in text or "\\u003cscript" in text


def test_a_band_is_shown_by_its_edges(product, alice, logged_in):
    goal_make(
        product,
        alice,
        direction="band",
        contents=[target_make(slug, low=10.0, high=12.0) for slug in ("2026-Q3", "2026-Q4")],
    )

    assert "10.0 to 12.0%" in page(logged_in(alice), GOAL)


def test_the_chart_shows_the_period_that_is_asked_for(goal, logged_in, bob):
    client = logged_in(bob)

    year, everything, odd = (client.get(f"{GOAL}?period={code}") for code in ("1y", "all", "x"))

    first = [answer.context["figure"]["layout"]["shapes"] for answer in (year, everything)]
    assert len(first[0]) < len(first[1])
    assert odd.context["period"] == "2y"
    assert "Quarter met, missed" in everything.text
    assert 'href="?period=1y" aria-current="true"' in year.text


def test_a_filter_swaps_the_list_alone_and_announces_the_count(goal, product, alice, logged_in):
    client = logged_in(alice)

    part = client.get(f"{GOALS}?status=no_data", headers={"HX-Request": "true"})
    whole = page(client, f"{GOALS}?status=no_data")

    text = part.content.decode()
    assert "<html" not in text
    assert 'hx-swap-oob="innerHTML:#goal-count">0 goals shown' in text
    assert "HX-Request" in part["Vary"]
    assert 'id="goal-count" role="status"></p>' in whole
    assert 'hx-get="?show=draft"' in whole
    assert 'href="?show=draft"' in whole
    assert "hx-swap-oob" not in whole


def test_strangers_find_nothing(goal, charlie, logged_in):
    client = logged_in(charlie)

    for path in (GOALS, GOAL, "/p/fieldnote/evidence/", Mapping.objects.get().get_absolute_url()):
        page(client, path, status=404)


def test_another_products_goal_is_not_reached_through_ones_own(goal, charlie, logged_in):
    assert logged_in(charlie).get("/p/elsewhere/goals/customers-stay/").status_code == 404
    assert logged_in(charlie).get(f"/p/elsewhere/evidence/{Mapping.objects.get().pk}/").status_code == 404
