"""Comparing two reads of one board."""

from __future__ import annotations

import pytest

from roadmap.boards.base import CardData, ColumnData, HttpFactory, Snapshot
from roadmap.boards.changes import CardMoved, Renamed, snapshot_changes
from roadmap.boards.kanboard import KanboardProvider
from roadmap.tests.kanboard_server import KanboardServer, changes_applied


@pytest.fixture
def weeks(kanboard: KanboardServer, local_http: HttpFactory) -> tuple[Snapshot, Snapshot]:
    """The recorded board, and the same a week later."""
    provider = KanboardProvider(kanboard.config(), local_http)
    before = provider.fetch()
    kanboard.week = "week2"
    return before, provider.fetch()


def numbers(identities: tuple[str, ...]) -> list[int]:
    return sorted(int(identity.partition("@")[0]) for identity in identities)


def test_it_finds_exactly_what_was_done_to_the_real_board(weeks: tuple[Snapshot, Snapshot]) -> None:
    before, after = weeks
    applied = changes_applied()
    name = {column.external_id: column.name for column in before.columns}

    changes = snapshot_changes(before, after)
    moved = {
        (numbers((move.identity,))[0], name[str(move.from_column)], name[str(move.to_column)])
        for move in changes.moved
    }

    assert numbers(changes.created) == sorted(applied["created"])
    assert moved == {(move["task_id"], move["from"], move["to"]) for move in applied["moved"]}
    assert len(changes.moved) == len(applied["moved"])
    assert numbers(tuple(change.identity for change in changes.renamed)) == sorted(applied["renamed"])
    assert numbers(changes.closed) == sorted(applied["closed"])
    assert numbers(changes.reopened) == sorted(applied["reopened"])
    assert numbers(changes.missing) == sorted(applied["deleted"])
    column = applied["column_renamed"]
    assert changes.columns_renamed == (Renamed(str(column["id"]), column["from"], column["to"]),)
    assert changes.columns_added == (str(applied["column_added"]["id"]),)
    assert changes.columns_removed == ()


def test_it_finds_nothing_between_two_equal_reads(weeks: tuple[Snapshot, Snapshot]) -> None:
    before, after = weeks

    assert not snapshot_changes(before, before)
    assert snapshot_changes(before, after)


def test_it_undoes_itself_backwards(weeks: tuple[Snapshot, Snapshot]) -> None:
    before, after = weeks

    forwards, backwards = snapshot_changes(before, after), snapshot_changes(after, before)

    assert set(forwards.created) == set(backwards.missing)
    assert set(forwards.closed) == set(backwards.reopened)
    assert set(forwards.columns_added) == set(backwards.columns_removed)


def board(*cards: CardData) -> Snapshot:
    return Snapshot(columns=(ColumnData(external_id="1", name="Ready", position=1),), cards=cards)


def test_it_sees_a_card_leave_every_column() -> None:
    before = board(CardData(external_id="7", identity="7", title="Card", column_external_id="1"))
    after = board(CardData(external_id="7", identity="7", title="Card", column_external_id=None))

    assert snapshot_changes(before, after).moved == (CardMoved("7", "1", None),)


def test_it_takes_a_reused_id_for_another_card() -> None:
    before = board(CardData(external_id="7", identity="7@100", title="Old", column_external_id="1"))
    after = board(CardData(external_id="7", identity="7@200", title="New", column_external_id="1"))

    changes = snapshot_changes(before, after)

    assert changes.created == ("7@200",)
    assert changes.missing == ("7@100",)
    assert changes.renamed == ()


def test_it_takes_a_column_that_is_put_away_for_removed_and_one_brought_back_for_added() -> None:
    shown = Snapshot(columns=(ColumnData(external_id="a", name="A", position=0),), cards=())
    away = Snapshot(columns=(ColumnData(external_id="a", name="B", position=0, is_active=False),), cards=())

    assert snapshot_changes(shown, away).columns_removed == ("a",)
    assert snapshot_changes(away, shown).columns_added == ("a",)
    assert not snapshot_changes(away, away)
    assert snapshot_changes(shown, away).columns_renamed == ()
