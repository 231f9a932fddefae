"""Azure DevOps: what its check, its list of boards and its form say, what a refusal tells, and its rate limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from common.errors import PermanentError, TransientError
from roadmap.boards.azure_devops import AzureDevOpsForm, AzureDevOpsProvider
from roadmap.boards.base import CardData, HttpFactory, Snapshot
from roadmap.tests.azure_devops_server import (
    PROJECT,
    TEAM,
    TOKEN,
    AzureDevOpsServer,
    refusal,
    sign_in,
)


@pytest.fixture
def azure(httpserver: HTTPServer) -> AzureDevOpsServer:
    return AzureDevOpsServer(httpserver)


@pytest.fixture
def provider(azure: AzureDevOpsServer, local_http: HttpFactory) -> AzureDevOpsProvider:
    return AzureDevOpsProvider(azure.config(), local_http)


def card(snapshot: Snapshot, item_id: int) -> CardData:
    return next(card for card in snapshot.cards if card.external_id == str(item_id))


# --- check, boards, refusals ----------------------------------------------------------------------


def test_its_check_counts_columns_and_cards(provider: AzureDevOpsProvider, azure: AzureDevOpsServer) -> None:
    azure.add("One")

    result = provider.check()

    assert (result.title, result.columns_count, result.cards_count) == ("Stories", 5, 1)


@pytest.mark.parametrize(("team", "count"), [("", None), (TEAM, 1)])
def test_its_check_proves_the_token_before_a_board_is_chosen(
    azure: AzureDevOpsServer, local_http: HttpFactory, team: str, count: int | None
) -> None:
    result = AzureDevOpsProvider(azure.config(board="", team=team), local_http).check()

    assert (result.title, result.boards_count) == (PROJECT, count)


@pytest.mark.parametrize("team", ["", TEAM])
def test_it_lists_the_boards_of_the_project_or_of_the_named_team(
    azure: AzureDevOpsServer, local_http: HttpFactory, team: str
) -> None:
    (board,) = AzureDevOpsProvider(azure.config(board="", team=team), local_http).boards()

    assert board.external_id == azure.board_id
    assert board.name == "Harbour Team: Stories"
    assert board.url == f"{azure.base_url}/Harbour%20%26%20Sea/_boards/board/t/Harbour%20Team/Stories"


def test_a_named_team_needs_no_list_of_teams(azure: AzureDevOpsServer, local_http: HttpFactory) -> None:
    azure.refusals["/teams"] = refusal("forbidden")

    assert AzureDevOpsProvider(azure.config(board="", team=TEAM), local_http).boards()
    with pytest.raises(PermanentError, match=r"Project and Team \(Read\)") as failed:
        AzureDevOpsProvider(azure.config(board=""), local_http).boards()
    assert failed.value.field == "team"


@pytest.mark.parametrize(("count", "words"), [(0, "sees no team"), (101, "more than 100 teams")])
def test_it_asks_for_the_team_where_it_cannot_be_chosen(
    azure: AzureDevOpsServer, local_http: HttpFactory, count: int, words: str
) -> None:
    config = azure.config(board="")
    azure.teams["value"] *= count

    with pytest.raises(PermanentError, match=words) as failed:
        AzureDevOpsProvider(config, local_http).boards()
    assert failed.value.field == "team"


@pytest.mark.parametrize("call", ["check", "boards", "fetch"])
@pytest.mark.parametrize(
    ("answer", "field", "words"),
    [
        (sign_in(203), "token", "sign-in page instead of data"),
        (sign_in(200), "token", "sign-in page instead of data"),
        (Response("", status=302, headers={"Location": "https://spsprod.vssps.visualstudio.com/_signin?realm=x"}),
         "token", "sign-in page instead of data"),
        (Response("", status=302, headers={"Location": "https://harbour.example/"}), "base_url", "redirects"),
        (Response("", status=401), "token", "refused the token"),
        (refusal("forbidden"), "token", r"TF400813.*Work Items \(Read\)"),
        (refusal("project"), "project", "no project of this name"),
        (refusal("team"), "team", "no such team"),
        (refusal("board"), "board", "Choose a board from the list again"),
        (Response("<h1>404</h1>", status=404, content_type="text/html"), "base_url", "no Azure DevOps at this address"),
        (refusal("size"), None, "VS402337"),
    ],
)  # fmt: skip
def test_it_tells_each_refusal_precisely(
    azure: AzureDevOpsServer,
    local_http: HttpFactory,
    call: str,
    answer: Response,
    field: str | None,
    words: str,
) -> None:
    azure.fault = answer

    with pytest.raises(PermanentError, match=words) as failed:
        getattr(AzureDevOpsProvider(azure.config(team=TEAM), local_http), call)()

    assert failed.value.field == field
    assert failed.value.message.endswith(".")


def test_it_follows_no_redirect_even_on_the_same_host(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    azure.fault = Response("", status=302, headers={"Location": "/harbour/elsewhere"})

    with pytest.raises(PermanentError, match="redirects to another page"):
        provider.check()
    assert len(azure.asked) == 1


def test_it_names_the_scope_and_the_words_of_the_tool_without_the_token(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    azure.fault = Response(
        f'{{"message": "Not for {TOKEN}", "typeKey": "AnyException"}}',
        status=403,
        content_type="application/json",
    )

    with pytest.raises(PermanentError, match=r"Not for \[hidden\]"):
        provider.fetch()


@pytest.mark.parametrize(
    ("changes", "works"),
    [({"auth": "entra"}, True), ({"token": "another-token"}, False), ({"token": ""}, False)],
)
def test_it_signs_in_with_either_kind_of_token(
    azure: AzureDevOpsServer, local_http: HttpFactory, changes: dict[str, Any], works: bool
) -> None:
    provider = AzureDevOpsProvider(azure.config(**changes), local_http)

    if works:
        assert provider.check().title == "Stories"
    else:
        with pytest.raises(PermanentError, match="does not accept the token"):
            provider.check()


def test_it_speaks_the_version_of_an_older_server(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer
) -> None:
    azure.newest_version = 6.0
    azure.add("One")

    assert len(provider.fetch().cards) == 1


def test_it_says_when_a_server_is_too_old(provider: AzureDevOpsProvider, azure: AzureDevOpsServer) -> None:
    azure.newest_version = 5.1

    with pytest.raises(PermanentError, match="too old") as failed:
        provider.check()
    assert failed.value.field == "base_url"


@pytest.mark.parametrize("board", ["two", "a/b", "a//c"])
def test_it_says_when_the_board_is_no_board(
    azure: AzureDevOpsServer, local_http: HttpFactory, board: str
) -> None:
    with pytest.raises(PermanentError, match="Choose it from the list") as failed:
        AzureDevOpsProvider(azure.config(board=board), local_http).fetch()
    assert failed.value.field == "board"


# --- rate limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["Retry-After", "X-RateLimit-Reset"])
def test_it_hands_on_the_wait_of_a_refused_call(
    provider: AzureDevOpsProvider, azure: AzureDevOpsServer, header: str
) -> None:
    later = str(int((datetime.now(UTC) + timedelta(minutes=5)).timestamp()))
    throttled = refusal("throttled")
    throttled.headers[header] = later if header != "Retry-After" else "300"
    throttled.headers["X-RateLimit-Remaining"] = "0"
    azure.fault = throttled

    with pytest.raises(TransientError) as failed:
        provider.fetch()

    assert failed.value.retry_after == pytest.approx(300, abs=5)


def test_it_slows_down_when_a_good_answer_asks_for_it(
    azure: AzureDevOpsServer, local_http: HttpFactory
) -> None:
    waits: list[float] = []
    azure.headers = {"Retry-After": "7", "X-RateLimit-Delay": "1.5"}
    provider = AzureDevOpsProvider(
        azure.config(), lambda *args, **options: local_http(*args, **options | {"sleep": waits.append})
    )

    requests = provider.fetch().requests_made

    assert waits == [7.0] * (requests - 1)


# --- the form -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://dev.azure.com/harbour/", "https://dev.azure.com/harbour"),
        (
            "https://dev.azure.com/harbour/Sea/_boards/board/t/Quay/Stories?x=1",
            "https://dev.azure.com/harbour",
        ),
        ("https://dev.azure.com/harbour/Sea", "https://dev.azure.com/harbour"),
        ("https://harbour.visualstudio.com/DefaultCollection", "https://harbour.visualstudio.com"),
        ("https://server:8080/tfs/Collection/Sea/_boards", "https://server:8080/tfs/Collection"),
        ("https://server/Collection", "https://server/Collection"),
    ],
)
def test_its_form_finds_the_organisation_in_any_address(typed: str, kept: str) -> None:
    form = AzureDevOpsForm({"base_url": typed, "project": "Sea", "auth": "pat", "token": "long-token"})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["base_url"] == kept


@pytest.mark.parametrize(
    "typed", ["dev.azure.com/harbour", "https://dev.azure.com/", "https://u:p@dev.azure.com/x"]
)
def test_its_form_refuses_what_is_no_organisation(typed: str) -> None:
    form = AzureDevOpsForm({"base_url": typed, "project": "Sea", "auth": "pat", "token": "long-token"})

    assert list(form.errors) == ["base_url"]
