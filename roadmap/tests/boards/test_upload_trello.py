"""A board that Trello exported, uploaded: its lists, cards and moves, as if it were connected."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from roadmap.boards.base import HttpFactory, MoveSource, Snapshot
from roadmap.boards.changes import snapshot_changes
from roadmap.boards.trello import TrelloProvider
from roadmap.boards.upload import UploadProvider, upload_preview
from roadmap.boards.upload_files import UploadError
from roadmap.tests.trello_server import TrelloServer

EXPORT = Path(__file__).resolve().parents[1] / "fixtures" / "upload" / "trello.json"
ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.just([3]), st.floats()
)  # fmt: skip


def export(**changes: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(EXPORT.read_text())
    return content | changes


def read(content: Any, **config: Any) -> Snapshot:
    data = json.dumps(content).encode()
    return UploadProvider({"content": data, "complete": True, **config}).fetch()


def test_it_reads_lists_and_cards_without_any_matching() -> None:
    snapshot = read(export())

    assert [(column.name, column.is_active) for column in snapshot.columns] == [
        ("Ideas", True), ("Doing", True), ("Released", True), ("Old ideas", False),
    ]  # fmt: skip
    assert [(card.key, card.title, card.state_raw, card.closed) for card in snapshot.cards] == [
        ("#1", "Shorter first run", "Doing", False),
        ("#2", "Invite by link", "Released", False),
        ("#3", "Dark pages", "Ideas", False),
        ("#4", "An old idea", "Old ideas", True),
        ("#6", "Given up", "Ideas", True),
    ]
    assert snapshot.cards[0].labels == ("onboarding", "red")
    assert "Researcher" not in str(snapshot)
    assert snapshot.notes == ("1 template or dividing line left out: no work.",)


def test_it_reads_the_moves_from_the_actions() -> None:
    snapshot = read(export())

    second = next(card for card in snapshot.cards if card.key == "#2")
    moves = [move for move in snapshot.moves if move.card_identity == second.identity]
    assert [(move.from_raw, move.to_raw) for move in moves] == [
        ("", "Ideas"), ("Ideas", "Doing"), ("Doing", "Released"),
    ]  # fmt: skip
    assert {move.source for move in snapshot.moves} == {MoveSource.REPORTED}
    assert len(snapshot.deleted) == 1


def test_it_reads_an_export_as_it_reads_the_connected_board(
    httpserver: HTTPServer, local_http: HttpFactory
) -> None:
    trello = TrelloServer(httpserver)
    connected = TrelloProvider(trello.config(), local_http).fetch()

    uploaded = read({**trello.board, "lists": trello.lists, "cards": trello.cards, "actions": trello.actions})

    assert uploaded.columns == connected.columns
    assert {card.identity: card for card in uploaded.cards} == {
        card.identity: card for card in connected.cards
    }
    assert uploaded.moves == connected.moves


def test_it_reads_a_recorded_board(shared_folder: Path) -> None:
    folder = shared_folder / "boards" / "public" / "trello" / "vcr-ruby-trello"
    parts = {
        name: json.loads((folder / f"can_get_{name}_of_board.json").read_text())[-1]["response"]["body"]
        for name in ("lists", "cards", "actions")
    }

    snapshot = read(parts)

    assert [card.key for card in snapshot.cards] == ["#5", "#4", "#3"]
    assert {card.state_raw for card in snapshot.cards} == {"L1"}
    assert snapshot.moves


def test_it_finds_what_was_done_between_two_exports() -> None:
    later = export()
    later["cards"][2]["idList"] = later["lists"][1]["id"]
    later["cards"][0]["name"] = "A much shorter first run"
    del later["cards"][1]

    before, after = read(export()), read(later)
    changes = snapshot_changes(before, after)

    third = later["cards"][1]["id"]
    assert [(move.identity, move.to_column) for move in changes.moved] == [(third, later["lists"][1]["id"])]
    assert [(change.before, change.after) for change in changes.renamed] == [
        ("Shorter first run", "A much shorter first run")
    ]
    assert changes.missing == (before.cards[1].identity,)


def test_it_is_complete_only_when_told_so() -> None:
    assert read(export(), complete=True).complete
    assert not read(export(), complete=False).complete


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        (None, "has no actions: moves are seen between two uploads"),
        ([{"type": "commentCard"}] * 1000, "the last 1,000 actions"),
        ([{"id": "x"}], "1 action left out"),
    ],
)
def test_it_says_what_the_export_does_not_tell(actions: Any, words: str) -> None:
    assert any(words in note for note in read(export(actions=actions)).notes)


def test_it_reads_an_export_of_a_chosen_format_and_no_other() -> None:
    assert len(read(export(), form="trello").cards) == 5
    with pytest.raises(UploadError, match="no board that Trello exported"):
        read([{"title": "A", "column": "B"}], form="trello")
    with pytest.raises(UploadError, match="an object cannot be read as a value"):
        read(export(), form="json")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lists": 3}, "no board that Trello exported"),
        ({"cards": None}, "no board that Trello exported"),
        ({"lists": [{"id": "1"}]}, 'a list lacks an id or a name under "lists"'),
        ({"cards": [3]}, "Row 1, column cards: the card lacks an id"),
    ],
)
def test_it_refuses_an_export_in_another_shape(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UploadError, match=words):
        read(export(**change))


def test_it_names_every_card_that_cannot_be_read_and_takes_none() -> None:
    broken = export()
    broken["cards"][1]["name"] = " "
    del broken["cards"][3]["idList"]

    with pytest.raises(UploadError) as refused:
        read(broken)

    assert [problem.row for problem in refused.value.problems] == [2, 4]


@given(
    where=st.sampled_from(["lists", "cards", "actions"]), name=st.sampled_from(["id", "name", "idList", "data", "date"]),
    value=ODD_VALUES,
)  # fmt: skip
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_reads_an_export_or_says_that_it_cannot(where: str, name: str, value: Any) -> None:
    content = copy.deepcopy(export())
    content[where][0][name] = value

    try:
        snapshot = read(content)
    except UploadError:
        return

    assert all(card.title and card.identity for card in snapshot.cards)
    assert all(move.at.tzinfo for move in snapshot.moves)


def test_its_preview_shows_the_cards_and_asks_for_no_matching() -> None:
    preview = upload_preview(EXPORT.read_bytes(), rows=1)

    assert (preview.format, preview.rows_count, preview.is_matched) == ("trello", 5, True)
    assert preview.headers == ("Id", "Title", "Column", "Labels", "Description", "Due date", "Closed")
    assert preview.rows[0] == (
        "#1", "Shorter first run", "Doing", "onboarding, red",
        "Metric: activated-teams\nRationale: New teams give up", "2026-12-01", "no",
    )  # fmt: skip
    assert preview.mapping == {}


def test_it_gives_an_archived_card_the_time_of_its_archiving() -> None:
    given_up = next(card for card in read(export()).cards if card.key == "#6")

    assert given_up.done_at is not None
    assert given_up.done_at > datetime(2026, 10, 1, tzinfo=UTC)
