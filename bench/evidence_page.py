"""How long the server takes for the page of one belief, and for the list of all of them.

    [DATABASE_URL=postgres://…] python bench/evidence_page.py [--beliefs 40]

Makes a database of its own, fills it as bench/evaluate.py does (three years of daily figures), tests the beliefs, gives one
of them three years of stated verdicts and thirty each of insights, explanations, reviews and events, and asks for its page
through the whole of Django, logged in, without the wire. Fails when the best of the rounds takes 250 ms or more: on a busy
machine the others measure the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from datetime import date, timedelta
from typing import Any

from _common import ROOT, machine_report
from evaluate import NOW, world_make

LIMIT_MILLISECONDS = 250.0
MONTHS = 36
VOICES = 30
ROUNDS = 30


def history_add(mapping: Any) -> None:
    """Earlier stated verdicts, and what people said of the belief."""
    from metrics.models import Event
    from strategy.models import Explanation, Insight, MappingReview, MappingVerdict

    verdict = mapping.stated_verdict
    earlier = []
    for month in range(1, MONTHS):
        row = MappingVerdict.objects.get(pk=verdict.pk)
        row.pk, row.week = None, verdict.week - timedelta(weeks=4 * month + month // 3)
        earlier.append(row)
    MappingVerdict.objects.bulk_create(earlier)
    product, author = mapping.goal.product, mapping.versions.get().owner
    days = [NOW.date() - timedelta(days=30 * number + 5) for number in range(VOICES)]
    Event.objects.bulk_create(
        Event(product=product, title="A change", starts_on=day, ends_on=day, author=author) for day in days
    )
    Explanation.objects.bulk_create(
        Explanation(mapping=mapping, title="Something else", happened_on=day, author=author) for day in days
    )
    Insight.objects.bulk_create(
        Insight(
            product=product, mapping=mapping, text="They said so.", source="Call", dated=day, author=author
        )
        for day in days
    )
    MappingReview.objects.bulk_create(
        MappingReview(
            mapping=mapping, mapping_version=mapping.versions.get(), verdict=verdict, outcome="keep",
            reason="It still looks right to us all.", author=author, created_at=NOW - timedelta(days=30 * number),
        )
        for number in range(VOICES)
    )  # fmt: skip


def measure(name: str, address: str) -> float:
    """Milliseconds of one page, best of the rounds; prints a line of JSON."""
    from django.test import Client

    from teams.models import User

    client = Client()
    client.force_login(User.objects.get(email="owner@example.com"))
    size = len(client.get(address).content)
    taken, busy = [], []
    for _ in range(ROUNDS):
        started, worked = time.perf_counter(), time.process_time()
        response = client.get(address)
        taken.append(1000.0 * (time.perf_counter() - started))
        busy.append(1000.0 * (time.process_time() - worked))
        assert response.status_code == 200, response.status_code
    told = {
        "name": name,
        "best_ms": round(min(taken), 1),
        "median_ms": round(statistics.median(taken), 1),
        "median_on_processor_ms": round(statistics.median(busy), 1),
        "kB": size // 1024,
    }
    print(json.dumps(told), flush=True)
    return min(taken)


def main() -> int:
    """Runs the bench; 0 when it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--beliefs", type=int, default=40)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    machine_report()
    try:
        from django.urls import reverse

        from strategy.models import Mapping
        from strategy.services import mappings_test, quarters_evaluate

        world_make(options.beliefs, (NOW.date() - date(NOW.year - 3, NOW.month, NOW.day)).days + 1)
        quarters_evaluate(now=NOW)
        mappings_test(now=NOW)
        belief = Mapping.objects.select_related("stated_verdict", "goal__product").order_by("pk")[0]
        history_add(belief)
        page = measure("page of one belief", belief.get_absolute_url())
        measure("list of all beliefs", reverse("strategy:evidence-list", args=["bench"]))
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    holds = page < LIMIT_MILLISECONDS
    print("holds" if holds else f"does not hold: under {LIMIT_MILLISECONDS:g} ms")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
