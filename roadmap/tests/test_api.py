"""Boards, cards and editions over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.urls import reverse

from common.models import JobRun
from roadmap.models import Board
from roadmap.services import board_sync, edition_publish
from roadmap.tests.factories import board_make, card_make, metric_make
from roadmap.tests.kanboard_server import KanboardServer

pytestmark = pytest.mark.django_db
JSON = "application/json"


def test_it_asks_for_a_read_and_names_the_run(
    board: Board, alice: Any, logged_in: Any, now: datetime
) -> None:
    client = logged_in(alice)

    asked = client.post(reverse("api:board-sync", args=[board.pk]))
    job = JobRun.objects.get(pk=asked.json()["job"])
    board_sync(board=board, now=now, job=job)
    runs = client.get(asked.json()["runs"]).json()

    assert asked.status_code == 202
    assert [run["state"] for run in runs["results"]] == ["done"]
    assert runs["results"][0]["counts"]["created"] > 100


def test_it_checks_a_board_with_a_real_call(
    board: Board, kanboard: KanboardServer, alice: Any, bob: Any, logged_in: Any
) -> None:
    url = reverse("api:board-check", args=[board.pk])

    good = logged_in(alice).post(url)
    kanboard.results["getProjectById"] = None
    bad = logged_in(alice).post(url)

    assert good.json()["columns_count"] > 0
    assert bad.status_code == 400
    assert logged_in(bob).post(url).status_code == 403


def test_it_changes_the_context_of_a_card_with_optimistic_locking(
    team: Any, product: Any, now: datetime, erin: Any, bob: Any, logged_in: Any
) -> None:
    card = card_make(board_make(team, now=now), 1, stage="in_progress", now=now)
    metric_make(product, "first-job")
    client, url = logged_in(erin), reverse("api:card-detail", args=[card.pk])
    etag = client.get(url)["ETag"]
    body = {"metric": "first-job", "persona": "Dispatcher"}

    changed = client.patch(url, body, content_type=JSON, headers={"If-Match": etag})
    late = client.patch(url, {"persona": "Owner"}, content_type=JSON, headers={"If-Match": etag})
    wrong = client.patch(url, {"metric": "no-such"}, content_type=JSON)

    assert (changed.status_code, changed.json()["metric"]) == (200, "first-job")
    assert changed.json()["context"] == {"persona": {"value": "Dispatcher", "origin": "person"}}
    assert late.status_code == 412
    assert (wrong.status_code, wrong.json()["errors"][0]["attr"]) == (400, "metric")
    assert logged_in(bob).patch(url, body, content_type=JSON).status_code == 403


def test_it_tells_editions_with_their_difference_and_cards(
    team: Any, product: Any, now: datetime, bob: Any, logged_in: Any
) -> None:
    card_make(board_make(team, now=now), 1, stage="in_progress", now=now)
    edition = edition_publish(product=product, now=now)
    client = logged_in(bob)

    rows = client.get(reverse("api:edition-list"), {"product": "fieldnote", "week": "2026-W47"}).json()[
        "results"
    ]
    detail = client.get(reverse("api:edition-detail", args=[edition.pk])).json()
    cards = client.get(reverse("api:edition-cards", args=[edition.pk])).json()["results"]

    assert [row["week"] for row in rows] == ["2026-W47"]
    assert detail["difference"]["since"] is None
    assert detail["teams"][0]["freshness"] == "fresh"
    assert cards[0]["stage"] == "in_progress"


def test_it_hides_everything_from_strangers(
    team: Any, product: Any, now: datetime, charlie: Any, logged_in: Any
) -> None:
    board = board_make(team, now=now)
    card = card_make(board, 1, stage="in_progress", now=now)
    edition = edition_publish(product=product, now=now)
    client = logged_in(charlie)

    for name in ("board", "column", "card", "sync-run", "edition"):
        assert client.get(reverse(f"api:{name}-list")).json()["results"] == []
    for name, pk in (("board-detail", board.pk), ("card-detail", card.pk), ("card-moves", card.pk),
                     ("edition-detail", edition.pk), ("edition-cards", edition.pk)):  # fmt: skip
        assert client.get(reverse(f"api:{name}", args=[pk])).status_code == 404
    assert client.post(reverse("api:board-sync", args=[board.pk])).status_code == 404


@pytest.mark.parametrize("count", [10, 100])
def test_it_lists_cards_in_the_same_number_of_queries(
    count: int, team: Any, now: datetime, bob: Any, logged_in: Any, django_assert_max_num_queries: Any
) -> None:
    board = board_make(team, now=now)
    for number in range(count):
        card_make(board, number, stage="in_progress", now=now)
    client = logged_in(bob)

    with django_assert_max_num_queries(5):
        answer = client.get(reverse("api:card-list"), {"board": board.pk})

    assert len(answer.json()["results"]) == count
