"""Rows for tests, where going through the services would hide what is tested."""

from __future__ import annotations

from datetime import date

import factory
from factory.django import DjangoModelFactory

from teams.models import Membership, Product, Team, User


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    display_name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.LazyAttribute(lambda user: f"{user.display_name.replace(' ', '').lower()}@example.com")
    password = "!"


class ProductFactory(DjangoModelFactory[Product]):
    class Meta:
        model = Product

    name = factory.Sequence(lambda n: f"Product {n}")
    slug = factory.LazyAttribute(lambda product: product.name.replace(" ", "-").lower())


class TeamFactory(DjangoModelFactory[Team]):
    class Meta:
        model = Team

    product = factory.SubFactory(ProductFactory)
    name = factory.Sequence(lambda n: f"Team {n}")
    slug = factory.LazyAttribute(lambda team: team.name.replace(" ", "-").lower())


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    team = factory.SubFactory(TeamFactory)
    role = "member"
    start_date = date(2020, 1, 1)
