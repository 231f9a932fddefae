"""What each provider's test file gives the contract test: its tool, played by a real HTTP server on 127.0.0.1."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

Fault = Response | Callable[[Request], Response]


class ContractCase(ABC):
    """One provider's tool. Each provider's test file has a subclass called `Contract`."""

    secret = "planted-secret-8472"

    def __init__(self, server: HTTPServer) -> None:
        self.server = server

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """A working config; its secret fields hold `secret`."""

    @abstractmethod
    def cards(self, count: int) -> None:
        """Lets the tool hold a board of two columns and so many cards."""

    def fault(self, fault: Fault) -> None:
        """Lets the tool answer every call so."""
        raise NotImplementedError
