"""The frame of the REST API: scopes, pages, optimistic locking and one error body."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_standardized_errors.handler import exception_handler as standard_handler
from rest_framework import exceptions, status
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.errors import ApplicationError, ConflictError


class Pagination(PageNumberPagination):
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000


class ScopePermission(BasePermission):
    """A token needs `<scope>:read`, or `<scope>:write` for a change; a browser session has its user's rights."""

    message = "The token lacks the scope for this. Create one with the scope named in the documentation."

    def has_permission(self, request: Request, view: APIView) -> bool:
        scopes = getattr(request.auth, "scopes", None)
        required = getattr(view, "required_scope", None)
        if scopes is None or required is None:
            return True
        if request.method in SAFE_METHODS:
            return f"{required}:read" in scopes or f"{required}:write" in scopes
        return f"{required}:write" in scopes


class PreconditionFailed(exceptions.APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "The object was changed since you read it. Read it again and repeat your change."
    default_code = "precondition_failed"


class VisibleMixin:
    """Starts from what the caller may see; everything else is 404."""

    queryset: ClassVar[Any]
    request: Request

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset.none()
        return self.queryset.all().visible_to(self.request.user)


class ETagMixin:
    """`ETag` on single objects, `If-Match` on changes."""

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        data = getattr(answer, "data", None)
        if isinstance(data, dict) and "version" in data and answer.status_code < 300:
            answer["ETag"] = f'"{data["version"]}"'
        return answer

    @staticmethod
    def expected_version(request: Request) -> int | None:
        """The version named by If-Match; None when the caller does not care."""
        header = request.headers.get("If-Match", "").strip()
        if header in {"", "*"}:
            return None
        try:
            return int(header.removeprefix("W/").strip('"'))
        except ValueError:
            raise PreconditionFailed from None


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """One body for every failure; the app's own errors become a 400 that names the field, conflicts a 412."""
    if isinstance(exc, ConflictError):
        exc = PreconditionFailed()
    elif isinstance(exc, ApplicationError):
        exc = exceptions.ValidationError({exc.field or "non_field_errors": [exc.message]})
    return standard_handler(exc, context)
