"""The main path as people walk it: from an empty organisation to a judged goal, and from a challenge to a decision."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.utils import timezone

from common.testing.browser import BrowserPage
from common.testing.site import Site
from config.tests.browser.pages import user
from config.tests.browser.steps import at, attach, fill, follow, go, press, sees, words
from teams.models import User

pytestmark = [pytest.mark.browser, pytest.mark.sqlite]

PASSWORD = "seven quiet harbours"
CARDS = [
    {"id": "1", "title": "Pay with a saved card", "column": "Doing", "labels": "metric: first-orders"},
    {"id": "2", "title": "Ask why baskets are left", "column": "Ideas", "labels": "metric: first-orders"},
    {"id": "3", "title": "Shorter address form", "column": "Live", "labels": ""},
]


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
        fill(
            page, {"Name": name, "Key": key, "Unit": "%", "Decimals": "1", "Value of a quarter": "Last value"}
        )
        page.raw.get_by_label("Kind", exact=True).select_option(kind.lower())
        press(page, "Save metric")
        at(page, name)


def _figures(page: BrowserPage, work: Callable[[], None]) -> None:
    go(page, "Imports")
    follow(page, re.compile("Import figures|New import"))
    attach(page, "wrong.csv", b"metric,date,value\nrepeat-orders,2026-11-12,many\n")
    press(page, "Look at it")
    at(page, "1 cell to mend in wrong.csv")
    page.check()
    press(page, "Discard file")

    go(page, "Imports")
    follow(page, re.compile("Import figures|New import"))
    attach(page, "weeks.csv", weekly_csv(40, timezone.now().date()))
    press(page, "Look at it")
    at(page, "80 figures in weeks.csv")
    sees(page, "repeat-orders")
    page.check()
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

    page.check()

    member = site.tab()
    member.open(re.sub(r"^https?://[^/]+", "", link))
    at(member, "Join Tidewater")
    member.check()
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
    attach(page, "cards.json", json.dumps(CARDS).encode())
    press(page, "Look at it")
    at(page, "3 cards in cards.json")
    page.check()
    press(page, "Take 3 cards")
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


def test_a_challenged_goal_is_changed_by_a_proposal(own_sample_site: Site) -> None:
    from contest.models import Contest

    now = timezone.now()
    Contest.objects.open().update(opened_at=now - timedelta(days=15), proposals_until=now - timedelta(days=1))
    member = own_sample_site.tab(user("dispatch-lead"))
    manager = own_sample_site.tab(user("product-manager"))

    member.open("/p/fieldnote-sample/contests/")
    follow(member, "Win larger trade businesses")
    sees(member, "missed")
    _propose(member)
    _decide(manager)

    go(manager, "Goals")
    follow(manager, "Win larger trade businesses")
    follow(manager, "See the change")
    sees(manager, "26.5%", "contest")
    assert not member.problems() + manager.problems()


def _propose(member: BrowserPage) -> None:
    follow(member, "Add a proposal")
    follow(member, "Revise the target")
    targets = member.raw.get_by_label(re.compile("^Target for "))
    assert targets.count() >= 2
    fill(member, {"Title": "Half the way in twice the time"})
    targets.first.fill("26.5")
    press(member, "Save as draft")
    at(member, "Half the way in twice the time")
    sees(member, "Draft", "26.5%")

    follow(member, "Edit")
    fill(
        member,
        {
            "Why this change is right": "The larger ones take longer to change tools.",
            "Expected after 1 quarter": "The share stops falling.",
            "Expected after 4 quarters": "The share is back.",
            "Expected after 12 quarters": "A third of revenue.",
            "Risks": "It may be too little.",
        },
    )
    press(member, "Propose")
    sees(member, "Side by side", "26.5%", "The larger ones take longer")


def _decide(manager: BrowserPage) -> None:
    manager.open("/p/fieldnote-sample/")
    go(manager, "Contests")
    follow(manager, "Win larger trade businesses")
    sees(manager, "Half the way in twice the time")
    assert "Dispatch lead" not in words(manager), "authors are hidden until the decision"
    follow(manager, "Choose an entry")
    manager.raw.get_by_label(re.compile("^Half the way")).check()
    press(manager, "See its effect")
    sees(manager, "26.5%")
    press(manager, "Decide")
    sees(manager, "Reason")
    assert manager.raw.locator("[aria-invalid=true]").count() == 1, "a decision needs a reason"
    manager.expected_statuses = {200, 422}
    manager.complaints.clear()
    fill(manager, {"Reason": "The pace was wrong, the belief stands."})
    press(manager, "Decide")
    sees(manager, "The pace was wrong, the belief stands.", "Dispatch lead")
