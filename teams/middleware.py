"""What belongs to the person behind a request: their time zone, and a quiet answer for moved addresses."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from teams.permissions import ArchivedError, SlugMoved
from teams.selectors import organisation_get, organisation_held

LAST_PRODUCT = "product"


class PersonMiddleware:
    """Shows times in the person's zone, or the organisation's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return self.get_response(request)
        # A write reads it anew, since it may be what is being written.
        with organisation_held() if request.method in {"GET", "HEAD"} else nullcontext():
            zone = zoneinfo.ZoneInfo(user.time_zone) if user.time_zone else organisation_get().zone
            with timezone.override(zone):
                response = self.get_response(request)
        return _product_remember(request, response)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Sends an old address on to the new one, and says of something archived where it is brought back."""
        if isinstance(exception, ArchivedError):
            return _archived(request, exception)
        if not isinstance(exception, SlugMoved):
            return None
        keep_method = request.method not in {"GET", "HEAD"}
        return redirect(_moved_url(request, exception), permanent=True, preserve_request=keep_method)


def _archived(request: HttpRequest, error: ArchivedError) -> HttpResponse | None:
    """The answer to a write in the archive; None for the API, which has one body for every refusal."""
    if request.path.startswith("/api/"):
        return None
    thing = error.thing
    context = {
        "kind": thing._meta.verbose_name,
        "message": str(error),
        "back": getattr(thing, "bring_back_url", "") or thing.get_absolute_url(),
        "read": thing.get_absolute_url(),
    }
    return render(request, "archived.html", context, status=403)


def _moved_url(request: HttpRequest, moved: SlugMoved) -> str:
    """The address asked for, with the new slug in the place of the old; else the object's own page."""
    match = request.resolver_match
    if match is None or moved.old not in match.kwargs.values():
        return str(moved.instance.get_absolute_url())
    kwargs = {
        name: moved.instance.slug if value == moved.old else value for name, value in match.kwargs.items()
    }
    query = request.META.get("QUERY_STRING", "")
    return reverse(match.view_name, kwargs=kwargs) + (f"?{query}" if query else "")


def _product_remember(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Keeps which product was seen last, in a cookie: in the session it would cost a write a page."""
    match = request.resolver_match
    slug = match.kwargs.get("product") if match is not None else None
    if slug and response.status_code == 200 and request.COOKIES.get(LAST_PRODUCT) != slug:
        response.set_cookie(
            LAST_PRODUCT,
            slug,
            max_age=timedelta(days=365),
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )
    return response
