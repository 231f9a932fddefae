"""Trello: a whole board over HTTP, every field of a card, and what a person is told when it cannot be read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from common.errors import PermanentError
from roadmap.boards.base import CardData, HttpFactory, Snapshot
from roadmap.boards.context import context_read
from roadmap.boards.trello import API, TrelloForm, TrelloProvider
from roadmap.tests.boards.contract import ContractCase, Fault
from roadmap.tests.trello_server import KEY, TOKEN, TrelloServer, error_answer


class Contract(ContractCase):
    secret = "planted-secret-8472"

    def __init__(self, server: HTTPServer) -> None:
        super().__init__(server)
        self.trello = TrelloServer(server)
        self.trello.secrets = (self.secret, self.secret)

    def config(self) -> dict[str, Any]:
        return self.trello.config()

    def cards(self, count: int) -> None:
        self.trello.cards_many(count)

    def fault(self, fault: Fault) -> None:
        self.trello.fault = fault


@pytest.fixture
def trello(httpserver: HTTPServer) -> TrelloServer:
    return TrelloServer(httpserver)


@pytest.fixture
def provider(trello: TrelloServer, local_http: HttpFactory) -> TrelloProvider:
    return TrelloProvider(trello.config(), local_http)


def card(snapshot: Snapshot, number: int) -> CardData:
    return next(card for card in snapshot.cards if card.key == f"#{number}")


def test_it_reads_the_whole_board_in_four_calls(provider: TrelloProvider, trello: TrelloServer) -> None:
    snapshot = provider.fetch()

    assert [card.key for card in snapshot.cards] == ["#8", "#7", "#4", "#3", "#2", "#1"]
    assert snapshot.complete
    assert snapshot.requests_made == 4
    assert [path for path, _ in trello.calls[1:]] == ["lists", "cards", "actions"]


def test_it_reads_open_lists_from_left_to_right_and_archived_ones_after(provider: TrelloProvider) -> None:
    columns = provider.fetch().columns

    assert [column.name for column in columns] == ["Opportunities", "Doing", "Done", "Old ideas"]
    assert [column.position for column in columns] == [0, 1, 2, 3]
    assert [column.wip_limit for column in columns] == [None, 3, None, None]
    assert [column.is_active for column in columns] == [True, True, True, False]


def test_it_reads_every_field_of_a_card(provider: TrelloProvider, trello: TrelloServer) -> None:
    read = card(provider.fetch(), 1)

    assert read.identity == read.external_id == trello.card_numbered(1)["id"]
    assert read.title == "Find out why trials stop"
    assert read.url == "https://trello.com/c/Card0001"
    assert read.column_external_id == trello.list_named("Opportunities")["id"]
    assert read.state_raw == "Opportunities"
    assert read.labels == ("metric:first-job", "green")
    assert read.start_date == date(2026, 11, 3)
    assert read.due_date == date(2026, 11, 20)
    assert read.updated_at == datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    assert not read.closed
    assert not read.blocked


def test_it_takes_the_time_of_creation_from_the_id(provider: TrelloProvider) -> None:
    assert card(provider.fetch(), 2).created_at == datetime(2026, 11, 2, 10, 0, tzinfo=UTC)


def test_it_hands_over_what_a_card_points_at(provider: TrelloProvider) -> None:
    read = card(provider.fetch(), 1)

    assert context_read(read.labels or (), read.description) == {
        "metric": "first-job",
        "opportunity": "a first job within a week",
    }


def test_it_gives_people_pseudonyms(provider: TrelloProvider) -> None:
    snapshot = provider.fetch()

    assert len(card(snapshot, 1).assignees) == 2
    assert card(snapshot, 2).assignees == card(snapshot, 1).assignees[:1]
    assert "5f00c0dec0dec0dec0dec0a1" not in str(snapshot)


def test_it_reads_archived_cards_and_when_they_were_archived(provider: TrelloProvider) -> None:
    read = card(provider.fetch(), 3)

    assert read.closed
    assert read.state_raw == "Done"
    assert read.done_at == datetime(2026, 11, 4, 12, 0, tzinfo=UTC)


def test_it_takes_the_cards_of_an_archived_list_as_closed(provider: TrelloProvider) -> None:
    read = card(provider.fetch(), 7)

    assert read.closed
    assert read.state_raw == "Old ideas"
    assert read.done_at is None


def test_it_leaves_out_templates_and_dividing_lines(provider: TrelloProvider) -> None:
    snapshot = provider.fetch()

    assert not {"#5", "#6"} & {card.key for card in snapshot.cards}
    assert "2 templates and dividing lines were left out: they are no work." in snapshot.notes
    assert snapshot.complete


@pytest.mark.parametrize("by_label", [True, False])
def test_it_marks_blocked_cards(provider: TrelloProvider, trello: TrelloServer, by_label: bool) -> None:
    if not by_label:
        trello.card_numbered(4)["labels"] = []
        trello.list_named("Doing")["name"] = "On hold"

    assert card(provider.fetch(), 4).blocked


def test_it_puts_a_card_of_an_unlisted_list_on_no_column(
    provider: TrelloProvider, trello: TrelloServer
) -> None:
    trello.card_numbered(1)["idList"] = "5f00c0dec0dec0dec0dec0ff"

    snapshot = provider.fetch()

    assert card(snapshot, 1).column_external_id is None
    assert card(snapshot, 1).state_raw == "5f00c0dec0dec0dec0dec0ff"
    assert any("1 card stands in a list that Trello does not show" in note for note in snapshot.notes)


def test_it_says_that_the_board_is_closed(provider: TrelloProvider, trello: TrelloServer) -> None:
    trello.board["closed"] = True

    assert "The board is closed in Trello" in provider.fetch().notes[0]


def test_it_sends_the_secrets_in_the_header_only(provider: TrelloProvider, trello: TrelloServer) -> None:
    provider.fetch()

    assert all(KEY not in str(call) and TOKEN not in str(call) for call in trello.calls)


def test_its_check_names_the_board_and_counts_what_is_on_it(provider: TrelloProvider) -> None:
    result = provider.check()

    assert result.title == "Onboarding"
    assert result.columns_count == 3


def test_its_check_counts_boards_before_one_is_chosen(trello: TrelloServer, local_http: HttpFactory) -> None:
    assert TrelloProvider(trello.config(board=""), local_http).check().boards_count == 2


def test_it_lists_the_open_boards_by_name(
    provider: TrelloProvider, trello: TrelloServer, local_http: HttpFactory
) -> None:
    boards = TrelloProvider(trello.config(board=""), local_http).boards()

    assert [board.name for board in boards] == ["Billing", "Onboarding"]
    assert boards[1].external_id == trello.board["id"]
    assert boards[1].url == "https://trello.com/b/Onb0ard1"
    assert trello.calls[-1] == ("boards", {"filter": "open", "fields": "name,shortUrl"})


@pytest.mark.parametrize("address", ["/", "/1", "/1/"])
def test_it_takes_the_address_with_or_without_the_version(
    trello: TrelloServer, local_http: HttpFactory, address: str
) -> None:
    config = trello.config(base_url=trello.base_url + address)

    assert TrelloProvider(config, local_http).check().title == "Onboarding"


@pytest.mark.parametrize(
    ("case", "field", "words"),
    [
        ("invalid key", "api_key", "does not know this API key"),
        ("invalid token", "token", "refused the token .401."),
        ("expired token", "token", "make a new one"),
        ("private board", "board", "Add the person to the board"),
        ("no such board", "board", "shows no such board"),
        ("not an id", "board", "shows no such board"),
        ("no such path", "base_url", "There is no Trello API at this address"),
    ],
)
@pytest.mark.parametrize("call", ["check", "fetch"])
def test_it_tells_each_refusal_precisely(
    provider: TrelloProvider, trello: TrelloServer, call: str, case: str, field: str, words: str
) -> None:
    trello.fault = error_answer(case)

    with pytest.raises(PermanentError, match=words) as failed:
        getattr(provider, call)()

    assert failed.value.field == field


@pytest.mark.parametrize(("wrong", "field"), [({"api_key": "other"}, "api_key"), ({"token": "other"}, "token")])  # fmt: skip
def test_it_tells_which_of_the_two_secrets_is_wrong(
    trello: TrelloServer, local_http: HttpFactory, wrong: dict[str, str], field: str
) -> None:
    with pytest.raises(PermanentError) as failed:
        TrelloProvider(trello.config(**wrong), local_http).check()

    assert failed.value.field == field


@pytest.mark.parametrize("board", ["", "999", "../members/me", "5f00c0dec0dec0dec0dec0ff", "Onb0ard1/cards"])
def test_it_says_when_there_is_no_such_board(
    trello: TrelloServer, local_http: HttpFactory, board: str
) -> None:
    with pytest.raises(PermanentError, match=r"[Cc]hoose") as failed:
        TrelloProvider(trello.config(board=board), local_http).fetch()

    assert failed.value.field == "board"


def test_its_form_fills_in_the_address_of_trello() -> None:
    form = TrelloForm({"api_key": KEY, "token": TOKEN, "base_url": ""})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["base_url"] == API


@pytest.mark.parametrize(
    "wrong",
    [{"api_key": 'a", oauth_token="b'}, {"token": "ab cd"}, {"token": "ab\ncd"}, {"base_url": "trello.com"}],
)
def test_its_form_refuses_what_cannot_be_right(wrong: dict[str, str]) -> None:
    form = TrelloForm({"api_key": KEY, "token": TOKEN, "base_url": API} | wrong)

    assert not form.is_valid()
    assert list(form.errors) == list(wrong)
