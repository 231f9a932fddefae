"""From a model's own checks to the error that people are shown."""

from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models

from common.errors import ApplicationError


def validation_message(error: ValidationError) -> tuple[str, str | None]:
    """The first sentence of a ValidationError and the field that it belongs to."""
    if hasattr(error, "error_dict"):
        name, errors = next(iter(error.message_dict.items()))
        return errors[0], None if name == NON_FIELD_ERRORS else name
    return error.messages[0], None


def clean_or_refuse(instance: models.Model, *, exclude: Collection[str] = ()) -> None:
    """`full_clean`, whose first failure becomes an ApplicationError that names the field."""
    try:
        instance.full_clean(exclude=set(exclude))
    except ValidationError as error:
        message, field = validation_message(error)
        raise ApplicationError(message, field=field) from error
