"""How long it takes to judge 1,000 goals × 8 closed quarters from 1,000 metrics × 3 years of daily figures.

    DATABASE_URL=postgres://… python bench/evaluate.py [--goals 1000] [--years 3]

A third of the goals misses about three quarters in ten, so that some contests open as in life; those are measured too.
Makes a database of its own beside the one named, fills it, evaluates twice and drops it. Fails when the first run
takes 20 s or more, when results are missing, or when the second run changes anything.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

from _common import ROOT

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
SINCE = datetime(2024, 10, 1, 9, 0, tzinfo=UTC)  # eight closed quarters before NOW's
LIMIT_SECONDS = 20.0
CLOSED = 8


def world_make(goals: int, days: int) -> None:
    """Metrics with daily figures, an active goal on each with a belief, and a team target a quarter."""
    from metrics.models import Target
    from teams.models import Membership, Organisation, Product, Team, User

    organisation = Organisation.objects.create(pk=1, name="Bench")
    product = Product.objects.create(name="Bench", slug="bench")
    team = Team.objects.create(product=product, name="Stream", slug="stream")
    owner = User.objects.create_user("owner@example.com", "a long password", display_name="Owner")
    core = Team.objects.create(product=product, kind="product", name="Product Team", slug="product-team")
    Membership.objects.create(user=owner, team=core, role="product_manager", start_date=SINCE.date())
    first = organisation.calendar.quarter_of(SINCE.date())
    quarters = list(first.until(organisation.calendar.quarter_of(NOW.date())))
    metrics = metrics_make(product, goals, days)
    goals_make(product, owner, metrics, quarters)
    Target.objects.bulk_create(
        [
            Target(
                team=team, metric=metric, quarter_start=q.start, quarter_end=q.end, baseline=90.0, commit=100.0,
                state="agreed", product_agreed_at=NOW, team_agreed_at=NOW,
            )
            for metric in metrics
            for q in quarters
        ],
        batch_size=5000,
    )  # fmt: skip


def metrics_make(product: Any, count: int, days: int) -> list[Any]:
    """Metrics of the product, each with a figure on each of the last `days` days."""
    import numpy as np

    from metrics.models import Metric
    from metrics.services import Points, import_run_create, observations_record

    metrics = Metric.objects.bulk_create(
        [
            Metric(
                product=product, key=f"bench-{number}", name=f"Bench {number}", kind="impact" if number % 2 else "outcome",
                frequency="daily", aggregation=("last", "mean", "sum")[number % 3],
            )
            for number in range(count)
        ]
    )  # fmt: skip
    rng = np.random.default_rng(1)
    end = np.datetime64(NOW.date())
    dates = np.arange(end - days + 1, end + 1)
    for start in range(0, count, 100):
        part = metrics[start : start + 100]
        ids = np.repeat(np.array([metric.pk for metric in part], np.int32), days)
        points = Points(ids, np.tile(dates, len(part)), rng.normal(100, 10, len(ids)))
        run = import_run_create(kind="command", actor=None, name="bench")
        observations_record(points=points, run=run, now=NOW)
    return metrics


def goals_make(product: Any, owner: Any, metrics: list[Any], quarters: list[Any]) -> None:
    """An active goal on each metric with a target a quarter, and a belief that the next metric moves it."""
    from strategy.models import Goal, GoalTarget, GoalVersion, Mapping, MappingVersion

    since = quarters[0].start
    made = Goal.objects.bulk_create(
        Goal(product=product, slug=f"goal-{n}", state="active", activated_at=SINCE, counting_from=since)
        for n in range(len(metrics))
    )
    versions = GoalVersion.objects.bulk_create(
        GoalVersion(
            goal=goal, number=1, effective_from=since, title=goal.slug, bet="A bet.", owner=owner,
            metric=metrics[n], baseline=90.0,
        )
        for n, goal in enumerate(made)
    )  # fmt: skip
    GoalTarget.objects.bulk_create(
        [
            GoalTarget(goal_version=version, quarter_start=q.start, quarter_end=q.end, value=95.0)
            for version in versions
            for q in quarters
        ],
        batch_size=5000,
    )
    mappings = Mapping.objects.bulk_create(
        Mapping(goal=goal, metric=metrics[(n + 1) % len(metrics)], active_from=since)
        for n, goal in enumerate(made)
    )
    MappingVersion.objects.bulk_create(
        MappingVersion(mapping=mapping, number=1, effective_from=since, belief="Because.", owner=owner)
        for mapping in mappings
    )


def measure() -> tuple[float, float, Any, Any]:
    """Seconds and summary of the first and the second run."""
    from strategy.services import quarters_evaluate

    before = time.perf_counter()
    first = quarters_evaluate(now=NOW)
    between = time.perf_counter()
    second = quarters_evaluate(now=NOW + timedelta(hours=1))
    return between - before, time.perf_counter() - between, first, second


def main() -> int:
    """Runs the bench; 0 when it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--goals", type=int, default=1000)
    parser.add_argument("--years", type=int, default=3)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        days = (NOW.date() - date(NOW.year - options.years, NOW.month, NOW.day)).days + 1
        start = time.perf_counter()
        world_make(options.goals, days)
        filled = time.perf_counter() - start
        first_seconds, second_seconds, first, second = measure()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    print(
        f"{connection.vendor}: {options.goals} goals, {options.goals * days:,} figures, filled in {filled:.1f} s"
    )
    print(f"first run  {first_seconds:6.2f} s  {first.as_dict()}")
    print(f"second run {second_seconds:6.2f} s  {second.as_dict()}")
    holds = first.closed == options.goals * CLOSED and not second.changed and first_seconds < LIMIT_SECONDS
    print(
        "holds"
        if holds
        else f"does not hold: under {LIMIT_SECONDS:g} s, all closed, second run changes nothing"
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
