"""The nightly check of the rollup in parts, so that no task runs near its time limit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from common import jobs
from common.models import JobRun
from metrics import tasks
from metrics.models import Metric, MetricQuarter
from metrics.services import observations_record_pairs, rollups
from metrics.tests.factories import MetricFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_today")]


@pytest.fixture
def metrics(product: Any, now: Any) -> list[Metric]:
    made = [MetricFactory(product=product, frequency="daily") for _ in range(5)]
    for metric in made:
        pairs = [(date(2026, 11, 1) + timedelta(days=n), float(n)) for n in range(10)]
        observations_record_pairs(metric=metric, pairs=pairs, actor=None, now=now)
    return made


def _work(now: Any) -> list[JobRun]:
    """Works until nothing is left of the check."""
    done: list[JobRun] = []
    while ran := jobs.jobs_work(now=now, kinds=["rollup_check"]):
        done += ran
    return done


def test_each_part_goes_on_where_the_last_one_stopped(
    metrics: list[Metric], now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "FIGURES", 20)
    monkeypatch.setattr(tasks, "PART_SECONDS", -1)
    MetricQuarter.objects.filter(metric=metrics[-1]).update(maximum=99.0)

    runs = _work(now)

    assert [run.state for run in runs] == ["done"] * 3
    assert [run.result.get("goes_on_in") for run in runs] == ["part 2", "part 3", None]
    assert runs[-1].result == {"metrics": 5, "mended": 1, "orphans": 0}
    assert MetricQuarter.objects.get(metric=metrics[-1]).maximum == 9.0
    assert [run.progress for run in runs] == [2, 4, 5]


def test_a_part_that_is_run_twice_makes_one_next_part(
    metrics: list[Metric], now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "FIGURES", 20)
    monkeypatch.setattr(tasks, "PART_SECONDS", -1)
    run = JobRun.objects.create(kind="rollup_check", period="2026-11-18", due_at=now)

    tasks.rollup_check_run(run, now=now)
    tasks.rollup_check_run(run, now=now)

    assert JobRun.objects.filter(period="2026-11-18 part 2").count() == 1


def test_a_small_organisation_is_checked_in_one_part(metrics: list[Metric], now: Any) -> None:
    (run,) = _work(now)

    assert run.result == {"metrics": 5, "mended": 0, "orphans": 0}
    assert (run.progress, run.total) == (5, 5)
