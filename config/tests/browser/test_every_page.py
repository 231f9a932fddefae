"""Every page, in light, in dark and on a phone: readable for everybody, and nothing to complain about."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from common.testing.browser import COLOUR_RULES, BrowserPage
from common.testing.site import Site
from config.tests.browser.pages import PLACES, Place, user
from config.tests.routes import routes_all

pytestmark = [pytest.mark.browser, pytest.mark.sqlite]

# What never belongs on a page: a template's own marks, and values that nobody has put into words.
UNTOLD = re.compile(
    r"\{\{|\}\}|\{%|%\}|\bNone\b|\bundefined\b|\bNaN\b|&(amp|lt|quot|#x?\d+);| object at 0x|<QuerySet"
)
SETTLED = """() => !document.querySelector(".htmx-request")
  && [...document.querySelectorAll(".oc-plot")].every((node) => !node.getClientRects().length || node.querySelector(".main-svg"))"""
# A figure follows the window a moment later.
FITS = """() => [...document.querySelectorAll(".oc-plot .main-svg")].every(
  (node) => node.getBoundingClientRect().right <= window.innerWidth)"""
# Pages that do not hold yet, and why. The test says when one does.
NOT_YET: dict[str, str] = {}
NO_PAGE = {
    "api-schema": "a document for programs",
    "api-unknown": "answers programs",
    "account_reauthenticate": "asked for by no page of ours",
    "account_set_password": "leads on to the change of a password, which everybody has",
    "favicon": "an icon",
    "metrics:metric-export": "a file",
    "metrics:import-errors": "a file",
    "roadmap:edition-csv": "a file",
    "roadmap:product-flow-csv": "a file",
    "roadmap:team-flow-csv": "a file",
    "roadmap:edition-json": "a file",
    "strategy:goal-results": "a file",
    "strategy:mapping-periods": "a file",
}
# Met in passing by the stories, or only in a state of their own, which their apps' tests bring about.
IN_THE_STORIES = {
    "metrics:import-progress",
    "roadmap:board-sync-progress",
    "roadmap:board-upload-preview",
    "roadmap:collation",
    "strategy:evaluation-run",
    "strategy:goal-restore",
    "strategy:mapping-restore",
}


@pytest.fixture(scope="module")
def tabs(sample_site: Site) -> Callable[[str], BrowserPage]:
    """One tab for each person, kept for the whole module."""
    kept: dict[str, BrowserPage] = {}

    def tab(who: str) -> BrowserPage:
        if who not in kept:
            kept[who] = sample_site.tab(user(who) if who else None)
        return kept[who]

    return tab


def _parameter(place: Place) -> Any:
    marks = [pytest.mark.xfail(strict=True, reason=NOT_YET[place.route])] if place.route in NOT_YET else []
    return pytest.param(place, id=place.id, marks=marks)


@pytest.mark.parametrize("place", [_parameter(place) for place in PLACES])
def test_it_is_readable_for_everybody(tabs: Callable[[str], BrowserPage], place: Place) -> None:
    page = tabs(place.who)
    page.complaints.clear()
    page.raw.set_viewport_size({"width": 1440, "height": 900})
    page.raw.emulate_media(color_scheme="light")

    page.open(place.address(), status=place.status)
    page.raw.wait_for_function(SETTLED)

    name = re.sub(r"\W+", "-", place.id)
    faults = _words(page.raw) + page.problems()
    for theme, width in (("light", 1440), ("dark", 1440), ("light", 390)):
        page.raw.emulate_media(color_scheme=theme)
        page.raw.set_viewport_size({"width": width, "height": 900})
        page.raw.wait_for_function(FITS)
        page.screenshot(f"{name}-{width}-{theme}")
        faults += [
            f"{theme} {width}: {fault}" for fault in _looks(page, COLOUR_RULES if theme == "dark" else ())
        ]
    assert not faults, f"{page.raw.url}\n" + "\n".join(faults)


def _words(raw: Any) -> list[str]:
    """What is wrong with the words and the outline of the page."""
    faults = []
    if not raw.title().strip():
        faults.append("it has no title")
    if (headings := raw.locator("h1:visible").count()) != 1:
        faults.append(f"it has {headings} first headings")
    text = raw.locator("body").inner_text()
    faults += [
        f"it shows {match.group()!r} in {text[max(0, match.start() - 30) : match.end() + 30]!r}"
        for match in UNTOLD.finditer(raw.title() + "\n" + text)
    ]
    return faults


def _looks(page: BrowserPage, rules: Sequence[str]) -> list[str]:
    """What axe and the width say of the page as it stands."""
    faults = []
    if page.overflow() > 0:
        faults.append(f"it scrolls sideways by {page.overflow()} px: {page._widest()}")
    if violations := page.axe(rules):
        faults.append(violations)
    return faults


def test_no_page_is_left_out() -> None:
    visited = {place.route for place in PLACES}
    pages = {
        name for name, route in routes_all().items() if route.method == "get" and not name.startswith("api:")
    }

    assert pages - visited - set(NO_PAGE) - IN_THE_STORIES == set()
