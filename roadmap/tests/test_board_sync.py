"""Two recorded weeks of a real board, read over HTTP and stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from roadmap.models import Board, Card, CardMove, Column, SyncRun
from roadmap.services import board_sync
from roadmap.tests.kanboard_server import KanboardServer, changes_applied, week_load

pytestmark = pytest.mark.django_db


def test_it_stores_every_column_and_card_of_the_first_week(board: Board, now: datetime) -> None:
    recorded = week_load("week1")

    run = board_sync(board=board, now=now)

    tasks = [*recorded["getAllTasks_open"], *recorded["getAllTasks_closed"]]
    assert run.state == SyncRun.State.DONE
    assert run.counts["created"] == len(tasks) == Card.objects.count()
    assert set(Column.objects.values_list("name", flat=True)) == {
        column["title"] for column in recorded["getColumns"]
    }
    assert run.requests_made > 0
    board.refresh_from_db()
    assert board.last_synced_at == now


def test_it_tells_exactly_what_was_done_to_the_board_in_the_second_week(
    board: Board, kanboard: KanboardServer, now: datetime
) -> None:
    board_sync(board=board, now=now)
    names = {column.external_id: column.name for column in Column.objects.all()}
    kanboard.week = "week2"
    applied = changes_applied()

    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=7))

    told = run.changes
    assert {(move["card"], names[move["from"]], names[move["to"]]) for move in told["moved"]} == {
        (str(move["task_id"]), move["from"], move["to"]) for move in applied["moved"]
    }
    assert {item["card"] for item in told["renamed"]} == {str(pk) for pk in applied["renamed"]}
    assert set(told["created"]) == {str(pk) for pk in applied["created"]}
    assert set(told["closed"]) == {str(pk) for pk in applied["closed"]}
    assert set(told["reopened"]) == {str(pk) for pk in applied["reopened"]}
    assert set(told["missing"]) == {str(pk) for pk in applied["deleted"]}
    assert told["columns_renamed"] == [
        {
            "column": str(applied["column_renamed"]["id"]),
            "before": applied["column_renamed"]["from"],
            "after": applied["column_renamed"]["to"],
        }
    ]
    assert told["columns_added"] == [str(applied["column_added"]["id"])]
    assert "gone" not in told
    assert "columns_removed" not in told


def test_it_changes_nothing_when_nothing_changed(board: Board, now: datetime) -> None:
    board_sync(board=board, now=now)
    before = list(Card.objects.order_by("pk").values())
    moves = CardMove.objects.count()

    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=1))

    assert run.changes == {}
    assert list(Card.objects.order_by("pk").values()) == before
    assert CardMove.objects.count() == moves


def test_it_archives_a_card_after_the_second_complete_read_without_it(
    board: Board, kanboard: KanboardServer, now: datetime
) -> None:
    board_sync(board=board, now=now)
    kanboard.week = "week2"
    deleted = [str(pk) for pk in changes_applied()["deleted"]]

    board_sync(board=Board.objects.get(), now=now + timedelta(days=7))
    once = Card.objects.filter(external_id__in=deleted)
    assert all(card.missing_since and not card.gone_at for card in once)
    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=14))

    assert set(run.changes["gone"]) == set(deleted)
    assert all(card.gone_at for card in Card.objects.filter(external_id__in=deleted))


def test_it_dates_every_move_by_the_tool_or_by_the_two_reads(
    board: Board, kanboard: KanboardServer, now: datetime
) -> None:
    board_sync(board=board, now=now)
    kanboard.week = "week2"

    board_sync(board=Board.objects.get(), now=now + timedelta(days=7))

    for change in changes_applied()["moved"]:
        move = CardMove.objects.filter(card__external_id=str(change["task_id"])).order_by("at").last()
        assert move is not None
        assert move.to_column is not None
        card = Card.objects.get(external_id=str(change["task_id"]))
        assert move.to_column_id == card.column_id
        assert card.stage_since == move.at


def _without(kanboard: KanboardServer, count: int) -> None:
    recorded = week_load("week1")
    kanboard.results["getAllTasks"] = recorded["getAllTasks_open"][count:]


def test_it_holds_the_step_when_more_than_a_fifth_of_the_cards_vanish(
    board: Board, kanboard: KanboardServer, now: datetime
) -> None:
    board_sync(board=board, now=now)
    _without(kanboard, 60)

    held = board_sync(board=Board.objects.get(), now=now + timedelta(days=1))

    assert held.state == SyncRun.State.HELD
    assert held.counts["held"] > 40
    assert not Card.objects.exclude(missing_since=None).exists()

    accepted = board_sync(board=Board.objects.get(), now=now + timedelta(days=2), accept_missing=True)

    assert accepted.state == SyncRun.State.DONE
    assert Card.objects.exclude(missing_since=None).count() == held.counts["held"]


def test_it_retires_nothing_after_an_incomplete_read(
    board: Board, kanboard: KanboardServer, now: datetime
) -> None:
    board_sync(board=board, now=now)
    recorded = week_load("week1")
    broken = [
        {**task, "title": ""} if number < 3 else task
        for number, task in enumerate(recorded["getAllTasks_open"])
    ]
    kanboard.results["getAllTasks"] = broken

    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=1))

    assert run.state == SyncRun.State.DONE
    assert not Card.objects.exclude(missing_since=None).exists()
    assert Board.objects.get().last_complete_read_at == now


def test_it_brings_a_missing_card_back(board: Board, kanboard: KanboardServer, now: datetime) -> None:
    board_sync(board=board, now=now)
    recorded = week_load("week1")
    kanboard.results["getAllTasks"] = [*recorded["getAllTasks_open"], *recorded["getAllTasks_closed"]][:-1]
    board_sync(board=Board.objects.get(), now=now + timedelta(days=1))
    gone = Card.objects.get(missing_since__isnull=False)
    kanboard.results.clear()

    run = board_sync(board=Board.objects.get(), now=now + timedelta(days=2))

    assert run.changes["returned"] == [gone.external_id]
    assert not Card.objects.exclude(missing_since=None).exists()


def test_it_keeps_a_persons_value_over_the_tools(
    board: Board, kanboard: KanboardServer, now: datetime, product: Any
) -> None:
    from roadmap.tests.factories import metric_make

    chosen, named = metric_make(product, "chosen"), metric_make(product, "named", name="Named")
    recorded = week_load("week1")
    task = recorded["getAllTasks_open"][0]
    kanboard.results["getAllTasks"] = [{**task, "description": "Metric: named\nPersona: Dispatcher"}]
    board_sync(board=board, now=now)
    card = Card.objects.get()
    assert (card.metric, card.metric_origin) == (named, "tool")
    card.metric, card.metric_origin = chosen, "person"
    card.context = {**card.context, "persona": {"value": "Crew lead", "origin": "person"}}
    card.save()

    kanboard.results["getAllTasks"] = [
        {**task, "description": "Metric: named\nPersona: Owner\nRationale: Faster"}
    ]
    board_sync(board=Board.objects.get(), now=now + timedelta(days=1))

    card.refresh_from_db()
    assert card.metric == chosen
    assert card.context == {
        "persona": {"value": "Crew lead", "origin": "person"},
        "rationale": {"value": "Faster", "origin": "tool"},
    }
