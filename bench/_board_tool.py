"""A board tool for the bench, in a process of its own: Kanboard's API over HTTP for any number of made-up projects.

    python bench/_board_tool.py CARDS PORT

Week 1 is what a project has at first; `POST /week2` lets five cards in a hundred move on, in every project.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COLUMNS = ("Prioritised Opportunities", "In Validation", "To Build", "In Progress", "Released", "Verified")
BEGUN = 1_795_357_306
WEEK = 7 * 86_400
CHANGED_OF_100 = 5


class Tool:
    """Answers by method, the same for a project and week every time."""

    def __init__(self, cards: int) -> None:
        self.cards = cards
        self.week = 1

    def result(self, method: str, params: dict[str, Any]) -> Any:
        project = int(params.get("project_id") or 0)
        answers: dict[str, Any] = {
            "getVersion": "1.2.40",
            "getProjectById": {"id": project, "name": f"Project {project}", "is_active": 1},
            "getAllCategories": [],
            "getProjectActivity": [],
            "getActiveSwimlanes": [{"id": 1, "name": "Default swimlane", "position": 1, "is_active": 1}],
            "getColumns": [self._column(number) for number in range(len(COLUMNS))],
        }
        if method == "getBoard":
            columns = [
                self._column(number) | {"tasks": self._tasks(project, number)}
                for number in range(len(COLUMNS))
            ]
            return [{"id": 1, "name": "Default swimlane", "position": 1, "columns": columns}]
        if method == "getAllTasks":
            if params["status_id"] != 1:
                return []
            return [task for number in range(len(COLUMNS)) for task in self._tasks(project, number)]
        return answers[method]

    @staticmethod
    def _column(number: int) -> dict[str, Any]:
        return {"id": number + 1, "title": COLUMNS[number], "position": number + 1, "task_limit": 0}

    def _tasks(self, project: int, column: int) -> list[dict[str, Any]]:
        return [
            task
            for number in range(self.cards)
            if (task := self._task(project, number))["column_id"] == column + 1
        ]

    def _task(self, project: int, number: int) -> dict[str, Any]:
        moved = self.week == 2 and number % 100 < CHANGED_OF_100
        place = (number + moved) % len(COLUMNS)
        at = BEGUN + WEEK if moved else BEGUN
        return {
            "id": project * 100_000 + number, "title": f"Piece of work {number} of project {project}",
            "description": f"Metric: metric-{number % 50}\nWhat the customer sees of it, in a few words.",
            "date_creation": BEGUN, "date_modification": at, "date_moved": at, "date_completed": None,
            "date_due": 0, "date_started": 0, "project_id": project, "column_id": place + 1, "swimlane_id": 1,
            "owner_id": number % 7, "position": number, "is_active": 1, "score": number % 5, "category_id": 0,
            "priority": number % 3, "reference": f"B-{number}", "tags": [{"id": 1, "name": "customer"}],
        }  # fmt: skip


def handler_of(tool: Tool) -> type[BaseHTTPRequestHandler]:
    """The HTTP side of `tool`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            if self.path == "/week2":
                tool.week = 2
                answer = b"{}"
            else:
                answer = json.dumps(
                    [
                        {
                            "jsonrpc": "2.0",
                            "id": call["id"],
                            "result": tool.result(call["method"], call["params"]),
                        }
                        for call in json.loads(body)
                    ]
                ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            """Quiet: thousands of calls."""

    return Handler


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), handler_of(Tool(int(sys.argv[1])))).serve_forever()
