"""The nightly run, the run after new figures, and the command."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from common.jobs import jobs_due_collect, jobs_work
from common.models import JobRun
from strategy.services import evaluation_request, goal_retire
from strategy.tests.factories import figures_record, goal_make, mapping_make, metric_make

UTC = ZoneInfo("UTC")
KIND = "quarter_evaluation"


def waiting():
    return list(JobRun.objects.filter(kind=KIND, state="waiting").values_list("subject", flat=True))


def test_it_is_due_once_a_night_in_the_organisations_zone(organisation):
    organisation.time_zone = "Asia/Tokyo"
    organisation.save()
    before, after = datetime(2026, 11, 17, 17, 14, tzinfo=UTC), datetime(2026, 11, 17, 17, 15, tzinfo=UTC)

    for moment in (before, before, after, after + timedelta(hours=3)):
        jobs_due_collect(moment, kinds=[KIND])

    assert sorted(JobRun.objects.values_list("period", flat=True)) == ["2026-11-17", "2026-11-18"]


def test_the_nightly_run_judges_and_says_what_it_did(product, alice, now):
    goal_make(product, alice)

    runs = jobs_work(now=now, kinds=[KIND])

    nightly = next(run for run in runs if not run.subject)
    assert (nightly.state, nightly.result["goals"], nightly.result["closed"]) == ("done", 1, 1)


def test_new_figures_ask_for_one_run_however_often_they_come(product, alice, now):
    goal = goal_make(product, alice)

    figures_record(goal.current.metric, {"2026-Q3": 1.0}, now)
    figures_record(goal.current.metric, {"2026-Q4": 1.0}, now)

    assert waiting() == [str(product.pk)]
    assert JobRun.objects.get().due_at == now + timedelta(seconds=20)


def test_figures_of_mapped_metrics_and_of_a_ratios_parts_ask_too(product, alice, now):
    part, whole = (metric_make(product, key=key, kind="outcome") for key in ("part", "whole"))
    goal = goal_make(
        product, alice, metric=metric_make(product, key="ratio", numerator=part, denominator=whole)
    )
    mapped = metric_make(product, key="mapped", kind="outcome")
    mapping_make(goal, mapped, alice)

    for metric in (part, mapped):
        figures_record(metric, {"2026-Q3": 1.0}, now)
        assert waiting() == [str(product.pk)]
        JobRun.objects.all().delete()


def test_figures_that_concern_no_active_goal_ask_for_nothing(product, alice, now):
    goal = goal_make(product, alice)
    figures_record(metric_make(product, key="other"), {"2026-Q3": 1.0}, now)
    figures_record(goal.current.metric, [(date(2020, 1, 2), 1.0)], now)
    goal_retire(goal=goal, actor=alice, reason="Gone.", now=now)
    figures_record(goal.current.metric, {"2026-Q3": 1.0}, now)

    assert waiting() == []


def test_a_run_after_new_figures_brings_the_open_quarter_up_to_date(product, alice, now):
    goal = goal_make(product, alice)
    figures_record(goal.current.metric, {"2026-Q4": 90.0}, now)

    jobs_work(now=now + timedelta(minutes=1), kinds=[KIND])

    assert goal.results.get(quarter_start=date(2026, 10, 1)).verdict == "met"


def test_a_person_always_gets_a_run_of_their_own(product, alice, now):
    evaluation_request(product_id=product.pk, now=now)
    run = evaluation_request(product_id=product.pk, now=now, requested_by=alice, settle=timedelta())

    assert run is not None
    assert (run.requested_by, run.due_at) == (alice, now)


def test_a_run_for_a_product_that_is_gone_does_nothing(db, now):
    evaluation_request(product_id=987, now=now, settle=timedelta())

    assert [run.result for run in jobs_work(now=now, kinds=[KIND]) if run.subject] == [{"goals": 0}]


def test_the_command_says_what_it_did(product, alice, frozen_today):
    goal_make(product, alice)
    out = StringIO()

    call_command("evaluate_quarters", product=product.slug, stdout=out)

    assert out.getvalue().startswith("1 goals: 2 results added, 0 updated, 0 unchanged, 1 quarters closed")


def test_the_command_names_a_product_that_is_not_there(db):
    with pytest.raises(CommandError, match="no product with the address nowhere"):
        call_command("evaluate_quarters", product="nowhere")
