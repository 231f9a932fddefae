"""Who is told when a board fails and when an edition is out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from common.errors import PermanentError, TransientError
from common.models import OutboxMessage
from roadmap.models import Board
from roadmap.services import board_sync, edition_publish
from roadmap.tests.factories import board_make, card_make

pytestmark = pytest.mark.django_db


class _Broken:
    """A provider whose tool fails as told."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def fetch(self, since: Any = None) -> Any:
        raise self.error


@pytest.fixture
def failing(team: Any, now: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`failing(error)` reads the board once, and its tool answers with this error."""
    board = board_make(team, now=now)

    def fail(error: Exception, days: int = 0) -> None:
        monkeypatch.setattr("roadmap.services.sync.board_provider", lambda _board: _Broken(error))
        board_sync(board=Board.objects.get(pk=board.pk), now=now + timedelta(days=days))

    return fail


def _told(subject: str) -> list[str]:
    return sorted(
        message.payload["to"][0]
        for message in OutboxMessage.objects.all()
        if message.payload["subject"].startswith(subject)
    )


def test_everybody_in_the_product_is_told_once_of_a_board_that_needs_somebody(
    failing: Any, alice: Any, bob: Any, charlie: Any, erin: Any
) -> None:
    failing(PermanentError("The token was refused. Enter a new one."))
    failing(PermanentError("The token was refused. Enter a new one."), days=7)

    assert _told("Board cannot be read") == ["alice@example.com", "bob@example.com", "erin@example.com"]
    assert "Enter a new one" in OutboxMessage.objects.earliest("pk").payload["text"]


def test_a_failure_that_may_pass_is_told_at_the_third_try(failing: Any, alice: Any) -> None:
    for number in range(2):
        failing(TransientError("The tool does not answer."), days=number)
    before = _told("Board cannot be read")

    failing(TransientError("The tool does not answer."), days=3)

    assert before == []
    assert _told("Board cannot be read") == ["alice@example.com"]


def test_it_is_told_anew_after_a_good_read(failing: Any, alice: Any, now: Any) -> None:
    failing(PermanentError("The token was refused."))
    Board.objects.update(last_synced_at=now + timedelta(days=1), failures=0)

    failing(PermanentError("The token was refused."), days=7)

    assert _told("Board cannot be read") == ["alice@example.com"] * 2


def test_an_edition_is_told_once_and_only_to_who_wants_it(
    team: Any, product: Any, now: Any, alice: Any, bob: Any, erin: Any
) -> None:
    bob.mail_editions = False
    bob.save()
    board = board_make(team, now=now)
    card_make(board, 1, stage="in_progress", now=now)
    edition = edition_publish(product=product, now=now)
    card_make(board, 2, stage="in_progress", now=now)

    revision = edition_publish(product=product, now=now + timedelta(hours=1))

    assert revision.revision == 2
    assert _told("Roadmap of Fieldnote") == ["alice@example.com", "erin@example.com"]
    text = OutboxMessage.objects.earliest("pk").payload["text"]
    assert edition.get_absolute_url() in text
    assert "/me/" in text


def test_an_edition_of_an_earlier_week_and_the_samples_people_get_no_mail(
    team: Any, product: Any, now: Any, alice: Any
) -> None:
    edition_publish(product=product, now=now - timedelta(days=7), week="2026-W45")
    alice.is_sample = True
    alice.save()

    edition_publish(product=product, now=now)

    assert not OutboxMessage.objects.exists()


def test_the_settings_turn_the_mails_off(alice: Any, logged_in: Any) -> None:
    page = logged_in(alice).get("/me/").text
    logged_in(alice).post("/me/", {"display_name": "Alice", "theme": "system", "time_zone": ""})

    alice.refresh_from_db()
    assert "Mail about editions" in page
    assert not alice.mail_editions
