"""Log in and out, passwords, closed sign-up, the admin's login, rate limits; and one's own page."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from common.audit import audit_list
from common.outbox import outbox_send_due
from teams.models import Organisation, User

PASSWORD = "a long password"  # the cast's


@pytest.fixture(autouse=True)
def _fresh_rate_limits():
    cache.clear()
    yield
    cache.clear()


def _login(client, email="alice@example.com", password=PASSWORD, **more):
    return client.post("/accounts/login/", {"login": email, "password": password, **more})


def test_a_person_logs_in_and_goes_where_they_were_going(product_team, alice, client):
    assert client.get("/p/fieldnote/teams/")["Location"] == "/accounts/login/?next=/p/fieldnote/teams/"

    response = _login(client, "Alice@Example.com", next="/p/fieldnote/teams/")

    assert response["Location"] == "/p/fieldnote/teams/"
    assert client.get("/p/fieldnote/teams/").status_code == 200


def test_it_does_not_lead_to_another_site_after_the_login(alice, client):
    assert _login(client, next="https://evil.example/")["Location"] == "/"


def test_a_wrong_password_and_an_unknown_address_read_the_same(alice, client):
    wrong = _login(client, password="not this one").content.decode()
    unknown = _login(client, email="nobody@example.com").content.decode()

    assert "do not fit together" in wrong
    assert "do not fit together" in unknown


def test_guessing_is_stopped_at_the_login_and_at_the_admins(alice, client):
    for _ in range(5):
        _login(client, password="not this one")

    assert "Too many attempts failed" in _login(client).content.decode()
    assert client.get("/admin/login/")["Location"].startswith("/accounts/login/")
    assert client.post("/admin/login/", {"username": "a", "password": "b"}).status_code == 302


def test_a_flood_of_logins_gets_a_page_that_says_so(alice, client):
    for _ in range(30):
        _login(client, email="x@example.com")

    response = _login(client)

    assert response.status_code in {200, 429}
    assert "Too many" in response.content.decode()


def test_somebody_inactive_cannot_log_in(alice, client):
    User.objects.update(is_active=False)

    response = _login(client, follow=True)

    assert "_auth_user_id" not in client.session
    assert "deactivated" in client.get(response.get("Location", "/accounts/inactive/")).content.decode()


def test_logging_out_takes_a_button(alice, client):
    _login(client)
    assert client.get("/accounts/logout/").status_code == 200
    assert "_auth_user_id" in client.session

    client.post("/accounts/logout/")

    assert "_auth_user_id" not in client.session


def test_sign_up_is_closed_and_says_how_to_get_in(db, client):
    page = client.get("/accounts/signup/").content.decode()
    client.post(
        "/accounts/signup/",
        {"email": "x@example.com", "password1": "a long password", "password2": "a long password"},
    )

    assert "Accounts come by invitation" in page
    assert not User.objects.exists()


def test_a_forgotten_password_is_reset_by_mail(alice, client):
    response = client.post("/accounts/password/reset/", {"email": "alice@example.com"}, follow=True)
    assert "Look into your mail" in response.content.decode()
    outbox_send_due(timezone.now())
    address = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mail.outbox[0].body)
    assert address is not None

    form = client.get(address.group(1), follow=True)
    set_at = form.redirect_chain[-1][0]
    client.post(set_at, {"password1": "another long one", "password2": "another long one"})

    assert _login(client, password="another long one").status_code == 302
    assert "no longer works" in client.get(address.group(1)).content.decode()


def test_a_reset_for_an_unknown_address_reads_the_same_and_sends_nothing(db, client):
    response = client.post("/accounts/password/reset/", {"email": "nobody@example.com"}, follow=True)
    outbox_send_due(timezone.now())

    assert "Look into your mail" in response.content.decode()
    assert mail.outbox == []


def test_changing_the_password_ends_other_sessions_and_tells_the_person(alice, client, logged_in):
    other = logged_in(alice)
    _login(client)

    response = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "another long one", "password2": "another long one"},
    )
    outbox_send_due(timezone.now())

    assert response["Location"] == "/me/"
    assert client.get("/me/").status_code == 200
    assert other.get("/me/").status_code == 302
    assert mail.outbox[0].subject == "Your password was changed"


def test_a_weak_new_password_is_refused(alice, client):
    _login(client)

    response = client.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
    )

    assert "at least 10 characters" in response.content.decode()


# --- one's own page -----------------------------------------------------------------------------------


def test_the_profile_is_saved_and_nothing_else(alice, logged_in):
    data = {
        "display_name": " Onboarding  lead ",
        "time_zone": "Asia/Tokyo",
        "theme": "dark",
        "is_superuser": "on",
        "email": "evil@example.com",
    }

    response = logged_in(alice).post("/me/", data)

    user = User.objects.get(pk=alice.pk)
    assert response.status_code == 302
    assert (user.display_name, user.time_zone, user.theme) == ("Onboarding lead", "Asia/Tokyo", "dark")
    assert (user.shortcuts, user.is_superuser, user.email) == (False, False, "alice@example.com")
    assert audit_list(alice)[0].action == "profile changed"


def test_an_unknown_zone_is_refused(alice, logged_in):
    response = logged_in(alice).post(
        "/me/", {"display_name": "Alice", "time_zone": "Moon/Base", "theme": "system"}
    )

    assert response.status_code == 422


def test_times_are_shown_in_the_persons_zone(product_team, alice, logged_in, frozen_today):
    from common.audit import audit_record

    audit_record(actor=alice, action="profile changed", subject=alice)
    browser = logged_in(alice)
    at_home = browser.get("/me/tokens/").content.decode()
    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Tokyo")

    in_tokyo = browser.get("/me/tokens/").content.decode()

    assert "09:00" in at_home
    assert "18:00" in in_tokyo


def test_the_theme_button_works_and_goes_back(alice, logged_in):
    browser = logged_in(alice)

    response = browser.post("/me/theme/", {"theme": "dark", "next": "/me/tokens/"})
    away = browser.post("/me/theme/", {"theme": "light", "next": "https://evil.example/"})
    wrong = browser.post("/me/theme/", {"theme": "pink"}, follow=True)

    assert response["Location"] == "/me/tokens/"
    assert away["Location"] == "/me/"
    assert "Choose system, light or dark" in wrong.content.decode()
    assert 'data-theme="light"' in browser.get("/me/").content.decode()


def test_the_organisation_need_not_exist_before_the_first_login(db, client):
    User.objects.create_user("first@example.com", PASSWORD, display_name="First", is_superuser=True)

    assert _login(client, "first@example.com").status_code == 302
    assert client.get("/me/").status_code == 200
    assert Organisation.objects.count() == 1
