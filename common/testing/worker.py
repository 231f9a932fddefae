"""A real Celery worker over the real Redis and PostgreSQL, for tests marked `services`."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 60.0


class Worker:
    """A worker process on a queue of its own that works on the test's database."""

    def __init__(self, folder: Path, *options: str, queue: str = "") -> None:
        from django.conf import settings
        from kombu import Connection

        database = settings.DATABASES["default"]["NAME"]
        address = urlsplit(os.environ["DATABASE_URL"])
        self._queue = queue or f"test-{secrets.token_hex(6)}"
        self._connection = Connection(os.environ["REDIS_URL"])
        self._log = (folder / "worker.log").open("w+")
        self._process = subprocess.Popen(
            [
                *[sys.executable, "-m", "celery", "-A", "config", "worker", "--loglevel", "INFO"],
                *["--concurrency", "2", "--without-gossip", "--without-mingle", *options],
            ],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
            | {
                "DATABASE_URL": urlunsplit(address._replace(path=f"/{database}")),
                "BEARING_MODE": "development",
                "BEARING_VAR": str(folder),
                "CELERY_QUEUE": self._queue,
            },
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_until(lambda: " ready." in self.log, self)
        except BaseException:
            self.stop()
            raise

    @property
    def log(self) -> str:
        """What the worker has said so far."""
        return Path(self._log.name).read_text(encoding="utf-8")

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, task: str, **kwargs: Any) -> None:
        """Sends a task to this worker over Redis."""
        from celery import current_app

        current_app.send_task(task, kwargs=kwargs, queue=self._queue, connection=self._connection)

    def kill(self) -> None:
        """Ends the worker and its children as a power cut would, with no chance to hand anything back."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(20)
        self.stop()

    def stop(self) -> None:
        """Asks the worker to stop, and ends it when it does not."""
        if self.is_alive:
            self._process.terminate()
            try:
                self._process.wait(40)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
        self._connection.release()
        self._log.close()


def wait_until(condition: Callable[[], Any], worker: Worker | None = None) -> Any:
    """Polls until the condition holds; fails with the worker's log when it ended or the deadline passed."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if value := condition():
            return value
        if worker is not None and not worker.is_alive:
            pytest.fail(f"The worker ended.\n{worker.log[-4000:]}")
        time.sleep(0.05)
    pytest.fail(f"Not within {DEADLINE:.0f} s.\n{worker.log[-4000:] if worker else ''}")


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path) -> Iterator[Worker]:
    """A running worker; it is stopped after the test."""
    process = Worker(tmp_path)
    yield process
    process.stop()
