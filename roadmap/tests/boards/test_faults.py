"""What becomes of a board when its tool fails, from the tool's answer to the database, for every tool.

A fault server stands before the tool's own. Whatever it does to the answers, the run says what happened in a sentence,
nothing partial is stored, and the next good read heals it.
"""

from __future__ import annotations

import importlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from common.http import HttpClient
from roadmap.boards import provider_get, providers
from roadmap.boards.graphql import pages_shrinking
from roadmap.boards.paging import pages
from roadmap.models import Board, Card, CardMove, Column, SyncRun
from roadmap.services import board_create, board_sync, connection_create
from roadmap.tests.boards.contract import ContractCase
from roadmap.tests.fault_server import (
    Endless,
    Fault,
    FaultServer,
    Good,
    Oversized,
    Repeated,
    broken_off,
    halved,
    page,
    redirect,
    status,
    too_many,
    truncated,
)

pytestmark = pytest.mark.django_db

OVER_HTTP = [kind for kind in sorted(providers()) if not provider_get(kind).is_upload]
IN_PAGES = [kind for kind in OVER_HTTP if kind != "kanboard"]  # which gives a whole project in one answer
CARDS = 3
MANY = {"trello": 1_001, "azure_devops": 201}  # more than one page; for the others 120 are
WAIT = 7_200  # seconds, longer than the first wait of our own
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Expected:
    """What a fault makes of a run: whether it is tried again by itself, and words of the sentence."""

    fault: Fault
    may_pass: bool
    words: str
    wait: int = 0


FAULTS = {
    "401": Expected(status(401), False, "refused|does not know this"),
    "403": Expected(status(403), False, "403|refused this user"),
    "403 about the rate of calls": Expected(status(403, Retry_After=str(WAIT)), True, "fewer calls", WAIT),
    "404": Expected(status(404), False, "404|no Jira at this address"),
    "410": Expected(status(410), False, "410|no Jira at this address"),
    "429 in seconds": Expected(too_many(WAIT, "seconds"), True, "fewer calls", WAIT),
    "429 with an HTTP date": Expected(too_many(WAIT, "HTTP date"), True, "fewer calls", WAIT),
    "429 in epoch seconds": Expected(too_many(WAIT, "epoch seconds"), True, "fewer calls", WAIT),
    "429 in epoch milliseconds": Expected(too_many(WAIT, "epoch milliseconds"), True, "fewer calls", WAIT),
    "429 with an ISO date": Expected(too_many(WAIT, "ISO date"), True, "fewer calls", WAIT),
    "500": Expected(status(500), True, "status 500"),
    "502": Expected(status(502), True, "status 502"),
    "truncated JSON": Expected(truncated, True, "broke off"),
    "half an answer": Expected(broken_off, True, "broke off"),
    "web page with 200": Expected(page(200), False, "web page|sign-in page"),
    "web page with 203": Expected(page(203), False, "web page|sign-in page"),
    "redirect to a private address": Expected(redirect("http://10.0.0.1/"), False, "redirects"),
}  # fmt: skip


@pytest.fixture
def case(kind: str, httpserver: HTTPServer) -> ContractCase:
    module = importlib.import_module(f"roadmap.tests.boards.test_{kind}")
    made: ContractCase = module.Contract(httpserver)
    return made


@pytest.fixture(scope="module")
def front() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield server


@pytest.fixture
def faults(front: HTTPServer, case: ContractCase) -> FaultServer:
    front.clear()
    return FaultServer(front, tool=case.config()["base_url"])


@pytest.fixture
def board(
    kind: str,
    case: ContractCase,
    faults: FaultServer,
    product: Any,
    team: Any,
    now: datetime,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Board:
    """A board of the tool behind the fault server, not read yet. Nobody waits between two tries."""
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    monkeypatch.setitem(defaults(HttpClient.__init__), "sleep", lambda seconds: None)
    config = case.config() | {"base_url": faults.base_url}
    form = provider_get(kind).settings_form
    connection = connection_create(
        product=product,
        kind=kind,
        name=kind,
        values={name: config.get(name) for name in form.base_fields},
        actor=None,
    )
    return board_create(
        connection=connection, team=team, external_id=config["board"], name="Board", actor=None, now=now
    )


def defaults(function: Any) -> dict[str, Any]:
    """What a function takes where its caller says nothing, to be changed for a while."""
    found: dict[str, Any] = function.__kwdefaults__
    return found


def read(now: datetime) -> SyncRun:
    return board_sync(board=Board.objects.get(), now=now)


def stored() -> dict[str, Any]:
    """Everything that a read writes about cards and columns."""
    return {
        "columns": list(Column.objects.order_by("pk").values()),
        "cards": list(Card.objects.order_by("pk").values()),
        "moves": list(CardMove.objects.order_by("pk").values()),
    }


def failed_with(run: SyncRun, case: ContractCase) -> Board:
    """The board after a failed run, which must say the same in a sentence for a person."""
    board = Board.objects.get()
    assert run.state == SyncRun.State.FAILED, run.notes
    assert board.last_error == run.error
    assert len(run.error) > 30
    assert run.error.endswith(".")
    assert case.secret not in run.error
    assert run.counts == {}
    assert board.failures == 1
    return board


def healed(run: SyncRun, count: int) -> None:
    """The board as if nothing had happened."""
    board = Board.objects.get()
    assert run.state == SyncRun.State.DONE, run.error
    assert (board.failures, board.last_error, board.next_sync_at) == (0, "", None)
    assert run.counts["read"] == count
    assert Card.objects.filter(gone_at=None, missing_since=None).count() == count


# --- at the first call ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OVER_HTTP)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_stores_nothing_and_the_next_good_read_heals_it(
    kind: str, name: str, case: ContractCase, faults: FaultServer, board: Board, now: datetime
) -> None:
    expected = FAULTS[name]
    case.cards(CARDS)
    faults.fault = expected.fault

    run = read(now)

    after = failed_with(run, case)
    assert run.may_pass is expected.may_pass
    assert re.search(expected.words, run.error), run.error
    assert stored() == {"columns": [], "cards": [], "moves": []}
    assert (after.last_synced_at, after.cursor) == (None, {})
    if expected.wait:
        assert after.next_sync_at is not None
        assert abs(after.next_sync_at - now - timedelta(seconds=expected.wait)) < timedelta(minutes=1)
    else:
        assert bool(after.next_sync_at) is expected.may_pass

    faults.reset()
    healed(read(now + HOUR), CARDS)


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_a_tool_that_never_answers_stops_the_read_in_time(
    kind: str,
    case: ContractCase,
    faults: FaultServer,
    board: Board,
    now: datetime,
    released: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case.cards(CARDS)

    def wait(request: Request, good: Good) -> Response:
        released.wait(30)
        return good()

    faults.fault = wait
    with monkeypatch.context() as hasty:
        hasty.setitem(defaults(HttpClient.__init__), "timeout", (2.0, 0.2))
        run = read(now)

    failed_with(run, case)
    assert run.may_pass
    assert "in time" in run.error
    assert not Card.objects.exists()

    released.set()
    faults.reset()
    healed(read(now + HOUR), CARDS)


@pytest.fixture
def released() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_a_body_without_end_is_not_read_to_its_end(
    kind: str, case: ContractCase, faults: FaultServer, board: Board, now: datetime
) -> None:
    case.cards(CARDS)
    flood = Oversized()
    faults.fault = flood

    run = read(now)

    failed_with(run, case)
    assert not run.may_pass
    assert "sent more than" in run.error
    assert flood.sent < flood.size / 2
    assert not Card.objects.exists()

    faults.reset()
    healed(read(now + HOUR), CARDS)


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_a_redirect_to_another_name_of_the_same_machine_is_not_followed(
    kind: str, case: ContractCase, faults: FaultServer, board: Board, now: datetime
) -> None:
    case.cards(CARDS)
    faults.fault = redirect(f"http://localhost:{faults.server.port}/elsewhere")

    run = read(now)

    failed_with(run, case)
    assert not run.may_pass
    assert "/elsewhere" not in faults.paths


# --- at the last call -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OVER_HTTP)
@pytest.mark.parametrize("name", ["403", "404", "429 in seconds", "500", "truncated JSON", "half an answer"])
def test_a_fault_at_the_very_end_of_a_read_changes_nothing_that_is_known(
    kind: str, name: str, case: ContractCase, faults: FaultServer, board: Board, now: datetime
) -> None:
    case.cards(CARDS)
    read(now)
    faults.reset()
    read(now + HOUR)
    before, known = stored(), Board.objects.get()
    calls = faults.calls
    faults.reset()
    faults.fault, faults.first = FAULTS[name].fault, calls

    run = read(now + 2 * HOUR)

    assert faults.calls >= calls
    assert stored() == before
    if run.state == SyncRun.State.FAILED:
        after = failed_with(run, case)
        assert (after.cursor, after.last_complete_read_at) == (known.cursor, known.last_complete_read_at)
    else:  # what could not be read was no part of the board, such as its moves; that is said
        assert run.notes

    faults.reset()
    healed(read(now + 3 * HOUR), CARDS)
    assert stored() == before


# --- lists ----------------------------------------------------------------------------------------


@pytest.fixture
def many(kind: str, case: ContractCase) -> int:
    """More cards than the tool gives in one page."""
    count = MANY.get(kind, 120)
    case.cards(count)
    return count


@pytest.mark.parametrize("kind", IN_PAGES)
def test_a_page_that_comes_again_and_again_is_noticed(
    kind: str, case: ContractCase, many: int, faults: FaultServer, board: Board, now: datetime
) -> None:
    faults.fault = Repeated()

    run = read(now)

    failed_with(run, case)
    assert faults.calls < 100
    assert not Card.objects.exists()

    faults.reset()
    healed(read(now + HOUR), many)


@pytest.mark.parametrize("kind", IN_PAGES)
def test_a_list_without_end_is_given_up(
    kind: str,
    case: ContractCase,
    many: int,
    faults: FaultServer,
    board: Board,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faults.fault = Endless()
    with monkeypatch.context() as fewer:
        for reading in (pages, pages_shrinking):  # the cap itself takes a thousand pages
            fewer.setitem(defaults(reading), "limit", 12)
        run = read(now)

    failed_with(run, case)
    assert "more than 12 pages" in run.error
    assert not run.may_pass
    assert not Card.objects.exists()

    faults.reset()
    healed(read(now + HOUR), many)


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_no_card_vanishes_when_half_of_a_page_is_missing(
    kind: str, case: ContractCase, many: int, faults: FaultServer, board: Board, now: datetime
) -> None:
    read(now)
    before = stored()["cards"]
    faults.fault = halved

    run = read(now + HOUR)

    # A tool that tells how many there are is asked for the rest; of another the read cannot be told from a whole one.
    whole = run.state == SyncRun.State.DONE and run.counts["read"] == many
    assert whole or run.state in {SyncRun.State.FAILED, SyncRun.State.HELD}
    assert stored()["cards"] == before

    faults.reset()
    healed(read(now + 2 * HOUR), many)
    assert stored()["cards"] == before
