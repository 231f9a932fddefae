"""The look at a chosen file in a real browser: readable, within the page, without a complaint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common.testing.browser import BrowserPage
from roadmap.models import Board
from roadmap.services import upload_open
from roadmap.tests.factories import connection_make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIXTURES = Path(__file__).parent / "fixtures" / "upload"


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
@pytest.mark.parametrize("name", ["trello.json", "jira.csv"])
def test_the_look_at_a_file_has_no_violation(
    browser_page: Callable[..., BrowserPage],
    team: Any,
    alice: Any,
    now: Any,
    name: str,
    theme: str,
    width: int,
) -> None:
    files = connection_make(team.product, kind="upload", name="Files", settings={})
    board = Board.objects.create(connection=files, team=team, external_id="file-1", name="Uploaded board")
    upload_open(board=board, actor=alice, name=name, content=(FIXTURES / name).read_bytes(), now=now)
    page = browser_page(alice, theme=theme, width=width)

    page.open(f"/p/{team.product.slug}/boards/{board.pk}/upload/preview/")
    page.screenshot(f"upload-{name}-{width}-{theme}")

    page.check()
    assert page.raw.get_by_role("button", name="Take").count() == 1
