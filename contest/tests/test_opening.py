"""A contest opens by itself on the streak, once, with its evidence frozen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from common.models import AuditEvent, OutboxMessage
from contest.models import Contest, Elector, Proposal
from contest.services import (
    contest_cancel,
    contest_open,
    contests_flag_changed,
    contests_open_due,
    decision_apply,
)
from contest.tests.factories import day, goal_missing
from strategy.errors import UnableToChangeGoalError
from strategy.models import QuarterResult
from strategy.services import (
    goal_exempt_quarter,
    goal_version_create,
    quarter_result_correct,
    quarters_evaluate,
)
from strategy.tests.factories import figures_record, target_make


def test_it_opens_at_the_third_miss_in_a_row(contest: Contest, goal: Any, now: datetime) -> None:
    assert contest.goal == goal
    assert contest.phase == Contest.Phase.PROPOSALS
    assert contest.first_missed_quarter.isoformat() == "2026-01-01"
    assert contest.opened_at == now
    assert contest.proposals_until == now + timedelta(days=14)


def test_it_does_not_open_at_two_misses(product: Any, alice: Any, now: datetime) -> None:
    goal_missing(product, alice, now=now, figures={"2026-Q1": 83.0})

    quarters_evaluate(now=now)

    assert contests_open_due(now=now) == []
    assert not Contest.objects.exists()


def test_it_waits_for_the_close_of_the_third_quarter(product: Any, alice: Any, now: datetime) -> None:
    goal_missing(product, alice, now=now)

    quarters_evaluate(now=day("2026-10-10"))
    assert not Contest.objects.exists()
    quarters_evaluate(now=day("2026-10-11"))

    assert Contest.objects.count() == 1


def test_the_window_policy_counts_three_of_the_last_four(
    product: Any, alice: Any, organisation: Any, now: datetime
) -> None:
    organisation.streak_policy = "window"
    organisation.save()
    figures = {"2025-Q4": 70.0, "2026-Q1": 70.0, "2026-Q2": 85.0, "2026-Q3": 70.0}
    goal_missing(product, alice, now=now, figures=figures)

    quarters_evaluate(now=now)

    contest = Contest.objects.get()
    assert contest.first_missed_quarter.isoformat() == "2025-10-01"
    assert [row["label"] for row in contest.evidence["quarters"] if row["missed"]] == [
        "Q4 2025",
        "Q1 2026",
        "Q3 2026",
    ]


def test_the_consecutive_policy_does_not(product: Any, alice: Any, now: datetime) -> None:
    figures = {"2025-Q4": 70.0, "2026-Q1": 70.0, "2026-Q2": 85.0, "2026-Q3": 70.0}
    goal_missing(product, alice, now=now, figures=figures)

    quarters_evaluate(now=now)

    assert not Contest.objects.exists()


def test_an_exempt_quarter_is_passed_over(
    product: Any, alice: Any, dana: Any, organisation: Any, now: datetime
) -> None:
    goal = goal_missing(product, alice, now=now, figures={"2025-Q4": 70.0})
    exempted = organisation.calendar.parse("2026-Q2")
    goal_exempt_quarter(
        goal=goal, quarter=exempted, actor=dana, reason="The meter stood still.", now=day("2026-05-04")
    )

    quarters_evaluate(now=now)

    missed = [row["label"] for row in Contest.objects.get().evidence["quarters"] if row["missed"]]
    assert missed == ["Q4 2025", "Q1 2026", "Q3 2026"]


def test_two_quarters_running_without_data_are_one_miss(product: Any, alice: Any, now: datetime) -> None:
    figures = {"2025-Q4": 70.0, "2026-Q1": None, "2026-Q2": None}
    goal_missing(product, alice, now=now, figures=figures)

    quarters_evaluate(now=now)

    contest = Contest.objects.get()
    assert [row["verdict"] for row in contest.evidence["quarters"] if row["missed"]] == [
        "missed",
        "no_data",
        "no_data",
        "missed",
    ]


def test_two_goals_in_one_night_open_two_contests(product: Any, alice: Any, now: datetime) -> None:
    goal_missing(product, alice, now=now)
    goal_missing(product, alice, now=now, key="revenue", title="Revenue grows")

    quarters_evaluate(now=now)

    assert Contest.objects.open().count() == 2


def test_opening_twice_opens_one(contest: Contest, goal: Any, now: datetime) -> None:
    messages = OutboxMessage.objects.count()

    assert contest_open(goal=goal, now=now) is None
    assert contests_open_due(now=now + timedelta(days=1)) == []
    quarters_evaluate(now=now)

    assert Contest.objects.count() == 1
    assert Proposal.objects.filter(kind="keep").count() == 1
    assert OutboxMessage.objects.count() == messages


def test_the_check_makes_good_what_the_signal_missed(
    product: Any, alice: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    goal_missing(product, alice, now=now)
    with monkeypatch.context() as patch:
        patch.setattr("contest.receivers.contest_open", _fail)
        quarters_evaluate(now=now)

    assert QuarterResult.objects.filter(provisional=False).exists()
    assert len(contests_open_due(now=now)) == 1


def _fail(**kwargs: Any) -> None:
    raise RuntimeError("broken")


def test_a_retired_goal_opens_none(product: Any, alice: Any, now: datetime) -> None:
    goal = goal_missing(product, alice, now=now)
    goal.state = "retired"
    goal.retired_at = now
    goal.save()

    assert contest_open(goal=goal, now=now) is None


def test_members_but_viewers_make_the_electorate(
    product: Any, alice: Any, bob: Any, erin: Any, charlie: Any, dana: Any, contest: Contest
) -> None:
    assert set(Elector.objects.filter(contest=contest).values_list("user__email", flat=True)) == {
        "alice@example.com",
        "erin@example.com",
    }


def test_every_member_is_told_once_and_the_opening_is_in_the_audit_trail(
    erin: Any, bob: Any, charlie: Any, contest: Contest
) -> None:
    mails = OutboxMessage.objects.filter(dedupe_key__startswith=f"contest-opened:{contest.pk}:")

    assert sorted(mail.payload["to"][0] for mail in mails) == [
        "alice@example.com",
        "bob@example.com",
        "erin@example.com",
    ]
    assert "/p/fieldnote/contests/" in mails[0].payload["text"]
    assert (
        AuditEvent.objects.filter(subject=f"contest.contest:{contest.pk}", action="contest opened").count()
        == 1
    )


def test_keep_as_it_is_is_an_entry(contest: Contest) -> None:
    keep = Proposal.objects.get(contest=contest)

    assert keep.kind == "keep"
    assert keep.state == "proposed"


def test_the_pack_holds_the_figures_as_they_were(
    contest: Contest, goal: Any, dana: Any, now: datetime
) -> None:
    before = contest.evidence

    assert before["schema"] == 1
    assert before["goal"]["title"] == "Customers stay"
    assert [row["quarter"] for row in before["quarters"]] == ["2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3"]
    assert [(row["actual"], row["target"]) for row in before["quarters"] if row["missed"]] == [
        (80.6, 82.0),
        (79.7, 84.0),
        (78.9, 86.0),
    ]
    assert before["mappings"] == before["work"] == before["earlier"] == []

    _correct(goal, dana, now, "2026-07-01", 78.0)
    contest.refresh_from_db()

    assert contest.evidence == before


def _correct(goal: Any, dana: Any, now: datetime, start: str, actual: float) -> None:
    row = goal.results.current().get(quarter_start=start)
    quarter_result_correct(result=row, actor=dana, reason="The export was wrong.", now=now, actual=actual)


def test_a_correction_flags_the_open_contest_and_never_closes_it(
    contest: Contest, goal: Any, dana: Any, now: datetime
) -> None:
    _correct(goal, dana, now, "2026-07-01", 90.0)

    contest.refresh_from_db()
    assert contest.data_changed
    assert contest.is_open
    assert contests_flag_changed(now=now) == []


def test_a_cancelled_contest_does_not_open_again_while_nothing_is_repaired(
    contest: Contest, goal: Any, dana: Any, now: datetime
) -> None:
    contest_cancel(
        contest=contest, actor=dana, reason="The import was wrong.", expected_version=None, now=now
    )

    assert contests_open_due(now=now + timedelta(days=1)) == []


def test_repaired_results_are_judged_afresh(contest: Contest, goal: Any, dana: Any, now: datetime) -> None:
    contest_cancel(
        contest=contest, actor=dana, reason="The import was wrong.", expected_version=None, now=now
    )

    _correct(goal, dana, now, "2026-07-01", 85.0)
    again = Contest.objects.open().get(goal=goal)

    assert again.pk != contest.pk
    assert again.evidence["earlier"][0]["standing"] == "cancelled"
    assert [row["actual"] for row in again.evidence["quarters"] if row["missed"]] == [80.6, 79.7, 85.0]


def test_a_repair_that_ends_the_streak_opens_none(
    contest: Contest, goal: Any, dana: Any, now: datetime
) -> None:
    contest_cancel(
        contest=contest, actor=dana, reason="The import was wrong.", expected_version=None, now=now
    )

    _correct(goal, dana, now, "2026-07-01", 95.0)

    assert not Contest.objects.open().exists()


def test_after_a_decision_three_new_misses_are_needed(
    contest: Contest, goal: Any, alice: Any, now: datetime
) -> None:
    keep = contest.proposals.get(kind="keep")
    decision_apply(contest=contest, proposal=keep, actor=alice, reason="The bet needs time.", now=now)
    figures_record(
        goal.current.metric, {"2026-Q4": 60.0, "2027-Q1": 60.0, "2027-Q2": 60.0}, day("2027-07-20")
    )

    quarters_evaluate(now=day("2027-04-20"))
    assert Contest.objects.count() == 1
    quarters_evaluate(now=day("2027-07-20"))

    second = Contest.objects.open().get(goal=goal)
    assert second.first_missed_quarter.isoformat() == "2026-10-01"
    assert second.evidence["earlier"][0]["standing"] == "kept"


def test_what_the_goal_measures_is_not_edited_while_a_contest_is_open(
    contest: Contest, goal: Any, alice: Any, now: datetime
) -> None:
    with pytest.raises(UnableToChangeGoalError, match="A contest is open"):
        goal_version_create(
            goal=goal,
            changes={"targets": [target_make("2027-Q1", 50.0)]},
            actor=alice,
            reason="Easier.",
            now=now,
        )

    version = goal_version_create(
        goal=goal, changes={"bet": "Another word."}, actor=alice, reason="Clearer.", now=now
    )
    assert version.bet == "Another word."
