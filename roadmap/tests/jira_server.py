"""A Jira that speaks real HTTP on 127.0.0.1: Cloud or Data Center, with issues that can be changed.

    jira = JiraServer(httpserver)                      # pytest-httpserver's fixture; `is_cloud=False` for Data Center
    provider = JiraProvider(jira.config(), local_http)
    issue = jira.issue_add("Sign up with a key", status="10000")
    jira.move(issue, "3", at="2026-11-24T09:00:00.000+0100")
    jira.faults["/rest/api/3/search/jql"] = Response("", status=503)

It answers in the documented shapes, refuses what the real one refuses (the other dialect's search, a parameter it does
not know, a search it cannot read), and shows nothing to credentials that are wrong.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

FIXTURES = Path(__file__).parent / "fixtures" / "jira"
EMAIL, TOKEN = "reader@example.org", "planted-jira-token-8472"
BOARD, FILTER = 12, "10100"
JQL = 'project = ONB AND text !~ "order by" ORDER BY Rank ASC'
_STEADY = "({}) ORDER BY created ASC, key ASC"
_BODIES = {
    "search/jql": {"jql", "fields", "maxResults", "nextPageToken"},
    "search": {"jql", "fields", "maxResults", "startAt", "expand", "validateQuery"},
    "search/approximate-count": {"jql"},
    "changelog/bulkfetch": {"issueIdsOrKeys", "fieldIds", "maxResults", "nextPageToken"},
}

Fault = Response | Callable[[Request], Response]


@cache
def _text(name: str) -> str:
    return (FIXTURES / f"{name}.json").read_text()


def recorded(name: str) -> Any:
    """The content of a file of fixtures/jira, by its name without ending; a copy that may be changed."""
    return json.loads(_text(name))


def refusal(case: str) -> Response:
    """One of the refusals in refusals.json."""
    answer = recorded("refusals")[case]
    body = answer["body"]
    return Response(
        body if isinstance(body, str) else json.dumps(body),
        status=answer["status"],
        headers=answer["headers"],
    )


def _json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(content), status=status, headers=headers, content_type="application/json")


class JiraServer:
    """Answers below `/rest` of a pytest-httpserver.

    `fault` answers every call, `faults` those to a path. `page_size` caps the pages of issues and of changelogs.
    `calls` lists (path, body or query) of what was asked.
    """

    def __init__(self, server: HTTPServer, *, is_cloud: bool = True) -> None:
        self.server = server
        self.is_cloud = is_cloud
        self.page_size = 100
        self.fault: Fault | None = None
        self.faults: dict[str, Fault] = {}
        self.calls: list[tuple[str, Any]] = []
        self.info = recorded("server_info")["cloud" if is_cloud else "data_center"]
        self.configuration = recorded("board_configuration")
        self.boards = recorded("boards")["values"]
        self.fields = recorded("fields")
        self.jql = JQL
        self.statuses = {status["id"]: status for status in recorded("statuses")}
        self.issues: dict[str, dict[str, Any]] = {}
        self.histories: dict[str, list[dict[str, Any]]] = {}
        self._next_id, self._next_history = 10301, 20001
        server.expect_request(re.compile("/rest/.*")).respond_with_handler(self._handle)

    @property
    def base_url(self) -> str:
        """The address that a person would enter."""
        return self.server.url_for("/").rstrip("/")

    @property
    def api(self) -> str:
        """Where the platform's calls begin."""
        return "/rest/api/3" if self.is_cloud else "/rest/api/2"

    def config(self, **changes: Any) -> dict[str, Any]:
        """A working provider config for the board."""
        return {
            "base_url": self.base_url,
            "email": EMAIL if self.is_cloud else "",
            "token": TOKEN,
            "project_key": "",
            "board": str(BOARD),
        } | changes

    def asked(self, path: str) -> list[Any]:
        """What was asked of one path below `api`: bodies, or queries."""
        return [asked for called, asked in self.calls if called == f"{self.api}/{path}"]

    # --- what happens in Jira ---------------------------------------------------------------------

    def issue_add(
        self, title: str, *, status: str = "10000", at: str = "2026-11-02T08:00:00.000+0100"
    ) -> str:
        """Creates an issue and returns its id."""
        issue = recorded("issue_cloud" if self.is_cloud else "issue_data_center")
        issue_id = str(self._next_id)
        issue["id"], issue["key"] = issue_id, f"ONB-{self._next_id - 10300}"
        issue["fields"] |= {"summary": title, "created": at, "updated": at, "customfield_10021": None}
        self._next_id += 1
        self.issues[issue_id], self.histories[issue_id] = issue, []
        self._status_set(issue["fields"], status, at)
        return issue_id

    def move(self, issue_id: str, status: str, *, at: str) -> None:
        """Gives an issue another status, which its changelog tells."""
        fields = self.issues[issue_id]["fields"]
        before, after = fields["status"], self.statuses[status]
        self._log(
            issue_id,
            at,
            {"field": "status", "fieldtype": "jira", "fieldId": "status", "from": before["id"],
             "fromString": before["name"], "to": after["id"], "toString": after["name"]},
        )  # fmt: skip
        self._status_set(fields, status, at)

    def rename(self, issue_id: str, title: str, *, at: str) -> None:
        """Gives an issue another title."""
        fields = self.issues[issue_id]["fields"]
        self._log(
            issue_id,
            at,
            {"field": "summary", "fieldtype": "jira", "fieldId": "summary", "fromString": fields["summary"],
             "toString": title},
        )  # fmt: skip
        fields["summary"] = title

    def remove(self, issue_id: str) -> None:
        """Deletes an issue."""
        del self.issues[issue_id], self.histories[issue_id]

    def _status_set(self, fields: dict[str, Any], status: str, at: str) -> None:
        after = deepcopy(self.statuses[status])
        if self.is_cloud and after["statusCategory"] != fields["status"]["statusCategory"]:
            fields["statuscategorychangedate"] = at
        is_done = after["statusCategory"]["key"] == "done"
        fields |= {"status": after, "resolutiondate": at if is_done else None}

    def _log(self, issue_id: str, at: str, item: dict[str, Any]) -> None:
        author = recorded("changelogs")["values"]["values"][0]["author"]
        entry = {"id": str(self._next_history), "author": author, "created": at, "items": [item]}
        self._next_history += 1
        self.histories[issue_id].insert(0, entry)
        self.issues[issue_id]["fields"]["updated"] = at

    # --- what it answers --------------------------------------------------------------------------

    def _handle(self, request: Request) -> Response:
        asked = json.loads(request.get_data()) if request.method == "POST" else request.args.to_dict()
        self.calls.append((request.path, asked))
        fault = self.fault or self.faults.get(request.path)
        if fault is not None:
            return fault if isinstance(fault, Response) else fault(request)
        return self.answer(request)

    def answer(self, request: Request) -> Response:
        """The answer of a Jira that works."""
        path = request.path
        asked = json.loads(request.get_data()) if request.method == "POST" else request.args.to_dict()
        if path == "/rest/api/2/serverInfo":  # shown to anybody
            return _json(self.info)
        if not self._is_known(request):
            return self._answer_to_anybody(path)
        if path.startswith("/rest/agile/1.0/"):
            return self._agile(path.removeprefix("/rest/agile/1.0/"), asked)
        if not path.startswith(f"{self.api}/"):
            return Response("<html>", status=404, content_type="text/html")
        return self._platform(path.removeprefix(f"{self.api}/"), asked)

    def _is_known(self, request: Request) -> bool:
        given = request.headers.get("Authorization", "")
        if self.is_cloud:
            return given == "Basic " + base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        return given == f"Bearer {TOKEN}"

    def _answer_to_anybody(self, path: str) -> Response:
        """What Cloud does with a token that has expired: no refusal, but nothing to see either."""
        if path.endswith(("search/jql", "search")):
            headers = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
            return _json({"issues": [], "isLast": True, "total": 0}, headers=headers)
        return refusal("token")

    def _agile(self, path: str, asked: dict[str, Any]) -> Response:
        if path == "board":
            key = asked.get("projectKeyOrId")
            found = [
                board
                for board in self.boards
                if not key or board.get("location", {}).get("projectKey") == key
            ]
            if key and not found:
                return _json({"errorMessages": [f"No project could be found with key '{key}'."]}, 400)
            start, size = int(asked["startAt"]), min(int(asked["maxResults"]), 50)
            is_last = start + size >= len(found)
            return _json(
                {"maxResults": size, "startAt": start, "total": len(found), "isLast": is_last,
                 "values": found[start : start + size]}
            )  # fmt: skip
        if path == f"board/{BOARD}/configuration":
            return _json(self.configuration)
        return refusal("board")

    def _platform(self, path: str, asked: dict[str, Any]) -> Response:
        unknown = set(asked) - _BODIES.get(path, set(asked))
        if unknown:
            return _json({"errorMessages": [f"Unrecognized field {sorted(unknown)[0]}"]}, 400)
        single = re.fullmatch(r"issue/(\d+)/changelog", path)
        if path in {"myself", "status", "field"}:
            plain = {"accountId": "712020:aa11", "displayName": "A member", "timeZone": "Europe/Berlin"}
            return _json(
                {"myself": plain, "status": list(self.statuses.values()), "field": self.fields}[path]
            )
        if path == f"filter/{FILTER}":
            return _json({"id": FILTER, "name": "Onboarding", "jql": self.jql})
        if path.startswith("filter/"):
            return refusal("filter")
        if path == "search" and self.is_cloud:
            return refusal("removed")
        if path in {"search", "search/approximate-count", "search/jql"}:
            return self._search(path, asked)
        if self.is_cloud and path == "changelog/bulkfetch":
            return self._bulk(asked)
        if self.is_cloud and single and single[1] in self.issues:
            return self._single(single[1], asked)
        return _json({"errorMessages": ["null for uri"]}, 404)

    def _search(self, path: str, asked: dict[str, Any]) -> Response:
        named = re.fullmatch(r"issue in \(([\d, ]+)\) ORDER BY created ASC, key ASC", asked["jql"])
        restriction = self.jql.rpartition("ORDER BY")[0].strip() or 'created >= "1970-01-01"'
        if named:
            ids = [issue_id for issue_id in named[1].split(", ") if issue_id in self.issues]
        elif asked["jql"] == _STEADY.format(restriction):
            ids = list(self.issues)
        else:
            return refusal("jql")
        if path == "search/approximate-count":
            return _json({"count": len(ids)})
        # Without `fields` Cloud gives ids alone, and Data Center everything.
        wanted = asked.get("fields", [] if self.is_cloud else None)
        size = min(asked["maxResults"], self.page_size)
        start = int(asked.get("nextPageToken", "at-0").removeprefix("at-"))
        start = start if self.is_cloud else asked.get("startAt", 0)
        part = [self._issue(issue_id, wanted, asked) for issue_id in ids[start : start + size]]
        following = start + size
        if not self.is_cloud:
            return _json({"startAt": start, "maxResults": size, "total": len(ids), "issues": part})
        if following >= len(ids):
            return _json({"issues": part, "isLast": True})
        return _json({"issues": part, "nextPageToken": f"at-{following}", "isLast": False})

    def _issue(self, issue_id: str, wanted: list[str] | None, asked: dict[str, Any]) -> dict[str, Any]:
        issue = self.issues[issue_id]
        fields = {name: value for name, value in issue["fields"].items() if wanted is None or name in wanted}
        shown = {**issue, "fields": fields}
        if "changelog" in asked.get("expand", []):
            histories = self.histories[issue_id]
            shown["changelog"] = {"startAt": 0, "maxResults": len(histories), "total": len(histories),
                                  "histories": histories}  # fmt: skip
        return shown

    def _bulk(self, asked: dict[str, Any]) -> Response:
        if len(asked["issueIdsOrKeys"]) > 1000:
            return _json({"errorMessages": ["More than 1000 issues were requested."]}, 400)
        entries = [
            (issue_id, entry)
            for issue_id in asked["issueIdsOrKeys"]
            for entry in self.histories.get(issue_id, [])
            if any(item["fieldId"] in asked["fieldIds"] for item in entry["items"])
        ]
        size = min(asked["maxResults"], self.page_size)
        start = int(asked.get("nextPageToken", "log-0").removeprefix("log-"))
        logs = [
            {"issueId": issue_id, "changeHistories": [entry]}
            for issue_id, entry in entries[start : start + size]
        ]
        more = {"nextPageToken": f"log-{start + size}"} if start + size < len(entries) else {}
        return _json({"issueChangeLogs": logs, **more})

    def _single(self, issue_id: str, asked: dict[str, Any]) -> Response:
        values = self.histories[issue_id][::-1]
        start, size = int(asked["startAt"]), min(int(asked["maxResults"]), self.page_size)
        return _json(
            {"startAt": start, "maxResults": size, "total": len(values), "isLast": start + size >= len(values),
             "values": values[start : start + size]}
        )  # fmt: skip
