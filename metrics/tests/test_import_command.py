"""`manage.py import_observations`."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from metrics.models import ImportRun, Observation
from metrics.tests.factories import MetricFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_today", "dana")]


@pytest.fixture
def run(tmp_path: Path, product: Any) -> Any:
    MetricFactory(product=product, key="sign-ups", frequency="daily")

    def call(content: str, *options: str) -> str:
        path = tmp_path / "figures.csv"
        path.write_text(content)
        out = StringIO()
        call_command(
            "import_observations",
            str(path),
            "--product",
            "fieldnote",
            *options,
            stdout=out,
            stderr=StringIO(),
        )
        return out.getvalue()

    return call


def test_it_stores_a_file_and_says_what_it_did(run: Any) -> None:
    said = run("metric;date;value\nsign-ups;2026-11-02;5,5\n")

    assert "Stored 1 new and 0 corrected" in said
    assert Observation.objects.get().value == 5.5
    assert (ImportRun.objects.get().kind, ImportRun.objects.get().name) == ("command", "figures.csv")


def test_a_dry_run_stores_nothing(run: Any) -> None:
    assert "Would store 1 new" in run("date,value\n2026-11-02,5\n", "--metric", "sign-ups", "--dry-run")
    assert not Observation.objects.exists()
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("metric,date,value\nsign-ups,2026-11-02,x\n", [], "is not a number"),
        ("", [], "The file is empty"),
        ("metric,date,value\nsign-ups,2026-11-02,5\n", ["--user", "nobody@example.com"], "There is nobody"),
    ],
)
def test_it_refuses_as_a_whole(run: Any, content: str, options: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run(content, *options)

    assert not Observation.objects.exists()


def test_it_names_what_is_missing(product: Any) -> None:
    with pytest.raises(CommandError, match="no file"):
        call_command("import_observations", "/no/such.csv", "--product", "fieldnote")
    with pytest.raises(CommandError, match="no product"):
        call_command("import_observations", "/no/such.csv", "--product", "elsewhere-again")
