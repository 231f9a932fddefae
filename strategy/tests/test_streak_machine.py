"""Random lives of a goal, compared with a plain oracle: hits, misses, gaps, exemptions, corrections, decisions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from common.quarters import FiscalCalendar
from common.testing.fixtures import person_create
from strategy.content import TargetContent
from strategy.services import (
    goal_exempt_quarter,
    goal_streak_restart,
    quarter_result_correct,
    quarters_evaluate,
)
from strategy.tests.factories import figures_record, goal_make, metric_make
from teams.models import Organisation, Product

UTC = ZoneInfo("UTC")
CALENDAR = FiscalCalendar()
QUARTERS = 24
VALUES = {"M": 20.0, "X": 1.0, "?": None}


def oracle(letters: str) -> int:
    """Misses in a row at the end: exempt quarters are as if they had not been, two gaps running are one miss."""
    events, gap = "", False
    for letter in letters.replace("E", ""):
        if letter == "?":
            events += "X" if gap else ""
            gap = not gap
        else:
            events, gap = events + letter, False
    return len(events) - len(events.rstrip("X"))


class StreakMachine(RuleBasedStateMachine):
    """A goal that lives quarter by quarter."""

    count = 0

    @initialize()
    def start(self) -> None:
        Organisation.objects.update_or_create(pk=1, defaults={"name": "Example"})
        product, _ = Product.objects.get_or_create(slug="machine", defaults={"name": "Machine"})
        type(self).count += 1
        self.person = person_create(f"person{self.count}")
        self.metric = metric_make(product, key=f"machine-{self.count}")
        first = CALENDAR.parse("2018-Q1")
        targets = [TargetContent(q.start, q.end, 10.0) for q in (first.shift(i) for i in range(QUARTERS))]
        self.goal = goal_make(
            product,
            self.person,
            metric=self.metric,
            contents=targets,
            title=f"Machine {self.count}",
            since=datetime(2018, 1, 1, tzinfo=UTC),
        )
        self.quarter = first
        self.letters: list[str] = []
        self.restarted = 0

    def close(self, letter: str) -> datetime:
        now = datetime(self.quarter.end.year, self.quarter.end.month, 12, tzinfo=UTC)
        value = VALUES.get(letter)
        if value is not None:
            figures_record(self.metric, [(self.quarter.end - timedelta(days=9), value)], now)
        quarters_evaluate(now=now, goals=[self.goal])
        self.letters.append(letter)
        self.quarter = self.quarter.next
        return now

    def check(self) -> None:
        closed = self.goal.results.current().filter(provisional=False).order_by("quarter_start")
        streaks = [row.streak for row in closed][self.restarted :]
        letters = "".join(self.letters[self.restarted :])
        assert streaks == [oracle(letters[: index + 1]) for index in range(len(letters))]

    @precondition(lambda self: len(self.letters) < QUARTERS - 2)
    @rule(letter=st.sampled_from("MXX?"))
    def quarter_closes(self, letter: str) -> None:
        self.now = self.close(letter)
        self.check()

    @precondition(lambda self: len(self.letters) > self.restarted)
    @rule(data=st.data(), letter=st.sampled_from("MX"))
    def a_result_is_corrected(self, data, letter: str) -> None:
        index = data.draw(st.integers(self.restarted, len(self.letters) - 1))
        closed = self.goal.results.current().filter(provisional=False).order_by("quarter_start")
        quarter_result_correct(
            result=closed[index], actor=self.person, reason="So.", now=self.now, actual=VALUES[letter]
        )
        self.letters[index] = letter
        self.check()

    @precondition(lambda self: "X" in self.letters[self.restarted :])
    @rule()
    def a_miss_is_exempted(self) -> None:
        index = self.letters.index("X", self.restarted)
        quarter = CALENDAR.parse("2018-Q1").shift(index)
        goal_exempt_quarter(goal=self.goal, quarter=quarter, actor=self.person, reason="So.", now=self.now)
        self.letters[index] = "E"
        self.check()

    @precondition(lambda self: len(self.letters) > self.restarted)
    @rule()
    def a_contest_is_decided(self) -> None:
        goal_streak_restart(goal=self.goal, now=self.now)
        self.goal.refresh_from_db()
        self.restarted = len(self.letters)

    @precondition(lambda self: bool(self.letters))
    @rule()
    def it_is_evaluated_again(self) -> None:
        assert not quarters_evaluate(now=self.now, goals=[self.goal]).changed


class TestStreakMachine(TestCase, StreakMachine.TestCase):  # type: ignore[valid-type,misc] # hypothesis makes it
    """Runs the machine with the database of a test."""

    settings: Any = settings(
        max_examples=10,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
