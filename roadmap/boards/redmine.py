"""Redmine, over its REST API (https://www.redmine.org/projects/redmine/wiki/Rest_api).

Four facts shape this file. Redmine takes a wrong key for nobody and still shows what is public, so every read first
asks whose key it is. Refusals come with an empty body. A list is paged by its place, so an issue that is removed
meanwhile moves the others forward: pages overlap by one issue, which shows it. An issue's moves stand in its journals,
one call an issue, so only the histories of changed issues are read, and a bounded number of them at once.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms

from common.display.values import plural
from common.errors import PermanentError, TransientError
from common.http import HttpClient, StatusError
from roadmap.boards.base import (
    CURSOR_KEY,
    BoardData,
    BoardProvider,
    CheckResult,
    History,
    MoveData,
    Since,
    Snapshot,
)
from roadmap.boards.fields import AddressField, SecretField
from roadmap.boards.paging import pages
from roadmap.boards.redmine_answers import UNKNOWN_SHAPE, IssuesRead, RedmineAnswers, rows_of, total_of
from roadmap.boards.windows import Window

PAGE = 100  # Redmine gives no more at once
READS = 3  # of a list that changes while it is read
# With one call of about a tenth of a second for each history, a read stays well within what a worker may take.
HISTORY_LIMIT = 500
HISTORY_TIME = 240.0
_ACTIVE = 1
# Another time zone or a slow clock there must not hide a change; reading a history twice does no harm.
_OVERLAP = timedelta(minutes=15)


class _ShiftedError(Exception):
    """An issue was removed while the list was read, so that another one may have slipped past."""


class RedmineForm(forms.Form):
    """Where Redmine is, and whose key reads it."""

    base_url = AddressField(
        example="https://redmine.example.org",
        help_text="The page where Redmine opens, not that of a project.",
    )
    token = SecretField(
        label="API access key",
        max_length=200,
    )


class RedmineProvider(BoardProvider):
    """Reads one project of a Redmine: its issues of every status, and their moves from the journals."""

    kind = "redmine"
    label = "Redmine"
    icon = "board"
    docs_url = "https://www.redmine.org/projects/redmine/wiki/Rest_api#Authentication"
    settings_form = RedmineForm
    secret_fields = frozenset({"token"})
    access_help = (
        "In Redmine, “My account” shows the API access key on its right side; an administrator must have switched on "
        "the REST web service under Administration → Settings → API. The least that is enough: a user who is member "
        "of this project in a role that may view issues, all of them, and nothing else."
    )
    history = History.FULL
    since = Since.EXACT

    def check(self) -> CheckResult:
        with self._client(quick=True) as client:
            self._key_check(client)
            if not self.board_external_id:
                answer = self._ask(client, "projects.json", {"limit": 1})
                return CheckResult(title="Redmine", boards_count=total_of(answer, "projects"))
            project = self._project(client)
            columns = self._statuses(client)
            answer = self._ask(client, "issues.json", self._issues_query() | {"limit": 1}, board=True)
            return CheckResult(
                title=str(project["name"]),
                columns_count=len(columns),
                cards_count=total_of(answer, "issues"),
            )

    def boards(self) -> list[BoardData]:
        with self._client(quick=True) as client:
            self._key_check(client)

            def read(offset: int | None) -> tuple[list[dict[str, Any]], int | None]:
                place = offset or 0
                answer = self._ask(client, "projects.json", {"limit": PAGE, "offset": place})
                rows, total = rows_of(answer, "projects"), total_of(answer, "projects")
                after = place + len(rows)
                return rows, after if rows and after < total else None

            projects = [project for page in pages(read, host=client.host) for project in page]
        found = [
            BoardData(
                external_id=str(project["id"]),
                name=_project_name(project),
                url=f"{self._web_url}/projects/{project.get('identifier') or project['id']}/issues",
            )
            for project in projects
            if project.get("id") and project.get("name") and project.get("status", _ACTIVE) == _ACTIVE
        ]
        return sorted(found, key=lambda board: board.name.casefold())

    def fetch(self, since: datetime | None = None) -> Snapshot:
        if not self.board_external_id:
            raise PermanentError("Choose the Redmine project to read.", field="board")
        with self._client() as client:
            self._key_check(client)
            project = self._project(client)
            reading = RedmineAnswers.of(
                self._statuses(client), self._trackers(client), web_url=self._web_url, project=project
            )
            issues = reading.issues(self._issues(client))
            notes: list[str] = []
            if issues.broken:
                notes.append(
                    f"{plural(issues.broken, 'issue')} without an id, a subject, a status or a time of creation left out."
                )
            unknown = sum(1 for card in issues.cards if card.column_external_id is None)
            if unknown:
                notes.append(
                    f"{plural(unknown, 'issue')} in a status that Redmine does not list: on no column."
                )
            moves, window = self._histories(client, reading, issues, since, notes)
            return Snapshot(
                columns=reading.columns_data(),
                cards=issues.cards,
                moves=tuple(sorted(moves, key=lambda move: (move.at, move.card_identity))),
                complete=not issues.broken,
                notes=tuple(notes),
                requests_made=client.requests_made,
                cursor=window.cursor(),
            )

    # --- calls ------------------------------------------------------------------------------------

    @property
    def _web_url(self) -> str:
        return str(self.config.get("base_url") or "").rstrip("/")

    def _client(self, *, quick: bool = False) -> HttpClient:
        token = str(self.config.get("token") or "").strip()
        return self.client(self._web_url, headers={"X-Redmine-API-Key": token}, quick=quick)

    def _ask(
        self,
        client: HttpClient,
        path: str,
        params: dict[str, str | int] | None = None,
        *,
        board: bool = False,
    ) -> dict[str, Any]:
        """One answer; `board` says that the call is about the chosen project, for the words of a refusal."""
        try:
            answer = client.get(path, params=params).json()
        except StatusError as error:
            raise self._refused(error, board=board) from None
        if not isinstance(answer, dict):
            raise PermanentError(UNKNOWN_SHAPE)
        return answer

    def _refused(self, error: StatusError, *, board: bool) -> PermanentError:
        host, number = error.response.host, self.board_external_id
        if error.status == 401:
            return PermanentError(
                f"{host} does not know this API access key (401). Copy it again from “My account” in Redmine.",
                field="token",
            )
        if board and error.status == 403:
            return PermanentError(
                f"{host} does not let this user see the issues of project {number} (403). It may be archived, have no "
                "issue tracking, or not count the user among its members. Give the user a role there that may view "
                "issues.",
                field="board",
            )
        if board and error.status in {404, 410}:
            return PermanentError(
                f"{host} has no project {number} ({error.status}): it was removed. Choose a project from the list.",
                field="board",
            )
        if error.status in {404, 405, 410}:
            return PermanentError(
                f"There is no Redmine at this address ({host} answers {error.status}). Enter the page where Redmine "
                "opens, without the project.",
                field="base_url",
            )
        return error

    def _key_check(self, client: HttpClient) -> None:
        """Refuses a key that is not known: Redmine would go on with what everybody may see, and cards would vanish."""
        try:
            answer = client.get("users/current.json").json()
        except StatusError as error:
            if error.status == 403:
                raise PermanentError(
                    f"{client.host} does not answer programs (403). An administrator of Redmine has to switch on the "
                    "REST web service, under Administration → Settings → API.",
                    field="base_url",
                ) from None
            raise self._refused(error, board=False) from None
        if not isinstance(answer, dict) or not isinstance(answer.get("user"), dict):
            raise PermanentError(UNKNOWN_SHAPE)

    def _project(self, client: HttpClient) -> dict[str, Any]:
        if not self.board_external_id.isascii() or not self.board_external_id.isdecimal():
            raise PermanentError(
                "A Redmine project is named by its number. Choose it from the list.", field="board"
            )
        project = self._ask(client, f"projects/{self.board_external_id}.json", board=True).get("project")
        if not isinstance(project, dict) or not project.get("name"):
            raise PermanentError(UNKNOWN_SHAPE)
        return project

    def _statuses(self, client: HttpClient) -> list[dict[str, Any]]:
        statuses = rows_of(self._ask(client, "issue_statuses.json"), "issue_statuses")
        if not statuses:
            raise PermanentError(
                f"{client.host} shows no issue statuses. Check in Redmine that there are some."
            )
        return statuses

    def _trackers(self, client: HttpClient) -> list[dict[str, Any]]:
        """They say in which status an issue begins; without them, more histories are read than need be."""
        try:
            return rows_of(client.get("trackers.json").json(), "trackers")
        except StatusError:
            return []

    # --- issues and their histories -----------------------------------------------------------------

    def _issues_query(self) -> dict[str, str | int]:
        return {
            "project_id": self.board_external_id,
            "subproject_id": "!*",  # a subproject is a board of its own
            "status_id": "*",  # left out, only open issues come
            "sort": "id",
            "include": "relations",
        }

    def _issues(self, client: HttpClient) -> list[dict[str, Any]]:
        for _ in range(READS):
            try:
                return self._issues_once(client)
            except _ShiftedError:
                continue
        raise TransientError(
            f"Issues were removed at {client.host} again and again while it was read. Try again in a few minutes."
        )

    def _issues_once(self, client: HttpClient) -> list[dict[str, Any]]:
        """Every issue, by id; _ShiftedError when one was removed meanwhile."""
        found: list[dict[str, Any]] = []

        def read(offset: int | None) -> tuple[list[dict[str, Any]], int | None]:
            place = offset or 0
            query = self._issues_query() | {"limit": PAGE, "offset": place}
            answer = self._ask(client, "issues.json", query, board=True)
            rows, total = rows_of(answer, "issues"), total_of(answer, "issues")
            if place:
                if not rows or rows[0].get("id") != found[-1].get("id"):
                    raise _ShiftedError
                rows = rows[1:]
            elif total and not rows:
                raise _ShiftedError
            found.extend(rows)
            more = len(found) < total
            if more and place and not rows:
                raise _ShiftedError
            return rows, len(found) - 1 if more else None

        for _page in pages(read, host=client.host):
            pass
        return found

    def _histories(
        self,
        client: HttpClient,
        reading: RedmineAnswers,
        issues: IssuesRead,
        since: datetime | None,
        notes: list[str],
    ) -> tuple[list[MoveData], Window]:
        """The moves of issues whose history is not known yet, the latest changed first; the rest wait for the next read."""
        window = Window.of(self.config.get(CURSOR_KEY), before=since - _OVERLAP if since else None)
        due = window.due([card for card in issues.cards if card.external_id not in issues.unmoved])
        moves: list[MoveData] = []
        refused = odd = done = 0
        started = time.monotonic()
        for card in due[:HISTORY_LIMIT]:
            if time.monotonic() - started > HISTORY_TIME:
                break
            done += 1
            try:
                answer = client.get(f"issues/{card.external_id}.json", params={"include": "journals"}).json()
            except StatusError as error:
                # Removed or made private since the list was read; any other refusal is about all of them.
                if error.status not in {403, 404}:
                    raise self._refused(error, board=False) from None
                refused += 1
                continue
            told, unread = reading.moves(card, answer)
            moves += told
            odd += unread
        if refused:
            notes.append(f"The history of {plural(refused, 'issue')} was not shown.")
        if odd:
            notes.append(
                f"{plural(odd, 'history entry', 'history entries')} left out: in a shape that is not known."
            )
        if done < len(due):
            notes.append(
                f"The history of {plural(len(due) - done, 'issue')}, changed longest ago, is not read yet: one read takes "
                f"at most {HISTORY_LIMIT}. The next one goes on with them."
            )
        return moves, window.after(issues.cards, due[:done], whole=done == len(due), now=datetime.now(UTC))


def _project_name(project: dict[str, Any]) -> str:
    """The project's name after its parent's: subprojects of two projects are often called the same."""
    parent = project.get("parent")
    name = str(project["name"])
    return f"{parent['name']} / {name}" if isinstance(parent, dict) and parent.get("name") else name
