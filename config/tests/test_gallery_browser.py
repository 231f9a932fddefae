"""The gallery holds every component, so what passes here passes wherever the component stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from common.testing.browser import BrowserPage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GALLERY = "/settings/components/"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390, 320])
def test_it_has_no_violation_no_complaint_and_no_sideways_scroll(
    browser_page: Callable[..., BrowserPage], dana: Any, theme: str, width: int
) -> None:
    page = browser_page(dana, theme=theme, width=width)

    page.open(GALLERY)
    page.raw.wait_for_selector(".oc-plot .main-svg")

    page.screenshot(f"components-{width}-{theme}")
    page.check()


def test_it_can_be_read_without_script(browser_page: Callable[..., BrowserPage], dana: Any) -> None:
    page = browser_page(dana, script=False)

    page.open(GALLERY)

    table = page.raw.locator(".oc details")
    assert table.is_visible()
    table.locator("summary").click()
    assert page.raw.get_by_role("cell", name="21.5%").is_visible()
    assert not page.raw.locator(".oc-plot").is_visible()


def test_a_chosen_theme_follows_the_person_and_redraws_the_figure(
    browser_page: Callable[..., BrowserPage], dana: Any
) -> None:
    dana.theme = "dark"
    dana.save()
    page = browser_page(dana, theme="light")

    page.open(GALLERY)

    page.raw.wait_for_selector(".oc-plot .main-svg")
    line = (
        "() => document.querySelector('.oc-plot .scatterlayer .trace:last-child path').getAttribute('style')"
    )
    dark = page.raw.evaluate(line)
    page.raw.evaluate("document.documentElement.dataset.theme = 'light'")
    page.raw.wait_for_function(f"({line})() !== {dark!r}".replace("'rgb", "'rgb"))
    page.check()


def test_the_arrow_keys_speak_the_values_of_a_figure(
    browser_page: Callable[..., BrowserPage], dana: Any
) -> None:
    page = browser_page(dana)
    page.open(GALLERY)
    page.raw.wait_for_selector(".oc-plot .main-svg")

    page.raw.locator("#sample").focus()
    page.raw.keyboard.press("ArrowLeft")

    spoken = page.raw.locator("#sample-figure [role=status]")
    assert "Week of" in (spoken.text_content() or "")


def test_keys_open_their_list_and_move_between_rows(
    browser_page: Callable[..., BrowserPage], dana: Any
) -> None:
    page = browser_page(dana)
    page.open(GALLERY)

    page.raw.keyboard.press("j")
    first = page.raw.evaluate("document.activeElement.textContent")
    page.raw.keyboard.press("j")
    second = page.raw.evaluate("document.activeElement.textContent")
    page.raw.keyboard.press("?")

    assert (first, second) == ("Accounts taking online payments", "Offline jobs that sync")
    assert page.raw.locator("dialog#keys").is_visible()
    assert not page.axe()


def test_single_keys_stay_quiet_where_the_person_switched_them_off(
    browser_page: Callable[..., BrowserPage], dana: Any
) -> None:
    dana.shortcuts = False
    dana.save()
    page = browser_page(dana)
    page.open(GALLERY)

    page.raw.keyboard.press("?")

    assert not page.raw.locator("dialog#keys").is_visible()


def test_a_toast_can_be_closed_and_a_summary_of_errors_takes_the_focus(
    browser_page: Callable[..., BrowserPage], dana: Any
) -> None:
    page = browser_page(dana)
    page.open(f"{GALLERY}?toast=1")

    assert "errsum" in page.raw.evaluate("document.activeElement.className")
    page.check()
    page.raw.get_by_role("button", name="Close this message").first.click()

    assert page.raw.locator("[data-toast]").count() == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_for_an_unknown_address_is_in_the_house_style(
    browser_page: Callable[..., BrowserPage], dana: Any, theme: str
) -> None:
    page = browser_page(dana, theme=theme)

    page.open("/nowhere/", status=404)

    page.screenshot(f"404-{theme}")
    page.check()


def test_a_part_that_fails_says_so_once_and_comes_back(
    browser_page: Callable[..., BrowserPage], dana: Any
) -> None:
    page = browser_page(dana)
    page.open(GALLERY)
    failing = {"on": True}

    def answer(route: Any) -> None:
        route.fulfill(status=500, body="no") if failing["on"] else route.continue_()

    page.expected_statuses = {200, 500}
    page.raw.route("**/*job=running", answer)

    note = page.raw.locator("[data-failed]")
    note.wait_for()
    assert "The numbers are safe" in (note.text_content() or "")
    assert not page.axe()

    failing["on"] = False
    note.get_by_role("button", name="Try again").click()
    note.wait_for(state="detached")
    assert page.raw.locator("#job-running progress").is_visible()


def test_a_session_that_ended_does_not_land_in_a_panel(
    browser_page: Callable[..., BrowserPage], dana: Any
) -> None:
    page = browser_page(dana)
    page.open(GALLERY)

    page.raw.context.clear_cookies()

    note = page.raw.locator("[data-failed]").first
    note.wait_for()
    assert "You are logged out" in (note.text_content() or "")
    assert (note.get_by_role("link").get_attribute("href") or "").startswith(
        "/accounts/login/?next=%2Fsettings"
    )


def test_the_theme_is_shown_at_once_and_kept(browser_page: Callable[..., BrowserPage], dana: Any) -> None:
    page = browser_page(dana)
    page.open(GALLERY)

    with page.raw.expect_response("**/me/theme/"):
        page.raw.get_by_role("button", name="Switch between light and dark").click()

    assert page.raw.evaluate("document.documentElement.dataset.theme") == "dark"
    dana.refresh_from_db()
    assert dana.theme == "dark"
