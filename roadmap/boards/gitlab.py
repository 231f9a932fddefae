"""GitLab, gitlab.com or an own one, over its REST API (https://docs.gitlab.com/api/boards/).

Three facts shape this file. A board holds no cards: its lists name labels, and an issue stands where its labels and
its state put it. GitLab reports labels and states over time for one issue at a time, two calls each, so only issues
that changed are asked, the newest first, and what is too much for one read is left for the next ones. Whatever narrows
the board (milestone, labels, assignee, weight) must be asked for with the issues, for the API does not know the board
there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from django import forms

from common.display.values import plural
from common.errors import PermanentError, TransientError
from common.http import HttpClient, HttpResponse, StatusError
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
from roadmap.boards.gitlab_answers import (
    UNKNOWN_SHAPE,
    GitLabBoard,
    GitLabIssues,
    Issue,
    board_name,
    number,
)
from roadmap.boards.gitlab_calls import PER_PAGE, ForbiddenError, NotFoundError, next_place, refused
from roadmap.boards.gitlab_moves import Change, GitLabEvents, issue_moves
from roadmap.boards.paging import pages
from roadmap.boards.windows import Window

SITE = "https://gitlab.com"
API = "api/v4"
READS = 3  # of a list that changes while it is read
# Two calls a history of about a tenth of a second each: a read stays well within what a worker may take.
HISTORIES = 500
HISTORY_TIME = 240.0
OVERLAP = timedelta(minutes=15)  # between GitLab's clock and ours
_BOARD_ID = re.compile(r"(projects|groups)/(\d{1,19})/boards/(\d{1,19})")
_PATH = re.compile(r"\w[\w.+-]*(/\w[\w.+-]*)*")


class GitLabForm(forms.Form):
    """Which project or group of which GitLab, and as whom to read it."""

    base_url = AddressField(
        initial=SITE,
        example=SITE,
        help_text="The page where your GitLab opens.",
    )
    path = forms.CharField(
        label="Project or group",
        max_length=500,
        widget=forms.TextInput(attrs={"placeholder": "my-group/my-project"}),
        help_text="As in its address: my-group/my-project for the boards of a project, my-group for those of a group.",
    )
    token = SecretField(
        label="Access token",
    )

    def clean_base_url(self) -> str:
        """The address where GitLab opens, also out of that of its API."""
        address: str = self.cleaned_data["base_url"]
        return address.removesuffix(f"/{API}")

    def clean_path(self) -> str:
        """The path alone, also from a whole address of the project, the group or one of its boards."""
        text: str = self.cleaned_data["path"]
        if "://" in text:
            text = urlsplit(text).path.strip("/").removeprefix("groups/")
        text = text.partition("/-/")[0].strip("/")
        if not _PATH.fullmatch(text):
            raise forms.ValidationError("Write it as in the address of the page, like my-group/my-project.")
        return text


class GitLabProvider(BoardProvider):
    """Reads one issue board of a project or group: label lists, issues, and their labels and states over time."""

    kind = "gitlab"
    label = "GitLab"
    icon = "board"
    docs_url = "https://docs.gitlab.com/user/profile/personal_access_tokens/"
    settings_form = GitLabForm
    secret_fields = frozenset({"token"})
    access_help = (
        "In GitLab, make an access token with the scope “read_api” and nothing else. The least is a token of the "
        "project or group itself (Settings → Access tokens) with the role Reporter; where the plan has none, use a "
        "personal one (Preferences → Access tokens) of a person who is Reporter there. Note the day on which it ends."
    )
    history = History.FULL
    since = Since.EXACT

    def check(self) -> CheckResult:
        with self._client(quick=True) as client:
            if self.board_external_id:
                board = self._board(client)
                active = sum(1 for column in board.columns if column.is_active)
                return CheckResult(title=board.name, columns_count=active)
            boards = self._boards(client)
            return CheckResult(title="GitLab", boards_count=len(boards))

    def boards(self) -> list[BoardData]:
        with self._client(quick=True) as client:
            found = self._boards(client)
        return sorted(found, key=lambda board: board.name.casefold())

    def fetch(self, since: datetime | None = None) -> Snapshot:
        if not self.board_external_id:
            raise PermanentError("Choose the GitLab board to read.", field="board")
        with self._client() as client:
            board = self._board(client)
            reading = self._issues(client, board)
            notes = [*board.notes, *_notes(reading)]
            moves, window = self._moves(client, board, reading, since, notes)
            return Snapshot(
                columns=board.columns,
                cards=tuple(issue.card for issue in reading.by_id.values()),
                moves=tuple(moves),
                deleted=tuple(sorted(reading.moved_away)),
                complete=not reading.broken,
                notes=tuple(notes),
                requests_made=client.requests_made,
                cursor=window.cursor(),
            )

    # --- calls ------------------------------------------------------------------------------------

    @property
    def _web_url(self) -> str:
        return str(self.config.get("base_url") or SITE).rstrip("/").removesuffix(f"/{API}")

    def _client(self, *, quick: bool = False) -> HttpClient:
        return self.client(
            f"{self._web_url}/{API}",
            headers={"PRIVATE-TOKEN": str(self.config.get("token") or "")},
            quick=quick,
        )

    def _get(self, client: HttpClient, path: str, params: Mapping[str, str | int]) -> HttpResponse:
        try:
            return client.get(path, params=params)
        except StatusError as error:
            raise refused(error) from None

    def _paged(
        self,
        client: HttpClient,
        path: str,
        params: Mapping[str, str | int] | None = None,
        totals: list[int] | None = None,
    ) -> Iterator[list[Any]]:
        """The pages of a list, in whichever of its ways GitLab tells the next one; `totals` gets what it counts."""
        asked: dict[str, str | int] = {**(params or {}), "per_page": PER_PAGE}

        def read(place: str | None) -> tuple[list[Any], str | None]:
            response = self._get(client, path, asked | dict(parse_qsl(place or "")))
            page = response.json()
            if not isinstance(page, list):  # taken for an empty one, it would make every card vanish
                raise PermanentError(UNKNOWN_SHAPE)
            total = response.headers.get("X-Total", "")
            if totals is not None and total.isdecimal():
                totals.append(int(total))
            return page, next_place(response, page, place)

        return pages(read, host=client.host)

    # --- boards -----------------------------------------------------------------------------------

    def _place(self, client: HttpClient) -> tuple[str, Mapping[str, Any]]:
        """The project or else the group that the path names: ("projects" or "groups", its answer)."""
        path = str(self.config.get("path") or "").strip("/")
        if not _PATH.fullmatch(path):
            raise PermanentError("Enter the path of a GitLab project or group.", field="path")
        for scope, params in (("projects", {}), ("groups", {"with_projects": "false"})):
            try:
                place = self._get(client, f"{scope}/{quote(path, safe='')}", params).json()
            except NotFoundError:
                continue
            if not isinstance(place, Mapping) or number(place.get("id")) <= 0:
                raise PermanentError(UNKNOWN_SHAPE)
            return scope, place
        raise PermanentError(
            f"{client.host} shows this token no project and no group called {path}. Check the path, and that the "
            "token's owner is a member there.",
            field="path",
        )

    def _boards(self, client: HttpClient) -> list[BoardData]:
        scope, place = self._place(client)
        found = []
        for page in self._paged(client, f"{scope}/{place['id']}/boards"):
            for item in page:
                if not isinstance(item, Mapping) or number(item.get("id")) <= 0:
                    continue
                found.append(
                    BoardData(
                        external_id=f"{scope}/{place['id']}/boards/{item['id']}",
                        name=f"{place.get('name') or self.config.get('path')}: {board_name(item)}",
                        url=f"{place.get('web_url') or ''}/-/boards/{item['id']}",
                    )
                )
        if not found:
            raise PermanentError(
                f"{place.get('name') or self.config.get('path')} has no issue board yet. Open its Plan → Issue boards "
                "once in GitLab, which makes one.",
                field="path",
            )
        return found

    def _board_path(self, last: str = "") -> str:
        """The path of the chosen board, or of `last` in its project or group."""
        match = _BOARD_ID.fullmatch(self.board_external_id)
        if match is None:
            raise PermanentError(
                "A GitLab board is named by numbers. Choose it from the list.", field="board"
            )
        return f"{match[1]}/{match[2]}/{last}" if last else match[0]

    def _board(self, client: HttpClient) -> GitLabBoard:
        try:
            answer = self._get(client, self._board_path(), {}).json()
        except NotFoundError:
            raise PermanentError(
                f"{client.host} shows this token no such board. It was removed, or the token's owner is no longer a "
                "member. Choose a board from the list, or give access.",
                field="board",
            ) from None
        return GitLabBoard.of(answer)

    # --- issues and their history -----------------------------------------------------------------

    def _issues(self, client: HttpClient, board: GitLabBoard) -> GitLabIssues:
        """All issues, in the order in which they were made: what changes meanwhile does not move others to a page.

        One that is deleted meanwhile does, so that another slips past: then GitLab's count has become smaller.
        """
        params = {
            "scope": "all",
            "state": "all",
            "with_labels_details": "true",
            "order_by": "created_at",
            "sort": "asc",
            **board.filters,
        }
        for _ in range(READS):
            reading, totals = GitLabIssues(board, self._web_url), list[int]()
            for page in self._paged(client, self._board_path("issues"), params, totals):
                reading.page_add(page)
            if not totals or max(totals) <= totals[-1] <= reading.seen:
                return reading
        raise TransientError(f"The issues at {client.host} changed while they were read. Try again later.")

    def _moves(
        self,
        client: HttpClient,
        board: GitLabBoard,
        reading: GitLabIssues,
        since: datetime | None,
        notes: list[str],
    ) -> tuple[list[MoveData], Window]:
        """The moves of the issues whose history is not known yet, the latest changed first; the rest wait."""
        cards = [issue.card for issue in reading.by_id.values()]
        window = Window.of(self.config.get(CURSOR_KEY), before=since - OVERLAP if since else None)
        due = window.due(cards)
        events = GitLabEvents(board)
        moves: list[MoveData] = []
        hidden = done = 0
        started = time.monotonic()
        for card in due[:HISTORIES]:
            if time.monotonic() - started > HISTORY_TIME:
                break
            done += 1
            issue = reading.by_id[card.identity]
            try:
                changes = self._changes(client, board, events, issue)
            except (NotFoundError, ForbiddenError):
                hidden += 1
                changes = []
            moves += issue_moves(board, issue, changes)
        if done < len(due):
            issues = plural(len(due) - done, "older issue has", "older issues have")
            notes.append(f"{issues} a history that is not read yet; the next reads go on with it.")
        if hidden:
            issues = plural(hidden, "issue")
            notes.append(
                f"GitLab does not show this token the history of {issues}; moves are seen between reads."
            )
        if events.broken:
            found = plural(events.broken, "event")
            notes.append(f"{found} of GitLab could not be read; moves may be missing.")
        moves.sort(key=lambda move: (move.at, move.card_identity))
        return moves, window.after(cards, due[:done], whole=done == len(due), now=datetime.now(UTC))

    def _changes(
        self, client: HttpClient, board: GitLabBoard, events: GitLabEvents, issue: Issue
    ) -> list[Change]:
        path = f"projects/{issue.project_id}/issues/{issue.iid}"
        labels: list[Any] = []
        if board.label_lists:
            labels = [item for page in self._paged(client, f"{path}/resource_label_events") for item in page]
        states = [item for page in self._paged(client, f"{path}/resource_state_events") for item in page]
        return events.changes(labels, states)


def _notes(reading: GitLabIssues) -> list[str]:
    notes = []
    if reading.broken:
        issues = plural(reading.broken, "issue was", "issues were")
        notes.append(f"{issues} left out, because an id, a title, a state or the labels are missing.")
    if reading.moved_away:
        issues = plural(len(reading.moved_away), "issue was", "issues were")
        notes.append(f"{issues} moved to another project and left out here.")
    if reading.aside:
        items = plural(reading.aside, "task or test case was", "tasks and test cases were")
        notes.append(f"{items} left out: GitLab shows issues and incidents on its boards.")
    if reading.on_two_lists:
        issues = plural(reading.on_two_lists, "issue has", "issues have")
        notes.append(f"{issues} the labels of several lists; the right-most list counts.")
    return notes
