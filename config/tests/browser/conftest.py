"""Sites for the browser tests: the sample organisation, a product without anything, an organisation without anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from common.testing.site import Site, database_make, database_use, file_copy, site_serve


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Path:
    """A database with all tables and nothing in them."""
    return database_make(tmp_path_factory.mktemp("empty") / "empty.sqlite3", django_db_blocker)


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory, empty_file: Path, django_db_blocker: Any) -> Path:
    """A database with the sample organisation, and beside it a product that has nothing yet."""
    from config.sample.build import sample_create
    from teams.services.products import product_create

    path = file_copy(empty_file, tmp_path_factory.mktemp("sample") / "sample.sqlite3")
    with database_use(path, django_db_blocker):
        now = timezone.now()
        sample = sample_create(now=now)
        product_create(actor=sample.people["admin"], name="Empty", now=now, manager=sample.manager)
    return path


@pytest.fixture(scope="module")
def sample_site(
    tmp_path_factory: pytest.TempPathFactory, chromium: Any, sample_file: Path, django_db_blocker: Any
) -> Iterator[Site]:
    """The sample organisation, served for a whole module: only read here."""
    path = file_copy(sample_file, tmp_path_factory.mktemp("site") / "site.sqlite3")
    with site_serve(chromium, path, django_db_blocker) as site:
        yield site


@pytest.fixture
def own_sample_site(
    tmp_path: Path, chromium: Any, sample_file: Path, django_db_blocker: Any
) -> Iterator[Site]:
    """The sample organisation for one test, which may change it."""
    with site_serve(chromium, file_copy(sample_file, tmp_path / "site.sqlite3"), django_db_blocker) as site:
        yield site


@pytest.fixture
def empty_site(tmp_path: Path, chromium: Any, empty_file: Path, django_db_blocker: Any) -> Iterator[Site]:
    """An organisation in which nobody has done anything; the test makes its people."""
    with site_serve(chromium, file_copy(empty_file, tmp_path / "site.sqlite3"), django_db_blocker) as site:
        yield site


@pytest.fixture
def work() -> Callable[[], None]:
    """Does what waits for a worker, as the worker would."""
    from common.models import JobRun
    from common.tasks import jobs_run

    def run() -> None:
        while waiting := list(JobRun.objects.filter(state="waiting").values_list("pk", flat=True)):
            jobs_run(run_ids=waiting)

    return run
