"""Where one arrives after the login."""

from __future__ import annotations

from typing import Any

import pytest

from teams.services.products import product_archive, product_create


def test_an_admin_of_an_empty_organisation_is_led_to_the_first_product(dana, logged_in):
    page = logged_in(dana).get("/").content.decode()

    assert "Set up your first product" in page
    assert 'href="/products/new/"' in page


def test_somebody_without_a_team_reads_whom_to_ask(product, dana, erin, logged_in):
    erin.memberships.all().delete()

    page = logged_in(erin).get("/").content.decode()

    assert "You are in no team yet" in page
    assert "dana@example.com" in page
    assert "Fieldnote" not in page


def test_a_manager_of_an_unfinished_product_sees_the_first_steps(product, team, alice, logged_in):
    response = logged_in(alice).get("/", follow=True)

    page = response.content.decode()
    assert response.redirect_chain[-1][0] == "/p/fieldnote/start/"
    assert "Two of six first steps are done" in page


def test_a_viewer_goes_to_the_overview(product, bob, logged_in):
    assert logged_in(bob).get("/")["Location"] == "/p/fieldnote/"


def test_the_product_seen_last_is_opened_again(product, bob, dana, now, logged_in):
    from common.testing.fixtures import membership_create
    from teams.models import Team

    other = product_create(actor=dana, name="Aardvark", now=now)
    membership_create(bob, Team.objects.get(product=other), "viewer")
    browser = logged_in(bob)
    assert browser.get("/")["Location"] == "/p/aardvark/"

    browser.get("/p/fieldnote/teams/")

    assert browser.get("/")["Location"] == "/p/fieldnote/"


def test_a_forged_cookie_leads_to_nothing_of_others(product, charlie, logged_in):
    browser = logged_in(charlie)
    browser.cookies["product"] = "fieldnote"

    assert "fieldnote" not in browser.get("/")["Location"]


def test_archived_products_are_left_alone(product, bob, alice, now, logged_in):
    product_archive(actor=alice, product=product, expected_version=1, now=now)

    page = logged_in(bob).get("/").content.decode()

    assert "1 product" in page
    assert "/products/" in page


def test_the_icon_is_found_where_browsers_look_for_it(client: Any) -> None:
    answer = client.get("/favicon.ico")

    assert answer.status_code == 302
    assert answer["Location"].endswith(".svg")
    assert "img/bearing" in answer["Location"]


@pytest.mark.django_db
def test_the_login_offers_one_way_to_reset_a_password(client: Any) -> None:
    assert client.get("/accounts/login/").text.count("/accounts/password/reset/") == 1
