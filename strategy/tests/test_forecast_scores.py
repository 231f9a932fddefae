"""Forecasts are scored once their quarter has closed, and the constant is fitted to the scores."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from metrics.models import Target
from strategy.models import Forecast, QuarterResult
from strategy.selectors.forecasts import calibrations_read
from strategy.services import (
    forecasts_make,
    forecasts_score,
    forecasts_thin,
    goal_exempt_quarter,
    quarter_result_correct,
    quarters_evaluate,
)
from strategy.services.forecast_scores import standardised
from strategy.tests.factories import (
    figures_record,
    figures_wander,
    goal_make,
    metric_make,
    team_target_make,
    weekly,
)
from teams.models import Product

UTC = ZoneInfo("UTC")
NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
CLOSED = datetime(2027, 1, 12, 3, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def goal(product, alice):
    goal = goal_make(product, alice)
    figures_wander(goal.versions.get().metric, NOW)
    return goal


def only(goal):
    return Forecast.objects.get(goal=goal)


@pytest.fixture
def closed(goal):
    """Two forecasts of one ISO week and one of the next; the quarter ended at 84.0, short of 86."""
    for days in (0, 1, 7):
        forecasts_make(now=NOW + timedelta(days=days))
    metric = goal.versions.get().metric
    figures_record(metric, weekly(date(2026, 11, 19), [84.0] * 7), CLOSED)
    quarters_evaluate(now=CLOSED)
    return goal


def test_nothing_is_scored_before_the_quarter_closes(goal):
    forecasts_make(now=NOW)
    early = datetime(2027, 1, 10, 23, 0, tzinfo=UTC)
    quarters_evaluate(now=early)

    assert forecasts_score(now=early).scored == 0


def test_a_closed_quarter_scores_its_forecasts_once(closed):
    assert forecasts_score(now=CLOSED).scored == 3
    assert forecasts_score(now=CLOSED + timedelta(days=1)).as_dict() == {
        "scored": 0,
        "rescored": 0,
        "withdrawn": 0,
    }

    row = Forecast.objects.filter(goal=closed).earliest("made_on")
    assert (row.outcome, row.hit, row.scored_at) == (84.0, False, CLOSED)
    assert row.brier == pytest.approx(row.chance**2)
    assert row.inside == (row.low <= 84.0 <= row.high)
    assert row.standardised == pytest.approx(
        (84.0 - row.working_centre) / row.scale if not row.logged else row.standardised
    )


def test_one_forecast_a_week_stands_in_the_record(closed):
    forecasts_score(now=CLOSED)

    rows = Forecast.objects.order_by("made_on").values_list("made_on__day", "in_record")
    assert list(rows) == [(18, True), (19, False), (25, True)]


def test_a_corrected_result_scores_again(closed, dana):
    forecasts_score(now=CLOSED)
    result = QuarterResult.objects.current().get(goal=closed, quarter_start=date(2026, 10, 1))
    later = CLOSED + timedelta(days=3)
    quarter_result_correct(result=result, actor=dana, reason="A figure was wrong.", now=later, actual=87.0)

    summary = forecasts_score(now=later + timedelta(hours=1))

    assert (summary.scored, summary.rescored) == (0, 3)
    row = Forecast.objects.earliest("made_on")
    assert (row.outcome, row.hit) == (87.0, True)
    assert forecasts_score(now=later + timedelta(hours=2)).rescored == 0


def test_an_exempt_quarter_is_not_scored(closed, dana):
    from teams.models import Organisation

    quarter = Organisation.objects.get(pk=1).calendar.parse("2026-Q4")
    goal_exempt_quarter(goal=closed, quarter=quarter, actor=dana, reason="Moved house.", now=CLOSED)

    assert forecasts_score(now=CLOSED + timedelta(hours=1)).scored == 0


def test_a_quarter_exempted_later_leaves_the_record(closed, dana):
    from teams.models import Organisation

    forecasts_score(now=CLOSED)
    quarter = Organisation.objects.get(pk=1).calendar.parse("2026-Q4")
    later = CLOSED + timedelta(days=3)
    goal_exempt_quarter(goal=closed, quarter=quarter, actor=dana, reason="Moved house.", now=later)

    assert forecasts_score(now=later + timedelta(hours=1)).withdrawn == 3
    assert not Forecast.objects.recorded().exists()
    assert set(Forecast.objects.values_list("outcome", "scored_at")) == {(None, None)}


def test_a_quarter_without_data_is_not_scored(goal):
    forecasts_make(now=NOW)
    QuarterResult.objects.create(
        goal=goal, goal_version=goal.versions.get(), quarter_start=date(2026, 10, 1), quarter_end=date(2027, 1, 1),
        verdict="no_data", provisional=False, evaluated_at=CLOSED,
    )  # fmt: skip

    assert forecasts_score(now=CLOSED).scored == 0


def test_a_team_target_is_scored_by_the_commit_that_counts(product, team):
    metric = metric_make(product, key="usage", kind="outcome")
    figures_wander(metric, NOW)
    target = team_target_make(team, metric, "2026-Q4", 84.0)
    forecasts_make(now=NOW)
    figures_record(metric, weekly(date(2026, 11, 19), [84.5] * 7), CLOSED)
    Target.objects.filter(pk=target.pk).update(state="closed", locked_commit=85.0)

    assert forecasts_score(now=CLOSED).scored == 1
    row = Forecast.objects.get(target=target)
    assert (row.outcome, row.hit, row.in_record) == (84.5, False, True)


def test_rows_without_a_chance_are_never_scored(product, alice):
    goal = goal_make(product, alice)
    figures_wander(goal.versions.get().metric, NOW, weeks=8)
    forecasts_make(now=NOW)
    quarters_evaluate(now=CLOSED)

    assert forecasts_score(now=CLOSED).scored == 0


@pytest.mark.parametrize("aggregation", ["last", "sum", "mean"])
def test_a_stored_forecast_is_standardised_as_when_it_was_made(product, alice, aggregation):
    metric = metric_make(product, key="usage", aggregation=aggregation)
    goal = goal_make(product, alice, metric=metric, targets={"2026-Q4": 83.0})
    figures_wander(metric, NOW)
    forecasts_make(now=NOW)
    row = only(goal)

    assert standardised(row, row.centre) == pytest.approx(0.0, abs=1e-9)
    assert standardised(row, row.high) == pytest.approx(1.4759, abs=1e-3)  # a t of 5 degrees, at 90 %


@pytest.mark.parametrize("aggregation", ["min", "max"])
def test_a_simulated_forecast_is_standardised_by_its_percentiles(product, alice, aggregation):
    metric = metric_make(product, key="usage", aggregation=aggregation)
    goal = goal_make(product, alice, metric=metric, targets={"2026-Q4": 83.0})
    figures_wander(metric, NOW)
    forecasts_make(now=NOW)
    row = only(goal)

    ends = [standardised(row, value) for value in (row.low - 50, row.high + 50)]
    assert len(row.inputs["percentiles"]) == 99
    assert ends[0] < -2
    assert ends[1] > 2


# --- thinning -------------------------------------------------------------------------------------


SPRING = datetime(2027, 4, 1, 3, 0, tzinfo=UTC)  # the quarter before the last one ended with the year


def test_every_night_of_the_last_quarter_stays(closed):
    forecasts_score(now=CLOSED)

    assert forecasts_thin(now=SPRING - timedelta(days=1)) == 0
    assert Forecast.objects.count() == 3


def test_of_older_quarters_the_record_and_the_newest_stay(closed):
    forecasts_score(now=CLOSED)

    assert forecasts_thin(now=SPRING) == 1
    assert list(Forecast.objects.order_by("made_on").values_list("made_on__day", "in_record")) == [
        (18, True),
        (25, True),
    ]
    assert forecasts_thin(now=SPRING) == 0


def test_a_correction_after_thinning_scores_the_record_anew(closed, dana):
    forecasts_score(now=CLOSED)
    forecasts_thin(now=SPRING)
    result = QuarterResult.objects.current().get(goal=closed, quarter_start=date(2026, 10, 1))
    quarter_result_correct(result=result, actor=dana, reason="A figure was wrong.", now=SPRING, actual=87.0)

    assert forecasts_score(now=SPRING + timedelta(hours=1)).rescored == 2
    assert list(Forecast.objects.values_list("hit", "in_record")) == [(True, True)] * 2


def test_what_was_not_scored_waits_as_long_as_it_may_still_be(closed):
    Forecast.objects.update(scored_at=None, in_record=False)

    assert forecasts_thin(now=SPRING) == 0
    assert forecasts_thin(now=SPRING + timedelta(days=365)) == 2
    assert Forecast.objects.get().is_current


def test_nights_without_a_chance_go(closed):
    Forecast.objects.update(chance=None, in_record=False)

    assert forecasts_thin(now=SPRING) == 2


def test_the_forecasts_of_another_product_are_left_alone(closed):
    forecasts_score(now=CLOSED)
    other = Product.objects.create(name="Other", slug="other")

    assert forecasts_thin(now=SPRING, product=other) == 0
    assert forecasts_thin(now=SPRING, product=closed.product) == 1


# --- calibration ----------------------------------------------------------------------------------


def _record(goal, count, standardised, scored_at=CLOSED):
    forecasts_make(now=NOW)
    made = only(goal)
    start = date(2015, 1, 1)
    Forecast.objects.bulk_create(
        Forecast(
            product=made.product, goal=goal, goal_version=made.goal_version, metric=made.metric,
            quarter_start=start, quarter_end=date(2015, 4, 1), made_on=start + timedelta(weeks=n), made_at=NOW,
            is_current=False, direction="increase", chance=0.5, kind="last", frequency="weekly", method="ens-1",
            standardised=standardised, scored_at=scored_at, in_record=True,
        )
        for n in range(count)
    )  # fmt: skip


def test_up_to_two_hundred_scored_forecasts_keep_the_measured_constant(goal):
    _record(goal, 200, 3.0)

    assert calibrations_read(now=CLOSED) == {"weekly": 1.0, "monthly": 1.0, "quarterly": 1.05}


def test_more_than_two_hundred_refit_the_constant_of_their_frequency(goal):
    _record(goal, 201, 3.0)

    fitted = calibrations_read(now=CLOSED)
    assert fitted["weekly"] == pytest.approx(3.0 / 1.4759, rel=1e-3)
    assert fitted["monthly"] == 1.0


def test_a_refitted_constant_widens_new_forecasts_and_is_kept_with_them(goal):
    _record(goal, 201, 3.0, scored_at=NOW)
    before = Forecast.objects.current().get()

    forecasts_make(now=NOW + timedelta(minutes=1))

    after = Forecast.objects.current().get()
    assert after.calibration == pytest.approx(2.0327, rel=1e-3)
    assert after.high - after.low > 1.9 * (before.high - before.low)


def test_what_was_scored_later_does_not_reach_back(goal):
    _record(goal, 201, 3.0, scored_at=CLOSED)

    assert calibrations_read(now=NOW)["weekly"] == 1.0
