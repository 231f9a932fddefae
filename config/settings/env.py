"""Strict readers of the environment: a typo in a value is an error at start, not a silent default."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key


def env_text(name: str, default: str = "") -> str:
    """The variable, or the content of the file named by NAME_FILE (container secrets)."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def env_bool(name: str, default: bool) -> bool:
    """True or False; anything else raises ImproperlyConfigured."""
    text = env_text(name).strip().lower()
    if text == "":
        return default
    if text in {"true", "1", "yes"}:
        return True
    if text in {"false", "0", "no"}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {text!r}.")


def env_int(name: str, default: int) -> int:
    """A whole number; anything else raises ImproperlyConfigured."""
    text = env_text(name).strip()
    if text == "":
        return default
    try:
        return int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}.") from None


def env_list(name: str, default: str = "") -> list[str]:
    """Comma-separated values without blanks."""
    return [part.strip() for part in env_text(name, default).split(",") if part.strip()]


def key_file(folder: Path, name: str) -> str:
    """A random key made once and kept in a file that only its owner reads (embedded default only)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(get_random_secret_key())
    return path.read_text(encoding="utf-8").strip()
