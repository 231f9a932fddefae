"""Twenty workers at once leave one row, one signal and one message a quarter, one forecast and one verdict."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]


def race(database_url: str, rounds: int) -> list[dict[str, int]]:
    done = subprocess.run(
        [sys.executable, "-m", "strategy.tests.race", str(rounds)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counts: list[dict[str, int]] = json.loads(done.stdout)
    return counts


# Two quarters: Q3 closes and is told, Q4 is open.
ONCE = {
    "results": 2,
    "signals": 1,
    "messages": 1,
    "workers that changed something": 1,
    "forecasts": 1,
    "workers that forecast something": 1,
    "verdicts": 1,
    "workers that tested something": 1,
}


@pytest.mark.sqlite
def test_workers_on_sqlite_judge_once(tmp_path):
    assert race(f"sqlite:///{tmp_path}/race.sqlite3", 5) == [ONCE] * 5


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_workers_on_postgresql_judge_once():
    database = settings.DATABASES["default"]
    user = database["USER"] + (f":{database['PASSWORD']}" if database.get("PASSWORD") else "")
    host = f"{database.get('HOST') or '127.0.0.1'}:{database.get('PORT') or 5432}"

    assert race(f"postgres://{user}@{host}/{database['NAME']}", 5) == [ONCE] * 5
