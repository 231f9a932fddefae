"""Board providers: one file each, found by walking this package; nothing else is edited to add one."""

from __future__ import annotations

import sys
from functools import cache

from common.errors import PermanentError
from common.plugins import plugins_discover
from roadmap.boards.base import BoardProvider

__all__ = ["BoardProvider", "provider_choices", "provider_get", "providers"]


@cache
def providers() -> dict[str, type[BoardProvider]]:
    """Every provider class by its kind. A module that cannot be imported raises."""
    # The abstract base is the type to look for, never one of the results.
    return plugins_discover(sys.modules[__name__], BoardProvider)  # type: ignore[type-abstract]


def provider_get(kind: str) -> type[BoardProvider]:
    """The provider class of `kind`; PermanentError when this version of Bearing has none."""
    try:
        return providers()[kind]
    except KeyError:
        raise PermanentError(
            f"There is no board connector called {kind!r} here. Choose another tool."
        ) from None


def provider_choices() -> list[tuple[str, str]]:
    """(kind, label) of every provider by label, the file upload last."""
    ordered = sorted(
        providers().values(), key=lambda provider: (provider.is_upload, provider.label.casefold())
    )
    return [(provider.kind, provider.label) for provider in ordered]
