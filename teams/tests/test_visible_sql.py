"""Statements of our own show a person the products that every query shows them, and no other."""

from __future__ import annotations

from datetime import timedelta
from itertools import product as combinations
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from common.sql import sql_rows
from teams.models import Product
from teams.querysets import visible_products_sql
from teams.tests.factories import MembershipFactory, ProductFactory, TeamFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_today")]


def by_statement(user: Any) -> list[int]:
    condition, values = visible_products_sql(user, "p.id")
    return [
        row[0]
        for row in sql_rows(f"SELECT p.id FROM teams_product p WHERE {condition} ORDER BY p.id", values)
    ]


def by_query(user: Any) -> list[int]:
    return list(Product.objects.visible_to(user).order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize("is_active", [True, False])
def test_a_statement_follows_memberships_as_a_query_does(today: Any, is_active: bool) -> None:
    user = UserFactory(is_active=is_active)
    days = [None, *(today + timedelta(days=number) for number in (-5, 0, 1))]
    for start, end in combinations(days[1:], days):
        if end is None or end > start:
            MembershipFactory(user=user, team=TeamFactory(), start_date=start, end_date=end)
    ProductFactory()

    found = by_query(user)

    assert by_statement(user) == found
    assert bool(found) is is_active
    assert len(found) < Product.objects.count()


@pytest.mark.parametrize("fields", [{"is_superuser": True}, {"is_leader": True}, {}])
@pytest.mark.parametrize("is_active", [True, False])
def test_leaders_and_admins_read_everything_while_they_are_active(
    fields: dict[str, bool], is_active: bool
) -> None:
    ProductFactory()
    user = UserFactory(is_active=is_active, **fields)

    assert by_statement(user) == by_query(user)
    assert bool(by_statement(user)) is (is_active and bool(fields))


def test_nobody_in_particular_is_shown_nothing() -> None:
    ProductFactory()

    assert by_statement(AnonymousUser()) == by_query(AnonymousUser()) == []
