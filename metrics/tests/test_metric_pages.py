"""Metric pages: list, one metric, new, edit, figures by hand, archive, export."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from metrics.models import ImportRunMetric, Metric, Observation
from metrics.services import metric_create, observations_record_pairs, target_propose
from metrics.services.imports import import_file
from metrics.services.targets import Figures
from metrics.tests.factories import MetricFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_today")]
LIST = "/p/fieldnote/metrics/"


@pytest.fixture
def activation(product: Any, alice: Any, now: Any) -> Metric:
    metric = metric_create(
        product=product,
        actor=alice,
        name="Activation rate",
        unit="%",
        decimals=1,
        frequency="weekly",
        aggregation="mean",
    )
    pairs = [(date(2026, 11, 12) - timedelta(weeks=n), 44.0 - n / 2) for n in range(30)]
    observations_record_pairs(metric=metric, pairs=pairs, actor=alice, now=now)
    return metric


@pytest.fixture
def page(activation: Metric) -> str:
    return f"{LIST}{activation.key}/"


def test_the_list_shows_newest_figure_freshness_and_status(
    logged_in: Any, alice: Any, activation: Any
) -> None:
    content = logged_in(alice).get(LIST).content.decode()

    assert "Activation rate" in content
    assert "44.0%" in content
    assert "No target" in content
    assert "New metric" in content


def test_the_page_tells_a_signal_from_the_usual_ups_and_downs(
    page: str, activation: Metric, logged_in: Any, alice: Any, now: Any
) -> None:
    calm = logged_in(alice).get(page).content.decode()
    observations_record_pairs(metric=activation, pairs=[(date(2026, 11, 12), 60.0)], actor=alice, now=now)
    leap = logged_in(alice).get(page).content.decode()

    assert "Newest week’s move" in calm
    assert "<b>Within the usual range</b>" in calm
    assert "<b>A signal</b>: above the usual range of" in leap
    assert "How a signal is told" in leap


def test_the_list_asks_for_as_much_whatever_its_length(
    logged_in: Any, alice: Any, activation: Any, product: Any, now: Any, django_assert_max_num_queries: Any
) -> None:
    client = logged_in(alice)
    client.get(LIST)
    with django_assert_max_num_queries(24) as few:
        client.get(LIST)
    for _ in range(30):
        metric = MetricFactory(product=product)
        observations_record_pairs(metric=metric, pairs=[(date(2026, 11, 12), 1.0)], actor=None, now=now)

    with django_assert_max_num_queries(24) as many:
        client.get(LIST)

    assert len(few) == len(many)


def test_the_list_can_be_searched_and_filtered(
    logged_in: Any, bob: Any, activation: Any, product: Any
) -> None:
    MetricFactory(product=product, name="Support tickets", kind="output")
    client = logged_in(bob)

    assert "Support tickets" not in client.get(LIST, {"q": "activ"}).content.decode()
    assert "Activation rate" not in client.get(LIST, {"kind": "output"}).content.decode()
    assert "Activation rate" not in client.get(LIST, {"fresh": "stale"}).content.decode()
    assert "Support tickets" not in client.get(LIST, {"fresh": "fresh"}).content.decode()
    assert "Nothing matches" in client.get(LIST, {"q": "zzz"}).content.decode()


def test_the_list_leads_on_when_it_is_empty(logged_in: Any, alice: Any, product: Any) -> None:
    assert "No metrics yet" in logged_in(alice).get(LIST).content.decode()


def test_a_metrics_page_holds_chart_table_and_source(logged_in: Any, bob: Any, page: str) -> None:
    content = logged_in(bob).get(page).content.decode()

    assert "Is it moving?" in content
    assert "metric-series" in content
    assert "Show the numbers as a table" in content
    assert "Where it comes from" in content
    assert "Enter a figure" not in content  # bob reads only


def test_a_metric_without_figures_says_how_they_come(logged_in: Any, alice: Any, product: Any) -> None:
    metric = MetricFactory(product=product)

    content = logged_in(alice).get(f"{LIST}{metric.key}/").content.decode()

    assert "No figures yet" in content


def test_a_ratio_names_its_parts(logged_in: Any, alice: Any, product: Any, now: Any) -> None:
    top, bottom = MetricFactory(product=product, name="Paid"), MetricFactory(product=product, name="Trials")
    ratio = MetricFactory(product=product, numerator=top, denominator=bottom, decimals=2, unit="")
    for metric, value in ((top, 1.0), (bottom, 4.0)):
        observations_record_pairs(metric=metric, pairs=[(date(2026, 11, 12), value)], actor=None, now=now)

    content = logged_in(alice).get(f"{LIST}{ratio.key}/").content.decode()

    assert "0.25" in content
    assert "Trials" in content
    assert "Enter a figure" not in content


def test_a_metric_is_made_in_the_browser(logged_in: Any, alice: Any, product: Any) -> None:
    data = {
        "name": "Sign-ups & <b>more</b>",
        "kind": "outcome",
        "decimals": "0",
        "direction": "increase",
        "aggregation": "sum",
        "frequency": "daily",
    }

    response = logged_in(alice).post(f"{LIST}new/", data, follow=True)

    metric = Metric.objects.get()
    assert metric.key == "sign-ups-bmoreb"
    assert metric.definitions.count() == 1
    assert "<b>more</b>" not in response.content.decode()


def test_a_wrong_field_is_named(logged_in: Any, alice: Any, activation: Any) -> None:
    data = {
        "name": "Again",
        "key": activation.key,
        "kind": "outcome",
        "decimals": "9",
        "direction": "increase",
    }

    response = logged_in(alice).post(f"{LIST}new/", data)

    assert response.status_code == 422
    assert "need fixing" in response.content.decode()


def test_a_defining_change_needs_a_reason(logged_in: Any, alice: Any, activation: Any, page: str) -> None:
    client = logged_in(alice)
    data = {
        "name": "Activation rate",
        "key": activation.key,
        "kind": "outcome",
        "unit": "%",
        "decimals": "1",
        "direction": "increase",
        "aggregation": "last",
        "frequency": "weekly",
        "version": "1",
    }

    without = client.post(f"{page}edit/", data)
    given = client.post(f"{page}edit/", data | {"reason": "The week's last value counts."})

    assert without.status_code == 422
    assert "Say why" in without.content.decode()
    assert given.status_code == 302
    activation.refresh_from_db()
    assert (activation.definition_number, activation.aggregation) == (2, "last")
    assert "The week" in client.get(page).content.decode()


def test_the_frequency_stays_once_there_are_figures(
    logged_in: Any, alice: Any, activation: Any, page: str
) -> None:
    data = {
        "name": "Activation rate",
        "key": activation.key,
        "kind": "outcome",
        "unit": "%",
        "decimals": "1",
        "direction": "increase",
        "aggregation": "mean",
        "frequency": "daily",
        "version": "1",
        "reason": "x",
    }

    response = logged_in(alice).post(f"{page}edit/", data)

    assert "Make a new metric" in response.content.decode()


def test_two_editors_see_both_versions(logged_in: Any, alice: Any, activation: Any, page: str) -> None:
    client = logged_in(alice)
    data = {
        "name": "Mine",
        "key": activation.key,
        "kind": "outcome",
        "unit": "%",
        "decimals": "1",
        "direction": "increase",
        "aggregation": "mean",
        "frequency": "weekly",
        "version": "1",
    }
    client.post(f"{page}edit/", data | {"name": "Theirs"})

    response = client.post(f"{page}edit/", data)

    assert response.status_code == 409
    content = response.content.decode()
    assert "Theirs" in content
    assert "Mine" in content


def test_a_figure_is_entered_and_deleted_by_hand(
    logged_in: Any, erin: Any, activation: Any, page: str
) -> None:
    client = logged_in(erin)

    entered = client.post(f"{page}figures/", {"date": "2026-11-18", "value": "45,5"}, follow=True)

    assert "is stored" in entered.content.decode()
    assert Observation.objects.get(metric=activation, date=date(2026, 11, 19)).value == 45.5

    deleted = client.post(f"{page}figures/delete/", {"date": "2026-11-19"}, follow=True)

    assert "is deleted" in deleted.content.decode()
    assert "deleted</td>" in deleted.content.decode()  # among the restated figures


@pytest.mark.parametrize("value", ["", "abc", "nan", "inf", "1e400", "=1+1"])
def test_a_wrong_figure_is_refused(logged_in: Any, erin: Any, activation: Any, page: str, value: str) -> None:
    before = Observation.objects.count()

    response = logged_in(erin).post(f"{page}figures/", {"date": "2026-11-18", "value": value})

    assert response.status_code == 422
    assert Observation.objects.count() == before


def test_a_metric_is_archived_and_brought_back(
    logged_in: Any, alice: Any, activation: Any, page: str, team: Any, organisation: Any, now: Any
) -> None:
    client = logged_in(alice)

    client.post(f"{page}archive/")
    assert "No metrics yet" in client.get(LIST).content.decode()
    client.post(f"{page}bring-back/")
    assert "44.0%" in client.get(LIST).content.decode()

    quarter = organisation.calendar.quarter_of(now.date())
    target_propose(
        team=team,
        metric=activation,
        quarter=quarter,
        figures=Figures(1, 2),
        side="product",
        actor=alice,
        now=now,
    )
    refused = client.post(f"{page}archive/", follow=True)
    assert "Onboarding has a target" in refused.content.decode()


def test_figures_are_exported_as_the_upload_takes_them(
    logged_in: Any, bob: Any, activation: Any, page: str
) -> None:
    lines = logged_in(bob).get(f"{page}figures.csv").content.decode().splitlines()

    assert lines[0] == "metric,date,value"
    assert lines[-1] == "activation-rate,2026-11-12,44.0"


def test_the_organisations_metric_stands_in_each_product(logged_in: Any, alice: Any, product: Any) -> None:
    metric = MetricFactory(product=None, name="Revenue", kind="impact")

    response = logged_in(alice).get(metric.get_absolute_url(), follow=True)

    assert response.redirect_chain[-1][0] == f"{LIST}{metric.key}/"
    assert (
        logged_in(alice)
        .post(f"{LIST}{metric.key}/figures/", {"date": "2026-11-18", "value": "1"})
        .status_code
        == 403
    )


@pytest.mark.parametrize(
    "path", ["", "new/", "activation-rate/", "activation-rate/edit/", "activation-rate/figures.csv"]
)
def test_strangers_find_nothing_and_nobody_must_log_in(
    logged_in: Any, charlie: Any, client: Any, activation: Any, path: str
) -> None:
    assert logged_in(charlie).get(LIST + path).status_code == 404
    assert client.get(LIST + path).status_code == 302


@pytest.mark.parametrize(
    "path", ["new/", "activation-rate/edit/", "activation-rate/figures/", "activation-rate/archive/"]
)
def test_a_viewer_changes_nothing(logged_in: Any, bob: Any, activation: Any, path: str) -> None:
    assert logged_in(bob).post(LIST + path, {}).status_code == 403


def test_an_import_of_several_metrics_stands_on_the_page_of_each(
    logged_in: Any, alice: Any, activation: Any, page: str, product: Any, now: Any
) -> None:
    other = MetricFactory(product=product, key="sign-ups", name="Sign-ups", frequency="daily")
    quiet = MetricFactory(product=product, key="quiet", name="Quiet")
    content = (
        b"metric,date,value\nactivation-rate,2026-11-12,50\nsign-ups,2026-11-11,7\nsign-ups,2026-11-12,8\n"
    )
    run: Any = import_file(
        product=product, actor=alice, content=content, name="both.csv", given={}, dry_run=False, now=now
    )
    client = logged_in(alice)

    mine = client.get(page).content.decode()
    theirs = client.get(f"{LIST}{other.key}/").content.decode()
    none = client.get(f"{LIST}{quiet.key}/").content.decode()

    written = set(ImportRunMetric.objects.filter(run=run).values_list("metric__key", "figures"))
    assert written == {("activation-rate", 1), ("sign-ups", 2)}
    assert "both.csv" in mine
    assert "1 written" in mine
    assert "of 3 in it" in mine
    assert "2 written" in theirs
    assert "both.csv" not in none
    assert "No import has written figures of this metric yet" in none


def test_a_metrics_page_asks_the_same_for_few_and_many_imports(
    logged_in: Any, alice: Any, activation: Any, page: str, now: Any, django_assert_max_num_queries: Any
) -> None:
    client = logged_in(alice)
    client.get(page)
    with django_assert_max_num_queries(40) as few:
        client.get(page)
    for number in range(12):
        pairs = [(date(2026, 11, 12), 60.0 + number)]
        observations_record_pairs(metric=activation, pairs=pairs, actor=alice, now=now)

    with django_assert_max_num_queries(40) as many:
        client.get(page)

    assert len(few) == len(many)
