"""What the base layout needs on every page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from config.shell import shell_of


def shell(request: HttpRequest) -> dict[str, Any]:
    """The frame of the page, built when a template asks for it: a fragment for htmx costs no query."""
    return {"shell": SimpleLazyObject(lambda: shell_of(request))}
