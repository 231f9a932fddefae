"""A server that stands before a tool's own and spoils its answers, whichever tool it is.

    faults = FaultServer(second_httpserver, tool=case.config()["base_url"])
    config = case.config() | {"base_url": faults.base_url}
    faults.fault = status(503)            # until set back to None
    faults.first = 4                      # only from the fourth call on

A fault gets the request and a way to the tool's good answer, so that it can cut, repeat or falsify it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

Good = Callable[[], Response]
Fault = Callable[[Request, Good], Response]
_OWN = {"content-length", "transfer-encoding", "connection", "content-encoding", "date", "server", "host"}


class FaultServer:
    """Hands every call on to the tool at `tool`; `calls` counts them."""

    def __init__(self, server: HTTPServer, *, tool: str) -> None:
        self.server = server
        self.tool = urlsplit(tool)
        self.fault: Fault | None = None
        self.first = 1
        self.calls = 0
        self.paths: list[str] = []
        server.expect_request(re.compile("/.*")).respond_with_handler(self._handle)

    @property
    def base_url(self) -> str:
        """The tool's address, but here."""
        return self.server.url_for(self.tool.path or "/").rstrip("/")

    def reset(self) -> None:
        """Counts anew and answers well."""
        self.fault, self.first, self.calls = None, 1, 0

    def _handle(self, request: Request) -> Response:
        self.calls += 1
        self.paths.append(request.path)
        if self.fault is None or self.calls < self.first:
            return self._good(request)
        return self.fault(request, lambda: self._good(request))

    def _good(self, request: Request) -> Response:
        """The tool's answer, with its links leading here."""
        here = f"{self.server.host}:{self.server.port}"
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                request.method,
                f"{self.tool.scheme}://{self.tool.netloc}{request.full_path}",
                data=request.get_data(),
                headers={name: value for name, value in request.headers if name.lower() not in _OWN},
                timeout=10,
                allow_redirects=False,
            )

        def led_here(text: str) -> str:
            return re.sub(rf"(?:127\.0\.0\.1|localhost):{self.tool.port}", here, text)

        return Response(
            led_here(answer.text),
            status=answer.status_code,
            headers=[
                (name, led_here(value)) for name, value in answer.headers.items() if name.lower() not in _OWN
            ],
        )


# --- faults ---------------------------------------------------------------------------------------


def status(code: int, **headers: str) -> Fault:
    """An empty refusal; `_` in a header's name stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, good: Response("", status=code, headers=named)


def too_many(seconds: int, how: str) -> Fault:
    """A 429 that asks for a wait of so many seconds, written in one of the ways in use."""

    def answer(request: Request, good: Good) -> Response:
        end = datetime.now(UTC) + timedelta(seconds=seconds)
        written = {
            "seconds": {"Retry-After": str(seconds)},
            "HTTP date": {"Retry-After": format_datetime(end, usegmt=True)},
            "epoch seconds": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(end.timestamp()))},
            "epoch milliseconds": {
                "X-RateLimit-Requests-Remaining": "0",
                "X-RateLimit-Requests-Reset": str(int(end.timestamp() * 1000)),
            },
            "ISO date": {
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": end.isoformat(timespec="seconds").replace("+00:00", "Z"),
            },
        }
        return Response("", status=429, headers=written[how])

    return answer


def page(code: int) -> Fault:
    """A web page to sign in, in place of data."""
    html = "<!DOCTYPE html><title>Sign in</title><form>…</form>"
    return lambda request, good: Response(html, status=code, content_type="text/html; charset=utf-8")


def truncated(request: Request, good: Good) -> Response:
    """The first half of the good answer, as if it were whole."""
    answer = good()
    answer.set_data(answer.get_data()[: len(answer.get_data()) // 2])
    return answer


def broken_off(request: Request, good: Good) -> Response:
    """The first half of the good answer; then the connection ends."""
    answer = good()
    body = answer.get_data()
    answer.set_data(body[: len(body) // 2])
    answer.headers["Content-Length"] = str(len(body))
    return answer


def redirect(target: str) -> Fault:
    """Sends the call to another address."""
    return lambda request, good: Response("", status=302, headers={"Location": target})


class Oversized:
    """A body of so many bytes that is made only as it is read; `sent` counts what went out."""

    def __init__(self, size: int = 200 * 1024 * 1024) -> None:
        self.size = size
        self.sent = 0

    def __call__(self, request: Request, good: Good) -> Response:
        return Response(self._stream(), content_type="application/json")

    def _stream(self) -> Iterator[bytes]:
        chunk = b" " * (256 * 1024)
        while self.sent < self.size:
            self.sent += len(chunk)
            yield chunk


class Repeated:
    """Once a question was answered, every later page of it is that answer again, with its place to go on from."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[bytes, list[tuple[str, str]]]] = {}

    def __call__(self, request: Request, good: Good) -> Response:
        # All questions of a GraphQL tool go to one path.
        asked = json.loads(request.get_data())["query"] if request.path.endswith("graphql") else ""
        key = f"{request.method} {request.path} {asked}"
        if key not in self._answers:
            answer = good()
            self._answers[key] = answer.get_data(), list(answer.headers.items())
        body, headers = self._answers[key]
        return Response(body, headers=[item for item in headers if item[0].lower() not in _OWN])


def halved(request: Request, good: Good) -> Response:
    """The good answer, but every longer list in it ends in its middle, as if there were no more."""
    answer = good()
    answer.set_data(json.dumps(_halved(json.loads(answer.get_data()))))
    return answer


def _halved(value: Any) -> Any:
    if isinstance(value, list):
        kept = value[: len(value) // 2] if len(value) > 20 else value
        return [_halved(item) for item in kept]
    return {name: _halved(item) for name, item in value.items()} if isinstance(value, dict) else value


class Endless(Repeated):
    """A list of cards that goes on for ever: each page has new ones, and a new place to go on from."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = 0

    def __call__(self, request: Request, good: Good) -> Response:
        answer = super().__call__(request, good)
        self.pages += 1
        if "Link" in answer.headers:  # GitLab
            following = int(request.args.get("page") or 1) + 1
            query = "&".join(f"{name}={value}" for name, value in request.args.items() if name != "page")
            answer.headers["Link"] = f'<{request.base_url}?{query}&page={following}>; rel="next"'
            answer.headers["X-Next-Page"] = str(following)
        answer.set_data(json.dumps(self._endless(json.loads(answer.get_data()), request)))
        return answer

    def _endless(self, value: Any, request: Request) -> Any:
        if isinstance(value, list) and request.path.endswith(
            "/cards"
        ):  # Trello: full pages of older and older ids
            size = int(request.args["limit"])
            first = 2**94 - self.pages * size
            return (
                [{**value[0], "id": f"{first - number:024x}"} for number in range(size)] if value else value
            )
        if isinstance(value, list):
            return [self._endless(item, request) for item in value]
        if not isinstance(value, dict):
            return value
        value = {name: self._endless(item, request) for name, item in value.items()}
        if "hasNextPage" in value:  # GraphQL
            return value | {"hasNextPage": True, "endCursor": f"place-{self.pages}"}
        if "workItems" in value:  # Azure DevOps: its pages are queries for ids beyond the last one
            return value | {"workItems": [{"id": self.pages * 500 + number} for number in range(500)]}
        if "total_count" in value and "issues" in value:  # Redmine
            place = int(request.args.get("offset") or 0)
            pattern = value["issues"][0] if value["issues"] else {}
            rows = [{**pattern, "id": place + number + 1} for number in range(100)]
            return value | {"total_count": 10**6, "issues": rows}
        if "issues" in value and "isLast" in value:  # Jira Cloud
            return value | {"isLast": False, "nextPageToken": f"place-{self.pages}"}
        return value
