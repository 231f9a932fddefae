"""People: shut out at once, never without an admin, found and filtered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from common.audit import audit_list
from common.errors import ApplicationError
from common.testing.fixtures import person_create
from teams.models import ApiToken, User
from teams.services.people import person_admin_set, person_deactivate, person_leader_set, person_reactivate
from teams.tests.factories import MembershipFactory, UserFactory


def test_deactivating_ends_sessions_and_tokens_at_once(product_team, alice, dana, now, logged_in):
    browser = logged_in(alice)
    _row, text = ApiToken.objects.create(
        user=alice, name="x", scopes=["teams:read"], expiry=timedelta(days=1)
    )
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Token {text}")
    assert browser.get("/me/").status_code == 200
    assert program.get("/api/v1/teams/").status_code == 200

    logged_in(dana).post(f"/settings/people/{alice.pk}/deactivate/")

    assert browser.get("/me/").status_code == 302
    assert program.get("/api/v1/teams/").status_code == 401


def test_reactivating_brings_neither_sessions_nor_tokens_back(product_team, alice, dana, now, logged_in):
    browser = logged_in(alice)
    ApiToken.objects.create(user=alice, name="x", scopes=["teams:read"], expiry=timedelta(days=1))
    person_deactivate(actor=dana, person=alice, now=now)

    person_reactivate(actor=dana, person=alice)

    assert browser.get("/me/").status_code == 302
    assert not ApiToken.objects.exists()
    assert logged_in(alice).get("/me/").status_code == 200
    assert [event.action for event in audit_list(alice)] == ["person reactivated", "person deactivated"]


def test_a_token_of_somebody_inactive_is_refused_even_when_it_is_still_there(alice):
    _row, text = ApiToken.objects.create(
        user=alice, name="x", scopes=["teams:read"], expiry=timedelta(days=1)
    )
    User.objects.filter(pk=alice.pk).update(is_active=False)
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Token {text}")

    assert program.get("/api/v1/teams/").status_code == 401


def test_the_last_admin_stays(dana, alice, now):
    with pytest.raises(ApplicationError, match="last admin"):
        person_admin_set(actor=dana, person=dana, is_admin=False)
    with pytest.raises(ApplicationError, match="yourself"):
        person_deactivate(actor=dana, person=dana, now=now)


def test_an_inactive_admin_does_not_count(dana, alice, now):
    person_create("frank", is_superuser=True, is_active=False)

    with pytest.raises(ApplicationError, match="last admin"):
        person_admin_set(actor=dana, person=dana, is_admin=False)


def test_an_admin_may_go_when_another_stays(dana, now):
    frank = person_create("frank", is_superuser=True)

    person_admin_set(actor=frank, person=dana, is_admin=False)

    assert not User.objects.get(pk=dana.pk).is_superuser
    assert audit_list(dana)[0].action == "no longer admin"


def test_the_page_says_why_the_last_admin_stays(dana, logged_in):
    page = logged_in(dana).post(f"/settings/people/{dana.pk}/remove-admin/", follow=True).content.decode()

    assert "the last admin" in page
    assert User.objects.get(pk=dana.pk).is_superuser


def test_a_leader_reads_every_product(product, charlie, dana, logged_in):
    browser = logged_in(charlie)
    assert browser.get("/p/fieldnote/teams/").status_code == 404

    person_leader_set(actor=dana, person=charlie, is_leader=True)

    assert browser.get("/p/fieldnote/teams/").status_code == 200
    assert browser.get("/p/fieldnote/teams/new/").status_code == 403


def test_an_action_that_does_not_exist_is_not_found(dana, alice, logged_in):
    assert logged_in(dana).post(f"/settings/people/{alice.pk}/make-king/").status_code == 404


def test_the_list_is_searched_and_filtered(dana, alice, bob, logged_in):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    browser = logged_in(dana)

    found = browser.get("/settings/people/?q=ali").content.decode()
    gone = browser.get("/settings/people/?show=deactivated").content.decode()
    nobody = browser.get("/settings/people/?q=zz").content.decode()
    odd = browser.get("/settings/people/?show=nonsense&page=99")

    assert "alice@example.com" in found
    assert "bob@example.com" not in found
    assert "bob@example.com" in gone
    assert "Nobody matches" in nobody
    assert odd.status_code == 200


def test_the_list_costs_the_same_for_many_people(dana, logged_in, django_assert_max_num_queries):
    browser = logged_in(dana)
    for user in UserFactory.create_batch(45):
        MembershipFactory(user=user)

    with django_assert_max_num_queries(10):
        page = browser.get("/settings/people/").content.decode()

    assert "46 people can log in" in page


def test_htmx_gets_the_list_alone(dana, logged_in):
    page = logged_in(dana).get("/settings/people/", headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in page
    assert "dana@example.com" in page


def test_a_name_with_markup_is_shown_as_text(dana, alice, logged_in):
    User.objects.filter(pk=alice.pk).update(display_name="<img src=x onerror=alert(1)>")

    page = logged_in(dana).get(f"/settings/people/{alice.pk}/").content.decode()

    assert "<img src=x" not in page


def test_the_admin_site_shuts_people_out_through_the_service(dana, alice, logged_in):
    data = {"action": "deactivate", "_selected_action": [str(alice.pk)]}

    response = logged_in(dana).post("/admin/teams/user/", data)

    assert response.status_code == 302
    assert not User.objects.get(pk=alice.pk).is_active
    assert audit_list(alice)[0].action == "person deactivated"


def test_the_admin_site_shows_no_secrets(dana, alice, logged_in):
    _row, text = ApiToken.objects.create(user=alice, name="secret", scopes=[], expiry=timedelta(days=1))
    browser = logged_in(dana)

    tokens = browser.get("/admin/teams/apitoken/").content.decode()
    person = browser.get(f"/admin/teams/user/{alice.pk}/change/").content.decode()

    assert "secret" in tokens
    assert text not in tokens
    assert "argon2" not in person
    assert User.objects.get(pk=alice.pk).password not in person
