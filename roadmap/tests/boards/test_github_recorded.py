"""Exchanges recorded from api.github.com, read where they lie: 201 items over three pages, and real refusals.

The recordings answer another client's questions. Their nodes stand for a project here, from which our own questions
are answered; what that client did not ask for (when a value was changed) is not known of it.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from common.errors import PermanentError
from roadmap.boards.base import HttpFactory, Snapshot
from roadmap.boards.github import GithubProvider
from roadmap.tests.github_server import GithubServer
from roadmap.tests.graphql_server import json_response

_FIELD_TYPES = {"SINGLE_SELECT": "ProjectV2SingleSelectField", "ITERATION": "ProjectV2IterationField"}
_CONTENT_TYPES = {"ISSUE": "Issue", "PULL_REQUEST": "PullRequest", "DRAFT_ISSUE": "DraftIssue"}


@pytest.fixture
def recorded(shared_folder: Path) -> Path:
    folder = shared_folder / "boards" / "public" / "github_projects_v2" / "recorded"
    if not folder.is_dir():
        pytest.skip(f"the recordings are not here ({folder})")
    return folder


@pytest.fixture
def github(httpserver: HTTPServer) -> GithubServer:
    return GithubServer(httpserver)


def exchanges(recorded: Path, name: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads((recorded / f"api.{name}.json").read_text())
    return content


def replay(github: GithubServer, project: dict[str, Any], items: list[dict[str, Any]]) -> None:
    """Lets the server hold the recorded project with the recorded items."""
    names = {field["id"]: field["name"] for field in project["fields"]["nodes"]}
    options = {
        option["id"]: option["name"]
        for field in project["fields"]["nodes"]
        for option in field.get("options", ())
    }
    github.project = {
        "__typename": "ProjectV2",
        "id": project["id"],
        "number": 2,
        "title": project["title"],
        "url": project["url"],
        "closed": False,
    }
    github.fields = [
        {"__typename": _FIELD_TYPES.get(field["dataType"], "ProjectV2Field")} | field
        for field in project["fields"]["nodes"]
    ]
    github.changes = {}
    github.items = [_item(item, names, options) for item in items]


def _item(item: dict[str, Any], names: dict[str, str], options: dict[str, str]) -> dict[str, Any]:
    values = {
        names[value["field"]["id"]]: {"updatedAt": None, "name": options.get(value.get("optionId"))} | value
        for value in item["fieldValues"]["nodes"]
        if "field" in value
    }
    not_asked_then = {"__typename": _CONTENT_TYPES[item["type"]], "body": "", "updatedAt": item["createdAt"]}
    return (
        {
            "__typename": "ProjectV2Item",
            "updatedAt": item["createdAt"],
            "values": values,
        }
        | item
        | {"content": not_asked_then | item["content"]}
    )


def read(github: GithubServer, http: HttpFactory, **changes: Any) -> Snapshot:
    return GithubProvider(github.config(status_field="Single select", **changes), http).fetch()


def test_it_reads_201_recorded_items_over_three_pages(
    github: GithubServer, local_http: HttpFactory, recorded: Path
) -> None:
    answers = [
        exchange["response"]["data"]["data"]["userOrOrganization"]["projectV2"]
        for exchange in exchanges(recorded, "items.list-with-pagination")
    ]
    replay(github, answers[0], [item for answer in answers for item in answer["items"]["nodes"]])

    snapshot = read(github, local_http)

    assert [column.name for column in snapshot.columns] == ["One", "Two", "Three"]
    assert len(snapshot.cards) == len({card.identity for card in snapshot.cards}) == 201
    assert snapshot.cards[200].key == "test-repository#201"
    assert Counter(card.state_raw for card in snapshot.cards) == {"One": 201}
    assert github.names() == ["Project", "Items", "Items", "Items"]
    assert snapshot.complete


def test_it_tells_the_recorded_cards_apart_by_column(
    github: GithubServer, local_http: HttpFactory, recorded: Path
) -> None:
    (exchange,) = exchanges(recorded, "items.list")
    project = exchange["response"]["data"]["data"]["userOrOrganization"]["projectV2"]
    replay(github, project, project["items"]["nodes"])

    snapshot = read(github, local_http)

    assert [(card.title, card.state_raw) for card in snapshot.cards] == [
        ("Issue 1", "One"),
        ("Issue 2", "Two"),
    ]
    assert [card.column_external_id for card in snapshot.cards] == ["b92ebdaa", "8a0f266e"]


@pytest.mark.parametrize(
    ("name", "note"),
    [("items.get-archived", "1 card is archived"), ("items.get-draft-item", "1 card is a draft")],
)
def test_it_counts_recorded_drafts_and_archived_items(
    github: GithubServer, local_http: HttpFactory, recorded: Path, name: str, note: str
) -> None:
    head, one = exchanges(recorded, name)
    project = head["response"]["data"]["data"]["userOrOrganization"]["projectV2"]
    replay(github, project, [one["response"]["data"]["data"]["node"]])

    snapshot = read(github, local_http)

    assert len(snapshot.cards) == 1
    assert any(text.startswith(note) for text in snapshot.notes)


@pytest.mark.parametrize("name", ["items.get-not-found", "getProperties-project-not-found"])
def test_it_understands_the_recorded_refusals(
    github: GithubServer, local_http: HttpFactory, recorded: Path, name: str
) -> None:
    response = exchanges(recorded, name)[-1]["response"]
    github.fault = recorded_response(response)

    with pytest.raises(PermanentError, match="does not show this project") as failed:
        read(github, local_http)

    assert failed.value.field == "board"


def recorded_response(response: dict[str, Any]) -> Response:
    """A recorded answer as it was, but for the headers of its transport."""
    headers = {
        name: value
        for name, value in response["headers"].items()
        if name not in {"connection", "content-encoding", "transfer-encoding", "content-type"}
    }
    return json_response(response["data"], response["status"], headers)
