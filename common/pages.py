"""What views have in common: one view with two renderings (the page, or a part alone for htmx), and where to go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from common.errors import ApplicationError


def is_fragment_request(request: HttpRequest) -> bool:
    """True when htmx asks for a part; boosted navigation wants the page."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx and not htmx.boosted and not htmx.history_restore_request)


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    partial: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Renders `partial` for htmx and `template` otherwise, and tells caches that the two differ."""
    chosen = partial if partial and is_fragment_request(request) else template
    response = render(request, chosen, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    response["Cache-Control"] = "no-store"
    return response


def do_and_tell(request: HttpRequest, do: Callable[[], object], done: str, *, undo: str = "") -> None:
    """Does what a button asks for and says `done`, or why it was refused; `undo` is where a button beside it posts to."""
    try:
        do()
    except ApplicationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done, extra_tags=f"undo:{undo}" if undo else "")


def way_back(request: HttpRequest, otherwise: str) -> str:
    """Where somebody came from, as `?next=` says, when that is a page of this site; else `otherwise`."""
    asked = request.GET.get("next", "")
    return asked if asked and url_has_allowed_host_and_scheme(asked, allowed_hosts=None) else otherwise
