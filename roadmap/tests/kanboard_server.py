"""A Kanboard that speaks real HTTP on 127.0.0.1 and answers from the recorded weeks, or with a recorded fault.

    kanboard = KanboardServer(httpserver)              # pytest-httpserver's fixture
    provider = KanboardProvider(kanboard.config())     # the setting OUTGOING_ALLOWED_HOSTS must allow 127.0.0.1
    kanboard.week = "week2"                            # a week later
    kanboard.fault = Response("", status=503)          # until set back to None

Nothing else is checked away: user, token, JSON-RPC version and the batch form are.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

FIXTURES = Path(__file__).parent / "fixtures" / "kanboard"
TOKEN = "recorded-token-4711"
PROJECT = 2


@cache
def _week(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(gzip.decompress((FIXTURES / f"{name}.json.gz").read_bytes()))
    return content


def week_load(name: str) -> dict[str, Any]:
    """The recorded results of "week1" or "week2" by the name of their recording; a copy that may be changed."""
    return deepcopy(_week(name))


def changes_applied() -> dict[str, Any]:
    """What was done to the real board between the two weeks."""
    content: dict[str, Any] = json.loads((FIXTURES / "changes_applied.json").read_text())
    return content


def recorded_error(case: str) -> Response:
    """One of the recorded error answers, by the name of its case."""
    cases = json.loads((FIXTURES / "errors_and_batch.json").read_text())
    answer = next(item["response"] for item in cases if item["case"] == case)
    return Response(json.dumps(answer["body"]), status=answer["status"], headers=answer["headers"])


class KanboardServer:
    """Answers `/jsonrpc.php` of a pytest-httpserver by method, from the week set in `week`.

    `results` replaces the result of single methods, `errors` gives a method a JSON-RPC error; `fault` answers every
    call. `methods` lists what was asked.
    """

    def __init__(self, server: HTTPServer, *, week: str = "week1") -> None:
        self.server = server
        self.week = week
        self.fault: Response | Callable[[Request], Response] | None = None
        self.results: dict[str, Any] = {}
        self.errors: dict[str, dict[str, Any]] = {}
        self.methods: list[str] = []
        self.requests = 0
        server.expect_request("/jsonrpc.php", method="POST").respond_with_handler(self._handle)

    @property
    def base_url(self) -> str:
        """The address that a person would enter."""
        return self.server.url_for("/").rstrip("/")

    def config(self, **changes: Any) -> dict[str, Any]:
        """A working provider config for the recorded project."""
        return {
            "base_url": self.base_url,
            "username": "jsonrpc",
            "token": TOKEN,
            "board": str(PROJECT),
        } | changes

    def _handle(self, request: Request) -> Response:
        self.requests += 1
        if self.fault is None:
            return self.answer(request)
        return self.fault if isinstance(self.fault, Response) else self.fault(request)

    def answer(self, request: Request) -> Response:
        """The answer of a Kanboard that works."""
        user = base64.b64decode(request.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        if user not in {f"jsonrpc:{TOKEN}", f"member1:{TOKEN}"}:
            return recorded_error("wrong token")
        body = json.loads(request.get_data())
        answers = [self._call(item, user) for item in body]
        # The real one drops the whole batch when one call is forbidden.
        if any(answer is None for answer in answers):
            return recorded_error("plain user calls getAllProjects")
        return Response(json.dumps(answers), content_type="application/json")

    def _call(self, item: dict[str, Any], user: str) -> dict[str, Any] | None:
        assert item["jsonrpc"] == "2.0"
        method, params = item["method"], item.get("params") or {}
        self.methods.append(method)
        if method in self.errors:
            return {"jsonrpc": "2.0", "error": self.errors[method], "id": item["id"]}
        if method == "getAllProjects" and not user.startswith("jsonrpc:"):
            return None
        return {"jsonrpc": "2.0", "result": self._result(method, params), "id": item["id"]}

    def _result(self, method: str, params: dict[str, Any]) -> Any:
        recorded = _week(self.week)
        if method in self.results:
            return self.results[method]
        if method in {"getAllProjects", "getMyProjects"}:
            return [recorded["getProjectById"]]
        if method == "getTaskTags":
            return self._tags(params["task_id"])
        if method != "getVersion" and params.get("project_id") != PROJECT:
            return None if method == "getProjectById" else []
        if method == "getAllTasks":
            return recorded["getAllTasks_open" if params["status_id"] == 1 else "getAllTasks_closed"]
        return recorded[method]

    def _tags(self, task_id: int) -> Any:
        """Only the tags of open tasks were recorded: a closed one has those of the week in which it was open."""
        for week in ("week1", "week2"):
            for swimlane in _week(week)["getBoard"]:
                for column in swimlane["columns"]:
                    for task in column["tasks"]:
                        if task["id"] == task_id and task["tags"]:
                            return {str(tag["id"]): tag["name"] for tag in task["tags"]}
        return []
