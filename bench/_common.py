"""What the benches share: a database of their own, a real web server, paired rounds, one JSON line a reading.

Nothing is compared across runs: in every round the bound and the candidate run back to back on the same rows, the
order swaps, and a reading is the median of the rounds' ratios. A round on which a fixed loop of pure Python
slowed down by more than a quarter is dropped, and with too few rounds left the reading says "noisy", not "fail".
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
GUARD_LOOP = 300_000
GUARD_LIMIT = 1.25


def guard_seconds() -> float:
    """How long a fixed piece of work takes now: the yardstick for a machine that others use too."""
    started = time.perf_counter()
    total = 0
    for number in range(GUARD_LOOP):
        total += number * number
    return time.perf_counter() - started


@dataclass
class Reading:
    """Ratios of paired rounds (bound's time / candidate's time: higher is better)."""

    name: str
    goal: float
    moonshot: float | None = None
    least_rounds: int = 5
    ratios: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    dropped: int = 0

    def add(self, bound: float, candidate: float, guards: tuple[float, float]) -> None:
        low, high = sorted(guards)
        if high > low * GUARD_LIMIT:
            self.dropped += 1
            return
        self.ratios.append(bound / candidate)
        self.seconds.append(candidate)

    def report(self, rows: int, *, slack: float = 1.0, **more: Any) -> bool:
        """Prints the JSON line; True unless the goal (times `slack`) is clearly missed."""
        median = statistics.median(self.ratios) if self.ratios else 0.0
        verdict: str | bool = median >= self.goal * slack
        if len(self.ratios) < self.least_rounds:
            verdict = "noisy"
        line = {
            "name": self.name,
            "median": round(median, 2),
            "best": round(max(self.ratios, default=0.0), 2),
            "worst": round(min(self.ratios, default=0.0), 2),
            "n": len(self.ratios),
            "dropped": self.dropped,
            "ratio": "bound / candidate",
            "goal": self.goal,
            "moonshot": self.moonshot,
            "pass": verdict,
        }
        if self.seconds:
            line["rows_per_second"] = round(rows / statistics.median(self.seconds))
        print(json.dumps(line | more), flush=True)
        return verdict is not False


def machine_report() -> None:
    load = os.getloadavg()
    print(
        json.dumps({"name": "machine", "nproc": os.cpu_count(), "load": [round(one, 2) for one in load]}),
        flush=True,
    )


def pair(first: Callable[[], Any], second: Callable[[], Any], *, swap: bool) -> tuple[float, float]:
    """Seconds of both, run back to back; with `swap` the second goes first."""

    def timed(work: Callable[[], Any]) -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    if swap:
        b = timed(second)
        return timed(first), b
    a = timed(first)
    return a, timed(second)


# --- a database of the bench's own ------------------------------------------------------------------


def bench_environment(database_url: str) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "bench-" + secrets.token_hex(24),
        "FIELD_KEYS": "bench-" + secrets.token_hex(24),
        "HTTPS": "false",
        "ALLOWED_HOSTS": "127.0.0.1",
        "API_RATE": "1000000/min",
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "config.settings.auto",
    }


@contextmanager
def database_own(url: str, name: str) -> Iterator[str]:
    """Creates an empty database beside the one at `url` and drops it afterwards; gives its URL."""
    import psycopg2

    parts = urlsplit(url)
    own = urlunsplit(parts._replace(path=f"/{name}"))
    admin = psycopg2.connect(urlunsplit(parts._replace(path="/postgres")))
    admin.autocommit = True
    cursor = admin.cursor()
    cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        yield own
    finally:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.close()


def manage(environment: dict[str, str], *arguments: str, stdin: str = "") -> str:
    result = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        sys.exit(f"manage.py {' '.join(arguments)} failed:\n{result.stderr[-3000:]}")
    return result.stdout


# --- a real web server ------------------------------------------------------------------------------


class Server:
    """gunicorn with one worker, on a free port."""

    def __init__(self, environment: dict[str, str], *more: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--workers", "1"]
        command += ["--bind", f"127.0.0.1:{self.port}", "--timeout", "120", "--log-level", "warning", *more]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment)
        self._wait()

    def _wait(self) -> None:
        for _ in range(600):
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                if self.process.poll() is not None:
                    sys.exit("The web server did not start.")
                time.sleep(0.05)
        sys.exit("The web server does not answer.")

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        if response.status >= 300:
            sys.exit(f"{path} answered {response.status}: {content[:2000]!r}")
        answer: dict[str, Any] = json.loads(content)
        return answer

    def memory_mb(self, field_name: str = "VmRSS") -> float:
        """Resident memory of the worker (VmHWM: its peak)."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        status = Path(f"/proc/{children[0]}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(field_name))
        return int(line.split()[1]) / 1024

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
