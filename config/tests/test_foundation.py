"""The ground that everything stands on."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command

from teams.models import Product


@pytest.mark.django_db
def test_it_has_a_migration_for_every_model_change() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_it_shows_a_product_to_its_members_and_hides_it_from_strangers(
    product: Product, alice: Any, bob: Any, charlie: Any, dana: Any
) -> None:
    seen = {
        user.display_name: product in Product.objects.visible_to(user) for user in (alice, bob, charlie, dana)
    }

    assert seen == {"Alice": True, "Bob": True, "Charlie": False, "Dana": True}
