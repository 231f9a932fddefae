"""Linear, over GraphQL (https://linear.app/developers/graphql).

Three facts shape this file. Linear tells for every issue in which state it was since when, so every move is known; it
is asked only for issues that changed. Finished issues are archived after a while and must be asked for, or they would
seem to vanish. A limit on the rate of calls is answered with status 400 and named in the body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from common.display.values import plural
from common.errors import PermanentError
from common.http import HttpClient, StatusError
from roadmap.boards import linear_queries as queries
from roadmap.boards.base import (
    CURSOR_KEY,
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
    is_rate_limited,
    moment_of,
    pages_shrinking,
    text_of,
)
from roadmap.boards.linear_access import LinearForm, explained, refused, team_unknown
from roadmap.boards.linear_answers import (
    Label,
    Reading,
    columns_read,
    labels_read,
    last_move,
    moves_of,
    spans_read,
)
from roadmap.boards.paging import pages

ISSUES_PAGE = 100
HISTORIES_PAGE = 100
HISTORIES_LIMIT = 5_000  # some half of what Linear answers in an hour; the others come with the next reads
LABELS_PAGE = 100
TEAMS_PAGE = 100
OVERLAP = timedelta(minutes=15)  # between our clock and Linear's


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
            reading.label(self._labels(client, reading))
            notes = _notes(reading)
            asked, unread_before = _histories_due(reading, since, self.config.get(CURSOR_KEY) or {}, notes)
            moves = self._moves(client, reading, asked, notes)
            return Snapshot(
                columns=columns,
                cards=tuple(reading.cards.values()),
                moves=tuple(sorted(moves, key=lambda move: (move.at, move.card_identity))),
                complete=not reading.broken,
                notes=tuple(notes),
                requests_made=http.requests_made,
                cursor={"histories_unread_before": unread_before},
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
                raise team_unknown()
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

    def _labels(self, client: GraphqlClient, reading: Reading) -> dict[str, Label]:
        """The labels that the cards bear, by their ids."""
        borne = sorted({key for ids in reading.label_ids.values() for key in ids})
        found: dict[str, Label] = {}
        for start in range(0, len(borne), LABELS_PAGE):
            part = borne[start : start + LABELS_PAGE]
            answer = self._ask(client, queries.LABELS, {"ids": part, "first": len(part)})
            client.require_only_below(answer, "issueLabels", "nodes")
            nodes, _ = client.connection(answer.data.get("issueLabels"))
            found |= labels_read(nodes)
        return found

    def _moves(
        self, client: GraphqlClient, reading: Reading, asked: Sequence[str], notes: list[str]
    ) -> list[MoveData]:
        """All moves of the cards in `asked`, or everybody's last ones where Linear does not tell them."""
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
        token = str(self.config.get("token") or "").strip().removeprefix("Bearer ").strip()
        return self.client(
            f"{str(self.config.get('base_url') or '').rstrip('/')}/graphql",
            # A personal key goes without the word that a token of OAuth goes with.
            headers={"Authorization": f"Bearer {token}" if token.startswith("lin_oauth_") else token},
            is_rate_limit=is_rate_limited,
            quick=quick,
        )

    def _graphql(self, http: HttpClient) -> GraphqlClient:
        return GraphqlClient(http, tool="Linear", explain=explained)

    def _ask(
        self, client: GraphqlClient, query: str, variables: Mapping[str, Any], *, is_page: bool = False
    ) -> Answer:
        try:
            return client.ask(query, variables, is_page=is_page)
        except StatusError as error:
            raise refused(error) from None


def _histories_due(
    reading: Reading, since: datetime | None, remembered: Mapping[str, Any], notes: list[str]
) -> tuple[list[str], str | None]:
    """The cards whose histories to read now, the latest changed first, and before when the unread ones changed last.

    They are those changed since the last read, and of those left over from earlier reads as many as one read may.
    """
    left = moment_of(remembered.get("histories_unread_before"))
    due = [
        (card.updated_at or card.created_at, card.identity)
        for card in reading.cards.values()
        if since is None
        or card.updated_at is None
        or card.updated_at >= since - OVERLAP
        or (left is not None and card.updated_at <= left)
    ]
    due.sort(key=lambda entry: entry[0] or datetime.max.replace(tzinfo=UTC), reverse=True)
    now, later = due[:HISTORIES_LIMIT], due[HISTORIES_LIMIT:]
    unread_before = None
    if later:
        last = now[-1][0]
        unread_before = last.isoformat() if last else None
        cards = plural(len(later), "older card")
        notes.append(
            f"The moves of {cards} are read with the next reads: Linear answers only so much in an hour."
        )
    return [identity for _, identity in now], unread_before


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
    if reading.placeless:
        cards = plural(reading.placeless, "card stands", "cards stand")
        notes.append(f"{cards} in a state that the team does not list, so on no column.")
    return notes
