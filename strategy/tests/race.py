"""Twenty workers at once over a real database: run as a program, because a test's own database is one session.

Prints, for each round, how many results, signals, messages, forecasts and verdicts there are. `DATABASE_URL` says where.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from zoneinfo import ZoneInfo

WORKERS = 20
NOW = datetime(2026, 10, 12, 9, 0, tzinfo=ZoneInfo("UTC"))


def all_at_once(work: Callable[[], bool]) -> list[bool]:
    """What `work` answers to each of the workers, who begin at the same moment, each with a connection of its own."""
    from django.db import connections

    barrier = Barrier(WORKERS)

    def one(_worker: int) -> bool:
        try:
            barrier.wait()
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(one, range(WORKERS)))


def main(rounds: int) -> None:
    """Sets up Django, then lets all workers evaluate the same new goals at the same moment."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import django

    django.setup()
    from django.core.management import call_command

    from common.models import OutboxMessage
    from strategy.models import Forecast, Goal, MappingVerdict, QuarterResult
    from strategy.services import forecasts_make, mappings_test, quarters_evaluate
    from strategy.signals import quarter_evaluated
    from strategy.tests.factories import figures_record, goal_make, mapping_make, metric_make
    from teams.models import Membership, Organisation, Product, Team, User

    call_command("migrate", verbosity=0)
    call_command("flush", verbosity=0, interactive=False)
    Organisation.objects.create(pk=1, name="Race")
    product = Product.objects.create(name="Race", slug="race")
    team = Team.objects.create(product=product, kind="product", name="Product Team", slug="product-team")
    owner = User.objects.create_user("owner@example.com", "a long password", display_name="Owner")
    Membership.objects.create(user=owner, team=team, role="product_manager", start_date=NOW.date())
    told: list[int] = []

    def listen(sender: object, results: list[QuarterResult], **_: object) -> None:
        told.extend(row.goal_id for row in results if not row.provisional)

    quarter_evaluated.connect(listen)
    counts = []
    for number in range(rounds):
        Goal.objects.all().delete()
        OutboxMessage.objects.all().delete()
        told.clear()
        metric = metric_make(product, key=f"race-{number}")
        goal = goal_make(product, owner, metric=metric, since=datetime(2026, 7, 1, tzinfo=ZoneInfo("UTC")))
        figures_record(metric, {"2026-Q3": 1.0}, NOW)
        mapping_make(goal, metric_make(product, key=f"usage-{number}", kind="outcome"), owner)
        evaluated = all_at_once(lambda: quarters_evaluate(now=NOW).changed)
        forecast = all_at_once(lambda: forecasts_make(now=NOW).changed)
        tested = all_at_once(lambda: bool(mappings_test(now=NOW).tested))
        counts.append(
            {
                "results": QuarterResult.objects.filter(goal=goal).count(),
                "signals": len(told),
                "messages": OutboxMessage.objects.filter(kind="email").count(),
                "workers that changed something": sum(evaluated),
                "forecasts": Forecast.objects.filter(goal=goal).count(),
                "workers that forecast something": sum(forecast),
                "verdicts": MappingVerdict.objects.filter(mapping__goal=goal).count(),
                "workers that tested something": sum(tested),
            }
        )
    sys.stdout.write(json.dumps(counts))


if __name__ == "__main__":
    main(int(sys.argv[1]))
