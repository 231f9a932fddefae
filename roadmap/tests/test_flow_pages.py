"""The flow of a product and of a team: what its pages say, what they ask of the database, and the file to take away."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.urls import reverse

from roadmap.boards.stages import IN_PROGRESS, PRIORITISED, RELEASED, TO_DESIGN, VERIFIED
from roadmap.charts import diagram_figure, releases_figure, releases_key
from roadmap.models import Board, Card, CardMove, Column
from roadmap.selectors.flow_page import flow_page, period_of
from roadmap.tests.factories import board_make, card_make, connection_make, metric_make
from strategy.models import Goal, GoalVersion, Mapping, MappingVerdict, MappingVersion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_today")]

Way = list[tuple[float, str]]


def _url(name: str, *args: Any, query: str = "") -> str:
    return reverse(f"roadmap:{name}", args=["fieldnote", *args]) + query


def _walked(
    board: Board, number: int, way: Way, *, now: datetime, read_every: float = 0, **fields: Any
) -> Card:
    """A card that came into each stage so many days before `now`; observed with `read_every` days between reads."""
    first, last = way[0], way[-1]
    card = card_make(
        board,
        number,
        stage=last[1],
        now=now - timedelta(days=last[0]),
        tool_created_at=now - timedelta(days=first[0]),
        **({"first_seen_at": now - timedelta(days=first[0])} | fields),
    )
    columns = {column.stage: column for column in board.columns.all()}
    for (_, source), (ago, target) in pairwise(way):
        at = now - timedelta(days=ago)
        CardMove.objects.create(
            card=card,
            from_column=columns[source],
            to_column=columns[target],
            at=at,
            not_before=at - timedelta(days=read_every) if read_every else None,
            source="observed" if read_every else "reported",
        )
    return card


@pytest.fixture
def board(team: Any, product: Any, now: datetime) -> Board:
    """A board whose tool tells every move."""
    tool = connection_make(product, kind="redmine", name="Redmine", settings={})
    return board_make(team, now=now, connection=tool)


@pytest.fixture
def read_board(team: Any, product: Any, now: datetime) -> Board:
    """A board whose moves are only seen between two reads."""
    files = connection_make(product, kind="upload", name="Files", settings={})
    return board_make(team, now=now, connection=files)


def _releases(board: Board, now: datetime, count: int = 5, **how: Any) -> None:
    for number in range(count):
        way: Way = [(40, PRIORITISED), (30, TO_DESIGN), (20 - number, RELEASED)]
        _walked(board, 100 + number, way, now=now, **how)


def _goal(product: Any, owner: Any, metric: Any, slug: str, title: str) -> Goal:
    goal = Goal.objects.create(
        product=product, slug=slug, state="active", activated_at=datetime.fromisoformat("2026-01-01T00:00Z")
    )
    GoalVersion.objects.create(
        goal=goal, number=1, effective_from=date(2026, 1, 1), title=title, bet="Because.", owner=owner, metric=metric,
        baseline=1,
    )  # fmt: skip
    return goal


def _contradicted(goal: Goal, metric: Any, owner: Any) -> None:
    mapping = Mapping.objects.create(goal=goal, metric=metric, active_from=date(2026, 1, 1))
    version = MappingVersion.objects.create(
        mapping=mapping, number=1, effective_from=date(2026, 1, 1), belief="Because.", owner=owner
    )
    mapping.stated_verdict = MappingVerdict.objects.create(
        mapping=mapping, mapping_version=version, goal_metric=metric, week=date(2026, 11, 2),
        tested_at=datetime.fromisoformat("2026-11-02T06:00Z"), stated=True, verdict="contradicted", reason="opposite",
        frequency="weekly",
    )  # fmt: skip
    mapping.save(update_fields=["stated_verdict"])


class TestThePage:
    def test_its_headline_is_how_long_work_takes(
        self, board: Board, now: datetime, bob: Any, logged_in: Any
    ) -> None:
        _releases(board, now)
        card_make(board, 1, stage=IN_PROGRESS, now=now)
        page = logged_in(bob).get(_url("product-flow")).text

        assert "Half of the work was released within 12 days, and 1 card is in progress." in page
        assert "85% within 14 days" in page
        assert "never targets" in page
        assert "Times are spans" not in page

    def test_it_gives_observed_times_as_the_shortest_and_the_longest(
        self, read_board: Board, now: datetime, bob: Any, logged_in: Any
    ) -> None:
        _releases(read_board, now, read_every=7)
        page = logged_in(bob).get(_url("team-flow", "onboarding")).text

        assert "Half of the work was released within 5 to 19 days" in page
        assert "All 10 moves in this period were seen between two reads" in page
        assert "Seen between two reads, put in the middle" in page

    def test_it_gives_no_percentile_of_four_cards(
        self, board: Board, now: datetime, bob: Any, logged_in: Any
    ) -> None:
        _releases(board, now, count=4)
        page = logged_in(bob).get(_url("product-flow")).text

        assert "4 cards were first released in 13 weeks, and 0 cards are in progress." in page
        assert "Too few: 4 cards, 10 to 13 days" in page

    def test_its_period_and_team_stand_in_the_address(
        self, board: Board, product: Any, now: datetime, bob: Any, logged_in: Any
    ) -> None:
        from teams.models import Team

        other = Team.objects.create(product=product, kind="stream", name="Dispatch", slug="dispatch")
        _walked(board, 1, [(160, TO_DESIGN), (150, RELEASED)], now=now)
        _walked(board_make(other, now=now), 2, [(30, TO_DESIGN), (20, RELEASED)], now=now)
        client = logged_in(bob)

        def released(query: str) -> int:
            return int(client.get(_url("product-flow", query=query)).context["page"].released)

        assert released("") == 1
        assert released("?weeks=26") == 2
        assert released("?weeks=26&team=dispatch") == 1
        assert released("?weeks=1000") == 1
        assert client.get(_url("product-flow", query="?team=nobody")).status_code == 404
        assert client.get(_url("team-flow", "dispatch")).context["page"].released == 1

    def test_it_tells_the_debt_by_its_two_marks(
        self, board: Board, now: datetime, bob: Any, logged_in: Any
    ) -> None:
        for number, ago in enumerate([3, 28, 60]):
            _walked(board, number, [(80, IN_PROGRESS), (ago, RELEASED)], now=now, title=f"Released {ago}")
        _walked(board, 9, [(80, IN_PROGRESS), (70, RELEASED), (1, VERIFIED)], now=now, title="Looked at")
        page = logged_in(bob).get(_url("product-flow"))

        assert (
            "3 cards are released and not verified: 2 for 28 days or more, 1 of them for 56 or more."
            in page.text
        )
        assert [band.count for band in page.context["page"].debt.bands] == [1, 1, 1]
        assert [item.card.title for item in page.context["page"].debt.shown] == [
            "Released 60",
            "Released 28",
            "Released 3",
        ]

    def test_a_release_between_two_reads_may_be_older_than_its_band(
        self, read_board: Board, product: Any, now: datetime
    ) -> None:
        _walked(read_board, 1, [(80, IN_PROGRESS), (25, RELEASED)], now=now, read_every=7)
        debt = flow_page(product=product, team=None, weeks=13, now=now).debt

        assert [band.count for band in debt.bands] == [0, 0, 1]
        assert debt.maybe == 1

    def test_it_says_where_the_effort_goes(
        self, board: Board, product: Any, now: datetime, alice: Any, logged_in: Any
    ) -> None:
        metric, stray = metric_make(product), metric_make(product, "stray", name="Stray")
        _contradicted(_goal(product, alice, metric, "more-trials", "More trials"), metric, alice)
        _goal(product, alice, metric, "fewer-leave", "Fewer leave")
        card_make(board, 1, stage=IN_PROGRESS, now=now, metric=metric)
        card_make(board, 2, stage=IN_PROGRESS, now=now, metric=stray)
        card_make(board, 3, stage=IN_PROGRESS, now=now)
        _walked(board, 4, [(30, IN_PROGRESS), (9, RELEASED)], now=now, metric=metric)
        answer = logged_in(alice).get(_url("product-flow"))
        page, effort = answer.text, answer.context["page"].effort

        assert "2 of 3 cards in hand serve no goal. 1 goal has no work at all." in page
        assert "1 of 3 cards in hand points at a belief that the data contradict." in page
        assert "Contradicted (opposite)" in page
        assert "No metric is mapped to it, so no work can serve it" in page
        assert [(row.goal.title, row.effort.in_hand, row.effort.released) for row in effort.goals] == [
            ("More trials", 1, 1),
            ("Fewer leave", 0, 0),
        ]

    def test_it_names_columns_that_stand_for_no_stage(
        self, board: Board, now: datetime, bob: Any, logged_in: Any
    ) -> None:
        odd = Column.objects.create(board=board, external_id="odd", name="Odd", position=20)
        card_make(board, 1, stage="", now=now, column=odd)

        page = logged_in(bob).get(_url("product-flow")).text

        assert "Some columns stand for no stage" in page
        assert "1 card in hand there." in page

    def test_it_says_since_when_a_board_is_known(
        self, read_board: Board, now: datetime, bob: Any, logged_in: Any
    ) -> None:
        card_make(read_board, 1, stage=IN_PROGRESS, now=now - timedelta(days=9))
        answer = logged_in(bob).get(_url("product-flow"))

        assert "First read in this period" in answer.text
        assert [week.known for week in answer.context["page"].release_weeks][-4:] == [
            False,
            False,
            True,
            True,
        ]

    def test_it_names_the_longest_under_way(self, board: Board, product: Any, now: datetime) -> None:
        card_make(board, 1, stage=PRIORITISED, now=now - timedelta(days=300))
        card_make(board, 2, stage=IN_PROGRESS, now=now - timedelta(days=22))
        card_make(board, 3, stage=TO_DESIGN, now=now - timedelta(days=30))
        page = flow_page(product=product, team=None, weeks=13, now=now)

        assert [item.card.key for item in page.oldest] == ["ONB-3", "ONB-2"]
        assert [(row.label, row.ageing) for row in page.stages if row.ageing] == [
            ("Prioritised Opportunities", 1),
            ("To Design", 1),
            ("In Progress", 1),
        ]

    def test_a_card_that_vanished_is_no_work_in_hand(self, board: Board, product: Any, now: datetime) -> None:
        card_make(board, 1, stage=IN_PROGRESS, now=now, missing_since=now)
        card_make(board, 2, stage=RELEASED, now=now, missing_since=now)
        page = flow_page(product=product, team=None, weeks=13, now=now)

        assert (page.in_hand, page.debt.count) == (0, 0)

    def test_a_closed_card_is_released_where_its_board_says_so(
        self, board: Board, product: Any, now: datetime
    ) -> None:
        done = now - timedelta(days=4)
        card_make(board, 1, stage=IN_PROGRESS, now=now - timedelta(days=20), closed=True, done_at=done,
                  tool_created_at=now - timedelta(days=20))  # fmt: skip
        page = flow_page(product=product, team=None, weeks=13, now=now)

        assert page.released == 1
        assert page.debt.oldest == "4 days"


class TestEmptyPages:
    def test_without_a_board_it_leads_to_connecting_one(
        self, product: Any, alice: Any, bob: Any, team: Any, logged_in: Any
    ) -> None:
        assert "Connect a board" in logged_in(alice).get(_url("product-flow")).text
        assert "Connect a board" not in logged_in(bob).get(_url("product-flow")).text

    def test_before_the_first_read_it_leads_to_the_boards(
        self, board: Board, bob: Any, logged_in: Any
    ) -> None:
        page = logged_in(bob).get(_url("team-flow", "onboarding")).text

        assert "No board has been read yet" in page
        assert "oc-plot" not in page

    def test_with_nothing_released_it_says_so(
        self, board: Board, now: datetime, bob: Any, logged_in: Any
    ) -> None:
        card_make(board, 1, stage=IN_PROGRESS, now=now)
        page = logged_in(bob).get(_url("product-flow")).text

        assert "No card was released in the last 13 weeks, and 1 card is in progress." in page
        assert "Nothing is released and not verified." in page
        assert "No card was verified" in page

    def test_any_other_period_is_the_shortest(self) -> None:
        assert [period_of(text) for text in ("26", "52", "7", "", "²", "-13")] == [26, 52, 13, 13, 13, 13]


class TestTheFile:
    def test_it_has_a_row_a_card_with_both_ends(
        self, read_board: Board, now: datetime, bob: Any, logged_in: Any
    ) -> None:
        _walked(read_board, 1, [(40, PRIORITISED), (30, TO_DESIGN), (9, RELEASED)], now=now, read_every=7,
                title="=cmd()")  # fmt: skip
        answer = logged_in(bob).get(_url("product-flow-csv"))
        [row] = csv.DictReader(io.StringIO(answer.text))

        assert answer["Content-Disposition"] == 'attachment; filename="flow-fieldnote-13-weeks.csv"'
        assert row["Title"] == "'=cmd()"
        assert row["Released, earliest"] == "2026-11-02T09:00+00:00"
        assert row["Released, latest"] == "2026-11-09T09:00+00:00"
        assert (row["First release days, shortest"], row["First release days, longest"]) == ("14.00", "28.00")
        assert (row["Verified, earliest"], row["Satisfied customer days, longest"]) == ("", "")

    def test_it_is_of_the_same_team_and_period_as_the_page(
        self, board: Board, now: datetime, bob: Any, logged_in: Any
    ) -> None:
        _walked(board, 1, [(160, TO_DESIGN), (150, RELEASED), (149, VERIFIED)], now=now)
        client = logged_in(bob)

        def rows(query: str) -> int:
            return len(
                list(
                    csv.reader(io.StringIO(client.get(_url("team-flow-csv", "onboarding", query=query)).text))
                )
            )

        assert (rows(""), rows("?weeks=26")) == (1, 2)


class TestTheCharts:
    def test_bars_tell_exact_and_observed_releases_apart(
        self, board: Board, read_board: Board, product: Any, now: datetime
    ) -> None:
        _releases(board, now, count=2)
        _walked(read_board, 1, [(40, PRIORITISED), (30, TO_DESIGN), (17, RELEASED)], now=now, read_every=7)
        page = flow_page(product=product, team=None, weeks=13, now=now)
        figure = releases_figure(page.release_weeks, zone=UTC)
        exact, between = figure["data"]

        assert sum(exact["y"]) == 2
        assert sum(between["y"]) == 1
        assert len(releases_key(page.release_weeks)) == 2
        assert figure["layout"]["meta"]["read"][-4:-1] == [
            "Week from 26 October 2026: 3 first releases, 1 of them seen between two reads",
            "Week from 2 November 2026: 0 first releases",
            "Week from 9 November 2026: 0 first releases",
        ]

    def test_a_week_that_was_not_read_is_said_and_not_drawn(
        self, read_board: Board, product: Any, now: datetime
    ) -> None:
        card_make(read_board, 1, stage=IN_PROGRESS, now=now - timedelta(days=9))
        figure = releases_figure(
            flow_page(product=product, team=None, weeks=13, now=now).release_weeks, zone=UTC
        )

        assert figure["data"][0]["y"][0] is None
        assert figure["layout"]["meta"]["read"][0] == "Week from 17 August 2026: not read yet"
        assert figure["layout"]["shapes"][0]["label"]["text"] == "Not read yet"

    def test_the_diagram_ends_with_what_is_in_hand(self, board: Board, product: Any, now: datetime) -> None:
        _releases(board, now)
        card_make(board, 1, stage=IN_PROGRESS, now=now, tool_created_at=now - timedelta(days=20))
        page = flow_page(product=product, team=None, weeks=13, now=now)
        figure = diagram_figure(page.diagram, zone=UTC)
        last = {trace["name"]: trace["y"][-1] for trace in figure["data"]}

        assert last == {
            "Verified": 0,
            "Released": 5,
            "In Progress": 1,
            "In Validation": 0,
            "Prioritised Opportunities": 0,
        }
        assert figure["layout"]["meta"]["read"][-1] == "18 November 2026: 1 in In Progress, 5 in Released"


@pytest.mark.parametrize("count", [10, 100])
def test_it_asks_the_same_for_few_and_many_cards(
    count: int,
    board: Board,
    read_board: Board,
    product: Any,
    now: datetime,
    bob: Any,
    alice: Any,
    logged_in: Any,
    django_assert_num_queries: Any,
) -> None:
    metric = metric_make(product)
    _contradicted(_goal(product, alice, metric, "more-trials", "More trials"), metric, alice)
    _releases(board, now, count=count // 2)
    _releases(read_board, now, count=count // 2, read_every=7, metric=metric)
    client = logged_in(bob)
    client.get(_url("product-flow"))

    with django_assert_num_queries(15):
        client.get(_url("product-flow"))
    with django_assert_num_queries(14):
        client.get(_url("team-flow", "onboarding"))
