"""The frame of the REST API: scopes, pages, optimistic locking and one error body.

An app's resource is a `BearingViewSet` with `queryset` (its `visible_to` decides who sees what), `required_scope`
(an area of common.api_scopes) and serializers; its writes call the same services as the pages do.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from common.api_errors import PreconditionFailed
from common.api_rules import Pagination, ScopePermission
from common.models import Versioned

__all__ = [
    "BearingViewSet",
    "ETagMixin",
    "Pagination",
    "PreconditionFailed",
    "ScopePermission",
    "UnknownAddress",
    "VisibleMixin",
]


class VisibleMixin:
    """Starts from what the caller may see; everything else is 404."""

    queryset: Any

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset.none()
        return self.queryset.all().visible_to(self.request.user)  # type: ignore[attr-defined]


class ETagMixin:
    """`ETag` on single objects, `If-Match` on changes."""

    uses_etag = True

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        data = getattr(answer, "data", None)
        if isinstance(data, dict) and "version" in data and answer.status_code < 300:
            answer["ETag"] = f'"{data["version"]}"'
        return answer

    @staticmethod
    def expected_version(request: Request, instance: Versioned | None = None) -> int | None:
        """The version that a change is based on: If-Match, or without it the one just read from the database.

        Raises PreconditionFailed for a header that is no version of ours.
        """
        header = request.headers.get("If-Match", "").strip()
        if header in {"", "*"}:
            return instance.version if instance is not None else None
        try:
            return int(header.removeprefix("W/").strip('"'))
        except ValueError:
            raise PreconditionFailed from None


def caller(request: Request) -> Any:
    """The person behind an API request; IsAuthenticated has seen that it is somebody."""
    return request.user


class BearingViewSet(VisibleMixin, ETagMixin, GenericViewSet):
    """What every resource starts from; add DRF's list, retrieve, create and update mixins as needed."""

    required_scope: ClassVar[str]


class UnknownAddress(APIView):
    """Everything under /api/ that is no address: the same error body as everywhere, for any method."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    schema = None

    def initial(self, request: Request, *_args: Any, **_kwargs: Any) -> None:
        detail = "There is nothing at this address. See /api/docs/ for what there is."
        if not request.path.endswith("/"):
            detail = (
                f"There is nothing at this address. Addresses of the API end with a slash: {request.path}/"
            )
        raise exceptions.NotFound(detail)
