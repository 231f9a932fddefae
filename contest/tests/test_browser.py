"""Contests in a real browser: readable by everybody, in both themes and on a phone, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from contest.models import Contest, Proposal
from contest.tests.factories import goal_missing, proposal_make
from strategy.services import quarters_evaluate

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The server's clock stands when the time for proposals is over, so that a manager can choose.
OPENED = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TODAY = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


@pytest.fixture
def challenged(product: Any, alice: Any, erin: Any) -> Contest:
    goal_missing(product, alice, now=OPENED)
    quarters_evaluate(now=OPENED)
    contest = Contest.objects.select_related("goal__product").get()
    proposal_make(contest, erin, now=OPENED)
    return contest


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 1440), ("light", 390)])
def test_every_page_is_accessible(
    browser_page: Callable[..., Any], alice: Any, challenged: Contest, theme: str, width: int
) -> None:
    base = challenged.get_absolute_url()
    entry = Proposal.objects.get(kind="revise_target")

    with time_machine.travel(TODAY, tick=True):
        page = browser_page(alice, theme=theme, width=width)
        for address in (
            "/p/fieldnote/contests/",
            base,
            f"{base}evidence/",
            f"{base}proposals/new/",
            f"{base}proposals/new/?kind=revise_target",
            f"{base}proposals/new/?kind=change_mappings",
            f"{base}proposals/new/?kind=replace_goal",
            entry.get_absolute_url(),
            f"{base}close/",
            f"{base}close/?entry={entry.pk}",
            f"{base}delay/",
            "/p/fieldnote/goals/retention/contests/",
        ):
            page.open(address)
            page.check()
        page.screenshot(f"contest-{width}-{theme}")


def test_a_goal_is_changed_without_scripts(
    browser_page: Callable[..., Any], alice: Any, challenged: Contest
) -> None:
    with time_machine.travel(TODAY, tick=True):
        page = browser_page(alice, script=False)
        page.open(challenged.get_absolute_url())
        page.raw.get_by_role("link", name="Add a proposal").click()
        page.raw.get_by_role("link", name="Revise the target").click()
        page.raw.get_by_label("Target for Q1 2027").fill("79")
        page.raw.get_by_label("Target for Q2 2027").fill("80")
        page.raw.get_by_label("Title").fill("A smaller step")
        for label in ("Why this change is right", "Expected after 1 quarter", "Expected after 4 quarters"):
            page.raw.get_by_label(label).fill("It grows again.")
        page.raw.get_by_label("Expected after 12 quarters").fill("Customers stay.")
        page.raw.get_by_label("Risks").fill("Too easy.")
        page.raw.get_by_role("button", name="Propose").click()
        assert page.raw.get_by_role("heading", name="A smaller step").is_visible()

        page.open(challenged.get_absolute_url())
        page.raw.get_by_role("link", name="Choose an entry").click()
        page.raw.get_by_label("A smaller step").check()
        page.raw.get_by_role("button", name="See its effect").click()
        page.raw.get_by_label("Reason").fill("It can be reached.")
        page.raw.get_by_role("button", name="Decide").click()

        assert page.raw.get_by_role("heading", name="The goal “Customers stay” was changed.").is_visible()
        assert page.raw.get_by_text("It can be reached.").first.is_visible()
