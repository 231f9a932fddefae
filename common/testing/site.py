"""A live server over a database file of its own, filled once and thrown away.

The tests' database is in memory and shared by all threads, which a browser with several requests at once would
upset. So a site works on a copy in a file: real connections, real locks, and nothing to clean up afterwards::

    database_make(path, blocker)
    with database_use(path, blocker):
        sample_create(now=now)                      # fills the file
    with site_serve(chromium, path, blocker) as site:
        page = site.tab(user, theme="dark")
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common.testing.browser import BrowserPage, RequestsInFlight, tab_open

PASSWORD = "a long password"


class Site:
    """A running server, and tabs into it."""

    def __init__(self, chromium: Any, url: str) -> None:
        self.url = url
        self._chromium = chromium
        self._contexts: list[Any] = []

    def tab(
        self, user: Any = None, *, theme: str = "light", width: int = 1440, script: bool = True
    ) -> BrowserPage:
        """A tab in a browser profile of its own; user None is logged out."""
        page = tab_open(self._chromium, self.url, user, theme=theme, width=width, script=script)
        self._contexts.append(page.raw.context)
        return page

    def close(self) -> None:
        """Closes every tab."""
        for context in self._contexts:
            context.close()
        self._contexts.clear()


@contextmanager
def database_use(path: Path, blocker: Any) -> Iterator[None]:
    """Works on the file `path` instead of the tests' database, which is as before afterwards."""
    from django.core.cache import cache
    from django.db import connection

    with blocker.unblock():
        in_memory, name = connection.connection, connection.settings_dict["NAME"]
        connection.connection = None
        connection.settings_dict["NAME"] = str(path)
        cache.clear()
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = name
            connection.connection = in_memory
            cache.clear()


@contextmanager
def site_serve(chromium: Any, path: Path, blocker: Any) -> Iterator[Site]:
    """Serves the database file `path`."""
    from django.core.signals import request_finished, request_started
    from pytest_django.live_server_helper import LiveServer

    counter = RequestsInFlight()
    with database_use(path, blocker):
        server = LiveServer("127.0.0.1")
        request_started.connect(counter.begin)
        request_finished.connect(counter.end)
        site = Site(chromium, server.url)
        try:
            yield site
        finally:
            site.close()
            counter.wait()
            server.stop()
            request_started.disconnect(counter.begin)
            request_finished.disconnect(counter.end)


def database_make(path: Path, blocker: Any) -> Path:
    """Makes an empty database with all tables."""
    from django.core.management import call_command

    with database_use(path, blocker):
        call_command("migrate", verbosity=0)
    return path


def file_copy(source: Path, target: Path) -> Path:
    """A copy of a database file that nobody has open."""
    shutil.copyfile(source, target)
    return target
