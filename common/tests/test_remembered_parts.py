"""Parts of a page that are remembered by what they show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.template import Context, Template

from common.templatetags import bearing

PART = Template(
    '{% load bearing %}{% remembered "components/_segments.html" items=items cells=cells %}', name="part"
)


@pytest.fixture(autouse=True)
def rendered(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the templates that were rendered."""
    names: list[str] = []
    original = bearing.render_to_string

    def render(name: str, context: dict[str, Any]) -> Any:
        names.append(name)
        return original(name, context)

    monkeypatch.setattr(bearing, "render_to_string", render)
    bearing._part_remembered.cache_clear()
    yield names
    bearing._part_remembered.cache_clear()


def show(*cells: str, **more: Any) -> str:
    return PART.render(Context({"items": (), "cells": cells, **more}))


def test_a_part_is_rendered_once_for_the_same_values(rendered: list[str]) -> None:
    assert show("good", "bad") == show("good", "bad")
    assert len(rendered) == 1


def test_a_part_is_rendered_anew_for_another_value(rendered: list[str]) -> None:
    assert show("good") != show("bad")
    assert len(rendered) == 2


def test_while_templates_are_written_each_is_rendered_anew(rendered: list[str], settings: Any) -> None:
    settings.DEBUG = True

    show("good")
    show("good")

    assert len(rendered) == 2


def test_a_part_gets_nothing_but_its_values() -> None:
    assert show("good", request="x") == show("good", request="y")


def test_what_a_value_holds_is_escaped_as_in_any_template() -> None:
    assert "<script>" not in show("<script>")


def test_a_row_of_the_database_is_refused_since_it_equals_itself_after_a_change() -> None:
    from teams.models import Product

    with pytest.raises(TypeError, match=r"components/_segments\.html cannot be remembered by a model"):
        show("good", items=Product(pk=1))
