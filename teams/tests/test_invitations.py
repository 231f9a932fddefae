"""Invitations: one link, one address, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction

from common.errors import ApplicationError
from common.models import OutboxMessage
from common.outbox import outbox_send_due
from common.testing.fixtures import membership_create, person_create
from teams.models import Invitation, Membership, User
from teams.services.invitations import (
    digest_of,
    invitation_accept,
    invitation_accept_new,
    invitation_create,
    invitation_revoke,
)

pytestmark = pytest.mark.usefixtures("frozen_today")
PASSWORD = "correct horse battery"


@pytest.fixture
def invited(team, alice, now):
    """An invitation to Onboarding and its token."""
    return invitation_create(
        actor=alice, email="New@Example.com", team=team, now=now, display_name="New person"
    )


def test_only_a_digest_of_the_link_is_stored(invited):
    invitation, token = invited

    assert invitation.digest == digest_of(token)
    assert invitation.email == "new@example.com"
    stored = str(list(OutboxMessage.objects.values())) + str(list(Invitation.objects.values()))
    assert token not in stored


def test_the_e_mail_carries_the_link(invited, now):
    outbox_send_due(now)

    assert mail.outbox[0].to == ["new@example.com"]
    assert f"/invite/{invited[1]}/" in mail.outbox[0].body
    assert "member of Onboarding" in mail.outbox[0].body


def test_no_e_mail_is_sent_when_only_a_link_is_wanted(team, alice, now):
    invitation_create(actor=alice, email="new@example.com", team=team, now=now, send_email=False)

    assert not OutboxMessage.objects.exists()


def test_a_newcomer_sets_name_and_password_and_is_in(invited, client, now):
    page = client.get(f"/invite/{invited[1]}/")
    assert "Join Fieldnote" in page.content.decode()
    assert page["Referrer-Policy"] == "same-origin"

    response = client.post(f"/invite/{invited[1]}/", {"display_name": "New person", "password": PASSWORD})

    user = User.objects.get(email="new@example.com")
    assert response.status_code == 302
    assert user.check_password(PASSWORD)
    assert Membership.objects.get(user=user).role == "member"
    assert client.get("/p/fieldnote/teams/").status_code == 200
    assert not user.is_superuser


def test_a_weak_password_is_refused_and_the_link_still_works(invited, client):
    response = client.post(f"/invite/{invited[1]}/", {"display_name": "New person", "password": "short"})

    assert response.status_code == 422
    assert not User.objects.filter(email="new@example.com").exists()
    assert client.get(f"/invite/{invited[1]}/").status_code == 200


def test_a_newcomer_cannot_make_themselves_more(invited, client):
    data = {"display_name": "x", "password": PASSWORD, "is_superuser": "on", "role": "product_manager"}

    client.post(f"/invite/{invited[1]}/", data)

    user = User.objects.get(email="new@example.com")
    assert not user.is_superuser
    assert [row.role for row in user.memberships.all()] == ["member"]


def test_a_used_link_says_so_and_shows_the_way_out(invited, client):
    client.post(f"/invite/{invited[1]}/", {"display_name": "New person", "password": PASSWORD})
    client.logout()

    response = client.get(f"/invite/{invited[1]}/")

    assert response.status_code == 410
    assert "has been used" in response.content.decode()
    assert "/accounts/login/" in response.content.decode()


def test_an_expired_and_a_revoked_link_say_whom_to_ask(invited, alice, client, now):
    invitation, token = invited
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=now)
    assert "has expired" in client.get(f"/invite/{token}/").content.decode()

    Invitation.objects.filter(pk=invitation.pk).update(expires_at=now + timedelta(days=1))
    invitation_revoke(actor=alice, invitation=invitation, now=now)

    page = client.get(f"/invite/{token}/").content.decode()
    assert "was taken back" in page
    assert "Ask Alice for a new one" in page


def test_a_made_up_link_is_no_invitation(db, client):
    response = client.get("/invite/abc/")

    assert response.status_code == 410
    assert "This link is no invitation" in response.content.decode()


def test_somebody_with_an_account_logs_in_and_joins(team, alice, charlie, client, now, logged_in):
    _invitation, token = invitation_create(actor=alice, email=charlie.email, team=team, now=now)
    assert f"?next=/invite/{token}/" in client.get(f"/invite/{token}/").content.decode()
    browser = logged_in(charlie)

    response = browser.post(f"/invite/{token}/")

    assert response.status_code == 302
    assert Membership.objects.filter(user=charlie, team=team).exists()


def test_a_link_in_other_hands_opens_nothing(invited, charlie, logged_in):
    browser = logged_in(charlie)

    response = browser.post(f"/invite/{invited[1]}/")

    assert response.status_code == 422
    assert "for somebody else" in response.content.decode()
    assert not Membership.objects.filter(user=charlie, team=invited[0].team).exists()


def test_it_is_taken_once_however_many_try(invited, now):
    invitation, _token = invited
    invitation_accept_new(invitation=invitation, display_name="New", password=PASSWORD, now=now)
    user = User.objects.get(email="new@example.com")

    with pytest.raises(ApplicationError, match="used, taken back or has expired"):
        invitation_accept(invitation=invitation, user=user, now=now)

    assert Membership.objects.filter(user=user).count() == 1


def test_nothing_is_kept_when_the_acceptance_fails(invited, alice, product_team, now):
    invitation, _token = invited
    Membership.objects.filter(user=alice).update(role="viewer")

    with pytest.raises(ApplicationError, match="may no longer invite"), transaction.atomic():
        invitation_accept_new(invitation=invitation, display_name="New", password=PASSWORD, now=now)

    invitation.refresh_from_db()
    assert invitation.accepted_at is None
    assert not User.objects.filter(email="new@example.com").exists()


def test_inviting_again_replaces_the_first_link(invited, team, alice, client, now):
    _second, token = invitation_create(actor=alice, email="new@example.com", team=team, now=now)

    assert "was taken back" in client.get(f"/invite/{invited[1]}/").content.decode()
    assert client.get(f"/invite/{token}/").status_code == 200


def test_it_refuses_whoever_is_in_the_team_and_whoever_is_shut_out(team, alice, erin, now):
    with pytest.raises(ApplicationError, match="in this team already"):
        invitation_create(actor=alice, email=erin.email, team=team, now=now)
    person_create("frank", is_active=False)
    with pytest.raises(ApplicationError, match="deactivated"):
        invitation_create(actor=alice, email="frank@example.com", team=team, now=now)


def test_it_refuses_a_role_that_the_team_cannot_have(team, alice, now):
    with pytest.raises(ApplicationError, match="Product Team only"):
        invitation_create(actor=alice, email="new@example.com", team=team, role="lead", now=now)


def test_an_admin_can_invite_an_admin(dana, client, now):
    invitation, token = invitation_create(
        actor=dana, email="new@example.com", organisation_role="admin", now=now
    )

    client.post(f"/invite/{token}/", {"display_name": "New admin", "password": PASSWORD})

    assert invitation.offer == "organisation admin"
    assert User.objects.get(email="new@example.com").is_superuser
    assert client.get("/settings/").status_code == 200


def test_an_invitation_by_somebody_who_is_no_admin_any_more_makes_no_admin(dana, alice, now, product_team):
    invitation, _token = invitation_create(actor=dana, email=alice.email, organisation_role="admin", now=now)
    User.objects.filter(pk=dana.pk).update(is_superuser=False)
    invitation.refresh_from_db()

    with pytest.raises(ApplicationError, match="may no longer invite"):
        invitation_accept(invitation=Invitation.objects.get(pk=invitation.pk), user=alice, now=now)

    alice.refresh_from_db()
    assert not alice.is_superuser


def test_the_link_is_shown_once_on_the_page(team, alice, logged_in):
    browser = logged_in(alice)
    data = {"email": "new@example.com", "role": "member", "send_email": "on"}

    page = browser.post("/p/fieldnote/teams/onboarding/people/invite/", data).content.decode()
    later = browser.get("/p/fieldnote/teams/onboarding/people/").content.decode()

    assert "cannot be shown again" in page
    assert "new@example.com" in later
    assert "http://127.0.0.1:8000/invite/" in page
    assert "8000/invite/" not in later


def test_the_page_takes_an_invitation_back(invited, alice, logged_in):
    response = logged_in(alice).post(
        f"/p/fieldnote/teams/onboarding/people/invitations/{invited[0].pk}/revoke/"
    )

    assert response.status_code == 302
    assert Invitation.objects.get().revoked_at is not None


def test_a_manager_cannot_take_back_the_invitation_of_another_team(invited, product_team, charlie, logged_in):
    pk = invited[0].pk

    assert (
        logged_in(charlie).post(f"/p/elsewhere/teams/other/people/invitations/{pk}/revoke/").status_code
        == 404
    )


def test_a_member_who_comes_back_keeps_what_they_have(team, product_team, alice, now):
    frank = person_create("frank")
    invitation, _token = invitation_create(actor=alice, email=frank.email, team=product_team, now=now)
    membership_create(frank, product_team, "lead")

    invitation_accept(invitation=invitation, user=frank, now=now)

    assert [row.role for row in frank.memberships.all()] == ["lead"]


def test_what_came_to_nothing_is_listed_with_a_way_to_invite_again(team, alice, dana, now, logged_in):
    gone, _ = invitation_create(
        actor=alice, email="late@example.com", team=team, now=now, role="viewer", display_name="Late person"
    )
    Invitation.objects.filter(pk=gone.pk).update(expires_at=now - timedelta(hours=1))
    back, _ = invitation_create(actor=alice, email="back@example.com", team=team, now=now)
    invitation_revoke(actor=alice, invitation=back, now=now)
    old, _ = invitation_create(actor=alice, email="twice@example.com", team=team, now=now)
    invitation_create(actor=alice, email="twice@example.com", team=team, now=now)

    page = logged_in(alice).get("/p/fieldnote/teams/onboarding/people/").text
    everybody = logged_in(dana).get("/settings/people/").text
    form = logged_in(alice).get(f"/p/fieldnote/teams/onboarding/people/invite/?again={gone.pk}").text
    wide = logged_in(dana).get(f"/settings/people/invite/?again={gone.pk}").text

    for text in (page, everybody):
        assert f"?again={gone.pk}" in text
        assert f"?again={back.pk}" in text
        assert f"?again={old.pk}" not in text
        assert "Expired" in text
        assert "Revoked" in text
    for text in (form, wide):
        assert 'value="late@example.com"' in text
        assert 'value="Late person"' in text
        assert '<option value="viewer" selected>' in text


def test_viewers_see_no_invitation_that_came_to_nothing(team, alice, bob, now, logged_in):
    back, _ = invitation_create(actor=alice, email="back@example.com", team=team, now=now)
    invitation_revoke(actor=alice, invitation=back, now=now)

    page = logged_in(bob).get("/p/fieldnote/teams/onboarding/people/").text

    assert "back@example.com" not in page.split("History")[0]
