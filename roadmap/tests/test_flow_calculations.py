"""Ways of cards, times between their stages, weekly figures, and effort by belief, on cards made by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from roadmap.boards.stages import (
    DISCARDED,
    IN_PROGRESS,
    IN_VALIDATION,
    PRIORITISED,
    RELEASED,
    TO_BUILD,
    TO_DESIGN,
    VERIFIED,
)
from roadmap.calculations.flow_effort import Belief, EffortCard, effort_by_belief
from roadmap.calculations.flow_history import CardFacts, Entry, Span, StageMove, history_read, reached
from roadmap.calculations.flow_times import Days, Measure, Timing, age, percentile, summary, timing
from roadmap.calculations.flow_weeks import Way, cutoffs_before, diagram, release_weeks

START = datetime(2026, 9, 7, 6, tzinfo=UTC)  # a Monday


def day(number: float) -> datetime:
    """So many days after the start."""
    return START + timedelta(days=number)


def told(at: float, source: str | None, target: str) -> StageMove:
    """A move that the tool reported."""
    return StageMove(day(at), None, source, target)


def seen(before: float, at: float, source: str, target: str) -> StageMove:
    """A move that was seen between two reads."""
    return StageMove(day(at), day(before), source, target)


def way(*moves: StageMove, stage: str = "", created: float | None = 0, first_seen: float = 0, whole: bool = True,
        column: str | None = None, closed: float | None = None, watched: float | None = None) -> tuple[Entry, ...]:  # fmt: skip
    """The way of a card whose tool tells all of it, unless said otherwise."""
    stage = stage or moves[-1].to_stage
    facts = CardFacts(
        stage=stage,
        column_stage=stage if column is None else column,
        first_seen_at=day(first_seen),
        created_at=None if created is None else day(created),
        column_since=moves[-1].at if moves else day(first_seen),
        closed_at=None if closed is None else day(closed),
        told_whole=whole,
        watched_since=None if watched is None else day(watched),
    )
    return history_read(facts, moves)


def days_of(history: tuple[Entry, ...], measure: Measure) -> Days | None:
    found = timing(history, measure)
    return found.days if found else None


class TestTheWayOfACard:
    def test_it_begins_in_its_first_column_when_it_was_created(self) -> None:
        assert way(told(5, PRIORITISED, TO_DESIGN)) == (
            Entry(PRIORITISED, Span(day(0), day(0))),
            Entry(TO_DESIGN, Span(day(5), day(5))),
        )

    def test_a_card_seen_late_came_there_some_time_since_its_creation(self) -> None:
        [entry] = way(stage=IN_PROGRESS, created=-30, first_seen=0, whole=False)

        assert entry == Entry(IN_PROGRESS, Span(day(-30), day(0)), already_there=True)

    def test_a_card_made_while_its_board_was_read_is_new_there(self) -> None:
        [entry] = way(stage=RELEASED, created=3, first_seen=7, whole=False, watched=0)

        assert entry == Entry(RELEASED, Span(day(3), day(7)), already_there=False)

    def test_nobody_knows_since_when_without_a_creation(self) -> None:
        [entry] = way(stage=IN_PROGRESS, created=None, whole=False)

        assert entry.span == Span(None, day(0))

    def test_a_move_between_columns_of_one_stage_enters_nothing(self) -> None:
        history = way(told(3, TO_BUILD, IN_PROGRESS), told(4, IN_PROGRESS, IN_PROGRESS))

        assert [entry.stage for entry in history] == [TO_BUILD, IN_PROGRESS]

    def test_a_step_that_was_not_told_lies_between_its_neighbours(self) -> None:
        history = way(told(2, PRIORITISED, TO_DESIGN), told(9, IN_PROGRESS, RELEASED))

        assert history[2] == Entry(IN_PROGRESS, Span(day(2), day(9)))

    def test_a_last_move_alone_leaves_its_origin_open(self) -> None:
        history = way(told(9, None, RELEASED), first_seen=20, whole=False)

        assert [entry.stage for entry in history] == ["", RELEASED]
        assert history[0].already_there

    def test_a_card_closed_by_its_tool_is_released_from_then_on(self) -> None:
        history = way(stage=RELEASED, column=TO_BUILD, closed=6)

        assert history[-1] == Entry(RELEASED, Span(day(6), day(6)))

    def test_a_card_closed_before_it_was_seen_at_no_known_time_was_there_already(self) -> None:
        history = way(stage=RELEASED, column=TO_BUILD, created=-9, whole=False)

        assert history[-1] == Entry(RELEASED, Span(day(-9), day(0)), already_there=True)

    def test_no_step_is_before_the_one_before_it(self) -> None:
        history = way(told(5, PRIORITISED, TO_BUILD), stage=RELEASED, column=TO_BUILD, closed=2)

        assert history[-1].span == Span(day(5), day(5))

    def test_skipping_a_stage_reaches_it(self) -> None:
        entry = reached(way(told(4, PRIORITISED, IN_PROGRESS)), TO_DESIGN)

        assert entry is not None
        assert entry.stage == IN_PROGRESS


class TestTheTimes:
    def test_reported_moves_give_one_time(self) -> None:
        history = way(
            told(5, PRIORITISED, TO_DESIGN), told(15, TO_DESIGN, RELEASED), told(43, RELEASED, VERIFIED)
        )

        assert days_of(history, Measure.EVALUATION) == Days(5, 5)
        assert days_of(history, Measure.FIRST_RELEASE) == Days(10, 10)
        assert days_of(history, Measure.SATISFIED) == Days(38, 38)

    def test_observed_moves_give_the_shortest_and_the_longest(self) -> None:
        history = way(seen(0, 7, PRIORITISED, TO_BUILD), seen(21, 28, TO_BUILD, RELEASED))

        assert days_of(history, Measure.FIRST_RELEASE) == Days(14, 28)

    def test_a_card_that_goes_back_is_timed_by_its_first_entries(self) -> None:
        history = way(
            told(2, PRIORITISED, TO_BUILD),
            told(4, TO_BUILD, PRIORITISED),
            told(8, PRIORITISED, TO_BUILD),
            told(12, TO_BUILD, RELEASED),
            told(13, RELEASED, IN_PROGRESS),
            told(20, IN_PROGRESS, RELEASED),
        )

        assert days_of(history, Measure.EVALUATION) == Days(2, 2)
        assert days_of(history, Measure.FIRST_RELEASE) == Days(10, 10)

    def test_being_discarded_ends_an_evaluation(self) -> None:
        history = way(told(6, IN_VALIDATION, DISCARDED))

        assert days_of(history, Measure.EVALUATION) == Days(6, 6)
        assert timing(history, Measure.FIRST_RELEASE) is None

    def test_a_card_under_way_has_no_time_yet(self) -> None:
        assert timing(way(told(2, PRIORITISED, IN_PROGRESS)), Measure.FIRST_RELEASE) is None

    def test_a_reported_jump_over_both_stages_is_no_time(self) -> None:
        found = timing(way(told(6, IN_VALIDATION, RELEASED)), Measure.FIRST_RELEASE)

        assert found is not None
        assert found.days is None

    def test_a_jump_seen_between_two_reads_took_at_most_the_time_between_them(self) -> None:
        assert days_of(way(seen(7, 14, IN_VALIDATION, RELEASED)), Measure.FIRST_RELEASE) == Days(0, 7)

    def test_a_start_that_nobody_saw_leaves_the_longest_open(self) -> None:
        history = way(told(9, IN_PROGRESS, RELEASED), created=None, first_seen=4, whole=False)

        assert days_of(history, Measure.FIRST_RELEASE) == Days(5, None)

    def test_a_card_seen_in_the_flow_took_at_least_since_then_and_at_most_since_its_creation(self) -> None:
        history = way(seen(14, 21, IN_PROGRESS, RELEASED), created=-20, whole=False)

        assert days_of(history, Measure.FIRST_RELEASE) == Days(14, 41)

    def test_age_is_between_its_ends(self) -> None:
        assert age(Span(day(0), day(7)), day(30)) == Days(23, 30)
        assert age(Span(None, day(7)), day(30)) == Days(23, None)


class TestPercentiles:
    def test_they_are_of_the_nearest_rank(self) -> None:
        days = [Days(n, n) for n in (1, 2, 3, 4, 100)]

        assert percentile(days, 0.5) == Days(3, 3)
        assert percentile(days, 0.85) == Days(100, 100)

    def test_shortest_and_longest_ends_enclose_the_true_one(self) -> None:
        days = [Days(1, 8), Days(2, 3), Days(5, None)]

        assert percentile(days, 0.5) == Days(2, 8)
        assert percentile(days, 0.85) == Days(5, None)

    def test_there_is_none_of_nothing(self) -> None:
        with pytest.raises(ValueError, match="no percentile"):
            percentile([], 0.5)

    def _timings(self, count: int) -> list[Timing | None]:
        return [
            timing(way(told(1, TO_BUILD, IN_PROGRESS), told(2 + n, IN_PROGRESS, RELEASED)), Measure.FIRST_RELEASE)
            for n in range(count)
        ]  # fmt: skip

    def test_five_cards_are_needed(self) -> None:
        few = summary(self._timings(4), since=day(0), until=day(90))
        enough = summary(self._timings(5), since=day(0), until=day(90))

        assert (few.half, few.most, few.least, few.greatest) == (None, None, Days(2, 2), Days(5, 5))
        assert (enough.half, enough.most) == (Days(4, 4), Days(6, 6))

    def test_only_what_ended_in_the_period_counts(self) -> None:
        assert summary(self._timings(5), since=day(4), until=day(6)).count == 2

    def test_what_stood_at_the_end_when_first_seen_is_left_out(self) -> None:
        found = timing(way(stage=RELEASED, created=-9, whole=False), Measure.FIRST_RELEASE)

        assert summary([found], since=day(-30), until=day(30)).unmeasured == 0

    def test_what_came_to_the_end_without_a_time_is_told(self) -> None:
        jumped = timing(way(told(6, IN_VALIDATION, RELEASED)), Measure.FIRST_RELEASE)
        spread = timing(way(seen(7, 14, IN_VALIDATION, RELEASED)), Measure.FIRST_RELEASE)
        found = summary([jumped, spread], since=day(0), until=day(30))

        assert (found.count, found.unmeasured, found.spread) == (1, 1, 1)


class TestWeeks:
    CUTOFFS = cutoffs_before(day(21), 3)

    def test_cut_offs_keep_their_hour_when_the_clock_changes(self) -> None:
        last = datetime(2026, 10, 26, 6, tzinfo=ZoneInfo("Europe/Vienna"))

        assert [at.isoformat() for at in cutoffs_before(last, 1)] == [
            "2026-10-19T06:00:00+02:00",
            "2026-10-26T06:00:00+01:00",
        ]

    def test_a_release_counts_in_its_week_and_an_observed_one_in_the_middle(self) -> None:
        ways = [
            Way(way(told(8, IN_PROGRESS, RELEASED))),
            Way(way(seen(6.9, 13.9, IN_PROGRESS, RELEASED))),
            Way(way(told(22, IN_PROGRESS, RELEASED))),
        ]
        weeks = release_weeks(ways, cutoffs=self.CUTOFFS, now=day(23), known_since=None)

        assert [(week.exact, week.between_reads) for week in weeks] == [(0, 0), (1, 1), (0, 0), (1, 0)]
        assert [week.running for week in weeks] == [False, False, False, True]

    def test_a_second_release_of_a_card_counts_no_more(self) -> None:
        again = way(
            told(1, IN_PROGRESS, RELEASED), told(9, RELEASED, IN_PROGRESS), told(16, IN_PROGRESS, RELEASED)
        )
        weeks = release_weeks([Way(again)], cutoffs=self.CUTOFFS, now=day(23), known_since=None)

        assert [week.count for week in weeks] == [1, 0, 0, 0]

    def test_a_card_first_seen_released_is_in_no_week(self) -> None:
        there = way(stage=RELEASED, created=2, first_seen=9, whole=False)
        weeks = release_weeks([Way(there)], cutoffs=self.CUTOFFS, now=day(23), known_since=day(9))

        assert [week.count for week in weeks] == [0, 0, 0, 0]

    def test_a_week_before_the_first_read_is_unknown_and_not_empty(self) -> None:
        weeks = release_weeks([], cutoffs=self.CUTOFFS, now=day(23), known_since=day(9))

        assert [week.known for week in weeks] == [False, True, True, True]


class TestTheDiagram:
    MOMENTS = [day(0), day(7), day(14), day(21)]

    def test_it_counts_cards_by_roadmap_column_at_each_moment(self) -> None:
        ways = [
            Way(way(told(5, PRIORITISED, IN_PROGRESS), told(12, IN_PROGRESS, RELEASED))),
            Way(way(told(9, IN_VALIDATION, TO_DESIGN), created=3, first_seen=3)),
        ]

        assert [point.counts for point in diagram(ways, moments=self.MOMENTS)] == [
            [1, 0, 0, 0, 0],
            [0, 1, 1, 0, 0],
            [0, 0, 1, 1, 0],
            [0, 0, 1, 1, 0],
        ]

    def test_work_released_before_it_begins_stays_out_until_it_comes_back(self) -> None:
        old = way(told(-9, IN_PROGRESS, RELEASED), created=-20)
        back = way(told(-9, IN_PROGRESS, RELEASED), told(8, RELEASED, IN_PROGRESS), told(16, IN_PROGRESS, RELEASED),
                   created=-20)  # fmt: skip
        seen_late = way(stage=RELEASED, created=1, first_seen=9, whole=False)
        points = diagram([Way(old), Way(back), Way(seen_late)], moments=self.MOMENTS)

        assert [point.counts[2:4] for point in points] == [[0, 0], [0, 0], [1, 0], [0, 1]]

    def test_discarded_work_and_work_that_left_its_board_leave_it(self) -> None:
        discarded = Way(way(told(8, IN_VALIDATION, DISCARDED)))
        gone = Way(way(stage=IN_VALIDATION), left_at=day(10))
        archived = Way(way(told(8, IN_PROGRESS, RELEASED)), left_at=day(10))
        points = diagram([discarded, gone, archived], moments=self.MOMENTS)

        assert [sum(point.counts) for point in points] == [3, 3, 1, 1]
        assert points[-1].counts == [0, 0, 0, 1, 0]

    def test_it_says_how_many_cards_lay_between_two_reads(self) -> None:
        late = Way(way(seen(6, 15, IN_VALIDATION, TO_BUILD)))
        points = diagram([late], moments=self.MOMENTS)

        assert [point.uncertain for point in points] == [0, 1, 1, 0]
        assert [point.counts[1] for point in points] == [1, 1, 0, 0]

    def test_a_fresh_read_is_certain(self) -> None:
        read_weekly = Way(way(seen(6.9, 13.9, IN_VALIDATION, TO_BUILD)))

        def uncertain(hours: int) -> list[int]:
            points = diagram([read_weekly], moments=self.MOMENTS, fresh_for=timedelta(hours=hours))
            return [point.uncertain for point in points]

        assert uncertain(48) == [0, 0, 0, 0]
        assert uncertain(1) == [0, 1, 0, 0]

    def test_it_needs_a_moment(self) -> None:
        with pytest.raises(ValueError, match="needs a moment"):
            diagram([], moments=[])


class TestEffortByBelief:
    def test_a_card_counts_once_for_each_goal_and_each_verdict_of_its_metric(self) -> None:
        beliefs = [
            Belief(1, 10, "supported"),
            Belief(2, 10, "contradicted", "opposite"),
            Belief(2, 11, "contradicted", "opposite"),
        ]
        effort = effort_by_belief(
            [EffortCard(10, in_hand=True, released=False), EffortCard(11, in_hand=False, released=True)],
            goals=[1, 2],
            beliefs=beliefs,
        )

        assert {goal: (row.in_hand, row.released) for goal, row in effort.goals.items()} == {
            1: (1, 0),
            2: (1, 1),
        }
        assert effort.verdicts["contradicted", "opposite"].total == 2
        assert effort.verdicts["supported", ""].total == 1
        assert effort.total.total == 2

    def test_work_on_no_goal_and_goals_without_work_are_told(self) -> None:
        effort = effort_by_belief(
            [EffortCard(None, in_hand=True, released=False), EffortCard(99, in_hand=True, released=False)],
            goals=[1],
            beliefs=[Belief(1, 10)],
        )

        assert (effort.no_metric.total, effort.no_goal.total) == (1, 1)
        assert effort.idle_goals == [1]
