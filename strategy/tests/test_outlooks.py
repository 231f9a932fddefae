"""Pages say the chance, its range and the straight line, or that they go by pace and why."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest

from metrics.models import Target
from strategy.charts import goal_figure, goal_key
from strategy.models import Forecast, GoalTarget
from strategy.selectors import goal_rows, goals_overview
from strategy.selectors.outlooks import (
    OutlookFact,
    chance_and_line_words,
    chance_of,
    chance_words,
    percent,
    with_chances,
)
from strategy.selectors.page import goal_page
from strategy.services import forecasts_make
from strategy.tests.factories import (
    figures_record,
    figures_wander,
    goal_make,
    mapping_make,
    metric_make,
    target_make,
    team_target_make,
    weekly,
)

UTC = ZoneInfo("UTC")


@pytest.fixture
def goal(product, alice, now):
    goal = goal_make(product, alice)
    figures_wander(goal.versions.get().metric, now)
    return goal


def row_of(goal, today):
    (row,) = goal_rows(product=goal.product, today=today)
    return row


def said(goal, now, chance, **fields):
    """A forecast of today that gives this chance."""
    forecasts_make(now=now)
    Forecast.objects.filter(goal=goal).update(chance=chance, **fields)


@pytest.mark.parametrize(
    ("chance", "status"), [(0.7, "on_track"), (0.62, "at_risk"), (0.3, "at_risk"), (0.1, "off_track")]
)
def test_the_status_follows_the_chance(goal, now, today, chance, status):
    said(goal, now, chance)

    assert row_of(goal, today).status == status
    assert row_of(goal, today).by == "chance"


@pytest.mark.parametrize(
    ("chance", "shown"),
    [(0.697, "69%"), (0.7, "70%"), (0.2996, "29%"), (0.3, "30%"), (0.618, "62%"), (0.0, "0%"), (1.0, "100%")],
)
def test_a_chance_is_not_rounded_up_to_a_limit_of_the_status(chance, shown):
    assert percent(chance) == shown


def test_a_row_says_how_likely_and_with_which_range(goal, now, today):
    said(goal, now, 0.62, low=84.0, high=87.5)

    assert row_of(goal, today).sentence == "62% likely to reach 86.0% by 31 December (80% range 84.0–87.5%)."


def test_short_history_goes_by_pace_and_says_so(product, alice, now, today):
    goal = goal_make(product, alice)
    figures_wander(goal.versions.get().metric, now, weeks=8)
    forecasts_make(now=now)

    row = row_of(goal, today)
    assert row.by == "pace"
    assert row.sentence.endswith("By pace: too little history for a chance.")


def test_before_the_first_night_it_goes_by_pace(goal, today):
    assert row_of(goal, today).sentence.endswith("By pace: no forecast is made yet.")


def test_a_forecast_for_another_target_is_not_used(goal, now, today):
    said(goal, now, 0.1)
    GoalTarget.objects.filter(goal_version__goal=goal, quarter_start=date(2026, 10, 1)).update(value=82.0)

    assert row_of(goal, today).by == "pace"


@pytest.mark.parametrize(("days", "by"), [(6, "chance"), (7, "pace")])
def test_a_forecast_speaks_for_a_week(goal, now, today, days, by):
    said(goal, now - timedelta(days=days), 0.62)

    assert row_of(goal, today).by == by


def test_the_page_sets_the_straight_line_beside_it(goal, now, today):
    said(goal, now, 0.62, low=84.0, high=87.5, pace=85.2)

    page = goal_page(goal=goal, today=today)

    assert page.track_words == (
        "62% likely to reach 86.0% by 31 December (80% range 84.0–87.5%); the straight line says 85.2%."
    )
    assert (page.chance_text, page.chance_detail) == ("62%", "80% range 84.0–87.5%, made on 18 November")


def test_the_rule_stands_on_the_page_in_plain_words(goal, alice, logged_in, frozen_today):
    page = logged_in(alice).get(goal.get_absolute_url()).content.decode()

    assert "At least 70% likely to reach this quarter’s target." in page
    assert "Less than 30% likely." in page
    assert "By pace, no forecast is made yet" in page
    assert "/evidence/track-record/" in page


def test_the_chart_draws_the_forecast_dotted_with_its_range(goal, now, today):
    said(goal, now, 0.62, centre=86.0, low=84.0, high=87.5)
    page = goal_page(goal=goal, today=today)

    band, line = goal_figure(page)["data"][3:5]

    assert (line["name"], line["line"]["dash"], line["x"][1], line["y"][1]) == (
        "Forecast",
        "dot",
        "2026-12-31",
        86.0,
    )
    assert (band["fill"], band["y"][1:3]) == ("toself", [87.5, 84.0])
    assert [item.line for item in goal_key(page)] == ["ln", "tgt", "fcl"]


def test_the_chart_of_a_sum_draws_the_total_so_far_up_to_the_forecast_of_the_whole(
    product, alice, now, today
):
    metric = metric_make(product, key="calls", aggregation="sum")
    goal = goal_make(product, alice, metric=metric, targets={"2026-Q4": 1000.0})
    figures_record(metric, weekly(date(2026, 7, 2), [70.0 + n for n in range(20)]), now)
    forecasts_make(now=now)

    page = goal_page(goal=goal, today=today)
    line, target, band, forecast = goal_figure(page)["data"]

    assert (line["name"], target["name"], forecast["name"]) == (
        "Total of the quarter so far",
        "Target",
        "Forecast",
    )
    start = line["x"].index("2026-10-01")
    assert line["y"][: start + 1] == [0.0, *accumulate(70.0 + n for n in range(13)), None]
    assert line["y"][start + 1 :] == list(accumulate(83.0 + n for n in range(7)))
    assert (forecast["x"][0], forecast["y"][0]) == ("2026-11-12", line["y"][-1])
    assert forecast["y"][1] == Forecast.objects.get().centre
    assert band["y"][2] < forecast["y"][1] < band["y"][1]


def test_before_a_quarters_first_figure_the_forecast_of_its_total_starts_at_nothing(product, alice, now):
    metric = metric_make(product, key="calls", aggregation="sum")
    goal = goal_make(product, alice, metric=metric, targets={"2026-Q4": 1000.0})
    figures_record(metric, weekly(date(2026, 6, 4), [70.0 + n % 5 for n in range(17)]), now)
    early = datetime(2026, 10, 2, 3, 0, tzinfo=UTC)
    forecasts_make(now=early)

    forecast = goal_figure(goal_page(goal=goal, today=early.date()))["data"][-1]

    assert (forecast["x"], forecast["y"][0]) == (["2026-10-01", "2026-12-31"], 0.0)


def test_the_total_of_a_quarter_is_read_out_without_the_gaps_between_quarters(product, alice, now, today):
    metric = metric_make(product, key="calls", aggregation="sum", unit="", decimals=0)
    goal = goal_make(product, alice, metric=metric, targets={"2026-Q4": 1000.0})
    figures_record(metric, weekly(date(2026, 9, 24), [5.0, 7.0, 9.0]), now)

    read = goal_figure(goal_page(goal=goal, today=today))["layout"]["meta"]["read"]

    assert read[-4:] == ["24 September 2026: 5", None, "1 October 2026: 7", "8 October 2026: 16"]


def test_the_forecasts_of_many_goals_cost_no_query(product, alice, now, today, django_assert_num_queries):
    metric = metric_make(product, key="shared")
    figures_wander(metric, now)
    for number in range(5):
        goal_make(product, alice, metric=metric, title=f"Goal {number}")
    forecasts_make(now=now)

    with django_assert_num_queries(6):
        rows = goal_rows(product=product, today=today)
    assert {row.by for row in rows} == {"chance"}


def test_team_targets_on_the_map_go_by_their_chance(goal, product, alice, team, now, today):
    metric = metric_make(product, key="usage", kind="outcome")
    figures_wander(metric, now)
    mapping_make(goal, metric, alice)
    target = team_target_make(team, metric, "2026-Q4", 95.0, baseline=10.0)
    forecasts_make(now=now)

    for chance, status in ((0.8, "on_pace"), (0.6, "behind_pace")):
        Forecast.objects.filter(target=target).update(chance=chance)
        assert goals_overview(product=product, today=today).metric_statuses == {metric.pk: status}


def test_a_target_that_was_changed_waits_for_the_next_night(product, team, now, today):
    metric = metric_make(product, key="usage", kind="outcome")
    figures_wander(metric, now)
    team_target_make(team, metric, "2026-Q4", 85.0)
    forecasts_make(now=now)

    assert chance_of(with_chances(Target.objects.all(), today=today).get()) is not None
    Target.objects.update(commit=84.0)
    assert chance_of(with_chances(Target.objects.all(), today=today).get()) is None


# --- words ----------------------------------------------------------------------------------------


def outlook(**fields):
    values = {
        "direction": "increase", "aim": 1200.0, "aim_low": None, "aim_high": None, "chance": 0.62, "lack": "",
        "centre": 1210.0, "low": 1090.0, "high": 1310.0, "pace": 1240.0, "kind": "last", "points": 60,
        "frequency": "weekly", "made_on": date(2026, 1, 9), "quarter_end": date(2026, 4, 1),
    }  # fmt: skip
    return OutlookFact(**(values | fields))


@pytest.fixture
def counted(product):
    return metric_make(product, key="accounts", unit="", decimals=0)


@pytest.mark.django_db
def test_it_reads_as_a_sentence(counted):
    assert chance_and_line_words(outlook(), counted) == (
        "62% likely to reach 1,200 by 31 March (80% range 1,090–1,310); the straight line says 1,240."
    )
    assert chance_words(outlook(direction="decrease"), counted).startswith(
        "62% likely to be at 1,200 or less"
    )
    assert chance_words(
        outlook(direction="band", aim=None, aim_low=1100.0, aim_high=1300.0), counted
    ).startswith("62% likely to be within 1,100 to 1,300 by 31 March")


@pytest.mark.django_db
def test_a_range_below_zero_is_not_written_with_a_dash(counted):
    assert "(80% range −90 to 310)" in chance_words(outlook(low=-90.0, high=310.0), counted)


@pytest.mark.django_db
def test_without_a_line_or_a_chance_nothing_is_made_up(counted):
    assert "straight line" not in chance_and_line_words(outlook(pace=None), counted)
    assert chance_and_line_words(outlook(chance=None), counted) == ""


def test_a_band_is_recognised_by_both_edges(product, alice, now, today):
    goal = goal_make(
        product, alice, direction="band", contents=[target_make("2026-Q4", low=60.0, high=110.0)]
    )
    figures_wander(goal.versions.get().metric, now)
    forecasts_make(now=now)

    row = row_of(goal, today)
    assert row.sentence.startswith("99% likely to be within 60.0 to 110.0% by 31 December")


# --- team pages and metric pages ------------------------------------------------------------------


@pytest.fixture
def target(product, team, now):
    metric = metric_make(product, key="usage", kind="outcome")
    figures_wander(metric, now)
    target = team_target_make(team, metric, "2026-Q4", 85.0, baseline=10.0)
    forecasts_make(now=now)
    Forecast.objects.filter(target=target).update(chance=0.74, low=82.0, high=86.1)
    return target


SAID = "74% likely to reach 85.0% by 31 December (80% range 82.0–86.1%)."


@pytest.mark.parametrize(
    "address",
    [
        "/p/fieldnote/teams/onboarding/",
        "/p/fieldnote/teams/onboarding/targets/",
        "/p/fieldnote/metrics/usage/",
    ],
)
def test_team_and_metric_pages_say_how_likely_a_target_is(target, alice, logged_in, frozen_today, address):
    page = logged_in(alice).get(address)

    assert page.status_code == 200
    assert SAID in page.content.decode()


def test_a_team_target_stands_on_pace_from_seventy_percent(target, today):
    from metrics.selectors import target_standings
    from teams.models import Organisation

    quarter = Organisation.objects.get(pk=1).calendar.parse("2026-Q4")

    def status(chance):
        Forecast.objects.filter(target=target).update(chance=chance)
        (standing,) = target_standings(targets=[target], quarter=quarter, today=today)
        return standing.status

    assert [status(0.7), status(0.69)] == ["on_pace", "behind_pace"]


def test_without_a_chance_a_team_target_says_by_pace(target, today):
    from strategy.selectors.outlooks import target_outlooks_read

    Forecast.objects.filter(target=target).update(chance=None, lack="history")

    outlook = target_outlooks_read([target], today)[target.pk]
    assert (outlook.chance, outlook.text) == (None, "By pace: too little history for a chance.")
