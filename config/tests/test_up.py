"""`manage.py up` as a person starts it: a process of its own, on a free port, in an empty folder."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from config.management.commands.up import sample_logins

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 90


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(folder, **more):
    unset = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "FIELD_KEYS", "LOG_LEVEL"}
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return kept | {"BEARING_VAR": str(folder), "PYTHONUNBUFFERED": "1"} | more


def fetch(url, headers=None):
    """Status and body, without raising for an error status."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return None, ""


def wait_for(condition, process=None):
    """Polls until the condition holds or the deadline passes; gives its value."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if value := condition():
            return value
        if process is not None and process.poll() is not None:
            pytest.fail(f"ended with {process.returncode}: {process.stdout.read()}")
        time.sleep(0.1)
    pytest.fail("not within the deadline")


@pytest.fixture
def start(tmp_path):
    """Starts `manage.py up` in an empty folder; whatever still runs afterwards is ended."""
    started = []

    def launch(*options, port, **variables):
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port), *options],
            cwd=ROOT,
            env=environment(tmp_path, **variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield launch
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=30)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_everything_in_one_process_and_stops_cleanly(start, tmp_path, end):
    port = free_port()
    process = start("--no-sample", port=port)

    wait_for(lambda: fetch(f"http://127.0.0.1:{port}/healthz")[0] == 200, process)
    login = fetch(f"http://127.0.0.1:{port}/accounts/login/")
    ready = wait_for(lambda: fetch(f"http://127.0.0.1:{port}/readyz")[0] == 200, process)
    process.send_signal(end)
    asked = time.monotonic()
    output, _ = process.communicate(timeout=30)

    assert ready
    assert login[0] == 200
    assert process.returncode == 0, output
    assert time.monotonic() - asked < 10
    assert f"Bearing runs at http://127.0.0.1:{port}/" in output
    assert "Traceback" not in output
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}


def test_it_says_which_port_is_taken_and_what_to_do(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = subprocess.run(
            [sys.executable, "manage.py", "up", "--port", str(port)],
            cwd=ROOT,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert done.returncode == 1
    assert f"127.0.0.1:{port} cannot be used" in done.stderr
    assert "make run PORT=8123" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_starts_no_worker_beside_redis_and_says_what_to_run(start):
    port = free_port()
    process = start("--no-sample", port=port, REDIS_URL="redis://127.0.0.1:1/0")

    wait_for(lambda: fetch(f"http://127.0.0.1:{port}/healthz")[0] == 200, process)
    status, words = fetch(f"http://127.0.0.1:{port}/readyz", {"Accept": "application/json"})
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)

    parts = json.loads(words)["parts"]
    assert status == 503
    assert [name for name, part in parts.items() if not part["well"]] == ["broker", "scheduler"]
    assert "celery -A config worker" in output
    assert "celery -A config beat" in output
    assert process.returncode == 0


@pytest.mark.parametrize("command", ["worker", "beat"])
def test_a_worker_of_its_own_refuses_the_in_memory_broker(tmp_path, command):
    done = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "config", command],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert "Set REDIS_URL to run workers of their own." in done.stderr


def test_it_reads_the_logins_that_the_sample_wrote():
    text = json.dumps([{"role": "Product manager", "email": "pm@example.com", "password": "p"}])

    assert sample_logins(text) == [("Product manager", "pm@example.com", "p")]


def test_its_first_start_collates_evaluates_and_checks_for_contests_once(start, tmp_path):
    port = free_port()
    process = start(port=port)

    def finished():
        if fetch(f"http://127.0.0.1:{port}/healthz")[0] != 200:
            return set()
        with sqlite3.connect(tmp_path / "bearing.sqlite3", timeout=20) as database:
            rows = database.execute("SELECT kind FROM common_jobrun WHERE state = 'done'").fetchall()
        kinds = {kind for (kind,) in rows}
        return kinds if {"roadmap_collation", "quarter_evaluation", "contest_check"} <= kinds else set()

    assert wait_for(finished, process)
    logins = json.loads((tmp_path / "sample-logins.json").read_text())
    assert len(logins) >= 5


def test_the_samples_logins_never_listen_beyond_this_machine(tmp_path):
    (tmp_path / "sample-logins.json").write_text("[]")

    done = subprocess.run(
        [sys.executable, "manage.py", "up", "--host", "0.0.0.0", "--port", str(free_port())],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert "work on 127.0.0.1 only" in done.stderr
