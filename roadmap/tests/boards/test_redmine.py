"""Redmine: a recorded project over HTTP, read in full and again, and what is said when it cannot be."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from common.errors import PermanentError
from roadmap.boards.base import CardData, HttpFactory, MoveSource, Snapshot
from roadmap.boards.changes import Renamed, snapshot_changes
from roadmap.boards.context import context_read
from roadmap.boards.redmine import RedmineForm, RedmineProvider
from roadmap.boards.stages import stage_propose
from roadmap.tests.boards.contract import ContractCase, Fault
from roadmap.tests.redmine_server import TOKEN, RedmineServer, recorded, refusal


class Contract(ContractCase):
    secret = TOKEN

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server)
        self.redmine = RedmineServer(server)

    def config(self) -> dict[str, Any]:
        return self.redmine.config()

    def cards(self, count: int) -> None:
        self.redmine.statuses = self.redmine.statuses[:2]
        pattern = self.redmine.issues[2]
        self.redmine.issues = {
            n: pattern | {"id": n, "status": self.redmine.statuses[n % 2]} for n in range(1, count + 1)
        }

    def fault(self, fault: Fault) -> None:
        self.redmine.fault = fault


@pytest.fixture
def redmine(httpserver: HTTPServer) -> RedmineServer:
    return RedmineServer(httpserver)


@pytest.fixture
def provider(redmine: RedmineServer, local_http: HttpFactory) -> RedmineProvider:
    return RedmineProvider(redmine.config(), local_http)


def card(snapshot: Snapshot, number: int) -> CardData:
    return next(card for card in snapshot.cards if card.external_id == str(number))


def only(redmine: RedmineServer, number: int, **changes: Any) -> None:
    """Leaves one issue in the project, changed in some fields."""
    redmine.issues = {number: redmine.issues[number] | changes}


def test_it_reads_the_whole_recorded_project(provider: RedmineProvider) -> None:
    snapshot = provider.fetch()

    assert len(snapshot.cards) == 199
    assert Counter(card.state_raw for card in snapshot.cards) == {
        "New": 58, "In Progress": 48, "Resolved": 51, "Closed": 42,
    }  # fmt: skip
    assert sum(card.closed for card in snapshot.cards) == 42
    assert snapshot.complete
    assert snapshot.notes == ()


def test_it_takes_the_statuses_for_columns(provider: RedmineProvider) -> None:
    columns = provider.fetch().columns

    assert [(column.external_id, column.name) for column in columns] == [
        ("1", "New"), ("2", "In Progress"), ("3", "Resolved"), ("4", "Feedback"), ("5", "Closed"), ("6", "Rejected"),
    ]  # fmt: skip
    assert [column.category for column in columns] == [None, None, None, None, "done", "done"]
    assert [stage_propose(column.name, column.category) for column in columns[4:]] == [
        "released",
        "discarded",
    ]


def test_it_reads_every_field_of_an_issue(provider: RedmineProvider, redmine: RedmineServer) -> None:
    only(
        redmine,
        4,
        assigned_to={"id": 12, "name": "Somebody"},
        estimated_hours=6.5,
        category={"id": 1, "name": "Billing"},
    )

    read = card(provider.fetch(), 4)

    assert read == CardData(
        external_id="4",
        identity="4@1795358140",
        title="Task 4",
        key="#4",
        url=f"{redmine.base_url}/issues/4",
        type="Feature",
        column_external_id="5",
        state_raw="Closed",
        labels=("Billing", "2027-Q1"),
        assignees=read.assignees,
        priority="Normal",
        estimate=Decimal("6.5"),
        start_date=date(2026, 11, 22),
        due_date=date(2027, 1, 19),
        created_at=datetime(2026, 11, 22, 14, 35, 40, tzinfo=UTC),
        updated_at=datetime(2026, 11, 22, 14, 36, 9, tzinfo=UTC),
        done_at=datetime(2026, 11, 22, 14, 36, 9, tzinfo=UTC),
        description="ünïcode body",
        closed=True,
    )
    assert len(read.assignees) == 1
    assert "Somebody" not in str(read)


def test_it_reads_moves_from_the_journals(provider: RedmineProvider) -> None:
    moves = [move for move in provider.fetch().moves if move.card_identity.startswith("5@")]

    assert [(move.from_raw, move.to_raw) for move in moves] == [
        ("New", "In Progress"), ("In Progress", "Resolved"), ("Resolved", "Closed"),
    ]  # fmt: skip
    assert {move.source for move in moves} == {MoveSource.REPORTED}
    assert [move.external_id for move in moves] == ["8", "9", "10"]
    assert moves[0].at == datetime(2026, 11, 22, 14, 36, 10, tzinfo=UTC)


def test_it_asks_for_no_history_of_an_issue_that_nobody_touched(
    provider: RedmineProvider, redmine: RedmineServer
) -> None:
    provider.fetch()

    untouched = {n for n, issue in redmine.issues.items() if issue["updated_on"] == issue["created_on"]}
    assert 3 in untouched
    assert not untouched & set(redmine.histories)
    assert len(redmine.histories) == 199 - len(untouched)


def test_it_asks_for_the_history_of_an_untouched_issue_in_a_later_status(
    provider: RedmineProvider, redmine: RedmineServer
) -> None:
    only(redmine, 3, status=redmine.statuses[1])

    provider.fetch()

    assert redmine.histories == [3]


@pytest.mark.parametrize("answer", [refusal(403), refusal(404)])
def test_it_reads_all_histories_where_trackers_are_not_shown(
    provider: RedmineProvider, redmine: RedmineServer, answer: Any
) -> None:
    redmine.answers["/trackers.json"] = answer

    assert len(provider.fetch().cards) == len(redmine.histories) == 199


def test_it_finds_exactly_what_was_done_in_a_week(
    provider: RedmineProvider, redmine: RedmineServer, local_http: HttpFactory
) -> None:
    before = provider.fetch()
    moved = dict.fromkeys(range(20, 50), 4)
    for number, status in moved.items():
        redmine.status_set(number, status)
    for number in range(60, 65):
        redmine.rename(number, f"Renamed {number}")
        redmine.delete(number + 10)
    added = redmine.add("New this week")
    redmine.statuses[3]["name"] = "Asked back"
    redmine.asked.clear()

    week_later = RedmineProvider(redmine.config(cursor=dict(before.cursor)), local_http)
    after = week_later.fetch(since=datetime(2026, 11, 28, tzinfo=UTC))
    changes = snapshot_changes(before, after)

    identities = {card.external_id: card.identity for card in (*after.cards, *before.cards)}
    assert {move.identity: move.to_column for move in changes.moved} == {
        identities[str(number)]: str(status) for number, status in moved.items()
    }
    assert changes.renamed == tuple(
        Renamed(identities[str(number)], f"Task {number}", f"Renamed {number}") for number in range(60, 65)
    )
    assert changes.missing == tuple(identities[str(number)] for number in range(70, 75))
    assert changes.created == (identities[str(added)],)
    assert changes.columns_renamed == (Renamed("4", "Feedback", "Asked back"),)
    assert changes.columns_added == changes.columns_removed == ()
    assert set(redmine.histories) >= {*moved, *range(60, 65)}
    assert (
        len(redmine.histories) < 50
    )  # of 195: the changed ones, and those of the last seconds before the first read


def test_it_tells_each_move_of_the_week(
    provider: RedmineProvider, redmine: RedmineServer, local_http: HttpFactory
) -> None:
    before = provider.fetch()
    redmine.status_set(3, 2)
    redmine.status_set(3, 5)

    after = RedmineProvider(redmine.config(cursor=dict(before.cursor)), local_http).fetch()

    assert [
        (move.from_column_external_id, move.to_column_external_id)
        for move in after.moves
        if move.card_identity.startswith("3@")
    ] == [("1", "2"), ("2", "5")]


def test_it_tells_a_reused_id_from_the_removed_issue(
    provider: RedmineProvider, redmine: RedmineServer
) -> None:
    before = card(provider.fetch(), 199)
    redmine.delete(199)
    redmine.add("Another one", number=199)

    after = card(provider.fetch(), 199)

    assert after.external_id == before.external_id
    assert after.identity != before.identity


def test_it_leaves_a_subproject_to_its_own_board(provider: RedmineProvider, redmine: RedmineServer) -> None:
    redmine.issues[7]["project"] = {"id": 2, "name": "Mobile"}

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 198
    assert snapshot.complete


def test_it_marks_an_issue_that_waits_for_an_open_one(
    provider: RedmineProvider, redmine: RedmineServer
) -> None:
    def blocks(one: int, other: int) -> dict[str, Any]:
        return {"id": 1, "issue_id": one, "issue_to_id": other, "relation_type": "blocks", "delay": None}

    redmine.issues[2]["relations"] = redmine.issues[3]["relations"] = [blocks(2, 3)]
    redmine.issues[6]["relations"] = [blocks(5, 6)]  # 5 is closed
    redmine.issues[7]["relations"] = [blocks(4711, 7)]  # on another board

    snapshot = provider.fetch()

    assert (card(snapshot, 3).blocked, card(snapshot, 3).blocked_reason) == (True, "Waits for #2")
    assert not any(card(snapshot, number).blocked for number in (2, 6, 7))


def test_it_reads_context_and_labels_from_custom_fields(
    provider: RedmineProvider, redmine: RedmineServer
) -> None:
    fields = [
        {"id": 1, "name": "Target metric", "value": "activated-teams"},
        {"id": 2, "name": "Tags", "multiple": True, "value": ["q1", "persona: Dispatcher"]},
        {"id": 3, "name": "Rationale", "value": ""},
        {"id": 4, "name": "Cost", "value": None},
    ]
    only(redmine, 2, custom_fields=fields, description="Metric: another\nRationale: Faster")

    read = card(provider.fetch(), 2)

    assert read.labels == ("q1", "persona: Dispatcher")
    assert context_read(read.labels, read.description) == {
        "metric": "activated-teams",
        "persona": "Dispatcher",
        "rationale": "Faster",
    }


def test_its_check_names_the_project_and_counts(provider: RedmineProvider) -> None:
    result = provider.check()

    assert (result.title, result.columns_count, result.cards_count) == ("Stream 200", 6, 199)


def test_its_check_counts_projects_before_one_is_chosen(
    redmine: RedmineServer, local_http: HttpFactory
) -> None:
    assert RedmineProvider(redmine.config(board=""), local_http).check().boards_count == 1


def test_it_lists_active_projects_of_every_page_by_name(
    provider: RedmineProvider, redmine: RedmineServer
) -> None:
    pattern = recorded("projects.json")["projects"][0]
    redmine.projects = [
        pattern | {"id": n, "name": f"Team {n:03}", "identifier": f"team-{n}"} for n in range(1, 251)
    ]
    redmine.projects[0]["status"] = 5
    redmine.projects[249]["parent"] = {"id": 2, "name": "Another"}

    boards = provider.boards()

    assert len(boards) == 249
    assert boards[0].name == "Another / Team 250"
    assert boards[0].url == f"{redmine.base_url}/projects/team-250/issues"
    assert boards[1].external_id == "2"


def test_it_says_when_no_redmine_is_at_the_address(redmine: RedmineServer, local_http: HttpFactory) -> None:
    with pytest.raises(PermanentError, match="no Redmine at this address") as refused:
        RedmineProvider(redmine.config(base_url=f"{redmine.base_url}/elsewhere/"), local_http).check()

    assert refused.value.field == "base_url"
    assert redmine.asked == ["/elsewhere/users/current.json"]


@pytest.mark.parametrize("board", ["999", "two", "²", "1/../2", ""])
def test_it_says_when_there_is_no_such_project(
    redmine: RedmineServer, local_http: HttpFactory, board: str
) -> None:
    with pytest.raises(PermanentError, match=r"[Cc]hoose") as refused:
        RedmineProvider(redmine.config(board=board), local_http).fetch()

    assert refused.value.field == "board"


@pytest.mark.parametrize(
    "address", ["redmine.example", "ftp://redmine.example", "http://user:pw@redmine.example"]
)
def test_its_form_refuses_what_is_no_address(address: str) -> None:
    form = RedmineForm({"base_url": address, "token": "long-token"})

    assert not form.is_valid()
    assert list(form.errors) == ["base_url"]
