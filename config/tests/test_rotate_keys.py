"""Keys of stored credentials can be changed without anybody entering them again."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from roadmap.models import Connection


@pytest.fixture
def connection(product: Any, settings: Any) -> Connection:
    settings.FIELD_KEYS = ["old"]
    connection = Connection.objects.create(product=product, kind="kanboard", name="Board server")
    connection.secrets_set({"token": "abc"})
    connection.save()
    return connection


def test_it_moves_credentials_to_the_newest_key(connection: Connection, settings: Any) -> None:
    settings.FIELD_KEYS = ["new", "old"]
    call_command("rotate_keys", verbosity=0)
    settings.FIELD_KEYS = ["new"]

    connection.refresh_from_db()
    assert connection.secrets_get() == {"token": "abc"}


def test_it_names_the_credentials_that_no_key_opens(connection: Connection, settings: Any) -> None:
    settings.FIELD_KEYS = ["new"]

    with pytest.raises(CommandError, match="Board server"):
        call_command("rotate_keys", verbosity=0)
