"""What a person does on a page, in the words of its labels; every check waits until the page is there."""

from __future__ import annotations

import re
from typing import Any

from common.testing.browser import BrowserPage


def fill(page: BrowserPage, values: dict[str, str]) -> None:
    """Types or chooses what the form's labels name."""
    for label, value in values.items():
        field = page.raw.get_by_label(re.compile(rf"^{re.escape(label)}( \(optional\))?$"))
        if field.evaluate("node => node.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)


def attach(page: BrowserPage, name: str, content: bytes) -> None:
    """Chooses a file in the page's file field."""
    page.raw.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )


def press(page: BrowserPage, name: str | re.Pattern[str]) -> None:
    """Presses the first button of that name."""
    page.raw.get_by_role("button", name=name).first.click()
    page.raw.wait_for_load_state()


def follow(page: BrowserPage, name: str | re.Pattern[str]) -> None:
    """Follows the first link of that name in the main part."""
    page.raw.get_by_role("main").get_by_role("link", name=name).first.click()
    page.raw.wait_for_load_state()


def go(page: BrowserPage, section: str) -> None:
    """Goes to a section through the sidebar."""
    page.raw.locator("aside").get_by_role("link", name=section).first.click()
    page.raw.wait_for_load_state()


def at(page: BrowserPage, title: str) -> None:
    """Waits until the page of that heading is there."""
    page.raw.locator("h1", has_text=title).wait_for()


def sees(page: BrowserPage, *texts: str) -> None:
    """Waits until each of the texts stands in the page's main part."""
    for text in texts:
        page.raw.locator("main", has_text=text).wait_for()


def words(page: BrowserPage) -> str:
    """The main part as text on one line."""
    text: str = page.raw.locator("main").inner_text()
    return " ".join(text.split())


def tag_of_focus(raw: Any) -> str:
    """What has the focus: its text, or its name."""
    text: str = raw.evaluate(
        "(document.activeElement.textContent || document.activeElement.getAttribute('aria-label') || '').trim()"
    )
    return text
