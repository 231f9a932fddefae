"""Pages of insights, explanations and reviews, as the cast sees them."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from common.testing.fixtures import membership_create, person_create
from metrics.services import event_create
from strategy.models import Explanation, Insight, MappingReview
from strategy.services.reviews import mapping_keep
from strategy.tests.factories import figures_record, goal_make, mapping_make, metric_make, weekly
from strategy.tests.voices_factories import WHY, closed_quarter_make, explanation_make, insight_make

pytestmark = pytest.mark.usefixtures("frozen_today")
INSIGHTS = "/p/fieldnote/insights/"
GOAL = "/p/fieldnote/goals/customers-stay/"


@pytest.fixture
def goal(product, alice):
    return goal_make(product, alice)


@pytest.fixture
def mapping(goal, product, alice):
    return mapping_make(
        goal, metric_make(product, key="first-job", kind="outcome"), alice, review_on=date(2026, 11, 1)
    )


@pytest.fixture
def belief(mapping):
    """The address of the belief's page."""
    return f"/p/fieldnote/evidence/{mapping.pk}/"


@pytest.fixture
def mate(team):
    """Another member of erin's team."""
    user = person_create("mate")
    membership_create(user, team, "member")
    return user


def insight_sent(about, **fields):
    values = {"text": "We left.", "source": "exit call", "dated": "2026-10-09", "stance": "against"}
    return values | {"about": about} | fields


# --- insights -----------------------------------------------------------------------------------------


def test_the_list_tells_how_insights_stand_and_is_filtered(logged_in, bob, erin, goal, mapping):
    insight_make(erin, about=mapping)
    insight_make(erin, about=goal, text="We stay.", stance="for")
    client = logged_in(bob)

    def shown(query):
        text = client.get(INSIGHTS + query).text
        return {words for words in ("We left because", "We stay.") if words in text}

    assert "2 insights: 1 against, 1 for" in client.get(INSIGHTS).text
    assert shown("") == {"We left because", "We stay."}
    assert shown("?stance=for") == {"We stay."}
    assert shown(f"?mapping={mapping.pk}") == {"We left because"}
    assert shown(f"?goal={goal.pk}") == {"We left because", "We stay."}
    assert shown("?q=overtime") == {"We left because"}
    assert shown("?goal=x&mapping=%C2%B2") == {"We left because", "We stay."}


def test_a_member_adds_an_insight_from_the_belief_and_returns_to_it(logged_in, erin, mapping, belief):
    client = logged_in(erin)
    address = f"{INSIGHTS}new/?mapping={mapping.pk}&next={belief}"
    form = client.get(address).text

    response = client.post(address, insight_sent(f"mapping-{mapping.pk}", is_quote="on"))

    assert f'<option value="mapping-{mapping.pk}" selected>' in form
    assert (response.status_code, response["Location"]) == (302, belief)
    assert (Insight.objects.get().author, Insight.objects.get().mapping) == (erin, mapping)


def test_an_insight_is_filled_in_from_the_goal_too(logged_in, erin, goal):
    form = logged_in(erin).get(f"{INSIGHTS}new/?goal={goal.slug}").text

    assert f'<option value="goal-{goal.pk}" selected>' in form


def test_an_insight_without_subject_or_source_comes_back(logged_in, erin, goal):
    response = logged_in(erin).post(f"{INSIGHTS}new/", insight_sent("", source=""))

    assert response.status_code == 422
    assert response.text.count("This field is required") >= 2
    assert not Insight.objects.exists()


def test_a_goal_of_another_product_cannot_be_chosen(logged_in, erin, goal, charlie):
    foreign = goal_make(charlie.memberships.get().team.product, charlie, key="foreign")

    response = logged_in(erin).post(f"{INSIGHTS}new/", insight_sent(f"goal-{foreign.pk}"))

    assert response.status_code == 422


def test_without_a_goal_the_form_says_where_to_begin(logged_in, erin, product):
    assert "There is no goal yet" in logged_in(erin).get(f"{INSIGHTS}new/").text


def test_whoever_added_an_insight_and_strategy_writers_may_change_it(
    logged_in, goal, erin, alice, mate, bob, charlie
):
    insight = insight_make(erin, about=goal)
    address = f"{INSIGHTS}{insight.pk}/edit/"

    assert [logged_in(user).get(address).status_code for user in (erin, alice, mate, bob, charlie)] == [
        200, 200, 403, 403, 404,
    ]  # fmt: skip
    shown = {user.display_name: "Edit insight" in logged_in(user).get(f"{INSIGHTS}{insight.pk}/").text
             for user in (erin, alice, mate, bob)}  # fmt: skip
    assert shown == {"Erin": True, "Alice": True, "Mate": False, "Bob": False}


def test_an_insight_is_edited_and_its_second_writer_sees_both(logged_in, goal, erin):
    insight = insight_make(erin, about=goal)
    client = logged_in(erin)
    first = client.post(
        f"{INSIGHTS}{insight.pk}/edit/", insight_sent(f"goal-{goal.pk}", version=1, text="First.")
    )

    second = client.post(
        f"{INSIGHTS}{insight.pk}/edit/", insight_sent(f"goal-{goal.pk}", version=1, text="Second.")
    )

    assert first["Location"] == f"{INSIGHTS}{insight.pk}/"
    assert second.status_code == 409
    assert "First." in second.text


def test_removing_an_insight_offers_the_way_back(logged_in, goal, erin):
    insight = insight_make(erin, about=goal)
    client = logged_in(erin)

    after = client.post(f"{INSIGHTS}{insight.pk}/remove/", follow=True).text
    gone = client.get(f"{INSIGHTS}?show=removed").text
    client.post(f"{INSIGHTS}{insight.pk}/bring-back/")

    assert f"{INSIGHTS}{insight.pk}/bring-back/" in after
    assert "We left because" in gone
    assert Insight.objects.standing().get() == insight


def test_the_goal_shows_what_people_told(logged_in, goal, mapping, erin, bob):
    insight_make(erin, about=mapping)

    text, bobs = logged_in(erin).get(GOAL).text, logged_in(bob).get(GOAL).text

    assert "1 speaks against it." in text
    assert "We left because anyone could approve overtime." in text
    assert f"{INSIGHTS}new/?goal=customers-stay" in text
    assert f"{INSIGHTS}new/?goal=customers-stay" not in bobs


def test_what_people_write_is_text_and_no_markup(logged_in, goal, erin):
    insight_make(erin, about=goal, text='<script>alert("x")</script>')

    text = logged_in(erin).get(INSIGHTS).text

    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_the_goals_chart_marks_its_events(logged_in, goal, product, erin, now):
    figures_record(goal.current.metric, weekly(date(2026, 7, 2), [80.0 + n for n in range(18)]), now)
    event_create(product=product, title="Price raised", starts_on=date(2026, 9, 1), actor=erin, now=now)
    event_create(product=product, title="Long ago", starts_on=date(2020, 9, 1), actor=erin, now=now)

    text = logged_in(erin).get(GOAL).text

    assert '<span class="k">A</span><span>Price raised, ' in text
    assert "Long ago" not in text


def test_the_goal_says_when_an_assumption_was_broken_twice_running(logged_in, goal, mapping, alice, bob):
    for slug in ("2026-Q2", "2026-Q3"):
        closed_quarter_make(goal, slug, met={mapping: True})

    alices, bobs = logged_in(alice).get(GOAL).text, logged_in(bob).get(GOAL).text

    assert "Assumption broken two quarters running" in alices
    assert f"/p/fieldnote/evidence/{mapping.pk}/review/" in alices
    assert "Assumption broken two quarters running" in bobs
    assert f"/p/fieldnote/evidence/{mapping.pk}/review/" not in bobs


# --- explanations -------------------------------------------------------------------------------------


def test_an_explanation_is_added_by_an_event_that_stands_on_the_charts(
    logged_in, erin, mapping, belief, product, now
):
    event = event_create(
        product=product, title="Price raised", starts_on=date(2026, 4, 6), actor=erin, now=now
    )
    client = logged_in(erin)
    form = client.get(f"{belief}explanations/new/").text

    response = client.post(f"{belief}explanations/new/", {"title": "The price rose", "event": event.pk})

    assert "Price raised (6 April 2026)" in form
    assert response["Location"] == belief
    assert Explanation.objects.get().happened_on == date(2026, 4, 6)


def test_an_explanation_from_the_future_comes_back(logged_in, erin, belief):
    response = logged_in(erin).post(
        f"{belief}explanations/new/", {"title": "Later", "happened_on": "2026-12-24"}
    )

    assert response.status_code == 422
    assert "still to come" in response.text


def test_an_explanation_is_changed_removed_and_brought_back(logged_in, erin, mate, mapping, belief):
    one = explanation_make(erin, mapping)
    address = f"{belief}explanations/{one.pk}/"
    client = logged_in(erin)

    client.post(f"{address}edit/", {"title": "The largest account left", "text": "1.3%.", "version": 1})
    after = client.post(f"{address}remove/", follow=True).text
    client.post(f"{address}bring-back/")

    one.refresh_from_db()
    assert (one.text, one.removed_at) == ("1.3%.", None)
    assert f"{address}bring-back/" in after
    assert logged_in(mate).get(f"{address}edit/").status_code == 403


def test_only_those_who_may_change_an_explanation_are_led_there(
    logged_in, alice, bob, erin, mate, mapping, belief
):
    one = explanation_make(erin, mapping)
    edit = f"{belief}explanations/{one.pk}/edit/"

    shown = {user.display_name: edit in logged_in(user).get(belief).text for user in (alice, bob, erin, mate)}

    assert shown == {"Alice": True, "Bob": False, "Erin": True, "Mate": False}


# --- reviews ------------------------------------------------------------------------------------------


def review_sent(outcome, reason=WHY, **fields):
    return {"outcome": outcome, "reason": reason, "version": 1} | fields


def test_a_review_shows_why_it_is_due_and_what_people_said(logged_in, alice, erin, mapping, belief):
    insight_make(erin, about=mapping)
    explanation_make(erin, mapping)

    text = logged_in(alice).get(f"{belief}review/").text

    assert "Its review was due on 1 November 2026." in text
    assert "We left because" in text
    assert "The largest account left" in text


def test_keeping_moves_the_review_on(logged_in, alice, mapping, belief):
    response = logged_in(alice).post(
        f"{belief}review/", review_sent("keep", next_review_on="2027-01-15"), follow=True
    )

    assert "Reviewed: the belief is kept, next review on 15 January 2027" in response.text
    assert mapping.versions.get().review_on == date(2027, 1, 15)


def test_adjusting_leads_to_the_wording_and_both_are_written_at_once(logged_in, alice, mapping, belief):
    client = logged_in(alice)
    form = client.post(f"{belief}review/", review_sent("adjust"))
    nothing_yet = MappingReview.objects.count()

    client.post(
        f"{belief}edit/?review=1",
        {
            "belief": "Because people who use it stay.", "direction": "+", "lag_weeks": 9, "strength": 2,
            "owner": alice.pk, "reason": WHY, "review_on": "2027-02-26", "version": 1,
        },
    )  # fmt: skip

    assert (form.status_code, nothing_yet) == (200, 0)
    assert WHY in form.text
    assert f'action="{belief}edit/?review=1"' in form.text
    assert MappingReview.objects.get().outcome == "adjust"
    assert mapping.versions.count() == 2


@pytest.mark.parametrize("outcome", ["keep", "adjust", "retire"])
def test_a_review_without_a_sentence_comes_back(logged_in, alice, mapping, belief, outcome):
    response = logged_in(alice).post(f"{belief}review/", review_sent(outcome, "Still holds."))

    assert response.status_code == 422
    assert "Say why in a sentence of 5 words or more" in response.text
    assert not MappingReview.objects.exists()


def test_retiring_ends_the_belief(logged_in, alice, mapping, belief):
    logged_in(alice).post(f"{belief}review/", review_sent("retire"))

    mapping.refresh_from_db()
    assert mapping.active_until == date(2026, 11, 18)
    assert logged_in(alice).post(f"{belief}review/", review_sent("keep", version=2)).status_code == 422


def test_a_review_of_what_changed_meanwhile_is_sent_again(logged_in, alice, mapping, belief):
    client = logged_in(alice)
    client.post(f"{belief}review/", review_sent("keep"))

    response = client.post(f"{belief}review/", review_sent("keep"))

    assert response.status_code == 409
    assert 'name="version" value="2"' in response.text


def test_an_adjustment_that_changes_nothing_comes_back_with_the_goals_title(
    logged_in, alice, mapping, belief
):
    response = logged_in(alice).post(
        f"{belief}edit/?review=1",
        {
            "belief": "Because people who use it stay.", "direction": "+", "lag_weeks": "", "strength": 2,
            "owner": alice.pk, "reason": WHY, "review_on": "2027-02-26", "version": 1,
        },
    )  # fmt: skip

    assert response.status_code == 422
    assert "To leave it so, keep it instead" in response.text
    assert "Customers stay" in response.text


def test_members_who_do_not_write_strategy_do_not_review(logged_in, erin, belief):
    assert logged_in(erin).get(f"{belief}review/").status_code == 403


# --- how much is asked, and the admin -----------------------------------------------------------------


@pytest.mark.parametrize("many", [1, 12])
def test_the_list_of_insights_asks_for_as_much_whatever_its_length(
    logged_in, bob, erin, goal, mapping, many, django_assert_max_num_queries
):
    for _ in range(many):
        insight_make(erin, about=mapping)
        insight_make(erin, about=goal)
    client = logged_in(bob)
    client.get(INSIGHTS)

    with django_assert_max_num_queries(15):
        client.get(INSIGHTS)


@pytest.mark.parametrize("many", [1, 12])
def test_a_review_asks_for_as_much_whatever_people_said(
    logged_in, alice, erin, mapping, belief, many, django_assert_max_num_queries
):
    for _ in range(many):
        insight_make(erin, about=mapping)
        explanation_make(erin, mapping)
    client = logged_in(alice)
    client.get(f"{belief}review/")

    with django_assert_max_num_queries(24):
        client.get(f"{belief}review/")


def test_the_admin_finds_what_people_added(logged_in, dana, erin, alice, mapping, now):
    insight_make(erin, about=mapping)
    explanation_make(erin, mapping)
    mapping_keep(mapping=mapping, reason=WHY, actor=alice, now=now)
    client = logged_in(dana)

    found = {
        name: client.get(reverse(f"admin:strategy_{name}_changelist"), {"q": words})
        .context["cl"]
        .result_count
        for name, words in (
            ("insight", "overtime"),
            ("explanation", "largest"),
            ("mappingreview", "Interviews"),
        )
    }
    codes = {
        name: client.get(reverse(f"admin:strategy_{name}_add")).status_code
        for name in ("insight", "explanation", "mappingreview")
    }

    assert found == {"insight": 1, "explanation": 1, "mappingreview": 1}
    assert set(codes.values()) == {403}
