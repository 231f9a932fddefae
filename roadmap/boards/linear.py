"""Linear, over GraphQL (https://linear.app/developers/graphql).

Three facts shape this file. Linear tells for every issue in which state it was since when, so every move is known; it
is asked only for issues that changed. Finished issues are archived after a while and must be asked for, or they would
seem to vanish. A limit on the rate of calls is answered with status 400 and named in the body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms

from common.display.values import plural
from common.errors import ApplicationError, PermanentError
from common.http import HttpClient, StatusError, base_url_check
from roadmap.boards import linear_queries as queries
from roadmap.boards.base import (
    BoardData,
    BoardProvider,
    CheckResult,
    ColumnData,
    History,
    MoveData,
    Since,
    Snapshot,
)
from roadmap.boards.graphql import (
    Answer,
    GraphqlClient,
    Problem,
    is_rate_limited,
    pages_shrinking,
    text_of,
)
from roadmap.boards.linear_answers import Reading, columns_read, last_move, moves_of, spans_read
from roadmap.boards.paging import pages

MAX_BYTES = 50 * 1024 * 1024
ISSUES_PAGE = 100
HISTORIES_PAGE = 50  # each has a list of its own below it
TEAMS_PAGE = 100
OVERLAP = timedelta(minutes=15)  # between our clock and Linear's
_RIGHTS = frozenset({"FORBIDDEN", "FEATURE_NOT_ACCESSIBLE"})
_NOT_FOUND = frozenset({"INPUT_ERROR", "INVALID_INPUT"})


class LinearForm(forms.Form):
    """As whom to read Linear."""

    base_url = forms.CharField(
        label="Address",
        max_length=500,
        initial="https://api.linear.app",
        widget=forms.URLInput(attrs={"placeholder": "https://api.linear.app"}),
        help_text="Leave it as it is, unless calls to Linear must take a way of your own.",
    )
    token = forms.CharField(
        label="API key",
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Kept encrypted and never shown again.",
    )

    def clean_base_url(self) -> str:
        """The address without blanks, refused with a reason when it cannot be one."""
        try:
            parts = base_url_check(self.cleaned_data["base_url"])
        except PermanentError as error:
            raise forms.ValidationError(error.message) from None
        if parts.hostname in {"linear.app", "www.linear.app"}:  # where Linear opens, its API is next door
            return "https://api.linear.app"
        return parts.geturl().rstrip("/").removesuffix("/graphql")


class LinearProvider(BoardProvider):
    """Reads one team of a Linear workspace: its states, its issues with the archived ones, and all their moves."""

    kind = "linear"
    label = "Linear"
    icon = "board"
    docs_url = "https://linear.app/docs/api-and-webhooks"
    settings_form = LinearForm
    secret_fields = frozenset({"token"})
    access_help = (
        "In Linear, Settings → Security & access → Personal API keys. Give the key the permission Read only, and access "
        "to the team whose board this is; nothing more is needed. A key sees what its owner sees, so a private team "
        "needs a member's key."
    )
    history = History.FULL
    since = Since.EXACT

    def check(self) -> CheckResult:
        with self._client(quick=True) as http:
            client = self._graphql(http)
            if not self.board_external_id:
                teams, organization = self._teams(client)
                return CheckResult(
                    title=text_of(organization.get("name")) or "Linear", boards_count=len(teams)
                )
            team, columns = self._team(client)
            count = team.get("issueCount")
            return CheckResult(
                title=text_of(team.get("name")) or "Linear",
                columns_count=sum(column.is_active for column in columns),
                cards_count=count if isinstance(count, int) and not isinstance(count, bool) else None,
            )

    def boards(self) -> list[BoardData]:
        with self._client(quick=True) as http:
            teams, organization = self._teams(self._graphql(http))
        workspace = text_of(organization.get("urlKey"))
        found = [
            BoardData(
                external_id=text_of(team["id"]),
                name=text_of(team.get("name")) or text_of(team["id"]),
                url=f"https://linear.app/{workspace}/team/{text_of(team.get('key'))}" if workspace else "",
            )
            for team in teams
        ]
        return sorted(found, key=lambda board: board.name.casefold())

    def fetch(self, since: datetime | None = None) -> Snapshot:
        if not self.board_external_id:
            raise PermanentError("Choose the Linear team to read.", field="board")
        with self._client() as http:
            client = self._graphql(http)
            team, columns = self._team(client)
            reading = self._issues(client, text_of(team.get("id")), columns)
            notes = _notes(reading)
            moves = self._moves(client, reading, since, notes)
            return Snapshot(
                columns=columns,
                cards=tuple(reading.cards.values()),
                moves=tuple(sorted(moves, key=lambda move: (move.at, move.card_identity))),
                complete=not reading.broken,
                notes=tuple(notes),
                requests_made=http.requests_made,
            )

    # --- reading ----------------------------------------------------------------------------------

    def _teams(self, client: GraphqlClient) -> tuple[list[Mapping[str, Any]], Mapping[str, Any]]:
        """The teams that the key can see, and the workspace."""
        organization: Mapping[str, Any] = {}

        def read(cursor: str | None) -> tuple[list[Any], str | None]:
            nonlocal organization
            answer = self._ask(client, queries.TEAMS, {"first": TEAMS_PAGE, "after": cursor})
            client.require_only_below(answer, "teams", "nodes")
            workspace = answer.data.get("organization")
            organization = workspace if isinstance(workspace, dict) else {}
            return client.connection(answer.data.get("teams"))

        teams: list[Mapping[str, Any]] = [
            team
            for page in pages(read, host=client.http.host)
            for team in page
            if isinstance(team, dict) and text_of(team.get("id")) and team.get("archivedAt") is None
        ]
        return teams, organization

    def _team(self, client: GraphqlClient) -> tuple[Mapping[str, Any], tuple[ColumnData, ...]]:
        team: Mapping[str, Any] = {}

        def read(cursor: str | None) -> tuple[list[Any], str | None]:
            nonlocal team
            answer = self._ask(client, queries.TEAM, {"team": self.board_external_id, "after": cursor})
            client.require_only_below(answer, "team", "states", "nodes")
            found = answer.data.get("team")
            if found is None:
                raise _team_unknown()
            if not isinstance(found, dict) or not text_of(found.get("id")):
                raise client.unknown_shape()
            team = found
            return client.connection(found.get("states"))

        states = [state for page in pages(read, host=client.http.host) for state in page]
        try:
            return team, columns_read(states)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise client.unknown_shape() from None

    def _issues(self, client: GraphqlClient, team: str, columns: tuple[ColumnData, ...]) -> Reading:
        reading = Reading(columns=columns)

        def read(cursor: str | None, size: int) -> tuple[list[Any], str | None]:
            variables = {"team": team, "first": size, "after": cursor}
            answer = self._ask(client, queries.ISSUES, variables, is_page=True)
            client.require_only_below(answer, "issues", "nodes")
            return client.connection(answer.data.get("issues"))

        for page in pages_shrinking(read, host=client.http.host, first=ISSUES_PAGE):
            reading.read(page)
        return reading

    def _moves(
        self, client: GraphqlClient, reading: Reading, since: datetime | None, notes: list[str]
    ) -> list[MoveData]:
        """All moves of the issues that changed after `since`, or the last ones where Linear does not tell them."""
        asked = [
            card.identity
            for card in reading.cards.values()
            if since is None or card.updated_at is None or card.updated_at >= since - OVERLAP
        ]
        names = {column.external_id: column.name for column in reading.columns}
        moves: list[MoveData] = []
        broken = 0
        try:
            for identity, nodes in self._histories(client, asked).items():
                spans, unread = spans_read(nodes)
                broken += unread
                moves += moves_of(reading.cards[identity], spans, names)
        except PermanentError as error:
            notes.append(
                f"Linear did not tell the moves, only when an issue was completed or cancelled: {error.message}"
            )
            return [move for card in reading.cards.values() if (move := last_move(card)) is not None]
        if broken:
            notes.append(f"{plural(broken, 'entry', 'entries')} of the issues' histories could not be read.")
        return moves

    def _histories(self, client: GraphqlClient, asked: Sequence[str]) -> dict[str, list[Any]]:
        """The history of each of the issues, whole; an issue that Linear leaves out has none."""
        found: dict[str, list[Any]] = {}

        def read(start: int | None, size: int) -> tuple[list[Any], int | None]:
            begin = start or 0
            part = asked[begin : begin + size]
            answer = client.ask(queries.HISTORIES, {"ids": part, "first": len(part)}, is_page=True)
            client.require_only_below(answer, "issues", "nodes")
            nodes, _ = client.connection(answer.data.get("issues"))
            return nodes, begin + size if begin + size < len(asked) else None

        if not asked:
            return found
        wanted = set(asked)
        for page in pages_shrinking(read, host=client.http.host, first=HISTORIES_PAGE):
            for issue in page:
                identity = text_of(issue.get("id")) if isinstance(issue, dict) else ""
                if identity not in wanted:
                    continue
                nodes, after = client.connection(issue.get("stateHistory"))
                found[identity] = nodes if after is None else self._history(client, identity)
        return found

    def _history(self, client: GraphqlClient, issue: str) -> list[Any]:
        """A history too long for a page of many, from its beginning."""

        def read(cursor: str | None) -> tuple[list[Any], str | None]:
            answer = client.ask(queries.HISTORY, {"issue": issue, "after": cursor})
            client.require_only_below(answer, "issue", "stateHistory", "nodes")
            content = answer.data.get("issue")
            return client.connection(content.get("stateHistory") if isinstance(content, dict) else None)

        return [node for page in pages(read, host=client.http.host) for node in page]

    # --- asking -----------------------------------------------------------------------------------

    def _client(self, *, quick: bool = False) -> HttpClient:
        """`quick` is for a person who waits: one try, short limits."""
        limits: dict[str, Any] = {"attempts": 1, "timeout": (5.0, 15.0), "total_time": 20.0} if quick else {}
        token = str(self.config.get("token") or "").strip().removeprefix("Bearer ").strip()
        return self.http(
            f"{str(self.config.get('base_url') or '').rstrip('/')}/graphql",
            # A personal key goes without the word that a token of OAuth goes with.
            headers={"Authorization": f"Bearer {token}" if token.startswith("lin_oauth_") else token},
            max_bytes=MAX_BYTES,
            is_rate_limit=is_rate_limited,
            **limits,
        )

    def _graphql(self, http: HttpClient) -> GraphqlClient:
        return GraphqlClient(http, tool="Linear", explain=_explained)

    def _ask(
        self, client: GraphqlClient, query: str, variables: Mapping[str, Any], *, is_page: bool = False
    ) -> Answer:
        try:
            return client.ask(query, variables, is_page=is_page)
        except StatusError as error:
            raise _refused(error) from None


def _explained(problem: Problem, words: str) -> ApplicationError | None:
    if problem.code == "AUTHENTICATION_ERROR":
        return _key_refused()
    if problem.code in _RIGHTS:
        return PermanentError(
            f"Linear does not let this key read it: {words}. Give the key the permission Read and access to the team, "
            "or use the key of a member of the team.",
            field="token",
        )
    if problem.code in _NOT_FOUND and (problem.path[:1] == ("team",) or "not found" in words.lower()):
        return _team_unknown()
    return None


def _key_refused() -> PermanentError:
    return PermanentError(
        "Linear refused the API key. It is mistyped, expired or deleted: make a new one in Linear, Settings → Security & "
        "access.",
        field="token",
    )


def _team_unknown() -> PermanentError:
    return PermanentError(
        "Linear shows no such team to this key. It was deleted, or it is private and the key's owner is no member. "
        "Choose a team from the list, or use a member's key.",
        field="board",
    )


def _refused(error: StatusError) -> PermanentError:
    host = error.response.host
    if error.status == 401:
        return _key_refused()
    if error.status == 403:
        return PermanentError(
            f"{host} knows this key but does not let it read (403). Give it the permission Read, or use another one.",
            field="token",
        )
    if error.status in {404, 405, 410}:
        return PermanentError(
            f"There is no Linear API at this address ({host} answers {error.status}). It is https://api.linear.app.",
            field="base_url",
        )
    return error


def _notes(reading: Reading) -> list[str]:
    notes = []
    if reading.broken:
        issues = plural(reading.broken, "issue lacks", "issues lack")
        notes.append(f"{issues} an id, a title, a state or a time of creation and could not be read.")
    if reading.archived:
        cards = plural(reading.archived, "card is archived and counts", "cards are archived and count")
        notes.append(f"{cards} as closed.")
    if reading.trashed:
        issues = plural(reading.trashed, "issue is", "issues are")
        notes.append(f"{issues} in Linear's bin and left out.")
    if reading.many_labels:
        cards = plural(reading.many_labels, "card has", "cards have")
        notes.append(f"{cards} more than 20 labels; the first 20 were read.")
    if reading.placeless:
        cards = plural(reading.placeless, "card stands", "cards stand")
        notes.append(f"{cards} in a state that the team does not list, so on no column.")
    return notes
