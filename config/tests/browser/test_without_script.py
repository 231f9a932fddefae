"""The pages that matter most, with JavaScript off: everything can be read, and the forms work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from common.testing.browser import BrowserPage
from common.testing.site import Site
from config.tests.browser.pages import PRODUCT, goal, metric, open_contest, team, user
from config.tests.browser.steps import at, attach, fill, follow, go, press, sees, words

pytestmark = [pytest.mark.browser, pytest.mark.sqlite]
HOME = f"/p/{PRODUCT}/"


@pytest.fixture
def page(sample_site: Site) -> Iterator[BrowserPage]:
    tab = sample_site.tab(user("product-manager"), script=False)
    yield tab
    tab.raw.context.close()


def test_the_overview_answers_its_three_questions(page: BrowserPage) -> None:
    page.open(HOME)

    sees(
        page,
        "Are we on track?",
        "Are the bets holding?",
        "What should we do now?",
        "More trials become customers",
    )
    assert page.overflow() <= 0


def test_a_goal_shows_its_figures_as_a_table_and_its_parts_as_links(page: BrowserPage) -> None:
    page.open(f"{HOME}goals/{goal()['goal']}/")

    assert not page.raw.locator(".oc-plot").first.is_visible()
    page.raw.get_by_text("Show the numbers as a table").first.click()
    assert page.raw.locator(".oc details table").first.is_visible()
    assert page.raw.locator(".oc details td").first.inner_text().strip()
    follow(page, "Work on this goal")
    sees(page, "In Progress")


def test_a_goals_contests_are_a_link_away(page: BrowserPage) -> None:
    page.open(f"{HOME}goals/win-larger-trade-businesses/")

    follow(page, "Contests of this goal")

    sees(page, "Open")


def test_a_metric_shows_its_figures_and_the_goals_it_serves(page: BrowserPage) -> None:
    page.open(f"{HOME}metrics/{metric()['key']}/")

    page.raw.get_by_text("Show the numbers as a table").first.click()
    assert page.raw.locator(".oc details table").first.is_visible()
    follow(page, re.compile("goals", re.I))
    sees(page, "More trials become customers")


def test_the_roadmap_shows_every_team_and_is_filtered_by_links_or_a_form(page: BrowserPage) -> None:
    page.open(f"{HOME}roadmap/")

    sees(page, "Onboarding", "Dispatch", "Payments", "Crew app", "Guided first job, from quote to invoice")
    page.open(f"{HOME}roadmap/?team=onboarding")
    assert "Dark theme for the board" not in words(page)


def test_a_team_shows_its_targets_and_its_work(page: BrowserPage) -> None:
    page.open(f"{HOME}teams/{team()['team']}/")

    sees(page, "First job within 7 days", "Shorter checklist: five steps to three")


def test_a_contest_shows_its_quarters_and_its_entries(page: BrowserPage) -> None:
    page.open(f"{HOME}contests/{open_contest()['contest_id']}/")

    sees(page, "Lower the target and give the board two more quarters", "Keep as it is")


def test_the_theme_is_changed_by_a_form(own_sample_site: Site) -> None:
    page = own_sample_site.tab(user("product-manager"), script=False)
    page.open(HOME)

    page.raw.get_by_role("button", name="Switch between light and dark").click()
    page.raw.wait_for_load_state()

    assert page.raw.locator("html[data-theme=dark]").count() == 1
    at(page, "goals")


def test_a_goal_is_set_with_more_quarters_than_the_form_first_has(own_sample_site: Site) -> None:
    page = own_sample_site.tab(user("product-manager"), script=False)
    page.open(f"{HOME}goals/new/")
    fill(
        page,
        {
            "Title": "Crews stay in the app",
            "Bet": "Whoever finds everything in one place stays.",
            "Owner": "Product manager",
            "Impact metric": "Net revenue retention",
            "Direction": "Increase",
            "Baseline": "109",
        },
    )
    targets = page.raw.locator("input[name$=-value]")
    targets.first.fill("110")
    first = targets.count()
    press(page, "Add quarters")
    assert targets.count() == first + 4
    assert targets.first.input_value() == "110"
    targets.nth(first).fill("113")
    press(page, "Save as draft")

    at(page, "Crews stay in the app")
    sees(page, "113")


def test_figures_come_in_from_a_file(own_sample_site: Site, work: Callable[[], None]) -> None:
    page = own_sample_site.tab(user("product-manager"), script=False)
    today = timezone.now().date()
    page.open(f"{HOME}imports/new/")
    attach(page, "wrong.csv", f"metric,date,value\nfirst-job-7d,{today},many\n".encode())
    press(page, "Look at it")
    at(page, "1 cell to mend in wrong.csv")
    sees(page, "Row", "value")
    press(page, "Discard file")

    page.open(f"{HOME}imports/new/")
    attach(page, "right.csv", f"metric;date;value\nfirst-job-7d;{today};44,1\n".encode())
    press(page, "Look at it")
    at(page, "1 figure in right.csv")
    press(page, "Import 1 figure")
    work()
    go(page, "Imports")
    follow(page, "right.csv")

    at(page, "right.csv")
    press(page, "Take import back")
    work()
    go(page, "Imports")
    sees(page, "right.csv")
