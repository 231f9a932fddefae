"""Jira, Cloud and Data Center, over its REST API (https://developer.atlassian.com/cloud/jira/platform/rest/v3/).

Three facts shape this file. Jira's own list of a board's issues leaves some out by a sub-filter, released ones by
default, just when a roadmap wants them: the board's saved filter is searched instead. A search with a token that has
expired finds nothing and says 200, so it is asked first whose the token is. A changelog costs far more than an issue:
only those of issues that changed, or were not on the board before, are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django import forms

from common.errors import PermanentError
from common.http import HttpClient
from roadmap.boards.base import (
    CURSOR_KEY,
    BoardData,
    BoardProvider,
    CardData,
    CheckResult,
    History,
    Since,
    Snapshot,
)
from roadmap.boards.fields import AddressField, SecretField
from roadmap.boards.jira_answers import FIELDS, JiraAnswers, JiraBoard, SiteFields
from roadmap.boards.jira_calls import SCOPES
from roadmap.boards.jira_columns import JiraMemory
from roadmap.boards.jira_issues import ChangeLogs, changelogs_read, issues_count, issues_read
from roadmap.boards.jira_moves import moves_reported
from roadmap.boards.jira_site import JiraSite
from roadmap.boards.jira_text import jql_steady

# Jira's search index may run behind, so an issue can be found in an older state than the time of the read says.
OVERLAP = timedelta(days=1)
# Where a page of Jira begins in its address: people copy the address of the page they are on.
_PAGES = ("/browse/", "/jira/software", "/secure/", "/projects/", "/rest/", "/plugins/servlet", "/login.jsp")


class JiraForm(forms.Form):
    """Where Jira is, and as whom to read it."""

    base_url = AddressField(
        example="https://your-site.atlassian.net",
        help_text="The page where Jira opens.",
    )
    email = forms.CharField(
        label="E-mail",
        max_length=254,
        required=False,
        help_text="Jira Cloud: of the account that the token belongs to. Data Center: leave it empty.",
    )
    token = SecretField(
        label="Token",
        max_length=1000,
        help_text="Cloud: an API token. Data Center: a personal access token. Kept encrypted and never shown again.",
    )
    project_key = forms.CharField(
        label="Project key",
        max_length=100,
        required=False,
        help_text="Lists only this project's boards. For a Jira with thousands of boards.",
    )

    def clean_base_url(self) -> str:
        """The address without blanks and without a page of Jira, refused with a reason when it cannot be one."""
        parts = urlsplit(self.cleaned_data["base_url"])
        path = parts.path.rstrip("/")
        if parts.hostname and parts.hostname.endswith(".atlassian.net"):
            path = ""
        for page in _PAGES:
            path = path.partition(page)[0]
        return parts._replace(path=path).geturl().rstrip("/")


class JiraProvider(BoardProvider):
    """Reads one Jira board: its columns, every issue of its filter, and all their moves."""

    kind = "jira"
    label = "Jira"
    icon = "board"
    docs_url = (
        "https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/"
    )
    settings_form = JiraForm
    secret_fields = frozenset({"token"})
    access_help = (
        "Jira Cloud: make an API token at id.atlassian.com → Security → API tokens, as an account that may only browse "
        f"the project. A token with scopes needs {SCOPES}; its address is https://api.atlassian.com/ex/jira/ with the "
        "site's cloud id. Jira Data Center: make a personal access token in your profile. Reading needs the permission "
        "Browse Projects, and the board's filter shared with the account."
    )
    history = History.FULL
    since = Since.MINUTE

    def check(self) -> CheckResult:
        with self._client(quick=True) as client:
            site = self._site(client)
            if not self.board_external_id:
                return CheckResult(
                    title=site.name, version=site.version, boards_count=site.boards_count(self._project_key)
                )
            board = self._board(site)
            count = issues_count(site, jql_steady(site.filter_jql(board.filter_id)))
            return CheckResult(
                title=board.name or site.name,
                version=f"{site.name} {site.version}".strip(),
                columns_count=len(board.columns),
                cards_count=count,
            )

    def boards(self) -> list[BoardData]:
        with self._client(quick=True) as client:
            site = self._site(client)
            listed = list(site.boards(self._project_key))
        found = [
            BoardData(
                external_id=str(board["id"]),
                name=_board_name(board),
                url=f"{site.web_url}/secure/RapidBoard.jspa?rapidView={board['id']}",
            )
            for board in listed
            if isinstance(board.get("id"), int)
        ]
        return sorted(found, key=lambda board: board.name.casefold())

    def fetch(self, since: datetime | None = None) -> Snapshot:
        if not self.board_external_id:
            raise PermanentError("Choose the Jira board to read.", field="board")
        memory = JiraMemory.of(self.config.get(CURSOR_KEY))
        with self._client() as client:
            site = self._site(client)
            board = self._categories(site, self._board(site, memory), memory)
            jql = jql_steady(site.filter_jql(board.filter_id))
            site_fields = SiteFields.of(site.optional(f"{site.api}/field"))
            estimate = [board.estimate_field] if board.estimate_field else []
            found = issues_read(site, jql, [*FIELDS, *estimate, *site_fields.ids])
            reading = JiraAnswers(board=board, web_url=site.web_url, site_fields=site_fields)
            cards, broken = reading.cards(found.issues)
            asked = _changed(cards, since, memory)
            logs = changelogs_read(site, asked)
            moves, entries_broken = moves_reported(
                board, {name: logs.entries.get(name, []) for name in asked}
            )
            known = {card.external_id for card in cards} - (set(asked) - logs.told)
            return Snapshot(
                columns=board.columns,
                cards=tuple(_moved(cards, logs)),
                moves=tuple(moves),
                complete=found.is_whole and not broken,
                notes=(*_notes(board, cards, broken, entries_broken), *found.notes, *logs.notes),
                requests_made=client.requests_made,
                cursor=JiraMemory(board.columns_known(), frozenset(known)).cursor(),
            )

    @property
    def _base_url(self) -> str:
        return str(self.config.get("base_url") or "").rstrip("/")

    @property
    def _project_key(self) -> str:
        return str(self.config.get("project_key") or "").strip()

    def _client(self, *, quick: bool = False) -> HttpClient:
        email, token = (
            str(self.config.get("email") or "").strip(),
            str(self.config.get("token") or "").strip(),
        )
        access: dict[str, Any] = (
            {"auth": (email, token)} if email else {"headers": {"Authorization": f"Bearer {token}"}}
        )
        return self.client(self._base_url, **access, quick=quick)

    def _site(self, client: HttpClient) -> JiraSite:
        has_email = bool(str(self.config.get("email") or "").strip())
        return JiraSite.connect(client, base_url=self._base_url, has_email=has_email)

    def _board(self, site: JiraSite, memory: JiraMemory | None = None) -> JiraBoard:
        try:
            board_id = int(self.board_external_id)
        except ValueError:
            raise PermanentError(
                "A Jira board is named by its number. Choose it from the list.", field="board"
            ) from None
        board = JiraBoard.of(site.configuration(board_id), memory.columns if memory else ())
        if not board.columns:
            raise PermanentError(f"The board {board.name} shows no columns. Check in Jira that it has some.")
        return board

    @staticmethod
    def _categories(site: JiraSite, board: JiraBoard, memory: JiraMemory) -> JiraBoard:
        """The board with its columns' categories, asked for only when a column is new or has other statuses."""
        if memory.columns == board.columns_known():
            return board
        return board.categorised(site.optional(f"{site.api}/status"))


def _board_name(board: Any) -> str:
    """The board's name with its project, because many boards have names like "Kanban board"."""
    name, location = str(board.get("name") or board["id"]), board.get("location")
    project = str(location.get("projectKey") or "") if isinstance(location, dict) else ""
    return f"{name} ({project})" if project and project not in name else name


def _changed(cards: Sequence[CardData], since: datetime | None, memory: JiraMemory) -> list[str]:
    """The ids of the cards whose changelog may tell something new, the latest changed ones first."""
    asked = [
        card
        for card in cards
        if since is None
        or card.external_id not in memory.cards
        or card.updated_at is None
        or card.updated_at >= since - OVERLAP
    ]
    asked.sort(key=lambda card: card.updated_at or datetime.min.replace(tzinfo=UTC), reverse=True)
    return [card.external_id for card in asked]


def _moved(cards: Sequence[CardData], logs: ChangeLogs) -> list[CardData]:
    """The time of the last change of category stands in for a changelog that was not read, and only there."""
    return [replace(card, moved_at=None) if card.external_id in logs.told else card for card in cards]


def _notes(board: JiraBoard, cards: Sequence[CardData], broken: int, entries_broken: int) -> list[str]:
    notes = []
    if board.sub_filter:
        notes.append(
            f"The board hides some issues of its filter by a sub-filter ({board.sub_filter[:300]}). They are read all "
            "the same, so that released work stays on the roadmap."
        )
    if broken:
        notes.append(f"Issues left out because they lack an id, a title or a status: {broken}.")
    off = [card for card in cards if card.column_external_id is None]
    if off:
        names = ", ".join(sorted({card.state_raw for card in off})[:5])
        notes.append(
            f"Issues on no column, because no column of the board has their status ({names}): {len(off)}."
        )
    if entries_broken:
        notes.append(f"Entries of the issues' history that could not be read: {entries_broken}.")
    return notes
