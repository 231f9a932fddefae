"""The weekly edition: what it freezes, and what it says has changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from common.errors import ApplicationError
from roadmap.models import Board, Card, Column, Edition, EditionCard, Stage
from roadmap.services import board_sync, columns_map, edition_publish
from roadmap.tests.factories import board_make, card_make, metric_make
from roadmap.tests.kanboard_server import KanboardServer, changes_applied

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)
# What the recorded board's columns mean to its team; the test's own decision.
MEANING = {
    "Backlog": Stage.PRIORITISED,
    "Ready": Stage.TO_BUILD,
    "Work in progress": Stage.IN_PROGRESS,
    "Done": Stage.RELEASED,
}


def _map(board: Board) -> None:
    stages = {column.pk: str(MEANING.get(column.name, Stage.IN_VALIDATION)) for column in board.columns.all()}
    columns_map(board=board, stages=stages, closed_as="released", actor=None)


def test_its_difference_is_what_was_done_to_the_recorded_board(
    board: Board, kanboard: KanboardServer, now: datetime, product: Any
) -> None:
    board_sync(board=board, now=now)
    _map(Board.objects.get())
    first = edition_publish(product=product, now=now)
    stage_before = dict(EditionCard.objects.filter(edition=first).values_list("card__external_id", "stage"))
    kanboard.week = "week2"
    board_sync(board=Board.objects.get(), now=now + WEEK)

    second = edition_publish(product=product, now=now + WEEK)

    applied = changes_applied()
    moved = {str(move["task_id"]): (MEANING[move["from"]], MEANING[move["to"]]) for move in applied["moved"]}
    closed, reopened = ({str(pk) for pk in applied[name]} for name in ("closed", "reopened"))
    order = list(Stage.values)
    expected: dict[str, set[str]] = {"advanced": set(), "moved_back": set()}
    for card in moved.keys() | closed | reopened:
        before = stage_before[card]
        column = Card.objects.get(external_id=card).column
        assert column is not None
        after = column.stage if card not in closed else "released"
        if before != after:
            expected["advanced" if order.index(after) > order.index(before) else "moved_back"].add(card)

    def told(kind: str) -> set[str]:
        pks = [entry["card"] for entry in second.difference[kind]]
        return set(Card.objects.filter(pk__in=pks).values_list("external_id", flat=True))

    assert told("advanced") == expected["advanced"]
    assert expected["advanced"]
    assert told("moved_back") == expected["moved_back"]
    assert expected["moved_back"]
    assert told("new") == {str(pk) for pk in applied["created"]}
    assert told("vanished") == {str(pk) for pk in applied["deleted"]}
    assert second.difference["discarded"] == [] == second.difference["re_pointed"]
    assert second.difference["since"] == first.week
    # The new column Released matched its stage by its name; the renamed one kept what a person said.
    assert Column.objects.get(name="Released").stage == Stage.RELEASED
    assert Column.objects.get(name="Selected").stage == Stage.TO_BUILD


def test_it_makes_no_revision_when_nothing_changed_and_one_when_something_did(
    team: Any, product: Any, now: datetime
) -> None:
    card = card_make(board_make(team, now=now), 1, stage="in_progress", now=now)
    first = edition_publish(product=product, now=now)

    again = edition_publish(product=product, now=now + timedelta(hours=20))
    assert again == first

    Card.objects.filter(pk=card.pk).update(blocked=True)
    changed = edition_publish(product=product, now=now + timedelta(hours=21))
    assert (changed.week, changed.revision) == (first.week, 2)


def test_it_tells_each_kind_of_change(team: Any, product: Any, now: datetime) -> None:
    board = board_make(team, now=now)
    old, new = metric_make(product, "old", name="Old"), metric_make(product, "new", name="New")
    stages = ["in_progress", "in_progress", "in_progress", "in_progress", "to_build"]
    cards = [card_make(board, n, stage=stage, now=now, metric=old) for n, stage in enumerate(stages)]
    edition_publish(product=product, now=now - WEEK)
    column = {column.stage: column for column in board.columns.all()}
    for card, stage in zip(cards, ["released", "to_build", "discarded"], strict=False):
        Card.objects.filter(pk=card.pk).update(column=column[stage])
    Card.objects.filter(pk=cards[3].pk).update(metric=new)
    Card.objects.filter(pk=cards[4].pk).update(missing_since=now)
    added = card_make(board, 9, stage="in_validation", now=now)

    difference = edition_publish(product=product, now=now).difference

    told = {
        kind: [entry["card"] for entry in rows]
        for kind, rows in difference.items()
        if kind != "since" and rows
    }
    assert told == {
        "advanced": [cards[0].pk],
        "moved_back": [cards[1].pk],
        "discarded": [cards[2].pk],
        "re_pointed": [cards[3].pk],
        "vanished": [cards[4].pk],
        "new": [added.pk],
    }
    assert difference["re_pointed"][0]["from"] == "Old"
    assert difference["re_pointed"][0]["to"] == "New"


def test_it_counts_the_weeks_that_a_card_has_stood_still(team: Any, product: Any, now: datetime) -> None:
    card_make(board_make(team, now=now), 1, stage="in_progress", now=now - 4 * WEEK)

    for week in (3, 2, 0):
        edition = edition_publish(product=product, now=now - week * WEEK)

    row = edition.cards.get()
    assert (row.weeks_unchanged, row.change, row.days_in_stage, row.ageing) == (3, "unchanged", 28, True)


def test_it_shows_stale_and_missing_teams(team: Any, product: Any, now: datetime, monday: datetime) -> None:
    from teams.models import Team

    stale = Team.objects.create(product=product, name="Dispatch", slug="dispatch")
    Team.objects.create(product=product, name="Payments", slug="payments")
    board_make(team, now=monday - timedelta(hours=47))
    board_make(stale, now=monday - timedelta(hours=49))

    edition = edition_publish(product=product, now=now)

    assert dict(edition.teams.values_list("team_name", "freshness")) == {
        "Onboarding": "fresh",
        "Dispatch": "stale",
        "Payments": "missing",
    }


def test_it_refuses_a_week_that_later_editions_have_closed(team: Any, product: Any, now: datetime) -> None:
    edition_publish(product=product, now=now)

    with pytest.raises(ApplicationError, match="stays as it is"):
        edition_publish(product=product, now=now, week="2026-W40")
    with pytest.raises(ApplicationError, match="has not been yet"):
        edition_publish(product=product, now=now, week="2026-W48")
    with pytest.raises(ApplicationError, match="not a week"):
        edition_publish(product=product, now=now, week="next")


def test_it_is_never_changed(team: Any, product: Any, now: datetime) -> None:
    edition = edition_publish(product=product, now=now)

    with pytest.raises(ValueError, match="never changed"):
        Edition.objects.get(pk=edition.pk).save()
