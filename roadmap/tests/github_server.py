"""A GitHub that speaks real HTTP on 127.0.0.1 and answers questions about one project, or with a fault.

    github = GithubServer(httpserver)                  # pytest-httpserver's fixture
    provider = GithubProvider(github.config(), http)   # http must be allowed to reach 127.0.0.1
    github.move(github.item("Ready one"), "Done", at)  # what a team does in a week
    github.fault = error_response("bad credentials")   # until set back to None

The token is checked, pages are cut where GitHub cuts them, and only what a question selects is answered.
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

FIXTURES = Path(__file__).parent / "fixtures" / "github"
TOKEN = "github_pat_planted-8472"
EVENT = "ProjectV2ItemStatusChangedEvent"
HEADERS = {
    "X-RateLimit-Limit": "5000",
    "X-RateLimit-Remaining": "4871",
    "X-RateLimit-Reset": "1795360000",
    "X-RateLimit-Resource": "graphql",
}
Fault = Response | Callable[[Request], Response]


def error_response(case: str) -> Response:
    """One of the error answers, by the name of its case."""
    error = json.loads((FIXTURES / "errors.json").read_text())[case]
    return json_response(error["body"], error["status"], error["headers"])


class GithubServer:
    """Answers `/api/graphql` of a pytest-httpserver as an Enterprise Server would.

    `project`, `fields`, `items` and `changes` may be changed; `heavy_from` is the page size that is answered with 502;
    `faults` answers single questions by the name of their query, `fault` every call. `asked` lists (name, variables).
    """

    def __init__(self, server: HTTPServer, *, schema: GraphQLSchema | None = None) -> None:
        content = json.loads((FIXTURES / "project.json").read_text())
        self.server = server
        self.schema = schema
        self.owner: str = content["owner"]
        self.project: dict[str, Any] = content["project"]
        self.fields: list[dict[str, Any]] = content["fields"]
        self.items: list[Any] = content["items"]
        self.changes: dict[str, list[dict[str, Any]]] = content["changes"]
        self.others: list[dict[str, Any]] = []  # further projects of the owner
        self.knows_events = True
        self.heavy_from: int | None = None
        self.version = ""
        self.fault: Fault | None = None
        self.faults: dict[str, Fault] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        server.expect_request("/api/graphql", method="POST").respond_with_handler(self._handle)

    @property
    def base_url(self) -> str:
        """The address that a person would enter."""
        return self.server.url_for("/").rstrip("/")

    def config(self, **changes: Any) -> dict[str, Any]:
        """A working provider config for the project."""
        return {
            "base_url": self.base_url,
            "owner": self.owner,
            "token": TOKEN,
            "status_field": "Status",
            "board": self.project["id"],
        } | changes

    def names(self) -> list[str]:
        """The names of the queries asked so far."""
        return [name for name, _ in self.asked]

    # --- what a team does -------------------------------------------------------------------------

    def item(self, title: str) -> dict[str, Any]:
        """The item called so."""
        found: dict[str, Any] = next(
            item for item in self.items if (item["content"] or {}).get("title") == title
        )
        return found

    def field(self, name: str = "Status") -> dict[str, Any]:
        """The field called so."""
        return next(field for field in self.fields if field["name"] == name)

    def move(self, item: dict[str, Any], to: str, at: str) -> None:
        """Sets an item's status as on the board; an issue's timeline tells of it."""
        option = next(option for option in self.field()["options"] if option["name"] == to)
        before = item["values"].get("Status") or {}
        item["values"]["Status"] = {
            "__typename": "ProjectV2ItemFieldSingleSelectValue",
            "optionId": option["id"],
            "name": to,
            "updatedAt": at,
        }
        item["updatedAt"] = at
        if content := item["content"].get("id"):
            self.changes.setdefault(content, []).append(
                {
                    "__typename": EVENT,
                    "id": f"{item['id']}-{at}",
                    "createdAt": at,
                    "previousStatus": before.get("name") or "",
                    "status": to,
                    "project": {"id": self.project["id"]},
                }
            )

    def add(self, number: int, title: str, at: str) -> dict[str, Any]:
        """Puts an issue on the board, without a status."""
        item = {
            "__typename": "ProjectV2Item",
            "id": f"PVTI_new{number:06d}",
            "type": "ISSUE",
            "isArchived": False,
            "createdAt": at,
            "updatedAt": at,
            "values": {},
            "content": {
                "__typename": "Issue",
                "id": f"I_new{number:06d}",
                "number": number,
                "title": title,
                "body": "",
                "url": f"https://github.com/acme/signup/issues/{number}",
                "updatedAt": at,
                "closed": False,
                "closedAt": None,
                "repository": {"name": "signup"},
                "labels": {"nodes": []},
                "assignees": {"nodes": []},
            },
        }
        self.items.append(item)
        return item

    # --- answering --------------------------------------------------------------------------------

    def _handle(self, request: Request) -> Response:
        body = json.loads(request.get_data())
        name = body["query"].split("query ", 1)[1].split("(")[0].strip()
        self.asked.append((name, body["variables"]))
        fault = self.fault or self.faults.get(name)
        if fault is not None:
            return fault if isinstance(fault, Response) else fault(request)
        return self.answer(request)

    def answer(self, request: Request) -> Response:
        """The answer of a GitHub that works."""
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return error_response("bad credentials")
        body = json.loads(request.get_data())
        variables = body["variables"]
        if (
            self.heavy_from is not None
            and variables.get("first", len(variables.get("ids", ()))) >= self.heavy_from
        ):
            return Response("<html>502</html>", status=502, content_type="text/html")
        headers = HEADERS | ({"X-GitHub-Enterprise-Version": self.version} if self.version else {})
        return json_response(answer(body["query"], variables, self._root(), self.schema), headers=headers)

    def _root(self) -> dict[str, Any]:
        def node(info: Any, **arguments: Any) -> Any:
            return self._project() if arguments["id"] == self.project["id"] else None

        def owner(info: Any, login: str) -> Any:
            if login != self.owner:
                return None
            return {
                "__typename": "Organization",
                "__implements": ["ProjectV2Owner"],
                "projectsV2": connection([self.project, *self.others]),
            }

        root: dict[str, Any] = {"node": node, "repositoryOwner": owner, "nodes": self._contents}
        if self.schema is None:
            root["__type"] = lambda info, name: {"name": name} if self.knows_events else None
        return root

    def _project(self) -> dict[str, Any]:
        fields = [field | {"__implements": ["ProjectV2FieldCommon"]} for field in self.fields]
        return self.project | {
            "items": connection([self._item(item) for item in self.items]),
            "fields": connection(fields),
        }

    def _item(self, item: Any) -> Any:
        if not isinstance(item, dict) or "values" not in item:
            return item
        return item | {"fieldValueByName": lambda info, name: item["values"].get(name)}

    def _contents(self, info: Any, ids: list[str]) -> list[Any]:
        by_id = {
            item["content"]["id"]: item["content"] for item in self.items if (item["content"] or {}).get("id")
        }

        def timeline(key: str) -> Callable[..., Any]:
            return connection(self.changes.get(key, ()))

        return [by_id[key] | {"timelineItems": timeline(key)} if key in by_id else None for key in ids]
