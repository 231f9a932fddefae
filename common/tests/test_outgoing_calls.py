"""Nothing goes out except through common.http."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("config", "contest", "roadmap", "strategy", "metrics", "teams", "common")
THE_WAY_OUT = {"common/http.py", "common/transport.py", "common/addresses.py"}
CLIENTS = {"requests", "httpx", "urllib3", "aiohttp", "pycurl", "requests_hardened"}
CLIENT_MODULES = {"urllib.request", "http.client"}


def outgoing_uses(source: str) -> list[str]:
    """Imports of an HTTP client, and calls of urlopen, in a module's text."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            names = ["urllib.request"] if name == "urlopen" else []
        found += [name for name in names if name.partition(".")[0] in CLIENTS or name in CLIENT_MODULES]
    return found


def modules() -> list[Path]:
    return [
        path
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if "tests" not in path.parts and path.relative_to(ROOT).as_posix() not in THE_WAY_OUT
    ]


def test_it_goes_out_only_through_the_one_client() -> None:
    uses = {path.relative_to(ROOT).as_posix(): outgoing_uses(path.read_text()) for path in modules()}

    assert {path: names for path, names in uses.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import requests",
        "import requests.adapters as r",
        "from requests import get",
        "from urllib import request",
        "from urllib.request import urlopen",
        "import urllib.request",
        "def f():\n    import httpx",
        "import http.client",
        "x.urlopen('http://a')",
    ],
)
def test_it_would_notice_another_way_out(source: str) -> None:
    assert outgoing_uses(source)


def test_it_allows_taking_addresses_apart() -> None:
    assert outgoing_uses("from urllib.parse import urlsplit\nrequests_made = 1") == []
