"""Pages and API of events, as the cast sees them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from metrics.models import Event
from metrics.services import event_create, event_remove, observations_record_pairs
from metrics.tests.factories import MetricFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_today")]
LIST = "/p/fieldnote/events/"


@pytest.fixture
def metric(product: Any) -> Any:
    return MetricFactory(product=product, name="Seats", key="seats")


@pytest.fixture
def event(product: Any, metric: Any, erin: Any, now: Any) -> Event:
    return event_create(
        product=product,
        metric=metric,
        title="Price raised",
        kind="pricing",
        starts_on=date(2026, 4, 6),
        actor=erin,
        now=now,
    )


def _sent(**fields: Any) -> dict[str, Any]:
    return {"title": "Outage", "starts_on": "2026-05-01", "kind": "outage", "set_aside": "on"} | fields


def test_the_list_is_filtered_by_metric_kind_and_words(
    logged_in: Any, bob: Any, event: Any, product: Any, alice: Any, now: Any
) -> None:
    event_create(product=product, title="Tracking mended", starts_on=date(2026, 5, 1), actor=alice, now=now)
    client = logged_in(bob)

    def shown(query: str) -> set[str]:
        text = client.get(LIST + query).text
        return {title for title in ("Price raised", "Tracking mended") if title in text}

    assert shown("") == {"Price raised", "Tracking mended"}
    assert shown("?kind=pricing") == {"Price raised"}
    assert shown("?metric=seats") == {"Price raised", "Tracking mended"}  # one is on all metrics
    assert shown("?q=mended") == {"Tracking mended"}
    assert shown("?q=nothing") == set()


def test_a_member_adds_an_event_and_returns_to_the_metric(logged_in: Any, erin: Any, metric: Any) -> None:
    page = "/p/fieldnote/metrics/seats/"
    client = logged_in(erin)
    form = client.get(f"{LIST}new/?metric=seats&next={page}").text

    response = client.post(f"{LIST}new/?metric=seats&next={page}", _sent(metric=metric.pk))

    assert f'<option value="{metric.pk}" selected>' in form
    assert (response.status_code, response["Location"]) == (302, page)
    assert Event.objects.get().author == erin


def test_it_goes_on_to_no_other_site(logged_in: Any, erin: Any, metric: Any) -> None:
    response = logged_in(erin).post(f"{LIST}new/?next=https://example.com/", _sent())

    assert response["Location"] == LIST


def test_an_event_that_ends_before_it_starts_comes_back_with_the_reason(logged_in: Any, erin: Any) -> None:
    response = logged_in(erin).post(f"{LIST}new/", _sent(ends_on="2026-04-01"))

    assert response.status_code == 422
    assert "The last day is before the first one" in response.text


def test_whoever_added_it_and_strategy_writers_may_change_it_and_no_other_member(
    logged_in: Any, event: Any, alice: Any, erin: Any, bob: Any, charlie: Any, team: Any
) -> None:
    from common.testing.fixtures import membership_create, person_create

    mate = person_create("mate")
    membership_create(mate, team, "member")
    address = f"{LIST}{event.pk}/edit/"

    codes = [logged_in(user).get(address).status_code for user in (erin, alice, mate, bob, charlie)]

    assert codes == [200, 200, 403, 403, 404]


def test_a_change_that_came_second_shows_both(logged_in: Any, event: Any, alice: Any) -> None:
    client = logged_in(alice)
    client.post(f"{LIST}{event.pk}/edit/", _sent(version=1, title="First"))

    response = client.post(f"{LIST}{event.pk}/edit/", _sent(version=1, title="Second"))

    assert response.status_code == 409
    assert "First" in response.text


def test_removing_offers_the_way_back(logged_in: Any, event: Any, erin: Any) -> None:
    client = logged_in(erin)

    after = client.post(f"{LIST}{event.pk}/remove/", follow=True).text
    gone = client.get(f"{LIST}?show=removed").text
    client.post(f"{LIST}{event.pk}/bring-back/")

    assert f"{LIST}{event.pk}/bring-back/" in after
    assert "Price raised" in gone
    event.refresh_from_db()
    assert event.removed_at is None


def test_a_button_that_comes_too_late_says_why(logged_in: Any, event: Any, erin: Any) -> None:
    client = logged_in(erin)
    client.post(f"{LIST}{event.pk}/remove/")

    again = client.post(f"{LIST}{event.pk}/remove/", follow=True).text

    assert "This event is removed already." in again
    assert again.count(f"{LIST}{event.pk}/bring-back/") == 1  # offered once, by the removal that came first


def test_the_metric_page_marks_its_events_and_leads_to_a_new_one(
    logged_in: Any, erin: Any, bob: Any, metric: Any, event: Any, now: Any
) -> None:
    pairs = [(date(2026, 11, 12) - timedelta(weeks=n), float(n)) for n in range(40)]
    observations_record_pairs(metric=metric, pairs=pairs, actor=erin, now=now)
    page = "/p/fieldnote/metrics/seats/"

    mine, bobs = logged_in(erin).get(page).text, logged_in(bob).get(page).text

    assert '<span class="k">A</span><span>Price raised, ' in mine
    assert f"{LIST}new/?metric=seats" in mine
    assert f"{LIST}new/?metric=seats" not in bobs


def test_the_empty_list_says_what_an_event_is(logged_in: Any, erin: Any, bob: Any, product: Any) -> None:
    assert "Add an event" in logged_in(erin).get(LIST).text
    assert "Add an event" not in logged_in(bob).get(LIST).text


@pytest.mark.parametrize("many", [1, 12])
def test_the_list_asks_for_as_much_whatever_its_length(
    logged_in: Any,
    erin: Any,
    product: Any,
    metric: Any,
    now: Any,
    many: int,
    django_assert_max_num_queries: Any,
) -> None:
    for _ in range(many):
        event_create(
            product=product, metric=metric, title="Outage", starts_on=date(2026, 4, 6), actor=erin, now=now
        )
    client = logged_in(erin)
    client.get(LIST)

    with django_assert_max_num_queries(14):
        client.get(LIST)


def test_the_admin_finds_an_event_and_changes_none(logged_in: Any, dana: Any, event: Any) -> None:
    client = logged_in(dana)

    listed = client.get(reverse("admin:metrics_event_changelist"), {"q": "Price"}).text

    assert "Price raised" in listed
    assert client.get(reverse("admin:metrics_event_add")).status_code == 403


# --- the API ------------------------------------------------------------------------------------------


def _api(user: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_an_event_lives_its_life_over_the_api(erin: Any, metric: Any, product: Any) -> None:
    client = _api(erin)
    body = {"product": "fieldnote", "metric": "seats", "title": "Outage", "starts_on": "2026-05-01"}

    made = client.post("/api/v1/events/", body, format="json")
    address = f"/api/v1/events/{made.json()['id']}/"
    changed = client.patch(address, {"title": "Long outage", "ends_on": "2026-05-03"}, format="json")
    stale = client.patch(address, {"title": "Late"}, format="json", HTTP_IF_MATCH='"1"')
    gone = client.delete(address)
    listed = client.get("/api/v1/events/?removed=false").json()["results"]
    back = client.post(f"{address}bring-back/")

    assert (made.status_code, made.json()["ends_on"], made.json()["author"]) == (201, "2026-05-01", "Erin")
    assert (changed.json()["title"], changed.json()["ends_on"]) == ("Long outage", "2026-05-03")
    assert stale.status_code == 412
    assert (gone.status_code, listed) == (204, [])
    assert (back.status_code, back.json()["removed_at"]) == (200, None)


def test_the_api_names_the_wrong_field(erin: Any, product: Any) -> None:
    body = {"product": "fieldnote", "title": "Odd", "starts_on": "2026-05-01", "ends_on": "2026-04-01"}

    answer = _api(erin).post("/api/v1/events/", body, format="json")

    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "ends_on")


def test_viewers_and_strangers_write_nothing(bob: Any, charlie: Any, event: Any) -> None:
    body = {"product": "fieldnote", "title": "Odd", "starts_on": "2026-05-01"}
    address = f"/api/v1/events/{event.pk}/"

    assert _api(bob).post("/api/v1/events/", body, format="json").status_code == 403
    assert _api(charlie).post("/api/v1/events/", body, format="json").status_code == 400
    assert _api(bob).delete(address).status_code == 403
    assert _api(charlie).get(address).status_code == 404
    assert _api(charlie).get("/api/v1/events/").json()["results"] == []


def test_an_event_does_not_move_to_another_product(alice: Any, charlie: Any, event: Any, dana: Any) -> None:
    answer = _api(dana).patch(f"/api/v1/events/{event.pk}/", {"product": "elsewhere"}, format="json")

    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "product")


def test_the_list_of_removed_events_shows_nothing_else(
    logged_in: Any, event: Any, alice: Any, now: Any
) -> None:
    event_remove(event=event, actor=alice, now=now)

    assert "Price raised" not in logged_in(alice).get(LIST).text
    assert "Bring back" in logged_in(alice).get(f"{LIST}?show=removed").text
