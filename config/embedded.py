"""Worker and scheduler as threads beside the web server, over the in-memory broker.

Losing the broker with the process is harmless: what is due stands in the database and the first tick after the
next start sends it again.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from celery import Celery
from celery.beat import EmbeddedService

from common.jobs import jobs_release_all

logger = logging.getLogger(__name__)

# Three, so that the minute tick still gets through while two long jobs run.
THREADS = 3


class EmbeddedWorker:
    """A Celery worker and its beat in threads of this process; `start` once, `stop` once."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._worker: Any = app.WorkController(
            pool="threads",
            concurrency=THREADS,
            without_heartbeat=True,
            without_gossip=True,
            without_mingle=True,
        )
        # It looks up once a second, so that stopping takes no longer.
        beat: Any = EmbeddedService(
            app, max_interval=1, schedule_filename=app.conf.beat_schedule_filename, thread=True
        )
        beat.daemon = True
        self._beat = beat
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)

    def start(self) -> None:
        """Starts both and rings the first tick at once instead of in a minute."""
        # Nobody else works on an in-memory broker, so what an earlier process left half-done is free again.
        jobs_release_all()
        self._thread.start()
        self._beat.start()
        self._app.send_task("common.tasks.tick")

    def _work(self) -> None:
        try:
            self._worker.start()
        except Exception:
            logger.exception("The background worker stopped. Restart `manage.py up`.")

    def stop(self, *, seconds: float) -> bool:
        """Lets running jobs finish for so many seconds; False when one still runs (its row is taken up again)."""
        deadline = time.monotonic() + seconds
        self._beat.stop()
        stopper = threading.Thread(target=self._worker.stop, name="worker-stop", daemon=True)
        stopper.start()
        stopper.join(max(0.0, deadline - time.monotonic()))
        self._thread.join(max(0.0, deadline - time.monotonic()))
        return not (stopper.is_alive() or self._thread.is_alive())
