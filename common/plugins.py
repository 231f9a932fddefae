"""Finds the providers of a family: every module of a package, every class in it that carries a `kind`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import TypeVar

Plugin = TypeVar("Plugin")


def plugins_discover(package: ModuleType, base: type[Plugin]) -> dict[str, type[Plugin]]:
    """Imports each module of `package` and returns its concrete subclasses of `base` by `kind`, in order of kind.

    A module that cannot be imported raises as it is: a provider that silently vanished would stop its boards.
    Raises ValueError when two classes claim one kind.
    """
    found: dict[str, type[Plugin]] = {}
    for module_info in pkgutil.iter_modules(package.__path__, prefix=f"{package.__name__}."):
        module = importlib.import_module(module_info.name)
        for _, candidate in inspect.getmembers(module, inspect.isclass):
            # Only where it is defined: an import of one provider by another must not count twice.
            if candidate.__module__ != module.__name__ or not issubclass(candidate, base):
                continue
            kind = getattr(candidate, "kind", "")
            if not kind or inspect.isabstract(candidate):
                continue
            if kind in found:
                raise ValueError(
                    f"{candidate.__qualname__} and {found[kind].__qualname__} both claim kind {kind!r}."
                )
            found[kind] = candidate
    return dict(sorted(found.items()))
