"""Which issues' histories a read asks for, and how the next read goes on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pytest_httpserver import HTTPServer

from roadmap.boards import redmine as redmine_module
from roadmap.boards.base import HttpFactory, Snapshot
from roadmap.boards.redmine import RedmineProvider
from roadmap.tests.redmine_server import RedmineServer, refusal


@pytest.fixture
def redmine(httpserver: HTTPServer) -> RedmineServer:
    return RedmineServer(httpserver)


def read(redmine: RedmineServer, http: HttpFactory, before: Snapshot | None = None) -> Snapshot:
    redmine.asked.clear()
    return RedmineProvider(redmine.config(cursor=dict(before.cursor) if before else {}), http).fetch()


def test_a_read_takes_a_bounded_number_and_says_so(
    redmine: RedmineServer, local_http: HttpFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redmine_module, "HISTORY_LIMIT", 60)
    touched = sum(issue["updated_on"] != issue["created_on"] for issue in redmine.issues.values())

    snapshots = [read(redmine, local_http)]
    asked = [set(redmine.histories)]
    while snapshots[-1].notes:
        snapshots.append(read(redmine, local_http, snapshots[-1]))
        asked.append(set(redmine.histories))

    assert f"history of {touched - 60} issues" in snapshots[0].notes[0]
    assert all(len(part) <= 60 for part in asked)
    assert len(set().union(*asked)) == touched
    assert all(snapshot.complete for snapshot in snapshots)


def test_a_read_stops_asking_when_its_time_is_up(
    redmine: RedmineServer, local_http: HttpFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redmine_module, "HISTORY_TIME", -1.0)

    snapshot = read(redmine, local_http)

    assert len(snapshot.cards) == 199
    assert redmine.histories == []
    assert "is not read yet" in snapshot.notes[0]


def test_without_a_cursor_it_asks_for_what_changed_since_the_last_read(
    redmine: RedmineServer, local_http: HttpFactory
) -> None:
    redmine.status_set(3, 2)

    RedmineProvider(redmine.config(), local_http).fetch(since=datetime(2026, 11, 25, tzinfo=UTC))

    assert redmine.histories == [3]


def test_it_goes_without_the_history_of_an_issue_removed_meanwhile(
    redmine: RedmineServer, local_http: HttpFactory
) -> None:
    redmine.answers["/issues/5.json"] = refusal(404)

    snapshot = read(redmine, local_http)

    assert len(snapshot.cards) == 199
    assert snapshot.notes == ("The history of 1 issue was not shown.",)
