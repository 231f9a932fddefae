"""Secrets at rest."""

from __future__ import annotations

from typing import Any

import pytest

from common.crypto import SecretUnreadableError, secret_open, secret_rotate, secret_seal


def test_it_gives_back_what_was_sealed_for_the_same_owner() -> None:
    sealed = secret_seal({"token": "abc"}, owner="connection:1")

    assert "abc" not in sealed
    assert secret_open(sealed, owner="connection:1") == {"token": "abc"}


def test_it_refuses_a_secret_copied_to_another_row() -> None:
    sealed = secret_seal({"token": "abc"}, owner="connection:1")

    with pytest.raises(SecretUnreadableError, match="another connection"):
        secret_open(sealed, owner="connection:2")


def test_it_reads_old_secrets_until_they_are_rotated(settings: Any) -> None:
    settings.FIELD_KEYS = ["old"]
    sealed = secret_seal("abc", owner="connection:1")

    settings.FIELD_KEYS = ["new", "old"]
    rotated = secret_rotate(sealed)
    settings.FIELD_KEYS = ["new"]

    assert secret_open(rotated, owner="connection:1") == "abc"
    with pytest.raises(SecretUnreadableError, match="Enter them again"):
        secret_open(sealed, owner="connection:1")
