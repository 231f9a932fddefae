"""A Linear that speaks real HTTP on 127.0.0.1 and answers questions about one team, or with a fault.

    linear = LinearServer(httpserver)                       # pytest-httpserver's fixture
    provider = LinearProvider(linear.config(), http)        # http must be allowed to reach 127.0.0.1
    linear.move(linear.issue("Ready one"), "Done", at)      # what a team does in a week
    linear.fault = error_response("wrong key")              # until set back to None

The key is checked, archived issues come only when asked for, and only what a question selects is answered.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from roadmap.tests.graphql_server import answer, connection, json_response

FIXTURES = Path(__file__).parent / "fixtures" / "linear"
TOKEN = "lin_api_planted8472"
HEADERS = {
    "X-RateLimit-Requests-Limit": "5000",
    "X-RateLimit-Requests-Remaining": "4987",
    "X-RateLimit-Requests-Reset": "1795360000000",
}
Fault = Response | Callable[[Request], Response]


def error_response(case: str) -> Response:
    """One of the error answers, by the name of its case."""
    error = json.loads((FIXTURES / "errors.json").read_text())[case]
    return json_response(error["body"], error["status"], error["headers"])


class LinearServer:
    """Answers `/graphql` of a pytest-httpserver from one team.

    `states`, `labels`, `issues` and `spans` may be changed; `heavy_from` is the page size that is too complex; `faults` answers
    single questions by the name of their query, `fault` every call. `asked` lists (name, variables).
    """

    def __init__(self, server: HTTPServer, *, schema: GraphQLSchema | None = None) -> None:
        content = json.loads((FIXTURES / "team.json").read_text())
        self.server = server
        self.schema = schema
        self.organization: dict[str, Any] = content["organization"]
        self.team: dict[str, Any] = content["team"]
        self.others: list[dict[str, Any]] = []  # further teams of the workspace
        self.states: list[dict[str, Any]] = content["states"]
        self.labels: list[dict[str, Any]] = content["labels"]
        self.issues: list[Any] = content["issues"]
        self.spans: dict[str, list[dict[str, Any]]] = content["spans"]
        self.heavy_from: int | None = None
        self.fault: Fault | None = None
        self.faults: dict[str, Fault] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.authorizations: set[str] = set()
        server.expect_request("/graphql", method="POST").respond_with_handler(self._handle)

    @property
    def base_url(self) -> str:
        """The address that a person would enter."""
        return self.server.url_for("/").rstrip("/")

    def config(self, **changes: Any) -> dict[str, Any]:
        """A working provider config for the team."""
        return {"base_url": self.base_url, "token": TOKEN, "board": self.team["id"]} | changes

    def names(self) -> list[str]:
        """The names of the queries asked so far."""
        return [name for name, _ in self.asked]

    # --- what a team does -------------------------------------------------------------------------

    def issue(self, title: str) -> dict[str, Any]:
        """The issue called so."""
        found: dict[str, Any] = next(issue for issue in self.issues if issue["title"] == title)
        return found

    def state(self, name: str) -> dict[str, Any]:
        """The state called so."""
        return next(state for state in self.states if state["name"] == name)

    def move(self, issue: dict[str, Any], to: str, at: str) -> None:
        """Moves an issue as on the board; its history tells of it."""
        state = self.state(to)
        spans = self.spans.setdefault(issue["id"], [])
        if spans:
            spans[-1]["endedAt"] = at
        spans.append(
            {
                "__typename": "IssueStateSpan",
                "id": f"{issue['id']}@{at}",
                "startedAt": at,
                "endedAt": None,
                "stateId": state["id"],
            }
        )
        issue |= {"stateId": state["id"], "updatedAt": at}
        if state["type"] == "completed":
            issue["completedAt"] = at

    def add(self, number: int, title: str, state: str, at: str) -> dict[str, Any]:
        """Makes an issue."""
        issue = dict.fromkeys(
            self.issues[0] if self.issues else json.loads((FIXTURES / "team.json").read_text())["issues"][0]
        )
        issue |= {
            "__typename": "Issue",
            "id": f"new-{number}",
            "identifier": f"ONB-{number}",
            "title": title,
            "url": f"https://linear.app/acme/issue/ONB-{number}",
            "priorityLabel": "No priority",
            "createdAt": at,
            "labelIds": [],
        }
        self.issues.append(issue)
        self.move(issue, state, at)
        return issue

    # --- answering --------------------------------------------------------------------------------

    def _handle(self, request: Request) -> Response:
        body = json.loads(request.get_data())
        name = body["query"].split("query ", 1)[1].split("(")[0].strip()
        self.asked.append((name, body["variables"]))
        self.authorizations.add(request.headers.get("Authorization", ""))
        fault = self.fault or self.faults.get(name)
        if fault is not None:
            return fault if isinstance(fault, Response) else fault(request)
        return self.answer(request)

    def answer(self, request: Request) -> Response:
        """The answer of a Linear that works."""
        if request.headers.get("Authorization") not in {TOKEN, f"Bearer lin_oauth_{TOKEN}"}:
            return error_response("wrong key")
        body = json.loads(request.get_data())
        variables = body["variables"]
        if self.heavy_from is not None and variables.get("first", 0) >= self.heavy_from:
            return error_response("too complex")
        if body["query"].split("query ", 1)[1].startswith("Team(") and variables["team"] != self.team["id"]:
            return error_response("team not found")
        return json_response(answer(body["query"], variables, self._root(), self.schema), headers=HEADERS)

    def _root(self) -> dict[str, Any]:
        def issues(info: Any, **arguments: Any) -> Any:
            wanted = arguments["filter"]
            chosen = [
                issue
                for issue in self.issues
                if arguments.get("includeArchived") or issue["archivedAt"] is None
            ]
            if "id" in wanted:
                chosen = [issue for issue in chosen if issue["id"] in wanted["id"]["in"]]
            else:
                assert wanted == {"team": {"id": {"eq": self.team["id"]}}}
            return connection([self._issue(issue) for issue in chosen])(info, **arguments)

        def one(info: Any, **arguments: Any) -> Any:
            return next((self._issue(issue) for issue in self.issues if issue["id"] == arguments["id"]), None)

        def labels(info: Any, **arguments: Any) -> Any:
            wanted = arguments["filter"]["id"]["in"]
            return connection([label for label in self.labels if label["id"] in wanted])(info, **arguments)

        def states(info: Any, **arguments: Any) -> Any:
            with_archived = arguments.get("includeArchived")
            listed = [state for state in self.states if with_archived or state["archivedAt"] is None]
            return connection(listed)(info, **arguments)

        team = self.team | {"states": states, "issueCount": lambda info, **_: len(self.issues)}
        return {
            "organization": self.organization,
            "teams": connection([self.team, *self.others]),
            "team": lambda info, **_: team,
            "issues": issues,
            "issue": one,
            "issueLabels": labels,
        }

    def _issue(self, issue: Any) -> Any:
        if not isinstance(issue, dict) or "stateId" not in issue:
            return issue
        states = {state["id"]: state for state in self.states}
        foreign = {"id": issue["stateId"], "name": "Elsewhere", "type": "unstarted"}
        return issue | {
            "state": states.get(issue["stateId"], foreign),
            "assignee": {"id": issue["assigneeId"]} if issue["assigneeId"] else None,
            "stateHistory": connection(self.spans.get(issue["id"], ())),
        }
