"""Azure DevOps, Services and Server, over its REST API (https://learn.microsoft.com/rest/api/azure/devops/).

A board belongs to a team and shows the work items of the team's areas. Its columns come with the board, its cards by a
query for ids and batches of work items, its moves from the project's list of revisions, which goes on at each read
where the last one ended.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django import forms

from common.errors import PermanentError
from common.http import HttpClient
from roadmap.boards.azure_devops_calls import UNKNOWN_SHAPE, AzureCalls, RefusedError
from roadmap.boards.azure_devops_moves import Memory
from roadmap.boards.azure_devops_read import (
    BoardRead,
    counted,
    moves_and_memory,
    path_of,
    places_told,
    values_of,
)
from roadmap.boards.base import (
    CURSOR_KEY,
    BoardData,
    BoardProvider,
    CheckResult,
    Deletes,
    History,
    Since,
    Snapshot,
)
from roadmap.boards.fields import AddressField, SecretField
from roadmap.boards.paging import pages

TEAM_PAGE = 100
TEAM_LIMIT = 100  # one call each: more would keep a person waiting too long
PAT, ENTRA = "pat", "entra"
CLOUD_HOST = "dev.azure.com"

_BOARD_ADDRESS = re.compile(r"/([0-9a-f-]{36})/([0-9a-f-]{36})/_apis/work/boards/", re.IGNORECASE)


class AzureDevOpsForm(forms.Form):
    """Where the organisation is, which project, and with which token to read it."""

    base_url = AddressField(
        label="Organisation",
        example=f"https://{CLOUD_HOST}/your-organisation",
        help_text="For an Azure DevOps Server the address of the collection, like "
        "https://devops.example.org/DefaultCollection.",
    )
    project = forms.CharField(
        label="Project",
        max_length=64,
        help_text="Its name, as it stands in the address after the organisation.",
    )
    team = forms.CharField(
        label="Team",
        max_length=64,
        required=False,
        help_text="Leave empty to choose among the boards of all teams of the project.",
    )
    auth = forms.ChoiceField(
        label="Kind of token",
        choices=[(PAT, "Personal access token"), (ENTRA, "Microsoft Entra token")],
        initial=PAT,
        help_text="An Entra token ends after about an hour, so it only serves to try a connection.",
    )
    token = SecretField(
        label="Token",
        max_length=5000,
    )

    def clean_base_url(self) -> str:
        """The organisation's or collection's address out of any page of it, refused when it cannot be one."""
        parts = urlsplit(self.cleaned_data["base_url"])
        steps = [step for step in parts.path.split("/") if step]
        # A page of a project, such as a board: "_boards" and the like follow the project's name.
        for place, step in enumerate(steps):
            if step.startswith("_"):
                steps = steps[: max(place - 1, 0)]
                break
        host = (parts.hostname or "").lower()
        if host == CLOUD_HOST:
            steps = steps[:1]
            if not steps:
                raise forms.ValidationError(
                    f"Write the organisation as well, like https://{CLOUD_HOST}/your-organisation."
                )
        elif host.endswith(".visualstudio.com"):
            steps = []
        return parts._replace(path="/".join(["", *steps])).geturl()


class AzureDevOpsProvider(BoardProvider):
    """Reads one team board: its columns, the work items of the team's areas, and their moves."""

    kind = "azure_devops"
    label = "Azure DevOps"
    icon = "board"
    docs_url = "https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate"
    settings_form = AzureDevOpsForm
    secret_fields = frozenset({"token"})
    access_help = (
        "In Azure DevOps, User settings → Personal access tokens → New token: for this one organisation (tokens for "
        "all organisations end on 1 December 2026), with the scope Work Items (Read). Choosing among all teams of the "
        "project needs Project and Team (Read) as well; name the team below to do without. The token's owner must be "
        "able to see the team's areas."
    )
    history = History.WINDOW  # the first read goes back a year, see azure_devops_read
    since = Since.EXACT
    deletes = Deletes.REPORTED

    def check(self) -> CheckResult:
        with self._client(quick=True) as client:
            calls = AzureCalls(client)
            if self.board_external_id:
                reading = self._reading(calls)
                board = reading.board()
                return CheckResult(
                    title=board.name,
                    columns_count=len(board.columns_data()),
                    cards_count=len(reading.ids(board)),
                )
            # The first team's boards prove the scope for work items, which the list of teams does not.
            (_, team), *_ = self._teams(calls)
            boards = values_of(calls.get(f"{path_of(self._project, team)}/_apis/work/boards"))
            return CheckResult(
                title=self._project, boards_count=len(boards) if self.config.get("team") else None
            )

    def boards(self) -> list[BoardData]:
        found: list[BoardData] = []
        with self._client(quick=True) as client:
            calls = AzureCalls(client)
            for team_id, team in self._teams(calls):
                for board in values_of(calls.get(f"{path_of(self._project, team_id)}/_apis/work/boards")):
                    found.append(self._board_data(board, team_id, team))
        return sorted(found, key=lambda board: board.name.casefold())

    def fetch(self, since: datetime | None = None) -> Snapshot:  # noqa: ARG002 - the cursor says where to go on
        if not self.board_external_id:
            raise PermanentError("Choose the Azure DevOps board to read.", field="board")
        notes: list[str] = []
        with self._client() as client:
            reading = self._reading(AzureCalls(client))
            board = reading.board()
            history = reading.history(board, Memory.of(self.config.get(CURSOR_KEY)), notes)
            ids = reading.ids(board)
            cards, where = reading.cards(board, ids)
            requests_made = client.requests_made
        left_out = len(ids) - len(cards)
        if left_out:
            notes.append(f"{counted(left_out)} came without a number or a title, or not at all: left out.")
        notes += places_told(cards, board, where)
        moves, deleted, memory = moves_and_memory(board, history, cards, own=where == board.fields)
        return Snapshot(
            columns=board.columns_data(),
            cards=tuple(cards),
            moves=moves,
            deleted=deleted,
            complete=not left_out,
            notes=tuple(notes),
            requests_made=requests_made,
            cursor=memory.cursor(),
        )

    # --- addresses --------------------------------------------------------------------------------

    @property
    def _base_url(self) -> str:
        return str(self.config.get("base_url") or "").rstrip("/")

    @property
    def _project(self) -> str:
        return str(self.config.get("project") or "").strip()

    def _reading(self, calls: AzureCalls) -> BoardRead:
        """The chosen board, through `calls`."""
        parts = self.board_external_id.split("/")
        if len(parts) != 3 or not all(parts):
            raise PermanentError(
                "An Azure DevOps board is named by its project, team and number. Choose it from the list.",
                field="board",
            )
        return BoardRead(calls, self._base_url, project=parts[0], team=parts[1], board_id=parts[2])

    def _client(self, *, quick: bool = False) -> HttpClient:
        token = str(self.config.get("token") or "")
        # A personal token is a password without a user.
        access: dict[str, Any] = (
            {"headers": {"Authorization": f"Bearer {token}"}}
            if self.config.get("auth") == ENTRA
            else {"auth": ("", token)}
        )
        return self.client(self._base_url, max_redirects=0, **access, quick=quick)

    def _board_data(self, board: Any, team_id: str, team: str) -> BoardData:
        try:
            board_id, name = str(board["id"]), str(board["name"])
        except (KeyError, TypeError):
            raise PermanentError(UNKNOWN_SHAPE) from None
        # Ids outlive a renaming of project and team; the board's own address tells them.
        ids = _BOARD_ADDRESS.search(str(board.get("url") or ""))
        project, team_id = (ids[1], ids[2]) if ids else (self._project, team_id)
        return BoardData(
            external_id=f"{project}/{team_id}/{board_id}",
            name=f"{team}: {name}",
            url=f"{self._base_url}/{path_of(self._project)}/_boards/board/t/{path_of(team, name)}",
        )

    # --- calls ------------------------------------------------------------------------------------

    def _teams(self, calls: AzureCalls) -> list[tuple[str, str]]:
        """(id, name) of the teams to choose boards from: the named one, or all of the project."""
        named = str(self.config.get("team") or "").strip()
        if named:
            return [(named, named)]

        def read(skip: int | None) -> tuple[list[tuple[str, str]], int | None]:
            path = f"_apis/projects/{path_of(self._project)}/teams"
            found = values_of(calls.get(path, _top=TEAM_PAGE, _skip=skip or 0))
            try:
                teams = [(str(team["id"]), str(team["name"])) for team in found]
            except (KeyError, TypeError):
                raise PermanentError(UNKNOWN_SHAPE) from None
            return teams, (skip or 0) + len(teams) if len(teams) >= TEAM_PAGE else None

        teams: list[tuple[str, str]] = []
        try:
            for page in pages(read, host=calls.host):
                teams += page
                if len(teams) > TEAM_LIMIT:
                    raise PermanentError(
                        f"The project {self._project} has more than {TEAM_LIMIT} teams. Enter the team's name.",
                        field="team",
                    )
        except RefusedError as error:
            if error.status != 403:
                raise
            raise PermanentError(
                f"{calls.host} does not let this token list the teams of the project (403). Add the scope Project "
                "and Team (Read) to it, or enter the team's name.",
                field="team",
            ) from None
        if not teams:
            raise PermanentError(
                f"The token's owner sees no team in the project {self._project}. Give them access, or enter the "
                "team's name.",
                field="team",
            )
        return teams
