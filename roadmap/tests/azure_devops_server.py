"""An Azure DevOps that speaks real HTTP on 127.0.0.1 and keeps a team board: work items with all their revisions.

    azure = AzureDevOpsServer(httpserver)              # pytest-httpserver's fixture
    provider = AzureDevOpsProvider(azure.config())     # the setting OUTGOING_ALLOWED_HOSTS must allow 127.0.0.1
    item = azure.add("Book a berth", column="New")
    azure.move(item, "Active", done=True)              # and so on: each change is a revision, a minute later
    azure.fault = Response("", status=503)             # until set back to None

What it is asked is checked like the real one does: the token (else the sign-in page), the version of the API, the
form of the query, the number of ids, the names of fields.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

FIXTURES = Path(__file__).parent / "fixtures" / "azure_devops"
TOKEN = "planted-azure-token-5310"
PROJECT = "Harbour & Sea"
TEAM = "Harbour Team"
AREA = "Harbour & Sea\\Quay"
_QUERY = re.compile(
    r"SELECT \[System\.Id\] FROM WorkItems WHERE \[System\.TeamProject\] = @project "
    r"AND \[System\.WorkItemType\] IN \((?P<types>.+?)\) AND \((?P<areas>.+)\) AND \[System\.Id\] > (?P<last>\d+) "
    r"ORDER BY \[System\.Id\]"
)
_TEXT = r"'((?:[^']|'')*)'"


def fixture(name: str) -> Any:
    """A payload of the fixtures folder; a copy that may be changed."""
    return json.loads((FIXTURES / f"{name}.json").read_text())


def refusal(name: str) -> Response:
    """One of the refusals of `errors.json`."""
    error = fixture("errors")[name]
    return Response(
        json.dumps(error["body"]), status=error["status"], content_type="application/json; charset=utf-8"
    )


def sign_in(status: int = 203) -> Response:
    """The page that stands in for a refused token."""
    return Response(
        (FIXTURES / "sign_in.html").read_text(), status=status, content_type="text/html; charset=utf-8"
    )


class AzureDevOpsServer:
    """Answers below `/harbour` of a pytest-httpserver; `asked` lists the calls as "METHOD last/steps"."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.fault: Response | Callable[[Request], Response] | None = None
        self.refusals: dict[str, Response] = {}  # by the end of the path
        self.headers: dict[str, str] = {}  # that go with every good answer
        self.newest_version = 7.1
        self.page_size = 1_000  # revisions in one batch
        self.unknown_fields: set[str] = set()  # to a batch of work items
        self.unreported_fields: set[str] = set()  # to the list of revisions
        self.board = fixture("board")
        self.areas = fixture("teamfieldvalues")
        self.teams = fixture("teams")
        self.own_fields = fixture("fields")
        self.items: dict[int, dict[str, Any]] = {}
        self.deleted: set[int] = set()
        self.revisions: list[tuple[int, dict[str, Any]]] = []  # (watermark, revision), oldest first
        self.asked: list[str] = []
        self.bodies: list[Any] = []
        self.clock = datetime.now(UTC).replace(microsecond=250_000) - timedelta(days=30)
        server.expect_request(re.compile(r"/harbour/.*")).respond_with_handler(self._handle)

    @property
    def base_url(self) -> str:
        """The address of the organisation."""
        return self.server.url_for("/harbour")

    @property
    def board_id(self) -> str:
        """The board as the provider names it."""
        team = fixture("teams")["value"][0]
        return f"{team['projectId']}/{team['id']}/{self.board['id']}"

    def config(self, **changes: Any) -> dict[str, Any]:
        """A working provider config for the one board."""
        return {
            "base_url": self.base_url,
            "project": PROJECT,
            "team": "",
            "auth": "pat",
            "token": TOKEN,
            "board": self.board_id,
        } | changes

    # --- what people do ---------------------------------------------------------------------------

    def add(self, title: str, column: str = "New", **fields: Any) -> int:
        """A new work item in a column; its id."""
        item_id = 100 + len(self.items)
        self.items[item_id] = {
            "System.Id": item_id,
            "System.Title": title,
            "System.AreaPath": AREA,
            "System.TeamProject": PROJECT,
            "System.WorkItemType": "User Story",
            "System.CreatedDate": "",
            **self._place(column, done=False),
            **fields,
        }
        self._revise(item_id)
        self.items[item_id]["System.CreatedDate"] = self.items[item_id]["System.ChangedDate"]
        return item_id

    def move(self, item_id: int, column: str, *, done: bool = False) -> datetime:
        """Puts it into a column (and its second half); the moment."""
        return self.edit(item_id, **self._place(column, done=done))

    def edit(self, item_id: int, **fields: Any) -> datetime:
        """Changes fields; the moment."""
        self.items[item_id] |= fields
        return self._revise(item_id)

    def delete(self, item_id: int) -> None:
        """Puts it into the recycle bin."""
        self.deleted.add(item_id)
        self.edit(item_id, **{"System.IsDeleted": True})

    def column_rename(self, before: str, after: str) -> None:
        """Renames a column: the items in it say so from now on, their old revisions do not."""
        self.column(before)["name"] = after
        for fields in self.items.values():
            if fields.get("System.BoardColumn") == before:
                fields |= {"System.BoardColumn": after, self.fields["columnField"]: after}

    def column(self, name: str) -> dict[str, Any]:
        """The board's column of this name, to be changed."""
        found: dict[str, Any] = next(column for column in self.board["columns"] if column["name"] == name)
        return found

    @property
    def fields(self) -> dict[str, str]:
        """The names of the board's own fields, by their use."""
        return {use: field["referenceName"] for use, field in fixture("board")["fields"].items()}

    def _place(self, column: str, *, done: bool) -> dict[str, Any]:
        return {
            "System.BoardColumn": column,
            "System.BoardColumnDone": done,
            self.fields["columnField"]: column,
            self.fields["doneField"]: done,
            "System.State": self.column(column)["stateMappings"]["User Story"],
        }

    def _revise(self, item_id: int) -> datetime:
        self.clock += timedelta(minutes=1)
        fields = self.items[item_id]
        rev = fields.get("System.Rev", 0) + 1
        at = self.clock.isoformat().replace("+00:00", "Z")
        for _, older in self.revisions if rev > 1 else ():
            if older["id"] == item_id and older["rev"] == rev - 1:
                older["fields"]["System.RevisedDate"] = at
        fields |= {"System.Rev": rev, "System.ChangedDate": at, "System.RevisedDate": "9999-01-01T00:00:00Z"}
        self.revisions.append(
            (len(self.revisions) + 1, {"id": item_id, "rev": rev, "fields": deepcopy(fields)})
        )
        return self.clock

    # --- what it answers --------------------------------------------------------------------------

    def _handle(self, request: Request) -> Response:
        steps = [unquote(step) for step in request.path.split("/")[2:]]
        self.asked.append(f"{request.method} {steps[-1]}")
        self.bodies.append(json.loads(request.get_data() or "null"))
        if self.fault is not None:
            return self.fault if isinstance(self.fault, Response) else self.fault(request)
        return self.answer(request)

    def answer(self, request: Request) -> Response:
        """The answer of an Azure DevOps that works."""
        basic = base64.b64encode(f":{TOKEN}".encode()).decode()
        if request.headers.get("Authorization") not in {f"Basic {basic}", f"Bearer {TOKEN}"}:
            return sign_in()
        version = request.args.get("api-version", "")
        if not re.fullmatch(r"\d\.\d(-preview)?", version) or float(version[:3]) > self.newest_version:
            return refusal("version")
        for end, answer in self.refusals.items():
            if end in request.path:
                return answer
        answer = self._route(request, [unquote(step) for step in request.path.split("/")[2:]])
        answer.headers.extend(self.headers)
        return answer

    def _route(self, request: Request, steps: list[str]) -> Response:
        team = fixture("teams")["value"][0]
        if steps[:2] == ["_apis", "projects"]:
            skip, top = int(request.args["$skip"]), int(request.args["$top"])
            teams = self.teams["value"][skip : skip + top]
            return _json({"value": teams, "count": len(teams)}) if steps[2] == PROJECT else refusal("project")
        if steps[0] not in {PROJECT, team["projectId"]}:
            return refusal("project")
        body = self.bodies[-1]
        if steps[1:] == ["_apis", "wit", "wiql"]:
            return self._wiql(body["query"], int(request.args["$top"]))
        if steps[1:] == ["_apis", "wit", "workitemsbatch"]:
            return self._batch(body)
        if steps[1:] == ["_apis", "wit", "reporting", "workitemrevisions"]:
            return self._reporting(body, request.args)
        if steps[1:] == ["_apis", "wit", "fields"]:
            return _json(self.own_fields)
        if steps[1] not in {team["id"], team["name"]}:
            return refusal("team")
        if steps[2:] == ["_apis", "work", "boards"]:
            return _json(fixture("boards"))
        if steps[2:] == ["_apis", "work", "teamsettings", "teamfieldvalues"]:
            return _json(self.areas)
        return _json(self.board) if steps[-1] == self.board["id"] else refusal("board")

    def _wiql(self, query: str, top: int) -> Response:
        asked = _QUERY.fullmatch(query)
        assert asked is not None, query
        types = {text.replace("''", "'") for text in re.findall(_TEXT, asked["types"])}
        areas = re.findall(rf"\[System\.AreaPath\] (UNDER|=) {_TEXT}", asked["areas"])

        def mine(path: str) -> bool:
            return any(
                path == area.replace("''", "'")
                or (how == "UNDER" and path.startswith(area.replace("''", "'") + "\\"))
                for how, area in areas
            )

        found = [
            item_id
            for item_id, fields in sorted(self.items.items())
            if item_id > int(asked["last"])
            and item_id not in self.deleted
            and fields["System.WorkItemType"] in types
            and mine(fields["System.AreaPath"])
        ]
        return _json({
            "queryType": "flat",
            "asOf": self.clock.isoformat(),
            "workItems": [{"id": item_id, "url": f"{self.base_url}/_apis/wit/workItems/{item_id}"}
                          for item_id in found[:top]],
        })  # fmt: skip

    def _batch(self, body: dict[str, Any]) -> Response:
        assert len(body["ids"]) <= 200
        assert body["errorPolicy"] == "omit"
        if self.unknown_fields & set(body.get("fields", ())):
            return refusal("field")
        values: list[Any] = []
        for item_id in body["ids"]:
            if item_id not in self.items or item_id in self.deleted:
                values.append(None)
                continue
            fields = self.items[item_id]
            shown = {name: fields[name] for name in body.get("fields", fields) if name in fields}
            values.append({"id": item_id, "rev": fields["System.Rev"], "fields": shown})
        return _json({"count": len(values), "value": values})

    def _reporting(self, body: dict[str, Any], args: Any) -> Response:
        if self.unreported_fields & set(body["fields"]):
            return refusal("field")
        start = 0
        if token := args.get("continuationToken"):
            if not re.fullmatch(r"\d+;\d+;\d+", token) or int(token.split(";")[0]) > len(self.revisions):
                return refusal("token")
            start = int(token.split(";")[0])
        since = args.get("startDateTime", "")
        rows = [
            (mark, revision)
            for mark, revision in self.revisions
            if mark > start
            and revision["fields"]["System.ChangedDate"] >= since
            and revision["fields"]["System.WorkItemType"] in body["types"]
            and (body["includeDeleted"] or revision["id"] not in self.deleted)
        ]
        page = rows[: self.page_size]
        if page:
            token = f"{page[-1][0]};{page[-1][1]['id']};{page[-1][1]['rev']}"
        values = [
            revision
            | {"fields": {name: revision["fields"][name] for name in body["fields"] if name in revision["fields"]}}
            for _, revision in page
        ]  # fmt: skip
        link = f"{self.base_url}/_apis/wit/reporting/workItemRevisions?continuationToken={token or ''}"
        return _json(
            {
                "values": values,
                "nextLink": link,
                "continuationToken": token or "",
                "isLastBatch": len(rows) <= self.page_size,
            }
        )


def _json(body: Any) -> Response:
    return Response(json.dumps(body), content_type="application/json; charset=utf-8; api-version=7.1")
