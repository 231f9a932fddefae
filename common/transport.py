"""The session under `common.http`: every connection goes to an address that was judged first."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests_hardened.ip_filter_adapter import IPFilterAdapter

from common.addresses import Address, AddressPolicy


class _PinnedAdapter(IPFilterAdapter):
    """Looks a host up once, judges every answer, and connects to the judged addresses in turn."""

    def __init__(self, *, is_https_proto: bool, policy: AddressPolicy) -> None:
        super().__init__(is_https_proto=is_https_proto)
        self._policy = policy
        self._pinned: Address | None = None

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        addresses = self._policy.resolve(parts.hostname or "", port_of(parts))
        for self._pinned in addresses[:-1]:
            try:
                return super().send(request, *args, **kwargs)
            except requests.ConnectionError as error:
                if not is_unconnected(error):
                    raise
        self._pinned = addresses[-1]
        return super().send(request, *args, **kwargs)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        # The parent's own look-up knows no allow-list: past it, to the plain adapter, and its pinning here.
        host_params: dict[str, Any]
        pool_kwargs: dict[str, Any]
        host_params, pool_kwargs = HTTPAdapter.build_connection_pool_key_attributes(  # type: ignore[assignment]
            self, request, verify, cert
        )
        host, port = host_params["host"], host_params["port"]
        shown = f"[{host}]" if ":" in host else host
        request.headers = CaseInsensitiveDict(request.headers or {})
        request.headers["Host"] = shown if port is None else f"{shown}:{port}"
        if self._is_https_proto:
            pool_kwargs["assert_hostname"] = host
            pool_kwargs["server_hostname"] = host
        if self._pinned is None:  # unreachable through send(); a bare connection must never be unjudged
            raise RuntimeError("No judged address to connect to.")
        host_params["host"] = f"[{self._pinned}]" if self._pinned.version == 6 else str(self._pinned)
        return host_params, pool_kwargs


def session_make(policy: AddressPolicy, *, ca_bundle: str = "") -> requests.Session:
    """A session that knows no proxies, no password files and no unjudged address."""
    session = requests.Session()
    session.trust_env = False  # no proxy and no .netrc of the machine: both would go round the address check
    session.verify = ca_bundle or True
    session.headers["User-Agent"] = "Bearing"
    session.headers["Accept"] = "application/json"
    session.headers["Accept-Encoding"] = "gzip, deflate"
    session.mount("http://", _PinnedAdapter(is_https_proto=False, policy=policy))
    session.mount("https://", _PinnedAdapter(is_https_proto=True, policy=policy))
    return session


def port_of(parts: SplitResult) -> int:
    """The port of an address, by its scheme when not written."""
    return parts.port or (443 if parts.scheme == "https" else 80)


def is_unconnected(error: requests.ConnectionError) -> bool:
    """True when no connection came about, so the other side cannot have acted."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError)
