"""A Redmine that speaks real HTTP on 127.0.0.1: the recorded project at first, then whatever a test does to it.

    redmine = RedmineServer(httpserver)              # pytest-httpserver's fixture
    provider = RedmineProvider(redmine.config())     # the setting OUTGOING_ALLOWED_HOSTS must allow 127.0.0.1
    redmine.status_set(2, 5)                         # issue 2 is closed, and its journal says so
    redmine.fault = Response("", status=503)         # until set back to None

It behaves as the recorded Redmine 5.0.4 does: a wrong key is nobody's, who sees public lists only; refusals have an
empty body of type JSON; a page holds at most 100; an unknown filter is ignored.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

FIXTURES = Path(__file__).parent / "fixtures" / "redmine"
TOKEN = "recorded-key-4711-0815"
PROJECT = 1
_MAX_PAGE = 100


@cache
def _recorded(name: str) -> Any:
    path = FIXTURES / name
    return json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())


def recorded(name: str) -> Any:
    """A recorded answer by the name of its file; a copy that may be changed."""
    return deepcopy(_recorded(name))


class RedmineServer:
    """Answers as a Redmine with one project. `asked` lists the paths, `histories` the ids of journals asked for.

    `answers` replaces the answer of single paths; `fault` answers every call; `before_page` is called before each page
    of issues with its offset, to change the project in the middle of a read.
    """

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.fault: Response | Callable[[Request], Response] | None = None
        self.answers: dict[str, Any] = {}
        self.before_page: Callable[[int], None] = lambda offset: None
        self.asked: list[str] = []
        self.projects: list[dict[str, Any]] = recorded("projects.json")["projects"]
        self.statuses: list[dict[str, Any]] = recorded("issue_statuses.json")["issue_statuses"]
        self.trackers: list[dict[str, Any]] = recorded("trackers.json")["trackers"]
        self.issues: dict[int, dict[str, Any]] = {
            issue["id"]: issue for page in recorded("issues.json.gz") for issue in page["issues"]
        }
        self.journals: dict[int, list[dict[str, Any]]] = {
            number: recorded(f"issue_{number}_journals.json")["issue"]["journals"]
            for number in (2, 3, 5, 9, 14)
        }
        self.clock = datetime(2026, 11, 29, 9, tzinfo=UTC)
        server.expect_request(re.compile(r"/.*\.json")).respond_with_handler(self._handle)

    @property
    def base_url(self) -> str:
        """The address that a person would enter."""
        return self.server.url_for("/").rstrip("/")

    @property
    def histories(self) -> list[int]:
        """The issues whose journals were asked for, in order."""
        found = (re.fullmatch(r"/issues/(\d+)\.json", path) for path in self.asked)
        return [int(match[1]) for match in found if match]

    def config(self, **changes: Any) -> dict[str, Any]:
        """A working provider config for the recorded project."""
        return {"base_url": self.base_url, "token": TOKEN, "board": str(PROJECT)} | changes

    # --- what people do there ---------------------------------------------------------------------

    def status_set(self, number: int, status_id: int) -> None:
        """Moves an issue into another status; a journal tells of it."""
        issue, status = self.issues[number], next(item for item in self.statuses if item["id"] == status_id)
        self._change(number, "status_id", str(issue["status"]["id"]), str(status_id))
        issue["status"] = dict(status)
        issue["closed_on"] = issue["updated_on"] if status["is_closed"] else issue["closed_on"]

    def rename(self, number: int, subject: str) -> None:
        """Gives an issue another subject."""
        self._change(number, "subject", self.issues[number]["subject"], subject)
        self.issues[number]["subject"] = subject

    def delete(self, number: int) -> None:
        """Removes an issue for good."""
        del self.issues[number]

    def add(self, subject: str, *, number: int | None = None) -> int:
        """A new issue in the first status; returns its id."""
        number = number or max(self.issues, default=0) + 1
        pattern = recorded("issues.json.gz")[0]["issues"][2]
        at = self._tick()
        self.issues[number] = pattern | {"id": number, "subject": subject, "created_on": at, "updated_on": at}
        return number

    def _change(self, number: int, name: str, old: str, new: str) -> None:
        at = self._tick()
        self.issues[number]["updated_on"] = at
        self.journals.setdefault(number, []).append(
            {
                "id": 1000 + sum(map(len, self.journals.values())),
                "user": {"id": 1, "name": "Redmine Admin"},
                "notes": "",
                "created_on": at,
                "private_notes": False,
                "details": [{"property": "attr", "name": name, "old_value": old, "new_value": new}],
            }
        )

    def _tick(self) -> str:
        self.clock += timedelta(minutes=1)
        return self.clock.strftime("%Y-%m-%dT%H:%M:%SZ")

    # --- answers ----------------------------------------------------------------------------------

    def _handle(self, request: Request) -> Response:
        self.asked.append(request.path)
        if self.fault is not None:
            return self.fault if isinstance(self.fault, Response) else self.fault(request)
        return self.answer(request)

    def answer(self, request: Request) -> Response:
        """The answer of a Redmine that works."""
        path, known = request.path, request.headers.get("X-Redmine-API-Key") == TOKEN
        if path in self.answers:
            given = self.answers[path]
            return given if isinstance(given, Response) else _json(given)
        if path == "/issue_statuses.json":
            return _json({"issue_statuses": self.statuses})
        if path == "/projects.json":
            public = [project for project in self.projects if known or project["is_public"]]
            return _json(_page(request, "projects", public))
        if not known:
            return refusal(401)
        if path == "/users/current.json":
            return _json({"user": {"id": 5, "login": "reader", "firstname": "R", "lastname": "D"}})
        if path == "/trackers.json":
            return _json({"trackers": self.trackers})
        if path == "/issues.json":
            return self._issues(request)
        if match := re.fullmatch(r"/projects/(\d+)\.json", path):
            found = [project for project in self.projects if project["id"] == int(match[1])]
            return _json({"project": found[0]}) if found else refusal(404)
        if match := re.fullmatch(r"/issues/(\d+)\.json", path):
            number = int(match[1])
            if number not in self.issues:
                return refusal(404)
            return _json({"issue": self.issues[number] | {"journals": self.journals.get(number, [])}})
        return refusal(404)

    def _issues(self, request: Request) -> Response:
        if request.args.get("project_id") not in {str(project["id"]) for project in self.projects}:
            return refusal(404)
        self.before_page(int(request.args.get("offset", 0)))
        every = request.args.get("status_id") == "*"
        rows = [
            issue for _, issue in sorted(self.issues.items()) if every or not issue["status"].get("is_closed")
        ]
        # The recorded server sorts the newest first unless it is told otherwise.
        return _json(_page(request, "issues", rows if request.args.get("sort") == "id" else rows[::-1]))


def refusal(status: int) -> Response:
    """How Redmine refuses: no word, but the type of JSON."""
    return Response("", status=status, content_type="application/json")


def _page(request: Request, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    offset, limit = int(request.args.get("offset", 0)), min(int(request.args.get("limit", 25)), _MAX_PAGE)
    return {name: rows[offset : offset + limit], "total_count": len(rows), "offset": offset, "limit": limit}


def _json(content: Any) -> Response:
    return Response(json.dumps(content), content_type="application/json; charset=utf-8")
