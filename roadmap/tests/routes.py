"""How the access tests reach the roadmap's addresses."""

from __future__ import annotations

from typing import Any

from common.models import JobRun
from config.tests.routes import PRODUCT_PAGE, STRATEGY_WRITE, Route, World, product, team
from roadmap.models import Board, SyncRun
from roadmap.services import edition_publish
from roadmap.tests.factories import board_make, card_make, connection_make


def _board_of(world: World) -> Board:
    return Board.objects.first() or board_make(world.team, now=world.now)


def _board(world: World) -> dict[str, Any]:
    return {"product": world.product.slug, "board": _board_of(world).pk}


def _column(world: World) -> dict[str, Any]:
    board = _board_of(world)
    column = board.columns.first()
    assert column is not None
    return {"product": world.product.slug, "board": board.pk, "column": column.pk}


def _upload_board(world: World) -> dict[str, Any]:
    connection = connection_make(world.product, kind="upload", name="Files")
    return {
        "product": world.product.slug,
        "board": board_make(world.team, now=world.now, connection=connection).pk,
    }


def _card(world: World) -> dict[str, Any]:
    board = _board_of(world)
    card = board.cards.first() or card_make(board, 1, stage="in_progress", now=world.now)
    return {"product": world.product.slug, "card": card.pk}


def _week(world: World) -> dict[str, Any]:
    _card(world)
    edition = edition_publish(product=world.product, now=world.now)
    return {"product": world.product.slug, "week": edition.week}


def _connection(world: World) -> dict[str, Any]:
    return {"product": world.product.slug, "connection": connection_make(world.product, settings={}).pk}


def _files(world: World) -> dict[str, Any]:
    connection = connection_make(world.product, kind="upload", name="Files", settings={})
    return {"product": world.product.slug, "connection": connection.pk}


def _tool(world: World) -> dict[str, Any]:
    return {"product": world.product.slug, "kind": "kanboard"}


def _job(world: World, kind: str, subject: int) -> JobRun:
    return JobRun.objects.get_or_create(
        kind=kind, subject=str(subject), period="request-test", defaults={"due_at": world.now}
    )[0]


def _sync_run(world: World) -> dict[str, Any]:
    board = _board_of(world)
    run = _job(world, "board_sync", board.pk)
    return {"product": world.product.slug, "board": board.pk, "run": run.pk}


def _collation(world: World) -> dict[str, Any]:
    run = _job(world, "roadmap_collation", world.product.pk)
    return {"product": world.product.slug, "run": run.pk}


def _goal(world: World) -> dict[str, Any]:
    from strategy.models import Goal
    from strategy.tests.factories import goal_make

    goal = Goal.objects.filter(product=world.product).first() or goal_make(world.product, world.alice)
    return {"product": world.product.slug, "goal": goal.slug}


def _board_pk(world: World) -> dict[str, Any]:
    return {"pk": _board_of(world).pk}


def _column_pk(world: World) -> dict[str, Any]:
    return {"pk": _column(world)["column"]}


def _card_pk(world: World) -> dict[str, Any]:
    return {"pk": _card(world)["card"]}


def _sync_run_pk(world: World) -> dict[str, Any]:
    run, _ = SyncRun.objects.get_or_create(
        board=_board_of(world), state="done", defaults={"started_at": world.now}
    )
    return {"pk": run.pk}


def _edition_pk(world: World) -> dict[str, Any]:
    _card(world)
    return {"pk": edition_publish(product=world.product, now=world.now).pk}


ROUTES = {
    "roadmap:roadmap": Route(PRODUCT_PAGE, product),
    "roadmap:collate": Route(STRATEGY_WRITE, product, method="post"),
    "roadmap:collation": Route(PRODUCT_PAGE, _collation),
    "roadmap:edition-detail": Route(PRODUCT_PAGE, _week),
    "roadmap:edition-csv": Route(PRODUCT_PAGE, _week),
    "roadmap:edition-json": Route(PRODUCT_PAGE, _week),
    "roadmap:product-flow": Route(PRODUCT_PAGE, product),
    "roadmap:product-flow-csv": Route(PRODUCT_PAGE, product),
    "roadmap:team-flow": Route(PRODUCT_PAGE, team),
    "roadmap:team-flow-csv": Route(PRODUCT_PAGE, team),
    "roadmap:board-list": Route(PRODUCT_PAGE, product),
    "roadmap:board-new": Route(STRATEGY_WRITE, product),
    "roadmap:connection-new": Route(STRATEGY_WRITE, _tool),
    "roadmap:connection-edit": Route(STRATEGY_WRITE, _connection),
    "roadmap:connection-boards": Route(STRATEGY_WRITE, _files),
    "roadmap:board-detail": Route(PRODUCT_PAGE, _board),
    "roadmap:board-sync": Route(STRATEGY_WRITE, _board, method="post"),
    "roadmap:board-sync-progress": Route(PRODUCT_PAGE, _sync_run),
    "roadmap:board-columns": Route(STRATEGY_WRITE, _board),
    "roadmap:column-fix": Route(STRATEGY_WRITE, _column, method="post", data={"stage": "released"}),
    "roadmap:board-upload": Route(STRATEGY_WRITE, _upload_board),
    "roadmap:board-upload-preview": Route(STRATEGY_WRITE, _upload_board),
    "roadmap:board-upload-take": Route(STRATEGY_WRITE, _upload_board, method="post"),
    "roadmap:board-upload-discard": Route(STRATEGY_WRITE, _upload_board, method="post"),
    "roadmap:board-archive": Route(STRATEGY_WRITE, _board),
    "roadmap:board-restore": Route(STRATEGY_WRITE, _board, method="post"),
    "roadmap:card-detail": Route(PRODUCT_PAGE, _card),
    "roadmap:card-edit": Route(STRATEGY_WRITE, _card),
    "roadmap:card-reset": Route(STRATEGY_WRITE, _card, method="post"),
    "roadmap:team-detail": Route(PRODUCT_PAGE, team),
    "roadmap:goal-work": Route(PRODUCT_PAGE, _goal),
    "api:board-detail": Route(PRODUCT_PAGE, _board_pk),
    "api:board-check": Route(PRODUCT_PAGE, _board_pk),
    "api:board-sync": Route(PRODUCT_PAGE, _board_pk),
    "api:column-detail": Route(PRODUCT_PAGE, _column_pk),
    "api:card-detail": Route(PRODUCT_PAGE, _card_pk),
    "api:card-moves": Route(PRODUCT_PAGE, _card_pk),
    "api:sync-run-detail": Route(PRODUCT_PAGE, _sync_run_pk),
    "api:edition-detail": Route(PRODUCT_PAGE, _edition_pk),
    "api:edition-cards": Route(PRODUCT_PAGE, _edition_pk),
}
