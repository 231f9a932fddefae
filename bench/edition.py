"""How long the weekly edition of a product with 5,000 cards takes, and its page.

    DATABASE_URL=postgres://… python bench/edition.py [--cards 5000]

Publishes one edition, changes one card in twenty, publishes the next week's with its difference, and opens its page as
a product manager, in process. Makes a database beside the one named and drops it. Fails when publishing takes 3 s or
more, the page 400 ms or more, or when it weighs 300 KB or more when compressed.
"""

from __future__ import annotations

import argparse
import gzip
import os
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from _common import ROOT

NOW = datetime(2026, 11, 16, 7, 0, tzinfo=UTC)
TEAMS = 10
PUBLISH_SECONDS, PAGE_MS, PAGE_KB = 3.0, 400.0, 300.0


def world_make(count: int) -> tuple[Any, Any]:
    """A product of ten teams with a board each, and the cards spread over their columns."""
    from metrics.models import Metric
    from roadmap.models import Board, Card, Column, Connection, Stage
    from teams.models import Membership, Organisation, Product, Team, User

    Organisation.objects.create(pk=1, name="Bench")
    product = Product.objects.create(name="Bench", slug="bench")
    core = Team.objects.create(product=product, kind="product", name="Product Team", slug="product-team")
    person = User.objects.create_user("bench@example.com", "a long password", display_name="Bench")
    Membership.objects.create(user=person, team=core, role="product_manager", start_date=NOW.date())
    metrics = Metric.objects.bulk_create(
        [Metric(product=product, key=f"metric-{n}", name=f"Metric {n}", kind="outcome") for n in range(50)]
    )
    tool = Connection.objects.create(product=product, kind="kanboard", name="Tool")
    stages = [stage for stage in Stage.values if stage != Stage.DISCARDED]
    for number in range(TEAMS):
        team = Team.objects.create(product=product, name=f"Team {number}", slug=f"team-{number}")
        board = Board.objects.create(
            connection=tool, team=team, external_id=str(number), name="Board", last_synced_at=NOW
        )
        columns = Column.objects.bulk_create(
            [
                Column(board=board, external_id=stage, name=stage, position=n, stage=stage)
                for n, stage in enumerate(stages)
            ]
        )
        Card.objects.bulk_create(
            [
                Card(
                    board=board, identity=str(n), external_id=str(n), key=f"T{number}-{n}",
                    title=f"A piece of work with a title of the usual length, number {n}",
                    url=f"https://tool.example.com/cards/{number}-{n}", column=columns[n % len(columns)],
                    metric=metrics[n % 50] if n % 5 else None, metric_origin="tool", blocked=n % 40 == 0,
                    stage_since=NOW - timedelta(days=n % 60), first_seen_at=NOW - timedelta(days=90),
                    context={"opportunity": {"value": "Customers wait too long", "origin": "tool"}},
                )
                for n in range(count // TEAMS)
            ]
        )  # fmt: skip
    return product, person


def cards_move() -> None:
    """Lets one card in twenty go on by a stage."""
    from roadmap.models import Card, Column

    columns = {(column.board_id, column.position): column for column in Column.objects.all()}
    moved = [card for card in Card.objects.select_related("column").order_by("pk") if card.pk % 20 == 0]
    for card in moved:
        column = card.column
        if column is not None:
            card.column = columns.get((card.board_id, column.position + 1), column)
    Card.objects.bulk_update(moved, ["column"])


def page_read(address: str, person: Any) -> tuple[float, int]:
    """Milliseconds of the page (median of nine, after one to warm up) and its bytes when compressed."""
    from django.test import Client

    client = Client()
    client.force_login(person)
    taken, body = [], b""
    for number in range(10):
        began = time.perf_counter()
        answer = client.get(address)
        body = answer.content
        if number:
            taken.append(1000 * (time.perf_counter() - began))
        if answer.status_code != 200:
            sys.exit(f"{address} answered {answer.status_code}")
    return statistics.median(taken), len(gzip.compress(body, 6))


def main() -> int:
    """Runs the bench; 0 when it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cards", type=int, default=5000)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        from django.urls import reverse

        from roadmap.services import edition_publish

        product, person = world_make(options.cards)
        reverse("roadmap:roadmap", args=[product.slug])  # a worker that runs has loaded its addresses
        seconds = []
        for week in range(2):
            began = time.perf_counter()
            edition = edition_publish(product=product, now=NOW + timedelta(weeks=week))
            seconds.append(time.perf_counter() - began)
            if not week:
                cards_move()
        milliseconds, size = page_read(edition.get_absolute_url(), person)
        frozen, advanced = edition.cards.count(), len(edition.difference["advanced"])
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    print(f"{connection.vendor}: {frozen} cards, {advanced} of them moved on")
    print(f"first edition {seconds[0]:.2f} s, next week's with its difference {seconds[1]:.2f} s")
    print(f"page {milliseconds:.0f} ms, {size / 1024:.0f} KB compressed")
    holds = (
        frozen == options.cards
        and advanced > 0
        and max(seconds) < PUBLISH_SECONDS
        and milliseconds < PAGE_MS
        and size < PAGE_KB * 1024
    )
    print("holds" if holds else "does not hold")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
