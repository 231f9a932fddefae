"""Sessions in the database, as Django keeps them, but read by a statement of our own: every page reads one."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db import connection
from django.utils import timezone

from common.sql import sql_rows

_LOAD = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(DatabaseSessionStore):
    """The rows of `django.contrib.sessions.backends.db`, which writes them; a session of either is one of the other."""

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and no key, when there is none or its time is over."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        rows = sql_rows(_LOAD, [self.session_key, now]) if self.session_key else []
        if not rows:
            self._session_key = None
            return {}
        held: dict[str, Any] = self.decode(rows[0][0])
        return held
