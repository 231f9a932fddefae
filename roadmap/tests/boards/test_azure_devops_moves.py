"""Azure DevOps' revisions: which moves they tell, from where one read goes on after another, and what was deleted."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from common.errors import PermanentError, TransientError
from roadmap.boards import azure_devops_read
from roadmap.boards.azure_devops import AzureDevOpsProvider
from roadmap.boards.base import HttpFactory, MoveData, MoveSource, Snapshot
from roadmap.boards.changes import CardMoved, Renamed, snapshot_changes
from roadmap.models import Board, Card, CardMove
from roadmap.services import board_create, board_sync, connection_create
from roadmap.tests.azure_devops_server import PROJECT, TOKEN, AzureDevOpsServer, refusal

NEW, ACTIVE, REVIEW, CLOSED = (f"c0000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3, 4))
ACTIVE_DONE = f"{ACTIVE}:done"


@pytest.fixture
def azure(httpserver: HTTPServer) -> AzureDevOpsServer:
    return AzureDevOpsServer(httpserver)


class Reader:
    """Reads again and again, each time with the cursor that the last read left."""

    def __init__(self, azure: AzureDevOpsServer, http: HttpFactory) -> None:
        self.azure, self.http = azure, http
        self.cursor: dict[str, Any] = {}

    def fetch(self) -> Snapshot:
        snapshot = AzureDevOpsProvider(self.azure.config(cursor=self.cursor), self.http).fetch()
        self.cursor = json.loads(json.dumps(dict(snapshot.cursor)))  # as the database keeps it
        return snapshot


@pytest.fixture
def reader(azure: AzureDevOpsServer, local_http: HttpFactory) -> Reader:
    return Reader(azure, local_http)


def steps(moves: tuple[MoveData, ...]) -> list[tuple[str | None, str | None]]:
    return [(move.from_column_external_id, move.to_column_external_id) for move in moves]


def test_a_second_week_tells_exactly_what_was_done(azure: AzureDevOpsServer, reader: Reader) -> None:
    items = [
        azure.add(f"Card {number}", column=("New", "Active", "Review")[number % 3]) for number in range(60)
    ]
    before = reader.fetch()
    moved = {item: azure.move(item, "Review") for item in items[:12:3]}
    half = azure.move(items[1], "Active", done=True)
    azure.move(items[2], "Closed")
    azure.edit(items[4], **{"System.Title": "Under another name"})
    for item in items[-3:]:
        azure.delete(item)
    azure.column_rename("New", "Ideas")
    azure.board["columns"].insert(
        3, azure.column("Review") | {"id": "c0000000-0000-4000-8000-000000000009", "name": "Trial"}
    )
    fresh = azure.add("Fresh", column="Trial")

    after = reader.fetch()
    changes = snapshot_changes(before, after)

    assert set(changes.moved) == {
        *(CardMoved(str(item), NEW, REVIEW) for item in moved),
        CardMoved(str(items[1]), ACTIVE, ACTIVE_DONE),
        CardMoved(str(items[2]), REVIEW, CLOSED),
    }
    assert changes.created == (str(fresh),)
    assert changes.renamed == (Renamed(str(items[4]), "Card 4", "Under another name"),)
    assert changes.closed == (str(items[2]),)
    assert set(changes.missing) == set(after.deleted) == {str(item) for item in items[-3:]}
    assert changes.columns_renamed == (Renamed(NEW, "New", "Ideas"),)
    assert changes.columns_added == ("c0000000-0000-4000-8000-000000000009",)
    assert {
        (move.card_identity, move.from_column_external_id, move.to_column_external_id) for move in after.moves
    } == {(move.identity, move.from_column, move.to_column) for move in changes.moved}
    assert {move.card_identity: move.at for move in after.moves}[str(items[1])] == half
    assert all(move.source is MoveSource.REPORTED for move in after.moves)


def test_a_move_happened_when_its_revision_was_made(azure: AzureDevOpsServer, reader: Reader) -> None:
    item = azure.add("Book a berth")
    at = azure.move(item, "Active")
    azure.edit(item, **{"System.Title": "Book two"})  # its moment is the revised date of the move

    (move,) = reader.fetch().moves

    assert move.at == at
    assert (move.from_raw, move.to_raw) == ("New", "Active – Doing")
    assert move.external_id == f"{item}.2"


def test_a_change_of_words_is_no_move(azure: AzureDevOpsServer, reader: Reader) -> None:
    item = azure.add("Book a berth")
    reader.fetch()
    azure.edit(item, **{"System.Title": "Book two"})

    assert reader.fetch().moves == ()


def test_it_tells_every_step_of_a_way_there_and_back(azure: AzureDevOpsServer, reader: Reader) -> None:
    item = azure.add("Book a berth")
    reader.fetch()
    azure.move(item, "Active")
    azure.move(item, "Active", done=True)
    azure.move(item, "New")

    assert steps(reader.fetch().moves) == [(NEW, ACTIVE), (ACTIVE, ACTIVE_DONE), (ACTIVE_DONE, NEW)]


def test_it_goes_on_where_the_last_read_ended(azure: AzureDevOpsServer, reader: Reader) -> None:
    azure.page_size = 10
    item = azure.add("Book a berth")
    for number in range(40):
        azure.edit(item, **{"System.Title": f"Book {number}"})
    reader.fetch()
    first = azure.asked.count("POST workitemrevisions")
    azure.move(item, "Active")

    again = reader.fetch()

    assert first == 5
    assert azure.asked.count("POST workitemrevisions") == first + 1
    assert steps(again.moves) == [(NEW, ACTIVE)]
    assert reader.fetch().moves == ()


def test_it_leaves_out_the_moves_of_work_that_is_not_on_the_board(
    azure: AzureDevOpsServer, reader: Reader
) -> None:
    item = azure.add("Elsewhere", **{"System.AreaPath": "Harbour & Sea\\Lighthouse"})
    azure.move(item, "Active")

    snapshot = reader.fetch()

    assert snapshot.moves == ()
    assert str(item) not in str(snapshot.cursor["places"])


def test_it_knows_a_column_by_its_earlier_name(azure: AzureDevOpsServer, reader: Reader) -> None:
    item = azure.add("Book a berth")
    reader.fetch()
    azure.move(item, "Review")
    azure.column_rename("Review", "Trial")
    azure.edit(item, **{"System.Title": "Book two"})

    (move,) = reader.fetch().moves

    assert move.to_column_external_id == REVIEW
    assert move.to_raw == "Trial"


def test_it_does_not_guess_which_column_an_old_name_means(azure: AzureDevOpsServer, reader: Reader) -> None:
    item = azure.add("Book a berth")
    reader.fetch()
    azure.move(item, "Review")
    azure.move(item, "Active")
    azure.column_rename("Review", "Trial")
    azure.column_rename("Closed", "Review")

    there, back = reader.fetch().moves

    assert (there.to_column_external_id, there.to_raw) == (None, "Review")
    assert (back.from_column_external_id, back.to_column_external_id) == (None, ACTIVE)


def test_joining_the_halves_of_a_column_moves_nothing(azure: AzureDevOpsServer, reader: Reader) -> None:
    item = azure.add("Book a berth")
    azure.move(item, "Active", done=True)
    reader.fetch()
    azure.column("Active")["isSplit"] = False
    azure.edit(item, **{"System.Title": "Book two"})

    snapshot = reader.fetch()

    assert snapshot.moves == ()
    assert snapshot.cards[0].column_external_id == ACTIVE


def test_leaving_the_board_is_a_move_to_no_column(azure: AzureDevOpsServer, reader: Reader) -> None:
    item = azure.add("Book a berth")
    reader.fetch()
    azure.edit(item, **{azure.fields["columnField"]: None, "System.State": "Removed"})

    (move,) = reader.fetch().moves

    assert (move.from_column_external_id, move.to_column_external_id, move.to_raw) == (NEW, None, "Removed")


def test_it_tells_the_first_move_of_a_card_that_stood_still_for_years(
    azure: AzureDevOpsServer, reader: Reader
) -> None:
    item = azure.add("Of old", column="Review")
    azure.revisions[0][1]["fields"]["System.ChangedDate"] = "2001-01-01T00:00:00Z"
    reader.fetch()
    azure.move(item, "Active")

    assert steps(reader.fetch().moves) == [(REVIEW, ACTIVE)]


def test_a_card_that_moves_while_the_board_is_read_gets_its_move_from_the_next_read(
    azure: AzureDevOpsServer, reader: Reader
) -> None:
    item = azure.add("Book a berth")
    reader.fetch()

    def fault(request: Request) -> Response:
        answer = azure.answer(request)
        if request.path.endswith("workitemrevisions"):
            azure.move(item, "Active")
        return answer

    azure.fault = fault
    meanwhile = reader.fetch()
    azure.fault = None

    after = reader.fetch()

    assert meanwhile.cards[0].column_external_id == ACTIVE
    assert meanwhile.moves == ()
    assert steps(after.moves) == [(NEW, ACTIVE)]


# --- where the history cannot be read --------------------------------------------------------------


@pytest.mark.parametrize("name", ["forbidden", "field"])
def test_it_derives_the_last_move_where_revisions_may_not_be_read(
    azure: AzureDevOpsServer, reader: Reader, name: str
) -> None:
    item = azure.add(
        "Book a berth", column="Active", **{"Microsoft.VSTS.Common.StateChangeDate": "2040-10-02T10:00:00Z"}
    )
    azure.add("Never moved")
    azure.refusals["workitemrevisions"] = refusal(name)

    snapshot = reader.fetch()

    (move,) = snapshot.moves
    assert (move.card_identity, move.to_column_external_id) == (str(item), ACTIVE)
    assert move.source is MoveSource.DERIVED
    assert "does not let this token read the revisions" in snapshot.notes[0]


def test_it_takes_the_owning_teams_columns_where_revisions_tell_no_other(
    azure: AzureDevOpsServer, reader: Reader
) -> None:
    azure.unreported_fields = set(azure.fields.values())
    item = azure.add("Book a berth")
    first = reader.fetch()
    azure.move(item, "Active", done=True)

    second = reader.fetch()

    assert (first.moves, first.notes) == ((), ())
    assert steps(second.moves) == [(NEW, ACTIVE_DONE)]
    assert second.cards[0].column_external_id == ACTIVE_DONE


def test_it_keeps_its_place_while_revisions_may_not_be_read(azure: AzureDevOpsServer, reader: Reader) -> None:
    item = azure.add("Book a berth")
    reader.fetch()
    azure.move(item, "Active")
    azure.refusals["workitemrevisions"] = refusal("forbidden")
    reader.fetch()
    azure.refusals.clear()

    assert steps(reader.fetch().moves) == [(NEW, ACTIVE)]


def test_it_begins_anew_when_its_place_is_no_longer_known(azure: AzureDevOpsServer, reader: Reader) -> None:
    item = azure.add("Book a berth")
    azure.move(item, "Active")
    reader.fetch()
    reader.cursor["token"] = "99999;1;1"
    azure.move(item, "Review")

    snapshot = reader.fetch()

    assert steps(snapshot.moves) == [(NEW, ACTIVE), (ACTIVE, REVIEW)]
    assert "read anew" in snapshot.notes[0]


def test_a_refused_token_is_not_taken_for_a_missing_history(azure: AzureDevOpsServer, reader: Reader) -> None:
    azure.refusals["workitemrevisions"] = Response("", status=401)

    with pytest.raises(PermanentError, match="refused the token"):
        reader.fetch()


def test_it_reads_a_long_history_in_parts(
    azure: AzureDevOpsServer, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(azure_devops_read, "HISTORY_PAGES", 2)
    azure.page_size = 5
    item = azure.add("Book a berth")
    for column in ("Active", "Review") * 10:
        azure.move(item, column)

    first = reader.fetch()
    told = [*first.moves]
    while "Only part of the moves" in str(first.notes):
        first = reader.fetch()
        told += first.moves

    assert len(told) == 20
    assert len({move.external_id for move in told}) == 20


def test_it_stops_when_the_history_goes_in_a_circle(azure: AzureDevOpsServer, reader: Reader) -> None:
    azure.refusals["workitemrevisions"] = Response(
        '{"values": [], "continuationToken": "1;1;1", "isLastBatch": false}', content_type="application/json"
    )

    with pytest.raises(TransientError, match="same page again"):
        reader.fetch()


def test_it_takes_the_place_from_the_link_where_it_stands_nowhere_else(
    azure: AzureDevOpsServer, reader: Reader
) -> None:
    azure.refusals["workitemrevisions"] = Response(
        '{"values": [], "nextLink": "http://other/x?continuationToken=3;2;1&api-version=2.0", "isLastBatch": true}',
        content_type="application/json",
    )

    reader.fetch()

    assert reader.cursor["token"] == "3;2;1"


def test_it_counts_revisions_that_it_cannot_read(azure: AzureDevOpsServer, reader: Reader) -> None:
    item = azure.add("Book a berth")
    azure.move(item, "Active")
    azure.revisions[0][1]["fields"]["System.ChangedDate"] = "9999-01-01T00:00:00Z"

    snapshot = reader.fetch()

    assert snapshot.moves == ()
    assert snapshot.complete
    assert snapshot.notes == ("Revisions that came in no known form: 1. Moves may be missing.",)


# --- through to the database ------------------------------------------------------------------------


@pytest.fixture
def board(azure: AzureDevOpsServer, product: Any, team: Any, settings: Any) -> Board:
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    connection = connection_create(
        product=product,
        kind="azure_devops",
        name="Our Azure DevOps",
        values={"base_url": azure.base_url, "project": PROJECT, "team": "", "auth": "pat", "token": TOKEN},
        actor=None,
    )
    return board_create(
        connection=connection,
        team=team,
        external_id=azure.board_id,
        name="Stories",
        actor=None,
        now=azure.clock,
    )


@pytest.mark.django_db
def test_a_deleted_work_item_is_gone_at_once(azure: AzureDevOpsServer, board: Board) -> None:
    items = [azure.add(f"Card {number}") for number in range(4)]
    board_sync(board=board, now=azure.clock)
    for item in items[:3]:
        azure.delete(item)

    run = board_sync(board=Board.objects.get(), now=azure.clock)

    assert run.state == "done"
    assert set(run.changes["gone"]) == {str(item) for item in items[:3]}
    assert Card.objects.filter(gone_at=None).count() == 1


@pytest.mark.django_db
def test_the_reported_move_takes_the_place_of_the_one_seen_between_two_reads(
    azure: AzureDevOpsServer, board: Board
) -> None:
    item = azure.add("Book a berth")
    board_sync(board=board, now=azure.clock)

    def fault(request: Request) -> Response:
        answer = azure.answer(request)
        if request.path.endswith("workitemrevisions"):
            azure.move(item, "Active")
        return answer

    azure.fault = fault
    board_sync(board=Board.objects.get(), now=azure.clock + timedelta(minutes=5))
    seen = CardMove.objects.get()
    azure.fault = None

    board_sync(board=Board.objects.get(), now=azure.clock + timedelta(hours=1))

    move = CardMove.objects.get()
    assert (seen.source, move.source) == ("observed", "reported")
    assert move.at == azure.clock
    column = Card.objects.get().column
    assert column is not None
    assert column.external_id == ACTIVE
