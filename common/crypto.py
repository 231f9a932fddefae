"""Secrets at rest: encrypted with the newest of the FIELD_KEYS, readable with any of them.

Fernet has no associated data, so the owner's label is sealed inside the text: a ciphertext copied to another
row is refused instead of read. Reading with no fitting key raises, never returns something.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from common.errors import PermanentError


class SecretUnreadableError(PermanentError):
    """The stored secret fits no key: it must be entered again."""


def _fernet() -> MultiFernet:
    keys = [base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()) for key in settings.FIELD_KEYS]
    return MultiFernet([Fernet(key) for key in keys])


def secret_seal(value: Any, *, owner: str) -> str:
    """Encrypts a JSON value for `owner` (a label such as "connection:12")."""
    return _fernet().encrypt(json.dumps({"owner": owner, "value": value}).encode()).decode()


def secret_open(sealed: str, *, owner: str) -> Any:
    """The value sealed for `owner`; SecretUnreadableError when no key fits or it was sealed for another."""
    try:
        content = json.loads(_fernet().decrypt(sealed.encode()))
    except InvalidToken:
        raise SecretUnreadableError(
            "The stored credentials cannot be read any more. Enter them again."
        ) from None
    if content["owner"] != owner:
        raise SecretUnreadableError("The stored credentials belong to another connection. Enter them again.")
    return content["value"]


def secret_rotate(sealed: str) -> str:
    """The same secret under the newest key."""
    try:
        return _fernet().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise SecretUnreadableError(
            "The stored credentials cannot be read any more. Enter them again."
        ) from None
