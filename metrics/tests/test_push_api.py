"""Bulk push: three kinds of body, all or nothing, errors by row."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from metrics.models import ImportRun, Observation
from metrics.tests.factories import MetricFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_today")]
URL = "/api/v1/observations/"


@pytest.fixture
def signups(product: Any) -> Any:
    return MetricFactory(product=product, key="sign-ups", frequency="daily", aggregation="sum")


@pytest.fixture
def as_alice(alice: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(alice)
    return client


def figures() -> list[tuple[str, float]]:
    return [
        (day.isoformat(), value)
        for day, value in Observation.objects.order_by("date").values_list("date", "value")
    ]


def errors(response: Any) -> dict[str, str]:
    assert response.status_code == 400, response.content
    return {error["attr"]: error["detail"] for error in response.json()["errors"]}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            b'[{"metric":"sign-ups","date":"2026-11-02","value":5},{"metric":"sign-ups","date":"2026-11-03","value":6.5}]',
            "application/json",
        ),
        (
            b'{"metric":["sign-ups","sign-ups"],"date":["2026-11-02","2026-11-03"],"value":[5,6.5]}',
            "application/json",
        ),
        (b'{"metric":"sign-ups","date":["2026-11-02","2026-11-03"],"value":[5,6.5]}', "application/json"),
        (b"metric,date,value\nsign-ups,2026-11-02,5\nsign-ups,2026-11-03,6.5\n", "text/csv"),
        (
            b"date;value;metric\r\n2026-11-02;5;sign-ups\r\n2026-11-03;6.5;sign-ups\r\n",
            "text/csv; charset=utf-8",
        ),
    ],
)
def test_it_takes_rows_columns_and_csv(
    as_alice: Any, signups: Any, product: Any, body: bytes, kind: str
) -> None:
    response = as_alice.post(URL, body, content_type=kind)

    assert response.status_code == 201, response.content
    answer = response.json()
    assert (answer["created"], answer["changed"], answer["unchanged"], answer["rows"]) == (2, 0, 0, 2)
    assert (answer["product"], answer["kind"], answer["first_date"]) == ("fieldnote", "api", "2026-11-02")
    assert figures() == [("2026-11-02", 5.0), ("2026-11-03", 6.5)]


def test_it_names_every_wrong_row_and_stores_nothing(as_alice: Any, signups: Any) -> None:
    rows = (
        b'[{"metric":"sign-ups","date":"2026-11-02","value":5},'
        b'{"metric":"no-such","date":"2026-11-02","value":5},'
        b'{"metric":"sign-ups","date":"yesterday","value":5},'
        b'{"metric":"sign-ups","date":"2027-11-02","value":5},'
        b'{"metric":"sign-ups","date":"2026-11-04","value":null}]'
    )

    found = errors(as_alice.post(URL, rows, content_type="application/json"))

    assert "no-such" in found["2.metric"]
    assert "yesterday" in found["3.date"]
    assert "future" in found["4.date"]
    assert "no value" in found["5.value"]
    assert figures() == []
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("body", "attr", "words"),
    [
        (b"", None, "no valid JSON"),
        (b"[]", None, "no figures"),
        (b"7", None, "Send"),
        (b'{"metric":["a"],"date":[],"value":[1]}', None, "equal length"),
        (b'{"metric":["a"]}', None, "Send"),
        (b"[1]", "1.row", "object"),
        (b'[{"metric":"sign-ups","date":"2026-11-02"}]', "1.value", "no value"),
        (b'[{"metric":"sign-ups","date":"2026-11-02","value":"5"}]', "1.value", "must be a number, not text"),
        (b'[{"metric":"sign-ups","date":"2026-11-02","value":true}]', "1.value", "true or false"),
        (b'[{"metric":7,"date":"2026-11-02","value":5}]', "1.metric", "must be text"),
        (b'[{"metric":"sign-ups","date":20261102,"value":5}]', "1.date", "must be text"),
        (b'[{"metric":"sign-ups","date":"2026-11-02","value":NaN}]', None, "no valid JSON"),
        (b'[{"metric":"sign-ups","date":"2026-11-02","value":1e16}]', "1.value", "Too large"),
    ],
)
def test_it_says_what_is_wrong_with_a_body(
    as_alice: Any, signups: Any, body: bytes, attr: str, words: str
) -> None:
    found = errors(as_alice.post(URL, body, content_type="application/json"))

    assert any(words in detail for detail in found.values()), found
    if attr:
        assert attr in found


def test_it_refuses_another_content_type(as_alice: Any) -> None:
    assert as_alice.post(URL, b"<x/>", content_type="application/xml").status_code == 415


def test_it_refuses_a_body_over_the_limit_before_reading_it(as_alice: Any, signups: Any) -> None:
    with override_settings(IMPORT_MAX_BYTES=100):
        response = as_alice.post(URL, b"x" * 101, content_type="text/csv")

    assert response.status_code == 413
    assert response.json()["errors"][0]["code"] == "too_large"


def test_it_refuses_more_rows_than_the_limit(as_alice: Any, signups: Any) -> None:
    rows = b'{"metric":"sign-ups","date":["2026-11-02","2026-11-03"],"value":[1,2]}'

    with override_settings(IMPORT_MAX_ROWS=1):
        found = errors(as_alice.post(URL, rows, content_type="application/json"))

    assert "limit is 1" in next(iter(found.values()))


def test_it_lists_the_first_hundred_of_many_errors(as_alice: Any, signups: Any) -> None:
    rows = "metric,date,value\n" + "\n".join(f"sign-ups,2026-11-02,bad{n}" for n in range(250))

    found = errors(as_alice.post(URL, rows.encode(), content_type="text/csv"))

    assert len(found) == 101
    assert "250 rows are wrong" in found["non_field_errors"]


def test_it_hides_anothers_metric_and_refuses_a_viewer(signups: Any, charlie: Any, bob: Any) -> None:
    body = b'[{"metric":"sign-ups","date":"2026-11-02","value":5}]'
    stranger, viewer, nobody = APIClient(), APIClient(), APIClient()
    stranger.force_authenticate(charlie)
    viewer.force_authenticate(bob)

    assert (
        "no metric with the key"
        in errors(stranger.post(URL, body, content_type="application/json"))["1.metric"]
    )
    assert viewer.post(URL, body, content_type="application/json").status_code == 403
    assert nobody.post(URL, body, content_type="application/json").status_code in {401, 403}
    assert figures() == []


def test_it_takes_weeks_and_months_as_dates(as_alice: Any, product: Any) -> None:
    MetricFactory(product=product, key="weekly", frequency="weekly")
    MetricFactory(product=product, key="monthly", frequency="monthly")
    rows = b"metric,date,value\nweekly,2026-W47,1\nmonthly,2026-10,2\n"

    assert as_alice.post(URL, rows, content_type="text/csv").status_code == 201

    assert figures() == [("2026-10-01", 2.0), ("2026-11-19", 1.0)]


def test_it_reads_a_metrics_figures_in_a_range(as_alice: Any, signups: Any) -> None:
    as_alice.post(
        URL, b"metric,date,value\nsign-ups,2026-11-02,5\nsign-ups,2026-11-03,6\n", content_type="text/csv"
    )

    response = as_alice.get("/api/v1/metrics/sign-ups/observations/?since=2026-11-03")

    assert response.json() == [{"date": "2026-11-03", "value": 6.0}]
    assert as_alice.get("/api/v1/metrics/sign-ups/observations/?since=soon").status_code == 400


def test_it_takes_an_import_back(as_alice: Any, signups: Any) -> None:
    pushed = as_alice.post(URL, b"metric,date,value\nsign-ups,2026-11-02,5\n", content_type="text/csv").json()

    response = as_alice.post(f"/api/v1/imports/{pushed['id']}/take-back/")

    assert response.json()["deleted"] == 1
    assert figures() == []
    assert as_alice.get(f"/api/v1/imports/{pushed['id']}/").json()["state"] == "taken_back"


def test_metrics_are_made_changed_and_archived(as_alice: Any, product: Any) -> None:
    made = as_alice.post(
        "/api/v1/metrics/", {"name": "Weekly users", "product": "fieldnote", "unit": "users"}, format="json"
    )
    assert made.status_code == 201, made.content
    url = "/api/v1/metrics/weekly-users/"

    unexplained = as_alice.patch(url, {"aggregation": "sum"}, format="json")
    explained = as_alice.patch(
        url, {"aggregation": "sum", "reason": "It is a count."}, format="json", HTTP_IF_MATCH='"1"'
    )
    stale = as_alice.patch(url, {"name": "Users"}, format="json", HTTP_IF_MATCH='"1"')
    archived = as_alice.post(f"{url}archive/")

    assert errors(unexplained)["reason"].startswith("Say why")
    assert explained.json()["definition_number"] == 2
    assert stale.status_code == 412
    assert archived.json()["archived_at"] is not None


def test_targets_are_agreed_by_both_sides(as_alice: Any, erin: Any, team: Any, signups: Any) -> None:
    as_erin = APIClient()
    as_erin.force_authenticate(erin)
    offer = {"team": team.pk, "metric": "sign-ups", "quarter": "2026-Q4", "baseline": 10, "commit": 14}

    made = as_alice.post("/api/v1/targets/", offer, format="json")
    agreed = as_erin.post(
        f"/api/v1/targets/{made.json()['id']}/agree/", format="json", HTTP_IF_MATCH=made["ETag"]
    )

    assert made.json()["state"] == "proposed"
    assert agreed.json()["state"] == "agreed"
    assert agreed.json()["quarter_start"] == date(2026, 10, 1).isoformat()


def test_strangers_find_nothing_and_viewers_change_nothing(
    signups: Any, team: Any, charlie: Any, bob: Any, as_alice: Any
) -> None:
    run = as_alice.post(URL, b"metric,date,value\nsign-ups,2026-11-02,5\n", content_type="text/csv").json()
    offer = {"team": team.pk, "metric": "sign-ups", "quarter": "2026-Q4", "baseline": 10, "commit": 14}
    target = as_alice.post("/api/v1/targets/", offer, format="json").json()
    stranger, viewer = APIClient(), APIClient()
    stranger.force_authenticate(charlie)
    viewer.force_authenticate(bob)
    single = [
        "/api/v1/metrics/sign-ups/",
        "/api/v1/metrics/sign-ups/observations/",
        f"/api/v1/imports/{run['id']}/",
        f"/api/v1/targets/{target['id']}/",
    ]

    for url in single:
        assert stranger.get(url).status_code == 404
        assert viewer.get(url).status_code == 200
        assert APIClient().get(url).status_code in {401, 403}
    for url in ("/api/v1/metrics/", "/api/v1/imports/", "/api/v1/targets/"):
        assert stranger.get(url).json()["count"] == 0
        assert viewer.get(url).json()["count"] == 1
    for url in ("/api/v1/metrics/sign-ups/archive/", f"/api/v1/imports/{run['id']}/take-back/"):
        assert stranger.post(url).status_code == 404
        assert viewer.post(url).status_code == 403
    assert viewer.patch("/api/v1/metrics/sign-ups/", {"name": "x"}, format="json").status_code == 403
    assert viewer.post("/api/v1/targets/", offer, format="json").status_code == 403
    assert stranger.post("/api/v1/targets/", offer, format="json").status_code == 400
    assert viewer.post(f"/api/v1/targets/{target['id']}/agree/", format="json").status_code == 403


def test_lists_ask_for_as_much_whatever_their_length(
    as_alice: Any, product: Any, team: Any, django_assert_max_num_queries: Any
) -> None:
    from metrics.tests.factories import TargetFactory

    for count in (5, 40):
        for _ in range(count):
            TargetFactory(team=team, metric=MetricFactory(product=product))
        for url in ("/api/v1/metrics/", "/api/v1/targets/"):
            with django_assert_max_num_queries(4):
                assert as_alice.get(url).status_code == 200
