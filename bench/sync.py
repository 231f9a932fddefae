"""How much of our own a board's sync costs: 1,000 boards × 100 cards, first whole, then with one in twenty changed.

    DATABASE_URL=postgres://… python bench/sync.py [--boards 1000] [--cards 100]

The tool (Kanboard's API) runs in a process of its own, so that its time is not counted: what is measured is the
processor time of this process and the SQL statements of each board. Makes a database beside the one named and drops
it. Fails when a first sync takes more than 0.5 ms a card, a weekly one more than 40 ms or 12 statements a board, or
when anything is missing or twice.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from _board_tool import CHANGED_OF_100
from _common import ROOT

NOW = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)
FIRST_MS_A_CARD, WEEKLY_MS_A_BOARD, STATEMENTS = 0.5, 40.0, 12


def boards_make(count: int, port: int) -> list[Any]:
    """Boards of one tool, twenty a team."""
    from metrics.models import Metric
    from roadmap.models import Board, Connection
    from teams.models import Organisation, Product, Team

    Organisation.objects.create(pk=1, name="Bench")
    product = Product.objects.create(name="Bench", slug="bench")
    Metric.objects.bulk_create(
        [Metric(product=product, key=f"metric-{n}", name=f"Metric {n}", kind="outcome") for n in range(50)]
    )
    address = {"base_url": f"http://127.0.0.1:{port}", "username": "jsonrpc"}
    connection = Connection.objects.create(product=product, kind="kanboard", name="Tool", settings=address)
    connection.secrets_set({"token": "bench-token"})
    connection.save()
    teams = [
        Team.objects.create(product=product, name=f"Team {n}", slug=f"team-{n}")
        for n in range(count // 20 + 1)
    ]
    made = [
        Board(connection=connection, team=teams[n // 20], external_id=str(n + 1), name=f"Board {n}")
        for n in range(count)
    ]
    Board.objects.bulk_create(made)
    return list(Board.objects.select_related("connection", "team__product").order_by("pk"))


def sync_all(boards: list[Any], now: datetime) -> dict[str, float]:
    """Syncs each board once; milliseconds of this process and of the clock, and statements, each the median a board."""
    from django.db import connection

    from roadmap.services import board_sync

    processor, clock, statements = [], [], []
    for board in boards:
        asked = [0]

        def count(execute: Any, *arguments: Any, asked: list[int] = asked) -> Any:
            asked[0] += 1
            return execute(*arguments)

        before, began = time.process_time(), time.perf_counter()
        with connection.execute_wrapper(count):
            run = board_sync(board=board, now=now)
        processor.append(1000 * (time.process_time() - before))
        clock.append(1000 * (time.perf_counter() - began))
        statements.append(asked[0])
        if run.state != "done":
            sys.exit(f"{board}: {run.state} {run.error}")
    return {
        "processor": statistics.mean(processor),
        "clock": statistics.median(clock),
        "statements": statistics.median(statements),
        "most statements": max(statements),
    }


def main() -> int:
    """Runs the bench; 0 when it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--boards", type=int, default=1000)
    parser.add_argument("--cards", type=int, default=100)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    os.environ["OUTGOING_ALLOWED_HOSTS"] = "127.0.0.1"
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.db import connection

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = Path(__file__).with_name("_board_tool.py")
    tool = subprocess.Popen([sys.executable, str(script), str(options.cards), str(port)])
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        from roadmap.models import Board, Card, CardMove

        boards = boards_make(options.boards, port)
        first = sync_all(boards, NOW)
        cards = Card.objects.count()
        urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{port}/week2", b"{}", method="POST")
        ).read()
        fresh = list(Board.objects.select_related("connection", "team__product").order_by("pk"))
        entered = CardMove.objects.count()
        weekly = sync_all(fresh, NOW + timedelta(weeks=1))
        moved = CardMove.objects.count() - entered
        kept = Card.objects.count()
    finally:
        tool.terminate()
        connection.creation.destroy_test_db(name, verbosity=0)
    expected = options.boards * options.cards
    changed = options.boards * sum(1 for number in range(options.cards) if number % 100 < CHANGED_OF_100)
    print(
        f"{connection.vendor}: {options.boards} boards × {options.cards} cards, {moved} moves in the second week"
    )
    for label, reading in (("first", first), ("weekly", weekly)):
        print(f"{label:7}" + ", ".join(f"{key} {value:.1f}" for key, value in reading.items()) + " a board")
    print(f"first sync: {first['processor'] / options.cards:.2f} ms a card")
    holds = (
        cards == kept == expected
        and moved == changed
        and first["processor"] / options.cards <= FIRST_MS_A_CARD
        and weekly["processor"] <= WEEKLY_MS_A_BOARD
        and weekly["most statements"] <= STATEMENTS
    )
    print("holds" if holds else "does not hold")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
