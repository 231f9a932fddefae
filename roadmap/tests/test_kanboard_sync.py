"""An id that Kanboard gives out again, stored: the new card inherits nothing of the removed one."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from roadmap.models import Board, Card, CardMove
from roadmap.services import board_sync
from roadmap.tests.kanboard_server import FIXTURES, KanboardServer

pytestmark = pytest.mark.django_db
PERSON = {"persona": {"value": "Crew lead", "origin": "person"}}


def test_a_card_with_a_reused_id_inherits_nothing(
    board: Board, kanboard: KanboardServer, now: datetime
) -> None:
    weeks = json.loads((FIXTURES / "reused_id.json").read_text())
    kanboard.results |= {"getBoard": [], **weeks["week1"]}
    board_sync(board=board, now=now)
    old = Card.objects.get(external_id="31")
    Card.objects.filter(pk=old.pk).update(context=PERSON)
    kanboard.results |= weeks["week2"]

    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=7))

    new = Card.objects.exclude(pk=old.pk).get(external_id="31")
    old.refresh_from_db()
    assert (new.title, new.missing_since) == ("Import contacts", None)
    assert (old.title, old.missing_since) == ("Export invoices", now + timedelta(days=7))
    assert new.context == {}
    assert old.context == PERSON
    assert CardMove.objects.filter(card=old).count() == CardMove.objects.filter(card=new).count() == 1
    assert new.stage_since == CardMove.objects.get(card=new).at
    assert run.changes == {"created": ["31"], "missing": ["31"]}
