"""Kanboard, over its JSON-RPC API (https://docs.kanboard.org/v1/api/).

Three facts shape this file. The API hands out only the last 50 events of a project, and none for moves made by the
application user, so a card's older moves are seen between two reads. On SQLite Kanboard gives the id of a removed task
out again, so a card is its id and its time of creation. An unknown project is answered with status 200 and no result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django import forms

from common.display.values import plural
from common.errors import PermanentError, TransientError
from common.http import HttpClient, StatusError
from roadmap.boards.base import (
    CURSOR_KEY,
    BoardData,
    BoardProvider,
    CardData,
    CheckResult,
    History,
    Snapshot,
)
from roadmap.boards.fields import AddressField, SecretField
from roadmap.boards.kanboard_answers import KanboardAnswers, whole
from roadmap.boards.windows import Window

ENDPOINT = "jsonrpc.php"
APPLICATION_USER = "jsonrpc"
TAG_BATCH = 100  # with a person's token Kanboard checks the password once for every call of a batch
TAG_LIMIT = 500
ACTIVITY_LIMIT = 50  # events that Kanboard hands out, whatever is asked
_METHOD_NOT_FOUND = -32601
_INVALID_PARAMS = -32602

Call = tuple[str, dict[str, Any]]
_REFUSALS = {
    401: "{host} refused the user or the API token (401). Copy the token again from Kanboard, Settings → API.",
    403: (
        "{host} knows this user but does not let it read the project (403). Add the user to the project in Kanboard, "
        "or use the application's token."
    ),
}


class _MethodUnknownError(PermanentError):
    """The Kanboard asked is too old for a call; some calls can be done without."""


class _ForbiddenError(PermanentError):
    """The user is known but may not make a call; some calls can be done without."""


class KanboardForm(forms.Form):
    """Where Kanboard is, and as whom to read it."""

    base_url = AddressField(
        example="https://kanboard.example.org",
        help_text="The page where Kanboard opens.",
    )
    username = forms.CharField(
        label="User",
        max_length=200,
        initial=APPLICATION_USER,
        help_text="“jsonrpc” with the application's token, or a person's user name with their own token.",
    )
    token = SecretField(
        label="API token",
    )


class KanboardProvider(BoardProvider):
    """Reads one project of a Kanboard: its columns, open and closed tasks, tags, and last moves."""

    kind = "kanboard"
    label = "Kanboard"
    icon = "board"
    docs_url = "https://docs.kanboard.org/v1/api/authentication/"
    settings_form = KanboardForm
    secret_fields = frozenset({"token"})
    access_help = (
        "In Kanboard, Settings → API shows the application's token, which reads every project. For less, make a user "
        "who is Project Viewer in this project only, and take the token from their profile under API."
    )
    history = History.WINDOW

    def check(self) -> CheckResult:
        with self._client(quick=True) as client:
            if not self.board_external_id:
                version, projects = self._batch(client, [("getVersion", {}), (self._projects_method, {})])
                return CheckResult(title="Kanboard", version=str(version), boards_count=len(projects or []))
            version, project, columns = self._batch(
                client, [("getVersion", {}), self._call("getProjectById"), self._call("getColumns")]
            )
            self._project_require(project, columns)
            return CheckResult(title=str(project["name"]), version=str(version), columns_count=len(columns))

    def boards(self) -> list[BoardData]:
        with self._client(quick=True) as client:
            (projects,) = self._batch(client, [(self._projects_method, {})])
        found = [
            BoardData(
                external_id=str(project["id"]), name=str(project["name"]), url=self._board_url(project["id"])
            )
            for project in projects or []
            if str(project.get("is_active", 1)) != "0"
        ]
        return sorted(found, key=lambda board: board.name.casefold())

    def fetch(self, since: datetime | None = None) -> Snapshot:
        if not self.board_external_id:
            raise PermanentError("Choose the Kanboard project to read.", field="board")
        with self._client() as client:
            calls = [
                self._call("getProjectById"),
                self._call("getColumns"),
                self._call("getActiveSwimlanes"),
                self._call("getAllCategories"),
                self._call("getBoard"),
                self._call("getAllTasks", status_id=1),
                self._call("getAllTasks", status_id=0),
            ]
            project, columns, swimlanes, categories, board, opened, closed = self._batch(client, calls)
            self._project_require(project, columns)
            reading = KanboardAnswers.of(columns, swimlanes, categories, board, web_url=self._web_url)
            cards, broken = reading.cards(opened, closed)
            notes: list[str] = []
            if broken:
                notes.append(
                    f"{plural(broken, 'task')} without an id, a title or a time of creation left out."
                )
            cards, window = self._closed_labels(client, cards, since, notes)
            events = self._activity(client, notes)
            moves = reading.moves(events, cards)
            unknown = sum(1 for card in cards if card.column_external_id is None)
            if unknown:
                notes.append(
                    f"{plural(unknown, 'task')} in a column that Kanboard does not list: on no column."
                )
            return Snapshot(
                columns=reading.columns_data(),
                cards=tuple(cards),
                moves=tuple(moves),
                complete=not broken,
                notes=tuple(notes),
                requests_made=client.requests_made,
                cursor={"activity_id": self._last_event(events), **window.cursor()},
            )

    @property
    def _projects_method(self) -> str:
        # getAllProjects is forbidden to a person's token, getMyProjects unknown to the application user.
        return "getAllProjects" if self._username == APPLICATION_USER else "getMyProjects"

    @property
    def _username(self) -> str:
        return str(self.config.get("username") or APPLICATION_USER)

    @property
    def _web_url(self) -> str:
        return str(self.config.get("base_url") or "").rstrip("/").removesuffix(ENDPOINT).rstrip("/")

    def _board_url(self, project_id: Any) -> str:
        return f"{self._web_url}/?controller=BoardViewController&action=show&project_id={project_id}"

    def _client(self, *, quick: bool = False) -> HttpClient:
        return self.client(
            f"{self._web_url}/{ENDPOINT}",
            auth=(self._username, str(self.config.get("token") or "")),
            quick=quick,
        )

    def _call(self, method: str, **params: Any) -> Call:
        try:
            project_id = int(self.board_external_id)
        except ValueError:
            raise PermanentError(
                "A Kanboard project is named by its number. Choose it from the list.", field="board"
            ) from None
        return method, {"project_id": project_id, **params}

    def _batch(self, client: HttpClient, calls: Sequence[Call]) -> list[Any]:
        """The results of several calls in one request, in their order."""
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(calls, start=1)
        ]
        try:
            answer = client.post_json(body=body, safe=True).json()
        except StatusError as error:
            raise self._refused(error) from None
        if isinstance(answer, dict):  # one error for the whole batch, such as a parse error
            self._result(client, answer, "the call")
            answer = [answer]
        by_id = (
            {item.get("id"): item for item in answer if isinstance(item, dict)}
            if isinstance(answer, list)
            else {}
        )
        if any(number not in by_id for number in range(1, len(calls) + 1)):
            raise TransientError(f"{client.host} left part of the question unanswered. Try again.")
        return [self._result(client, by_id[number], call[0]) for number, call in enumerate(calls, start=1)]

    def _result(self, client: HttpClient, item: Mapping[str, Any], method: str) -> Any:
        error = item.get("error")
        if error is None:
            return item.get("result")
        error = error if isinstance(error, dict) else {}
        code = error.get("code")
        if code == _METHOD_NOT_FOUND:
            raise _MethodUnknownError(
                f"The Kanboard at {client.host} does not know {method}. It is too old: update it to 1.2 or newer."
            )
        if code in _REFUSALS:
            raise _refusal(code, client.host)
        words = client.scrub(str(error.get("data") or error.get("message") or "no reason given"))[:200]
        if code == _INVALID_PARAMS:
            raise PermanentError(f"Kanboard does not accept {method} as Bearing sends it: {words}.")
        raise TransientError(
            f"Kanboard could not answer {method}: {words}. Try again; if it stays, see its log."
        )

    def _refused(self, error: StatusError) -> PermanentError:
        host = error.response.host
        if error.status in _REFUSALS:
            return _refusal(error.status, host)
        if error.status in {404, 405, 410}:
            return PermanentError(
                f"There is no Kanboard API at this address ({host} answers {error.status}). Enter the page where "
                f"Kanboard opens; its API is {ENDPOINT} below it.",
                field="base_url",
            )
        return error

    def _project_require(self, project: Any, columns: Any) -> None:
        if not isinstance(project, dict):
            raise PermanentError(
                f"Kanboard shows no project {self.board_external_id} to this user. It was removed, or the user is not "
                "a member. Choose a project from the list, or give the user access.",
                field="board",
            )
        if not columns:
            raise PermanentError(
                f"The project {project.get('name')} shows no columns. Check in Kanboard that its board exists."
            )

    def _closed_labels(
        self, client: HttpClient, cards: list[CardData], since: datetime | None, notes: list[str]
    ) -> tuple[list[CardData], Window]:
        """`getAllTasks` gives no tags, `getBoard` those of the tasks that it shows: ask for the others that changed.

        The latest changed come first; where there are too many for one read, the next one goes on with the rest.
        """
        window = Window.of(self.config.get(CURSOR_KEY), before=since)
        untold = [card for card in cards if card.labels is None]
        due = window.due(untold)
        asked = due[:TAG_LIMIT]
        labels: dict[str, tuple[str, ...]] = {}
        try:
            for start in range(0, len(asked), TAG_BATCH):
                part = asked[start : start + TAG_BATCH]
                results = self._batch(
                    client, [("getTaskTags", {"task_id": int(card.external_id)}) for card in part]
                )
                for card, tags in zip(part, results, strict=True):
                    # An empty PHP array arrives as [] instead of {}.
                    labels[card.identity] = (
                        tuple(str(name) for name in tags.values()) if isinstance(tags, dict) else ()
                    )
        except _MethodUnknownError:
            notes.append("This Kanboard does not tell the tags of closed tasks.")
            return cards, window
        if len(due) > len(asked):
            notes.append(
                f"The tags of {plural(len(due) - len(asked), 'closed task')}, changed longest ago, are not read yet: "
                f"one read takes at most {TAG_LIMIT}. The next one goes on with them."
            )
        filled = [
            replace(card, labels=labels[card.identity]) if card.identity in labels else card for card in cards
        ]
        return filled, window.after(untold, asked, whole=len(asked) == len(due), now=datetime.now(UTC))

    def _activity(self, client: HttpClient, notes: list[str]) -> list[dict[str, Any]]:
        """The newest events; a user who may not read them still gets the board."""
        try:
            (result,) = self._batch(client, [self._call("getProjectActivity")])
        except (_MethodUnknownError, _ForbiddenError):
            notes.append(
                "Kanboard does not show this user the project's activity; moves are seen between two reads."
            )
            return []
        events = (
            [event for event in result or [] if isinstance(event, dict)] if isinstance(result, list) else []
        )
        if len(events) >= ACTIVITY_LIMIT:
            oldest = min(whole(event.get("id")) for event in events)
            if not (before := self._activity_seen()):
                notes.append(
                    f"Kanboard tells its last {ACTIVITY_LIMIT} events only: of what was before them, only each card's "
                    "last move is known."
                )
            elif oldest > before + 1:
                notes.append(
                    f"More happened since the last read than Kanboard tells (its last {ACTIVITY_LIMIT} events): "
                    "earlier moves are known only from the cards' places in the two reads."
                )
        return events

    def _activity_seen(self) -> int:
        """The newest event of the last read, 0 when there was none."""
        cursor = self.config.get(CURSOR_KEY)
        return whole(cursor.get("activity_id")) if isinstance(cursor, dict) else 0

    def _last_event(self, events: Sequence[Mapping[str, Any]]) -> int:
        """The newest event that was ever seen; kept where the user may not see the activity any more."""
        return max([self._activity_seen(), *(whole(event.get("id")) for event in events)])


def _refusal(code: int, host: str) -> PermanentError:
    kind = _ForbiddenError if code == 403 else PermanentError
    return kind(_REFUSALS[code].format(host=host), field="token")
