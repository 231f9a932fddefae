"""A file for a board in the browser: chosen, looked at, read otherwise, then taken whole or discarded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from common.models import AuditEvent
from roadmap.models import Board, BoardFile, Card, CardMove, SyncRun, UploadDraft
from roadmap.services import upload_open
from roadmap.tests.factories import board_make, connection_make

pytestmark = pytest.mark.django_db
PLAIN = "Id,Title,Column\n1,One,Doing\n2,Two,Doing\n"
TRELLO = Path(__file__).parent / "fixtures" / "upload" / "trello.json"
JIRA = "Issue key,Summary,Status,Remark\nABC-1,One,In progress,x\nABC-2,Two,Done,y\n"


def _url(name: str, board: Board) -> str:
    return reverse(f"roadmap:{name}", args=["fieldnote", board.pk])


@pytest.fixture
def board(team: Any) -> Board:
    connection = connection_make(team.product, kind="upload", name="Files", settings={})
    return Board.objects.create(connection=connection, team=team, external_id="file-1", name="Files")


def _choose(client: Any, board: Board, content: str | bytes, name: str = "cards.csv") -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    return client.post(_url("board-upload", board), {"file": SimpleUploadedFile(name, data)})


def _take(client: Any, board: Board, content: str) -> Any:
    _choose(client, board, content)
    return client.post(_url("board-upload-take", board))


def _read(client: Any, board: Board, **values: str) -> str:
    """Sends the form of the look with `values`, and the page after it."""
    url = _url("board-upload-preview", board)
    answer = client.post(url, {"complete": "on", **values})
    assert answer.status_code == 302
    return str(client.get(url).text)


def test_it_shows_the_file_before_anything_is_taken(board: Board, alice: Any, logged_in: Any) -> None:
    client = logged_in(alice)

    chosen = _choose(client, board, PLAIN)
    page = client.get(chosen.url).text

    assert chosen.url == _url("board-upload-preview", board)
    assert "Take 2 cards" in page
    assert "Read as CSV, UTF-8, separated by comma" in page
    assert "First: One" not in page  # the needed fields say that they are needed
    assert "First: 1" in page
    assert not Card.objects.exists()
    assert not BoardFile.objects.exists()
    assert not SyncRun.objects.exists()


def test_it_takes_what_was_looked_at_once(board: Board, alice: Any, logged_in: Any) -> None:
    client = logged_in(alice)
    _choose(client, board, PLAIN)

    first = client.post(_url("board-upload-take", board))
    second = client.post(_url("board-upload-take", board), follow=True)

    assert first.url == board.get_absolute_url()
    assert "taken or discarded already" in second.text
    assert Card.objects.count() == 2
    assert SyncRun.objects.count() == 1
    assert AuditEvent.objects.filter(action="board file uploaded").count() == 1
    assert not UploadDraft.objects.exists()


def test_two_files_show_the_moves_between_them(board: Board, alice: Any, logged_in: Any) -> None:
    client = logged_in(alice)

    _take(client, board, PLAIN)
    _choose(client, board, "Id,Title,Column\n1,One,Done\n3,Three,Doing\n")
    look = client.get(_url("board-upload-preview", board)).text
    client.post(_url("board-upload-take", board))

    assert "would count as missing" in look
    move = CardMove.objects.get()
    assert (move.card.external_id, move.from_raw, move.to_raw, move.source) == (
        "1",
        "Doing",
        "Done",
        "observed",
    )
    assert move.not_before is not None
    assert move.not_before < move.at
    assert Card.objects.get(external_id="2").missing_since is not None


def test_a_matching_can_be_changed_by_hand_and_by_preset(board: Board, alice: Any, logged_in: Any) -> None:
    client = logged_in(alice)
    _choose(client, board, "Name of it;Place;Nr\nOne;Doing;7\n")
    url = _url("board-upload-preview", board)
    assert "no column of the file is matched to Title" in client.get(url).text

    by_hand = _read(client, board, **{"match-title": "Name of it", "match-column": "Place", "match-id": "Nr"})
    client.post(_url("board-upload-take", board))

    assert "Take 1 card" in by_hand
    assert Card.objects.get().external_id == "7"
    board.refresh_from_db()
    assert board.settings["mapping"] == {"title": "Name of it", "column": "Place", "id": "Nr"}

    _choose(client, board, JIRA)
    by_preset = _read(client, board, preset="jira_csv")

    assert "Take 2 cards" in by_preset
    assert UploadDraft.objects.get().options["mapping"] == {
        "id": "Issue key",
        "title": "Summary",
        "column": "Status",
    }


def test_each_board_keeps_its_own_matching(board: Board, alice: Any, logged_in: Any, team: Any) -> None:
    client = logged_in(alice)
    other = Board.objects.create(connection=board.connection, team=team, external_id="file-2", name="Other")
    for one, title, column in ((board, "A", "B"), (other, "B", "A")):
        _choose(client, one, "A,B\nOne,Doing\n")
        _read(client, one, **{"match-title": title, "match-column": column})
        client.post(_url("board-upload-take", one))

    _choose(client, board, "A,B\nTwo,Doing\n")
    _choose(client, other, "A,B\nDoing,Two\n")

    drafts = {draft.board_id: draft.options["mapping"] for draft in UploadDraft.objects.all()}
    assert drafts == {board.pk: {"title": "A", "column": "B"}, other.pk: {"title": "B", "column": "A"}}


def test_a_file_that_is_no_complete_export_leaves_absent_cards_alone(
    board: Board, alice: Any, logged_in: Any
) -> None:
    client = logged_in(alice)
    _take(client, board, PLAIN)
    _choose(client, board, "Id,Title,Column\n1,One,Done\n")
    url = _url("board-upload-preview", board)

    client.post(
        url, {"match-id": "Id", "match-title": "Title", "match-column": "Column"}
    )  # "complete" unticked
    look = client.get(url).text
    client.post(_url("board-upload-take", board))

    assert "stay as they are" in look
    assert "would count as missing" not in look
    assert Card.objects.get(external_id="1").state_raw == "Done"
    assert Card.objects.get(external_id="2").missing_since is None
    board.refresh_from_db()
    assert board.settings["complete"] is False
    _choose(client, board, PLAIN)
    assert UploadDraft.objects.get().options["complete"] is False


def test_a_trello_export_is_taken_with_its_moves_and_without_matching(
    board: Board, alice: Any, logged_in: Any
) -> None:
    client = logged_in(alice)
    board.settings = {"mapping": {"title": "A", "column": "B"}}
    board.save()

    chosen = _choose(client, board, TRELLO.read_bytes(), "onboarding.json")
    look = client.get(chosen.url).text
    client.post(_url("board-upload-take", board))

    assert "Take 5 cards" in look
    assert "Read as Trello board, exported as JSON" in look
    assert "nothing is to be matched" in look
    assert "Which header fills which field" not in look
    assert "1 template or dividing line left out" in look
    assert Card.objects.count() == 5
    assert set(CardMove.objects.values_list("source", flat=True)) == {"reported"}
    released = Card.objects.get(title="Invite by link")
    assert released.stage_since == CardMove.objects.filter(card=released).latest("at").at
    assert Card.objects.get(title="Shorter first run").context["rationale"]["value"] == "New teams give up"
    assert {column.name: column.stage for column in board.columns.all()} == {
        "Ideas": "prioritised_opportunities", "Doing": "in_progress", "Released": "released", "Old ideas": "",
    }  # fmt: skip
    board.refresh_from_db()
    assert board.settings["mapping"] == {"title": "A", "column": "B"}


def test_the_next_trello_export_adds_the_new_moves_only(board: Board, alice: Any, logged_in: Any) -> None:
    client = logged_in(alice)
    export = json.loads(TRELLO.read_text())
    _take(client, board, json.dumps(export))
    before = CardMove.objects.count()
    moved = timezone.now().replace(microsecond=0) + timedelta(seconds=1)
    card, (ideas, doing, *_) = export["cards"][2], export["lists"]
    card["idList"] = doing["id"]
    export["actions"].insert(
        0,
        {
            "id": "6ae5c0ffc0ffee0000000999",
            "type": "updateCard",
            "date": moved.isoformat(),
            "data": {"card": {"id": card["id"]}, "listBefore": ideas, "listAfter": doing},
        },
    )

    _take(client, board, json.dumps(export))

    assert CardMove.objects.count() == before + 1
    assert Card.objects.get(external_id=card["id"]).stage_since == moved


def test_a_broken_trello_export_cannot_be_taken(board: Board, alice: Any, logged_in: Any) -> None:
    client = logged_in(alice)
    export = json.loads(TRELLO.read_text())
    export["cards"][1]["name"] = ""

    chosen = _choose(client, board, json.dumps(export))
    look = client.get(chosen.url).text
    client.post(_url("board-upload-take", board))

    assert "the card lacks an id, a name or a list" in look
    assert "Take " not in look
    assert not Card.objects.exists()


def test_a_jira_export_says_which_columns_are_done(board: Board, alice: Any, logged_in: Any) -> None:
    client = logged_in(alice)
    _choose(
        client,
        board,
        "Summary,Issue key,Issue id,Status,Labels,Labels,Resolved,Status Category\n"
        "One,ON-1,10001,Ausgeliefert,q4,metric:activated-teams,12/Nov/26 3:04 PM,Done\n"
        "Two,ON-2,10002,Selected for Development,,,,To Do\n",
    )

    look = _read(client, board, preset="jira_csv")
    client.post(_url("board-upload-take", board))

    assert "Take 2 cards" in look
    one, two = Card.objects.order_by("key")
    assert (one.key, one.closed, one.labels) == ("ON-1", True, ["q4", "metric:activated-teams"])
    assert one.done_at == datetime(2026, 11, 12, 15, 4, tzinfo=UTC)
    assert not two.closed
    assert {column.name: column.stage for column in board.columns.all()} == {
        "Ausgeliefert": "released", "Selected for Development": "to_build",
    }  # fmt: skip


def test_the_next_file_starts_with_the_last_ones_matching(board: Board, alice: Any, logged_in: Any) -> None:
    client = logged_in(alice)
    _choose(client, board, "A,B\nOne,Doing\n")
    _read(client, board, **{"match-title": "A", "match-column": "B"})
    client.post(_url("board-upload-take", board))

    chosen = _choose(client, board, "A,B\nTwo,Doing\n")

    assert "Take 1 card" in client.get(chosen.url).text


def test_format_encoding_and_separator_can_be_changed(board: Board, alice: Any, logged_in: Any) -> None:
    client = logged_in(alice)
    chosen = _choose(client, board, "Title,Column;x\nÜber,Ready;y\n".encode("latin-1"))
    refused = client.get(chosen.url).text

    latin = _read(client, board, encoding="latin-1", delimiter=",")
    other = _read(client, board, encoding="latin-1", delimiter=";")
    json = _read(client, board, encoding="latin-1", form="json")

    assert "cannot be read like this" in refused
    assert "choose Latin-1" in refused
    assert "Über" in latin
    assert "separated by semicolon" in other
    assert "not valid JSON" in json


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Id,Title,Column\n1,,Doing\n", "Fill in the title"),
        ("Id,Title,Column\n1,One,Doing\n1,Two,Doing\n", "Remove one"),
        ("A,B\n1,2\n", "no column of the file is matched"),
        ("Id,Title,Column\n", "headers but no cards"),
    ],
)
def test_a_file_to_mend_cannot_be_taken(
    text: str, words: str, board: Board, alice: Any, logged_in: Any
) -> None:
    client = logged_in(alice)

    chosen = _choose(client, board, text)
    page = client.get(chosen.url).text

    assert words in page
    assert "Take " not in page
    if "no cards" not in words:
        client.post(_url("board-upload-take", board))
        assert UploadDraft.objects.exists()
        assert not SyncRun.objects.exists()
    assert not Card.objects.exists()


def test_it_refuses_an_empty_file_and_one_that_is_no_text(board: Board, alice: Any, logged_in: Any) -> None:
    client = logged_in(alice)

    empty = _choose(client, board, "")
    blank = _choose(client, board, " \n")
    spreadsheet = _choose(client, board, b"PK\x03\x04\x14\x00")

    assert empty.status_code == blank.status_code == 422
    assert "empty" in empty.text
    assert "empty" in blank.text
    assert "Save it as CSV" in client.get(spreadsheet.url).text


def test_a_discarded_file_is_gone(board: Board, alice: Any, logged_in: Any) -> None:
    client = logged_in(alice)
    _choose(client, board, PLAIN)

    client.post(_url("board-upload-discard", board))

    assert not UploadDraft.objects.exists()
    assert client.get(_url("board-upload-preview", board)).url == _url("board-upload", board)


def test_a_file_that_waits_is_its_senders_alone(board: Board, alice: Any, erin: Any, logged_in: Any) -> None:
    _choose(logged_in(alice), board, PLAIN)

    answer = logged_in(erin).get(_url("board-upload-preview", board))

    assert answer.status_code == 302


def test_forgotten_files_go_with_the_next_one(board: Board, alice: Any, erin: Any, now: Any) -> None:
    upload_open(board=board, actor=alice, name="old.csv", content=PLAIN.encode(), now=now - timedelta(days=2))

    upload_open(board=board, actor=erin, name="new.csv", content=PLAIN.encode(), now=now)

    assert [draft.name for draft in UploadDraft.objects.all()] == ["new.csv"]


def test_hostile_cells_are_shown_as_text(board: Board, alice: Any, logged_in: Any) -> None:
    client = logged_in(alice)

    chosen = _choose(
        client, board, "Id,Title,Column\n1,<script>alert(1)</script>,=cmd\n", name="<b>x</b>.csv"
    )
    page = client.get(chosen.url).text

    assert "<script>alert" not in page
    assert "<b>x</b>" not in page
    assert "=cmd" in page


def test_a_board_that_is_read_from_its_tool_takes_no_file(
    team: Any, now: Any, alice: Any, logged_in: Any
) -> None:
    kanboard = board_make(team, now=now)

    assert logged_in(alice).get(_url("board-upload", kanboard)).status_code == 404
