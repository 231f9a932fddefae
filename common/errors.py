"""The errors that people and programs are shown. Each carries a sentence that says what to do."""

from __future__ import annotations

from typing import Any


class ApplicationError(Exception):
    """An anticipated failure of a use case: shown to whoever asked, not logged as an error."""

    def __init__(self, message: str, *, field: str | None = None, extra: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.extra = extra


class PermanentError(ApplicationError):
    """Trying again will not help until somebody changes something."""


class TransientError(ApplicationError):
    """Trying again later may work; `retry_after` is in seconds when the other side said so."""

    def __init__(self, message: str, *, retry_after: float | None = None, field: str | None = None) -> None:
        super().__init__(message, field=field)
        self.retry_after = retry_after


class ConflictError(ApplicationError):
    """Somebody else saved first; `current` is the object as it stands now."""

    def __init__(self, current: Any) -> None:
        super().__init__("Somebody else saved this while you were editing. Both versions are shown below.")
        self.current = current
