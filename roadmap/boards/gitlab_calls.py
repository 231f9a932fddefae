"""How GitLab tells the next page of a list, and what its refusals mean: pure, no call is made here."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from common.errors import PermanentError
from common.http import HttpResponse, StatusError

PER_PAGE = 100  # the most that GitLab gives at once
_NEXT_LINK = re.compile(r"<([^>]*)>\s*;[^,]*\brel=\"?next\b", re.IGNORECASE)


class NotFoundError(PermanentError):
    """GitLab shows nothing here, or not to this token."""


class ForbiddenError(PermanentError):
    """The token is known but may not make a call; some calls can be done without."""


def next_place(response: HttpResponse, page: list[Any], place: str | None) -> str | None:
    """What to ask for the next page, as a query; None at the end.

    The link is taken apart instead of followed: behind a proxy GitLab may write it with another host.
    """
    link = _NEXT_LINK.search(response.headers.get("Link", ""))
    if link:
        query = [item for item in parse_qsl(urlsplit(link[1]).query) if item[0] != "private_token"]
        return urlencode(query)
    told = response.headers.get("X-Next-Page")
    if told is not None:
        return urlencode({"page": told.strip()}) if told.strip() else None
    if "Link" in response.headers or len(page) < PER_PAGE:
        return None
    # A proxy has dropped the headers: ask until a page is not full.
    asked = dict(parse_qsl(place or "")).get("page", "1")
    return urlencode({"page": int(asked) + 1}) if asked.isdecimal() else None


def refused(error: StatusError) -> PermanentError:
    """The refusal in words of its own, with the field to change."""
    host, status, words = error.response.host, error.status, error.response.text[:1000]
    if status == 401:
        return PermanentError(
            f"{host} refused the access token (401). It is wrong, was revoked, or has ended: make a new one.",
            field="token",
        )
    if status == 403 and "insufficient_scope" in words:
        return PermanentError(
            f"The token lacks the scope to read {host} (403). Make one with the scope “read_api”.",
            field="token",
        )
    if status == 403:
        return ForbiddenError(
            f"{host} knows the token but does not let it read this (403). Give its owner the role Reporter in the "
            "project or group.",
            field="token",
        )
    if status == 404 and "json" in error.response.content_type:
        return NotFoundError(
            f"{host} shows nothing here to this token (404). Check project, group and board."
        )
    if status in {404, 405}:
        return PermanentError(
            f"There is no GitLab API at this address ({host} answers {status}). Enter the page where GitLab opens.",
            field="base_url",
        )
    return error
