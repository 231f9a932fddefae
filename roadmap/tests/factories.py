"""Boards and cards for tests, made as plainly as possible."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from metrics.models import Metric
from roadmap.models import Board, Card, Column, Connection, Stage
from roadmap.services import board_create, connection_create
from teams.models import Product, Team


def connection_make(product: Product, **fields: Any) -> Connection:
    """A connection to a Kanboard that nobody calls."""
    values = {
        "kind": "kanboard",
        "name": "Kanboard",
        "settings": {"base_url": "https://kanboard.example.org"},
    }
    return Connection.objects.create(product=product, **(values | fields))


def board_make(team: Team, *, now: datetime, connection: Connection | None = None, **fields: Any) -> Board:
    """A board of `team` that was read at `now`, with a column for each of the nine stages."""
    connection = connection or connection_make(team.product)
    number = connection.boards.count() + 1
    values = {
        "external_id": str(number),
        "name": f"{team.name} board",
        "last_synced_at": now,
        "last_complete_read_at": now,
    }
    board = Board.objects.create(connection=connection, team=team, **(values | fields))
    Column.objects.bulk_create(
        Column(board=board, external_id=stage, name=label, position=place, stage=stage, stage_origin="person")
        for place, (stage, label) in enumerate(Stage.choices)
    )
    return board


def board_connect(
    *, kind: str, values: dict[str, Any], external_id: str, team: Team, now: datetime, name: str = "Board"
) -> Board:
    """A board of a tool that answers, connected as the pages do it."""
    tool = connection_create(product=team.product, kind=kind, name=f"Our {kind}", values=values, actor=None)
    return board_create(connection=tool, team=team, external_id=external_id, name=name, actor=None, now=now)


def card_make(board: Board, number: int, *, stage: str, now: datetime, **fields: Any) -> Card:
    """Card `number` of the board in the column of `stage`, since `now`."""
    values: dict[str, Any] = {
        "identity": str(number),
        "external_id": str(number),
        "key": f"ONB-{number}",
        "title": f"Card {number}",
        "column": Column.objects.filter(board=board, stage=stage).first(),
        "stage_since": now,
        "first_seen_at": now,
    }
    return Card.objects.create(board=board, **(values | fields))


def metric_make(product: Product, key: str = "first-job", **fields: Any) -> Metric:
    """An outcome metric."""
    return Metric.objects.create(
        product=product, key=key, name=fields.pop("name", "First job in 7 days"), **fields
    )
