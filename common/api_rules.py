"""Pages and scopes of the API: named in the settings, so they must load before DRF's views do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from common.api_scopes import AREAS

if TYPE_CHECKING:
    from rest_framework.views import APIView


class Pagination(PageNumberPagination):
    """`?page=2&page_size=500`: 100 rows unless asked for, at most 1,000."""

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000
    page_query_description = "Which page, from 1."
    page_size_query_description = "How many rows a page has: 100 unless given, at most 1,000."


class ScopePermission(BasePermission):
    """A token needs `<scope>:read`, or `<scope>:write` for a change; a browser session has its user's rights.

    A view without `required_scope` refuses every token; an empty one is open to all of them.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        scopes = getattr(request.auth, "scopes", None)
        if scopes is None:
            return True
        required = getattr(view, "required_scope", None)
        if required == "":
            return True
        if required not in AREAS:
            raise exceptions.PermissionDenied("No token is accepted here.")
        wanted = f"{required}:read" if request.method in SAFE_METHODS else f"{required}:write"
        # Whoever may write may read what they wrote.
        if wanted in scopes or f"{required}:write" in scopes:
            return True
        raise exceptions.PermissionDenied(f"The token lacks the scope {wanted}. Create one that has it.")
