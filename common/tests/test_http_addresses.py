"""Where the one HTTP client may connect to."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from common.addresses import AddressPolicy, AddressRefusedError, allowed_host_parse
from common.errors import PermanentError, TransientError
from common.http import HttpClient

PRIVATE_SPELLINGS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "0", "0.0.0.0", "localhost",
    "localhost.", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "[fc00::1]", "[fec0::1]", "[fe80::1]", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "192.0.0.192",
]  # fmt: skip
METADATA = ["169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fe80::1",
            "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::"]  # fmt: skip


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that a socket was told to connect to."""
    seen: list[Any] = []

    def spy(self: socket.socket, address: Any) -> None:
        seen.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", spy)
    return seen


@pytest.mark.parametrize("host", PRIVATE_SPELLINGS)
def test_it_opens_no_connection_to_a_private_address(host: str, connects: list[Any]) -> None:
    client = HttpClient(f"http://{host}/", allow_private=[], attempts=1)

    with pytest.raises((AddressRefusedError, TransientError)):
        client.get()

    assert connects == []


@pytest.mark.parametrize("address", METADATA)
def test_it_refuses_metadata_addresses_even_when_their_network_is_allowed(address: str) -> None:
    policy = AddressPolicy.from_entries(["0.0.0.0/0", "::/0", "metadata.example"])

    permitted = policy.permits(host="metadata.example", address=ipaddress.ip_address(address), port=80)

    assert not permitted


def test_it_permits_public_addresses() -> None:
    policy = AddressPolicy()

    assert policy.permits(host="example.org", address=ipaddress.ip_address("93.184.215.14"), port=443)
    assert policy.permits(host="example.org", address=ipaddress.ip_address("2606:2800:21f::1"), port=443)


@pytest.mark.parametrize(
    ("entry", "permitted"),
    [
        ("board.internal", True),
        ("BOARD.internal.", True),
        ("board.internal:8080", True),
        ("board.internal:80", False),
        ("other.internal", False),
        ("10.0.0.0/8", True),
        ("10.0.0.7", True),
        ("10.0.0.7:8080", True),
        ("10.0.0.0/8:9000", False),
        ("192.168.0.0/16", False),
        ("[fd00::1]:8080", False),
    ],
)
def test_it_lets_the_operator_allow_a_private_host(entry: str, permitted: bool) -> None:
    policy = AddressPolicy.from_entries([entry])

    answer = policy.permits(host="board.internal", address=ipaddress.ip_address("10.0.0.7"), port=8080)

    assert answer is permitted


@pytest.mark.parametrize(
    "entry", ["", "*", "*.internal", "10.0.0.0/99", "host:0", "host:99999", "host:http", "[::1]x"]
)
def test_it_names_an_entry_that_cannot_be_read(entry: str) -> None:
    with pytest.raises(ValueError, match="OUTGOING_ALLOWED_HOSTS"):
        allowed_host_parse(entry)


def test_it_looks_a_name_up_once_and_connects_to_what_it_judged(
    monkeypatch: pytest.MonkeyPatch, connects: list[Any]
) -> None:
    answers = iter(["93.184.215.14", "127.0.0.1"])
    lookups: list[str] = []

    def changing(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        lookups.append(host)
        # A judged address is passed on as a number; only names count as look-ups.
        address = host if host[0].isdigit() else next(answers)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", changing)

    with pytest.raises(TransientError):
        HttpClient("http://rebinding.example/", allow_private=[], attempts=1).get()

    assert connects == [("93.184.215.14", 80)]
    assert [host for host in lookups if not host[0].isdigit()] == ["rebinding.example"]


def test_it_uses_only_the_public_one_of_two_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *args, **kwargs: [
            (socket.AF_INET, 1, 6, "", (address, 80)) for address in ("10.0.0.1", "8.8.8.8")
        ],
    )

    addresses = AddressPolicy().resolve("both.example", 80)

    assert addresses == [ipaddress.ip_address("8.8.8.8")]


def test_it_tries_the_next_address_when_one_does_not_answer(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/").respond_with_json({"ok": True})
    real = socket.getaddrinfo

    def two(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if host != "twofold.example":
            return real(host, port, *args, **kwargs)
        # Nothing listens on the second loopback address.
        return [(socket.AF_INET, 1, 6, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    client = HttpClient(f"http://twofold.example:{httpserver.port}/", allow_private=["twofold.example"])

    assert client.get().json() == {"ok": True}


def test_it_tells_how_a_private_tool_can_be_allowed() -> None:
    with pytest.raises(AddressRefusedError) as refused:
        HttpClient("http://127.0.0.1:9/", allow_private=[]).get()

    assert "ask the operator to add 127.0.0.1:9 to OUTGOING_ALLOWED_HOSTS" in refused.value.message
    assert refused.value.field == "base_url"


@pytest.mark.parametrize(
    "address",
    ["", "board.example", "ftp://board.example", "file:///etc/passwd", "http://", "http://[::1", "http://a:99999",
     "https://user:secret@board.example"],
)  # fmt: skip
def test_it_refuses_what_is_no_plain_web_address(address: str) -> None:
    with pytest.raises(PermanentError) as refused:
        HttpClient(address, allow_private=[])

    assert refused.value.field == "base_url"
    assert "secret" not in refused.value.message


def test_it_uses_no_proxy_of_the_environment(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    httpserver.expect_request("/").respond_with_json({"ok": True})

    answer = HttpClient(httpserver.url_for("/"), allow_private=["127.0.0.0/8", "::1"]).get()

    assert answer.json() == {"ok": True}


def test_it_takes_the_allowed_hosts_from_the_settings(httpserver: HTTPServer, settings: Any) -> None:
    settings.OUTGOING_ALLOWED_HOSTS = [f"localhost:{httpserver.port}"]
    httpserver.expect_request("/").respond_with_json({"ok": True})

    assert HttpClient(httpserver.url_for("/")).get().json() == {"ok": True}
