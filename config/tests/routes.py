"""How the access tests reach every address. `test_access.py` walks the URLconf and fails on a route not named here.

**Add a route**: put it in the dictionary `ROUTES` of your app's `tests/routes.py`, under its URL name::

    from config.tests.routes import PRODUCT_PAGE, STRATEGY_WRITE, Route, World

    def _goal(world: World) -> dict[str, object]:
        goal = GoalFactory(product=world.product)
        return {"product": world.product.slug, "goal": goal.slug}

    ROUTES = {
        "strategy:goal-list": Route(PRODUCT_PAGE, product),       # kwargs: {"product": "fieldnote"}
        "strategy:goal-detail": Route(PRODUCT_PAGE, _goal),
        "strategy:goal-edit": Route(STRATEGY_WRITE, _goal),
        "strategy:goal-retire": Route(STRATEGY_WRITE, _goal, method="post"),
        "api:goal-detail": Route(API, _goal_pk),                  # API: only the kwargs are needed
    }

The builder makes its object **in `world.product`** (the product Fieldnote of the cast) and returns the kwargs of the
address; it runs once in a test. An expectation says what each of the cast gets: LOGIN (sent to the login
page), a status, or OK (anything that is neither an error of access nor of the server: a page, a redirect, or a form
that says what is missing in the empty POST). API routes without kwargs need no entry at all.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

LOGIN = "login"
OK = "ok"
Expected = int | str
APPS = ("config", "contest", "roadmap", "strategy", "metrics", "teams")


@dataclass(frozen=True)
class World:
    """What a builder may start from; everything stands in the product Fieldnote."""

    product: Any
    product_team: Any
    team: Any
    alice: Any
    bob: Any
    charlie: Any
    dana: Any
    now: datetime
    today: date


@dataclass(frozen=True)
class Expect:
    """What each of the cast gets: nobody logged in, a stranger, a viewer, a product manager, an admin."""

    anonymous: Expected
    charlie: Expected
    bob: Expected
    alice: Expected
    dana: Expected


PUBLIC = Expect(OK, OK, OK, OK, OK)
OWN = Expect(LOGIN, OK, OK, OK, OK)  # a page about oneself
PRODUCT_PAGE = Expect(LOGIN, 404, OK, OK, OK)
PARTICIPANT = Expect(LOGIN, 404, 403, OK, OK)  # anybody in the product but viewers
STRATEGY_WRITE = Expect(LOGIN, 404, 403, OK, OK)  # product managers, leads and admins
ADMIN = Expect(LOGIN, 403, 403, 403, OK)
PRODUCT_ADMIN = Expect(LOGIN, 404, 403, 403, OK)  # in a product, but for organisation admins only
API = PUBLIC  # what a token may do follows from the view's scope; see test_access.py


def nothing(world: World) -> dict[str, object]:
    """For addresses without parts."""
    return {}


def product(world: World) -> dict[str, object]:
    """For addresses directly under the product."""
    return {"product": world.product.slug}


def team(world: World) -> dict[str, object]:
    """For addresses of the Stream Team Onboarding."""
    return {"product": world.product.slug, "team": world.team.slug}


@dataclass(frozen=True)
class Route:
    """One address: who gets what, how to reach it, with which method and body."""

    expect: Expect
    kwargs: Callable[[World], Mapping[str, object]] = nothing
    method: str = "get"
    data: Mapping[str, object] = field(default_factory=dict)


def routes_all() -> dict[str, Route]:
    """The routes of every app that has a `tests/routes.py` with ROUTES."""
    found: dict[str, Route] = {}
    for app in APPS:
        name = f"{app}.tests.own_routes" if app == "config" else f"{app}.tests.routes"
        if importlib.util.find_spec(name) is not None:
            found |= importlib.import_module(name).ROUTES
    return found
