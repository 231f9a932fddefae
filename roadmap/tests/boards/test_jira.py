"""Jira over HTTP: a board of Cloud and of Data Center, read whole."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from roadmap.boards.base import CardData, HttpFactory, MoveSource, Snapshot
from roadmap.boards.context import context_read
from roadmap.boards.jira import JiraProvider
from roadmap.tests.boards.contract import ContractCase, Fault
from roadmap.tests.jira_server import TOKEN, JiraServer, recorded


class Contract(ContractCase):
    secret = TOKEN

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server)
        self.jira = JiraServer(server)

    def config(self) -> dict[str, Any]:
        return self.jira.config()

    def cards(self, count: int) -> None:
        self.jira.configuration["columnConfig"]["columns"] = self.jira.configuration["columnConfig"][
            "columns"
        ][1:3]
        for number in range(count):
            self.jira.issue_add(f"Card {number}", status=("10001", "3")[number % 2])

    def fault(self, fault: Fault) -> None:
        self.jira.fault = fault


@pytest.fixture(params=["cloud", "data center"])
def jira(request: pytest.FixtureRequest, httpserver: HTTPServer) -> JiraServer:
    """Each test that asks for it runs on both dialects."""
    return JiraServer(httpserver, is_cloud=request.param == "cloud")


def read(jira: JiraServer, http: HttpFactory, since: datetime | None = None, **changes: Any) -> Snapshot:
    return JiraProvider(jira.config(**changes), http).fetch(since)


def card(snapshot: Snapshot, issue_id: str = "10301") -> CardData:
    return next(card for card in snapshot.cards if card.external_id == issue_id)


def example(jira: JiraServer) -> dict[str, Any]:
    """Lets Jira hold the one written-out issue with its changelog, and returns its fields."""
    issue_id = jira.issue_add("Replaced")
    jira.issues[issue_id] = recorded("issue_cloud" if jira.is_cloud else "issue_data_center")
    jira.histories[issue_id] = recorded("changelogs")["histories"]["changelog"]["histories"]
    fields: dict[str, Any] = jira.issues[issue_id]["fields"]
    return fields


def test_it_reads_every_field_of_an_issue(jira: JiraServer, local_http: HttpFactory) -> None:
    example(jira)

    read_card = card(read(jira, local_http))

    where = "https://onboarding.atlassian.net" if jira.is_cloud else jira.base_url
    assert read_card.identity == "10301"
    assert read_card.title == "Let a customer sign up without a card"
    assert read_card.key == "ONB-1"
    assert read_card.url == f"{where}/browse/ONB-1"
    assert read_card.type == "Story"
    assert read_card.column_external_id == "3"
    assert read_card.state_raw == "In Progress"
    assert read_card.labels == ("q1", "roadmap")
    assert read_card.priority == "High"
    assert read_card.estimate == Decimal("5.0")
    assert read_card.due_date == date(2027, 1, 12)
    assert read_card.created_at == datetime(2026, 10, 5, 7, 15, 30, 251000, tzinfo=UTC)
    assert read_card.updated_at == datetime(2026, 11, 18, 15, 2, 11, 78000, tzinfo=UTC)
    assert read_card.done_at is None
    assert not read_card.closed


def test_it_reads_the_columns_of_the_board(jira: JiraServer, local_http: HttpFactory) -> None:
    columns = read(jira, local_http).columns

    assert [(column.external_id, column.name) for column in columns] == [
        ("10000", "Backlog"), ("10001", "To build"), ("3", "In progress"), ("10003", "Review"), ("10002", "Released"),
    ]  # fmt: skip
    assert [column.wip_limit for column in columns] == [None, 8, 4, 4, None]
    assert [column.category for column in columns] == [
        "new", "new", "indeterminate", "indeterminate", "done",
    ]  # fmt: skip
    assert columns[3].state_ids == ("10003", "10004")


def test_it_reads_a_flag_as_blocked(jira: JiraServer, local_http: HttpFactory) -> None:
    example(jira)
    other, waiting = jira.issue_add("Not flagged"), jira.issue_add("Waits")
    jira.issues[waiting]["fields"]["labels"] = ["Blocked"]

    snapshot = read(jira, local_http)

    assert card(snapshot).blocked
    assert card(snapshot).blocked_reason == "Flagged: Impediment"
    assert not card(snapshot, other).blocked
    assert card(snapshot, waiting).blocked


def test_it_reads_lines_of_the_description_as_lines(jira: JiraServer, local_http: HttpFactory) -> None:
    example(jira)

    lines = [line.strip(" *\r") for line in card(read(jira, local_http)).description.splitlines()]

    assert lines[0] == "People stop at the payment page."
    assert "Persona: small teams" in lines
    assert any(line.replace("*", "") == "Metric: activation-rate" for line in lines)


def test_it_reads_fields_named_like_a_part_of_the_context(jira: JiraServer, local_http: HttpFactory) -> None:
    fields = example(jira)
    for number, name in ((10050, "Target Metric"), (10051, "persona"), (10052, "Team")):
        jira.fields.append(
            {"id": f"customfield_{number}", "name": name, "custom": True, "clauseNames": [f"cf[{number}]"]}
        )
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "teams"}]}
    fields["customfield_10050"] = "activation-rate-7d"
    fields["customfield_10051"] = (
        {"type": "doc", "content": [paragraph]} if jira.is_cloud else [{"value": "small"}, {"value": "teams"}]
    )
    fields["customfield_10052"] = "Blue"

    found = card(read(jira, local_http))
    context = context_read(found.labels or (), found.description)

    assert context["metric"] == "activation-rate-7d"  # before the line of the description
    assert context["persona"] == ("teams" if jira.is_cloud else "small, teams")
    assert "Blue" not in found.description


def test_it_gives_people_pseudonyms(jira: JiraServer, local_http: HttpFactory) -> None:
    example(jira)

    snapshot = read(jira, local_http)

    assert [len(name) for name in card(snapshot).assignees] == [12]
    for name in ("member", "712020", "JIRAUSER"):
        assert name not in str(snapshot)


def test_it_takes_moves_from_the_changelog(jira: JiraServer, local_http: HttpFactory) -> None:
    example(jira)

    moves = read(jira, local_http).moves

    assert [(move.from_column_external_id, move.to_column_external_id) for move in moves] == [
        ("10000", "10001"),
        ("10001", "3"),
    ]
    assert [(move.from_raw, move.to_raw) for move in moves] == [
        ("Idea", "Selected"),
        ("Selected", "In Progress"),
    ]
    assert moves[1].at == datetime(2026, 11, 16, 9, 30, 0, 120000, tzinfo=UTC)
    assert {move.source for move in moves} == {MoveSource.REPORTED}
    assert {move.card_identity for move in moves} == {"10301"}


def test_it_takes_a_change_of_status_within_a_column_for_no_move(
    jira: JiraServer, local_http: HttpFactory
) -> None:
    issue = jira.issue_add("Reviewed", status="3")
    jira.move(issue, "10003", at="2026-11-10T10:00:00.000+0100")
    jira.move(issue, "10004", at="2026-11-11T10:00:00.000+0100")

    snapshot = read(jira, local_http)

    assert [move.to_raw for move in snapshot.moves] == ["Code review"]
    assert card(snapshot, issue).column_external_id == "10003"
    assert card(snapshot, issue).state_raw == "Waiting for test"


def test_it_takes_done_from_the_status_not_from_a_leftover_resolution(
    jira: JiraServer, local_http: HttpFactory
) -> None:
    done = jira.issue_add("Done", status="3")
    jira.move(done, "10002", at="2026-11-12T10:00:00.000+0100")
    again = jira.issue_add("Taken up again", status="3")
    jira.issues[again]["fields"]["resolutiondate"] = "2026-11-01T10:00:00.000+0100"

    snapshot = read(jira, local_http)

    assert card(snapshot, done).closed
    assert card(snapshot, done).done_at == datetime(2026, 11, 12, 9, tzinfo=UTC)
    assert not card(snapshot, again).closed
    assert card(snapshot, again).done_at is None


def test_it_reads_what_the_sub_filter_hides_and_says_so(jira: JiraServer, local_http: HttpFactory) -> None:
    jira.issue_add("Released", status="10002")

    snapshot = read(jira, local_http)

    assert len(snapshot.cards) == 1
    assert "fixVersion in unreleasedVersions()" in snapshot.notes[0]
    assert not any("/issue" in path and "agile" in path for path, _ in jira.calls)


def test_it_searches_in_an_order_that_stands_still(jira: JiraServer, local_http: HttpFactory) -> None:
    read(jira, local_http)

    (body,) = jira.asked("search/jql" if jira.is_cloud else "search")

    assert body["jql"] == '(project = ONB AND text !~ "order by") ORDER BY created ASC, key ASC'


def test_it_bounds_a_filter_that_restricts_nothing(jira: JiraServer, local_http: HttpFactory) -> None:
    jira.jql = "ORDER BY Rank ASC"
    jira.issue_add("Anything")

    assert len(read(jira, local_http).cards) == 1


def test_it_puts_an_issue_whose_status_is_in_no_column_on_no_column(
    jira: JiraServer, local_http: HttpFactory
) -> None:
    issue = jira.issue_add("Given up", status="10009")

    snapshot = read(jira, local_http)

    assert card(snapshot, issue).column_external_id is None
    assert card(snapshot, issue).state_raw == "Abandoned"
    assert snapshot.complete
    assert any("(Abandoned): 1." in note for note in snapshot.notes)


def test_it_reads_many_pages_of_issues_and_changelogs(jira: JiraServer, local_http: HttpFactory) -> None:
    jira.page_size = 7
    for number in range(30):
        issue = jira.issue_add(f"Card {number}")
        jira.move(issue, "10001", at="2026-11-12T10:00:00.000+0100")
        jira.move(issue, "3", at=f"2026-11-13T10:{number:02}:00.000+0100")

    snapshot = read(jira, local_http)

    assert len(snapshot.cards) == 30
    assert len(snapshot.moves) == 60
    assert snapshot.complete
    assert snapshot.requests_made == len(jira.calls)


def test_it_gives_no_derived_time_to_a_card_whose_history_it_knows(
    jira: JiraServer, local_http: HttpFactory
) -> None:
    jira.issue_add("Never moved")

    assert read(jira, local_http).cards[0].moved_at is None
