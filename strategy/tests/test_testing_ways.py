"""The ways to the weekly test of beliefs: the schedule, the command, the admin and the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from common.jobs import jobs_due_collect
from common.models import JobRun
from strategy.models import MappingVerdict
from strategy.tasks import MAPPING_TEST, mapping_test_run
from strategy.tests.evidence_factories import verdict_make
from strategy.tests.factories import goal_make, mapping_make, metric_make

UTC = ZoneInfo("UTC")
pytestmark = pytest.mark.django_db


@pytest.fixture
def belief(product, alice):
    return mapping_make(goal_make(product, alice), metric_make(product, key="usage", kind="outcome"), alice)


# --- the schedule ---------------------------------------------------------------------------------


def test_each_product_is_due_once_a_week_on_monday_at_four(product):
    early, late = (datetime(2026, 11, 16, hour, 30, tzinfo=UTC) for hour in (3, 4))
    jobs_due_collect(early, kinds=[MAPPING_TEST])
    assert JobRun.objects.get(kind=MAPPING_TEST).period == "2026-W46"
    for moment in (late, late + timedelta(days=6)):
        jobs_due_collect(moment, kinds=[MAPPING_TEST])
    assert set(JobRun.objects.filter(kind=MAPPING_TEST).values_list("subject", "period")) == {
        (str(product.pk), "2026-W46"),
        (str(product.pk), "2026-W47"),
    }


def test_a_run_tests_its_product_and_tells_what_it_did(belief, product, now):
    run = JobRun.objects.create(kind=MAPPING_TEST, subject=str(product.pk), period="w", due_at=now)
    assert mapping_test_run(run, now=now) == {
        "beliefs": 1, "tested": 1, "stated": 1, "changed": 0, "unchanged": 0,
    }  # fmt: skip


def test_a_run_for_a_product_that_is_gone_says_so(product, now):
    run = JobRun.objects.create(kind=MAPPING_TEST, subject=str(product.pk + 1), period="w", due_at=now)
    assert "skipped" in mapping_test_run(run, now=now)


# --- the command ----------------------------------------------------------------------------------


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("test_mappings", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_how_many_verdicts_it_added(belief):
    assert "1 beliefs: 1 verdicts added" in command()
    assert "0 verdicts added" in command()
    assert "1 verdicts added" in command("--again")


def test_the_command_refuses_a_product_that_is_not_there(product):
    with pytest.raises(CommandError, match="no-such"):
        command("--product", "no-such")


def test_the_command_computes_a_stored_verdict_again(belief):
    assert "The same answer: supported" in command("--reproduce", str(made_by_default(belief).pk))


def test_the_command_fails_when_the_answer_differs(belief):
    verdict = made_by_default(belief)
    MappingVerdict.objects.filter(pk=verdict.pk).update(lag=8)
    with pytest.raises(CommandError, match="lag: stored 8, now 3"):
        command("--reproduce", str(verdict.pk))


@pytest.mark.parametrize(("number", "words"), [("0", "no verdict")])
def test_the_command_refuses_a_verdict_that_is_not_there(number, words, product):
    with pytest.raises(CommandError, match=words):
        command("--reproduce", number)


def made_by_default(belief) -> MappingVerdict:
    """A verdict with as many draws as the weekly run makes."""
    return verdict_make(belief, draws=2000)


# --- the admin ------------------------------------------------------------------------------------


def test_an_admin_tests_the_beliefs_of_a_product_again(belief, admin_client):
    verdict_make(belief)
    address = reverse("admin:strategy_mapping_changelist")
    answer = admin_client.post(
        address, {"action": "test_again", "_selected_action": [belief.pk]}, follow=True
    )
    assert "1 beliefs tested" in answer.content.decode()
    assert belief.verdicts.count() == 2


def test_the_admin_lists_verdicts_and_changes_none(belief, admin_client):
    verdict = verdict_make(belief)
    assert admin_client.get(reverse("admin:strategy_mappingverdict_changelist")).status_code == 200
    page = admin_client.get(reverse("admin:strategy_mappingverdict_change", args=[verdict.pk]))
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()


# --- the API --------------------------------------------------------------------------------------


def test_a_mapping_shows_its_stated_and_its_newest_verdict(belief, client, bob, team):
    stated = verdict_make(belief)
    newer = verdict_make(belief, week=stated.week + timedelta(weeks=1), stated=False)
    client.force_login(bob)
    body = client.get(reverse("api:mapping-detail", args=[belief.pk])).json()
    assert body["stated_verdict"]["id"] == stated.pk
    assert body["stated_verdict"]["verdict"] == "supported"
    assert body["newest_verdict"]["id"] == newer.pk


def test_the_verdicts_of_a_mapping_come_newest_first(belief, client, bob):
    first = verdict_make(belief)
    second = verdict_make(belief, week=first.week + timedelta(weeks=1))
    client.force_login(bob)
    body = client.get(reverse("api:mapping-verdicts", args=[belief.pk])).json()
    assert [row["id"] for row in body["results"]] == [second.pk, first.pk]
    assert body["results"][0]["wording"] == 1
    assert {"lag", "association", "low", "high"} <= set(body["results"][0]["facts"]["lag_table"][0])


def test_the_series_are_those_of_the_stated_verdict_or_of_the_one_named(belief, client, bob):
    stated = verdict_make(belief)
    newer = verdict_make(belief, week=stated.week + timedelta(weeks=1), stated=False)
    client.force_login(bob)
    address = reverse("api:mapping-series", args=[belief.pk])
    body = client.get(address).json()
    assert (body["verdict"], len(body["periods"])) == (stated.pk, 104)
    assert client.get(address, {"verdict": newer.pk}).json()["verdict"] == newer.pk


@pytest.mark.parametrize("named", ["", "none", "0"])
def test_a_mapping_without_that_verdict_has_no_series(named, belief, client, bob):
    client.force_login(bob)
    address = reverse("api:mapping-series", args=[belief.pk])
    assert client.get(address, {"verdict": named} if named else {}).status_code == 404


def test_charlie_finds_neither_verdicts_nor_series(belief, client, charlie):
    verdict_make(belief)
    client.force_login(charlie)
    for name in ("verdicts", "series"):
        assert client.get(reverse(f"api:mapping-{name}", args=[belief.pk])).status_code == 404
