"""The weekly collation: what is due when, and that one board stops no other."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from common import jobs
from common.models import JobRun
from roadmap.models import Board, Card, Edition, SyncRun
from roadmap.selectors.collation import boards_to_read, products_to_publish
from roadmap.selectors.cutoffs import cutoff_last, cutoff_next
from roadmap.services import BoardBusyError, board_create, board_sync, connection_create, edition_publish
from roadmap.tests.factories import board_make, card_make
from roadmap.tests.kanboard_server import KanboardServer
from teams.models import Team

pytestmark = pytest.mark.django_db
KINDS = ["board_sync", "edition_publish"]


def _created(board: Board, at: datetime) -> None:
    Board.objects.filter(pk=board.pk).update(created_at=at, next_sync_at=None)


@pytest.mark.parametrize(
    ("zone", "moment", "week", "at"),
    [
        # The week in which clocks go forward and the one in which they go back.
        ("Europe/Berlin", "2026-03-30T04:30:00+00:00", "2026-W14", "2026-03-30T04:00:00+00:00"),
        ("Europe/Berlin", "2026-10-26T04:59:59+00:00", "2026-W43", "2026-10-19T04:00:00+00:00"),
        ("Europe/Berlin", "2026-10-26T05:00:00+00:00", "2026-W44", "2026-10-26T05:00:00+00:00"),
        # East and west of UTC the cut-off falls on another day of UTC.
        ("Pacific/Auckland", "2026-11-15T17:00:00+00:00", "2026-W47", "2026-11-15T17:00:00+00:00"),
        ("Pacific/Honolulu", "2026-11-16T15:59:00+00:00", "2026-W46", "2026-11-09T16:00:00+00:00"),
        # A year whose first days belong to the last week of the year before, which has 53.
        ("UTC", "2027-01-03T12:00:00+00:00", "2026-W53", "2026-12-28T06:00:00+00:00"),
    ],
)
def test_its_cutoff_falls_on_monday_at_six_where_the_organisation_is(
    organisation: Any, zone: str, moment: str, week: str, at: str
) -> None:
    organisation.time_zone = zone
    organisation.save()
    now = datetime.fromisoformat(moment)

    slot = cutoff_last(now=now)

    assert (slot.period, slot.at) == (week, datetime.fromisoformat(at))
    following = cutoff_next(now=now)
    assert following > now
    assert following.astimezone(ZoneInfo(zone)).hour == 6


def test_it_asks_for_each_board_once_a_week(board: Board, now: datetime, monday: datetime) -> None:
    _created(board, monday - timedelta(days=30))

    assert boards_to_read(now=monday - timedelta(seconds=1)) == [(board.pk, "2026-W46")]
    jobs.jobs_due_collect(now, kinds=KINDS)
    jobs.jobs_due_collect(now + timedelta(minutes=1), kinds=KINDS)

    assert JobRun.objects.filter(kind="board_sync", period="2026-W47").count() == 1
    assert boards_to_read(now=now) == []


def test_it_reads_a_new_board_without_waiting_for_monday(board: Board, now: datetime) -> None:
    assert [pk for pk, _ in boards_to_read(now=now)] == [board.pk]


def test_it_leaves_archived_boards_alone(board: Board, now: datetime) -> None:
    _created(board, now - timedelta(days=30))
    Board.objects.update(archived_at=now)

    assert boards_to_read(now=now) == []
    assert products_to_publish(now=now) == []


def test_it_publishes_when_all_boards_are_in(board: Board, now: datetime, frozen_today: Any) -> None:
    _created(board, now - timedelta(days=30))
    before_cutoff_waits = products_to_publish(now=cutoff_last(now=now).at + timedelta(minutes=5))

    done = jobs.jobs_work(now=now, kinds=["board_sync"])
    jobs.jobs_work(now=now, kinds=["edition_publish"])

    assert before_cutoff_waits == []
    assert [run.state for run in done] == ["done"]
    edition = Edition.objects.get()
    assert (edition.week, edition.revision) == ("2026-W47", 1)
    assert edition.teams.get().freshness == "fresh"


def test_it_publishes_after_an_hour_and_revises_when_the_late_board_comes_in(
    board: Board, kanboard: KanboardServer, now: datetime, monday: datetime, product: Any
) -> None:
    from werkzeug import Response

    _created(board, now - timedelta(days=30))
    kanboard.fault = Response("", status=401)
    at = monday + timedelta(minutes=61)
    jobs.jobs_work(now=at, kinds=KINDS)
    first = Edition.objects.get()
    assert first.teams.get().freshness == "missing"
    assert "401" in Board.objects.get().last_error

    kanboard.fault = None
    board_sync(board=Board.objects.get(), now=at + timedelta(hours=3))
    assert [pk for pk, _ in products_to_publish(now=at + timedelta(hours=3))] == [product.pk]
    jobs.jobs_work(now=at + timedelta(hours=3), kinds=["edition_publish"])

    second = Edition.objects.order_by("-revision").first()
    assert second is not None
    assert (second.revision, second.teams.get().freshness) == (2, "fresh")
    assert products_to_publish(now=at + timedelta(hours=4)) == []


def test_one_boards_failure_stops_no_other(
    board: Board, kanboard: KanboardServer, now: datetime, product: Any
) -> None:
    other = Team.objects.create(product=product, name="Dispatch", slug="dispatch")
    broken = connection_create(
        product=product,
        kind="kanboard",
        name="Wrong token",
        values={"base_url": kanboard.base_url, "username": "jsonrpc", "token": "wrong"},
        actor=None,
    )
    board_create(connection=broken, team=other, external_id="2", name="Dispatch board", actor=None, now=now)
    out = StringIO()

    call_command("collate_roadmap", stdout=out)

    assert set(SyncRun.objects.values_list("board__name", "state")) == {
        ("Onboarding board", "done"),
        ("Dispatch board", "failed"),
    }
    assert dict(Edition.objects.get().teams.values_list("team_name", "freshness")) == {
        "Onboarding": "fresh",
        "Dispatch": "missing",
    }
    assert "refused the user or the API token" in out.getvalue()


def test_it_backs_off_from_a_tool_that_fails_and_tries_again(
    board: Board, kanboard: KanboardServer, now: datetime, settings: Any
) -> None:
    from werkzeug import Response

    kanboard.fault = Response("", status=503, headers={"Retry-After": "7200"})

    run = board_sync(board=board, now=now)

    board.refresh_from_db()
    assert (run.state, run.may_pass, board.failures) == ("failed", True, 1)
    assert board.next_sync_at is not None
    assert board.next_sync_at >= now + timedelta(hours=2)
    assert boards_to_read(now=now + timedelta(minutes=1)) == []
    assert not Card.objects.exists()

    kanboard.fault = None
    board_sync(board=board, now=now + timedelta(hours=3))
    board.refresh_from_db()
    assert (board.failures, board.last_error) == (0, "")
    assert not boards_to_read(now=now + timedelta(days=1))


def test_a_worker_killed_half_way_leaves_nothing_and_the_next_one_finishes(
    board: Board, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from roadmap.services.snapshots import SnapshotStore

    def killed(self: SnapshotStore, *args: Any) -> Any:
        raise SystemExit  # what a stopping worker raises, and no handler swallows

    monkeypatch.setattr(SnapshotStore, "_vanished_store", killed)
    with pytest.raises(SystemExit):
        board_sync(board=board, now=now)
    assert (Card.objects.count(), board.columns.count()) == (0, 0)
    assert SyncRun.objects.get().state == SyncRun.State.RUNNING
    monkeypatch.undo()

    with pytest.raises(BoardBusyError):
        board_sync(board=board, now=now + timedelta(minutes=1))
    run = board_sync(board=board, now=now + timedelta(minutes=16))

    assert run.state == SyncRun.State.DONE
    assert list(SyncRun.objects.order_by("pk").values_list("state", flat=True)) == ["failed", "done"]


def test_a_worker_given_up_for_dead_does_not_write_over_its_successor(
    board: Board, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from roadmap.boards.kanboard import KanboardProvider

    fetch = KanboardProvider.fetch

    def slow(self: KanboardProvider, since: datetime | None = None) -> Any:
        snapshot = fetch(self, since)
        SyncRun.objects.update(state=SyncRun.State.FAILED)  # as a successor does
        return snapshot

    monkeypatch.setattr(KanboardProvider, "fetch", slow)

    board_sync(board=board, now=now)

    assert Card.objects.count() == 0


def test_it_counts_the_same_queries_for_few_and_many_boards(
    team: Any, product: Any, now: datetime, django_assert_max_num_queries: Any
) -> None:
    from roadmap.selectors.work import work_collect

    for count in (1, 9):
        for _ in range(count):
            board = board_make(team, now=now)
            card_make(board, 1, stage="in_progress", now=now)

        with django_assert_max_num_queries(6):
            work_collect(product=product, now=now, ageing_days=21)


def test_each_late_board_is_taken_in_when_it_comes(
    team: Any, product: Any, now: datetime, monday: datetime
) -> None:
    boards = [board_make(team, now=monday - timedelta(days=9)) for _ in range(2)]
    edition_publish(product=product, now=now)
    periods = []

    for hours, board in enumerate(boards, start=1):
        at = now + timedelta(hours=hours)
        card_make(board, 1, stage="in_progress", now=at)
        Board.objects.filter(pk=board.pk).update(last_synced_at=at)
        periods += [period for _, period in products_to_publish(now=at)]
        edition_publish(product=product, now=at + timedelta(minutes=1))

    assert len(set(periods)) == 2
    assert Edition.objects.order_by("-revision")[0].teams.get().freshness == "fresh"
    assert products_to_publish(now=now + timedelta(hours=5)) == []
