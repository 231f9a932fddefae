"""Tokens of the REST API: `Authorization: Token <token>`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework.request import Request

_TOUCH_EVERY = timedelta(minutes=1)


class TokenAuthentication(KnoxTokenAuthentication):
    """Knox's digest lookup, and a note of when the token was last used."""

    def authenticate(self, request: Request) -> Any:
        result = super().authenticate(request)
        if result is not None:
            token, now = result[1], timezone.now()
            if token.last_used_at is None or now - token.last_used_at > _TOUCH_EVERY:
                type(token).objects.filter(pk=token.pk).update(last_used_at=now)
        return result
