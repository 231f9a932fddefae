"""The page of a belief in each state, and the list of them, as a browser shows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from common.testing.browser import BrowserPage
from metrics.models import Event
from strategy.models import Explanation, Insight, Mapping
from strategy.tests.evidence_factories import LAST_WEEK, pair_make, verdict_make
from strategy.tests.factories import goal_make, mapping_make, metric_make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.sqlite]
EVIDENCE = "/p/fieldnote/evidence/"
ASIDE = [LAST_WEEK - timedelta(weeks=50), LAST_WEEK - timedelta(weeks=20)]

STATES: dict[str, Callable[[Mapping], Any]] = {
    "supported": lambda belief: verdict_make(
        belief, pair_make(aside=ASIDE), aside=[(day, "public holiday") for day in ASIDE]
    ),
    "opposite": lambda belief: verdict_make(belief, pair_make(effect=-0.8)),
    "too-small": lambda belief: verdict_make(belief, pair_make(150, effect=0.0, seed=3), lags=[2, 3, 4]),
    "inconclusive": lambda belief: verdict_make(belief, pair_make(60, effect=0.08, seed=3)),
    "provisional": lambda belief: verdict_make(belief, provisional=True, p_adjusted=0.03, family=14),
    "same-week": lambda belief: verdict_make(belief, pair_make(lag=0)),
    "not-enough": lambda belief: verdict_make(belief, pair_make(18)),
    "arithmetic": lambda belief: verdict_make(
        belief, verdict="untested", arithmetic=True, rows_used=0, series=None, facts={"lag_table": []}
    ),
    "preview": lambda belief: verdict_make(belief, stated=False),
    "untested": lambda belief: None,
}


@pytest.fixture
def belief(product: Any, alice: Any) -> Mapping:
    goal = goal_make(product, alice)
    metric = metric_make(
        product, key="first-job", kind="outcome", name="First job within seven days of signing up"
    )
    belief = mapping_make(goal, metric, alice, lag_weeks=3, strength=3)
    day = LAST_WEEK - timedelta(weeks=30)
    event = Event.objects.create(product=product, title="Seat price rose", starts_on=day, ends_on=day)
    Explanation.objects.create(mapping=belief, title="The price", text="Could be.", event=event, author=alice)
    Insight.objects.create(
        product=product,
        mapping=belief,
        text="We left.",
        source="Call",
        dated=date(2026, 10, 1),
        stance="against",
    )
    return belief


@pytest.mark.parametrize("state", STATES)
def test_it_is_readable_for_everybody(
    browser_page: Callable[..., BrowserPage], belief: Mapping, bob: Any, state: str
) -> None:
    STATES[state](belief)
    page = browser_page(bob)

    page.open(belief.get_absolute_url())

    for theme, width in (("light", 1440), ("dark", 1440), ("light", 390), ("light", 320)):
        page.raw.emulate_media(color_scheme=theme)
        page.raw.set_viewport_size({"width": width, "height": 900})
        page.screenshot(f"belief-{state}-{width}-{theme}")
        page.check()


def test_the_list_is_readable_for_everybody(
    browser_page: Callable[..., BrowserPage], belief: Mapping, product: Any, alice: Any, bob: Any
) -> None:
    verdict_make(belief, pair_make(150, effect=0.0, seed=3), lags=[2, 3, 4], provisional=True)
    other = mapping_make(belief.goal, metric_make(product, key="sync", kind="outcome"), alice)
    verdict_make(other)
    page = browser_page(bob)

    page.open(EVIDENCE)

    for theme, width in (("light", 1440), ("dark", 1440), ("light", 390), ("light", 320)):
        page.raw.emulate_media(color_scheme=theme)
        page.raw.set_viewport_size({"width": width, "height": 900})
        page.screenshot(f"evidence-{width}-{theme}")
        page.check()


def test_a_filter_swaps_the_list_and_keeps_the_address(
    browser_page: Callable[..., BrowserPage], belief: Mapping, product: Any, alice: Any, bob: Any
) -> None:
    verdict_make(belief)
    mapping_make(belief.goal, metric_make(product, key="sync", kind="outcome"), alice)
    page = browser_page(bob)
    page.open(EVIDENCE)

    page.raw.locator("#evidence-supported").focus()
    page.raw.keyboard.press("Enter")

    page.raw.wait_for_url("**/evidence/?verdict=supported")
    page.raw.wait_for_function("document.activeElement.id === 'evidence-supported'")
    assert page.raw.locator("#evidence-count").inner_text() == "1 belief shown"
    assert page.raw.locator("#group-untested").count() == 0
    page.check()


def test_everything_is_there_without_script(
    browser_page: Callable[..., BrowserPage], belief: Mapping, bob: Any
) -> None:
    verdict_make(belief)
    page = browser_page(bob, script=False)
    page.open(belief.get_absolute_url())

    page.raw.get_by_role("link", name="Goal moved back 3 weeks").click()
    page.raw.locator(".evfig summary").first.click()

    assert page.raw.locator("svg.chart.wide").is_visible()
    assert "the goal moved back by 3 weeks" in str(
        page.raw.locator("svg.chart.wide").get_attribute("aria-label")
    )
    assert page.raw.get_by_role("cell", name="81.").first.is_visible()
