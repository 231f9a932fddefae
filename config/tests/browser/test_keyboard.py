"""Getting about with the keyboard alone, in either theme, and with a thumb."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from common.testing.browser import BrowserPage
from common.testing.site import Site
from config.tests.browser.pages import PRODUCT, user
from config.tests.browser.steps import at, tag_of_focus

pytestmark = [pytest.mark.browser, pytest.mark.sqlite]
OVERVIEW = f"/p/{PRODUCT}/"


@pytest.fixture
def page(sample_site: Site) -> Iterator[BrowserPage]:
    tab = sample_site.tab(user("product-manager"))
    tab.open(OVERVIEW)
    yield tab
    assert not tab.problems()
    tab.raw.context.close()


def test_the_first_stop_skips_the_navigation(page: BrowserPage) -> None:
    page.raw.keyboard.press("Tab")
    assert tag_of_focus(page.raw) == "Skip to main content"
    assert page.raw.locator(".skip").bounding_box()["y"] >= 0

    page.raw.keyboard.press("Enter")
    page.raw.keyboard.press("Tab")

    assert page.raw.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize(
    ("keys", "address"),
    [("go", ""), ("gg", "goals/"), ("gr", "roadmap/"), ("gm", "metrics/"), ("gc", "contests/")],
)
def test_g_and_a_letter_go_to_a_section(page: BrowserPage, keys: str, address: str) -> None:
    page.open(f"{OVERVIEW}evidence/")

    page.raw.keyboard.type(keys)

    page.raw.wait_for_url(f"**{OVERVIEW}{address}")


def test_the_question_mark_lists_the_keys_and_escape_closes_the_list(page: BrowserPage) -> None:
    page.raw.keyboard.press("?")
    dialog = page.raw.locator("dialog#keys")
    assert dialog.is_visible()
    assert not page.axe()

    page.raw.keyboard.press("Escape")

    assert not dialog.is_visible()


def test_keys_are_letters_inside_a_field(page: BrowserPage) -> None:
    page.open(f"{OVERVIEW}goals/new/")
    page.raw.get_by_label("Title").focus()

    page.raw.keyboard.type("go?")

    assert page.raw.get_by_label("Title").input_value() == "go?"
    at(page, "New goal")


def test_everything_in_the_frame_shows_where_the_focus_is(page: BrowserPage) -> None:
    faint = []
    for _ in range(14):
        page.raw.keyboard.press("Tab")
        seen = page.raw.evaluate(
            """() => { const style = getComputedStyle(document.activeElement);
            return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none"; }"""
        )
        if not seen:
            faint.append(tag_of_focus(page.raw))

    assert faint == []


def test_escape_closes_the_account_menu_and_gives_the_focus_back(page: BrowserPage) -> None:
    summary = page.raw.locator(".avbtn summary")
    summary.focus()
    page.raw.keyboard.press("Enter")
    assert page.raw.locator(".avbtn .pop").is_visible()

    page.raw.keyboard.press("Escape")

    assert not page.raw.locator(".avbtn .pop").is_visible()
    assert summary.evaluate("node => node === document.activeElement")


def test_the_theme_changes_at_once_and_stays_on_the_next_page(own_sample_site: Site) -> None:
    page = own_sample_site.tab(user("product-manager"))
    page.open(OVERVIEW)
    before = page.raw.evaluate("getComputedStyle(document.body).backgroundColor")

    with page.raw.expect_response("**/me/theme/"):
        page.raw.get_by_role("button", name="Switch between light and dark").click()
    after = page.raw.evaluate("getComputedStyle(document.body).backgroundColor")
    page.open(f"{OVERVIEW}goals/")

    assert after != before
    assert page.raw.evaluate("getComputedStyle(document.body).backgroundColor") == after
    assert not page.axe()


def test_a_phone_has_a_bar_of_sections_at_the_bottom(page: BrowserPage) -> None:
    page.raw.set_viewport_size({"width": 390, "height": 844})
    bar = page.raw.get_by_role("navigation", name="Main sections")
    box = bar.bounding_box()

    bar.get_by_role("link", name="Roadmap").click()

    assert box["y"] + box["height"] == 844
    page.raw.wait_for_url(f"**{OVERVIEW}roadmap/")
    assert bar.locator("[aria-current=page]").inner_text().strip() == "Roadmap"


def test_targets_for_a_thumb_are_large_enough(page: BrowserPage) -> None:
    page.raw.set_viewport_size({"width": 390, "height": 844})

    small = page.raw.evaluate(
        """() => [...document.querySelectorAll(".tabbar a, .mbar a, .mbar summary, main .btn")]
          .filter((node) => node.getClientRects().length)
          .filter((node) => { const box = node.getBoundingClientRect(); return box.width < 24 || box.height < 24; })
          .map((node) => node.textContent.trim())"""
    )

    assert small == []
