"""The nightly check, its command, and the evidence that reaches into other apps."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.urls import reverse

from common import jobs
from common.models import JobRun
from contest.models import Contest
from contest.selectors import contests_news, contests_open_count
from contest.tasks import contest_check_due
from contest.tests.factories import goal_missing, proposal_make
from roadmap.models import Board, Card, CardMove, Column, Connection, Stage
from strategy.services import quarters_evaluate
from strategy.tests.factories import mapping_make, metric_make


def test_the_check_is_due_once_a_night_in_the_organisations_zone(organisation: Any, now: datetime) -> None:
    organisation.time_zone = "America/New_York"
    organisation.save()

    before, after = contest_check_due(now.replace(hour=9, minute=0)), contest_check_due(now.replace(hour=10))

    assert [due.period for due in before] == ["2026-11-17"]
    assert [due.period for due in after] == ["2026-11-18"]


def test_the_job_opens_what_is_due_and_says_so(
    product: Any, alice: Any, now: datetime, monkeypatch: Any
) -> None:
    goal_missing(product, alice, now=now)
    with monkeypatch.context() as patch:
        patch.setattr("contest.receivers.contest_open", lambda **kwargs: None)
        quarters_evaluate(now=now)

    runs = jobs.jobs_work(now=now, kinds=["contest_check"])

    assert [(run.state, run.result["opened"]) for run in runs] == [(JobRun.State.DONE, 1)]
    assert jobs.jobs_work(now=now + timedelta(minutes=1), kinds=["contest_check"]) == []


def test_the_command_runs_twice_without_harm(contest: Contest, frozen_today: Any) -> None:
    out = StringIO()

    call_command("check_contests", stdout=out)
    call_command("check_contests", stdout=out)

    assert out.getvalue().splitlines() == ["Opened 0, flagged 0, carried out 0, follow-ups told 0."] * 2


def test_counts_and_news_name_the_open_contest(contest: Contest, product: Any, now: datetime) -> None:
    news = contests_news(product, now=now)

    assert contests_open_count(product) == 1
    assert [(item.title, item.standing, item.days_left) for item in news] == [
        ("Customers stay", "proposals", 14)
    ]
    assert contests_news(product, now=now + timedelta(days=15))[0].words == (
        "Waits for a product manager to choose an entry"
    )


def test_the_overview_tells_of_no_draft(
    logged_in: Any, alice: Any, erin: Any, contest: Contest, now: datetime, frozen_today: Any
) -> None:
    proposal_make(contest, erin, now=now, title="A secret thought", draft=True)

    body = logged_in(alice).get(reverse("overview", args=["fieldnote"])).content.decode()

    assert "A secret thought" not in body
    assert "proposal drafted" not in body


def test_the_pack_names_the_work_shipped_in_the_missed_quarters(
    product: Any, team: Any, alice: Any, now: datetime
) -> None:
    goal = goal_missing(product, alice, now=now)
    activation = metric_make(product, key="activation", kind="outcome")
    mapping_make(goal, activation, alice)
    column = _released_column(product, team)
    _shipped(column, "A-1", activation, datetime.fromisoformat("2026-05-04T10:00:00+00:00"))
    _shipped(column, "A-2", activation, datetime.fromisoformat("2025-11-04T10:00:00+00:00"))
    _shipped(column, "A-3", metric_make(product, key="other", kind="outcome"), now - timedelta(days=100))

    quarters_evaluate(now=now)

    work = Contest.objects.get().evidence["work"]
    assert [(card["key"], card["stage"], card["on"]) for card in work] == [("A-1", "released", "2026-05-04")]
    assert (work[0]["team"], work[0]["metric"]["key"]) == ("Onboarding", "activation")


def _released_column(product: Any, team: Any) -> Column:
    connection = Connection.objects.create(product=product, kind="upload", name="Files")
    board = Board.objects.create(connection=connection, team=team, external_id="1", name="Onboarding board")
    return Column.objects.create(board=board, external_id="7", name="Released", stage=Stage.RELEASED)


def _shipped(column: Column, key: str, metric: Any, at: datetime) -> None:
    card = Card.objects.create(
        board=column.board,
        identity=key,
        external_id=key,
        key=key,
        title=f"Card {key}",
        column=column,
        metric=metric,
        first_seen_at=at,
    )
    CardMove.objects.create(card=card, to_column=column, to_raw="Released", at=at, source="reported")
