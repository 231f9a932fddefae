"""Nobody is shown a way that ends in a refusal."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.django_db


def test_only_those_who_may_edit_a_team_are_led_there(
    product: Any, team: Any, alice: Any, erin: Any, logged_in: Any
) -> None:
    edit = f"/p/{product.slug}/teams/{team.slug}/edit/"

    shown = {
        user.display_name: edit in logged_in(user).get(team.get_absolute_url()).text for user in (alice, erin)
    }

    assert shown == {"Alice": True, "Erin": False}


def test_only_those_who_may_edit_a_product_are_led_there(
    product: Any, alice: Any, bob: Any, dana: Any, logged_in: Any
) -> None:
    edit = f"/p/{product.slug}/edit/"

    shown = {user.display_name: edit in logged_in(user).get("/products/").text for user in (alice, bob, dana)}

    assert shown == {"Alice": True, "Bob": False, "Dana": True}
