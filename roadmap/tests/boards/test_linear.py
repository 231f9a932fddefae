"""Linear: one team over HTTP, what is read of an issue, and what a check says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from common.errors import PermanentError
from roadmap.boards.base import CardData, HttpFactory, Snapshot
from roadmap.boards.linear import LinearProvider
from roadmap.boards.linear_access import LinearForm
from roadmap.tests.boards.contract import ContractCase, Fault
from roadmap.tests.linear_server import TOKEN, LinearServer, error_response


class Contract(ContractCase):
    secret = TOKEN

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server)
        self.linear = LinearServer(server)

    def config(self) -> dict[str, Any]:
        return self.linear.config()

    def cards(self, count: int) -> None:
        self.linear.states = [self.linear.state("Todo"), self.linear.state("Done")]
        self.linear.issues.clear()
        for number in range(1, count + 1):
            state = self.linear.states[number % 2]["name"]
            self.linear.add(number, f"Card {number}", state, "2026-11-01T08:00:00.000Z")

    def fault(self, fault: Fault) -> None:
        self.linear.fault = fault


@pytest.fixture
def linear(httpserver: HTTPServer) -> LinearServer:
    return LinearServer(httpserver)


@pytest.fixture
def provider(linear: LinearServer, local_http: HttpFactory) -> LinearProvider:
    return LinearProvider(linear.config(), local_http)


def card(snapshot: Snapshot, title: str) -> CardData:
    return next(card for card in snapshot.cards if card.title == title)


def test_it_reads_the_states_as_columns_in_the_order_of_the_board(provider: LinearProvider) -> None:
    columns = provider.fetch().columns

    assert [(column.name, column.category, column.is_active) for column in columns] == [
        ("Triage", "triage", True),
        ("Backlog", "backlog", True),
        ("Todo", "unstarted", True),
        ("In Progress", "started", True),
        ("QA", "started", False),
        ("In Review", "started", True),
        ("Done", "completed", True),
        ("Canceled", "canceled", True),
        ("Duplicate", "duplicate", True),
    ]
    assert [column.position for column in columns] == list(range(1, 10))


def test_it_reads_every_field_of_an_issue(provider: LinearProvider, linear: LinearServer) -> None:
    read = card(provider.fetch(), "Shorten the sign-up form")

    assert read.identity == read.external_id == linear.issue("Shorten the sign-up form")["id"]
    assert read.key == "ONB-1"
    assert read.url == "https://linear.app/acme/issue/ONB-1"
    assert read.column_external_id == linear.state("In Progress")["id"]
    assert read.state_raw == "In Progress"
    assert read.labels == ("Metric/activation", "ux")
    assert read.priority == "High"
    assert read.estimate == Decimal(3)
    assert read.due_date == date(2026, 11, 30)
    assert read.created_at == datetime(2026, 10, 5, 8, tzinfo=UTC)
    assert read.updated_at == datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
    assert read.started_at == datetime(2026, 11, 10, 10, tzinfo=UTC)
    assert read.description.startswith("Metric: activation")
    assert len(read.assignees) == 1
    assert not read.closed


def test_it_reads_an_issue_without_a_priority_or_a_description(provider: LinearProvider) -> None:
    read = card(provider.fetch(), "Explain prices before the first step")

    assert (read.priority, read.description, read.estimate, read.assignees) == ("", "", None, ())


@pytest.mark.parametrize(
    ("title", "done"),
    [
        ("Keep the form's content on a reload", datetime(2026, 11, 13, 16, 5, tzinfo=UTC)),
        ("A second field for the fax number", datetime(2026, 11, 3, 12, tzinfo=UTC)),
    ],
)
def test_it_reads_completed_and_cancelled_issues_as_closed(
    provider: LinearProvider, title: str, done: datetime
) -> None:
    read = card(provider.fetch(), title)

    assert read.closed
    assert read.done_at == done


def test_it_keeps_an_issue_that_linear_archived(provider: LinearProvider, linear: LinearServer) -> None:
    snapshot = provider.fetch()
    read = card(snapshot, "Drop the fax number")

    assert read.closed
    assert read.column_external_id == linear.state("Done")["id"]
    assert "1 card is archived and counts as closed." in snapshot.notes


def test_it_leaves_out_what_is_in_the_bin(provider: LinearProvider) -> None:
    snapshot = provider.fetch()

    assert len(snapshot.cards) == 7
    assert "1 issue is in Linear's bin and left out." in snapshot.notes
    assert snapshot.complete


def test_it_marks_an_issue_labelled_blocked(provider: LinearProvider) -> None:
    assert [card.key for card in provider.fetch().cards if card.blocked] == ["ONB-4"]


def test_it_asks_once_for_the_labels_that_cards_bear(provider: LinearProvider, linear: LinearServer) -> None:
    linear.labels = [{"id": f"l{n}", "name": f"label {n}", "parent": None} for n in range(300)]
    for number, issue in enumerate(linear.issues):
        issue["labelIds"] = [f"l{number}", "l1", f"l{number + 100}", "removed"]

    read = provider.fetch().cards[0]

    assert read.labels == ("label 0", "label 1", "label 100")
    assert linear.names().count("Labels") == 1


def test_it_asks_for_many_labels_in_parts(provider: LinearProvider, linear: LinearServer) -> None:
    linear.labels = [{"id": f"l{n}", "name": f"label {n}", "parent": None} for n in range(250)]
    linear.issues[0]["labelIds"] = [label["id"] for label in linear.labels]

    assert len(provider.fetch().cards[0].labels or ()) == 250
    assert linear.names().count("Labels") == 3


def test_it_puts_an_issue_in_an_unlisted_state_on_no_column(
    provider: LinearProvider, linear: LinearServer
) -> None:
    linear.issues[1]["stateId"] = "elsewhere"

    snapshot = provider.fetch()
    read = card(snapshot, "Explain prices before the first step")

    assert (read.column_external_id, read.state_raw) == (None, "Elsewhere")
    assert any("does not list" in note for note in snapshot.notes)


def test_it_gives_people_pseudonyms(provider: LinearProvider) -> None:
    snapshot = provider.fetch()

    assert len({name for card in snapshot.cards for name in card.assignees}) == 2
    assert "1a2b3c4d-3333" not in str(snapshot)


@pytest.mark.parametrize(
    ("token", "sent"),
    [
        (TOKEN, TOKEN),
        (f"Bearer {TOKEN}", TOKEN),
        (f"lin_oauth_{TOKEN}", f"Bearer lin_oauth_{TOKEN}"),
    ],
)
def test_it_sends_a_personal_key_bare_and_an_oauth_token_as_bearer(
    linear: LinearServer, local_http: HttpFactory, token: str, sent: str
) -> None:
    LinearProvider(linear.config(token=token), local_http).check()

    assert linear.authorizations == {sent}


# --- boards and check ---------------------------------------------------------------------------------


def test_it_lists_the_teams_by_name_without_archived_ones(
    provider: LinearProvider, linear: LinearServer
) -> None:
    linear.others = [
        linear.team | {"id": f"t{n}", "name": f"Team {n:03}", "key": f"T{n}"} for n in range(120)
    ]
    linear.others.append(linear.team | {"id": "old", "archivedAt": "2026-01-01T00:00:00.000Z"})

    boards = provider.boards()

    assert len(boards) == 121
    assert boards[0].external_id == linear.team["id"]
    assert boards[0].url == "https://linear.app/acme/team/ONB"
    assert boards[1].name == "Team 000"


def test_its_check_names_the_team(provider: LinearProvider, linear: LinearServer) -> None:
    result = provider.check()

    assert (result.title, result.columns_count, result.cards_count) == ("Onboarding", 8, 8)
    assert linear.names() == ["Team"]


def test_its_check_counts_teams_before_one_is_chosen(linear: LinearServer, local_http: HttpFactory) -> None:
    result = LinearProvider(linear.config(board=""), local_http).check()

    assert (result.title, result.boards_count) == ("Acme", 1)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"token": "lin_api_wrong"}, "token", "refused the API key"),
        ({"board": "gone"}, "board", "Choose a team"),
    ],
)
def test_its_check_says_what_is_wrong_and_where(
    linear: LinearServer, local_http: HttpFactory, changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(PermanentError, match=words) as failed:
        LinearProvider(linear.config(**changes), local_http).check()

    assert failed.value.field == field


@pytest.mark.parametrize(
    ("case", "field", "words"),
    [
        ("wrong key", "token", "refused the API key"),
        ("wrong key with 400", "token", "refused the API key"),
        ("forbidden", "token", "permission to access this team"),
        ("team not found", "board", "Choose a team"),
    ],
)
def test_it_tells_each_refusal_precisely(
    provider: LinearProvider, linear: LinearServer, case: str, field: str, words: str
) -> None:
    linear.fault = error_response(case)

    with pytest.raises(PermanentError, match=words) as failed:
        provider.check()

    assert failed.value.field == field


def test_it_asks_for_the_team_first(linear: LinearServer, local_http: HttpFactory) -> None:
    with pytest.raises(PermanentError, match="Choose the Linear team") as failed:
        LinearProvider(linear.config(board=""), local_http).fetch()

    assert failed.value.field == "board"


@pytest.mark.parametrize(
    "entered",
    ["https://api.linear.app", "https://linear.app/acme/team/ONB", "https://api.linear.app/graphql"],
)
def test_its_form_knows_where_the_api_is(entered: str) -> None:
    form = LinearForm({"base_url": entered, "token": "lin_api_x"})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["base_url"] == "https://api.linear.app"


@pytest.mark.parametrize(("field", "value"), [("base_url", "linear"), ("token", "")])
def test_its_form_says_which_field_is_wrong(field: str, value: str) -> None:
    form = LinearForm({"base_url": "https://api.linear.app", "token": "lin_api_x"} | {field: value})

    assert not form.is_valid()
    assert list(form.errors) == [field]
