"""GitHub Projects: one project over HTTP, what is read of each kind of item, and what a check says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from common.errors import PermanentError
from roadmap.boards.base import CardData, HttpFactory, Snapshot
from roadmap.boards.github import GithubProvider
from roadmap.boards.github_access import GithubForm, api_address
from roadmap.tests.boards.contract import ContractCase, Fault
from roadmap.tests.github_server import TOKEN, GithubServer, error_response


class Contract(ContractCase):
    secret = TOKEN

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server)
        self.github = GithubServer(server)

    def config(self) -> dict[str, Any]:
        return self.github.config()

    def cards(self, count: int) -> None:
        status = self.github.field()
        status["options"] = status["options"][:2]
        self.github.items.clear()
        for number in range(1, count + 1):
            item = self.github.add(number, f"Card {number}", "2026-11-01T08:00:00Z")
            self.github.move(item, status["options"][number % 2]["name"], "2026-11-02T08:00:00Z")

    def fault(self, fault: Fault) -> None:
        self.github.fault = fault


@pytest.fixture
def github(httpserver: HTTPServer) -> GithubServer:
    return GithubServer(httpserver)


@pytest.fixture
def provider(github: GithubServer, local_http: HttpFactory) -> GithubProvider:
    return GithubProvider(github.config(), local_http)


def card(snapshot: Snapshot, title: str) -> CardData:
    return next(card for card in snapshot.cards if card.title == title)


def test_it_reads_the_options_of_the_status_as_columns(provider: GithubProvider) -> None:
    columns = provider.fetch().columns

    assert [(column.external_id, column.name, column.position) for column in columns] == [
        ("f75ad846", "Backlog", 1),
        ("08afe404", "Ready", 2),
        ("47fc9ee4", "In progress", 3),
        ("4cc61d42", "In review", 4),
        ("98236657", "Done", 5),
    ]


def test_it_takes_the_columns_from_another_field_when_told_so(
    github: GithubServer, local_http: HttpFactory
) -> None:
    snapshot = GithubProvider(github.config(status_field=" track "), local_http).fetch()

    assert [column.name for column in snapshot.columns] == ["Discovery", "Delivery"]
    assert all(card.column_external_id is None for card in snapshot.cards)


def test_it_reads_every_field_of_an_issue(provider: GithubProvider) -> None:
    read = card(provider.fetch(), "Shorten the sign-up form")

    assert read.identity == read.external_id == "PVTI_lADOB4TaEs4AkQ1czg0001"
    assert read.key == "signup#11"
    assert read.url == "https://github.com/acme/signup/issues/11"
    assert read.type == "Issue"
    assert read.column_external_id == "47fc9ee4"
    assert read.state_raw == "In progress"
    assert read.labels == ("metric:activation", "ux")
    assert read.priority == "P0"
    assert read.estimate == Decimal(5)
    assert read.start_date == date(2026, 11, 9)
    assert read.due_date == date(2026, 11, 30)
    assert read.created_at == datetime(2026, 10, 5, 8, tzinfo=UTC)
    assert read.updated_at == datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
    assert read.moved_at == datetime(2026, 11, 10, 10, tzinfo=UTC)
    assert len(read.assignees) == 1
    assert not read.closed


def test_it_leaves_the_comments_of_a_template_out_of_the_description(provider: GithubProvider) -> None:
    read = card(provider.fetch(), "Shorten the sign-up form")

    assert read.description == "Metric: activation\nOpportunity: people give up on page two"


def test_it_reads_a_merged_pull_request_as_done(provider: GithubProvider) -> None:
    read = card(provider.fetch(), "Keep the form's content on a reload")

    assert read.type == "Pull request"
    assert read.key == "signup#13"
    assert read.closed
    assert read.done_at == datetime(2026, 11, 13, 16, 5, tzinfo=UTC)


def test_it_reads_a_draft_with_what_a_draft_has(provider: GithubProvider) -> None:
    read = card(provider.fetch(), "Ask ten customers why they left")

    assert read.type == "Draft"
    assert (read.key, read.url, read.labels) == ("", "", ())
    assert read.description == "Experiment: interviews"
    assert read.state_raw == "Backlog"


def test_it_keeps_an_archived_item_as_closed(provider: GithubProvider, github: GithubServer) -> None:
    github.item("Drop the fax number")["content"]["closed"] = False

    read = card(provider.fetch(), "Drop the fax number")

    assert read.closed
    assert read.state_raw == "Done"


def test_it_counts_what_is_no_common_card(provider: GithubProvider) -> None:
    snapshot = provider.fetch()

    assert Counter(card.type for card in snapshot.cards) == {"Issue": 5, "Draft": 2, "Pull request": 1}
    assert [note.split(":")[0].partition(".")[0] for note in snapshot.notes] == [
        "1 item is hidden from this token and left out",
        "2 cards are drafts",
        "1 card is archived and counts as closed",
        "1 card has no Status that the project lists, so no column",
    ]


def test_it_does_not_know_the_labels_that_it_was_not_told(
    provider: GithubProvider, github: GithubServer
) -> None:
    github.item("Sign up with a passkey")["content"]["labels"] = None

    assert card(provider.fetch(), "Sign up with a passkey").labels is None


def test_it_marks_a_card_labelled_blocked(provider: GithubProvider) -> None:
    snapshot = provider.fetch()

    assert [card.title for card in snapshot.cards if card.blocked] == ["Sign up with a passkey"]


def test_it_puts_a_card_of_a_removed_option_on_no_column(
    provider: GithubProvider, github: GithubServer
) -> None:
    github.field()["options"].pop(1)

    read = card(provider.fetch(), "Explain prices before the first step")

    assert read.column_external_id is None
    assert read.state_raw == "Ready"


def test_it_gives_people_pseudonyms(provider: GithubProvider) -> None:
    snapshot = provider.fetch()

    assignees = {name for card in snapshot.cards for name in card.assignees}

    assert len(assignees) == 2
    assert "U_kgDO" not in str(snapshot)


def test_it_reads_a_project_without_the_usual_further_fields(
    provider: GithubProvider, github: GithubServer
) -> None:
    github.fields[:] = [github.field()]

    read = card(provider.fetch(), "Shorten the sign-up form")

    assert (read.priority, read.estimate, read.start_date, read.due_date) == ("", None, None, None)


def test_it_counts_an_item_once_that_changed_its_page_meanwhile(
    provider: GithubProvider, github: GithubServer
) -> None:
    github.items.append(github.items[0])

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 8
    assert snapshot.complete


# --- hidden items -------------------------------------------------------------------------------------


def test_an_item_hidden_from_the_start_leaves_the_read_complete(provider: GithubProvider) -> None:
    assert provider.fetch().complete


def test_a_new_hidden_item_leaves_the_read_complete(github: GithubServer, local_http: HttpFactory) -> None:
    first = GithubProvider(github.config(), local_http).fetch()
    new = github.add(90, "Secret", "2026-11-18T08:00:00Z")
    new |= {"type": "REDACTED", "content": None}
    github.items[-1] = new

    second = GithubProvider(github.config(cursor=dict(first.cursor)), local_http).fetch()

    assert second.complete
    assert any(note.startswith("2 items are hidden") for note in second.notes)


def test_a_card_that_becomes_hidden_does_not_count_as_removed(
    github: GithubServer, local_http: HttpFactory
) -> None:
    first = GithubProvider(github.config(), local_http).fetch()
    github.item("Count activations by week").update({"type": "REDACTED", "content": None})

    second = GithubProvider(github.config(cursor=dict(first.cursor)), local_http).fetch()
    third = GithubProvider(github.config(cursor=dict(second.cursor)), local_http).fetch()

    assert not second.complete
    assert not third.complete
    assert any("nothing counts as removed" in note for note in second.notes)


# --- boards and check ---------------------------------------------------------------------------------


def test_it_lists_the_open_projects_by_name(provider: GithubProvider, github: GithubServer) -> None:
    pattern = github.project
    github.others = [
        pattern | {"id": "PVT_2", "title": "Billing", "number": 8},
        pattern | {"id": "PVT_3", "title": "Old", "number": 2, "closed": True},
    ]

    boards = provider.boards()

    assert [(board.external_id, board.name) for board in boards] == [
        ("PVT_2", "Billing"),
        (github.project["id"], "Onboarding"),
    ]


def test_it_lists_more_projects_than_fit_on_a_page(provider: GithubProvider, github: GithubServer) -> None:
    github.others = [github.project | {"id": f"PVT_{n}", "title": f"Project {n}"} for n in range(150)]

    assert len(provider.boards()) == 151


def test_its_check_names_the_project(provider: GithubProvider, github: GithubServer) -> None:
    github.version = "3.17.2"

    result = provider.check()

    assert (result.title, result.version) == ("Onboarding", "3.17.2")
    assert (result.columns_count, result.cards_count) == (5, 9)
    assert github.names() == ["Project"]


def test_its_check_counts_projects_before_one_is_chosen(
    github: GithubServer, local_http: HttpFactory
) -> None:
    result = GithubProvider(github.config(board=""), local_http).check()

    assert (result.title, result.boards_count) == ("acme", 1)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"token": "github_pat_wrong"}, "token", "refused the access token"),
        ({"board": "PVT_gone"}, "board", "Choose a project"),
        ({"status_field": "Stage"}, "status_field", "It has: Status, Track, Priority"),
    ],
)
def test_its_check_says_what_is_wrong_and_where(
    github: GithubServer, local_http: HttpFactory, changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(PermanentError, match=words) as failed:
        GithubProvider(github.config(**changes), local_http).check()

    assert failed.value.field == field


@pytest.mark.parametrize("call", ["check", "boards"])
def test_it_says_when_there_is_no_such_owner(
    github: GithubServer, local_http: HttpFactory, call: str
) -> None:
    provider = GithubProvider(github.config(board="", owner="acne"), local_http)

    with pytest.raises(PermanentError, match="no organisation or person called acne") as failed:
        getattr(provider, call)()

    assert failed.value.field == "owner"


@pytest.mark.parametrize(
    ("case", "field", "words"),
    [
        ("bad credentials", "token", "expired or revoked"),
        ("single sign-on", "token", "single sign-on"),
        ("scopes", "token", "required scopes"),
        ("forbidden", "token", "not accessible by personal access token"),
        ("project not found", "board", "Choose a project"),
    ],
)
def test_it_tells_each_refusal_precisely(
    provider: GithubProvider, github: GithubServer, case: str, field: str, words: str
) -> None:
    github.fault = error_response(case)

    with pytest.raises(PermanentError, match=words) as failed:
        provider.check()

    assert failed.value.field == field


def test_it_asks_for_the_project_first(github: GithubServer, local_http: HttpFactory) -> None:
    with pytest.raises(PermanentError, match="Choose the GitHub project") as failed:
        GithubProvider(github.config(board=""), local_http).fetch()

    assert failed.value.field == "board"


# --- the form -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entered", "asked"),
    [
        ("https://github.com", "https://api.github.com/graphql"),
        ("https://www.github.com/acme", "https://api.github.com/graphql"),
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com/graphql"),
        ("https://git.acme.example:8443", "https://git.acme.example:8443/api/graphql"),
    ],
)
def test_it_knows_where_the_api_is(entered: str, asked: str) -> None:
    assert api_address(entered) == asked


@pytest.mark.parametrize("owner", ["acme", "@acme", " https://github.com/orgs/acme/ "])
def test_its_form_takes_the_owner_in_any_spelling(owner: str) -> None:
    form = GithubForm({"base_url": "https://github.com/orgs/acme", "owner": owner, "token": "long-token"})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["owner"] == "acme"
    assert form.cleaned_data["base_url"] == "https://github.com"
    assert form.cleaned_data["status_field"] == "Status"


@pytest.mark.parametrize(
    ("field", "value"),
    [("base_url", "github.com"), ("base_url", "https://user:pw@github.com"), ("owner", "@"), ("token", "")],
)
def test_its_form_says_which_field_is_wrong(field: str, value: str) -> None:
    form = GithubForm({"base_url": "https://github.com", "owner": "acme", "token": "t0ken"} | {field: value})

    assert not form.is_valid()
    assert list(form.errors) == [field]
