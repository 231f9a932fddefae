"""The frame of the API: errors, pages, filters, locking, throttle, the document, and the guide's examples."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from common.api_scopes import SCOPES
from strategy.services.testing import mappings_test
from strategy.tests.factories import figures_wander, goal_make, mapping_make, metric_make
from teams.models import ApiToken, Product, Team
from teams.tests.factories import MembershipFactory, TeamFactory

ROOT = Path(settings.BASE_DIR)


def _token(user, *scopes):
    _row, text = ApiToken.objects.create(
        user=user, name="test", scopes=list(scopes or SCOPES), expiry=timedelta(days=1)
    )
    return text


@pytest.fixture
def program(product_team, team, alice):
    """Alice's program with every scope."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {_token(alice)}")
    return client


def _error(response):
    body = response.json()
    assert set(body) == {"type", "errors"}
    assert set(body["errors"][0]) == {"code", "detail", "attr"}
    return body["errors"][0]


# --- one error body -----------------------------------------------------------------------------------


def test_every_failure_has_the_same_body(program, team):
    cases = [
        (program.get("/api/v1/nothing/"), 404),
        (program.post("/api/v1/nothing/", {}, format="json"), 404),
        (program.get("/api/"), 404),
        (program.get("/api/v1/teams/999999/"), 404),
        (program.get("/api/v1/products/elsewhere/"), 404),
        (program.put(f"/api/v1/teams/{team.pk}/", {}, format="json"), 405),
        (program.post("/api/v1/teams/", "{", content_type="application/json"), 400),
        (program.post("/api/v1/teams/", "a=b", content_type="application/x-www-form-urlencoded"), 415),
        (program.post("/api/v1/teams/", {}, format="json"), 400),
        (program.get("/api/v1/teams/?page=999"), 404),
        (program.post("/api/v1/products/", {"name": "x"}, format="json"), 403),
        (APIClient().get("/api/v1/teams/"), 401),
        (APIClient(HTTP_AUTHORIZATION="Token nonsense").get("/api/v1/teams/"), 401),
    ]
    for response, status in cases:
        assert response.status_code == status, response.content
        assert response["Content-Type"] == "application/json"
        assert _error(response)["detail"]


def test_an_unknown_address_names_the_slash_that_is_missing(program):
    response = program.post("/api/v1/products", {}, format="json")

    assert response.status_code == 404
    assert "/api/v1/products/" in _error(response)["detail"]


def test_401_says_how_to_authenticate(db):
    assert APIClient().get("/api/v1/teams/")["WWW-Authenticate"] == "Token"


def test_a_session_changes_nothing_without_a_csrf_token(alice, product):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(alice)

    assert browser.get("/api/v1/products/").status_code == 200
    assert browser.patch("/api/v1/products/fieldnote/", {"name": "x"}, format="json").status_code == 403


def test_a_refusal_of_a_service_names_its_field(program):
    response = program.post("/api/v1/teams/", {"product": "fieldnote", "name": "Onboarding"}, format="json")

    error = _error(response)
    assert response.status_code == 400
    assert (error["attr"], "of that name already" in error["detail"]) == ("name", True)


def test_a_missing_scope_is_named(alice, product):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {_token(alice, 'goals:read')}")

    assert "teams:read" in _error(client.get("/api/v1/teams/"))["detail"]


def test_too_many_calls_are_slowed_down(alice, monkeypatch, product):
    cache.clear()
    monkeypatch.setattr("rest_framework.throttling.UserRateThrottle.THROTTLE_RATES", {"user": "2/min"})
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {_token(alice)}")

    codes = [client.get("/api/v1/teams/") for _ in range(3)]

    assert [response.status_code for response in codes] == [200, 200, 429]
    assert int(codes[-1]["Retry-After"]) > 0
    assert _error(codes[-1])["code"] == "throttled"


# --- products, teams, memberships -------------------------------------------------------------------


def test_lists_are_paged_and_filtered(program, product, charlie):
    TeamFactory.create_batch(5, product=product)

    first = program.get("/api/v1/teams/?page_size=2").json()
    streams = program.get("/api/v1/teams/?product=fieldnote&kind=stream").json()
    nothing = program.get("/api/v1/teams/?product=elsewhere").json()

    assert (first["count"], len(first["results"])) == (7, 2)
    assert "page=2" in first["next"]
    assert streams["count"] == 6
    assert nothing["count"] == 0


def test_a_list_costs_the_same_for_many_rows(program, product, django_assert_max_num_queries):
    for team in TeamFactory.create_batch(30, product=product):
        MembershipFactory(team=team)

    for address in ("/api/v1/teams/", "/api/v1/memberships/", "/api/v1/products/"):
        with django_assert_max_num_queries(7):
            program.get(address)


def test_a_change_on_an_old_version_is_412(program, team):
    read = program.get(f"/api/v1/teams/{team.pk}/")
    assert read["ETag"] == '"1"'

    first = program.patch(
        f"/api/v1/teams/{team.pk}/", {"purpose": "First"}, format="json", headers={"If-Match": read["ETag"]}
    )
    second = program.patch(
        f"/api/v1/teams/{team.pk}/", {"purpose": "Second"}, format="json", headers={"If-Match": read["ETag"]}
    )
    nonsense = program.patch(
        f"/api/v1/teams/{team.pk}/", {"purpose": "x"}, format="json", headers={"If-Match": '"x"'}
    )

    assert (first.status_code, first["ETag"], second.status_code) == (200, '"2"', 412)
    assert nonsense.status_code == 412
    assert _error(second)["code"] == "precondition_failed"
    assert Team.objects.get(pk=team.pk).purpose == "First"


def test_fields_that_are_not_offered_are_ignored(program, team, product):
    data = {"purpose": "x", "kind": "product", "slug": "evil", "version": 99, "product": "elsewhere"}

    response = program.patch(f"/api/v1/teams/{team.pk}/", data, format="json")

    assert response.status_code == 200
    team.refresh_from_db()
    assert (team.kind, team.slug, team.version, team.product) == ("stream", "onboarding", 2, product)


def test_an_admin_makes_a_product_with_its_team(dana, organisation):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {_token(dana)}")

    response = client.post("/api/v1/products/", {"name": "Ledger"}, format="json")

    assert response.status_code == 201
    assert response.json()["slug"] == "ledger"
    assert Team.objects.get(product__slug="ledger").kind == "product"


def test_a_team_in_a_product_of_others_cannot_be_named(program, charlie):
    response = program.post("/api/v1/teams/", {"product": "elsewhere", "name": "Mine"}, format="json")

    assert response.status_code == 400
    assert not Product.objects.get(slug="elsewhere").teams.filter(name="Mine").exists()


def test_the_root_names_what_there_is(program):
    assert {"products", "teams", "memberships"} <= set(program.get("/api/v1/").json())


# --- the document and the guide ---------------------------------------------------------------------


def test_the_committed_document_is_the_one_the_code_gives_without_a_database(tmp_path):
    fresh = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(fresh))

    assert fresh.read_text() == (ROOT / "docs" / "openapi.yaml").read_text(), (
        "The API changed. Renew the document: "
        "python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"
    )


def test_the_document_is_served(client, db):
    response = client.get("/api/schema/?format=json")

    assert response.status_code == 200
    assert "/api/v1/products/" in json.loads(response.content)["paths"]


@pytest.mark.django_db(transaction=True)
def test_the_examples_of_the_guide_work(
    live_server, organisation, product, product_team, team, alice, tmp_path
):
    """Every `curl` of docs/api.md is run as it stands, with the address and a token put in."""
    activation = metric_make(product, "activation", kind="outcome")
    retention = metric_make(product)
    belief = mapping_make(goal_make(product, alice, metric=retention), activation, alice)
    for metric in (activation, retention):
        figures_wander(metric, timezone.now())
    mappings_test(now=timezone.now())
    text = (ROOT / "docs" / "api.md").read_text()
    commands = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    environment = {
        **os.environ,
        "BEARING": live_server.url,
        "TOKEN": _token(alice),
        "TEAM": str(team.pk),
        "GOAL": str(belief.goal_id),
        "MAPPING": str(belief.pk),
        "no_proxy": "*",
    }
    assert commands

    for command in commands:
        done = subprocess.run(
            ["bash", "-euc", command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
