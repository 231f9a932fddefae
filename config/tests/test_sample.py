"""The sample organisation shows every case, is built by the app's own services, and leaves without a trace."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from common.models import OutboxMessage
from config.sample.build import Sample, sample_create
from config.sample.removal import sample_remove
from contest.models import Contest, Proposal
from metrics.models import Event, Metric, Observation, Target
from metrics.services.metrics import metric_create
from metrics.services.observations import observations_record_pairs
from roadmap.models import Edition, EditionCard
from strategy.models import Explanation, Forecast, Insight, Mapping, MappingReview, QuarterResult
from strategy.selectors.reviews import reviews_due
from teams.models import Product, User

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=ZoneInfo("UTC"))


@pytest.fixture
def sample(db: None) -> Sample:
    return sample_create(now=NOW)


def _counts() -> dict[str, int]:
    """How many rows each table of the project holds."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.app_label in {"teams", "metrics", "strategy", "roadmap", "contest", "common"}
    }


def test_its_newest_closed_quarter_shows_each_of_the_four_cases(sample: Sample) -> None:
    newest = sample.quarters[7]

    cases = {
        key: QuarterResult.objects.current().get(goal=goal, quarter_start=newest.start).case
        for key, goal in sample.goals.items()
    }

    assert cases == {
        "customers-grow": "working",
        "more-trials-pay": "assumption_broken",
        "fewer-accounts-leave": "moved_by_something_else",
        "get-paid-online": "execution_or_strategy",
        "win-larger-trades": "assumption_broken",
    }


def test_its_past_forecasts_are_computed_and_scored(sample: Sample) -> None:
    record = Forecast.objects.recorded()

    # Six a quarter, for four closed quarters, of five goals and eleven team targets.
    assert record.count() == 4 * 6 * (len(sample.goals) + 11)
    assert not record.filter(brier=None).exists()
    assert set(record.values_list("quarter_start", flat=True)) == {
        span.start for span in sample.quarters[4:8]
    }


def test_each_of_its_goals_has_todays_chance(sample: Sample) -> None:
    today = Forecast.objects.current().filter(made_on=sample.today)

    assert {row.goal_id for row in today if row.chance} >= {goal.pk for goal in sample.goals.values()}


def test_it_has_a_goal_one_miss_away_from_a_contest_and_one_with_its_contest_open(sample: Sample) -> None:
    newest = sample.quarters[7]

    streaks = {
        key: QuarterResult.objects.current().get(goal=goal, quarter_start=newest.start).streak
        for key, goal in sample.goals.items()
    }

    assert (streaks["more-trials-pay"], streaks["win-larger-trades"]) == (2, 3)
    contest = Contest.objects.open().get()
    assert contest.goal == sample.goals["win-larger-trades"]
    assert set(contest.proposals.values_list("kind", flat=True)) == {
        "revise_target",
        "change_mappings",
        Proposal.Kind.KEEP,
    }


def test_a_contest_of_the_past_was_decided_and_changed_its_goal(sample: Sample) -> None:
    contest = Contest.objects.get(phase=Contest.Phase.DECIDED)

    assert (contest.goal, contest.outcome) == (sample.goals["get-paid-online"], Contest.Outcome.ADOPTED)
    assert contest.applied_version is not None
    assert contest.applied_version.effective_from == sample.quarters[4].start


def test_eight_quarters_of_every_goal_are_closed(sample: Sample) -> None:
    closed = QuarterResult.objects.current().filter(provisional=False)

    assert {goal: closed.filter(goal=goal).count() for goal in sample.goals.values()} == dict.fromkeys(
        sample.goals.values(), 8
    )


def test_people_have_added_what_the_figures_do_not_say(sample: Sample) -> None:
    newest = {
        review.mapping.metric.key: review.outcome
        for review in MappingReview.objects.select_related("mapping__metric")
    }
    today = sample.organisation.today(NOW)
    beliefs = list(Mapping.objects.active().filter(goal__product=sample.product))
    for belief in beliefs:
        belief.current = belief.versions.latest("number")

    due = reviews_due(mappings=beliefs, today=today)

    assert newest == {"recurring-jobs": "keep", "offline-sync": "adjust", "multi-crew-boards": "keep"}
    assert set(Insight.objects.values_list("stance", flat=True)) == {"for", "against", "neutral"}
    assert Event.objects.filter(set_aside=True).count() == 2
    assert Explanation.objects.exclude(event=None).count() == 2
    kept = MappingReview.objects.get(mapping__metric__key="multi-crew-boards")
    assert kept.verdict is not None
    assert kept.verdict.reason == "opposite"  # what was stated on the day
    assert "multi-crew-boards" in {belief.metric.key for belief in beliefs if belief.pk in due}


def test_its_boards_have_made_five_weekly_editions_with_differences(sample: Sample) -> None:
    editions = list(Edition.objects.filter(product=sample.product).order_by("iso_year", "iso_week"))

    assert len(editions) == 5
    assert EditionCard.objects.filter(edition=editions[-1]).count() > 25
    assert editions[-1].difference["new"]


def test_it_sends_nothing_about_the_past(sample: Sample) -> None:
    assert not OutboxMessage.objects.exists()


def test_it_gives_one_login_a_role_in_a_file_that_only_its_owner_reads(sample: Sample) -> None:
    path = settings.VAR_DIR / "sample-logins.json"

    if not settings.EMBEDDED:
        assert not path.exists()
        return
    logins = json.loads(path.read_text())
    assert logins[0]["role"] == "Product manager"
    assert path.stat().st_mode & 0o077 == 0
    assert all(User.objects.get(email=login["email"]).check_password(login["password"]) for login in logins)


def test_it_gives_nobody_a_password_where_a_real_database_is_named(db: None, settings: Any) -> None:
    settings.EMBEDDED = False

    sample_create(now=NOW)

    assert not any(user.has_usable_password() for user in User.objects.filter(is_sample=True))


def test_removing_it_leaves_exactly_what_was_there_before(
    product: Product, alice: Any, metric_rows: int
) -> None:
    before = _counts()

    sample_create(now=NOW)
    sample_remove(actor=None)

    assert _counts() == before
    assert Observation.objects.count() == metric_rows


@pytest.fixture
def metric_rows(product: Any, alice: Any) -> int:
    """A metric of a real product with two figures; returns how many there are."""
    metric = metric_create(product=product, actor=alice, name="Real metric")
    observations_record_pairs(
        metric=metric, pairs=[(date(2026, 11, 5), 1.0), (date(2026, 11, 12), 2.0)], actor=alice, now=NOW
    )
    return 2


def test_removing_it_keeps_the_account_of_whoever_asks(sample: Sample) -> None:
    admin = sample.people["admin"]

    removal = sample_remove(actor=admin)

    assert removal.kept == (str(admin),)
    assert list(User.objects.all()) == [admin]
    assert not Metric.objects.exists()
    assert not Target.objects.exists()


def test_it_is_made_only_once(sample: Sample) -> None:
    with pytest.raises(CommandError, match="here already"):
        call_command("sample_create", verbosity=0)


def test_an_admin_removes_it_with_one_click(dana: Any, sample: Sample, logged_in: Any) -> None:
    client = logged_in(dana)

    page = client.get("/settings/sample/")
    answer = client.post("/settings/sample/remove/")

    assert "The sample organisation is here." in page.text
    assert answer.status_code == 302
    assert not Product.objects.filter(is_sample=True).exists()


@pytest.mark.parametrize("today", ["2026-01-05", "2026-02-28", "2026-03-31", "2027-01-12", "2028-02-29"])
def test_it_can_be_made_on_any_day_of_the_year(db: None, today: str) -> None:
    sample_create(now=datetime.fromisoformat(f"{today}T08:00:00+00:00"))

    assert Contest.objects.open().count() == 1
