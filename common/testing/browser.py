"""A real Chromium over the live server, axe, and a watch on everything the browser complains about.

    @pytest.mark.browser
    def test_goals_are_readable(browser_page, alice): ...
        page = browser_page(alice, theme="dark", width=390)
        page.open("/p/fieldnote/goals/")
        page.check()          # axe, console, policy, sideways scroll

Skipped with the reason where no Chromium is found. BEARING_CHROMIUM names another binary; screenshots go to
BEARING_SCREENSHOTS when that is set.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_finished, request_started

CHROMIUM = os.environ.get("BEARING_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What axe finds in another theme can differ in these rules only.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
_POLICY_WATCH = """
window.__policy = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__policy.push(event.violatedDirective + " refused " + (event.blockedURI || "inline") + " at " + event.sourceFile + ":" + event.lineNumber);
});
"""


class BrowserPage:
    """One tab, with what the tests ask of it. `raw` is the Playwright page."""

    def __init__(self, raw: Any, base: str) -> None:
        self.raw = raw
        self.base = base
        self.complaints: list[str] = []
        self.expected_statuses: set[int] = set()
        raw.on("console", self._on_console)
        raw.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        raw.on("response", self._on_response)
        raw.add_init_script(_POLICY_WATCH)

    def open(self, path: str, *, status: int = 200) -> Any:
        """Goes to a path of the live server and expects this status."""
        self.expected_statuses = {status}
        response = self.raw.goto(self.base + path)
        assert response is not None and response.status == status, (
            f"{path} answered {response and response.status}"
        )
        self.raw.evaluate("document.fonts.ready")
        return response

    def axe(self, rules: Sequence[str] = ()) -> str:
        """The violations of the page as it stands, as readable text; empty when there are none.

        With `rules` only of these, as for a second look at the same page in other colours.
        """
        from axe_playwright_python.sync_playwright import Axe

        if not self.raw.evaluate("() => Boolean(window.axe)"):
            self.raw.evaluate(Axe().axe_script)
        only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": AXE_TAGS}
        violations = self.raw.evaluate(
            "options => axe.run(options).then((results) => results.violations)",
            {"runOnly": only, "resultTypes": ["violations"]},
        )
        return violations_text(violations)

    def overflow(self) -> int:
        """By how many pixels the page can be scrolled sideways."""
        width: int = self.raw.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width

    def problems(self) -> list[str]:
        """Everything the browser complained about: console errors, script errors, the content policy."""
        return self.complaints + list(self.raw.evaluate("window.__policy || []"))

    def check(self) -> None:
        """Fails on any axe violation, complaint of the browser, or sideways scroll."""
        where = self.raw.url
        assert not self.problems(), f"{where}\n" + "\n".join(self.problems())
        assert self.overflow() <= 0, f"{where} scrolls sideways by {self.overflow()} px: {self._widest()}"
        violations = self.axe()
        assert not violations, f"{where}\n{violations}"

    def screenshot(self, name: str) -> Path | None:
        """Saves the whole page under BEARING_SCREENSHOTS; None when that is not set."""
        folder = os.environ.get("BEARING_SCREENSHOTS")
        if not folder:
            return None
        path = Path(folder) / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.raw.evaluate("window.scrollTo(0, 0)")  # or a sticky bar stands in the middle of the picture
        self.raw.screenshot(path=str(path), full_page=True)
        return path

    def _on_console(self, message: Any) -> None:
        # A status that the test expects is reported by Chromium as a console error; it is none.
        expected = any(
            f"status of {status}" in message.text for status in self.expected_statuses if status >= 400
        )
        if message.type == "error" and not expected:
            self.complaints.append(f"console: {message.text}")

    def _on_response(self, response: Any) -> None:
        if response.status >= 400 and response.status not in self.expected_statuses:
            self.complaints.append(f"{response.request.method} {response.url} answered {response.status}")

    def _widest(self) -> str:
        script = """() => [...document.querySelectorAll("body *")]
            .filter((node) => node.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
            .slice(0, 5).map((node) => node.tagName + "." + node.getAttribute("class")).join(", ")"""
        text: str = self.raw.evaluate(script)
        return text


def violations_text(violations: list[dict[str, Any]]) -> str:
    """What axe found, so that a person can act on it: rule, help, and up to five places each."""
    lines = []
    for violation in violations:
        lines.append(f"{violation['id']} ({violation['impact']}): {violation['help']}")
        for node in violation["nodes"][:5]:
            summary = " ".join(node["failureSummary"].split())
            lines.append(f"  {' '.join(map(str, node['target']))}: {summary}\n    {node['html'][:200]}")
    return "\n".join(lines)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One Chromium for the session."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; set BEARING_CHROMIUM")
    playwright_api = pytest.importorskip("playwright.sync_api")
    # Playwright runs a loop in this thread, which Django takes for a sign of asynchronous code.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
    if before is None:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


class RequestsInFlight:
    """Counts what the live server is working on, so that a test ends after its last answer.

    Without this a background poll could write rows after the tables were emptied for the next test.
    """

    def __init__(self) -> None:
        self._count = 0
        self._change = threading.Condition()

    def begin(self, **_: Any) -> None:
        with self._change:
            self._count += 1

    def end(self, **_: Any) -> None:
        with self._change:
            self._count -= 1
            self._change.notify_all()

    def wait(self, seconds: float = 10) -> bool:
        with self._change:
            return self._change.wait_for(lambda: self._count <= 0, timeout=seconds)


@pytest.fixture
def requests_in_flight() -> Iterator[RequestsInFlight]:
    """Listens to the requests of one test."""
    counter = RequestsInFlight()
    request_started.connect(counter.begin)
    request_finished.connect(counter.end)
    yield counter
    request_started.disconnect(counter.begin)
    request_finished.disconnect(counter.end)


def tab_open(
    chromium: Any,
    base: str,
    user: Any = None,
    *,
    theme: str = "light",
    width: int = 1440,
    script: bool = True,
) -> BrowserPage:
    """A tab in a browser profile of its own, logged in as `user`; closing its context is the caller's."""
    from django.test import Client

    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        reduced_motion="reduce",
        java_script_enabled=script,
        locale="en-GB",
        timezone_id="UTC",
    )
    if user is not None:
        client = Client()
        client.force_login(user)
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base}])
    page = context.new_page()
    page.set_default_timeout(15_000)
    return BrowserPage(page, base)


@pytest.fixture
def browser_page(
    chromium: Any, live_server: Any, requests_in_flight: RequestsInFlight
) -> Iterator[Callable[..., BrowserPage]]:
    """Opens tabs: `browser_page(user, theme="dark", width=390, script=False)`; user None is logged out."""
    contexts = []

    def open_page(user: Any = None, **options: Any) -> BrowserPage:
        page = tab_open(chromium, live_server.url, user, **options)
        contexts.append(page.raw.context)
        return page

    yield open_page
    for context in contexts:
        context.close()
    requests_in_flight.wait()
