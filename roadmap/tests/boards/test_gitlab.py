"""GitLab: a whole board over HTTP, every field of an issue, and what of a board cannot be read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from common.errors import TransientError
from roadmap.boards.base import CardData, HttpFactory, Snapshot
from roadmap.boards.context import context_read
from roadmap.boards.gitlab import GitLabProvider
from roadmap.boards.stages import stage_propose
from roadmap.tests.boards.contract import ContractCase, Fault
from roadmap.tests.gitlab_server import TOKEN, GitLabServer, error_answer


class Contract(ContractCase):
    secret = TOKEN

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server)
        self.gitlab = GitLabServer(server)

    def config(self) -> dict[str, Any]:
        return self.gitlab.config()

    def cards(self, count: int) -> None:
        self.gitlab.issues_many(count)

    def fault(self, fault: Fault) -> None:
        self.gitlab.fault = fault


@pytest.fixture
def gitlab(httpserver: HTTPServer) -> GitLabServer:
    return GitLabServer(httpserver)


@pytest.fixture
def provider(gitlab: GitLabServer, local_http: HttpFactory) -> GitLabProvider:
    return GitLabProvider(gitlab.config(), local_http)


def card(snapshot: Snapshot, iid: int) -> CardData:
    return next(card for card in snapshot.cards if card.key == f"#{iid}")


def test_it_reads_the_whole_board(provider: GitLabProvider, gitlab: GitLabServer) -> None:
    snapshot = provider.fetch()

    assert {card.key: card.state_raw for card in snapshot.cards} == {
        "#1": "Open",
        "#2": "doing",
        "#3": "Closed",
        "#4": "doing",
        "#5": "Open",
    }
    assert snapshot.complete
    # The board, the issues, and two calls for the history of each.
    assert snapshot.requests_made == 2 + 2 * 5


def test_it_reads_the_lists_between_open_and_closed(provider: GitLabProvider) -> None:
    columns = provider.fetch().columns

    assert [column.name for column in columns] == ["Open", "ready", "doing", "in review", "Closed"]
    assert [column.external_id for column in columns] == [
        "open",
        "list-361",
        "list-362",
        "list-363",
        "closed",
    ]
    assert [column.position for column in columns] == [0, 1, 2, 3, 4]
    assert [column.wip_limit for column in columns] == [None, None, 3, None, None]
    assert columns[1].state_ids == ("71",)
    assert stage_propose(columns[-1].name, columns[-1].category) == "released"


def test_it_keeps_the_scope_of_a_label_where_two_lists_would_have_one_name(
    provider: GitLabProvider, gitlab: GitLabServer
) -> None:
    gitlab.list_add(90, "review::doing")

    names = [column.name for column in provider.fetch().columns]

    assert names == ["Open", "ready", "workflow::doing", "in review", "review::doing", "Closed"]


def test_it_takes_lists_that_the_board_hides_for_inactive(
    provider: GitLabProvider, gitlab: GitLabServer
) -> None:
    gitlab.board |= {"hide_backlog_list": True, "hide_closed_list": True}

    assert [column.is_active for column in provider.fetch().columns] == [False, True, True, True, False]


def test_it_reads_every_field_of_an_issue(provider: GitLabProvider) -> None:
    read = card(provider.fetch(), 1)

    assert read.external_id == read.identity == "9001"
    assert read.title == "Find out why trials stop"
    assert read.url == "https://gitlab.example.org/onboarding/app/-/issues/1"
    assert read.type == "Issue"
    assert read.column_external_id == "open"
    assert read.labels == ("metric::first-job",)
    assert read.estimate == Decimal(3)
    assert read.due_date == date(2026, 11, 20)
    assert read.created_at == datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    assert read.updated_at == datetime(2026, 11, 2, 9, 0, 0, 120_000, tzinfo=UTC)
    assert not read.closed
    assert not read.blocked


def test_it_reads_when_an_issue_was_closed(provider: GitLabProvider) -> None:
    read = card(provider.fetch(), 3)

    assert read.closed
    assert read.column_external_id == "closed"
    assert read.done_at == datetime(2026, 11, 4, 11, 0, 0, 80_000, tzinfo=UTC)


def test_it_reads_the_type_and_a_scoped_label_that_blocks(provider: GitLabProvider) -> None:
    snapshot = provider.fetch()

    assert card(snapshot, 5).type == "Incident"
    assert card(snapshot, 4).blocked


def test_it_hands_over_what_an_issue_points_at(provider: GitLabProvider) -> None:
    read = card(provider.fetch(), 1)

    assert context_read(read.labels or (), read.description) == {
        "metric": "first-job",
        "opportunity": "a first job within a week",
    }


def test_it_gives_people_pseudonyms(provider: GitLabProvider) -> None:
    snapshot = provider.fetch()

    assert len(card(snapshot, 1).assignees) == 2
    assert card(snapshot, 2).assignees == card(snapshot, 1).assignees[:1]
    assert "user-3" not in str(snapshot).lower()


def test_it_leaves_out_an_issue_that_was_moved_to_another_project(provider: GitLabProvider) -> None:
    snapshot = provider.fetch()

    assert "#6" not in {card.key for card in snapshot.cards}
    assert "1 issue was moved to another project and left out here." in snapshot.notes
    assert snapshot.deleted == ("9006",)
    assert snapshot.complete


def test_it_leaves_out_what_gitlab_shows_on_no_board(provider: GitLabProvider, gitlab: GitLabServer) -> None:
    gitlab.issue(1)["issue_type"] = "task"
    gitlab.issue(2)["issue_type"] = "bug of our own kind"

    snapshot = provider.fetch()

    assert {card.key for card in snapshot.cards} == {"#2", "#3", "#4", "#5"}
    assert any(note.startswith("1 task or test case was left out") for note in snapshot.notes)
    assert snapshot.complete


def test_it_puts_an_issue_with_the_labels_of_two_lists_into_the_right_most(
    provider: GitLabProvider, gitlab: GitLabServer
) -> None:
    gitlab.issue_label(4, "workflow::in review")

    snapshot = provider.fetch()

    assert card(snapshot, 4).state_raw == "in review"
    assert "1 issue has the labels of several lists; the right-most list counts." in snapshot.notes


def test_it_knows_labels_by_id_where_gitlab_tells_it(provider: GitLabProvider, gitlab: GitLabServer) -> None:
    gitlab.issue(2)["labels"][0]["name"] = "another name"
    gitlab.issue(4)["labels"].append({"id": 4711, "name": "workflow::in review"})

    snapshot = provider.fetch()

    assert card(snapshot, 2).state_raw == "doing"
    assert card(snapshot, 4).state_raw == "doing"


def test_it_knows_labels_by_name_where_an_old_gitlab_tells_no_id(
    provider: GitLabProvider, gitlab: GitLabServer
) -> None:
    for item in gitlab.board["lists"]:
        del item["label"]["id"]

    assert card(provider.fetch(), 2).state_raw == "doing"


def test_it_notes_lists_that_are_not_by_label(provider: GitLabProvider, gitlab: GitLabServer) -> None:
    gitlab.board["lists"] += [
        {"id": 901, "position": 3, "milestone": {"id": 1, "title": "Autumn"}},
        {"id": 902, "position": 4, "assignee": {"id": 3}},
        {"id": 903, "position": 5, "label": None},
    ]

    snapshot = provider.fetch()

    assert len(snapshot.columns) == 5
    assert snapshot.notes[0].startswith("2 lists of this board are by milestone, assignee or iteration")
    assert snapshot.notes[1].startswith("1 list of this board shows no label. Lists by status are not")


def test_it_takes_open_and_closed_once_where_gitlab_lists_them(
    provider: GitLabProvider, gitlab: GitLabServer
) -> None:
    gitlab.board["lists"] += [{"id": 1, "list_type": "backlog"}, {"id": 2, "list_type": "closed"}]

    snapshot = provider.fetch()

    assert len(snapshot.columns) == 5
    assert not any("shows no label" in note for note in snapshot.notes)


def test_it_notes_that_a_board_without_label_lists_may_have_lists_by_status(
    provider: GitLabProvider, gitlab: GitLabServer
) -> None:
    gitlab.board["lists"] = []

    snapshot = provider.fetch()

    assert [column.name for column in snapshot.columns] == ["Open", "Closed"]
    assert any("Lists by status are not in its REST API" in note for note in snapshot.notes)


@pytest.mark.parametrize(
    ("narrowed", "asked"),
    [
        ({"labels": [{"id": 82, "name": "bug"}]}, {"labels": "bug"}),
        ({"milestone": {"id": 12, "title": "Autumn"}}, {"milestone": "Autumn"}),
        ({"milestone": {"title": "Started"}}, {"milestone_id": "Started"}),
        ({"milestone": {"title": "#upcoming"}}, {"milestone_id": "Upcoming"}),
        ({"assignee": {"id": 3}}, {"assignee_id": "3"}),
        ({"weight": 0}, {"weight": "0"}),
        ({"iteration": {"id": 158}}, {"iteration_id": "158"}),
    ],
)
def test_it_asks_for_what_the_board_is_held_to(
    provider: GitLabProvider, gitlab: GitLabServer, narrowed: dict[str, Any], asked: dict[str, str]
) -> None:
    gitlab.board |= narrowed

    provider.fetch()

    (params,) = [params for path, params in gitlab.calls if path == "projects/5/issues"]
    assert asked.items() <= params.items()


def test_it_reads_only_what_the_board_is_held_to(provider: GitLabProvider, gitlab: GitLabServer) -> None:
    gitlab.board["assignee"] = {"id": 3, "username": "user-3"}

    assert {card.key for card in provider.fetch().cards} == {"#1", "#2"}


@pytest.mark.parametrize("narrowed", [{"weight": -1}, {"iteration": {"id": -4, "title": "Current"}}])
def test_it_notes_what_cannot_be_asked_for(
    provider: GitLabProvider, gitlab: GitLabServer, narrowed: dict[str, Any]
) -> None:
    gitlab.board |= narrowed

    assert any("issues outside it are read as well" in note for note in provider.fetch().notes)


def test_it_reads_the_board_of_a_group_with_issues_of_its_projects(
    gitlab: GitLabServer, local_http: HttpFactory
) -> None:
    snapshot = GitLabProvider(gitlab.config(board="groups/9/boards/1"), local_http).fetch()

    assert {card.key for card in snapshot.cards} == {f"app#{iid}" for iid in range(1, 6)}
    assert "projects/5/issues/2/resource_label_events" in gitlab.asked("label_events")
    assert snapshot.moves


@pytest.mark.parametrize("paging", ["page", "link", "none"])
def test_it_reads_long_lists_to_their_end(
    provider: GitLabProvider, gitlab: GitLabServer, monkeypatch: pytest.MonkeyPatch, paging: str
) -> None:
    monkeypatch.setattr("roadmap.boards.gitlab.HISTORIES", 0)
    gitlab.issues_many(250)
    gitlab.paging = paging

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 250
    assert len(gitlab.asked("projects/5/issues")) == 3
    assert snapshot.complete


@pytest.mark.parametrize(("paging", "calls"), [("page", 1), ("link", 1), ("none", 2)])
def test_it_knows_the_last_page_even_when_it_is_full(
    provider: GitLabProvider,
    gitlab: GitLabServer,
    monkeypatch: pytest.MonkeyPatch,
    paging: str,
    calls: int,
) -> None:
    monkeypatch.setattr("roadmap.boards.gitlab.HISTORIES", 0)
    gitlab.issues_many(100)
    gitlab.paging = paging

    assert len(provider.fetch().cards) == 100
    assert len(gitlab.asked("projects/5/issues")) == calls


def test_it_stops_when_the_same_page_comes_again(provider: GitLabProvider, gitlab: GitLabServer) -> None:
    page = error_answer("not found")
    page.status_code, page.data = 200, b"[]"
    page.headers["X-Next-Page"] = "2"
    gitlab.answers["projects/5/issues"] = page

    with pytest.raises(TransientError, match="same page again"):
        provider.fetch()
