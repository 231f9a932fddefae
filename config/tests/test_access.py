"""Nobody reaches what is not theirs: every address × everybody. See routes.py for how to add a route."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from rest_framework.test import APIClient

from common.api_scopes import AREAS, SCOPES
from config.tests.routes import LOGIN, OK, Route, World, nothing, routes_all

PEOPLE = ("anonymous", "charlie", "bob", "alice", "dana")
DENIED = {401, 403, 404, 405}


def _walk(patterns: list[Any], prefix: str = "", path: str = "") -> Iterator[tuple[str, URLPattern, str]]:
    """Every pattern with its whole name and address."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from _walk(pattern.url_patterns, inner, path + str(pattern.pattern))
        else:
            yield f"{prefix}{pattern.name or ''}", pattern, path + str(pattern.pattern)


ALL = list(_walk(get_resolver().url_patterns))
ROUTES = routes_all()
API_ALL = {
    name: pattern
    for name, pattern, path in ALL
    if path.startswith("api/v1/") and (name in ROUTES or "(?P<" not in path)  # others fail the table's test
}
ADMIN_ALL = sorted({name for name, _, _ in ALL if name.startswith("admin:") and not name.endswith(":")})
PAGES = sorted(name for name in ROUTES if name not in API_ALL)


@pytest.fixture
def world(
    product: Any,
    product_team: Any,
    team: Any,
    alice: Any,
    bob: Any,
    charlie: Any,
    dana: Any,
    now: Any,
    today: Any,
    frozen_today: Any,
) -> World:
    return World(product, product_team, team, alice, bob, charlie, dana, now, today)


def _address(name: str, world: World) -> str:
    return reverse(name, kwargs=dict(ROUTES[name].kwargs(world)) if name in ROUTES else {})


def test_every_route_is_in_the_table() -> None:
    known = set(ROUTES)
    missing = [
        f"{name or 'without a name'} ({path})"
        for name, pattern, path in ALL
        if name not in known
        and not name.startswith("admin:")
        and not (path.startswith("api/v1/") and "(?P<" not in path)
    ]

    assert missing == [], "Add these routes to your app's tests/routes.py (config/tests/routes.py says how)."


def test_the_table_names_no_route_that_is_gone() -> None:
    assert set(ROUTES) - {name for name, _, _ in ALL} == set()


READS = [name for name in PAGES if ROUTES[name].method == "get"]
CHANGES = [name for name in PAGES if ROUTES[name].method != "get"]


@pytest.mark.parametrize("name", READS)
def test_it_shows_pages_to_whom_it_should(name: str, world: World) -> None:
    address = _address(name, world)

    for person in PEOPLE:
        _check(name, person, address, world)


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("name", CHANGES)
def test_it_lets_change_whom_it_should(name: str, person: str, world: World) -> None:
    _check(name, person, _address(name, world), world)


def _check(name: str, person: str, address: str, world: World) -> None:
    """Asks as one person and compares with what the table expects."""
    route: Route = ROUTES[name]
    client = Client(raise_request_exception=True)
    if person != "anonymous":
        client.force_login(getattr(world, person))

    response = getattr(client, route.method)(address, dict(route.data))

    expected, status = getattr(route.expect, person), response.status_code
    place = urlsplit(response["Location"]).path if status in {301, 302} else ""
    if expected == LOGIN:
        assert place == "/accounts/login/", f"{person} got {status} {place}"
    elif expected == OK:
        assert status not in DENIED, f"{person} got {status}"
        assert status < 500
        assert person == "anonymous" or place != "/accounts/login/"
    else:
        assert status == expected, f"{person} got {status}"


@pytest.mark.parametrize("name", ADMIN_ALL)
def test_only_admins_enter_the_admin_site(name: str, world: World) -> None:
    pattern = next(pattern for known, pattern, _ in ALL if known == name)
    arguments = {key: _admin_argument(key) for key in pattern.pattern.regex.groupindex}
    arguments |= {key: _admin_argument(key) for key in pattern.pattern.converters}
    if name == "admin:app_list":
        arguments = {"app_label": "common"}
    address = reverse(name, kwargs=arguments)
    public = name in {"admin:jsi18n", "admin:login", "admin:logout"}

    for person in PEOPLE:
        client = Client()
        if person != "anonymous":
            client.force_login(getattr(world, person))
        response = client.get(address)
        if person == "dana":
            assert response.status_code in {200, 301, 302, 403, 404, 405}
        elif person == "anonymous" and not public:
            assert response.status_code == 302
            assert "login" in response["Location"]
        elif not public:
            # A person who is no admin is either refused or sent to a login that refuses them.
            assert response.status_code in {302, 403}


def _admin_argument(key: str) -> str:
    return {"content_type_id": "1", "url": "nothing/"}.get(key, "1")


# --- the API × the scopes of a token ------------------------------------------------------------------


def _token(user: Any, *scopes: str) -> APIClient:
    from teams.models import ApiToken

    _token_row, text = ApiToken.objects.create(
        user=user, name="test", scopes=list(scopes), expiry=timedelta(days=1)
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {text}")
    return client


def _methods(pattern: URLPattern) -> dict[str, str]:
    """HTTP method → action of a viewset's route."""
    actions = getattr(pattern.callback, "actions", None)
    if actions:
        return dict(actions)
    view: Any = getattr(pattern.callback, "cls", None)
    return {
        method: method for method in view.http_method_names if hasattr(view, method) and method != "options"
    }


def _scope(pattern: URLPattern) -> str | None:
    view: Any = getattr(pattern.callback, "cls", None)
    actions = getattr(pattern.callback, "initkwargs", {})
    return actions.get("required_scope", getattr(view, "required_scope", None))


@pytest.mark.parametrize("name", sorted(API_ALL))
def test_every_endpoint_names_its_scope(name: str) -> None:
    scope = _scope(API_ALL[name])

    assert scope == "" or scope in AREAS


@pytest.mark.parametrize("name", sorted(API_ALL))
def test_the_api_answers_401_without_a_token(name: str, world: World) -> None:
    address = _address(name, world)

    for method in set(_methods(API_ALL[name])) - {"head"}:
        response = getattr(APIClient(), method)(address)
        assert response.status_code == 401
        assert response.json()["type"] == "client_error"


API_READS = sorted(name for name, pattern in API_ALL.items() if "get" in _methods(pattern))


@pytest.mark.parametrize("name", API_READS)
def test_a_token_reads_with_its_scope_only(name: str, world: World) -> None:
    pattern, address = API_ALL[name], _address(name, world)
    scope = _scope(pattern)
    others = [other for other in SCOPES if scope and not other.startswith(f"{scope}:")]

    allowed = _token(world.bob, f"{scope}:read" if scope else "goals:read").get(address)
    refused = _token(world.alice, *others).get(address)

    assert allowed.status_code in {200, 302}
    assert refused.status_code == (403 if scope else 200)


@pytest.mark.parametrize("name", sorted(API_ALL))
def test_a_token_that_reads_does_not_write(name: str, world: World) -> None:
    pattern, address = API_ALL[name], _address(name, world)
    reader = _token(world.alice, *[scope for scope in SCOPES if scope.endswith(":read")])

    for method in set(_methods(pattern)) - {"get", "head", "options"}:
        assert getattr(reader, method)(address, {}, format="json").status_code == 403


@pytest.mark.parametrize("name", sorted(API_ALL))
def test_a_viewer_and_a_stranger_write_nothing(name: str, world: World) -> None:
    pattern, address = API_ALL[name], _address(name, world)
    is_detail = bool(ROUTES[name].kwargs is not nothing) if name in ROUTES else False
    viewer, stranger = _token(world.bob, *SCOPES), _token(world.charlie, *SCOPES)

    for method in set(_methods(pattern)) - {"get", "head", "options"}:
        assert getattr(viewer, method)(address, {}, format="json").status_code in {400, 403, 404}
        answer = getattr(stranger, method)(address, {}, format="json").status_code
        assert answer == 404 if is_detail else answer in {400, 403, 404}


@pytest.mark.parametrize("name", [name for name in API_READS if _scope(API_ALL[name])])
def test_a_stranger_reads_nothing_of_the_product(name: str, world: World) -> None:
    response = _token(world.charlie, *SCOPES).get(_address(name, world))

    if name in ROUTES:
        assert response.status_code == 404
    else:
        assert response.status_code == 200
        assert "fieldnote" not in response.content.decode().lower()
