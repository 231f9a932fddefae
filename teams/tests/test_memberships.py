"""Who is in which team, from when to when; and that a product is never without a product manager."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from common.audit import audit_list
from common.errors import ApplicationError, ConflictError
from common.testing.fixtures import membership_create, person_create
from teams.models import Membership, Product
from teams.services.memberships import membership_add, membership_change_role, membership_end
from teams.services.people import person_deactivate

pytestmark = pytest.mark.usefixtures("frozen_today")


@pytest.fixture
def managing(alice, product_team):
    """Alice's membership as product manager."""
    return Membership.objects.get(user=alice, team=product_team)


def test_it_adds_a_person_for_a_time(team, alice, bob, today):
    last = today + timedelta(days=30)

    membership_add(actor=alice, team=team, user=bob, role="member", start_date=today, end_date=last)

    assert Membership.objects.running(last - timedelta(days=1)).filter(team=team, user=bob).exists()
    assert not Membership.objects.running(last).filter(team=team, user=bob).exists()
    assert audit_list(team)[0].after["person"] == "Bob"


def test_it_refuses_managers_and_leads_in_a_stream_team(team, alice, bob, today):
    for role in ("product_manager", "lead"):
        with pytest.raises(ApplicationError, match="Product Team only"):
            membership_add(actor=alice, team=team, user=bob, role=role, start_date=today)


def test_it_refuses_a_role_that_does_not_exist(team, alice, bob, today):
    with pytest.raises(ApplicationError, match="from the list"):
        membership_add(actor=alice, team=team, user=bob, role="owner", start_date=today)


def test_it_refuses_two_memberships_at_one_time(team, alice, erin, bob, today):
    with pytest.raises(ApplicationError, match="in this team at that time"):
        membership_add(actor=alice, team=team, user=erin, role="viewer", start_date=today + timedelta(days=9))

    membership_add(
        actor=alice, team=team, user=bob, role="member", start_date=today, end_date=today + timedelta(days=5)
    )
    assert membership_add(
        actor=alice, team=team, user=bob, role="viewer", start_date=today + timedelta(days=5)
    ).pk


def test_it_refuses_dates_in_the_wrong_order(team, alice, bob, today):
    with pytest.raises(ApplicationError, match="last day") as caught:
        membership_add(actor=alice, team=team, user=bob, role="member", start_date=today, end_date=today)

    assert caught.value.field == "last_day"


def test_a_new_role_keeps_the_old_one_on_record(team, alice, erin, today):
    row = Membership.objects.get(user=erin)

    current = membership_change_role(
        actor=alice, membership=row, expected_version=1, role="viewer", today=today
    )

    before, after = Membership.objects.filter(user=erin).order_by("start_date")
    assert (before.role, before.end_date) == ("member", today)
    assert (after.pk, after.role, after.start_date, after.end_date) == (current.pk, "viewer", today, None)


def test_a_role_that_began_today_is_corrected_in_place(team, alice, bob, today):
    row = membership_add(actor=alice, team=team, user=bob, role="viewer", start_date=today)

    membership_change_role(actor=alice, membership=row, expected_version=1, role="member", today=today)

    assert [row.role for row in Membership.objects.filter(user=bob, team=team)] == ["member"]


def test_the_last_product_manager_cannot_leave_nor_step_down(managing, alice, dana, today):
    with pytest.raises(ApplicationError, match="last product manager"):
        membership_end(actor=dana, membership=managing, expected_version=1, end_date=today, today=today)
    managing.refresh_from_db()
    with pytest.raises(ApplicationError, match="last product manager"):
        membership_change_role(
            actor=dana, membership=managing, expected_version=managing.version, role="lead", today=today
        )

    assert Membership.objects.get(pk=managing.pk).end_date is None


def test_a_product_manager_may_leave_when_another_stays(managing, product_team, dana, today):
    membership_create(person_create("frank"), product_team, "product_manager")

    membership_end(actor=dana, membership=managing, expected_version=1, end_date=today, today=today)

    assert Membership.objects.get(pk=managing.pk).end_date == today


@pytest.mark.parametrize("gap", ["deactivated", "leaving", "not yet"])
def test_a_manager_who_will_not_stay_does_not_count(managing, product_team, dana, now, today, gap):
    frank = person_create("frank", is_active=gap != "deactivated")
    other = membership_create(frank, product_team, "product_manager")
    if gap == "leaving":
        Membership.objects.filter(pk=other.pk).update(end_date=today + timedelta(days=3))
    if gap == "not yet":
        Membership.objects.filter(pk=other.pk).update(start_date=today + timedelta(days=3))

    with pytest.raises(ApplicationError, match="last product manager"):
        membership_end(actor=dana, membership=managing, expected_version=1, end_date=today, today=today)


def test_a_change_on_an_old_version_is_refused(team, alice, erin, today):
    row = Membership.objects.get(user=erin)

    with pytest.raises(ConflictError):
        membership_end(actor=alice, membership=row, expected_version=7, end_date=today, today=today)


def test_whoever_left_sees_nothing_any_more(product, team, alice, erin, today, logged_in):
    browser = logged_in(erin)
    assert browser.get("/p/fieldnote/teams/").status_code == 200
    row = Membership.objects.get(user=erin)

    membership_end(actor=alice, membership=row, expected_version=1, end_date=today, today=today)

    assert browser.get("/p/fieldnote/teams/").status_code == 404
    assert not Product.objects.visible_to(erin).exists()


def test_a_coming_membership_opens_nothing_yet(product, team, alice, dana, today, logged_in):
    frank = person_create("frank")
    membership_add(actor=alice, team=team, user=frank, role="member", start_date=today + timedelta(days=1))

    assert logged_in(frank).get("/p/fieldnote/teams/").status_code == 404


def test_the_page_adds_a_person_by_address(product, team, alice, bob, today, logged_in):
    data = {
        "email": "BOB@example.com",
        "role": "member",
        "start_date": "2026-11-18",
        "last_day": "2026-12-31",
    }

    response = logged_in(alice).post("/p/fieldnote/teams/onboarding/people/add/", data)

    assert response.status_code == 302
    assert Membership.objects.get(user=bob, team=team).end_date == date(2027, 1, 1)


def test_the_page_says_to_invite_an_address_that_is_nobodys(product, team, alice, logged_in):
    data = {"email": "new@example.com", "role": "member", "start_date": "2026-11-18"}

    response = logged_in(alice).post("/p/fieldnote/teams/onboarding/people/add/", data)

    assert response.status_code == 422
    assert "Invite them instead" in response.content.decode()


def test_the_pages_change_and_end_a_membership(product, team, alice, erin, today, logged_in):
    browser, row = logged_in(alice), Membership.objects.get(user=erin)
    base = f"/p/fieldnote/teams/onboarding/people/{row.pk}"
    assert browser.get(f"{base}/role/").status_code == 200
    assert browser.get(f"{base}/end/").status_code == 200

    response = browser.post(f"{base}/end/", {"last_day": "2026-11-17", "version": "1"})

    assert response.status_code == 302
    assert Membership.objects.get(pk=row.pk).end_date == today
    page = browser.get("/p/fieldnote/teams/onboarding/people/").content.decode()
    assert "Earlier" in page
    assert "membership ended" in page


def test_a_membership_of_another_team_is_not_found_here(product, product_team, team, alice, logged_in):
    row = Membership.objects.get(user=alice)

    assert logged_in(alice).get(f"/p/fieldnote/teams/onboarding/people/{row.pk}/end/").status_code == 404


def test_a_lead_cannot_make_product_managers(product, product_team, dana, logged_in):
    lead = person_create("frank")
    membership_create(lead, product_team, "lead")

    assert logged_in(lead).get("/p/fieldnote/teams/product-team/people/add/").status_code == 403


def test_deactivating_the_only_manager_names_the_product(product, alice, dana, now):
    assert person_deactivate(actor=dana, person=alice, now=now) == [product]
