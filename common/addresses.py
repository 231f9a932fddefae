"""Which addresses Bearing may connect to: public ones, and the private ones that the operator names.

People type addresses of their tools, so without this guard anybody could make the server read its own network.
The name is looked up once, every answer is judged, and the connection goes to the judged address: a name that
changes its answer between the look-up and the connection gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from requests_hardened.ip_filter import EXTRA_BLOCKED_NET_RANGES

from common.errors import PermanentError, TransientError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# Cloud machines hand out their own credentials here: refused even when an operator allows the network around.
METADATA_NETWORKS: tuple[Network, ...] = (
    ipaddress.ip_network("169.254.0.0/16"),  # AWS, Azure, Google, and all of IPv4 link-local
    ipaddress.ip_network("168.63.129.16/32"),  # Azure's wire server, a public-looking address
    ipaddress.ip_network("100.100.100.200/32"),  # Alibaba
    ipaddress.ip_network("192.0.0.192/32"),  # Oracle
    ipaddress.ip_network("fd00:ec2::/32"),  # AWS over IPv6
    ipaddress.ip_network("fd20:ce::254/128"),  # Google over IPv6
    ipaddress.ip_network("fe80::/10"),  # IPv6 link-local
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefusedError(PermanentError):
    """The host is, or leads to, an address that Bearing may not connect to."""


@dataclass(frozen=True, slots=True)
class AllowedHost:
    """One entry of OUTGOING_ALLOWED_HOSTS: a name or a network, on one port or on all."""

    name: str = ""
    network: Network | None = None
    port: int | None = None

    def covers(self, *, host: str, address: Address, port: int) -> bool:
        """True when the entry lets `host`, looked up as `address`, be reached on `port`."""
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            return address.version == self.network.version and address in self.network
        return self.name == host


def allowed_host_parse(entry: str) -> AllowedHost:
    """Reads "host", "host:port", "10.0.0.0/8", "10.0.0.5:8080" or "[fd00::1]:8080"; ValueError otherwise."""
    text, port = entry.strip(), None
    if text.startswith("["):
        text, _, rest = text[1:].partition("]")
        if rest and not rest.startswith(":"):
            raise ValueError(f"OUTGOING_ALLOWED_HOSTS: {entry!r} has text after the bracket that is no port.")
        port_text = rest[1:]
    elif text.count(":") == 1:
        text, _, port_text = text.partition(":")
    else:
        port_text = ""
    if port_text:
        if not port_text.isdecimal() or not 0 < int(port_text) < 65536:
            raise ValueError(f"OUTGOING_ALLOWED_HOSTS: {entry!r} has no valid port.")
        port = int(port_text)
    try:
        return AllowedHost(network=ipaddress.ip_network(text, strict=False), port=port)
    except ValueError:
        if not text or "/" in text or "*" in text:
            raise ValueError(
                f"OUTGOING_ALLOWED_HOSTS: {entry!r} is neither a host name, host:port nor a network."
            ) from None
    return AllowedHost(name=_host_normal(text), port=port)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Public addresses, and what the operator allows on top."""

    allowed: tuple[AllowedHost, ...] = ()

    @classmethod
    def from_entries(cls, entries: Iterable[str]) -> AddressPolicy:
        """The policy of OUTGOING_ALLOWED_HOSTS; ValueError names an entry that cannot be read."""
        return cls(allowed=tuple(allowed_host_parse(entry) for entry in entries))

    def permits(self, *, host: str, address: Address, port: int) -> bool:
        """Whether a connection to `address`, found under the name `host`, may be opened."""
        address = _unmapped(address)
        if _is_metadata(address) or address.is_unspecified or address.is_multicast:
            return False
        if _is_public(address):
            return True
        host = _host_normal(host)
        return any(entry.covers(host=host, address=address, port=port) for entry in self.allowed)

    def resolve(self, host: str, port: int) -> list[Address]:
        """The permitted addresses of `host`, in the resolver's order, looked up once.

        Raises AddressRefusedError when none may be used, TransientError when the name is not found.
        """
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError):
            raise TransientError(
                f"The host {host} was not found. Check the address, or try again when its name server answers."
            ) from None
        addresses = list(
            dict.fromkeys(_unmapped(ipaddress.ip_address(str(answer[4][0]))) for answer in answers)
        )
        permitted = [address for address in addresses if self.permits(host=host, address=address, port=port)]
        if not permitted:
            raise AddressRefusedError(
                f"The host {host} is in a private network, which Bearing does not connect to. If the tool really "
                f"runs there, ask the operator to add {host}:{port} to OUTGOING_ALLOWED_HOSTS.",
                field="base_url",
            )
        return permitted


def _host_normal(host: str) -> str:
    return host.rstrip(".").casefold()


def _unmapped(address: Address) -> Address:
    """The IPv4 address inside ::ffff:a.b.c.d, else the address itself."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_metadata(address: Address) -> bool:
    candidates = [address]
    if isinstance(address, ipaddress.IPv6Address):
        # A translating router would carry these to the IPv4 address inside.
        if address.sixtofour is not None:
            candidates.append(address.sixtofour)
        if address in _NAT64:
            candidates.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return any(
        candidate.version == network.version and candidate in network
        for candidate in candidates
        for network in METADATA_NETWORKS
    )


def _is_public(address: Address) -> bool:
    # `is_global` alone is wrong in Python 3.11 for translated and relayed ranges: hence the library's table too.
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    if not address.is_global or address.is_private or address.is_reserved:
        return False
    return not any(address.version == net.version and address in net for net in EXTRA_BLOCKED_NET_RANGES)
