"""How long it takes to forecast 1,000 goals and 5,000 team targets from 3 years of daily figures, and to score them.

    DATABASE_URL=postgres://… python bench/forecasts.py [--goals 1000] [--years 3]

Makes a database of its own beside the one named, fills it as bench/evaluate.py does, forecasts one day twice and the two
days after it, closes the quarter, scores everything, thins it once the next quarter is over, and drops the database. Fails
when a first run takes 60 s or more, when rows are missing or stay that nothing needs, or when the second run of a day
changes anything.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from _common import ROOT
from evaluate import NOW, world_make

LIMIT_SECONDS = 60.0
TEAMS = 5  # each with a target on every metric
CLOSED = datetime(2027, 1, 12, 3, 0, tzinfo=UTC)
THINNED = datetime(2027, 4, 2, 3, 0, tzinfo=UTC)


def targets_add() -> int:
    """Gives each metric the targets of five teams in the open quarter; returns how many there are in all."""
    from metrics.models import Target
    from teams.models import Product, Team

    product = Product.objects.get(slug="bench")
    quarter = date(2026, 10, 1)
    first = list(Target.objects.filter(quarter_start=quarter))
    for number in range(1, TEAMS):
        team = Team.objects.create(product=product, name=f"Stream {number}", slug=f"stream-{number}")
        Target.objects.bulk_create(
            [
                Target(
                    team=team, metric_id=row.metric_id, quarter_start=row.quarter_start, quarter_end=row.quarter_end,
                    baseline=row.baseline, commit=row.commit + number, state="agreed", product_agreed_at=NOW,
                    team_agreed_at=NOW,
                )
                for row in first
            ],
            batch_size=2000,
        )  # fmt: skip
    return TEAMS * len(first)


def timed(name: str, work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    done = work()
    seconds = time.perf_counter() - started
    told = {"rows": done} if isinstance(done, int) else done.as_dict()
    print(json.dumps({"name": name, "seconds": round(seconds, 2)} | told), flush=True)
    return seconds, done


def measure() -> bool:
    """Runs the nights and the scoring; whether everything holds."""
    from strategy.models import Forecast
    from strategy.services import forecasts_make, forecasts_score, forecasts_thin, quarters_evaluate

    seconds, first = timed("first night", lambda: forecasts_make(now=NOW))
    _, again = timed("same day again", lambda: forecasts_make(now=NOW + timedelta(hours=1)))
    _, second = timed("next night", lambda: forecasts_make(now=NOW + timedelta(days=1)))
    _, third = timed("third night", lambda: forecasts_make(now=NOW + timedelta(days=2)))
    quarters_evaluate(now=CLOSED)
    scoring, scores = timed("scoring", lambda: forecasts_score(now=CLOSED))
    chances = Forecast.objects.filter(chance__isnull=False).count()
    # Three nights of one week: the first stands for it, and the third is the newest.
    _, thinned = timed("thinning", lambda: forecasts_thin(now=THINNED))
    return (
        first.made == first.subjects == second.made == third.made == thinned
        and not again.changed
        and scores.scored == chances
        and max(seconds, scoring) < LIMIT_SECONDS
    )


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
        world_make(options.goals, days)
        targets = targets_add()
        print(
            json.dumps(
                {
                    "name": "world", "vendor": connection.vendor, "goals": options.goals, "targets": targets,
                    "figures": options.goals * days,
                }
            ),
            flush=True,
        )  # fmt: skip
        holds = measure()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    print(
        "holds"
        if holds
        else f"does not hold: under {LIMIT_SECONDS:g} s, all made, second run changes nothing"
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
