"""The upload: look first, errors by row, all or nothing, progress, taking back."""

from __future__ import annotations

import codecs
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from common.jobs import jobs_work
from metrics.models import ImportFile, ImportRun, Observation
from metrics.services import observations_record_pairs
from metrics.tests.factories import MetricFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_today")]
URL = "/p/fieldnote/imports/"
LONG = "metric,date,value\nsign-ups,2026-11-02,5\nsign-ups,2026-11-03,6.5\n"


@pytest.fixture
def signups(product: Any) -> Any:
    return MetricFactory(product=product, key="sign-ups", frequency="daily", unit="", decimals=1)


@pytest.fixture
def browser(logged_in: Any, erin: Any) -> Any:
    return logged_in(erin)


def upload(browser: Any, content: bytes | str, name: str = "figures.csv", **more: Any) -> Any:
    body = content.encode() if isinstance(content, str) else content
    return browser.post(
        f"{URL}new/", {"file": SimpleUploadedFile(name, body), "pasted": "", **more}, follow=True
    )


def stored() -> list[tuple[str, str, float]]:
    rows = Observation.objects.order_by("metric__key", "date").values_list("metric__key", "date", "value")
    return [(key, day.isoformat(), value) for key, day, value in rows]


EXPECTED = [("sign-ups", "2026-11-02", 5.0), ("sign-ups", "2026-11-03", 6.5)]


def commit(browser: Any) -> Any:
    return browser.post(f"{URL}{ImportRun.objects.latest('pk').pk}/commit/", follow=True)


@pytest.mark.parametrize(
    "content",
    [
        LONG.encode(),
        codecs.BOM_UTF8 + LONG.encode(),
        LONG.encode("utf-16"),
        LONG.replace(",", ";").replace("6.5", "6,5").encode(),
        LONG.replace(",", "\t").encode(),
        LONG.replace("\n", "\r\n").encode(),
        b"date,sign-ups\n2026-11-02,5\n2026-11-03,6.5\n2026-11-04,\n",
        b"date;sign-ups;note-free\n02.11.2026;5;\n03.11.2026;6,5;\n14.11.2026;;\n".replace(
            b";note-free", b""
        ).replace(b";\n", b"\n"),
        b"sign-ups,2026-11-02,5\nsign-ups,2026-11-03,6.5\n",
        b'"metric","date","value"\n"sign-ups","2026-11-02","5"\n"sign-ups","2026-11-03","6.5"\n',
        b"value,metric,date\n5,sign-ups,2026-11-02\n6.5,sign-ups,2026-11-03\n",
    ],
    ids=[
        "comma",
        "bom",
        "utf-16",
        "semicolon",
        "tab",
        "crlf",
        "wide",
        "wide day first",
        "no header",
        "quoted",
        "any order",
    ],
)
def test_it_reads_many_forms_of_the_same_file(browser: Any, signups: Any, content: bytes) -> None:
    page = upload(browser, content)

    assert "2 figures in figures.csv" in page.content.decode(), page.content.decode()
    assert stored() == []  # looked at only

    commit(browser)

    assert stored() == EXPECTED
    assert not ImportFile.objects.exists()


def test_it_takes_a_file_of_one_chosen_metric(browser: Any, signups: Any) -> None:
    upload(browser, "date,value\n2026-11-02,5\n2026-11-03,6.5\n", metric=str(signups.pk))
    commit(browser)

    assert stored() == EXPECTED
    assert ImportRun.objects.get().metric == signups


def test_it_takes_pasted_rows(browser: Any, signups: Any) -> None:
    browser.post(f"{URL}new/", {"pasted": LONG}, follow=True)
    commit(browser)

    assert stored() == EXPECTED


def test_latin_1_is_read_only_when_chosen(browser: Any, signups: Any) -> None:
    page = upload(browser, "metric,date,value\nsign-ups,2026-11-02,5\né,2026-11-02,5\n".encode("latin-1"))
    assert "Row 3 is not in UTF-8" in page.content.decode()

    run = ImportRun.objects.get()
    options = {"layout": "long", "separator": "comma", "decimal": ".", "order": "iso", "encoding": "latin-1"}
    again = browser.post(f"{URL}{run.pk}/", options, follow=True)

    assert "There is no metric with the key “é”" in again.content.decode()


def test_the_guess_can_be_changed(browser: Any, signups: Any) -> None:
    upload(browser, "metric;date;value\nsign-ups;01/02/2026;1,5\nsign-ups;02/02/2026;2,5\n")
    run = ImportRun.objects.get()
    assert "can be read in two ways" in browser.get(f"{URL}{run.pk}/").content.decode()

    options = {
        "layout": "long",
        "separator": "semicolon",
        "decimal": ",",
        "order": "dmy",
        "encoding": "utf-8",
    }
    browser.post(f"{URL}{run.pk}/", options)
    commit(browser)

    assert [day for _, day, _ in stored()] == ["2026-02-01", "2026-02-02"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "The file is empty"),
        ("\ufeff\n \n", "The file is empty"),
        ("metric,date,value\n", "no figures"),
        ("just words\nmore words\n", "only one column"),
        ("metric,date,value\nsign-ups,2026-11-02\x00,5\n", "no text file"),
        ("metric,date,date\nsign-ups,2026-11-02,5\n", "Two columns are named"),
        ('metric,date,value\nsign-ups,"2026-11-02,5\n', "quotation mark is not closed"),
        ("metric,date,value\nsign-ups,2026-11-02,5,9,9\n", "same columns"),
        ("metric,date,value\nsign-ups,2026-11-02,abc\n", "is not a number"),
        ("metric,date,value\nsign-ups,2026-11-02,NaN\n", "Not a finite number"),
        ("metric,date,value\nsign-ups,2026-11-02,inf\n", "Not a finite number"),
        ("metric,date,value\nsign-ups,2026-11-02,\n", "There is no value"),
        ("metric,date,value\nsign-ups,2026-11-02,=1+1\n", "looks like a formula"),
        ("metric,date,value\nsign-ups,2026-13-02,1\n", "is no date"),
        ("metric,date,value\nsign-ups,0199-01-02,1\n", "1900 is the earliest year"),
        ("metric,date,value\nsign-ups,2026-12-02,1\n", "lies in the future"),
        ("metric,date,value\n=cmd,2026-11-02,1\n", "There is no metric with the key “=cmd”"),
        ("metric,date,value\n<script>x</script>,2026-11-02,1\n", "&lt;script&gt;"),
        ("metric,date,value\nsign-ups,2026-11-02,1\nsign-ups,2026-11-02,2\n", "Row 2 has 1 and this row 2"),
        ("date,sign-ups,nonsense\n2026-11-02,1,2\n", "There is no metric with the key “nonsense”"),
    ],
)
def test_it_says_what_to_mend_and_stores_nothing(
    browser: Any, signups: Any, content: str, words: str
) -> None:
    page = upload(browser, content)

    text = page.content.decode()
    assert words in text, text
    assert "<script>x" not in text
    if ImportRun.objects.exists():
        commit(browser)
    assert stored() == []


def test_the_first_hundred_errors_are_shown_and_all_can_be_downloaded(browser: Any, signups: Any) -> None:
    rows = "".join(f"=cmd{n},2026-11-02,1\n" for n in range(150))

    page = upload(browser, f"metric,date,value\n{rows}")
    run = ImportRun.objects.get()
    lines = browser.get(f"{URL}{run.pk}/errors.csv").content.decode().splitlines()

    assert "150 cells to mend" in page.content.decode()
    assert "The first 100 of 150" in page.content.decode()
    assert len(lines) == 151
    assert not any(cell.startswith("=") for line in lines for cell in line.split(","))


def test_a_file_over_the_limit_is_refused_before_reading(browser: Any, signups: Any) -> None:
    with override_settings(IMPORT_MAX_BYTES=1000):
        page = upload(browser, b"x" * 100_000)

    assert page.status_code == 413
    assert "Nothing of it was read" in page.content.decode()
    assert not ImportRun.objects.exists()


def test_too_many_rows_are_refused(browser: Any, signups: Any) -> None:
    with override_settings(IMPORT_MAX_ROWS=2):
        page = upload(browser, "metric,date,value\n" + "sign-ups,2026-11-02,5\n" * 5)

    assert "the limit is 2" in page.content.decode()


def test_nothing_chosen_is_named(browser: Any, signups: Any) -> None:
    assert "Choose a file, or paste rows" in browser.post(f"{URL}new/", {"pasted": ""}).content.decode()


def test_it_counts_what_would_change(browser: Any, signups: Any, now: Any) -> None:
    from datetime import date

    observations_record_pairs(
        metric=signups, pairs=[(date(2026, 11, 2), 5.0), (date(2026, 11, 3), 1.0)], actor=None, now=now
    )

    upload(browser, LONG + "sign-ups,2026-11-04,7\n")

    run = ImportRun.objects.latest("pk")
    assert (run.created, run.changed, run.unchanged) == (1, 1, 1)


def test_it_is_taken_back_with_one_click(browser: Any, signups: Any) -> None:
    upload(browser, LONG)
    page = commit(browser)
    run = ImportRun.objects.get()
    assert "Take import back" in page.content.decode()

    undone = browser.post(f"{URL}{run.pk}/take-back/", follow=True)

    assert stored() == []
    assert "This took back" in undone.content.decode()
    assert "Taken back" in browser.get(URL).content.decode()


def test_taking_back_leaves_what_was_changed_since(browser: Any, signups: Any, now: Any) -> None:
    from datetime import date

    observations_record_pairs(metric=signups, pairs=[(date(2026, 11, 2), 1.0)], actor=None, now=now)
    upload(browser, LONG)
    commit(browser)
    run = ImportRun.objects.latest("pk")
    observations_record_pairs(metric=signups, pairs=[(date(2026, 11, 3), 99.0)], actor=None, now=now)

    page = browser.post(f"{URL}{run.pk}/take-back/", follow=True)

    assert stored() == [("sign-ups", "2026-11-02", 1.0), ("sign-ups", "2026-11-03", 99.0)]
    assert "Left as they are" in page.content.decode()


def test_a_long_file_is_a_job_with_progress(browser: Any, signups: Any, now: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("metrics.services.imports.JOB_ROWS", 1)
    upload(browser, LONG)

    page = commit(browser)
    run = ImportRun.objects.get()
    assert "Importing figures" in page.content.decode()
    assert "progress" in browser.get(f"{URL}{run.pk}/progress/", HTTP_HX_REQUEST="true").content.decode()

    jobs_work(now=now, kinds=["import_commit"])

    assert stored() == EXPECTED
    run.refresh_from_db()
    assert run.job is not None
    assert (run.state, run.job.state, run.job.progress, run.job.total) == ("done", "done", 2, 2)
    finished = browser.get(f"{URL}{run.pk}/progress/", HTTP_HX_REQUEST="true")
    assert finished["HX-Redirect"] == f"{URL}{run.pk}/"


def test_a_file_is_committed_once(browser: Any, signups: Any) -> None:
    upload(browser, LONG)
    commit(browser)

    again = commit(browser)

    assert "committed or discarded already" in again.content.decode()
    assert ImportRun.objects.count() == 1


def test_a_file_can_be_discarded(browser: Any, signups: Any) -> None:
    upload(browser, LONG)
    run = ImportRun.objects.get()

    browser.post(f"{URL}{run.pk}/discard/")

    assert not ImportFile.objects.exists()
    assert (
        "figures.csv" not in browser.get(URL).content.decode().split("No imports yet")[0].split("toast")[-1]
    )


def test_strangers_viewers_and_nobody(
    logged_in: Any, charlie: Any, bob: Any, client: Any, browser: Any, signups: Any
) -> None:
    upload(browser, LONG)
    run = ImportRun.objects.get()

    for path in ("", "new/", f"{run.pk}/", f"{run.pk}/errors.csv"):
        assert logged_in(charlie).get(URL + path).status_code == 404
        assert client.get(URL + path).status_code == 302
    assert logged_in(bob).get(f"{URL}new/").status_code == 403
    assert logged_in(bob).post(f"{URL}{run.pk}/commit/").status_code == 403
    assert stored() == []
