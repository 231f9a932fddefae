"""One body for every failure of the API (`type`, `errors` with `code`, `detail`, `attr`)."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from drf_standardized_errors.handler import ExceptionHandler as StandardHandler
from rest_framework import exceptions, status

from common.errors import ApplicationError, ConflictError
from common.validation import validation_message


class PreconditionFailed(exceptions.APIException):
    """Somebody else changed the object since the caller read it."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "The object was changed since you read it. Read it again and repeat your change."
    default_code = "precondition_failed"


class ExceptionHandler(StandardHandler):
    """One body for every failure: the app's own errors name their field (400), conflicts are 412."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, ConflictError):
            return PreconditionFailed()
        if isinstance(exc, ApplicationError):
            return exceptions.ValidationError({exc.field or "non_field_errors": [exc.message]})
        if isinstance(exc, ModelValidationError):
            message, field = validation_message(exc)
            return exceptions.ValidationError({field or "non_field_errors": [message]})
        if isinstance(exc, PermissionDenied) and str(exc):
            return exceptions.PermissionDenied(str(exc))
        return super().convert_known_exceptions(exc)
