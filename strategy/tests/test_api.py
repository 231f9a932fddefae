"""Goals and mappings over the API."""

from __future__ import annotations

from datetime import date

import pytest
from rest_framework.test import APIClient

from strategy.models import Goal, Mapping
from strategy.services import quarters_evaluate
from strategy.tests.factories import (
    figures_record,
    goal_make,
    mapping_make,
    metric_make,
    team_target_make,
)

URL = "/api/v1/goals/"

pytestmark = pytest.mark.usefixtures("frozen_today")


@pytest.fixture
def api():
    def enter(user):
        client = APIClient()
        client.force_authenticate(user)
        return client

    return enter


@pytest.fixture
def goal(product, alice):
    return goal_make(product, alice)


def test_a_goal_is_made_edited_and_activated(product, alice, api):
    metric_make(product)
    client = api(alice)
    body = {
        "product": "fieldnote",
        "title": "Customers stay",
        "bet": "Because.",
        "owner": "alice@example.com",
        "metric": "retention",
        "baseline": 80,
        "targets": [{"quarter": "2026-Q4", "value": 85}, {"quarter": "2027-Q1", "value": 86}],
    }

    made = client.post(URL, body, format="json")
    url = f"{URL}{made.json()['id']}/"
    activated = client.post(f"{url}activate/", format="json")
    edited = client.patch(
        url, {"targets": [{"quarter": "2027-Q1", "value": 90}], "reason": "Harder."}, format="json"
    )

    assert (made.status_code, made.json()["state"], made["ETag"]) == (201, "draft", '"1"')
    assert activated.json()["counting_from"] == "2027-01-01"
    assert edited.json()["current"]["targets"][1] == {
        "quarter": "2027-Q1",
        "value": 86.0,
        "low": None,
        "high": None,
    }
    assert edited.json()["planned"]["targets"][1]["value"] == 90.0
    assert [row["number"] for row in client.get(f"{url}versions/").json()] == [1, 2]


def test_a_stale_edit_gets_412(goal, alice, api):
    client = api(alice)
    body = {"title": "Other", "reason": "So."}

    fresh = client.patch(f"{URL}{goal.pk}/", body, format="json", headers={"If-Match": f'"{goal.version}"'})
    stale = client.patch(f"{URL}{goal.pk}/", body, format="json", headers={"If-Match": f'"{goal.version}"'})

    assert (fresh.status_code, stale.status_code) == (200, 412)
    assert fresh["ETag"] == f'"{goal.version + 1}"'


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"metric": "nothing"}, "metric"),
        ({"targets": [{"quarter": "soon", "value": 1}]}, "targets"),
        ({"targets": [{"quarter": "2026-Q4", "value": 1}], "reason": "So."}, "targets"),
        ({"title": "New"}, "reason"),
    ],
)
def test_what_cannot_stand_is_named(goal, alice, api, change, field):
    response = api(alice).patch(f"{URL}{goal.pk}/", change, format="json")

    assert response.status_code == 400
    assert any(error["attr"].startswith(field) for error in response.json()["errors"])


def test_results_are_listed(goal, alice, api, now):
    figures_record(goal.current.metric, {"2026-Q3": 90.0}, now)
    quarters_evaluate(now=now)

    rows = api(alice).get(f"{URL}{goal.pk}/results/").json()

    assert [(row["quarter_start"], row["verdict"], row["provisional"]) for row in rows] == [
        ("2026-07-01", "met", False),
        ("2026-10-01", "no_data", True),
    ]


def test_a_closed_quarter_tells_which_of_the_four_cases_it_was(goal, product, team, alice, charlie, api, now):
    usage = metric_make(product, key="usage", kind="outcome")
    mapping_make(goal, usage, alice, since=date(2026, 7, 1))
    team_target_make(team, usage, "2026-Q3", 50.0)
    figures_record(usage, {"2026-Q3": 60.0}, now)
    figures_record(goal.current.metric, {"2026-Q3": 80.0}, now)
    quarters_evaluate(now=now)

    row = api(alice).get(f"{URL}{goal.pk}/results/").json()[0]

    assert (row["verdict"], row["metrics_share"], row["case"]) == ("missed", 1.0, "assumption_broken")
    assert api(charlie).get(f"{URL}{goal.pk}/results/").status_code == 404


def test_retiring_needs_a_reason(goal, alice, api):
    client = api(alice)

    refused = client.post(f"{URL}{goal.pk}/retire/", {}, format="json")
    retired = client.post(f"{URL}{goal.pk}/retire/", {"reason": "Gone."}, format="json")
    back = client.post(f"{URL}{goal.pk}/bring-back/", {"reason": "Back."}, format="json")

    assert (refused.status_code, retired.json()["state"], back.json()["state"]) == (400, "retired", "active")


def test_mappings_are_made_reworded_and_retired(goal, product, alice, api, today):
    metric_make(product, key="usage", kind="outcome")
    client = api(alice)
    body = {
        "goal": goal.pk,
        "metric": "usage",
        "belief": "Because.",
        "owner": "alice@example.com",
        "lag_weeks": 4,
    }

    made = client.post("/api/v1/mappings/", body, format="json")
    url = f"/api/v1/mappings/{made.json()['id']}/"
    edited = client.patch(url, {"strength": 3, "reason": "Sure."}, format="json")
    retired = client.post(f"{url}retire/", {"reason": "No."}, format="json")

    assert (made.status_code, made.json()["current"]["lag_weeks"]) == (201, 4)
    assert (edited.json()["current"]["strength"], edited.json()["current"]["lag_weeks"]) == (3, 4)
    assert retired.json()["active_until"] == today.isoformat()
    assert client.get("/api/v1/mappings/?active=true").json()["results"] == []


def test_a_mapping_without_a_lag_has_null_until_one_is_named(goal, product, alice, api):
    metric_make(product, key="usage", kind="outcome")
    client = api(alice)
    body = {"goal": goal.pk, "metric": "usage", "belief": "Because.", "owner": "alice@example.com"}

    made = client.post("/api/v1/mappings/", body, format="json")
    url = f"/api/v1/mappings/{made.json()['id']}/"
    named = client.patch(url, {"lag_weeks": 0, "reason": "At once."}, format="json")
    untouched = client.patch(url, {"strength": 3, "reason": "Sure."}, format="json")
    taken_back = client.patch(url, {"lag_weeks": None, "reason": "Nobody knows."}, format="json")
    refused = client.patch(url, {"lag_weeks": 105, "reason": "Long."}, format="json")

    lags = [answer.json()["current"]["lag_weeks"] for answer in (made, named, untouched, taken_back)]
    assert lags == [None, 0, 0, None]
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (400, "lag_weeks")


def test_viewers_read_and_strangers_find_nothing(goal, product, alice, bob, charlie, api):
    mapping = mapping_make(goal, metric_make(product, key="usage", kind="outcome"), alice)

    assert api(bob).get(f"{URL}{goal.pk}/").status_code == 200
    assert api(bob).patch(f"{URL}{goal.pk}/", {"title": "x", "reason": "y"}, format="json").status_code == 403
    assert api(charlie).get(f"{URL}{goal.pk}/").status_code == 404
    assert api(charlie).get(f"/api/v1/mappings/{mapping.pk}/").status_code == 404
    assert api(charlie).get(URL).json()["results"] == []
    assert (Goal.objects.count(), Mapping.objects.count()) == (1, 1)


@pytest.mark.parametrize("count", [10, 100])
def test_the_list_costs_the_same_queries_for_any_number(
    product, alice, api, count, django_assert_max_num_queries
):
    metric = metric_make(product)
    for index in range(count):
        goal_make(product, alice, metric=metric, title=f"Goal {index}")
    client = api(alice)

    with django_assert_max_num_queries(9):
        assert client.get(URL).json()["count"] == count


def test_targets_follow_the_organisations_quarters(product, alice, api, organisation):
    organisation.fiscal_year_start = 4
    organisation.save()
    goal = goal_make(product, alice, targets={"2027-Q3": 85.0, "2027-Q4": 86.0})

    targets = api(alice).get(f"{URL}{goal.pk}/").json()["current"]["targets"]

    assert [row["quarter"] for row in targets] == ["2027-Q3", "2027-Q4"]
    assert goal.current.targets.first().quarter_start == date(2026, 10, 1)
