"""The nightly run of forecasts, and the command."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from common.jobs import jobs_due_collect, jobs_work
from common.models import JobRun
from strategy.models import Forecast
from strategy.tests.factories import figures_wander, goal_make
from teams.models import Product

UTC = ZoneInfo("UTC")
KIND = "forecasts"


@pytest.fixture
def goal(product, alice, now):
    goal = goal_make(product, alice)
    figures_wander(goal.versions.get().metric, now)
    return goal


def test_each_product_is_due_once_a_night_after_the_evaluation(organisation, product):
    organisation.time_zone = "Asia/Tokyo"
    organisation.save()
    other = Product.objects.create(name="Other", slug="other")
    Product.objects.create(name="Gone", slug="gone", archived_at=datetime(2026, 1, 1, tzinfo=UTC))
    three = datetime(2026, 11, 17, 18, 0, tzinfo=UTC)

    for moment in (three, three, three + timedelta(hours=5)):
        jobs_due_collect(moment, kinds=[KIND])

    rows = JobRun.objects.filter(kind=KIND, due_at=three).values_list("subject", "period")
    assert sorted(rows) == sorted((str(pk), "2026-11-18") for pk in (product.pk, other.pk))


def test_the_nightly_run_makes_the_forecasts_of_its_product(goal, now):
    done = jobs_work(now=now, kinds=[KIND])

    assert [run.state for run in done] == ["done"]
    assert (done[0].result["made"], done[0].result["thinned"]) == (1, 0)
    assert Forecast.objects.get().goal == goal


def test_a_run_for_a_product_that_is_gone_says_so(goal, product, now):
    jobs_due_collect(now, kinds=[KIND])
    Product.objects.filter(pk=product.pk).update(archived_at=now)

    done = jobs_work(now=now, kinds=[KIND])

    assert "archived" in done[0].result["skipped"]
    assert not Forecast.objects.exists()


@pytest.mark.usefixtures("frozen_today")
def test_the_command_tells_what_it_did(goal, product):
    out = StringIO()
    call_command("make_forecasts", stdout=out)
    call_command("make_forecasts", product=product.slug, stdout=out)

    first, second = out.getvalue().splitlines()
    assert first.startswith("1 goals and targets: 1 forecasts added, 0 rewritten, 0 unchanged")
    assert second.startswith("1 goals and targets: 0 forecasts added, 0 rewritten, 1 unchanged")
    assert Forecast.objects.get().made_on == date(2026, 11, 18)


@pytest.mark.django_db
def test_the_command_refuses_a_product_it_does_not_know():
    with pytest.raises(CommandError, match="no product"):
        call_command("make_forecasts", product="nowhere")
