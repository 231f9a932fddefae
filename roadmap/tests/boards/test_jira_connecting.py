"""Jira's boards for choosing, what the check shows, each refusal in words of its own, and the form."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from pytest_httpserver import HTTPServer
from werkzeug import Response

from common.errors import PermanentError, TransientError
from roadmap.boards.base import HttpFactory
from roadmap.boards.jira import JiraForm, JiraProvider
from roadmap.tests.jira_server import BOARD, TOKEN, JiraServer, refusal


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


def read(jira: JiraServer, http: HttpFactory, **changes: Any) -> Any:
    return JiraProvider(jira.config(**changes), http).fetch()


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
