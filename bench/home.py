"""The strategy overview over HTTP against its raw SQL, on PostgreSQL (needs DATABASE_URL).

The bound is what the page cannot do without: three statements for 50 goals (eight quarters from the rollup, the newest
figure of each, half a year of figures for the trend), fetched by a bare cursor. The candidates, in the same round: the
whole page over HTTP for a logged-in person, from gunicorn with one worker; and its goal rows alone, selector and
partial in process. The table holds eleven million figures (10,000 metrics, three years of days).

    DATABASE_URL=postgres://… python bench/home.py [--quick]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

import psycopg2
from _common import ROOT, Server, bench_environment, database_own, guard_seconds, machine_report, manage

GOALS = 50
SETUP = """
from datetime import timedelta
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from metrics.models import Metric, Target
from strategy.models import *
from teams.models import *
organisation = Organisation.objects.create(pk=1, name="Bench")
product = Product.objects.create(name="Bench", slug="bench")
lead = Team.objects.create(product=product, kind="product", name="Product Team", slug="product-team")
teams = [Team.objects.create(product=product, name=f"Team {n}", slug=f"team-{n}") for n in range(4)]
user = User.objects.create_user("bench@example.com", "a long password", display_name="Bench Person")
Membership.objects.create(user=user, team=lead, role="product_manager", start_date="2020-01-01")
Metric.objects.bulk_create([
    Metric(product=product, key=f"metric-{n:05d}", name=f"Metric {n}", frequency="daily", unit="%%", decimals=1,
           kind="impact" if n < %(goals)d else "outcome") for n in range(%(metrics)d)
], batch_size=2000)
metrics = list(Metric.objects.order_by("pk")[: 3 * %(goals)d])
now = timezone.now()
quarter = organisation.calendar.quarter_of(now.date())
strip = [quarter.shift(n) for n in range(-7, 1)]
for n in range(%(goals)d):
    goal = Goal.objects.create(product=product, slug=f"goal-{n}", state="active", activated_at=now, counting_from=strip[0].start)
    version = GoalVersion.objects.create(goal=goal, number=1, effective_from=strip[0].start, title=f"Goal number {n}",
        bet="Because.", owner=user, metric=metrics[n], baseline=100)
    GoalTarget.objects.bulk_create([GoalTarget(goal_version=version, quarter_start=q.start, quarter_end=q.end, value=140 + i) for i, q in enumerate(strip)])
    QuarterResult.objects.bulk_create([QuarterResult(goal=goal, goal_version=version, quarter_start=q.start, quarter_end=q.end,
        verdict="met" if (n + i) %% 3 else "missed", actual=141.0, target=140.0 + i, case="working", provisional=i == 7, evaluated_at=now) for i, q in enumerate(strip)])
    for k in (1, 2):
        metric = metrics[n + k * %(goals)d]
        mapping = Mapping.objects.create(goal=goal, metric=metric, active_from=strip[0].start)
        MappingVersion.objects.create(mapping=mapping, number=1, effective_from=strip[0].start, belief="so", owner=user)
        Target.objects.create(team=teams[n %% 4], metric=metric, quarter_start=quarter.start, quarter_end=quarter.end, baseline=100, commit=140)
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print("SESSION", session.session_key)
"""
ROLLUP = """
INSERT INTO metrics_metricquarter (metric_id, quarter_start, quarter_end, n, total, minimum, maximum, last_date, last_value)
SELECT metric_id, q::date, (q + interval '3 months')::date, count(*), sum(value), min(value), max(value), max(date),
       (array_agg(value ORDER BY date DESC))[1]
FROM (SELECT metric_id, date, value, date_trunc('quarter', date::timestamp) AS q FROM metrics_observation) rows
GROUP BY metric_id, q
"""
RAW = (
    (
        "SELECT metric_id, quarter_start, n, total, last_value FROM metrics_metricquarter"
        " WHERE metric_id = ANY(%(ids)s) AND quarter_start >= %(first)s ORDER BY 1, 2"
    ),
    (
        "SELECT m, o.date, o.value FROM unnest(%(ids)s) m CROSS JOIN LATERAL"
        " (SELECT date, value FROM metrics_observation WHERE metric_id = m ORDER BY date DESC LIMIT 1) o"
    ),
    (
        "SELECT metric_id, date, value FROM metrics_observation"
        " WHERE metric_id = ANY(%(ids)s) AND date >= current_date - 14 ORDER BY 1, 2"
    ),
)
ROWS = """
import json, os, sys, time
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.auto")
import django; django.setup()
from django.template.loader import render_to_string
from django.utils import timezone
from strategy.selectors import goal_rows
from teams.models import Product
from teams.selectors import organisation_get
organisation = organisation_get()
today = organisation.today(timezone.now())
product = Product.objects.get(slug="bench")
for line in sys.stdin:
    started = time.perf_counter()
    rows = goal_rows(product=product, today=today)
    render_to_string("strategy/partials/_goal_rows.html", {"rows": rows, "quarter": organisation.calendar.quarter_of(today), "product": product})
    print(json.dumps({"seconds": time.perf_counter() - started, "rows": len(rows)}), flush=True)
"""


class Bench:
    def __init__(self, url: str, environment: dict[str, str], *, metrics: int, days: int) -> None:
        self.connection = psycopg2.connect(url)
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "collectstatic", "--noinput", "--verbosity", "0")
        output = manage(environment, "shell", stdin=SETUP % {"goals": GOALS, "metrics": metrics})
        self.session = next(line.split()[1] for line in output.splitlines() if line.startswith("SESSION"))
        # Day by day, as figures arrive: the worst order for reading one metric.
        self.cursor.execute(
            "INSERT INTO metrics_observation (metric_id, date, value) SELECT m.id, current_date - n, 100 + (m.id * 31 + n * 17) %% 97"
            " FROM generate_series(%s, 0, -1) n CROSS JOIN metrics_metric m",
            [days - 1],
        )
        self.cursor.execute(ROLLUP)
        for table in ("metrics_observation", "metrics_metricquarter", "strategy_quarterresult"):
            self.cursor.execute(f"VACUUM ANALYZE {table}")
        self.cursor.execute("SELECT count(*) FROM metrics_observation")
        self.observations = self.cursor.fetchone()[0]
        self.cursor.execute("SELECT metric_id FROM strategy_goalversion ORDER BY 1")
        ids = [row[0] for row in self.cursor.fetchall()]
        self.cursor.execute("SELECT min(quarter_start) FROM strategy_goaltarget")
        self.values = {"ids": ids, "first": self.cursor.fetchone()[0]}
        self.server = Server(environment)
        self.http = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        self.rows = self._rows_process(environment)

    @staticmethod
    def _rows_process(environment: dict[str, str]) -> Any:
        return subprocess.Popen(
            [sys.executable, "-c", ROWS],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def raw(self) -> float:
        started = time.perf_counter()
        counts = []
        for statement in RAW:
            self.cursor.execute(statement, self.values)
            counts.append(len(self.cursor.fetchall()))
        seconds = time.perf_counter() - started
        assert counts[:2] == [GOALS * 8, GOALS], counts
        return seconds

    def page(self) -> float:
        started = time.perf_counter()
        self.http.request("GET", "/p/bench/", headers={"Cookie": f"sessionid={self.session}"})
        response = self.http.getresponse()
        body = response.read()
        seconds = time.perf_counter() - started
        assert response.status == 200, (response.status, body[:500])
        assert body.count(b'class="grow') == GOALS, "the page does not show every goal"
        return seconds

    def goal_rows(self) -> float:
        self.rows.stdin.write("again\n")
        self.rows.stdin.flush()
        answer = json.loads(self.rows.stdout.readline())
        assert answer["rows"] == GOALS, answer
        return float(answer["seconds"])

    def stop(self) -> None:
        self.http.close()
        self.rows.stdin.close()
        self.rows.wait(10)
        self.server.stop()
        self.connection.close()


def report(
    name: str, ratios: list[float], seconds: list[float], *, goal: float, moonshot: float, **more: Any
) -> bool:
    """One JSON line; the ratio is candidate / bound, so lower is better."""
    median = statistics.median(ratios) if ratios else float("inf")
    line = {
        "name": name,
        "median": round(median, 2),
        "best": round(min(ratios, default=0.0), 2),
        "n": len(ratios),
        "milliseconds": round(1000 * statistics.median(seconds), 1) if seconds else None,
        "ratio": "candidate / bound",
        "goal": goal,
        "moonshot": moonshot,
        "pass": median <= goal if len(ratios) >= 5 else "noisy",
    }
    print(json.dumps(line | more), flush=True)
    return line["pass"] is not False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a table of 300,000 figures, for a first look")
    quick = parser.parse_args().quick
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        print(json.dumps({"name": "home", "skipped": "DATABASE_URL names no PostgreSQL"}))
        return 0
    machine_report()
    with tempfile.TemporaryDirectory() as static, database_own(url, "bearing_bench_home") as own:
        bench = Bench(
            own,
            bench_environment(own) | {"STATIC_ROOT": static},
            metrics=300 if quick else 10_000,
            days=1000 if quick else 1095,
        )
        try:
            for work in (bench.raw, bench.page, bench.goal_rows) * 5:
                work()  # warm: caches, templates, connections
            results: dict[str, tuple[list[float], list[float]]] = {"page": ([], []), "goal_rows": ([], [])}
            bounds = []
            for number in range(40):
                before = guard_seconds()
                raw = statistics.median(bench.raw() for _ in range(3))
                order = ("page", "goal_rows") if number % 2 else ("goal_rows", "page")
                taken = {name: getattr(bench, name)() for name in order}
                low, high = sorted((before, guard_seconds()))
                if high > 1.25 * low:
                    continue
                bounds.append(raw)
                for name, seconds in taken.items():
                    results[name][0].append(seconds / raw)
                    results[name][1].append(seconds)
            more = {
                "observations": bench.observations,
                "raw_milliseconds": round(1000 * statistics.median(bounds), 2),
            }
            good = report("overview over HTTP", *results["page"], goal=8.0, moonshot=2.5, **more)
            good &= report(
                "goal rows, selector and partial", *results["goal_rows"], goal=5.0, moonshot=2.5, **more
            )
        finally:
            bench.stop()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
