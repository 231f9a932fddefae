"""What belongs to the person behind a request: their time zone, and a quiet answer for moved addresses."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from teams.permissions import SlugMoved
from teams.selectors import organisation_get


class PersonMiddleware:
    """Shows times in the person's zone, or the organisation's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return self.get_response(request)
        with timezone.override(
            zoneinfo.ZoneInfo(user.time_zone) if user.time_zone else organisation_get().zone
        ):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Sends an old address on to the new one."""
        if isinstance(exception, SlugMoved):
            return redirect(exception.instance.get_absolute_url(), permanent=True)
        return None
