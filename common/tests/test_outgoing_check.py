"""The allow-list of private hosts is checked at start."""

from __future__ import annotations

from typing import Any

from common.checks import outgoing_hosts_check


def test_it_takes_hosts_ports_and_networks(settings: Any) -> None:
    settings.OUTGOING_ALLOWED_HOSTS = ["board.internal", "board.internal:8080", "10.0.0.0/8", "[fd00::1]:443"]

    assert outgoing_hosts_check(None) == []


def test_it_names_an_entry_that_cannot_be_read(settings: Any) -> None:
    settings.OUTGOING_ALLOWED_HOSTS = ["*.internal"]

    (error,) = outgoing_hosts_check(None)

    assert "'*.internal'" in error.msg
    assert error.id == "bearing.E005"
