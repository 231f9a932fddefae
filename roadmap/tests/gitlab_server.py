"""A GitLab that speaks real HTTP on 127.0.0.1: one project with one board, changed as people would.

    gitlab = GitLabServer(httpserver)                  # pytest-httpserver's fixture
    provider = GitLabProvider(gitlab.config())         # the setting OUTGOING_ALLOWED_HOSTS must allow 127.0.0.1
    gitlab.issue_move(1, "workflow::doing")            # with the events that GitLab would write
    gitlab.fault = Response("", status=503)            # until set back to None

The token, filters, pages of at most 100 and their headers are honoured as by the real one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from roadmap.tests.payloads import payload, refusal

fixture_load = partial(payload, "gitlab")
error_answer = partial(refusal, "gitlab")
TOKEN = "planted-secret-8472"
PROJECT, GROUP, BOARD = 5, 9, 1


class GitLabServer:
    """Answers `/api/v4/…` of a pytest-httpserver.

    `answers` replaces the answer of a path below the API; `fault` answers every call. `calls` lists what was asked as
    (path below the API, parameters). `paging` is how the next page is told: "page" (all of GitLab's headers), "link"
    (only the link, by key), "none" (a proxy dropped them). `link_host` is the address that links are written with.
    """

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.board: dict[str, Any] = fixture_load("board")
        self.issues: list[dict[str, Any]] = fixture_load("issues")
        self.label_events: dict[str, list[dict[str, Any]]] = fixture_load("label_events")
        self.state_events: dict[str, list[dict[str, Any]]] = fixture_load("state_events")
        self.now = datetime(2026, 11, 9, 6, 0, tzinfo=UTC)
        self.paging = "page"
        self.link_host = "https://inside.example.org"
        self.fault: Response | Callable[[Request], Response] | None = None
        self.answers: dict[str, Any] = {}
        self.calls: list[tuple[str, dict[str, str]]] = []
        self._events = 5000
        server.expect_request(re.compile("/.*")).respond_with_handler(self._handle)

    @property
    def base_url(self) -> str:
        """The address that a person would enter."""
        return self.server.url_for("/").rstrip("/")

    def config(self, **changes: Any) -> dict[str, Any]:
        """A working provider config for the board of the project."""
        return {
            "base_url": self.base_url,
            "path": "onboarding/app",
            "token": TOKEN,
            "board": f"projects/{PROJECT}/boards/{BOARD}",
        } | changes

    def asked(self, last: str) -> list[str]:
        """The paths that were asked and end so."""
        return [path for path, _ in self.calls if path.endswith(last)]

    # --- what people do ---------------------------------------------------------------------------

    def issue(self, iid: int) -> dict[str, Any]:
        """The issue of this number."""
        return next(item for item in self.issues if item["iid"] == iid)

    def issue_create(self, title: str, *labels: str, **fields: Any) -> dict[str, Any]:
        """A new issue, perhaps with labels from the start."""
        self._tick()
        iid = max((item["iid"] for item in self.issues), default=0) + 1
        stamp = _stamp(self.now)
        made = fixture_load("issues")[1] | {
            "id": 9000 + iid,
            "iid": iid,
            "title": title,
            "labels": [],
            "created_at": stamp,
            "updated_at": stamp,
            "references": {
                "short": f"#{iid}",
                "relative": f"#{iid}",
                "full": f"onboarding/app#{iid}",
            },
        }
        self.issues.append(made | fields)
        self.label_events[str(iid)], self.state_events[str(iid)] = [], []
        for name in labels:
            self._label(self.issues[-1], name, "add")
        return self.issues[-1]

    def issue_move(self, iid: int, label: str | None) -> None:
        """Drags an issue to the list of `label`, None for Open: one label off and another on, in one act."""
        self._tick()
        issue = self.issue(iid)
        of_lists = {item["label"]["name"] for item in self.board["lists"] if item.get("label")}
        for name in [item["name"] for item in issue["labels"] if item["name"] in of_lists - {label}]:
            self._label(issue, name, "remove")
        if label:
            self._label(issue, label, "add")

    def issue_label(self, iid: int, label: str, action: str = "add") -> None:
        """Puts a label on or takes it off, whatever list it has."""
        self._tick()
        self._label(self.issue(iid), label, action)

    def issue_close(self, iid: int) -> None:
        """Closes an issue; its labels stay."""
        self._state(iid, "closed")

    def issue_reopen(self, iid: int) -> None:
        """Opens it again."""
        self._state(iid, "reopened")

    def issue_change(self, iid: int, **fields: Any) -> None:
        """Changes fields as the issue's page does."""
        self._tick()
        self.issue(iid).update(fields, updated_at=_stamp(self.now))

    def issue_delete(self, iid: int) -> None:
        """Gone for ever, with its events."""
        self.issues.remove(self.issue(iid))

    def list_add(self, label_id: int, name: str) -> dict[str, Any]:
        """A list at the right end, for a label that is new."""
        made = {
            "id": 300 + label_id,
            "label": {"id": label_id, "name": name, "color": "#5CB85C"},
            "position": len(self.board["lists"]),
            "max_issue_count": 0,
        }
        self.board["lists"].append(made)
        return made

    def label_rename(self, old: str, new: str) -> None:
        """A label under another name everywhere, as GitLab does it; events keep the id."""
        everywhere = [
            *(item["label"] for item in self.board["lists"]),
            *(label for issue in self.issues for label in issue["labels"]),
            *(event["label"] for events in self.label_events.values() for event in events),
        ]
        for label in everywhere:
            if label["name"] == old:
                label["name"] = new

    def issues_many(self, count: int) -> None:
        """A board without lists by label and so many issues, every second one closed."""
        self.board["lists"] = []
        self.issues, self.label_events, self.state_events = [], {}, {}
        for number in range(count):
            self.issue_create(f"Issue {number}")
            if number % 2:
                self.issue_close(number + 1)

    def _tick(self) -> None:
        self.now += timedelta(minutes=1)

    def _label(self, issue: dict[str, Any], name: str, action: str) -> None:
        known = [
            *(item["label"] for item in self.board["lists"] if item.get("label")),
            *(label for other in self.issues for label in other["labels"]),
        ]
        label = next((item for item in known if item["name"] == name), None) or {"id": 990, "name": name}
        issue["labels"] = [item for item in issue["labels"] if item["name"] != name]
        if action == "add":
            issue["labels"].append(dict(label))
        issue["updated_at"] = _stamp(self.now)
        self.label_events[str(issue["iid"])].append(
            self._event() | {"resource_id": issue["id"], "label": dict(label), "action": action}
        )

    def _state(self, iid: int, state: str) -> None:
        self._tick()
        issue = self.issue(iid)
        closed = state == "closed"
        issue.update(
            state="closed" if closed else "opened",
            closed_at=_stamp(self.now) if closed else None,
            updated_at=_stamp(self.now),
        )
        self.state_events[str(iid)].append(self._event() | {"resource_id": issue["id"], "state": state})

    def _event(self) -> dict[str, Any]:
        self._events += 1
        return {"id": self._events, "created_at": _stamp(self.now), "resource_type": "Issue"}

    # --- how it answers ---------------------------------------------------------------------------

    def _handle(self, request: Request) -> Response:
        self.calls.append((request.path.removeprefix("/api/v4/"), request.args.to_dict()))
        if self.fault is None:
            return self.answer(request)
        return self.fault if isinstance(self.fault, Response) else self.fault(request)

    def answer(self, request: Request) -> Response:
        """The answer of a GitLab that works."""
        if not request.path.startswith("/api/v4/"):
            return error_answer("no such page")
        if request.headers.get("PRIVATE-TOKEN") != TOKEN:
            return error_answer("wrong token")
        path = request.path.removeprefix("/api/v4/")
        content = self.answers[path] if path in self.answers else self._content(path, request.args.to_dict())
        if content is None:
            return error_answer("not found")
        if isinstance(content, Response):
            return content
        return self._page(request, content) if isinstance(content, list) else _json(content)

    def _content(self, path: str, params: dict[str, str]) -> Any:
        if path in {"projects/onboarding/app", f"projects/{PROJECT}"}:
            return fixture_load("project")
        if path in {"groups/onboarding", f"groups/{GROUP}"}:
            return fixture_load("group")
        if path in {f"projects/{PROJECT}/boards", f"groups/{GROUP}/boards"}:
            return [self.board]
        if path in {f"projects/{PROJECT}/boards/{BOARD}", f"groups/{GROUP}/boards/{BOARD}"}:
            return self.board
        if path in {f"projects/{PROJECT}/issues", f"groups/{GROUP}/issues"}:
            issues = self._issues(params)
            return issues if path.startswith("projects") else [
                item | {"references": item["references"] | {"relative": f"app#{item['iid']}"}} for item in issues
            ]  # fmt: skip
        match = re.fullmatch(rf"projects/{PROJECT}/issues/(\d+)/resource_(label|state)_events", path)
        if match and any(str(item["iid"]) == match[1] for item in self.issues):
            return (self.label_events if match[2] == "label" else self.state_events)[match[1]]
        return None

    def _issues(self, params: dict[str, str]) -> list[dict[str, Any]]:
        # Without these GitLab gives the token's own issues, open ones, and names of labels only.
        if params.get("scope") != "all" or params.get("state") != "all":
            return []
        found = [item for item in self.issues if _passes(item, params)]
        found.sort(key=lambda item: str(item["created_at"]), reverse=params.get("sort") != "asc")
        if params.get("with_labels_details") == "true":
            return found
        return [item | {"labels": [label["name"] for label in item["labels"]]} for item in found]

    def _page(self, request: Request, content: list[Any]) -> Response:
        size = min(int(request.args.get("per_page", 20)), 100)
        place = int(request.args.get("page", request.args.get("cursor", 1)))
        answer = _json(content[(place - 1) * size : place * size])
        more = place * size < len(content)
        if self.paging == "none":
            return answer
        key = "page" if self.paging == "page" else "cursor"
        query = urlencode(request.args.to_dict() | {key: place + 1})
        links = [f'<{self.link_host}{request.path}?per_page={size}>; rel="first"']
        if more:
            links.insert(0, f'<{self.link_host}{request.path}?{query}>; rel="next"')
        answer.headers["Link"] = ", ".join(links)
        if self.paging == "page":
            answer.headers["X-Next-Page"] = str(place + 1) if more else ""
            answer.headers["X-Total"] = str(len(content))
        return answer


def _passes(issue: dict[str, Any], params: dict[str, str]) -> bool:
    wanted = [name for name in params.get("labels", "").split(",") if name]
    milestone = (issue.get("milestone") or {}).get("title")
    return (
        {*wanted} <= {label["name"] for label in issue["labels"]}
        and params.get("milestone", milestone) == milestone
        and params.get("weight", str(issue.get("weight"))) == str(issue.get("weight"))
        and (
            "assignee_id" not in params
            or params["assignee_id"] in {str(person["id"]) for person in issue["assignees"]}
        )
    )


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _json(content: Any) -> Response:
    return Response(json.dumps(content), content_type="application/json")
