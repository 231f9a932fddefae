"""Debian's Redmine, run for real: two hundred issues are read, changed and read again, and the edition tells it.

The one test here takes about a minute, most of it Redmine's own; `.ci/redmine` installs what it needs.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from common.errors import ApplicationError
from roadmap.boards.base import HttpFactory
from roadmap.boards.redmine import RedmineProvider
from roadmap.models import Board, Card, CardMove, Connection, Edition, EditionCard, SyncRun
from roadmap.services import (
    board_create,
    board_sync,
    columns_map,
    connection_boards,
    connection_create,
    edition_publish,
)
from roadmap.tests.redmine_program import RedmineProgram, redmine_run

pytestmark = [pytest.mark.redmine, pytest.mark.django_db, pytest.mark.timeout(900)]

ISSUES = 200
NEW, IN_PROGRESS, RESOLVED, FEEDBACK, CLOSED = 1, 2, 3, 4, 5
# What the default statuses mean to the team; the test's own decision.
MEANING = {
    "New": "to_evaluate", "In Progress": "in_progress", "Resolved": "in_progress", "Feedback": "in_validation",
    "Closed": "released", "Rejected": "discarded",
}  # fmt: skip
FORWARDS, BACKWARDS = "advanced", "moved_back"


def test_the_edition_tells_what_was_done_to_a_real_redmine(
    tmp_path: Path, local_http: HttpFactory, product: Any, team: Any, settings: Any
) -> None:
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    with redmine_run(tmp_path) as redmine:
        project = redmine.project("Onboarding")
        part = redmine.project("Part", parent_id=project)
        issues = _seed(redmine, project)
        redmine.issue(part, "On the board of the subproject")
        _says_precisely_what_is_wrong(redmine, local_http)
        board = _connect(redmine, project, product, team, part=part)
        now = timezone.now()

        first = board_sync(board=board, now=now)
        assert (first.state, first.error) == (SyncRun.State.DONE, "")
        assert first.counts["created"] == Card.objects.count() == ISSUES
        assert CardMove.objects.filter(source="reported").count() == ISSUES // 2 + ISSUES // 4
        assert Card.objects.get(external_id=str(issues[7])).context["rationale"]["value"] == "r7"
        _map(Board.objects.get())
        before = edition_publish(product=product, now=now)

        done = _change(redmine, issues)
        second = board_sync(board=Board.objects.get(), now=now + timedelta(days=7))
        after = edition_publish(product=product, now=now + timedelta(days=7))

    _run_told(second, done)
    _edition_told(before, after, done)
    moved = CardMove.objects.filter(card__external_id__in=done["moved"], at__gte=now)
    assert {move.source for move in moved} == {"reported"}
    assert moved.count() == 30


def _seed(redmine: RedmineProgram, project: int) -> list[int]:
    """Two hundred issues: every second one is under way, every fourth one resolved after that."""
    issues = [
        redmine.issue(project, f"Issue {n}", tracker_id=n % 3 + 1, description=f"Rationale: r{n}\nünïcode")
        for n in range(ISSUES)
    ]
    for number in issues[::2]:
        redmine.change(number, status_id=IN_PROGRESS)
    for number in issues[::4]:
        redmine.change(number, status_id=RESOLVED)
    return issues


def _change(redmine: RedmineProgram, issues: list[int]) -> dict[str, dict[str, Any]]:
    """Thirty moves, five removals and five new subjects, each of another issue; what was done, by id."""
    moves = {
        **dict.fromkeys(issues[1:40:4], (FORWARDS, IN_PROGRESS)),
        **dict.fromkeys(issues[2:40:4], (FORWARDS, CLOSED)),
        **dict.fromkeys(issues[0:40:4], (BACKWARDS, FEEDBACK)),
    }
    for number, (_way, status) in moves.items():
        redmine.change(number, status_id=status)
    removed, renamed = issues[100:105], issues[110:115]
    for number in removed:
        redmine.delete(number)
    for number in renamed:
        redmine.change(number, subject=f"Another subject {number}")
    return {
        "moved": {str(number): move for number, move in moves.items()},
        "removed": dict.fromkeys(map(str, removed)),
        "renamed": {str(number): f"Another subject {number}" for number in renamed},
    }


def _connect(redmine: RedmineProgram, project: int, product: Any, team: Any, *, part: int) -> Board:
    connection: Connection = connection_create(
        product=product,
        kind="redmine",
        name="Our Redmine",
        values={"base_url": redmine.base_url, "token": redmine.key},
        actor=None,
    )
    offered = {found.external_id: found.name for found in connection_boards(connection=connection)}
    assert offered == {str(project): "Onboarding", str(part): "Onboarding / Part"}
    return board_create(
        connection=connection,
        team=team,
        external_id=str(project),
        name=offered[str(project)],
        actor=None,
        now=timezone.now(),
    )


def _map(board: Board) -> None:
    stages = {column.pk: MEANING[column.name] for column in board.columns.all()}
    columns_map(board=board, stages=stages, actor=None)


def _run_told(run: SyncRun, done: dict[str, dict[str, Any]]) -> None:
    told = run.changes
    assert {move["card"]: move["to"] for move in told["moved"]} == {
        card: str(status) for card, (_way, status) in done["moved"].items()
    }
    assert {item["card"]: item["after"] for item in told["renamed"]} == done["renamed"]
    assert set(told["missing"]) == set(done["removed"])
    assert set(told["closed"]) == {card for card, (_way, status) in done["moved"].items() if status == CLOSED}
    assert set(told) == {"moved", "renamed", "missing", "closed"}


def _edition_told(before: Edition, after: Edition, done: dict[str, dict[str, Any]]) -> None:
    def told(kind: str) -> set[str]:
        cards = [entry["card"] for entry in after.difference[kind]]
        return set(Card.objects.filter(pk__in=cards).values_list("external_id", flat=True))

    for way in (FORWARDS, BACKWARDS):
        assert told(way) == {card for card, (other, _status) in done["moved"].items() if other == way}
    assert told("vanished") == set(done["removed"])
    assert told("new") == told("discarded") == told("re_pointed") == set()
    assert after.difference["since"] == before.week
    titles = dict(EditionCard.objects.filter(edition=before).values_list("card__external_id", "title"))
    now = dict(EditionCard.objects.filter(edition=after).values_list("card__external_id", "title"))
    assert {card: title for card, title in now.items() if titles[card] != title} == done["renamed"]


def _says_precisely_what_is_wrong(redmine: RedmineProgram, http: HttpFactory) -> None:
    """The real refusals, all with empty bodies, each with its sentence and field."""
    config = {"base_url": redmine.base_url, "token": redmine.key, "board": ""}
    for change, field, words in (
        ({"token": "no-such-key"}, "token", "does not know this API access key"),
        ({"base_url": f"{redmine.base_url}/elsewhere"}, "base_url", "There is no Redmine at this address"),
        ({"board": "4711"}, "board", "has no project 4711"),
    ):
        with pytest.raises(ApplicationError, match=words) as refused:
            RedmineProvider({**config, **change}, http).check()
        assert refused.value.field == field
