"""Jira Cloud's calls held against Atlassian's own OpenAPI files by Prism, a program that knows only those files.

Prism stands between the reader and the Jira of these tests: a call or an answer that is not as the files say ends in an
error. Asked by itself, it answers with Atlassian's examples.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Response

from roadmap.boards.base import CURSOR_KEY, HttpFactory, Snapshot
from roadmap.boards.jira import JiraProvider
from roadmap.tests.jira_server import EMAIL, TOKEN, JiraServer

PRISM = shutil.which("prism")
STARTS_WITHIN = 60.0  # seconds; some two on a quiet machine
pytestmark = pytest.mark.skipif(
    PRISM is None, reason="Prism is not installed (npm install --global @stoplight/prism-cli@5.14.2)"
)

# --- Atlassian's files, made one document -----------------------------------------------------------


def _examples_opened(part: Any) -> Any:
    """Examples stand in the files as JSON in a text, which Prism would answer as a text."""
    if isinstance(part, list):
        return [_examples_opened(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        name: json.loads(value)
        if name == "example" and isinstance(value, str) and value.startswith(("{", "["))
        else _examples_opened(value)
        for name, value in part.items()
    }


def document_write(folder: Path, target: Path) -> None:
    """One OpenAPI document of the platform's and the boards' calls, with what is known to be wrong in them mended."""
    platform = _examples_opened(json.loads((folder / "jira-cloud-platform-v3.trimmed.json").read_text()))
    text = (folder / "jira-software-agile-1.0.trimmed.json").read_text()
    # Both files have a schema IssueBean, and each its own.
    boards = _examples_opened(json.loads(text.replace("#/components/schemas/", "#/components/schemas/Agile")))
    for path, item in boards["paths"].items():
        for call in item.values():
            # Basic access is described in the file but not listed with the calls, though it works with them.
            if isinstance(call, dict) and "security" in call:
                call["security"].append({"basicAuth": []})
        platform["paths"][path] = item
    schemas = platform["components"]["schemas"]
    schemas |= {f"Agile{name}": schema for name, schema in boards["components"]["schemas"].items()}
    # Its example has more parts than the description allows.
    configuration = boards["paths"]["/rest/agile/1.0/board/{boardId}/configuration"]["get"]
    answer = configuration["responses"]["200"]["content"]["application/json"]["schema"]
    del answer["properties"]["location"]["additionalProperties"]
    # Asked before it is known whether it is a Cloud, so by the version that both dialects have.
    platform["paths"]["/rest/api/2/serverInfo"] = platform["paths"]["/rest/api/3/serverInfo"]
    target.write_text(json.dumps(platform))


@contextmanager
def _running(arguments: list[str], log: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("w") as written:
        process = subprocess.Popen(
            [str(PRISM), *arguments, "--host", "127.0.0.1", "--port", str(port)],
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"Prism did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shared = Path(os.environ.get("BEARING_SHARED", Path(__file__).resolve().parents[4] / "shared"))
    folder = shared / "boards" / "public" / "jira" / "openapi"
    if not folder.is_dir():
        pytest.skip(f"the reference data is not here ({folder}; set BEARING_SHARED)")
    target = tmp_path_factory.mktemp("prism") / "jira.json"
    document_write(folder, target)
    return target


@pytest.fixture(scope="module")
def between(document: Path, make_httpserver: HTTPServer) -> Iterator[str]:
    """A Prism in front of the server that `httpserver` is."""
    upstream = make_httpserver.url_for("/").rstrip("/")
    with _running(["proxy", str(document), upstream, "--errors"], document.with_name("proxy.log")) as address:
        yield address


@pytest.fixture(scope="module")
def alone(document: Path) -> Iterator[str]:
    """A Prism that answers with Atlassian's examples."""
    with _running(["mock", str(document)], document.with_name("mock.log")) as address:
        yield address


@pytest.fixture
def jira(httpserver: HTTPServer) -> JiraServer:
    server = JiraServer(httpserver)
    server.page_size = 4
    for number in range(10):
        issue = server.issue_add(f"Card {number}")
        server.move(issue, "10001", at="2026-11-10T09:00:00.000+0100")
    return server


@pytest.fixture
def patient_http(local_http: HttpFactory) -> HttpFactory:
    """Gives Prism the time that it takes over its first look at each description."""

    def patient(*args: Any, **options: Any) -> Any:
        return local_http(*args, **options | {"timeout": (5.0, 120.0), "total_time": 240.0})

    return patient


def through(address: str, jira: JiraServer, **changes: Any) -> dict[str, Any]:
    return jira.config(base_url=address, **changes)


# --- tests ------------------------------------------------------------------------------------------


def test_every_call_of_a_read_is_as_atlassian_describes_it(
    between: str, jira: JiraServer, patient_http: HttpFactory
) -> None:
    direct = JiraProvider(jira.config(), patient_http).fetch()

    checked = JiraProvider(through(between, jira), patient_http).fetch()

    assert checked.cards == direct.cards
    assert checked.columns == direct.columns
    assert checked.moves == direct.moves
    assert len(checked.moves) == 10
    assert checked.complete


def test_every_call_of_a_later_read_is_as_atlassian_describes_it(
    between: str, jira: JiraServer, patient_http: HttpFactory
) -> None:
    first = JiraProvider(through(between, jira), patient_http).fetch()
    jira.move("10303", "3", at="2026-11-19T09:00:00.000+0100")

    second: Snapshot = JiraProvider(
        through(between, jira, **{CURSOR_KEY: dict(first.cursor)}), patient_http
    ).fetch(since=datetime(2026, 11, 16, 6, tzinfo=UTC))

    assert [move.to_column_external_id for move in second.moves] == ["10001", "3"]


def test_histories_asked_one_by_one_are_as_atlassian_describes_it(
    between: str, jira: JiraServer, patient_http: HttpFactory
) -> None:
    direct = JiraProvider(jira.config(), patient_http).fetch()
    jira.calls.clear()
    jira.faults["/rest/api/3/changelog/bulkfetch"] = Response("", status=400)

    checked = JiraProvider(through(between, jira), patient_http).fetch()

    assert checked.moves == direct.moves
    assert sum(path.endswith("/changelog") for path, _ in jira.calls) == 10


@pytest.mark.parametrize("board", ["12", ""])
def test_every_call_of_the_check_and_the_list_of_boards_is_as_atlassian_describes_it(
    between: str, jira: JiraServer, patient_http: HttpFactory, board: str
) -> None:
    provider = JiraProvider(through(between, jira, board=board, project_key="ONB"), patient_http)

    assert provider.check().title in {"Onboarding board", "Jira Cloud"}
    assert [found.external_id for found in provider.boards()] == ["12"]


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("search/jql", {"jql": "project = ONB", "startAt": 100}, "startAt"),
        ("changelog/bulkfetch", {"fieldIds": ["status"]}, "issueIdsOrKeys"),
        ("changelog/bulkfetch", {"issueIdsOrKeys": ["1"] * 1001}, "1000"),
    ],
)
def test_a_call_that_is_not_as_described_does_not_pass(
    between: str, jira: JiraServer, path: str, body: Any, words: str
) -> None:
    answer = requests.post(f"{between}/rest/api/3/{path}", json=body, auth=(EMAIL, TOKEN), timeout=120)

    assert answer.status_code in {400, 422}
    assert words in answer.text
    assert not jira.calls


def test_it_reads_atlassians_own_examples(alone: str, patient_http: HttpFactory) -> None:
    config = {"base_url": alone, "email": EMAIL, "token": TOKEN, "board": "84"}

    checked = JiraProvider(config, patient_http).check()
    snapshot = JiraProvider(config, patient_http).fetch()

    assert checked.cards_count == 153
    assert [(column.name, column.state_ids) for column in snapshot.columns] == [
        ("To Do", ("1", "4")), ("In progress", ("3",)), ("Done", ("5",)),
    ]  # fmt: skip
    assert [column.wip_limit for column in snapshot.columns] == [None, 4, None]
    # The issue of the example has neither a title nor a status.
    assert snapshot.cards == ()
    assert not snapshot.complete
    assert "left out" in snapshot.notes[0]
