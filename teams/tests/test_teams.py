"""Teams of a product: made, renamed, archived, brought back."""

from __future__ import annotations

import pytest

from common.audit import audit_list
from common.errors import ApplicationError
from teams.models import Team
from teams.services.teams import team_archive, team_create, team_restore, team_update
from teams.tests.factories import MembershipFactory, TeamFactory


def test_a_new_team_is_a_stream_team_at_an_address_of_its_own(product, alice):
    first = team_create(actor=alice, product=product, name="New")
    second = team_create(actor=alice, product=product, name="Billing & pay", purpose=" Paid in time ")

    assert (first.slug, second.slug, second.purpose) == ("new-2", "billing-pay", "Paid in time")
    assert second.kind == "stream"
    assert audit_list(second)[0].action == "team created"


def test_it_refuses_the_same_name_in_one_product_only(product, team, alice):
    with pytest.raises(ApplicationError, match="of that name"):
        team_create(actor=alice, product=product, name="onboarding")

    assert TeamFactory(name="Onboarding").pk


def test_it_refuses_a_team_in_an_archived_product(product, alice, now):
    product.archived_at = now
    product.save()

    with pytest.raises(ApplicationError, match="archived"):
        team_create(actor=alice, product=product, name="Billing")


def test_a_renamed_team_leads_its_old_links_to_the_same_page(product, team, alice, logged_in):
    team_update(actor=alice, team=team, expected_version=1, name="First steps", purpose="")

    response = logged_in(alice).get("/p/fieldnote/teams/onboarding/people/")

    assert response.status_code == 301
    assert response["Location"] == "/p/fieldnote/teams/first-steps/people/"


def test_an_old_address_keeps_the_method_of_a_form(product, team, alice, logged_in):
    team_update(actor=alice, team=team, expected_version=1, name="First steps", purpose="")

    assert logged_in(alice).post("/p/fieldnote/teams/onboarding/archive/").status_code == 308


def test_the_product_team_cannot_be_archived(product_team, alice, now):
    with pytest.raises(ApplicationError, match="always has its Product Team"):
        team_archive(actor=alice, team=product_team, expected_version=1, now=now)


def test_a_stream_team_is_archived_and_brought_back(team, alice, now):
    team_archive(actor=alice, team=team, expected_version=1, now=now)
    assert not Team.objects.active().filter(pk=team.pk).exists()

    team_restore(actor=alice, team=team, expected_version=2)

    assert Team.objects.active().filter(pk=team.pk).exists()


def test_the_list_costs_the_same_for_many_teams(
    product, product_team, alice, logged_in, django_assert_max_num_queries
):
    browser = logged_in(alice)
    for team in TeamFactory.create_batch(40, product=product):
        MembershipFactory.create_batch(2, team=team)

    with django_assert_max_num_queries(11):
        page = browser.get("/p/fieldnote/teams/").content.decode()

    assert "40 Stream Teams and the Product Team" in page
    assert page.count("2 people") == 40


def test_a_viewer_sees_the_teams_and_no_buttons(product, team, bob, logged_in):
    page = logged_in(bob).get("/p/fieldnote/teams/").content.decode()

    assert "Onboarding" in page
    assert "New team" not in page


def test_the_edit_page_shows_the_history(product, team, alice, logged_in):
    browser = logged_in(alice)
    browser.post(
        "/p/fieldnote/teams/onboarding/edit/",
        {"name": "Onboarding", "purpose": "First job in a week", "version": "1"},
    )

    page = browser.get("/p/fieldnote/teams/onboarding/edit/").content.decode()

    assert "team changed" in page
    assert "First job in a week" in page


def test_fields_that_are_not_on_the_form_stay_as_they_are(product, team, alice, logged_in):
    data = {
        "name": "Onboarding",
        "purpose": "",
        "version": "1",
        "kind": "product",
        "product": "99",
        "slug": "evil",
    }

    logged_in(alice).post("/p/fieldnote/teams/onboarding/edit/", data)

    team.refresh_from_db()
    assert (team.kind, team.slug, team.product_id) == ("stream", "onboarding", product.pk)
