"""The pages of roadmap, boards, cards and teams in a real browser: axe, console, width."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from common.testing.browser import BrowserPage
from roadmap.models import Board, Column, SyncRun
from roadmap.selectors.edition_board import CELL_SHOWN
from roadmap.services import edition_publish
from roadmap.tests.factories import board_make, card_make, connection_make, metric_make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pages(team: Any, product: Any) -> dict[str, str]:
    """One address of each page, on a board that has everything to show."""
    now = timezone.now()
    board = board_make(team, now=now, last_error="The tool refused the token (401). Copy it again.")
    metric = metric_make(product)
    card = card_make(board, 1, stage="in_progress", now=now - timedelta(days=30), blocked=True, metric=metric)
    for number, stage in enumerate(["to_build", "in_validation", "released", "to_evaluate"], start=2):
        card_make(
            board,
            number,
            stage=stage,
            now=now,
            title=f"A piece of work with a rather long title, number {number}",
        )
    column = Column.objects.create(board=board, external_id="x", name="Parked", position=9)
    card_make(board, 9, stage="", now=now, column=column)
    SyncRun.objects.create(
        board=board, state="failed", started_at=now, error="The tool refused the token (401)."
    )
    files = connection_make(product, kind="upload", name="Files", settings={})
    upload = Board.objects.create(connection=files, team=team, external_id="file-1", name="Uploaded board")
    edition_publish(product=product, now=now - timedelta(days=7))
    edition = edition_publish(product=product, now=now)
    base = f"/p/{product.slug}"
    return {
        "roadmap": f"{base}/roadmap/",
        "edition": edition.get_absolute_url() + "?ageing=1",
        "edition-by-goal": edition.get_absolute_url() + "?view=goal",
        "edition-by-metric": edition.get_absolute_url() + "?view=metric",
        "edition-list": edition.get_absolute_url() + "?view=list",
        "boards": f"{base}/boards/",
        "tools": f"{base}/boards/new/",
        "connection": f"{base}/boards/new/kanboard/",
        "connection-edit": f"{base}/boards/connections/{board.connection_id}/edit/",
        "board-choose": f"{base}/boards/connections/{files.pk}/boards/",
        "board": f"{base}/boards/{board.pk}/",
        "columns": f"{base}/boards/{board.pk}/columns/",
        "archive": f"{base}/boards/{board.pk}/archive/",
        "upload": f"{base}/boards/{upload.pk}/upload/",
        "card": f"{base}/cards/{card.pk}/",
        "card-edit": f"{base}/cards/{card.pk}/edit/",
        "team": f"{base}/teams/{team.slug}/",
    }


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)])
def test_no_page_has_a_violation_or_scrolls_sideways(
    browser_page: Callable[..., BrowserPage], pages: dict[str, str], alice: Any, theme: str, width: int
) -> None:
    page = browser_page(alice, theme=theme, width=width)

    for name, address in pages.items():
        page.open(address)
        page.screenshot(f"{name}-{width}-{theme}")
        page.check()


def test_the_others_of_a_cell_come_in_place(
    browser_page: Callable[..., BrowserPage], team: Any, product: Any, alice: Any
) -> None:
    now = timezone.now()
    board = board_make(team, now=now)
    for number in range(CELL_SHOWN + 7):
        card_make(board, number, stage="in_validation", now=now)
    card_make(board, 99, stage="to_build", now=now)
    edition_publish(product=product, now=now)
    page = browser_page(alice)
    page.open(f"/p/{product.slug}/roadmap/")

    page.raw.get_by_text("Show 7 more").click()

    expect(page.raw.locator("article")).to_have_count(CELL_SHOWN + 8)
    expect(page.raw.get_by_text("Card 99")).to_be_visible()
    assert "column=" not in page.raw.url


def test_a_filter_swaps_the_board_and_stays_in_the_address(
    browser_page: Callable[..., BrowserPage], pages: dict[str, str], alice: Any
) -> None:
    page = browser_page(alice)
    page.open(pages["roadmap"])

    page.raw.get_by_role("link", name="Blocked").click()

    page.raw.wait_for_url("**/roadmap/?blocked=1")
    page.raw.wait_for_selector("#chip-blocked[aria-current]")
    assert page.raw.locator("article").count() == 1
    page.raw.go_back()
    page.raw.wait_for_function("document.querySelectorAll('article').length > 1")
