"""Azure DevOps: a team board over HTTP, its cards, columns and checks. Moves are in test_azure_devops_moves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from common.errors import PermanentError, TransientError
from roadmap.boards.azure_devops import AzureDevOpsProvider
from roadmap.boards.base import CardData, HttpFactory, Snapshot
from roadmap.boards.context import context_read
from roadmap.boards.stages import stage_propose
from roadmap.tests.azure_devops_server import (
    AREA,
    TOKEN,
    AzureDevOpsServer,
    fixture,
    refusal,
)
from roadmap.tests.boards.contract import ContractCase, Fault


class Contract(ContractCase):
    secret = TOKEN

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server)
        self.azure = AzureDevOpsServer(server)

    def config(self) -> dict[str, Any]:
        return self.azure.config()

    def cards(self, count: int) -> None:
        self.azure.board["columns"] = [self.azure.column("New"), self.azure.column("Closed")]
        for number in range(count):
            self.azure.add(f"Card {number}", column=("New", "Closed")[number % 2])

    def fault(self, fault: Fault) -> None:
        self.azure.fault = fault


@pytest.fixture
def azure(httpserver: HTTPServer) -> AzureDevOpsServer:
    return AzureDevOpsServer(httpserver)


@pytest.fixture
def provider(azure: AzureDevOpsServer, local_http: HttpFactory) -> AzureDevOpsProvider:
    return AzureDevOpsProvider(azure.config(), local_http)


def card(snapshot: Snapshot, item_id: int) -> CardData:
    return next(card for card in snapshot.cards if card.external_id == str(item_id))


# --- columns ------------------------------------------------------------------------------------


def test_it_reads_a_split_column_as_two(provider: AzureDevOpsProvider) -> None:
    columns = provider.fetch().columns

    assert [column.name for column in columns] == [
        "New",
        "Active – Doing",
        "Active – Done",
        "Review",
        "Closed",
    ]
    assert [column.position for column in columns] == [0, 1, 2, 3, 4]
    assert [column.wip_limit for column in columns] == [None, 5, None, 3, None]
    assert columns[1].external_id == "c0000000-0000-4000-8000-000000000002"
    assert columns[2].external_id == "c0000000-0000-4000-8000-000000000002:done"
    assert columns[4].category == "outgoing"
    assert columns[3].state_ids == ("Active", "Resolved")


def test_it_keeps_the_first_half_of_a_column_when_it_is_split(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    azure.column("Active")["isSplit"] = False
    before = provider.fetch().columns
    azure.column("Active")["isSplit"] = True

    after = provider.fetch().columns

    assert {column.external_id for column in before} < {column.external_id for column in after}


def test_it_proposes_the_stage_of_a_half_by_the_name_of_the_whole() -> None:
    assert stage_propose("Discovery – Doing", "inProgress") == "in_validation"
    assert stage_propose("Ready – Done", "inProgress") == "to_build"
    assert stage_propose("Somewhere – Done", "inProgress") == "in_progress"


# --- cards --------------------------------------------------------------------------------------


def test_it_reads_every_field_of_a_work_item(provider: AzureDevOpsProvider, azure: AzureDevOpsServer) -> None:
    azure.items[41] = fixture("work_item")["fields"] | {"System.Rev": 1}

    read = card(provider.fetch(), 41)

    assert read.identity == "41"
    assert read.title == "Book a berth for the night"
    assert read.key == "#41"
    assert read.url.startswith(f"{azure.base_url}/")
    assert read.url.endswith("/_workitems/edit/41")
    assert read.type == "User Story"
    assert read.column_external_id == "c0000000-0000-4000-8000-000000000002:done"
    assert read.state_raw == "Active – Done"
    assert read.swimlane == "Expedite"
    assert read.labels == ("berths", "metric:bookings")
    assert len(read.assignees) == 1
    assert read.priority == "2"
    assert read.estimate == Decimal("3.5")
    assert read.start_date == date(2026, 10, 2)
    assert read.due_date == date(2026, 12, 24)
    assert read.created_at == datetime(2026, 10, 1, 8, tzinfo=UTC)
    assert read.updated_at == datetime(2026, 10, 5, 9, 30, 15, 370_000, tzinfo=UTC)
    assert read.started_at == datetime(2026, 10, 2, 10, tzinfo=UTC)
    assert read.description == "Skippers call us by radio.\nMetric: bookings\nPersona: Skipper & crew"
    assert not read.closed


def test_it_gives_people_pseudonyms(provider: AzureDevOpsProvider, azure: AzureDevOpsServer) -> None:
    azure.items[41] = fixture("work_item")["fields"] | {"System.Rev": 1}
    person: dict[str, Any] = {"System.AssignedTo": {"id": "e0000000-0000-4000-8000-000000000001"}}
    same = azure.add("Another", **person)
    old = azure.add("Older server", **{"System.AssignedTo": "Bob <bob@example.org>"})

    snapshot = provider.fetch()

    assert card(snapshot, 41).assignees == card(snapshot, same).assignees
    assert card(snapshot, old).assignees != card(snapshot, same).assignees
    assert "charlie" not in str(snapshot).lower()
    assert "bob" not in str(snapshot).lower()


def test_it_reads_only_the_areas_and_types_of_the_team(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    mine = azure.add("Mine")
    below = azure.add("Below an area that counts whole", **{"System.AreaPath": f"{AREA}\\North"})
    quoted = azure.add("In an area with a quote", **{"System.AreaPath": "Harbour & Sea\\Captain's"})
    azure.add("Below an area that counts alone", **{"System.AreaPath": "Harbour & Sea\\Captain's\\Cabin"})
    azure.add("Elsewhere", **{"System.AreaPath": "Harbour & Sea\\Quayside"})
    azure.add("Of a type that is on another board", **{"System.WorkItemType": "Epic"})

    snapshot = provider.fetch()

    assert {card.external_id for card in snapshot.cards} == {str(mine), str(below), str(quoted)}
    assert snapshot.complete


def test_it_takes_this_boards_column_and_not_that_of_the_owning_team(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    item = azure.add("Shown on two boards", column="Review")
    azure.edit(item, **{"System.BoardColumn": "New"})

    assert card(provider.fetch(), item).state_raw == "Review"


def test_it_takes_the_owning_teams_column_where_the_server_tells_no_other(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    item = azure.add("Older server", column="Review")
    for name in azure.fields.values():
        azure.items[item].pop(name, None)

    snapshot = provider.fetch()

    assert card(snapshot, item).state_raw == "Review"
    assert any("does not tell this board's own columns" in note for note in snapshot.notes)


def test_it_finishes_a_card_in_the_last_column(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    done = azure.add("Done", column="Closed", **{"Microsoft.VSTS.Common.ClosedDate": "2026-10-07T10:00:00Z"})
    reopened = azure.add("Reopened", **{"Microsoft.VSTS.Common.ClosedDate": "2026-10-07T10:00:00Z"})

    snapshot = provider.fetch()

    assert card(snapshot, done).closed
    assert card(snapshot, done).done_at == datetime(2026, 10, 7, 10, tzinfo=UTC)
    assert not card(snapshot, reopened).closed
    assert card(snapshot, reopened).done_at is None


@pytest.mark.parametrize("place", ["", None, "A column of old"])
def test_it_puts_a_work_item_of_no_column_on_no_column(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer, place: Any
) -> None:
    item = azure.add("Removed")
    azure.edit(item, **{azure.fields["columnField"]: place, "System.State": "Removed"})

    snapshot = provider.fetch()

    assert card(snapshot, item).column_external_id is None
    assert card(snapshot, item).state_raw == (place or "Removed")
    assert snapshot.notes == ("1 work item of the team stands in no column of this board.",)


def test_it_does_not_guess_between_two_columns_of_one_name(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    item = azure.add("Where am I?", column="Review")
    azure.column("Closed")["name"] = "review "

    assert card(provider.fetch(), item).column_external_id is None


@pytest.mark.parametrize(
    "fields", [{"System.Tags": "impeded; later"}, {"Microsoft.VSTS.CMMI.Blocked": "Yes"}]
)
def test_it_marks_blocked_work(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer, fields: dict[str, Any]
) -> None:
    item = azure.add("Stuck", **fields)

    assert card(provider.fetch(), item).blocked


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Metric: bookings\nPersona: Skipper", "Metric: bookings\nPersona: Skipper"),
        ("a < b and b > c", "a < b and b > c"),
        ("<p>One<br>two</p><p>&nbsp;</p><script>", "One\ntwo"),
        ("<table><tr><td>Metric:</td><td> bookings</td></tr></table>", "Metric: bookings"),
    ],
)
def test_it_reads_a_description_as_plain_text(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer, written: str, read: str
) -> None:
    item = azure.add("Described", **{"System.Description": written})

    assert card(provider.fetch(), item).description == read


def test_it_reads_the_context_from_fields_of_its_own(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    own = {
        "Custom.Targetmetric": "Bookings",
        "Custom.Rationale": "<p>They call<br>us.</p>",
        "Custom.Tide": "Low",
    }
    item = azure.add("Book a berth", **own, **{"System.Description": "Metric: calls"})

    read = card(provider.fetch(), item)

    assert read.description == "Target metric: Bookings\nRationale: They call us.\nMetric: calls"
    assert context_read(read.labels or (), read.description) == {
        "metric": "bookings",
        "rationale": "They call us.",
    }


@pytest.mark.parametrize(
    "answer",
    [refusal("forbidden"), Response('{"value": [7, {"name": []}]}', content_type="application/json")],
)
def test_it_reads_the_board_where_the_fields_are_not_shown(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer, answer: Response
) -> None:
    item = azure.add("Book a berth", **{"Custom.Targetmetric": "Bookings"})
    azure.refusals["wit/fields"] = answer

    assert card(provider.fetch(), item).description == ""


def test_it_reads_large_boards_in_batches(provider: AzureDevOpsProvider, azure: AzureDevOpsServer) -> None:
    for number in range(450):
        azure.add(f"Card {number}")

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 450
    assert azure.asked.count("POST workitemsbatch") == 3
    assert snapshot.requests_made == len(azure.asked)


def test_it_needs_six_calls_for_a_small_board(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    azure.add("Only one")

    assert provider.fetch().requests_made == 6


def test_it_goes_without_a_list_of_fields_where_one_is_not_known(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    azure.unknown_fields = {"Microsoft.VSTS.CMMI.Blocked"}
    item = azure.add("Of another process", column="Review")

    assert card(provider.fetch(), item).state_raw == "Review"


# --- what is broken -------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["", "  ", None, 7])
def test_it_is_incomplete_when_a_work_item_cannot_be_read(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer, title: Any
) -> None:
    azure.add("Fine")
    azure.items[azure.add("Broken")]["System.Title"] = title

    snapshot = provider.fetch()

    assert [card.title for card in snapshot.cards] == ["Fine"]
    assert not snapshot.complete
    assert snapshot.notes[0].startswith("1 work item came without")
    assert "left out" in snapshot.notes[0]


def test_it_is_incomplete_when_a_work_item_is_taken_away_meanwhile(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    azure.add("Stays")
    item = azure.add("Goes")

    def fault(request: Request) -> Response:
        answer = azure.answer(request)
        if request.path.endswith("wiql"):
            azure.deleted.add(item)
        return answer

    azure.fault = fault

    snapshot = provider.fetch()

    assert [card.title for card in snapshot.cards] == ["Stays"]
    assert not snapshot.complete


def test_it_refuses_a_batch_with_fewer_items_than_asked(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    azure.add("One")
    azure.add("Two")
    azure.refusals["workitemsbatch"] = Response(
        '{"count": 1, "value": [null]}', content_type="application/json"
    )

    with pytest.raises(TransientError, match="left part of the question unanswered"):
        provider.fetch()


@pytest.mark.parametrize("answer", ["null", "[]", "{}", '{"value": null}', '{"workItems": [{}]}', "7"])
@pytest.mark.parametrize(
    "call", ["teamfieldvalues", "wiql", "workitemsbatch", "workitemrevisions", "boards/b7"]
)
def test_it_takes_a_missing_list_for_an_error(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer, call: str, answer: str
) -> None:
    azure.add("One")
    azure.refusals[call] = Response(answer, content_type="application/json")

    with pytest.raises(PermanentError, match="does not know"):
        provider.fetch()


def test_it_says_when_a_team_has_no_areas(provider: AzureDevOpsProvider, azure: AzureDevOpsServer) -> None:
    azure.areas["values"] = []

    with pytest.raises(PermanentError, match="no area path"):
        provider.fetch()


def test_it_says_when_a_board_has_no_columns(provider: AzureDevOpsProvider, azure: AzureDevOpsServer) -> None:
    azure.board["columns"] = []

    with pytest.raises(PermanentError, match="no columns"):
        provider.check()


def test_it_stops_when_the_query_gives_the_same_ids_again(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    azure.refusals["wiql"] = Response(
        '{"workItems": [' + ", ".join(['{"id": 7}'] * 200) + "]}", content_type="application/json"
    )

    with pytest.raises(TransientError, match="same page again"):
        provider.fetch()
