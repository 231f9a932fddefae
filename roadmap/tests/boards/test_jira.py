"""Jira over HTTP: a board of Cloud and of Data Center, read whole and again, and its refusals."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from pytest_httpserver import HTTPServer
from werkzeug import Response

from common.errors import PermanentError, TransientError
from roadmap.boards.base import CardData, HttpFactory, MoveSource, Snapshot
from roadmap.boards.context import context_read
from roadmap.boards.jira import JiraForm, JiraProvider
from roadmap.tests.boards.contract import ContractCase, Fault
from roadmap.tests.jira_server import BOARD, TOKEN, JiraServer, recorded, refusal


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


@pytest.fixture
def cloud(httpserver: HTTPServer) -> JiraServer:
    return JiraServer(httpserver)


@pytest.fixture
def center(httpserver: HTTPServer) -> JiraServer:
    return JiraServer(httpserver, is_cloud=False)


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


# --- a whole read -----------------------------------------------------------------------------------


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


# --- boards and the check ---------------------------------------------------------------------------


def test_it_lists_boards_with_their_projects(jira: JiraServer, local_http: HttpFactory) -> None:
    boards = JiraProvider(jira.config(board=""), local_http).boards()

    assert [(board.external_id, board.name) for board in boards] == [
        ("7", "Billing (BIL)"), ("3", "Everything"), ("12", "Onboarding board (ONB)"),
    ]  # fmt: skip
    assert boards[2].url.endswith("/secure/RapidBoard.jspa?rapidView=12")


def test_it_lists_the_boards_of_one_project(jira: JiraServer, local_http: HttpFactory) -> None:
    boards = JiraProvider(jira.config(board="", project_key="BIL"), local_http).boards()

    assert [board.external_id for board in boards] == ["7"]


def test_it_lists_boards_page_by_page(jira: JiraServer, local_http: HttpFactory) -> None:
    jira.boards = [{"id": number, "name": f"Board {number:03}", "type": "kanban"} for number in range(1, 121)]

    boards = JiraProvider(jira.config(board=""), local_http).boards()

    assert [board.external_id for board in boards] == [str(number) for number in range(1, 121)]


def test_it_asks_for_a_project_where_there_are_too_many_boards(
    cloud: JiraServer, local_http: HttpFactory
) -> None:
    cloud.boards = [{"id": number, "name": "Board"} for number in range(5001)]

    with pytest.raises(PermanentError, match="more than 5,000 boards") as failed:
        JiraProvider(cloud.config(board=""), local_http).boards()

    assert failed.value.field == "project_key"


def test_its_check_names_the_board_and_counts(jira: JiraServer, local_http: HttpFactory) -> None:
    for number in range(3):
        jira.issue_add(f"Card {number}")

    result = JiraProvider(jira.config(), local_http).check()

    assert result.title == "Onboarding board"
    assert (result.columns_count, result.cards_count) == (5, 3)
    assert result.version.startswith("Jira Cloud 1001" if jira.is_cloud else "Jira Data Center 9.12.4")


def test_its_check_counts_boards_before_one_is_chosen(jira: JiraServer, local_http: HttpFactory) -> None:
    result = JiraProvider(jira.config(board=""), local_http).check()

    assert result.boards_count == 3
    assert result.title == ("Jira Cloud" if jira.is_cloud else "Jira Data Center")


# --- refusals ---------------------------------------------------------------------------------------


def _failure(jira: JiraServer, http: HttpFactory, **changes: Any) -> PermanentError:
    """The refusal that the check and the read both give."""
    said = []
    for call in ("check", "fetch"):
        with pytest.raises(PermanentError) as failed:
            getattr(JiraProvider(jira.config(**changes), http), call)()
        said.append(failed.value)
    assert said[0].message == said[1].message
    assert TOKEN not in said[0].message
    return said[0]


def test_it_says_when_cloud_refuses_the_token(cloud: JiraServer, local_http: HttpFactory) -> None:
    error = _failure(cloud, local_http, token="expired-token")

    assert "refused the e-mail or the API token" in error.message
    assert error.field == "token"


def test_it_wants_the_email_with_a_token_of_cloud(cloud: JiraServer, local_http: HttpFactory) -> None:
    error = _failure(cloud, local_http, email="")

    assert "wants the e-mail" in error.message
    assert error.field == "email"


def test_it_says_when_data_center_refuses_the_token(center: JiraServer, local_http: HttpFactory) -> None:
    error = _failure(center, local_http, token="expired-token")

    assert "Personal Access Tokens" in error.message
    assert error.field == "token"


def test_it_says_that_data_center_wants_no_email(center: JiraServer, local_http: HttpFactory) -> None:
    error = _failure(center, local_http, email="reader@example.org")

    assert "leave the e-mail empty" in error.message
    assert error.field == "email"


def test_it_notices_a_token_that_expires_while_it_reads(cloud: JiraServer, local_http: HttpFactory) -> None:
    cloud.issue_add("A card")
    empty = Response(
        '{"issues": [], "isLast": true}',
        headers={"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"},
        content_type="application/json",
    )
    cloud.faults["/rest/api/3/search/jql"] = empty

    with pytest.raises(PermanentError, match="tokens expire"):
        read(cloud, local_http)


@pytest.mark.parametrize(
    ("case", "path", "words", "field"),
    [
        ("captcha", "myself", "CAPTCHA", "token"),
        ("scope", "search/jql", "a token with scopes needs read:jira-work", "token"),
        ("removed", "search/jql", "says that it is a Jira Cloud, but .* The requested API has been removed", "base_url"),
        ("jql", "search/jql", "The value 'ONB' does not exist .* Mend the filter", "board"),
        ("unbounded", "search/jql", "Unbounded JQL queries are not allowed here", "board"),
        ("filter", "filter/10100", "share the filter", "board"),
    ],
)  # fmt: skip
def test_it_tells_each_refusal_precisely(
    cloud: JiraServer, local_http: HttpFactory, case: str, path: str, words: str, field: str
) -> None:
    cloud.faults[f"/rest/api/3/{path}"] = refusal(case)

    with pytest.raises(PermanentError, match=words) as failed:
        read(cloud, local_http)

    assert failed.value.field == field


def test_it_says_when_the_other_dialects_search_is_missing(
    center: JiraServer, local_http: HttpFactory
) -> None:
    center.faults["/rest/api/2/search"] = refusal("removed")

    with pytest.raises(PermanentError, match="It may be a Jira Cloud behind another address") as failed:
        read(center, local_http)

    assert failed.value.field == "base_url"


@pytest.mark.parametrize("board", ["999", "twelve", ""])
def test_it_says_when_there_is_no_such_board(jira: JiraServer, local_http: HttpFactory, board: str) -> None:
    with pytest.raises(PermanentError, match=r"[Cc]hoose") as failed:
        read(jira, local_http, board=board)

    assert failed.value.field == "board"


def test_it_says_when_there_is_no_jira_software(center: JiraServer, local_http: HttpFactory) -> None:
    center.faults[f"/rest/agile/1.0/board/{BOARD}/configuration"] = Response(
        "<html>", status=404, content_type="text/html"
    )

    with pytest.raises(PermanentError, match="Jira Software is not installed") as failed:
        read(center, local_http)

    assert failed.value.field == "base_url"


def test_it_says_when_there_is_no_jira_at_the_address(jira: JiraServer, local_http: HttpFactory) -> None:
    for wrong in (Response("", status=404), Response("{}", content_type="application/json")):
        jira.faults["/rest/api/2/serverInfo"] = wrong

        error = _failure(jira, local_http)

        assert "There is no Jira at this address" in error.message
        assert error.field == "base_url"


def test_it_says_when_the_project_is_unknown(jira: JiraServer, local_http: HttpFactory) -> None:
    with pytest.raises(PermanentError, match=r"shows no project \{NO\}") as failed:
        JiraProvider(jira.config(board="", project_key="{NO}"), local_http).boards()

    assert failed.value.field == "project_key"


def test_it_says_when_a_board_shows_no_columns(jira: JiraServer, local_http: HttpFactory) -> None:
    jira.configuration["columnConfig"]["columns"] = []

    assert "shows no columns" in _failure(jira, local_http).message


@pytest.mark.parametrize(("case", "least", "most"), [("burst", 86_400, 4e9), ("data center rate", 25, 25)])
def test_it_hands_on_how_long_jira_wants_it_to_wait(
    jira: JiraServer, local_http: HttpFactory, case: str, least: float, most: float
) -> None:
    # The reset of "burst" is a time years ahead: slept through, this test would not end.
    jira.fault = refusal(case)

    with pytest.raises(TransientError) as failed:
        JiraProvider(jira.config(), local_http).check()

    assert least <= (failed.value.retry_after or 0) <= most


# --- the form ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        (" https://acme.atlassian.net/ ", "https://acme.atlassian.net"),
        ("https://acme.atlassian.net/jira/software/projects/ONB/boards/12", "https://acme.atlassian.net"),
        ("https://jira.example.org/jira/secure/RapidBoard.jspa?rapidView=3", "https://jira.example.org/jira"),
        ("https://jira.example.org/browse/ONB-1", "https://jira.example.org"),
        ("http://jira:8080/jira/", "http://jira:8080/jira"),
        ("https://api.atlassian.com/ex/jira/1324a887-45db", "https://api.atlassian.com/ex/jira/1324a887-45db"),
    ],
)  # fmt: skip
def test_its_form_takes_the_address_of_any_page(entered: str, kept: str) -> None:
    form = JiraForm({"base_url": entered, "email": "", "token": "long-token"})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["base_url"] == kept


@pytest.mark.parametrize(
    "address", ["acme.atlassian.net", "ftp://jira.example", "http://user:pw@jira.example"]
)
def test_its_form_refuses_what_is_no_address(address: str) -> None:
    form = JiraForm({"base_url": address, "email": "", "token": "long-token"})

    assert not form.is_valid()
    assert list(form.errors) == ["base_url"]


@pytest.mark.django_db
def test_it_can_be_connected_in_the_browser(product: Any, alice: Any, logged_in: Any) -> None:
    client = logged_in(alice)

    tools = client.get(reverse("roadmap:board-new", args=["fieldnote"])).text
    page = client.get(reverse("roadmap:connection-new", args=["fieldnote", "jira"])).text

    assert "Jira" in tools
    assert "id.atlassian.com" in page
    assert 'name="email"' in page
    assert 'type="password"' in page
