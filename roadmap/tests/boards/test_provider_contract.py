"""What every board provider must do, whichever tool it reads."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django import forms
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from common.errors import ApplicationError, PermanentError, TransientError
from roadmap.boards import provider_choices, provider_get, providers
from roadmap.boards.base import BoardProvider, Deletes, History, HttpFactory, Since
from roadmap.tests.boards.contract import ContractCase

TESTS = Path(__file__).resolve().parents[1]
ALL = sorted(providers())
OVER_HTTP = [kind for kind in ALL if not provider_get(kind).is_upload]


@pytest.fixture
def case(kind: str, httpserver: HTTPServer) -> ContractCase:
    module = importlib.import_module(f"roadmap.tests.boards.test_{kind}")
    made: ContractCase = module.Contract(httpserver)
    return made


@pytest.fixture
def provider(kind: str, case: ContractCase, local_http: HttpFactory) -> BoardProvider:
    return provider_get(kind)(case.config(), partial(local_http, attempts=1))


@pytest.mark.parametrize("kind", ALL)
def test_it_describes_itself(kind: str) -> None:
    provider = provider_get(kind)

    assert kind.isidentifier()
    assert provider.label
    assert provider.icon
    assert len(provider.access_help) > 40
    assert isinstance(provider.history, History)
    assert isinstance(provider.since, Since)
    assert isinstance(provider.deletes, Deletes)
    assert provider.is_upload or provider.docs_url.startswith("https://")


@pytest.mark.parametrize("kind", ALL)
def test_its_settings_form_renders_and_hides_what_is_secret(kind: str, case: ContractCase) -> None:
    provider = provider_get(kind)

    page = provider.settings_form(data=case.config()).as_p()
    fields = provider.settings_form.base_fields

    assert all(name in fields for name in provider.secret_fields)
    assert all(isinstance(fields[name].widget, forms.PasswordInput) for name in provider.secret_fields)
    assert all(field.label for field in fields.values())
    assert case.secret not in page


@pytest.mark.parametrize("kind", ALL)
def test_it_masks_its_secrets(kind: str, case: ContractCase, provider: BoardProvider) -> None:
    config = case.config()

    open_part, sealed = provider.config_split(config)

    assert set(sealed) == set(provider.secret_fields)
    assert case.secret not in str(open_part)
    assert case.secret not in str(provider.config_shown(config))
    assert case.secret not in repr(provider)


@pytest.mark.parametrize("kind", ALL)
def test_it_comes_with_a_test_file_and_recorded_answers(kind: str) -> None:
    recorded = TESTS / "fixtures" / kind

    assert (TESTS / "boards" / f"test_{kind}.py").is_file()
    assert (recorded / "SOURCES.md").is_file()
    assert len(list(recorded.iterdir())) > 1


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("count", [0, 1, 300])
def test_it_reads_none_one_and_many_cards(
    kind: str, count: int, case: ContractCase, local_http: HttpFactory
) -> None:
    case.cards(count)

    snapshot = provider_get(kind)(case.config(), local_http).fetch()

    assert len(snapshot.cards) == count
    assert len({card.identity for card in snapshot.cards}) == count
    assert len(snapshot.columns) == (2 if count > 1 else len(snapshot.columns))
    known = {column.external_id for column in snapshot.columns}
    assert all(card.column_external_id in known for card in snapshot.cards)
    assert all(card.title and card.external_id for card in snapshot.cards)
    assert all(card.created_at is None or card.created_at.tzinfo for card in snapshot.cards)
    assert all(move.at.tzinfo for move in snapshot.moves)


@pytest.mark.parametrize("kind", ALL)
def test_its_check_and_its_list_of_boards_answer(
    kind: str, case: ContractCase, provider: BoardProvider
) -> None:
    case.cards(1)

    assert provider.check().title
    assert provider.boards()


@pytest.mark.parametrize("kind", ALL)
def test_its_snapshot_cannot_be_changed(kind: str, case: ContractCase, local_http: HttpFactory) -> None:
    case.cards(1)
    snapshot = provider_get(kind)(case.config(), local_http).fetch()

    with pytest.raises(FrozenInstanceError):
        snapshot.cards[0].title = "another"  # type: ignore[misc]


def faults() -> dict[str, tuple[Response, type[ApplicationError]]]:
    html = {"Content-Type": "text/html"}
    return {
        "401": (Response("", status=401), PermanentError),
        "403": (Response("", status=403), PermanentError),
        "404": (Response("", status=404), PermanentError),
        "410": (Response("", status=410), PermanentError),
        "sign-in page": (Response("<html>Sign in</html>", headers=html), PermanentError),
        "sign-in page with 203": (Response("<html>Sign in</html>", status=203, headers=html), PermanentError),
        "redirect to a private host": (
            Response("", status=302, headers={"Location": "http://10.0.0.1/"}), PermanentError
        ),
        "429": (Response("", status=429), TransientError),
        "500": (Response("", status=500), TransientError),
        "503": (Response("", status=503), TransientError),
        "empty body": (Response("", content_type="application/json"), TransientError),
        "broken off": (Response('{"a": [', content_type="application/json"), TransientError),
    }  # fmt: skip


@pytest.mark.parametrize("kind", OVER_HTTP)
@pytest.mark.parametrize("fault", sorted(faults()))
@pytest.mark.parametrize("call", ["check", "boards", "fetch"])
def test_it_tells_a_lasting_failure_from_a_passing_one(
    kind: str, fault: str, call: str, case: ContractCase, provider: BoardProvider
) -> None:
    answer, expected = faults()[fault]
    case.fault(answer)

    with pytest.raises(expected) as failed:
        getattr(provider, call)()

    assert len(failed.value.message) > 20
    assert failed.value.message.endswith(".")
    assert case.secret not in failed.value.message


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_it_hands_on_how_long_to_wait(kind: str, case: ContractCase, provider: BoardProvider) -> None:
    case.fault(Response("", status=429, headers={"Retry-After": "1800"}))

    with pytest.raises(TransientError) as failed:
        provider.fetch()

    assert failed.value.retry_after == 1800


@pytest.fixture
def released() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_it_takes_a_timeout_as_passing(
    kind: str, case: ContractCase, local_http: HttpFactory, released: threading.Event
) -> None:
    def wait(request: Request) -> Response:
        released.wait(30)
        return Response("")

    case.fault(wait)

    def hasty(*args: Any, **options: Any) -> Any:
        return local_http(*args, **options | {"timeout": (1.0, 0.1), "attempts": 1})

    with pytest.raises(TransientError, match="in time"):
        provider_get(kind)(case.config(), hasty).fetch()


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_it_stops_at_the_size_limit(kind: str, case: ContractCase, local_http: HttpFactory) -> None:
    case.fault(Response(b" " * 4000, content_type="application/json"))

    def small(*args: Any, **options: Any) -> Any:
        return local_http(*args, **options | {"max_bytes": 1000})

    with pytest.raises(PermanentError, match="sent more than"):
        provider_get(kind)(case.config(), small).fetch()


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_it_refuses_a_private_address_that_nobody_allowed(
    kind: str, case: ContractCase, settings: Any
) -> None:
    settings.OUTGOING_ALLOWED_HOSTS = []

    with pytest.raises(PermanentError, match="OUTGOING_ALLOWED_HOSTS"):
        provider_get(kind)(case.config()).check()


def test_it_offers_the_upload_last() -> None:
    kinds = [kind for kind, _ in provider_choices()]

    assert sorted(kinds) == ALL
    assert kinds[-1] == "upload"


def test_it_says_so_when_a_tool_is_unknown() -> None:
    with pytest.raises(PermanentError, match="no board connector called 'abacus'"):
        provider_get("abacus")
