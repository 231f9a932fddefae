"""The same pipeline on SQLite against bare executemany of the same rows into a table of the same shape.

The candidate parses a CSV body, checks, compares, stores, keeps the rollup and the account of the import, in
process, as the embedded default does. The bound is one executemany upsert on a bare connection with the same
journal mode. Needs no server.

    python bench/ingest_sqlite.py [--quick]
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from _common import ROOT, Reading, guard_seconds, machine_report, pair


def django_start(folder: str) -> None:
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {
        "BEARING_VAR": folder,
        "DJANGO_SETTINGS_MODULE": "config.settings.auto",
        "LOG_LEVEL": "WARNING",
    }
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds, half the goal")
    options = parser.parse_args()
    machine_report()
    with tempfile.TemporaryDirectory() as folder:
        django_start(folder)
        return 0 if measure(folder, 3 if options.quick else 9, 0.5 if options.quick else 1.0) else 1


def world_make() -> tuple[list[tuple[int, str]], Any]:
    """A thousand metrics, their ids with their keys, and who pushes figures of them."""
    from metrics.models import Metric
    from teams.models import Organisation, Product, User

    Organisation.objects.create(pk=1, name="Bench")
    product = Product.objects.create(name="Bench", slug="bench")
    Metric.objects.bulk_create(
        [Metric(product=product, key=f"m-{n:04d}", name=f"M {n}", frequency="daily") for n in range(1000)]
    )
    user = User.objects.create_user("bench@example.com", "a long password", is_superuser=True)
    return list(Metric.objects.order_by("pk").values_list("pk", "key")), user


def measure(folder: str, rounds: int, slack: float) -> bool:
    from django.utils import timezone

    from metrics.calculations.tables import text_columns
    from metrics.models import MetricQuarter, Observation
    from metrics.services.push import figures_push

    metrics, user = world_make()
    days = [(datetime.now(UTC).date() - timedelta(days=100 - n)).isoformat() for n in range(100)]
    body = "metric,date,value\n" + "".join(
        f"{key},{day},{n * 1.25}\n" for _, key in metrics for n, day in enumerate(days)
    )
    rows = [(pk, day, n * 1.25) for pk, _ in metrics for n, day in enumerate(days)]
    content = body.encode()
    bare = sqlite3.connect(Path(folder) / "bare.sqlite3")
    bare.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "CREATE TABLE t (metric_id integer, date date, value real, PRIMARY KEY (metric_id, date)) WITHOUT ROWID;"
    )

    def bound() -> None:
        with bare:
            bare.executemany(
                "INSERT INTO t VALUES (?, ?, ?) ON CONFLICT (metric_id, date) DO UPDATE SET value = excluded.value",
                rows,
            )

    def candidate() -> Any:
        return figures_push(body=text_columns(content, 10**6), user=user, now=timezone.now(), max_rows=10**6)

    passed = True
    readings = {
        phase: Reading(f"ingest sqlite 100k csv, {phase}", 0.5, 0.65, 3) for phase in ("new", "unchanged")
    }
    for number in range(rounds + 1):
        for phase, reading in readings.items():
            before = guard_seconds()
            seconds = pair(bound, candidate, swap=number % 2 == 1)
            if number:
                reading.add(*seconds, (before, guard_seconds()))
            assert (
                Observation.objects.count()
                == bare.execute("SELECT count(*) FROM t").fetchone()[0]
                == len(rows)
            ), phase
        with bare:
            bare.execute("DELETE FROM t")
        Observation.objects.all().delete()
        MetricQuarter.objects.all().delete()
    for reading in readings.values():
        passed &= reading.report(len(rows), slack=slack)
    bare.close()
    return passed


if __name__ == "__main__":
    sys.exit(main())
