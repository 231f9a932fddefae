"""Pages of goals and beliefs, as the cast sees them."""

from __future__ import annotations

from datetime import date

import pytest

from common.models import JobRun
from strategy.models import Goal, Mapping
from strategy.services import goal_slug_change, goal_version_create, quarters_evaluate
from strategy.tests.factories import (
    figures_record,
    goal_make,
    mapping_make,
    metric_make,
    target_make,
    team_target_make,
    weekly,
)

YEAR = {"2025-Q4": 81.0, "2026-Q1": 82.0, "2026-Q2": 83.0, "2026-Q3": 84.0, "2026-Q4": 86.0, "2027-Q1": 90.0}
GOALS = "/p/fieldnote/goals/"
GOAL = "/p/fieldnote/goals/customers-stay/"
NASTY = '<script>alert("x")</script>'

pytestmark = pytest.mark.usefixtures("frozen_today")


@pytest.fixture
def usage(product):
    return metric_make(product, key="first-job", kind="outcome")


@pytest.fixture
def goal(product, team, alice, usage, now):
    goal = goal_make(product, alice, targets=YEAR)
    figures_record(goal.current.metric, {"2026-Q1": 90.0, "2026-Q2": 1.0, "2026-Q3": 1.0}, now)
    figures_record(
        goal.current.metric, weekly(date(2026, 10, 1), [84.2, 84.4, 84.6, 84.8, 84.9, 85.0, 85.2]), now
    )
    figures_record(usage, {"2026-Q3": 50.0, "2026-Q4": 41.0}, now)
    mapping_make(goal, usage, alice, lag_weeks=4, strength=3)
    team_target_make(team, usage, "2026-Q3", 40.0)
    team_target_make(team, usage, "2026-Q4", 44.0)
    quarters_evaluate(now=now)
    return goal


def page(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def sent(*, first="2027-Q1", rows=4, **fields):
    """A goal form as a browser sends it."""
    year, number = int(first[:4]), int(first[-1])
    data = {
        "title": "Customers stay",
        "bet": "Customers who see value stay.",
        "direction": "increase",
        "baseline": "80",
        "tolerance": "0",
        "horizon": "short",
        "targets-TOTAL_FORMS": str(rows),
        "targets-INITIAL_FORMS": str(rows),
    }
    for index in range(rows):
        data[f"targets-{index}-quarter"] = (
            f"{year + (number - 1 + index) // 4}-Q{(number - 1 + index) % 4 + 1}"
        )
        data[f"targets-{index}-value"] = ""
    return data | {key.replace("__", "-"): value for key, value in fields.items()}


# --- reading --------------------------------------------------------------------------------------


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


# --- writing --------------------------------------------------------------------------------------


def test_a_goal_is_made_in_the_browser_and_activated(product, alice, logged_in):
    metric = metric_make(product)
    client = logged_in(alice)

    made = client.post(
        f"{GOALS}new/",
        sent(
            first="2026-Q4",
            owner=alice.pk,
            metric=metric.pk,
            targets__0__value="81",
            targets__1__value="82.5",
        ),
    )
    activated = client.post(f"{GOAL}activate/")

    goal = Goal.objects.get()
    assert (made.status_code, made["Location"], activated.status_code) == (302, GOAL, 302)
    assert goal.state == "active"
    assert [row.value for row in goal.versions.get().targets.all()] == [81.0, 82.5]


def test_a_wrong_form_names_the_field_and_keeps_what_was_typed(product, alice, logged_in):
    response = logged_in(alice).post(
        f"{GOALS}new/",
        sent(first="2026-Q4", title="", bet="Kept text", baseline="NaN", targets__1__value="abc"),
    )

    text = response.content.decode()
    assert response.status_code == 422
    assert "Kept text" in text
    assert "Q1 2027: target" in text
    assert not Goal.objects.exists()


def test_quarters_are_added_without_script_and_nothing_is_lost(product, alice, logged_in):
    response = logged_in(alice).post(
        f"{GOALS}new/", sent(first="2026-Q4", title="Half written", targets__0__value="81", add_quarters="1")
    )

    text = response.content.decode()
    assert response.status_code == 200
    assert "Half written" in text
    assert 'name="targets-0-value" value="81"' in text
    assert 'name="targets-7-value"' in text
    assert not Goal.objects.exists()


def test_an_edit_says_from_when_it_holds_and_needs_a_reason(goal, alice, logged_in):
    client = logged_in(alice)
    form = page(client, f"{GOAL}edit/")
    data = sent(
        owner=alice.pk,
        metric=goal.current.metric_id,
        version=goal.version,
        targets__0__value="91",
        title="They stay",
    )

    refused = client.post(f"{GOAL}edit/", data)
    saved = client.post(f"{GOAL}edit/", data | {"reason": "Harder."}, follow=True)

    assert "hold from Q1 2027" in form
    assert (refused.status_code, "Say why" in refused.content.decode()) == (422, True)
    assert "What is measured changes from Q1 2027" in saved.content.decode()
    assert goal.versions.count() == 3


def test_a_stale_edit_shows_both_versions_and_loses_nothing(goal, alice, dana, now, logged_in):
    seen = goal.version
    goal_version_create(goal=goal, changes={"title": "Danas title"}, actor=dana, reason="So.", now=now)
    data = sent(
        owner=alice.pk,
        metric=goal.current.metric_id,
        version=seen,
        title="Alices title",
        reason="Mine.",
        targets__0__value="90",
    )

    client = logged_in(alice)
    conflict = client.post(f"{GOAL}edit/", data)
    goal.refresh_from_db()
    again = client.post(f"{GOAL}edit/", data | {"version": goal.version})

    text = conflict.content.decode()
    assert conflict.status_code == 409
    assert "<ins>Alices title</ins>" in text
    assert "Danas title" in text
    assert f'name="version" value="{goal.version}"' in text
    assert again.status_code == 302


@pytest.mark.parametrize("path", ["edit/", "retire/", "address/", "beliefs/new/"])
def test_viewers_cannot_write(goal, bob, logged_in, path):
    assert logged_in(bob).get(GOAL + path).status_code == 403


def test_a_goal_is_retired_and_brought_back_with_reasons(goal, alice, logged_in):
    client = logged_in(alice)

    client.post(f"{GOAL}retire/", {"reason": "Done.", "version": goal.version})
    retired = page(client, GOAL)
    goal.refresh_from_db()
    client.post(f"{GOAL}bring-back/", {"reason": "Not done.", "version": goal.version})

    assert "This goal is retired" in retired
    goal.refresh_from_db()
    assert goal.state == "active"


def test_evaluate_now_shows_how_the_run_goes(goal, product, alice, logged_in):
    client = logged_in(alice)

    response = client.post(f"{GOALS}evaluate/", follow=True)

    run = JobRun.objects.get(kind="quarter_evaluation", requested_by=alice)
    assert run.subject == str(product.pk)
    assert "Quarter evaluation" in response.content.decode()


def test_an_admin_corrects_a_quarter_with_a_reason(goal, alice, dana, logged_in):
    path = f"{GOAL}results/2026-Q3/"
    seen = page(logged_in(alice), path)

    forbidden = logged_in(alice).post(path, {"act": "actual", "actual": "84", "reason": "x"})
    unreasoned = logged_in(dana).post(path, {"act": "actual", "actual": "84", "reason": ""})
    logged_in(dana).post(path, {"act": "actual", "actual": "84", "reason": "The export was wrong."})

    assert "Correct or exempt" not in seen
    assert (forbidden.status_code, unreasoned.status_code) == (403, 422)
    text = page(logged_in(dana), path)
    assert "The export was wrong." in text
    assert goal.results.get(quarter_start=date(2026, 7, 1), revision=2).verdict == "met"


# --- beliefs --------------------------------------------------------------------------------------


def test_the_evidence_page_lists_every_belief_with_its_readings(goal, logged_in, bob):
    text = page(logged_in(bob), "/p/fieldnote/evidence/")

    assert "One belief waits for a first test" in text
    assert "Untested" in text
    assert 'Assumption broken<span class="sub">Q3 2026' in text


def test_a_belief_page_tells_quarter_by_quarter(goal, logged_in, bob):
    mapping = Mapping.objects.get()

    text = page(logged_in(bob), mapping.get_absolute_url())

    assert "We believe that when First job rises, Retention rises about 4 weeks later." in text
    assert "Because people who use it stay." in text
    assert "1 of 1 reached" in text
    assert "Assumption broken" in text


def test_a_belief_is_added_adjusted_retired_and_believed_again(goal, product, alice, logged_in):
    metric = metric_make(product, key="imports", kind="outcome")
    client = logged_in(alice)
    fields = {
        "belief": "Imports help.",
        "direction": "+",
        "lag_weeks": "3",
        "strength": "1",
        "owner": alice.pk,
    }

    client.post(f"{GOAL}beliefs/new/", fields | {"metric": metric.pk})
    mapping = Mapping.objects.get(metric=metric)
    path = mapping.get_absolute_url()
    client.post(f"{path}edit/", fields | {"lag_weeks": "6", "version": 1, "reason": "Slower."})
    stale = client.post(f"{path}edit/", fields | {"lag_weeks": "9", "version": 1, "reason": "Slower."})
    client.post(f"{path}retire/", {"version": 2, "reason": "No."})
    client.post(f"{path}bring-back/", {"version": 3, "reason": "Yes."})

    assert stale.status_code == 409
    assert list(mapping.versions.values_list("lag_weeks", flat=True)) == [3, 6]
    assert Mapping.objects.active().get(metric=metric).pk != mapping.pk
    assert "Retired beliefs" in page(client, "/p/fieldnote/evidence/?show=retired")


def test_a_belief_may_leave_its_lag_open_on_the_page(goal, product, alice, logged_in):
    metric = metric_make(product, key="imports", kind="outcome")
    client = logged_in(alice)
    fields = {
        "belief": "Imports help.",
        "direction": "+",
        "lag_weeks": "",
        "strength": "1",
        "owner": alice.pk,
    }

    form = page(client, f"{GOAL}beliefs/new/")
    client.post(f"{GOAL}beliefs/new/", fields | {"metric": metric.pk})

    mapping = Mapping.objects.get(metric=metric)
    text = page(client, mapping.get_absolute_url())
    assert "Leave empty if you cannot say." in form
    assert mapping.versions.get().lag_weeks is None
    assert "We believe that when Imports rises, Retention rises, sooner or later." in text
    assert "None week" not in text


def test_a_metrics_page_is_told_which_goals_it_serves(goal, alice, logged_in):
    client = logged_in(alice)

    part = client.get(
        "/p/fieldnote/metrics/first-job/goals/", headers={"HX-Request": "true"}
    ).content.decode()
    own = page(client, "/p/fieldnote/metrics/retention/goals/")

    assert part.startswith("<ul")
    assert "Mapped" in part
    assert "Impact metric" in own
    page(client, "/p/fieldnote/metrics/nothing/goals/", status=404)


def test_strangers_find_nothing(goal, charlie, logged_in):
    client = logged_in(charlie)

    for path in (GOALS, GOAL, "/p/fieldnote/evidence/", Mapping.objects.get().get_absolute_url()):
        page(client, path, status=404)


def test_another_products_goal_is_not_reached_through_ones_own(goal, charlie, logged_in):
    assert logged_in(charlie).get("/p/elsewhere/goals/customers-stay/").status_code == 404
    assert logged_in(charlie).get(f"/p/elsewhere/evidence/{Mapping.objects.get().pk}/").status_code == 404


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
