"""Trello, over its REST API (https://developer.atlassian.com/cloud/trello/rest/).

Four facts shape this file. A list of cards or actions holds at most 1,000 and is read on from its oldest id. Ids are
given out in the order of time and begin with the second in which they were. Every move of a card is an action that
stays, so one read of years of actions gives the whole history, and later reads stop at the last action known. What
exactly was refused stands in the text of the answer only: a wrong key, a wrong token and a private board are all 401.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from common.display.values import plural
from common.errors import PermanentError
from common.http import HttpClient, StatusError
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
from roadmap.boards.trello_answers import (
    ACTION_TYPES,
    UNKNOWN_SHAPE,
    TrelloCards,
    TrelloHistory,
    TrelloLists,
    created_at,
)

API = "https://api.trello.com"
VERSION = "1"
PAGE = 1_000  # the most that Trello gives at once
PAGE_LEAST = 50
HISTORY_PAGES = 100  # a hundred thousand moves
OVERLAP = timedelta(minutes=1)  # ids of the same moment are not given out in a strict order
CARD_FIELDS = (
    "name", "desc", "closed", "idList", "idShort", "idMembers", "labels", "start", "due", "dateLastActivity",
    "shortUrl", "isTemplate",
)  # fmt: skip
_BOARD_ID = re.compile(r"[0-9A-Za-z]{8}|[0-9a-fA-F]{24}")
_PLAIN = RegexValidator(r"^[\w-]+\Z", "Copy it whole and by itself: it has letters and digits only.")


class _TooManyError(PermanentError):
    """Trello would rather hand out fewer cards at once."""


class TrelloForm(forms.Form):
    """As whom to read Trello."""

    api_key = SecretField(
        label="API key",
        max_length=200,
        validators=[_PLAIN],
        help_text="From trello.com/power-ups/admin: open or make a Power-Up, then API key.",
    )
    token = SecretField(
        label="Token",
        validators=[_PLAIN],
        help_text="From the link Token beside the key. Kept encrypted and never shown again.",
    )
    base_url = AddressField(
        label="Address of the API",
        required=False,
        initial=API,
        example=API,
        help_text="Leave it as it is, unless your organisation reaches Trello through a gateway.",
    )

    def clean_base_url(self) -> str:
        """Trello's own address when left empty."""
        return self.cleaned_data["base_url"] or API


class TrelloProvider(BoardProvider):
    """Reads one Trello board: its lists, open and archived cards, and every move that its actions tell."""

    kind = "trello"
    label = "Trello"
    icon = "board"
    docs_url = "https://developer.atlassian.com/cloud/trello/guides/rest-api/authorization/"
    settings_form = TrelloForm
    secret_fields = frozenset({"api_key", "token"})
    access_help = (
        "Make the token as a person who is only an observer or a member of the boards to read, with the scope “read” "
        "and no end (trello.com/1/authorize?expiration=never&scope=read&response_type=token&key=YOUR_KEY). A token "
        "reads every board of its person, so a person of its own for Bearing is the least that is enough."
    )
    history = History.FULL
    since = Since.EXACT
    deletes = Deletes.REPORTED

    def check(self) -> CheckResult:
        with self._client(quick=True) as client:
            if not self.board_external_id:
                return CheckResult(title="Trello", boards_count=len(self._boards(client)))
            board = self._board(client)
            lists = self._lists(client)
            return CheckResult(
                title=str(board["name"]), columns_count=sum(1 for column in lists.by_id.values() if column.is_active)
            )  # fmt: skip

    def boards(self) -> list[BoardData]:
        with self._client(quick=True) as client:
            found = self._boards(client)
        return sorted(found, key=lambda board: board.name.casefold())

    def fetch(self, since: datetime | None = None) -> Snapshot:
        if not self.board_external_id:
            raise PermanentError("Choose the Trello board to read.", field="board")
        with self._client() as client:
            notes: list[str] = []
            board = self._board(client)
            if board.get("closed") is True:
                notes.append(
                    "The board is closed in Trello. It is still read; choose another if the team moved on."
                )
            lists = self._lists(client)
            reading = self._cards(client, lists)
            # Without a complete read before it, older actions may belong to cards that were left out then.
            known = str((self.config.get(CURSOR_KEY) or {}).get("action_id") or "") if since else ""
            history = self._history(client, lists, known, notes)
            complete = not reading.broken
            newest = max(known, history.newest)
            notes += _notes(reading, history)
            return Snapshot(
                columns=tuple(lists.by_id.values()),
                cards=tuple(history.done_fill(reading.by_id.values())),
                moves=tuple(history.moves_of(reading.by_id)),
                deleted=history.gone(reading.by_id) if complete else (),
                complete=complete,
                notes=tuple(notes),
                requests_made=client.requests_made,
                cursor={"action_id": newest if complete else known},
            )

    def _client(self, *, quick: bool = False) -> HttpClient:
        key, token = str(self.config.get("api_key") or ""), str(self.config.get("token") or "")
        base = str(self.config.get("base_url") or API).rstrip("/").removesuffix(f"/{VERSION}")
        return self.client(
            f"{base}/{VERSION}",
            # In the header, not in the query: addresses end up in the logs of gateways.
            headers={"Authorization": f'OAuth oauth_consumer_key="{key}", oauth_token="{token}"'},
            secrets=(key, token),
            quick=quick,
        )

    def _path(self, rest: str = "") -> str:
        """A path below the chosen board."""
        if not _BOARD_ID.fullmatch(self.board_external_id):
            raise PermanentError("A Trello board is named by its id. Choose it from the list.", field="board")
        return f"boards/{self.board_external_id}{rest}"

    def _boards(self, client: HttpClient) -> list[BoardData]:
        answer = self._get(client, "members/me/boards", {"filter": "open", "fields": "name,shortUrl"})
        return [
            BoardData(external_id=item["id"], name=item["name"], url=str(item.get("shortUrl") or ""))
            for item in _list(answer)
            if isinstance(item, Mapping)
            and all(isinstance(item.get(name), str) and item[name] for name in ("id", "name"))
        ]

    def _board(self, client: HttpClient) -> Mapping[str, Any]:
        board = self._get(client, self._path(), {"fields": "name,closed"})
        if not isinstance(board, Mapping) or not isinstance(board.get("name"), str):
            raise PermanentError(UNKNOWN_SHAPE)
        return board

    def _lists(self, client: HttpClient) -> TrelloLists:
        answer = self._get(
            client, self._path("/lists"), {"filter": "all", "fields": "name,closed,pos,softLimit"}
        )
        return TrelloLists.of(_list(answer))

    def _cards(self, client: HttpClient, lists: TrelloLists) -> TrelloCards:
        """All cards, archived ones too, newest first."""
        reading = TrelloCards(lists)
        size = PAGE

        def read(before: str | None) -> tuple[list[Any], str | None]:
            nonlocal size
            params: dict[str, str | int] = {"filter": "all", "fields": ",".join(CARD_FIELDS)}
            params |= {"before": before} if before else {}
            while True:
                try:
                    page = _list(self._get(client, self._path("/cards"), params | {"limit": size}))
                except _TooManyError:
                    if size <= PAGE_LEAST:
                        raise
                    size = max(PAGE_LEAST, size // 4)
                    continue
                return page, _oldest(page) if len(page) >= size else None

        for page in pages(read, host=client.host):
            reading.page_add(page)
        return reading

    def _history(self, client: HttpClient, lists: TrelloLists, known: str, notes: list[str]) -> TrelloHistory:
        """The moves since the action `known`, or all of them."""
        history = TrelloHistory(lists)
        floor = _floor(known)
        params: dict[str, str | int] = {
            "filter": ",".join(ACTION_TYPES),
            "fields": "type,date,data",
            "limit": PAGE,
            "member": "false",
            "memberCreator": "false",
        }
        if floor:
            params["since"] = f"{created_at(floor):%Y-%m-%dT%H:%M:%S.000Z}"
        ended = False

        def read(before: str | None) -> tuple[list[Any], str | None]:
            nonlocal ended
            answer = self._get(
                client, self._path("/actions"), params | ({"before": before} if before else {})
            )
            page = _list(answer)
            oldest = _oldest(page) if len(page) >= PAGE else None
            ended = oldest is None or oldest < floor
            return page, None if ended else oldest

        for page in islice(pages(read, host=client.host), HISTORY_PAGES):
            history.page_add(page)
        if not ended:
            notes.append(
                f"This board has more than {HISTORY_PAGES * PAGE:,} actions; the moves before them were not read."
            )
        return history

    def _get(self, client: HttpClient, path: str, params: Mapping[str, str | int]) -> Any:
        try:
            return client.get(path, params=params).json()
        except StatusError as error:
            raise _refused(error, about_board=path.startswith("boards/")) from None


def _refused(error: StatusError, *, about_board: bool) -> PermanentError:
    """The refusal in words of its own; Trello says which of the two secrets is wrong in the text only."""
    host, status, words = error.response.host, error.status, error.response.text[:500].casefold()
    if status == 449 or (status in {400, 403} and re.search(r"too[_ ]many", words)):
        return _TooManyError(
            f"{host} does not hand out this board: it is too large for it. Archive or delete old cards in Trello."
        )
    if status == 401 and re.search(r"\bkey\b", words):
        return PermanentError(
            f"{host} does not know this API key (401). Copy it again from trello.com/power-ups/admin.",
            field="api_key",
        )
    if status in {401, 403} and about_board and "permission" in words:
        return PermanentError(
            f"{host} knows the token but does not let its person read this board ({status}). Add the person to the "
            "board in Trello, or choose another board.",
            field="board",
        )
    if status in {401, 403}:
        return PermanentError(
            f"{host} refused the token ({status}). It was withdrawn, has ended, or lacks the scope “read”: make a new "
            "one with this API key.",
            field="token",
        )
    if status in {400, 404} and about_board and error.response.content_type != "text/html":
        return PermanentError(
            f"{host} shows no such board to this token ({status}). It was deleted, or the token's person left it. "
            "Choose a board from the list.",
            field="board",
        )
    if status in {404, 405}:
        return PermanentError(
            f"There is no Trello API at this address ({host} answers {status}). Leave the address empty for "
            f"Trello's own, {API}.",
            field="base_url",
        )
    return error


def _notes(reading: TrelloCards, history: TrelloHistory) -> list[str]:
    notes = []
    if reading.broken:
        cards = plural(reading.broken, "card was", "cards were")
        notes.append(f"{cards} left out, because an id, a name or a list is missing.")
    if reading.aside:
        cards = plural(reading.aside, "template or dividing line was", "templates and dividing lines were")
        notes.append(f"{cards} left out: they are no work.")
    if reading.off_board:
        cards = plural(reading.off_board, "card stands", "cards stand")
        notes.append(f"{cards} in a list that Trello does not show for this board; it is on no column.")
    if history.broken:
        notes.append(f"{plural(history.broken, 'action')} of Trello could not be read; moves may be missing.")
    return notes


def _list(answer: Any) -> list[Any]:
    """PermanentError when the list is missing: taken for an empty one, it would make every card vanish."""
    if not isinstance(answer, list):
        raise PermanentError(UNKNOWN_SHAPE)
    return answer


def _oldest(page: list[Any]) -> str:
    """The oldest id of a page, to read on from."""
    ids = [str(item["id"]) for item in page if isinstance(item, Mapping) and item.get("id")]
    if not ids:
        raise PermanentError(UNKNOWN_SHAPE)
    return min(ids)


def _floor(known: str) -> str:
    """An id just before the action `known`; "" when there is none to stop at."""
    try:
        at = created_at(known) - OVERLAP
    except ValueError:
        return ""
    return f"{max(0, int(at.timestamp())):08x}{'0' * 16}"
