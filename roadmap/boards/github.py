"""GitHub Projects, the newer kind, over GraphQL (https://docs.github.com/en/graphql).

Four facts shape this file. The board's columns are the options of a single-select field, and only their ids outlive a
rename. What a token may not see is in the list without its content. The changes of status are told by a kind of event
that not every server knows. A page that costs too much is answered with 502, and half of it goes through.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from common.display.values import plural
from common.errors import PermanentError
from common.http import HttpClient, StatusError
from roadmap.boards import github_queries as queries
from roadmap.boards.base import (
    CURSOR_KEY,
    BoardData,
    BoardProvider,
    CardData,
    CheckResult,
    History,
    MoveData,
    Snapshot,
)
from roadmap.boards.github_access import (
    STATUS_FIELD,
    GithubForm,
    api_address,
    explained,
    owner_unknown,
    project_unknown,
    refused,
)
from roadmap.boards.github_answers import Reading, Shape
from roadmap.boards.github_moves import Change, Names, changes_read, moves_of
from roadmap.boards.graphql import (
    Answer,
    GraphqlClient,
    UnexplainedError,
    is_rate_limited,
    moment_of,
    pages_shrinking,
    text_of,
)
from roadmap.boards.paging import pages

ITEMS_PAGE = 100  # the most that GitHub gives
CHANGES_PAGE = 50  # each has a list of its own below it
OVERLAP = timedelta(minutes=15)  # between our clock and GitHub's
_ITEMS = ("node", "items", "nodes")


class GithubProvider(BoardProvider):
    """Reads one project of an organisation or a person: its columns, issues, pull requests, drafts, and moves."""

    kind = "github"
    label = "GitHub Projects"
    icon = "board"
    docs_url = "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/managing-your-personal-access-tokens"
    settings_form = GithubForm
    secret_fields = frozenset({"token"})
    access_help = (
        "In GitHub, Settings → Developer settings → Personal access tokens. For an organisation's projects a "
        "fine-grained token of that organisation is enough, with read access to Projects (of the organisation), and to "
        "Issues and Pull requests of the repositories whose cards the board shows. A person's own projects need a "
        "classic token with read:project, and repo for cards of private repositories."
    )
    history = History.LAST  # at the least; every move where the server knows the events

    def check(self) -> CheckResult:
        with self._client(quick=True) as http:
            client = self._graphql(http)
            if not self.board_external_id:
                answer = self._ask(client, queries.PROJECTS, {"owner": self._owner, "first": 1})
                projects = self._projects(client, answer)
                return CheckResult(
                    title=self._owner,
                    version=_version(answer),
                    boards_count=_count(projects.get("totalCount")),
                )
            answer, project = self._project(client)
            shape = self._shape(client, project)
            items = project.get("items")
            return CheckResult(
                title=shape.title,
                version=_version(answer),
                columns_count=len(shape.columns or ()),
                cards_count=_count(items.get("totalCount")) if isinstance(items, dict) else None,
            )

    def boards(self) -> list[BoardData]:
        found: list[BoardData] = []
        with self._client(quick=True) as http:
            client = self._graphql(http)

            def read(cursor: str | None) -> tuple[list[Any], str | None]:
                variables = {"owner": self._owner, "first": ITEMS_PAGE, "after": cursor}
                answer = self._ask(client, queries.PROJECTS, variables)
                return client.connection(self._projects(client, answer))

            for page in pages(read, host=http.host):
                # Null where the token may not see a project.
                found += [_board(project) for project in page if _is_open_project(project)]
        return sorted(found, key=lambda board: board.name.casefold())

    def fetch(self, since: datetime | None = None) -> Snapshot:
        if not self.board_external_id:
            raise PermanentError("Choose the GitHub project to read.", field="board")
        with self._client() as http:
            client = self._graphql(http)
            _, project = self._project(client)
            shape = self._shape(client, project)
            reading = self._items(client, shape)
            notes = _notes(reading)
            remembered = self.config.get(CURSOR_KEY) or {}
            moves, names = self._moves(client, reading, since, notes, remembered)
            lost, remember = _hidden(reading, remembered)
            if lost:
                items = plural(lost, "item that was read before is", "items that were read before are")
                notes.append(
                    f"{items} hidden now: nothing counts as removed until the token may see this again."
                )
            return Snapshot(
                columns=shape.columns or (),
                cards=tuple(reading.cards.values()),
                moves=tuple(moves),
                complete=not reading.broken and not lost,
                notes=tuple(notes),
                requests_made=http.requests_made,
                cursor={"names": names.remember(), **remember},
            )

    # --- reading ----------------------------------------------------------------------------------

    def _project(self, client: GraphqlClient) -> tuple[Answer, Mapping[str, Any]]:
        answer = self._ask(client, queries.PROJECT, {"board": self.board_external_id})
        client.require_only_below(answer, "node", "fields", "nodes")
        project = answer.data.get("node")
        if not isinstance(project, dict) or not project:
            raise project_unknown()
        return answer, project

    def _shape(self, client: GraphqlClient, project: Mapping[str, Any]) -> Shape:
        try:
            shape = Shape.of(project, self._status_field)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise client.unknown_shape() from None
        if shape.columns is None:
            choices = ", ".join(shape.choices) or "none"
            raise PermanentError(
                f"The project {shape.title} has no single-select field called “{self._status_field}”. It has: "
                f"{choices}. Enter the one that makes the board's columns.",
                field="status_field",
            )
        return shape

    def _items(self, client: GraphqlClient, shape: Shape) -> Reading:
        reading = Reading(shape=shape, host=client.http.host)
        fields = shape.fields
        fixed = {
            "board": self.board_external_id,
            "status": shape.status,
            "priority": fields.priority,
            "hasPriority": bool(fields.priority),
            "estimate": fields.estimate,
            "hasEstimate": bool(fields.estimate),
            "start": fields.start,
            "hasStart": bool(fields.start),
            "due": fields.due,
            "hasDue": bool(fields.due),
        }

        def read(cursor: str | None, size: int) -> tuple[list[Any], str | None]:
            variables = fixed | {"first": size, "after": cursor}
            answer = self._ask(client, queries.ITEMS, variables, is_page=True)
            client.require_only_below(answer, *_ITEMS)
            node = answer.data.get("node")
            return client.connection(node.get("items") if isinstance(node, dict) else None)

        for page in pages_shrinking(read, host=client.http.host, first=ITEMS_PAGE):
            reading.read(page)
        return reading

    def _moves(
        self,
        client: GraphqlClient,
        reading: Reading,
        since: datetime | None,
        notes: list[str],
        remembered: Mapping[str, Any],
    ) -> tuple[list[MoveData], Names]:
        columns = reading.shape.columns or ()
        names = Names.of(columns, remembered.get("names"))
        known = frozenset(column.external_id for column in columns)
        changes = self._changes(client, reading, since, notes)
        moves = [
            move
            for card in reading.cards.values()
            for move in moves_of(card, changes.get(card.identity, ()), names, known)
        ]
        return sorted(moves, key=lambda move: (move.at, move.card_identity)), names

    def _changes(
        self, client: GraphqlClient, reading: Reading, since: datetime | None, notes: list[str]
    ) -> dict[str, list[Change]]:
        """The reported changes of status by card, of the cards whose status may have changed after `since`."""
        asked = {
            content: identity
            for identity, content in reading.contents.items()
            if content and _may_have_moved(reading.cards[identity], since)
        }
        # The events tell of the built-in field alone.
        if not asked or reading.shape.status.casefold() != STATUS_FIELD.casefold():
            return {}
        try:
            return self._changes_of(client, asked, notes) if self._tells_changes(client) else {}
        except PermanentError as error:
            notes.append(
                f"GitHub did not tell the moves, only each card's last change of status: {error.message}"
            )
            return {}

    def _tells_changes(self, client: GraphqlClient) -> bool:
        try:
            answer = client.ask(queries.EVENT_KNOWN, {"name": queries.EVENT_TYPE})
        except UnexplainedError:  # a server that tells nobody which types it knows
            return False
        return bool(answer.data.get("__type"))

    def _changes_of(
        self, client: GraphqlClient, asked: Mapping[str, str], notes: list[str]
    ) -> dict[str, list[Change]]:
        contents = list(asked)
        found: dict[str, list[Change]] = {}
        cut = 0

        def read(start: int | None, size: int) -> tuple[list[Any], int | None]:
            begin = start or 0
            answer = client.ask(queries.CHANGES, {"ids": contents[begin : begin + size]}, is_page=True)
            client.require_only_below(answer, "nodes")
            nodes = answer.data.get("nodes")
            if not isinstance(nodes, list):
                raise client.unknown_shape()
            return nodes, begin + size if begin + size < len(contents) else None

        for page in pages_shrinking(read, host=client.http.host, first=CHANGES_PAGE):
            for node in page:
                identity = asked.get(text_of(node.get("id"))) if isinstance(node, dict) else None
                if identity is None:
                    continue
                found[identity], is_cut = changes_read(node, self.board_external_id)
                cut += is_cut
        if cut:
            cards = plural(cut, "card has", "cards have")
            notes.append(f"{cards} more than 100 changes of status; the newest 100 were read.")
        return found

    # --- asking -----------------------------------------------------------------------------------

    @property
    def _owner(self) -> str:
        return str(self.config.get("owner") or "").strip()

    @property
    def _status_field(self) -> str:
        return str(self.config.get("status_field") or STATUS_FIELD).strip()

    def _client(self, *, quick: bool = False) -> HttpClient:
        return self.client(
            api_address(str(self.config.get("base_url") or "")),
            headers={"Authorization": f"Bearer {self.config.get('token') or ''}"},
            is_rate_limit=is_rate_limited,
            quick=quick,
        )

    def _graphql(self, http: HttpClient) -> GraphqlClient:
        return GraphqlClient(http, tool="GitHub", explain=partial(explained, owner=self._owner))

    def _ask(
        self, client: GraphqlClient, query: str, variables: Mapping[str, Any], *, is_page: bool = False
    ) -> Answer:
        try:
            return client.ask(query, variables, is_page=is_page)
        except StatusError as error:
            raise refused(error) from None

    def _projects(self, client: GraphqlClient, answer: Answer) -> Mapping[str, Any]:
        client.require_only_below(answer, "repositoryOwner", "projectsV2", "nodes")
        owner = answer.data.get("repositoryOwner")
        if owner is None:
            raise owner_unknown(self._owner)
        projects = owner.get("projectsV2") if isinstance(owner, dict) else None
        if not isinstance(projects, dict):
            raise client.unknown_shape()
        return projects


def _may_have_moved(card: CardData, since: datetime | None) -> bool:
    """A card without a status has no time of its own for it; then any change of the card may be one."""
    changed = card.moved_at or card.updated_at
    return since is None or changed is None or changed >= since - OVERLAP


def _hidden(reading: Reading, remembered: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """How many of the hidden items may have been read before, and what to remember to know the same next time.

    An item that was hidden ever since it came takes nothing away from the cards that are known, so the read is
    complete all the same. One that came before the last read and was not hidden then, does.
    """
    newest_then = moment_of(remembered.get("newest_item"))
    hidden_then = remembered.get("hidden")
    never_read = {
        identity
        for identity, created in reading.hidden.items()
        if newest_then is None
        or (isinstance(hidden_then, list) and identity in hidden_then)
        or (created is not None and created > newest_then)
    }
    moments = [*reading.hidden.values(), *(card.created_at for card in reading.cards.values()), newest_then]
    newest = max((moment for moment in moments if moment is not None), default=None)
    remember = {"hidden": sorted(never_read), "newest_item": newest.isoformat() if newest else None}
    return len(reading.hidden) - len(never_read), remember


def _notes(reading: Reading) -> list[str]:
    notes = []
    if reading.broken:
        items = plural(reading.broken, "item lacks", "items lack")
        notes.append(f"{items} an id, a title or a time of creation and could not be read.")
    if reading.hidden:
        items = plural(len(reading.hidden), "item is", "items are")
        notes.append(
            f"{items} hidden from this token and left out. Give it access to their repositories to have them read."
        )
    if reading.drafts:
        cards = plural(reading.drafts, "card is a draft", "cards are drafts")
        notes.append(f"{cards}: GitHub keeps no labels of drafts, and only the time of the last move.")
    if reading.archived:
        cards = plural(reading.archived, "card is archived and counts", "cards are archived and count")
        notes.append(f"{cards} as closed.")
    if reading.placeless:
        cards = plural(reading.placeless, "card has", "cards have")
        notes.append(f"{cards} no {reading.shape.status} that the project lists, so no column.")
    return notes


def _is_open_project(project: Any) -> bool:
    return (
        isinstance(project, dict) and bool(text_of(project.get("id"))) and project.get("closed") is not True
    )


def _board(project: Mapping[str, Any]) -> BoardData:
    name = text_of(project.get("title")) or f"Project {project.get('number')}"
    return BoardData(external_id=text_of(project["id"]), name=name, url=text_of(project.get("url")))


def _version(answer: Answer) -> str:
    """Only an Enterprise Server tells one."""
    return str(answer.headers.get("X-GitHub-Enterprise-Version") or "")


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
