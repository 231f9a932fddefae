"""Every page of people, teams and accounts in a real Chromium: axe, console, policy, sideways scroll."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from teams.models import Membership
from teams.services.invitations import invitation_create

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = [
    "/me/",
    "/me/tokens/",
    "/accounts/password/change/",
    "/settings/",
    "/settings/fiscal-year/",
    "/settings/activity/",
    "/settings/people/",
    "/settings/people/invite/",
    "/products/",
    "/products/new/",
    "/p/fieldnote/edit/",
    "/p/fieldnote/start/",
    "/p/fieldnote/teams/",
    "/p/fieldnote/teams/new/",
    "/p/fieldnote/teams/onboarding/edit/",
    "/p/fieldnote/teams/onboarding/people/",
    "/p/fieldnote/teams/onboarding/people/add/",
    "/p/fieldnote/teams/onboarding/people/invite/",
]
OPEN = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_pages_are_accessible_and_fit(
    browser_page: Any, dana: Any, alice: Any, erin: Any, team: Any, now: Any, theme: str, width: int
) -> None:
    invitation_create(actor=alice, email="new@example.com", team=team, now=now)
    page = browser_page(dana, theme=theme, width=width)

    for path in [*PAGES, f"/settings/people/{alice.pk}/"]:
        page.open(path)
        page.check()


def test_open_pages_are_accessible(browser_page: Any, team: Any, alice: Any, now: Any) -> None:
    _invitation, token = invitation_create(actor=alice, email="new@example.com", team=team, now=now)
    page = browser_page(None, theme="dark", width=390)

    for path in [*OPEN, f"/invite/{token}/"]:
        page.open(path)
        page.check()
    page.open("/invite/no-such-token/", status=410)
    page.check()


def test_a_manager_adds_a_person_in_the_browser(browser_page: Any, alice: Any, bob: Any, team: Any) -> None:
    page = browser_page(alice, theme="light", width=1440)
    page.open("/p/fieldnote/teams/onboarding/people/add/")

    page.raw.fill("[name=email]", "nobody@example.com")
    page.raw.click("main button[type=submit]")
    assert "Invite them instead" in page.raw.inner_text("main")
    page.raw.fill("[name=email]", "bob@example.com")
    page.raw.click("main button[type=submit]")
    page.raw.wait_for_url("**/people/")

    assert Membership.objects.get(user=bob, team=team).start_date <= date.today()
    assert "Bob" in page.raw.inner_text("main")
