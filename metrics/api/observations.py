"""Bulk push of figures: the body is read as whole columns, never as an object a row."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api import caller
from metrics.api.serializers import ImportRunSerializer
from metrics.calculations.points import ERRORS_SHOWN, PointsRefusedError, RowError
from metrics.calculations.tables import Body, BodyRefusedError, TableRefusedError, json_columns, text_columns
from metrics.services.push import figures_push

CHUNK = 1 << 20
# The body is read by columns and never passes a serializer, so its two shapes are written down here.
_FIGURE: dict[str, Any] = {
    "metric": {"type": "string", "description": "The metric's key."},
    "date": {"type": "string", "description": "A day, or a period such as 2026-W47 or 2026-11."},
    "value": {"type": "number", "format": "double"},
}
PUSH_BODY: dict[str, Any] = {
    "oneOf": [
        {
            "type": "array",
            "title": "Rows",
            "description": "One object a figure.",
            "items": {"type": "object", "properties": _FIGURE, "required": list(_FIGURE)},
            "example": [
                {"metric": "activation-rate", "date": "2026-11-16", "value": 44.1},
                {"metric": "sign-ups", "date": "2026-11-16", "value": 812},
            ],
        },
        {
            "type": "object",
            "title": "Columns",
            "description": "Three equally long columns; shorter to send and quicker to read.",
            "properties": {name: {"type": "array", "items": part} for name, part in _FIGURE.items()},
            "required": list(_FIGURE),
            "example": {
                "metric": ["activation-rate", "sign-ups"],
                "date": ["2026-11-16", "2026-11-16"],
                "value": [44.1, 812],
            },
        },
    ]
}
PUSH_CSV: dict[str, Any] = {
    "type": "string",
    "title": "CSV",
    "description": "A header row with metric, date and value.",
    "example": "metric,date,value\nactivation-rate,2026-11-16,44.1\nsign-ups,2026-11-16,812",
}


class BodyTooLarge(exceptions.APIException):
    """The body is over the limit and was not read."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self) -> None:
        limit = settings.IMPORT_MAX_BYTES // (1024 * 1024)
        super().__init__(f"The body is larger than {limit} MB. Split it.")


def body_read(request: Request) -> bytes:
    """The raw body, refused before reading when its length is over the limit."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > settings.IMPORT_MAX_BYTES:
        raise BodyTooLarge
    source: Any = request._request
    parts: list[bytes] = []
    left = settings.IMPORT_MAX_BYTES
    while chunk := source.read(CHUNK):
        parts.append(chunk)
        left -= len(chunk)
        if left < 0:
            raise BodyTooLarge
    return b"".join(parts)


def body_parse(content: bytes, content_type: str) -> Body:
    """The columns of a body; the content type says which of the two languages it is in."""
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    if kind in {"text/csv", "text/plain"}:
        return text_columns(content, settings.IMPORT_MAX_ROWS)
    if kind == "application/json":
        return json_columns(content)
    raise exceptions.UnsupportedMediaType(kind, detail="Send application/json or text/csv.")


def errors_by_row(errors: list[RowError], total: int) -> exceptions.ValidationError:
    """The first hundred wrong rows in the API's one error body; `attr` is "<row>.<column>"."""
    detail: dict[str, Any] = {}
    for error in errors[:ERRORS_SHOWN]:
        detail.setdefault(str(error.row), {}).setdefault(error.column, []).append(error.message)
    if total > ERRORS_SHOWN:
        detail["non_field_errors"] = [f"{total:,} rows are wrong; the first {ERRORS_SHOWN} are listed."]
    return exceptions.ValidationError(detail)


class ObservationPush(APIView):
    """Pushes figures of many metrics at once: all or nothing."""

    required_scope = "observations"

    @extend_schema(
        operation_id="observations_push",
        request={
            "application/json": PUSH_BODY,
            "text/csv": PUSH_CSV,
        },
        responses={
            201: ImportRunSerializer,
            413: OpenApiResponse(description="Larger than the limit; nothing was read."),
        },
    )
    def post(self, request: Request) -> Response:
        """Stores new figures, corrects changed ones and leaves equal ones alone.

        The body is a list of objects `{"metric": key, "date": "2026-11-18", "value": 1.5}`, or one object of
        three equally long columns, or CSV. Wrong rows are answered by number and nothing is stored. At most
        50 MB and 1,000,000 figures unless the deployment sets other limits. Dates may also be `2026-W47` or
        `2026-11`, and move to the day that stands for the metric's period.
        """
        try:
            body = body_parse(body_read(request), request.content_type or "")
            run = figures_push(
                body=body,
                user=caller(request),
                now=timezone.now(),
                max_rows=settings.IMPORT_MAX_ROWS,
                name=getattr(request.auth, "name", "") or "",
            )
        except PointsRefusedError as error:
            raise errors_by_row(error.errors, error.total) from None
        except BodyRefusedError as error:
            raise errors_by_row(error.errors, len(error.errors)) from None
        except TableRefusedError as error:
            raise exceptions.ValidationError({"non_field_errors": [error.message]}) from None
        return Response(ImportRunSerializer(run).data, status=status.HTTP_201_CREATED)
