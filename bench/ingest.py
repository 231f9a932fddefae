"""Bulk figures over HTTP against textbook COPY, on PostgreSQL (needs DATABASE_URL).

The bound copies the same rows as CSV into a temporary table and inserts with ON CONFLICT DO UPDATE, into a table of
the same shape, without HTTP, authentication, checks, rollup, revisions or an account of the import. The candidate
is the whole product: a POST to gunicorn with one worker. Both tables hold a million rows before. Each round pushes
new rows, the same again, and the same with one in twenty corrected; correctness is asserted.

    DATABASE_URL=postgres://… python bench/ingest.py [--quick]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import psycopg2
from _common import (
    Reading,
    Server,
    bench_environment,
    database_own,
    guard_seconds,
    machine_report,
    manage,
    pair,
)

METRICS = 1000
BASE_DAYS = 1000
PHASES = ("new", "unchanged", "corrected")
SHAPE = "(metric_id integer NOT NULL, date date NOT NULL, value float8 NOT NULL, PRIMARY KEY (metric_id, date) INCLUDE (value))"
SETUP = """
from datetime import timedelta
from django.utils import timezone
from metrics.models import Metric
from teams.models import *
organisation = Organisation.objects.create(pk=1, name="Bench")
product = Product.objects.create(name="Bench", slug="bench")
team = Team.objects.create(product=product, kind="product", name="Product Team", slug="product-team")
user = User.objects.create_user("bench@example.com", "a long password", display_name="Bench")
Membership.objects.create(user=user, team=team, role="product_manager", start_date="2020-01-01")
Metric.objects.bulk_create([
    Metric(product=product, key=f"usage-metric-{n:04d}", name=f"Metric {n}", frequency="daily") for n in range(%d)
])
token, secret = ApiToken.objects.create(user=user, expiry=timedelta(days=1), name="bench", scopes=["observations:write"])
print("TOKEN", secret)
"""


class Rows:
    """One batch in all its forms: the product's body and the bound's CSV, as sent first and as corrected."""

    def __init__(self, ids: np.ndarray, keys: list[str], days: list[str], seed: int) -> None:
        self.count = len(ids) * len(days)
        self.values = np.round(np.random.default_rng(seed).normal(1000, 200, self.count), 4)
        corrected = self.values.copy()
        corrected[::20] += 1.0
        self.corrected = corrected
        names = np.repeat(np.array(keys, object), len(days)).tolist()
        numbers = np.repeat(ids, len(days)).tolist()
        dates = days * len(ids)
        self.days = days
        self.csv = [self._csv(names, dates, values, head=True) for values in (self.values, corrected)]
        self.raw = [self._csv(numbers, dates, values, head=False) for values in (self.values, corrected)]
        self.json = [self._json(names, dates, values) for values in (self.values, corrected)]

    @staticmethod
    def _csv(first: list[Any], dates: list[str], values: np.ndarray, *, head: bool) -> bytes:
        lines = [f"{a},{b},{c!r}" for a, b, c in zip(first, dates, values.tolist(), strict=True)]
        return ("metric,date,value\n" * head + "\n".join(lines) + "\n").encode()

    @staticmethod
    def _json(names: list[str], dates: list[str], values: np.ndarray) -> bytes:
        rows = [
            {"metric": a, "date": b, "value": c}
            for a, b, c in zip(names, dates, values.tolist(), strict=True)
        ]
        return json.dumps(rows).encode()


class Bench:
    def __init__(self, url: str, environment: dict[str, str]) -> None:
        self.connection = psycopg2.connect(url)
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        manage(environment, "migrate", "--verbosity", "0")
        output = manage(environment, "shell", stdin=SETUP % METRICS)
        self.token = next(line.split()[1] for line in output.splitlines() if line.startswith("TOKEN"))
        self.cursor.execute("SELECT id, key FROM metrics_metric ORDER BY id")
        self.metrics = self.cursor.fetchall()
        self.today = datetime.now(UTC).date()
        self.fill()
        manage(environment, "shell", stdin="from metrics.services import rollup_rebuild; rollup_rebuild()")
        self.server = Server(environment)

    def fill(self) -> None:
        """A million figures in both tables, older than everything that is pushed."""
        last = self.today - timedelta(days=210)
        self.cursor.execute(f"CREATE TABLE bench_raw {SHAPE}")
        for table in ("metrics_observation", "bench_raw"):
            self.cursor.execute(
                f"INSERT INTO {table} (metric_id, date, value) SELECT m.id, %s::date - n, 100 + (m.id * 31 + n * 17) %% 97"
                " FROM generate_series(0, %s) n CROSS JOIN metrics_metric m",
                [last, BASE_DAYS - 1],
            )
        self.cursor.execute("SELECT count(*), sum(value) FROM bench_raw")
        self.base = self.cursor.fetchone()
        self.cursor.execute("VACUUM ANALYZE metrics_observation")
        self.cursor.execute("VACUUM ANALYZE bench_raw")

    def rows(self, metrics: int, days: int, seed: int) -> Rows:
        chosen = self.metrics[:metrics]
        dates = [(self.today - timedelta(days=days - n)).isoformat() for n in range(days)]
        return Rows(np.array([pk for pk, _ in chosen]), [key for _, key in chosen], dates, seed)

    def push(self, body: bytes, kind: str, answers: list[dict[str, Any]] | None = None) -> None:
        """Sends the body as a script would; the answer goes to `answers` when somebody wants to see it."""
        headers = {"Authorization": f"Token {self.token}", "Content-Type": kind}
        answer = self.server.post("/api/v1/observations/", body, headers)
        if answers is not None:
            answers.append(answer)

    def bound(self, body: bytes) -> None:
        self.cursor.execute("BEGIN")
        self.cursor.execute("CREATE TEMP TABLE t (metric_id integer, date date, value float8) ON COMMIT DROP")
        self.cursor.copy_expert("COPY t FROM STDIN (FORMAT csv)", io.BytesIO(body), 1 << 16)
        self.cursor.execute(
            "INSERT INTO bench_raw SELECT * FROM t ON CONFLICT (metric_id, date) DO UPDATE SET value = EXCLUDED.value"
        )
        self.cursor.execute("COMMIT")

    def reset(self, first: str) -> None:
        """Back to the million rows; autovacuum's work is done here, so that no round pays for another's."""
        for table in ("metrics_observation", "bench_raw"):
            self.cursor.execute(f"DELETE FROM {table} WHERE date >= %s", [first])
        self.cursor.execute("DELETE FROM metrics_metricquarter WHERE quarter_end > %s", [first])
        self.cursor.execute(
            "TRUNCATE metrics_observationrevision, metrics_importfile, metrics_importrun CASCADE"
        )
        self.cursor.execute(
            "INSERT INTO metrics_metricquarter SELECT metric_id, q, (q + interval '3 months')::date, count(*), sum(value),"
            " min(value), max(value), max(date), (array_agg(value ORDER BY date DESC))[1]"
            " FROM (SELECT *, date_trunc('quarter', date)::date q FROM metrics_observation"
            "       WHERE date >= date_trunc('quarter', %s::date)) o GROUP BY 1, 2 ON CONFLICT DO NOTHING",
            [first],
        )
        for table in ("metrics_observation", "bench_raw", "metrics_metricquarter"):
            self.cursor.execute(f"VACUUM {table}")

    def check(self, rows: Rows, values: np.ndarray, answer: dict[str, Any], phase: str) -> None:
        """No fast wrong path: counts, both tables, and the rollup against a recomputation."""
        changed = len(rows.values[::20])
        expected = {
            "new": (rows.count, 0, 0),
            "unchanged": (0, 0, rows.count),
            "corrected": (0, changed, rows.count - changed),
        }[phase]
        assert (answer["created"], answer["changed"], answer["unchanged"]) == expected, (phase, answer)
        for table in ("metrics_observation", "bench_raw"):
            self.cursor.execute(f"SELECT count(*), sum(value) FROM {table}")
            count, total = self.cursor.fetchone()
            assert count == self.base[0] + rows.count, (table, count)
            assert abs(total - self.base[1] - values.sum()) < 1e-3, (table, total)
        self.cursor.execute(
            "SELECT count(*) FROM (SELECT metric_id, date_trunc('quarter', date)::date q, count(*) n, sum(value) s,"
            " min(value) a, max(value) b, max(date) d FROM metrics_observation GROUP BY 1, 2) o"
            " FULL JOIN metrics_metricquarter r ON r.metric_id = o.metric_id AND r.quarter_start = o.q"
            " WHERE r.n IS DISTINCT FROM o.n OR abs(r.total - o.s) > 1e-6 * abs(o.s) OR r.minimum IS DISTINCT FROM o.a"
            " OR r.maximum IS DISTINCT FROM o.b OR r.last_date IS DISTINCT FROM o.d"
        )
        wrong = self.cursor.fetchone()[0]
        assert wrong == 0, f"{wrong} quarters differ from a recomputation after {phase}"
        if phase == "corrected":
            self.cursor.execute("SELECT count(*) FROM metrics_observationrevision")
            assert self.cursor.fetchone()[0] == changed


def measure(bench: Bench, rows: Rows, readings: dict[str, Reading], rounds: int, form: str) -> None:
    kind = "text/csv" if form == "csv" else "application/json"
    bodies = rows.csv if form == "csv" else rows.json
    for number in range(rounds + 1):
        for phase in PHASES:
            which = int(phase == "corrected")
            answers: list[dict[str, Any]] = []
            before = guard_seconds()
            bound, candidate = pair(
                partial(bench.bound, rows.raw[which]),
                partial(bench.push, bodies[which], kind, answers),
                swap=number % 2 == 1,
            )
            guards = (before, guard_seconds())
            bench.check(rows, rows.corrected if which else rows.values, answers[0], phase)
            if number:  # the first round warms up
                readings[phase].add(bound, candidate, guards)
        bench.reset(rows.days[0])


def textbook(environment: dict[str, str], rows: Rows) -> float:
    """Seconds that a DRF serializer a row and bulk_create take for the same JSON body, without HTTP."""
    script = """
import sys, time
from pathlib import Path
import orjson
from rest_framework import serializers
from metrics.models import Metric, Observation
class Row(serializers.Serializer):
    metric = serializers.CharField()
    date = serializers.DateField()
    value = serializers.FloatField()
body = Path({path!r}).read_bytes()
started = time.perf_counter()
many = Row(data=orjson.loads(body), many=True)
many.is_valid(raise_exception=True)
ids = dict(Metric.objects.values_list("key", "pk"))
Observation.objects.bulk_create(
    [Observation(metric_id=ids[r["metric"]], date=r["date"], value=r["value"]) for r in many.validated_data],
    update_conflicts=True, unique_fields=["metric_id", "date"], update_fields=["value"], batch_size=1000)
print("SECONDS", time.perf_counter() - started)
"""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.json"
        path.write_bytes(rows.json[0])
        output = manage(
            environment,
            "shell",
            stdin=script.format(path=str(path))
            .replace("\nclass Row", "\n\nclass Row")
            .replace("FloatField()\nbody", "FloatField()\n\nbody"),
        )
    return next(float(line.split()[1]) for line in output.splitlines() if line.startswith("SECONDS"))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds, half the goals: for CI")
    options = parser.parse_args()
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        print(json.dumps({"name": "ingest", "skipped": "DATABASE_URL names no PostgreSQL"}))
        return 0
    machine_report()
    rounds, slack = (5, 0.5) if options.quick else (9, 1.0)
    with database_own(url, f"bearing_bench_{os.getpid()}") as own:
        environment = bench_environment(own)
        bench = Bench(own, environment)
        try:
            passed = run(bench, environment, rounds, slack, options.quick)
        finally:
            bench.server.stop()
            bench.connection.close()
    return 0 if passed else 1


def run(bench: Bench, environment: dict[str, str], rounds: int, slack: float, quick: bool) -> bool:
    passed = True
    small, large = bench.rows(1000, 10, seed=1), bench.rows(1000, 100, seed=2)
    bench.push(
        b"metric,date,value\n%s,%s,1\n" % (bench.metrics[0][1].encode(), large.days[-1].encode()), "text/csv"
    )
    bench.reset(large.days[0])
    start = bench.server.memory_mb()
    plans: list[tuple[str, Rows, str, dict[str, tuple[float, float]]]] = [
        ("100k csv", large, "csv", {"new": (0.8, 2.0), "unchanged": (0.8, 3.5), "corrected": (0.8, 2.5)}),
        ("10k csv", small, "csv", {"new": (0.6, 1.0), "unchanged": (0.6, 3.0), "corrected": (0.6, 2.0)}),
        ("100k json rows", large, "json", dict.fromkeys(PHASES, (0.7, 1.8))),
    ]
    for label, rows, form, goals in plans[:1] if quick else plans:
        readings = {phase: Reading(f"ingest {label}, {phase}", *goals[phase]) for phase in PHASES}
        measure(bench, rows, readings, rounds, form)
        for phase in PHASES:
            passed &= readings[phase].report(rows.count, slack=slack)
    growth = bench.server.memory_mb("VmHWM") - start
    print(
        json.dumps(
            {"name": "web process growth, MB", "value": round(growth), "goal": 200, "pass": growth < 200}
        )
    )
    passed &= growth < 200
    if not quick:
        reading = Reading("ingest 100k json against DRF and bulk_create", 5.0, 12.0, least_rounds=2)
        for _ in range(2):
            before = guard_seconds()
            slow = textbook(environment, large)
            bench.reset(large.days[0])
            _, quick_seconds = pair(
                lambda: None, lambda: bench.push(large.json[0], "application/json"), swap=False
            )
            reading.add(slow, quick_seconds, (before, guard_seconds()))
            bench.reset(large.days[0])
        passed &= reading.report(large.count)
    return passed


if __name__ == "__main__":
    sys.exit(main())
