"""Fixtures that every app's tests share: the cast, a product, and a frozen today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

# A Wednesday in the eighth week of the fourth quarter.
NOW = datetime(2026, 11, 18, 9, 0, tzinfo=ZoneInfo("UTC"))
TODAY = date(2026, 11, 18)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def today() -> date:
    return TODAY


@pytest.fixture
def frozen_today() -> Iterator[Any]:
    """Stops the clock at NOW."""
    import time_machine

    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def organisation(db: None) -> Any:
    from teams.models import Organisation

    return Organisation.objects.create(pk=1, name="Example organisation")


@pytest.fixture
def product(organisation: Any) -> Any:
    """The product Fieldnote."""
    from teams.models import Product

    return Product.objects.create(name="Fieldnote", slug="fieldnote")


@pytest.fixture
def product_team(product: Any) -> Any:
    from teams.models import Team

    return Team.objects.create(product=product, kind="product", name="Product Team", slug="product-team")


@pytest.fixture
def team(product: Any) -> Any:
    """The Stream Team Onboarding."""
    from teams.models import Team

    return Team.objects.create(product=product, name="Onboarding", slug="onboarding")


def person_create(name: str, **fields: Any) -> Any:
    from teams.models import User

    return User.objects.create_user(
        f"{name}@example.com", "a long password", display_name=name.title(), **fields
    )


def membership_create(user: Any, team: Any, role: str) -> Any:
    from teams.models import Membership

    return Membership.objects.create(user=user, team=team, role=role, start_date=date(2020, 1, 1))


@pytest.fixture
def alice(product_team: Any) -> Any:
    """Product manager of Fieldnote."""
    user = person_create("alice")
    membership_create(user, product_team, "product_manager")
    return user


@pytest.fixture
def bob(product_team: Any) -> Any:
    """A viewer of Fieldnote: sees everything, changes nothing."""
    user = person_create("bob")
    membership_create(user, product_team, "viewer")
    return user


@pytest.fixture
def charlie(organisation: Any) -> Any:
    """A stranger: product manager of another product, sees nothing of Fieldnote."""
    from teams.models import Product, Team

    other = Product.objects.create(name="Elsewhere", slug="elsewhere")
    user = person_create("charlie")
    membership_create(
        user,
        Team.objects.create(product=other, kind="product", name="Other", slug="other"),
        "product_manager",
    )
    return user


@pytest.fixture
def dana(organisation: Any) -> Any:
    """An organisation admin."""
    return person_create("dana", is_superuser=True)


@pytest.fixture
def erin(team: Any) -> Any:
    """A member of the Stream Team Onboarding."""
    user = person_create("erin")
    membership_create(user, team, "member")
    return user


@pytest.fixture
def logged_in(client: Any) -> Any:
    """`logged_in(alice)` gives a browser session of alice's."""
    from django.test import Client

    def enter(user: Any) -> Client:
        fresh = Client()
        fresh.force_login(user)
        return fresh

    return enter
