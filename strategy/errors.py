"""The anticipated failures of the strategy app."""

from __future__ import annotations

from common.errors import ApplicationError


class UnableToChangeGoalError(ApplicationError):
    """A goal or its version cannot be written as asked."""


class UnableToChangeMappingError(ApplicationError):
    """A mapping or its wording cannot be written as asked."""


class UnableToChangeResultError(ApplicationError):
    """A quarter's result cannot be exempted or corrected as asked."""


class UnableToChangeVoiceError(ApplicationError):
    """An explanation or an insight cannot be written as asked."""


class UnableToReviewError(ApplicationError):
    """A belief cannot be reviewed as asked."""
