"""The edition's page and its downloads, and the page of a team."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from common import jobs
from common.models import JobRun
from metrics.models import Target
from roadmap.models import Card, Edition
from roadmap.selectors.edition_board import CELL_SHOWN
from roadmap.selectors.in_hand import work_in_hand
from roadmap.services import card_context_update, edition_publish
from roadmap.tests.factories import board_make, card_make, metric_make
from strategy.models import Goal, GoalVersion, Mapping

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_today")]


def _url(name: str, *args: Any) -> str:
    return reverse(f"roadmap:{name}", args=["fieldnote", *args])


def _goal(product: Any, metric: Any, owner: Any) -> Goal:
    goal = Goal.objects.create(
        product=product,
        slug="more-trials",
        state="active",
        activated_at=datetime.fromisoformat("2026-01-01T00:00Z"),
    )
    GoalVersion.objects.create(
        goal=goal, number=1, effective_from=date(2026, 1, 1), title="More trials become customers", bet="Because.",
        owner=owner, metric=metric, baseline=1,
    )  # fmt: skip
    Mapping.objects.create(goal=goal, metric=metric, active_from=date(2026, 1, 1))
    return goal


@pytest.fixture
def world(team: Any, product: Any, now: datetime, alice: Any) -> dict[str, Any]:
    """Four cards: linked, blocked, ageing without a metric, and released; an edition of them."""
    board = board_make(team, now=now)
    metric = metric_make(product)
    goal = _goal(product, metric, alice)
    cards = [
        card_make(board, 1, stage="in_validation", now=now, metric=metric, title="Interview trials"),
        card_make(
            board,
            2,
            stage="in_progress",
            now=now,
            metric=metric,
            blocked=True,
            blocked_reason="Vendor access",
        ),
        card_make(board, 3, stage="to_build", now=now - timedelta(days=30), title="=HYPERLINK(1)"),
        card_make(board, 4, stage="released", now=now, metric=metric),
    ]
    return {
        "board": board,
        "metric": metric,
        "goal": goal,
        "cards": cards,
        "edition": edition_publish(product=product, now=now),
    }


def test_its_headline_answers_what_the_work_points_at(
    world: dict[str, Any], bob: Any, logged_in: Any
) -> None:
    page = logged_in(bob).get(_url("roadmap")).text

    assert "3 pieces of work in hand. 2 point at a metric, 1 does not." in page
    assert "Vendor access" in page
    assert "30 d" in page
    assert "More trials become customers" in page
    assert "Collate now" not in page


def test_it_filters_by_what_the_address_says(world: dict[str, Any], bob: Any, logged_in: Any) -> None:
    client = logged_in(bob)

    def titles(query: str) -> set[str]:
        text = client.get(_url("roadmap") + query).text
        return {card.title for card in world["cards"] if f">{card.title}<" in text}

    assert len(titles("")) == 4
    assert titles("?blocked=1") == {"Card 2"}
    assert titles("?unlinked=1") == {"=HYPERLINK(1)"}
    assert titles("?ageing=1") == {"=HYPERLINK(1)"}
    assert titles("?goal=More+trials+become+customers") == {"Interview trials", "Card 2", "Card 4"}
    assert "No card matches" in client.get(_url("roadmap") + "?team=Nobody").text


def test_it_answers_htmx_with_the_board_alone(world: dict[str, Any], bob: Any, logged_in: Any) -> None:
    answer = logged_in(bob).get(_url("roadmap") + "?blocked=1", HTTP_HX_REQUEST="true")

    assert "<html" not in answer.text
    assert 'role="status"' in answer.text
    assert "HX-Request" in answer["Vary"]


def test_it_keeps_earlier_revisions(
    world: dict[str, Any], product: Any, now: datetime, bob: Any, logged_in: Any
) -> None:
    Card.objects.filter(pk=world["cards"][0].pk).update(title="Interview more trials")
    edition = edition_publish(product=product, now=now + timedelta(hours=1))
    client = logged_in(bob)

    newest = client.get(_url("edition-detail", edition.week)).text
    first = client.get(_url("edition-detail", edition.week) + "?revision=1").text

    assert "Interview more trials" in newest
    assert "Interview more trials" not in first
    assert client.get(_url("edition-detail", "2026-W01")).status_code == 404
    assert client.get(_url("edition-detail", "2026-W99")).status_code == 404


def test_its_csv_runs_no_formula(world: dict[str, Any], bob: Any, logged_in: Any) -> None:
    answer = logged_in(bob).get(_url("edition-csv", world["edition"].week))

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["Title"] for row in rows} == {"Interview trials", "Card 2", "'=HYPERLINK(1)", "Card 4"}
    assert "attachment" in answer["Content-Disposition"]


def test_its_json_tells_the_whole_edition(world: dict[str, Any], bob: Any, logged_in: Any) -> None:
    document = json.loads(logged_in(bob).get(_url("edition-json", world["edition"].week)).text)

    assert (document["week"], document["revision"], len(document["cards"])) == ("2026-W47", 1, 4)
    assert document["totals"]["in_hand"] == 3
    assert document["cards"][0]["team"] == "Onboarding"


def test_it_leads_to_connecting_a_board(product: Any, alice: Any, bob: Any, logged_in: Any) -> None:
    assert "Connect a board" in logged_in(alice).get(_url("roadmap")).text
    assert "Connect a board" not in logged_in(bob).get(_url("roadmap")).text


def test_a_manager_collates_now(
    world: dict[str, Any], product: Any, now: datetime, alice: Any, logged_in: Any, monkeypatch: Any
) -> None:
    client = logged_in(alice)
    Card.objects.filter(pk=world["cards"][0].pk).update(blocked=True)

    answer = client.post(_url("collate"))
    jobs.jobs_work(now=now, kinds=["roadmap_collation"])

    page = client.get(answer.url).text
    assert JobRun.objects.get(kind="roadmap_collation").state == JobRun.State.GAPS  # its tool does not answer
    assert "See 2026-W47" in page
    assert Edition.objects.count() == 2


def test_two_hundred_cards_make_a_small_page_with_few_queries(
    team: Any, product: Any, now: datetime, bob: Any, logged_in: Any, django_assert_max_num_queries: Any
) -> None:
    board = board_make(team, now=now)
    for number in range(200):
        card_make(board, number, stage=["to_build", "in_validation", "released"][number % 3], now=now)
    edition_publish(product=product, now=now)
    client = logged_in(bob)
    client.get(_url("roadmap"))

    with django_assert_max_num_queries(16):
        page = client.get(_url("roadmap"))

    assert page.text.count("<article") == 3 * CELL_SHOWN
    assert len(page.content) < 200_000


def test_work_in_hand_takes_two_queries(
    world: dict[str, Any], product: Any, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(2):
        work = work_in_hand(product=product)

    row = work.rows[0]
    assert (work.week, row.team_name, row.counts) == ("2026-W47", "Onboarding", [0, 1, 2, 1, 0])
    assert (row.in_hand, row.blocked, row.ageing, row.unlinked) == (3, 1, 1, 1)


def test_a_goal_shows_the_cards_that_point_at_its_metrics(
    world: dict[str, Any], bob: Any, logged_in: Any
) -> None:
    part = logged_in(bob).get(_url("goal-work", "more-trials"), HTTP_HX_REQUEST="true").text

    assert "Interview trials" in part
    assert "=HYPERLINK(1)" not in part
    assert "<html" not in part


def test_a_team_page_shows_targets_cards_and_what_needs_a_look(
    world: dict[str, Any], team: Any, now: datetime, alice: Any, logged_in: Any
) -> None:
    Target.objects.create(
        team=team, metric=world["metric"], quarter_start=date(2026, 10, 1), quarter_end=date(2027, 1, 1), baseline=30,
        commit=46, state="agreed", product_agreed_at=now, team_agreed_at=now,
    )  # fmt: skip

    page = logged_in(alice).get(_url("team-detail", "onboarding")).text

    assert "First job in 7 days" in page
    assert "of 46 by 31 December 2026" in page
    assert "ONB-2 is blocked" in page
    assert "ONB-3 has been in To Build for 30 days" in page
    assert "ONB-3 is not linked to a metric" in page
    assert "Link it" in page
    assert "More trials become customers" in page


@pytest.mark.parametrize("count", [4, 60])
def test_a_team_page_asks_the_same_for_few_and_many_cards(
    count: int,
    world: dict[str, Any],
    product: Any,
    now: datetime,
    alice: Any,
    logged_in: Any,
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(count):
        card_make(world["board"], 100 + number, stage="in_progress", now=now, metric=world["metric"])
    client = logged_in(alice)
    client.get(_url("team-detail", "onboarding"))

    with django_assert_max_num_queries(32):
        client.get(_url("team-detail", "onboarding"))


def test_a_person_links_a_card_and_the_page_says_who_said_so(
    world: dict[str, Any], erin: Any, bob: Any, logged_in: Any
) -> None:
    card, client = world["cards"][2], logged_in(erin)
    url = _url("card-edit", card.pk)

    saved = client.post(url, {"version": "1", "metric": world["metric"].pk, "persona": "Dispatcher"})
    again = client.post(url, {"version": "1", "metric": "", "persona": "Somebody else"})

    assert saved.status_code == 302
    assert again.status_code == 409
    page = logged_in(bob).get(_url("card-detail", card.pk)).text
    assert "By a person in Bearing" in page
    assert "Dispatcher" in page
    assert "card context changed" in page
    assert logged_in(bob).get(url).status_code == 403


def test_a_card_goes_back_to_the_tools_values(world: dict[str, Any], alice: Any, logged_in: Any) -> None:
    card = world["cards"][2]
    card_context_update(card=card, values={"persona": "Dispatcher"}, metric=world["metric"], actor=alice)

    logged_in(alice).post(_url("card-reset", card.pk), {"version": "2"})

    card.refresh_from_db()
    assert (card.context, card.metric, card.metric_origin) == ({}, None, "")
