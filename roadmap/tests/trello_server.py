"""A Trello that speaks real HTTP on 127.0.0.1: it holds one board and changes it as people would.

    trello = TrelloServer(httpserver)                  # pytest-httpserver's fixture
    provider = TrelloProvider(trello.config())         # the setting OUTGOING_ALLOWED_HOSTS must allow 127.0.0.1
    trello.card_move(card, "Doing")                    # with the action that Trello would write
    trello.fault = Response("", status=503)            # until set back to None

Key and token, filters, fields, `limit`, `before` and `since` are honoured as by the real one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from roadmap.tests.payloads import payload, refusal

fixture_load = partial(payload, "trello")
error_answer = partial(refusal, "trello")
KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "planted-token-5120"
OTHER_BOARD = {"id": "5f00c0dec0dec0dec0dec0b9", "name": "Billing"}


class TrelloServer:
    """Answers `/1/…` of a pytest-httpserver.

    `answers` replaces the answer of a path's last part ("lists", "cards", "actions"); `fault` answers every call.
    `calls` lists what was asked as (last part of the path, parameters). `most` is how many cards it hands out at once
    before it refuses.
    """

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.board: dict[str, Any] = fixture_load("board")
        self.lists: list[dict[str, Any]] = fixture_load("lists")
        self.cards: list[dict[str, Any]] = fixture_load("cards")
        self.actions: list[dict[str, Any]] = fixture_load("actions")  # newest first
        self.now = datetime(2026, 11, 9, 6, 0, tzinfo=UTC)
        self.most = 10_000
        self.secrets = (KEY, TOKEN)
        self.fault: Response | Callable[[Request], Response] | None = None
        self.answers: dict[str, Any] = {}
        self.calls: list[tuple[str, dict[str, str]]] = []
        self._ids = 0
        server.expect_request(re.compile("/.*")).respond_with_handler(self._handle)

    @property
    def base_url(self) -> str:
        """The address that a person would enter."""
        return self.server.url_for("/").rstrip("/")

    def config(self, **changes: Any) -> dict[str, Any]:
        """A working provider config for the board."""
        return {
            "base_url": self.base_url,
            "api_key": self.secrets[0],
            "token": self.secrets[1],
            "board": self.board["id"],
        } | changes

    # --- what people do ---------------------------------------------------------------------------

    def list_named(self, name: str) -> dict[str, Any]:
        """The list of this name."""
        return next(item for item in self.lists if item["name"] == name)

    def card_numbered(self, number: int) -> dict[str, Any]:
        """The card of this number."""
        return next(item for item in self.cards if item["idShort"] == number)

    def card_create(self, name: str, list_name: str, **fields: Any) -> dict[str, Any]:
        """A new card."""
        return self._card(name, list_name, "createCard", fields, {})

    def card_arrive(self, name: str, list_name: str) -> dict[str, Any]:
        """A card that comes from another board."""
        return self._card(name, list_name, "moveCardToBoard", {}, {"boardSource": OTHER_BOARD})

    def card_move(self, number: int, list_name: str) -> None:
        """Into another list."""
        card, target = self.card_numbered(number), self.list_named(list_name)
        source = next(item for item in self.lists if item["id"] == card["idList"])
        card["idList"] = target["id"]
        self._act(
            "updateCard",
            card,
            {"idList": target["id"]},
            listBefore=_reference(source),
            listAfter=_reference(target),
            old={"idList": source["id"]},
        )

    def card_archive(self, number: int, *, closed: bool = True) -> None:
        """Off the board, or back."""
        card = self.card_numbered(number)
        card["closed"] = closed
        column = next(item for item in self.lists if item["id"] == card["idList"])
        self._act("updateCard", card, {"closed": closed}, list=_reference(column), old={"closed": not closed})

    def card_rename(self, number: int, name: str) -> None:
        """Another title."""
        card = self.card_numbered(number)
        old, card["name"] = card["name"], name
        self._act("updateCard", card, {}, old={"name": old})

    def card_delete(self, number: int) -> None:
        """Gone for ever; the action keeps little more than its id."""
        card = self.card_numbered(number)
        column = next(item for item in self.lists if item["id"] == card["idList"])
        self.cards.remove(card)
        self._act("deleteCard", card, {}, list=_reference(column))
        self.actions[0]["data"]["card"] = {"id": card["id"], "idShort": number}

    def card_leave(self, number: int) -> None:
        """To another board."""
        card = self.card_numbered(number)
        column = next(item for item in self.lists if item["id"] == card["idList"])
        self.cards.remove(card)
        self._act("moveCardFromBoard", card, {}, list=_reference(column), boardTarget=OTHER_BOARD)

    def card_return(self, card: dict[str, Any], list_name: str) -> None:
        """Back from another board, under the id that it always had."""
        column = self.list_named(list_name)
        self.cards.append(card | {"idList": column["id"]})
        self._act("moveCardToBoard", card, {}, list=_reference(column), boardSource=OTHER_BOARD)

    def list_add(self, name: str) -> dict[str, Any]:
        """A list at the right end."""
        pos = max(item["pos"] for item in self.lists) + 1
        made = self.lists[0] | {
            "id": self.id_make(),
            "name": name,
            "pos": pos,
            "closed": False,
            "softLimit": None,
        }
        self.lists.append(made)
        return made

    def cards_many(self, count: int) -> None:
        """A board of two lists and so many cards, each with its action."""
        self.lists = self.lists[:2]
        self.cards, self.actions = [], []
        for number in range(count):
            self._ids += 1
            self.now += timedelta(seconds=1)
            self.card_create(f"Card {number}", self.lists[number % 2]["name"])

    def id_make(self) -> str:
        """A new id, of this moment."""
        self._ids += 1
        return f"{int(self.now.timestamp()):08x}{0xBEE:06x}{self._ids:010x}"

    def _card(
        self, name: str, list_name: str, kind: str, fields: dict[str, Any], data: dict[str, Any]
    ) -> dict[str, Any]:
        number = max((item["idShort"] for item in self.cards), default=0) + 1
        column = self.list_named(list_name)
        made = fixture_load("cards")[1] | {
            "id": self.id_make(),
            "name": name,
            "idList": column["id"],
            "idShort": number,
            "shortUrl": f"https://trello.com/c/Card{number:04d}",
        }
        self.cards.append(made | fields)
        self._act(kind, made, {}, list=_reference(column), **data)
        return self.cards[-1]

    def _act(self, kind: str, card: dict[str, Any], about: dict[str, Any], **data: Any) -> None:
        self.now += timedelta(minutes=1)
        self.actions.insert(
            0,
            {
                "id": self.id_make(),
                "type": kind,
                "date": f"{self.now:%Y-%m-%dT%H:%M:%S.000Z}",
                "data": {"card": {"id": card["id"], "name": card["name"], **about}, **data},
            },
        )

    # --- how it answers ---------------------------------------------------------------------------

    def _handle(self, request: Request) -> Response:
        self.calls.append((request.path.rpartition("/")[2], request.args.to_dict()))
        if self.fault is None:
            return self.answer(request)
        return self.fault if isinstance(self.fault, Response) else self.fault(request)

    def answer(self, request: Request) -> Response:
        """The answer of a Trello that works."""
        given = dict(re.findall(r'(oauth_\w+)="([^"]*)"', request.headers.get("Authorization", "")))
        if given.get("oauth_consumer_key") != self.secrets[0]:
            return error_answer("invalid key")
        if given.get("oauth_token") != self.secrets[1]:
            return error_answer("invalid token")
        if request.path == "/1/members/me/boards":
            return _json(self.answers.get("boards", [self.board, self.board | OTHER_BOARD]))
        match = re.fullmatch(r"/1/boards/(\w+)(?:/(lists|cards|actions))?", request.path)
        if match is None:
            return error_answer("no such path")
        if match[1] not in {self.board["id"], self.board["shortUrl"].rpartition("/")[2]}:
            return error_answer("no such board")
        part = match[2] or "board"
        if part in self.answers:
            return _json(self.answers[part])
        if part == "cards" and int(request.args.get("limit", self.most + 1)) > self.most:
            return error_answer("too many cards")
        return _json(self._part(part, request.args.to_dict()))

    def _part(self, part: str, params: dict[str, str]) -> Any:
        if part == "board":
            return self.board
        if part == "lists":
            return self.lists if params.get("filter") == "all" else [
                item for item in self.lists if not item["closed"]
            ]  # fmt: skip
        items = self.cards if part == "cards" else _filtered(self.actions, params["filter"])
        if part == "cards" and params.get("filter") != "all":
            items = [item for item in items if not item["closed"]]
        # Without a limit Trello keeps the order of the board; with one it gives the newest.
        newest = sorted(items, key=lambda item: str(item["id"]), reverse=True)
        if "before" in params:
            newest = [item for item in newest if item["id"] < params["before"]]
        if "since" in params:
            since = datetime.fromisoformat(params["since"])
            newest = [item for item in newest if datetime.fromisoformat(item["date"]) >= since]
        page = newest[: min(int(params.get("limit", 50)), 1000)]
        fields = {"id", *params["fields"].split(",")}
        return [{name: value for name, value in item.items() if name in fields} for item in page]


def _filtered(actions: list[dict[str, Any]], wanted: str) -> list[dict[str, Any]]:
    kinds = set(wanted.split(","))
    return [
        action
        for action in actions
        if action["type"] in kinds
        or any(f"{action['type']}:{name}" in kinds for name in action["data"].get("old", {}))
    ]


def _reference(item: dict[str, Any]) -> dict[str, Any]:
    return {"id": item["id"], "name": item["name"]}


def _json(content: Any) -> Response:
    return Response(json.dumps(content), content_type="application/json; charset=utf-8")
