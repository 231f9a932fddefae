"""Jira's recorded answers, read where they lie in the shared folder and served over HTTP again."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from common.errors import PermanentError
from roadmap.boards.base import HttpFactory, Snapshot
from roadmap.boards.jira import JiraProvider
from roadmap.boards.jira_answers import JiraAnswers, JiraBoard
from roadmap.boards.jira_moves import entries_of_search, moves_reported
from roadmap.tests.jira_server import JiraServer


@pytest.fixture
def recordings(shared_folder: Path) -> Path:
    return shared_folder / "boards" / "public" / "jira"


@pytest.fixture
def cloud(httpserver: HTTPServer) -> JiraServer:
    return JiraServer(httpserver)


@pytest.fixture
def center(httpserver: HTTPServer) -> JiraServer:
    return JiraServer(httpserver, is_cloud=False)


def load(recordings: Path, name: str) -> Any:
    return json.loads((recordings / name).read_text())


def columns_set(jira: JiraServer, **columns: list[str]) -> None:
    """Gives the board these columns: a configuration and issues of one site were not recorded together."""
    jira.configuration["columnConfig"]["columns"] = [
        {"name": name, "statuses": [{"id": status} for status in statuses]}
        for name, statuses in columns.items()
    ]


def issues_set(jira: JiraServer, issues: list[dict[str, Any]]) -> None:
    for issue in issues:
        changelog = issue.get("changelog", {"histories": []})
        jira.issues[issue["id"]] = {name: issue[name] for name in ("id", "key", "fields")}
        # Some changes name only the field, not its id: the server of the tests looks at the id.
        jira.histories[issue["id"]] = [
            entry | {"items": [{"fieldId": item["field"], **item} for item in entry["items"]]}
            for entry in changelog["histories"]
        ]


def read(jira: JiraServer, http: HttpFactory) -> Snapshot:
    return JiraProvider(jira.config(), http).fetch()


def test_it_reads_the_recorded_configuration_of_a_board(
    recordings: Path, center: JiraServer, local_http: HttpFactory
) -> None:
    center.configuration = load(recordings, "go-jira/board_configuration.json")
    center.configuration["filter"]["id"] = "10100"
    center.statuses = {status["id"]: status for status in load(recordings, "go-jira/all_statuses.json")}

    snapshot = read(center, local_http)

    assert [column.name for column in snapshot.columns] == [
        "Backlog", "Selected for development", "In Progress", "Blocked", "QA", "Done",
    ]  # fmt: skip
    assert [column.wip_limit for column in snapshot.columns] == [30, 20, None, None, 10, None]
    assert [len(column.state_ids) for column in snapshot.columns] == [1, 1, 1, 1, 5, 1]
    assert len({column.external_id for column in snapshot.columns}) == 6
    assert snapshot.columns[4].category == "indeterminate"
    assert snapshot.columns[5].category == "done"
    assert "fixVersion in unreleasedVersions() OR fixVersion is EMPTY" in snapshot.notes[0]


def test_it_lists_the_recorded_boards(recordings: Path, cloud: JiraServer, local_http: HttpFactory) -> None:
    cloud.boards = load(recordings, "go-jira/all_boards.json")["values"]

    boards = JiraProvider(cloud.config(board=""), local_http).boards()

    assert {board.external_id: board.name for board in boards} == {
        "4": "Test Weekly", "5": "Test Production Support", "6": "Test To Give", "7": "Test Journey App",
        "9": "Testix", "1": "Test Mobile (AP)",
    }  # fmt: skip


@pytest.mark.parametrize("is_cloud", [True, False])
def test_it_reads_recorded_issues_with_their_moves(
    recordings: Path, httpserver: HTTPServer, local_http: HttpFactory, is_cloud: bool
) -> None:
    jira = JiraServer(httpserver, is_cloud=is_cloud)
    issues = load(recordings, "faros-playground/issues.json")
    jira.statuses = {
        status["id"]: status for status in load(recordings, "faros-playground/workflow_statuses.json")
    }
    columns_set(jira, todo=["10009"], doing=["3"], done=["10002"])
    issues_set(jira, issues)

    snapshot = read(jira, local_http)

    assert Counter(card.column_external_id for card in snapshot.cards) == {"10009": 2, "3": 1, "10002": 2}
    assert {card.title: card.closed for card in snapshot.cards}["task 5"]
    by_key = {card.key: card for card in snapshot.cards}
    assert all(card.identity == issue["id"] for issue, card in zip(issues, snapshot.cards, strict=True))
    assert len(by_key) == 5
    moves = {(move.card_identity, move.from_raw, move.to_raw): move.at for move in snapshot.moves}
    task_5 = next(card.identity for card in snapshot.cards if card.title == "task 5")
    assert moves[task_5, "In Progress", "Done"] == datetime(2021, 10, 6, 0, 35, 41, 985000, tzinfo=UTC)
    assert len(snapshot.moves) == 4
    assert snapshot.complete
    assert [note for note in snapshot.notes if "sub-filter" not in note] == []


def test_it_reads_a_recorded_issue_with_labels_and_an_estimate(
    recordings: Path, cloud: JiraServer, local_http: HttpFactory
) -> None:
    cloud.configuration["estimation"]["field"]["fieldId"] = "customfield_10028"
    columns_set(cloud, doing=["3"], other=["10009", "10002"])
    issues_set(cloud, load(recordings, "faros-playground/issues.json"))

    task_1 = next(card for card in read(cloud, local_http).cards if card.title == "task 1")

    assert task_1.labels == ("Label1", "Label2")
    assert task_1.estimate == Decimal("5.0")
    assert len(task_1.assignees) == 1
    assert task_1.priority == "Medium"


def test_it_reads_recorded_changelogs_inside_issues(recordings: Path) -> None:
    issues = load(recordings, "faros/issues.json")
    statuses = {issue["fields"]["status"]["id"]: issue["fields"]["status"]["name"] for issue in issues}
    statuses |= {"10000": "Backlog", "10001": "Selected"}
    board = JiraBoard.of(
        {
            "filter": {"id": 1},
            "columnConfig": {
                "columns": [{"name": name, "statuses": [{"id": status}]} for status, name in statuses.items()]
            },
        }
    )

    cards, broken = JiraAnswers(board=board, web_url="https://jira").cards(issues)
    logs = {issue["id"]: (entries_of_search(issue) or ([], True))[0] for issue in issues}
    moves, entries_broken = moves_reported(board, logs)

    assert len(issues) == 4
    assert len(cards) == len({issue["id"] for issue in issues}) == 3  # one of them comes twice
    assert (broken, entries_broken) == (0, 0)
    assert cards[0].description == "This is a test issue"
    assert (moves[0].from_column_external_id, moves[0].to_column_external_id) == ("10000", "10001")


def test_it_reads_recorded_issues_of_another_cloud_site(
    recordings: Path, cloud: JiraServer, local_http: HttpFactory
) -> None:
    issues = load(recordings, "airbyte-sandbox/issues.json")["issues"]
    columns_set(cloud, todo=["10000"])
    issues_set(cloud, issues)

    cards = read(cloud, local_http).cards

    assert len(cards) == len(issues)
    assert cards[0].labels == ("test",)
    assert cards[0].type == "Epic"
    assert cards[0].priority == "Low"


def test_it_reads_a_recorded_issue_of_a_server(
    recordings: Path, center: JiraServer, local_http: HttpFactory
) -> None:
    columns_set(center, open=["1"])
    issues_set(center, [load(recordings, "jira-ruby/10002.json")])

    (card,) = read(center, local_http).cards

    assert (card.key, card.title, card.column_external_id) == ("SAMPLEPROJECT-1", "Sample Issue", "1")
    # An old server tells no category of a status: then a resolution says that work is done.
    assert not card.closed
    assert card.created_at == datetime(2011, 12, 13, 21, 26, 6, 30000, tzinfo=UTC)


@pytest.mark.parametrize("name", ["jira-ruby/1_issues.json", "jira-cli/search.json"])
def test_it_counts_recorded_issues_that_lack_an_id_or_a_status(recordings: Path, name: str) -> None:
    issues = load(recordings, name)["issues"]
    board = JiraBoard.of(load(recordings, "go-jira/board_configuration.json"))

    cards, broken = JiraAnswers(board=board, web_url="https://jira").cards(issues)

    assert len(cards) + broken == len(issues)
    assert all(card.column_external_id is None for card in cards)


def test_it_refuses_a_configuration_without_columns(recordings: Path) -> None:
    with pytest.raises(PermanentError, match="does not know"):
        JiraBoard.of(load(recordings, "faros/board_configuration.json"))
