"""GitLab: payloads of a real project and of other clients' tests, read where they lie."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from roadmap.boards.base import HttpFactory, MoveSource
from roadmap.boards.gitlab import GitLabProvider
from roadmap.boards.gitlab_answers import GitLabBoard, GitLabIssues
from roadmap.boards.gitlab_moves import GitLabEvents, issue_moves
from roadmap.tests.gitlab_server import GitLabServer

WEB = "https://gitlab.com"


@pytest.fixture
def recorded(shared_folder: Path) -> Path:
    return shared_folder / "boards" / "public" / "gitlab"


@pytest.fixture
def gitlab(httpserver: HTTPServer) -> GitLabServer:
    return GitLabServer(httpserver)


def load(recorded: Path, name: str) -> Any:
    return json.loads((recorded / f"{name}.json").read_text())


def test_it_reads_the_issues_of_a_real_project(
    recorded: Path, gitlab: GitLabServer, local_http: HttpFactory
) -> None:
    label = next(item for item in load(recorded, "faros/project_labels") if item["name"] == "dependencies")
    gitlab.board["lists"] = [{"id": 1, "label": label, "position": 0}]
    project = load(recorded, "faros/projects")[0]
    gitlab.answers = {
        f"projects/{project['id']}/boards/1": gitlab.board,
        f"projects/{project['id']}/issues": load(recorded, "faros/issues"),
    }
    for iid in (2, 3):
        for kind in ("label", "state"):
            gitlab.answers[f"projects/{project['id']}/issues/{iid}/resource_{kind}_events"] = []

    snapshot = GitLabProvider(gitlab.config(board=f"projects/{project['id']}/boards/1"), local_http).fetch()

    assert {card.key: card.state_raw for card in snapshot.cards} == {"#3": "dependencies", "#2": "Open"}
    third = next(card for card in snapshot.cards if card.key == "#3")
    assert third.external_id == "95809373"
    assert third.url == "https://gitlab.com/test5726/test/-/issues/3"
    assert third.created_at == datetime(2021, 10, 20, 16, 4, 23, 77_000, tzinfo=UTC)
    assert len(third.assignees) == 1
    assert third.labels == ("dependencies",)
    assert snapshot.complete


def test_it_lists_the_board_of_the_real_project(
    recorded: Path, gitlab: GitLabServer, local_http: HttpFactory
) -> None:
    project = load(recorded, "faros/projects")[0]
    gitlab.answers = {
        "projects/test5726/test": project,
        f"projects/{project['id']}/boards": load(recorded, "gitlab4j/project-board"),
    }

    (board,) = GitLabProvider(gitlab.config(board="", path="test5726/test"), local_http).boards()

    # This recording leaves out the board's name.
    assert board.name == "test: Board 1"
    assert board.url == "https://gitlab.com/test5726/test/-/boards/1"


def test_it_reads_a_project_board_with_lists_of_three_kinds(recorded: Path) -> None:
    board = GitLabBoard.of(load(recorded, "gitlab4j/project-board")[0])

    assert [column.name for column in board.columns] == ["Open", "Testing", "Ready", "Closed"]
    assert board.filters == {"milestone": "10.0"}
    assert board.notes[0].startswith("2 lists of this board are by milestone, assignee or iteration")
    # No ids of labels in this recording: they are known by name.
    assert board.lists_with([{"name": "Ready", "id": 5}]) == {"list-2"}


def test_it_reads_the_boards_of_a_group_and_what_they_are_held_to(recorded: Path) -> None:
    development, slots = (GitLabBoard.of(item) for item in load(recorded, "gitlab4j/group-board"))

    assert development.filters == {"weight": "4"}
    assert [column.name for column in development.columns] == ["Open", "Closed"]
    assert slots.filters == {
        "labels": "Abc", "milestone_id": "Started", "assignee_id": "37", "weight": "3",
    }  # fmt: skip
    assert [column.name for column in slots.columns] == ["Open", "a-label", "b-label", "Closed"]
    assert [column.is_active for column in slots.columns] == [False, True, True, False]
    assert [column.wip_limit for column in slots.columns] == [None, None, None, None]


@pytest.mark.parametrize("name", ["gitlab4j/issue", "gitlab4j/epic-issue", "go-gitlab/issue_move"])
def test_it_reads_an_issue_of_another_clients_tests(recorded: Path, name: str) -> None:
    content = load(recorded, name)
    reading = GitLabIssues(GitLabBoard.of({"id": 1, "lists": []}), WEB)

    reading.page_add([content])

    (issue,) = reading.by_id.values()
    assert issue.card.title == content["title"]
    assert issue.card.closed is (content["state"] == "closed")
    assert issue.card.column_external_id == ("closed" if content["state"] == "closed" else "open")
    assert len(issue.card.assignees) == 1


def test_it_derives_when_the_recorded_issue_was_closed(recorded: Path) -> None:
    board = GitLabBoard.of({"id": 1, "lists": []})
    reading = GitLabIssues(board, WEB)
    reading.page_add([load(recorded, "gitlab4j/issue")])
    (issue,) = reading.by_id.values()

    (move,) = issue_moves(board, issue, [])

    assert (move.from_raw, move.to_raw, move.source) == ("Open", "Closed", MoveSource.DERIVED)
    assert move.at == issue.card.done_at == datetime(2016, 1, 5, 15, 31, 46, 176_000, tzinfo=UTC)


def test_it_reads_the_recorded_label_events(recorded: Path) -> None:
    lists = [{"id": 1, "position": 0, "label": {"id": 73, "name": "a1"}}, {"id": 2, "position": 1, "label": {"id": 74, "name": "p1"}}]  # fmt: skip
    events = GitLabEvents(GitLabBoard.of({"id": 1, "lists": lists}))
    recorded_events = load(recorded, "gitlab4j/label-events")

    changes = events.changes([item for item in recorded_events if item["resource_type"] == "Issue"], [])

    assert [(change.column_id, change.on) for change in changes] == [("list-1", True), ("list-2", False)]
    assert {change.at for change in changes} == {datetime(2018, 8, 20, 13, 38, 20, 77_000, tzinfo=UTC)}
    assert events.broken == 0
