"""API tokens: shown once, stored hashed, with scopes and an end."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from rest_framework.test import APIClient

from common.audit import audit_list
from common.errors import ApplicationError
from teams.models import ApiToken
from teams.services.tokens import token_create

UTC = ZoneInfo("UTC")


def _program(text):
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Token {text}")
    return program


@pytest.mark.usefixtures("frozen_today")
def test_the_page_shows_a_new_token_once(alice, logged_in):
    browser = logged_in(alice)
    data = {"name": "Nightly export", "scopes": ["goals:read", "teams:read"], "last_day": "2026-12-31"}

    page = browser.post("/me/tokens/", data).content.decode()
    later = browser.get("/me/tokens/").content.decode()

    row = ApiToken.objects.get()
    text = page.split('id="token-text" type="text" readonly value="')[1].split('"')[0]
    assert text.startswith("brg_")
    assert text not in later
    assert text not in str(list(ApiToken.objects.values()))
    assert row.scopes == ["teams:read", "goals:read"]
    assert _program(text).get("/api/v1/teams/").status_code == 200
    assert audit_list(alice)[0].after["token"] == "Nightly export"


def test_it_refuses_what_makes_no_sense(alice, now, today):
    def make(**change):
        values = {"name": "x", "scopes": ["goals:read"], "last_day": today, **change}
        return token_create(user=alice, now=now, zone=UTC, **values)

    for change, field in (
        ({"name": "  "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything:write"]}, "scopes"),
        ({"last_day": today - timedelta(days=1)}, "last_day"),
        ({"last_day": today + timedelta(days=366)}, "last_day"),
    ):
        with pytest.raises(ApplicationError) as caught:
            make(**change)
        assert caught.value.field == field
    assert make(last_day=today + timedelta(days=365))[0].pk


def test_it_works_until_the_end_of_its_last_day_where_the_organisation_is(product_team, alice, now, today):
    zone = ZoneInfo("America/New_York")
    with time_machine.travel(now, tick=False):
        _row, text = token_create(
            user=alice, name="x", scopes=["teams:read"], last_day=today, now=now, zone=zone
        )

    with time_machine.travel("2026-11-19T04:59:00Z", tick=False):
        assert _program(text).get("/api/v1/teams/").status_code == 200
    with time_machine.travel("2026-11-19T05:01:00Z", tick=False):
        assert _program(text).get("/api/v1/teams/").status_code == 401


@pytest.mark.usefixtures("frozen_today")
def test_it_notes_when_it_was_last_used(product_team, alice, now, today):
    row, text = token_create(user=alice, name="x", scopes=["teams:read"], last_day=today, now=now, zone=UTC)

    _program(text).get("/api/v1/teams/")

    row.refresh_from_db()
    assert row.last_used_at == now


@pytest.mark.usefixtures("frozen_today")
def test_a_revoked_token_is_refused_at_once(product_team, alice, now, today, logged_in):
    row, text = token_create(user=alice, name="x", scopes=["teams:read"], last_day=today, now=now, zone=UTC)

    logged_in(alice).post(f"/me/tokens/{row.token_key}/revoke/")

    assert _program(text).get("/api/v1/teams/").status_code == 401
    assert audit_list(alice)[0].action == "token revoked"


@pytest.mark.usefixtures("frozen_today")
def test_nobody_revokes_the_token_of_another(alice, bob, now, today, logged_in):
    row, _text = token_create(user=alice, name="x", scopes=["teams:read"], last_day=today, now=now, zone=UTC)

    assert logged_in(bob).post(f"/me/tokens/{row.token_key}/revoke/").status_code == 404
    assert ApiToken.objects.exists()


@pytest.mark.usefixtures("frozen_today")
def test_a_token_does_not_log_in_to_pages(alice, now, today, client):
    _row, text = token_create(user=alice, name="x", scopes=["teams:read"], last_day=today, now=now, zone=UTC)

    response = client.get("/me/", headers={"Authorization": f"Token {text}"})

    assert response.status_code == 302
