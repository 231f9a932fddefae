"""Job kinds for a test only: the registry is as it was afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from common import jobs


@pytest.fixture
def job_registry() -> Iterator[dict[str, jobs.JobKind]]:
    """An empty registry of job kinds; the real one is back after the test."""
    real = dict(jobs._KINDS)
    jobs._KINDS.clear()
    yield jobs._KINDS
    jobs._KINDS.clear()
    jobs._KINDS.update(real)


@pytest.fixture
def sent_messages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What is sent to the broker in this test, as (task, arguments), instead of being sent."""
    sent: list[tuple[str, dict[str, Any]]] = []

    def note(name: str, kwargs: dict[str, Any] | None = None, **_options: Any) -> None:
        sent.append((name, kwargs or {}))

    monkeypatch.setattr("common.jobs.current_app.send_task", note)
    return sent
