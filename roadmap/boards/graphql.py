"""What the tools that speak GraphQL have in common (https://spec.graphql.org/).

Failures stand in `errors` of the body, often under status 200 and sometimes beside data that is good; a rate limit may
be named only there. A page that costs the tool too much is answered by nothing at all, and a smaller one goes through.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from common.errors import ApplicationError, PermanentError, TransientError
from common.http import HttpClient, HttpResponse, NoAnswerError, StatusError
from roadmap.boards.paging import MAX_PAGES, pages

Cursor = TypeVar("Cursor", bound=Hashable)
Page = TypeVar("Page")

SMALLEST_PAGE = 5
_RATE_CODES = frozenset({"RATE_LIMITED", "RATELIMITED"})
_RATE_CODES_WRITTEN = tuple(f'"{code}"'.encode() for code in _RATE_CODES)
# What a server says to a question with a name that it does not know, in the two common servers' words.
_NAME_CODES = frozenset(
    {"undefinedField", "undefinedType", "argumentLiteralsIncompatible", "argumentNotAccepted",
     "GRAPHQL_VALIDATION_FAILED"}
)  # fmt: skip
_HEAVY_CODES = frozenset({"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"})
_HEAVY_WORDS = (
    "something went wrong while executing your query",
    "query too complex",
    "too complex",
    "timedout",
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of `errors`: the tool's words, its code for the kind, and where in the data it belongs."""

    message: str
    code: str
    path: tuple[str | int, ...]

    def is_below(self, *path: str) -> bool:
        """True when it is about one entry of the list at `path`, not about the list itself."""
        return self.path[: len(path)] == path and len(self.path) > len(path)


@dataclass(frozen=True, slots=True)
class Answer:
    """The data of an answer, and the problems that came beside it."""

    data: Mapping[str, Any]
    problems: tuple[Problem, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class NameUnknownError(PermanentError):
    """The server is too old, or too new, for a question; some can be done without."""


class UnexplainedError(TransientError):
    """The tool could not answer, for a reason that the provider has no sentence for."""


class GraphqlClient:
    """Asks one tool. `explain` gives the provider's sentence for a problem, or None where it has none."""

    def __init__(
        self, http: HttpClient, *, tool: str, explain: Callable[[Problem, str], ApplicationError | None]
    ) -> None:
        self.http = http
        self.tool = tool
        self._explain = explain

    def ask(self, query: str, variables: Mapping[str, Any] | None = None, *, is_page: bool = False) -> Answer:
        """The answer, possibly with problems beside its data: what may be missing is the caller's to say.

        `is_page` leaves the repeats of an unanswered question to `pages_shrinking`, which asks for less. Raises
        StatusError for a refusal without `errors`, what `explain` gives for one with them, NoAnswerError where a
        smaller question may help, and PermanentError or TransientError as `HttpClient.request`.
        """
        try:
            response = self.http.post_json(
                body={"query": query, "variables": dict(variables or {})}, safe=not is_page
            )
        except StatusError as error:
            problems = problems_read(_json_or_none(error.response))
            if problems:
                raise self.error_of(problems) from None
            raise
        content = response.json()
        problems = problems_read(content)
        data = content.get("data") if isinstance(content, dict) else None
        if isinstance(data, dict) and any(value is not None for value in data.values()):
            return Answer(data=data, problems=problems, headers=response.headers)
        if problems:
            raise self.error_of(problems)
        if isinstance(data, dict):
            return Answer(data=data, headers=response.headers)
        raise self.unknown_shape()

    def require_only_below(self, answer: Answer, *path: str) -> None:
        """Raises the first problem that is not about one entry of the list at `path`."""
        beyond = [problem for problem in answer.problems if not problem.is_below(*path)]
        if beyond:
            raise self.error_of(beyond)

    def error_of(self, problems: Sequence[Problem]) -> ApplicationError:
        """What to raise for `problems`: the provider's own sentence where it has one."""
        for problem in problems:
            words = self.http.scrub(problem.message)[:200].rstrip(". ") or "no reason given"
            explained = self._explain(problem, words)
            if explained is not None:
                return explained
        first = problems[0]
        words = self.http.scrub(first.message)[:200].rstrip(". ") or "no reason given"
        if first.code in _HEAVY_CODES or any(text in first.message.lower() for text in _HEAVY_WORDS):
            return NoAnswerError(f"{self.tool} gave up on so large a question: {words}. Try again later.")
        if first.code in _NAME_CODES:
            return NameUnknownError(
                f"{self.tool} does not know something that Bearing asks for: {words}. If it is your own server, update "
                "it; otherwise tell whoever runs Bearing."
            )
        return UnexplainedError(
            f"{self.tool} could not answer: {words}. Try again; if it stays, see its status page."
        )

    def unknown_shape(self) -> PermanentError:
        """For an answer that is not what the tool's documentation promises."""
        return PermanentError(
            f"{self.tool} answered in a shape that this version of Bearing does not know. Check the address, and tell "
            "whoever runs Bearing."
        )

    def connection(self, value: Any) -> tuple[list[Any], str | None]:
        """The entries of one page of a list, and where the next page begins (None after the last).

        Raises PermanentError when it is no list: taken for an empty one, it would make every card vanish.
        """
        try:
            entries, info = value["nodes"], value["pageInfo"]
            more, cursor = info["hasNextPage"], info.get("endCursor")
        except (KeyError, TypeError, AttributeError):
            raise self.unknown_shape() from None
        if not isinstance(entries, list) or not isinstance(more, bool):
            raise self.unknown_shape()
        if not more:
            return entries, None
        if not isinstance(cursor, str) or not cursor:
            raise self.unknown_shape()
        return entries, cursor


def pages_shrinking(
    read: Callable[[Cursor | None, int], tuple[Page, Cursor | None]],
    *,
    host: str,
    first: int,
    limit: int = MAX_PAGES,
) -> Iterator[Page]:
    """As `paging.pages`, where `read` also gets how many entries to ask for, at first `first`.

    A page that the tool could not answer is asked for again from the same place with half as many, and so are those
    after it. NoAnswerError when not even a handful goes through.
    """
    size = first

    def read_smaller(cursor: Cursor | None) -> tuple[Page, Cursor | None]:
        nonlocal size
        while True:
            try:
                return read(cursor, size)
            except NoAnswerError:
                if size <= SMALLEST_PAGE:
                    raise
                size = max(SMALLEST_PAGE, size // 2)

    return pages(read_smaller, host=host, limit=limit)


def is_rate_limited(response: HttpResponse) -> bool:
    """True for an answer whose body says that it is about the rate of calls: for `HttpClient(is_rate_limit=…)`."""
    if response.status < 300:
        # Every good page comes through here: look before parsing it a second time.
        if not any(code in response.body for code in _RATE_CODES_WRITTEN):
            return False
    elif response.status not in {400, 403}:
        return False
    content = _json_or_none(response)
    if any(problem.code in _RATE_CODES for problem in problems_read(content)):
        return True
    message = content.get("message") if isinstance(content, dict) else None
    words = message.lower() if response.status == 403 and isinstance(message, str) else ""
    # The second is what older Enterprise Servers call it.
    return "rate limit" in words or "abuse detection" in words


def problems_read(content: Any) -> tuple[Problem, ...]:
    """The entries of `errors`, in whatever of the usual shapes; () where there are none."""
    errors = content.get("errors") if isinstance(content, dict) else None
    if not errors:
        return ()
    return tuple(_problem(error) for error in (errors if isinstance(errors, list) else [errors]))


def _problem(error: Any) -> Problem:
    if not isinstance(error, dict):
        return Problem(message=str(error), code="", path=())
    extensions = error.get("extensions")
    extensions = extensions if isinstance(extensions, dict) else {}
    path = error.get("path")
    return Problem(
        message=str(extensions.get("userPresentableMessage") or error.get("message") or ""),
        code=str(error.get("type") or extensions.get("code") or ""),
        path=tuple(step for step in path if isinstance(step, str | int)) if isinstance(path, list) else (),
    )


def _json_or_none(response: HttpResponse) -> Any:
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        return None


# --- values -------------------------------------------------------------------------------------------


def text_of(value: Any) -> str:
    """`value` when it is text, without blanks around it; "" for anything else, which must not become a word."""
    return value.strip() if isinstance(value, str) else ""


def moment_of(value: Any) -> datetime | None:
    """A moment written in ISO 8601 with its zone; None for anything else."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def day_of(value: Any) -> date | None:
    """A day written in ISO 8601; None for anything else."""
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def number_of(value: Any) -> Decimal | None:
    """A finite number as it was written; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() else None
