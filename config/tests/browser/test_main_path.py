"""The main path as a new user walks it, told once: from an empty organisation to a goal that its figures judge."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from common.testing.browser import BrowserPage
from common.testing.site import Site
from config.tests.browser.pages import user
from teams.models import User

pytestmark = [pytest.mark.browser, pytest.mark.sqlite]

PASSWORD = "seven quiet harbours"
CARDS = [
    {"id": "1", "title": "Pay with a saved card", "column": "Doing", "labels": "metric: first-orders"},
    {"id": "2", "title": "Ask why baskets are left", "column": "Ideas", "labels": "metric: first-orders"},
    {"id": "3", "title": "Shorter address form", "column": "Live", "labels": ""},
]


def fill(page: BrowserPage, values: dict[str, str]) -> None:
    """Types or chooses what the form's labels name."""
    for label, value in values.items():
        field = page.raw.get_by_label(re.compile(rf"^{re.escape(label)}( \(optional\))?$"))
        if field.evaluate("node => node.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)


def press(page: BrowserPage, name: str | re.Pattern[str]) -> None:
    page.raw.get_by_role("button", name=name).first.click()
    page.raw.wait_for_load_state()


def follow(page: BrowserPage, name: str | re.Pattern[str]) -> None:
    page.raw.get_by_role("main").get_by_role("link", name=name).first.click()
    page.raw.wait_for_load_state()


def sees(page: BrowserPage, *texts: str) -> None:
    """Waits until each of the texts stands in the page's main part."""
    for text in texts:
        page.raw.wait_for_function(
            "text => document.querySelector('main').innerText.replace(/\\s+/g, ' ').includes(text)", arg=text
        )


def at(page: BrowserPage, title: str) -> None:
    """Waits until the page of that heading is there."""
    page.raw.locator("h1", has_text=title).wait_for()


def words(page: BrowserPage) -> str:
    return " ".join(page.raw.locator("main").inner_text().split())


def go(page: BrowserPage, section: str) -> None:
    """Goes to a section through the sidebar."""
    page.raw.locator("aside").get_by_role("link", name=section, exact=False).first.click()
    page.raw.wait_for_load_state()


def weekly_csv(weeks: int, today: date) -> bytes:
    """Two metrics that rise week by week, as a spreadsheet saves them."""
    monday = today - timedelta(days=today.weekday())
    rows = ["date,repeat-orders,first-orders"]
    for back in range(weeks, 0, -1):
        day = monday - timedelta(weeks=back) + timedelta(days=3)
        rows.append(f"{day},{20 + (weeks - back) * 0.2:.1f},{40 + (weeks - back) * 0.5:.1f}")
    return "\n".join(rows).encode()


def test_an_empty_organisation_becomes_one_that_steers_by_evidence(
    empty_site: Site, work: Callable[[], None]
) -> None:
    User.objects.create_superuser("admin@example.com", PASSWORD, display_name="First admin")
    page = empty_site.tab()
    page.open("/")

    fill(page, {"E-mail": "admin@example.com", "Password": PASSWORD})
    press(page, "Log in")
    at(page, "Set up your first product.")

    _product(page)
    _metrics(page)
    _figures(page, work)
    _goal(page, work)
    _belief(page)
    member = _team_and_member(page, empty_site)
    _target(page, member)
    _board(page, work)
    _roadmap(page, work)

    go(page, "Overview")
    sees(page, "Customers come back")
    page.raw.get_by_role("main").get_by_role("link", name="Customers come back").first.click()
    at(page, "Customers come back")
    page.raw.locator(".oc-plot .main-svg").first.wait_for()
    assert not page.problems()


def _product(page: BrowserPage) -> None:
    follow(page, re.compile("product", re.I))
    fill(page, {"Name": "Tidewater", "Description": "A shop for small harbours."})
    press(page, "Make product")
    assert "Tidewater" in page.raw.locator("aside").inner_text()


def _metrics(page: BrowserPage) -> None:
    for name, key, kind in (
        ("Repeat orders", "repeat-orders", "Impact"),
        ("First orders", "first-orders", "Outcome"),
    ):
        go(page, "Metrics")
        follow(page, "New metric")
        fill(page, {"Name": name, "Key": key, "Unit": "%", "Decimals": "1", "Value of a quarter": "Last value"})
        page.raw.get_by_label("Kind", exact=True).select_option(kind.lower())
        press(page, "Save metric")
        at(page, name)


def _figures(page: BrowserPage, work: Callable[[], None]) -> None:
    go(page, "Imports")
    follow(page, re.compile("Import figures|New import"))
    page.raw.locator("input[type=file]").set_input_files(
        {"name": "weeks.csv", "mimeType": "text/csv", "buffer": weekly_csv(40, timezone.now().date())}
    )
    press(page, "Look at it")
    at(page, "80 figures in weeks.csv")
    sees(page, "repeat-orders")
    press(page, "Import 80 figures")
    work()
    page.raw.reload()
    sees(page, "80")
    go(page, "Metrics")
    sees(page, "27.8")


def _goal(page: BrowserPage, work: Callable[[], None]) -> None:
    go(page, "Goals")
    follow(page, "New goal")
    fill(
        page,
        {
            "Title": "Customers come back",
            "Bet": "Who orders twice stays for years.",
            "Owner": "First admin",
            "Impact metric": "Repeat orders",
            "Direction": "Increase",
            "Baseline": "20",
        },
    )
    targets = page.raw.get_by_role("region", name="Targets by quarter").locator("input[name$=value]")
    for row, value in enumerate(("24", "27", "30")):
        targets.nth(row).fill(value)
    before = targets.count()
    press(page, "Add quarters")
    assert targets.count() > before
    assert targets.nth(2).input_value() == "30"
    press(page, "Save as draft")
    at(page, "Customers come back")
    press(page, re.compile("^Activate"))
    work()
    page.raw.reload()
    assert "Activate" not in words(page)


def _belief(page: BrowserPage) -> None:
    follow(page, re.compile("belief|mapping", re.I))
    fill(
        page,
        {
            "Product metric": "First orders",
            "We believe that": "whoever finds the first order easy orders again",
            "Expected effect": "0.4",
            "Lag in weeks": "4",
            "Owner": "First admin",
        },
    )
    press(page, "Add belief")
    at(page, "Customers come back")
    sees(page, "Medium belief", "Untested")
    go(page, "Evidence")
    sees(page, "whoever finds the first order easy orders again")


def _team_and_member(page: BrowserPage, site: Site) -> BrowserPage:
    go(page, "Teams")
    follow(page, "New team")
    fill(page, {"Name": "Checkout", "Value stream": "From the basket to the harbour."})
    press(page, "Make team")
    page.open("/p/tidewater/teams/checkout/people/")
    follow(page, re.compile("^Invite"))
    fill(page, {"E-mail": "lead@example.com", "Role": "Member"})
    press(page, "Make invitation")
    link = page.raw.get_by_label("Link for lead@example.com").input_value()

    member = site.tab()
    member.open(re.sub(r"^https?://[^/]+", "", link))
    at(member, "Join Tidewater")
    fill(member, {"Your name": "Checkout lead", "Password": PASSWORD})
    press(member, "Make account and join")
    assert "Tidewater" in member.raw.locator("aside").inner_text()
    return member


def _target(page: BrowserPage, member: BrowserPage) -> None:
    """Proposed by the Stream Team, agreed by the Product Team."""
    address = "/p/tidewater/teams/checkout/targets/"
    member.open(address)
    follow(member, "Propose a target")
    fill(member, {"Metric": "First orders", "Baseline": "55", "Commit": "60", "Stretch": "65"})
    press(member, "Propose target")
    sees(member, "Product Team: not yet")

    page.open(address)
    press(page, re.compile("^Agree"))
    sees(page, "1 of 1 target agreed by both sides.")
    member.open(address)
    sees(member, "Product Team, First admin")


def _board(page: BrowserPage, work: Callable[[], None]) -> None:
    go(page, "Boards")
    follow(page, "Connect a board")
    follow(page, re.compile("file|upload", re.I))
    press(page, "Next: name the board")
    fill(page, {"Name of the board": "Checkout board", "Stream Team": "Checkout"})
    press(page, "Next: upload a file")
    page.raw.locator("input[type=file]").set_input_files(
        {"name": "cards.json", "mimeType": "application/json", "buffer": json.dumps(CARDS).encode()}
    )
    press(page, "Check and take the file")
    work()
    page.raw.reload()
    sees(page, "Pay with a saved card")

    page.open(page.raw.url.replace(page.base, "").split("?")[0] + "columns/")
    fill(page, {"Ideas": "Prioritised Opportunities", "Doing": "In Progress", "Live": "Released"})
    press(page, "Show the effect")
    press(page, "Save columns")
    work()


def _roadmap(page: BrowserPage, work: Callable[[], None]) -> None:
    go(page, "Roadmap")
    press(page, "Collate now")
    work()
    go(page, "Roadmap")
    text = words(page)
    for card in CARDS:
        assert card["title"] in text
    assert "First orders" in text
