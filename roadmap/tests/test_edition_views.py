"""The views of an edition: lanes by team, goal or metric, the list, cells of many cards, and older editions to compare."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from roadmap.models import Card, Column
from roadmap.selectors.edition_board import CELL_SHOWN
from roadmap.services import edition_publish
from roadmap.tests.factories import board_make, card_make, metric_make
from strategy.models import Mapping, MappingVerdict
from strategy.tests.evidence_factories import verdict_make
from strategy.tests.factories import goal_make, mapping_make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_today")]
ROADMAP = "/p/fieldnote/roadmap/"


@pytest.fixture
def board(team: Any, now: datetime) -> Any:
    return board_make(team, now=now)


@pytest.fixture
def belief(product: Any, alice: Any) -> Mapping:
    """That the first job makes customers stay."""
    metric = metric_make(product)
    return mapping_make(goal_make(product, alice), metric, alice)


def _lanes(page: str) -> list[str]:
    """The heads of the lanes, from top to bottom."""
    return [re.sub("<[^>]+>", "", head).strip() for head in re.findall(r'class="tm"><h2>(.*?)</h2>', page)]


def _titles(page: str) -> list[str]:
    """The titles of the cards on the page."""
    return re.findall(r"<h3>(?:<a [^>]*>)?([^<]+)", page)


def test_by_goal_a_lane_holds_the_work_of_every_team_for_it(
    board: Any, belief: Mapping, product: Any, now: datetime, bob: Any, logged_in: Any
) -> None:
    card_make(board, 1, stage="to_build", now=now, metric=belief.metric)
    card_make(board, 2, stage="to_build", now=now)
    edition_publish(product=product, now=now)

    page = logged_in(bob).get(ROADMAP + "?view=goal").text

    assert _lanes(page) == ["Customers stay", "Not linked to a goal"]
    assert "Onboarding</span>" in page


def test_by_metric_the_lane_without_one_comes_last(
    board: Any, belief: Mapping, product: Any, now: datetime, bob: Any, logged_in: Any
) -> None:
    card_make(board, 1, stage="to_build", now=now)
    card_make(board, 2, stage="to_build", now=now)
    card_make(board, 3, stage="released", now=now, metric=belief.metric)
    edition_publish(product=product, now=now)

    page = logged_in(bob).get(ROADMAP + "?view=metric").text

    assert _lanes(page) == ["First job in 7 days", "Not linked to a metric"]


def test_the_list_goes_by_team_along_the_flow(
    board: Any, product: Any, now: datetime, bob: Any, logged_in: Any
) -> None:
    for number, stage in enumerate(["released", "to_build", "discarded", "in_progress"]):
        card_make(board, number, stage=stage, now=now)
    edition_publish(product=product, now=now)

    page = logged_in(bob).get(ROADMAP + "?view=list").text

    assert re.findall(r"Card \d", page) == ["Card 1", "Card 3", "Card 0"]


def test_the_list_comes_in_pages_of_a_hundred(
    board: Any, product: Any, now: datetime, bob: Any, logged_in: Any
) -> None:
    for number in range(130):
        card_make(board, number, stage="to_build", now=now)
    edition_publish(product=product, now=now)

    second = logged_in(bob).get(ROADMAP + "?view=list&page=2").text

    assert len(re.findall(r"Card \d+", second)) == 30


def test_a_cell_of_many_cards_shows_the_first_and_says_how_many_more(
    board: Any, product: Any, now: datetime, bob: Any, logged_in: Any
) -> None:
    for number in range(CELL_SHOWN + 7):
        card_make(board, number, stage="in_validation", now=now)
    edition_publish(product=product, now=now)

    page = logged_in(bob).get(ROADMAP).text

    assert len(_titles(page)) == CELL_SHOWN
    assert "Show 7 more" in page


def test_what_is_stuck_is_never_among_the_cards_left_out(
    board: Any, product: Any, now: datetime, bob: Any, logged_in: Any
) -> None:
    for number in range(CELL_SHOWN + 3):
        card_make(board, number, stage="in_validation", now=now - timedelta(days=2))
    card_make(board, 99, stage="in_validation", now=now, blocked=True)
    edition_publish(product=product, now=now)

    assert "Card 99" in _titles(logged_in(bob).get(ROADMAP).text)


def test_the_others_of_a_cell_come_when_asked_for(
    board: Any, product: Any, now: datetime, bob: Any, logged_in: Any
) -> None:
    for number in range(CELL_SHOWN + 7):
        card_make(board, number, stage="in_validation", now=now)
    card_make(board, 200, stage="to_build", now=now)
    edition_publish(product=product, now=now)
    client = logged_in(bob)
    more = re.search(r'href="([^"]+)"[^>]*>Show 7 more', client.get(ROADMAP).text)
    assert more is not None

    page = client.get(ROADMAP + more[1].replace("&amp;", "&")).text

    assert len(_titles(page)) == CELL_SHOWN + 7
    assert "Card 200" not in _titles(page)


def test_a_card_on_a_contradicted_belief_is_marked_and_can_be_asked_for(
    board: Any, belief: Mapping, product: Any, now: datetime, bob: Any, logged_in: Any
) -> None:
    verdict = verdict_make(
        belief, verdict=MappingVerdict.Verdict.CONTRADICTED, reason="opposite", stated=True
    )
    Mapping.objects.filter(pk=belief.pk).update(stated_verdict=verdict)
    card_make(board, 1, stage="to_build", now=now, metric=belief.metric)
    card_make(board, 2, stage="to_build", now=now)
    edition_publish(product=product, now=now)

    page = logged_in(bob).get(ROADMAP + "?contradicted=1").text

    assert _titles(page) == ["Card 1"]
    assert "belief contradicted" in page


def test_an_edition_keeps_what_was_contradicted_when_it_was_made(
    board: Any, belief: Mapping, product: Any, now: datetime, bob: Any, logged_in: Any
) -> None:
    card_make(board, 1, stage="to_build", now=now, metric=belief.metric)
    edition_publish(product=product, now=now)
    verdict = verdict_make(
        belief, verdict=MappingVerdict.Verdict.CONTRADICTED, reason="opposite", stated=True
    )
    Mapping.objects.filter(pk=belief.pk).update(stated_verdict=verdict)

    assert "belief contradicted" not in logged_in(bob).get(ROADMAP).text


def test_it_compares_with_any_earlier_edition(
    board: Any, product: Any, now: datetime, bob: Any, logged_in: Any
) -> None:
    card = card_make(board, 1, stage="to_build", now=now)
    edition_publish(product=product, now=now)
    for weeks, stage in ((1, "in_progress"), (2, "in_progress")):
        Card.objects.filter(pk=card.pk).update(column=Column.objects.get(board=board, stage=stage))
        edition_publish(product=product, now=now + timedelta(weeks=weeks))
    client = logged_in(bob)

    assert "Nothing moved" in client.get(ROADMAP).text
    page = client.get(ROADMAP + "2026-W49/?since=2026-W47").text
    assert "What changed since 2026-W47" in page
    assert "1 card moved on" in page


@pytest.mark.parametrize(
    "query", ["since=2026-W60", "since=2030-W01", "since=nonsense", "view=pie", "page=x"]
)
def test_an_address_that_asks_for_what_is_not_there_shows_the_edition(
    query: str, board: Any, product: Any, now: datetime, bob: Any, logged_in: Any
) -> None:
    edition_publish(product=product, now=now)

    assert logged_in(bob).get(f"{ROADMAP}?{query}").status_code == 200


def test_charlie_sees_no_view_of_it(
    board: Any, product: Any, now: datetime, charlie: Any, logged_in: Any
) -> None:
    edition_publish(product=product, now=now)

    assert logged_in(charlie).get(ROADMAP + "?view=list").status_code == 404
