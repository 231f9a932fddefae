"""Insights, explanations and reviews over the API."""

from __future__ import annotations

from datetime import date

import pytest
from rest_framework.test import APIClient

from strategy.models import MappingReview
from strategy.tests.factories import goal_make, mapping_make, metric_make
from strategy.tests.voices_factories import WHY, explanation_make, insight_make

pytestmark = pytest.mark.usefixtures("frozen_today")
SAID = {"text": "We left.", "source": "exit call", "dated": "2026-10-09", "stance": "against"}


def api(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def goal(product, alice):
    return goal_make(product, alice)


@pytest.fixture
def mapping(goal, product, alice):
    return mapping_make(goal, metric_make(product, key="first-job", kind="outcome"), alice)


def test_an_insight_lives_its_life(erin, mapping):
    client = api(erin)

    made = client.post(
        "/api/v1/insights/", SAID | {"product": "fieldnote", "mapping": mapping.pk}, format="json"
    )
    address = f"/api/v1/insights/{made.json()['id']}/"
    changed = client.patch(address, {"stance": "for"}, format="json")
    stale = client.patch(address, {"stance": "neutral"}, format="json", HTTP_IF_MATCH='"1"')
    gone = client.delete(address)
    back = client.post(f"{address}bring-back/")

    assert (made.status_code, made.json()["author"], made.json()["is_quote"]) == (201, "Erin", True)
    assert changed.json()["stance"] == "for"
    assert (stale.status_code, gone.status_code) == (412, 204)
    assert (back.status_code, back.json()["removed_at"]) == (200, None)


@pytest.mark.parametrize(
    ("fields", "attr"),
    [({"stance": "maybe"}, "stance"), ({"dated": "2027-01-01"}, "dated"), ({"mapping": None}, "about")],
)
def test_it_names_the_field_that_is_wrong(erin, mapping, fields, attr):
    body = SAID | {"product": "fieldnote", "mapping": mapping.pk} | fields

    answer = api(erin).post("/api/v1/insights/", body, format="json")

    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, attr)


def test_insights_of_a_goal_include_those_on_its_beliefs(bob, erin, goal, mapping):
    insight_make(erin, about=mapping)
    insight_make(erin, about=goal, stance="for")
    client = api(bob)

    def found(query):
        return client.get(f"/api/v1/insights/?{query}").json()["count"]

    assert found(f"goal={goal.pk}") == 2
    assert found(f"mapping={mapping.pk}") == 1
    assert found("stance=for") == 1
    assert found("removed=true") == 0


def test_an_explanation_lives_its_life(erin, mapping):
    client = api(erin)

    made = client.post(
        "/api/v1/explanations/", {"mapping": mapping.pk, "title": "The price rose"}, format="json"
    )
    address = f"/api/v1/explanations/{made.json()['id']}/"
    changed = client.patch(address, {"happened_on": "2026-04-06"}, format="json")
    gone = client.delete(address)
    back = client.post(f"{address}bring-back/")

    assert (made.status_code, changed.json()["happened_on"]) == (201, "2026-04-06")
    assert (gone.status_code, back.json()["removed_at"]) == (204, None)


def test_viewers_and_strangers_add_nothing(bob, charlie, erin, mapping):
    insight = insight_make(erin, about=mapping)
    explanation = explanation_make(erin, mapping)
    said = SAID | {"product": "fieldnote", "mapping": mapping.pk}
    meant = {"mapping": mapping.pk, "title": "Odd"}

    assert api(bob).post("/api/v1/insights/", said, format="json").status_code == 403
    assert api(bob).post("/api/v1/explanations/", meant, format="json").status_code == 403
    assert api(charlie).post("/api/v1/insights/", said, format="json").status_code == 400
    assert api(charlie).post("/api/v1/explanations/", meant, format="json").status_code == 400
    assert api(charlie).get(f"/api/v1/insights/{insight.pk}/").status_code == 404
    assert api(charlie).get(f"/api/v1/explanations/{explanation.pk}/").status_code == 404
    assert api(charlie).get("/api/v1/insights/").json()["count"] == 0


def test_what_was_added_stays_where_it_is(dana, erin, goal, mapping, product, alice, charlie):
    insight, explanation = insight_make(erin, about=goal), explanation_make(erin, mapping)
    other = mapping_make(goal, metric_make(product, key="other", kind="outcome"), alice)
    client = api(dana)

    moved = client.patch(f"/api/v1/insights/{insight.pk}/", {"product": "elsewhere"}, format="json")
    lifted = client.patch(f"/api/v1/explanations/{explanation.pk}/", {"mapping": other.pk}, format="json")

    assert (moved.status_code, moved.json()["errors"][0]["attr"]) == (400, "product")
    assert (lifted.status_code, lifted.json()["errors"][0]["attr"]) == (400, "mapping")


# --- reviews ------------------------------------------------------------------------------------------


def test_a_mapping_is_kept_and_its_reviews_are_listed(alice, bob, mapping):
    address = f"/api/v1/mappings/{mapping.pk}/reviews/"

    made = api(alice).post(address, {"outcome": "keep", "reason": WHY}, format="json")
    listed = api(bob).get(address)

    assert made.status_code == 201
    assert made.json()["next_review_on"] == "2027-02-26"
    assert [(row["outcome"], row["verdict"], row["author"]) for row in listed.json()] == [
        ("keep", "untested", "Alice")
    ]


def test_an_adjusting_review_takes_the_fields_that_change(alice, mapping):
    body = {"outcome": "adjust", "reason": WHY, "lag_weeks": 9, "next_review_on": "2027-01-15"}

    answer = api(alice).post(f"/api/v1/mappings/{mapping.pk}/reviews/", body, format="json")

    newest = mapping.versions.latest("number")
    assert answer.status_code == 201
    assert (newest.number, newest.lag_weeks, newest.strength) == (2, 9, 2)
    assert newest.review_on == date(2027, 1, 15)


def test_only_an_adjusting_review_changes_the_wording(alice, mapping):
    body = {"outcome": "keep", "reason": WHY, "lag_weeks": 9}

    answer = api(alice).post(f"/api/v1/mappings/{mapping.pk}/reviews/", body, format="json")

    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "outcome")
    assert not MappingReview.objects.exists()


def test_a_retiring_review_ends_the_mapping(alice, mapping):
    answer = api(alice).post(
        f"/api/v1/mappings/{mapping.pk}/reviews/", {"outcome": "retire", "reason": WHY}, format="json"
    )

    mapping.refresh_from_db()
    assert (answer.status_code, mapping.active_until) == (201, date(2026, 11, 18))


def test_a_bare_re_affirmation_is_refused(alice, mapping):
    answer = api(alice).post(
        f"/api/v1/mappings/{mapping.pk}/reviews/",
        {"outcome": "keep", "reason": "Still holds."},
        format="json",
    )

    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "reason")


def test_a_review_of_another_version_is_refused(alice, mapping):
    address = f"/api/v1/mappings/{mapping.pk}/reviews/"

    answer = api(alice).post(address, {"outcome": "keep", "reason": WHY}, format="json", HTTP_IF_MATCH='"7"')

    assert answer.status_code == 412


def test_only_strategy_writers_review(erin, charlie, mapping):
    address = f"/api/v1/mappings/{mapping.pk}/reviews/"
    body = {"outcome": "keep", "reason": WHY}

    assert api(erin).post(address, body, format="json").status_code == 403
    assert api(charlie).post(address, body, format="json").status_code == 404
    assert api(charlie).get(address).status_code == 404
