"""What the base layout needs on every page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """The navigation, built lazily by config.shell."""
    return {"shell": None}
