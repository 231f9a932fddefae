"""Pages of beliefs, and the goals that a metric serves."""

from __future__ import annotations

from datetime import date

import pytest

from strategy.models import Mapping, QuarterResult
from strategy.tests.factories import metric_make
from strategy.tests.pages import GOAL, page

pytestmark = pytest.mark.usefixtures("frozen_today")


def test_the_evidence_page_lists_every_belief_with_its_readings(goal, logged_in, bob):
    text = page(logged_in(bob), "/p/fieldnote/evidence/")

    assert "One belief waits for a first test" in text
    assert "Untested" in text
    assert 'Assumption broken<span class="sub">Q3 2026' in text


def test_a_belief_page_tells_quarter_by_quarter(goal, logged_in, bob):
    mapping = Mapping.objects.get()

    text = page(logged_in(bob), mapping.get_absolute_url())

    assert "We believe that when First job rises, Retention rises about 4 weeks later." in text
    assert "Our reason: people who use it stay." in text
    assert "1 of 1 reached" in text
    assert "Assumption broken" in text


def test_a_quarter_that_is_running_is_neither_met_nor_missed(goal, logged_in, bob):
    result = QuarterResult.objects.latest("quarter_start")
    QuarterResult.objects.filter(pk=result.pk).update(
        quarter_start=date(2026, 10, 1), quarter_end=date(2027, 1, 1), provisional=True
    )

    text = page(logged_in(bob), Mapping.objects.get().get_absolute_url())
    row = text.split('<th scope="row" class="full">Q4 2026', 1)[1].split("</tr>", 1)[0]
    for word in ("to date", "Open", "Quarter open"):
        assert word in row
    for word in ("Missed", "Assumption broken"):
        assert word not in row


def test_a_belief_is_added_adjusted_retired_and_believed_again(goal, product, alice, logged_in):
    metric = metric_make(product, key="imports", kind="outcome")
    client = logged_in(alice)
    fields = {
        "belief": "Imports help.",
        "direction": "+",
        "lag_weeks": "3",
        "strength": "1",
        "owner": alice.pk,
    }

    client.post(f"{GOAL}beliefs/new/", fields | {"metric": metric.pk})
    mapping = Mapping.objects.get(metric=metric)
    path = mapping.get_absolute_url()
    client.post(f"{path}edit/", fields | {"lag_weeks": "6", "version": 1, "reason": "Slower."})
    stale = client.post(f"{path}edit/", fields | {"lag_weeks": "9", "version": 1, "reason": "Slower."})
    client.post(f"{path}retire/", {"version": 2, "reason": "No."})
    client.post(f"{path}bring-back/", {"version": 3, "reason": "Yes."})

    assert stale.status_code == 409
    assert list(mapping.versions.values_list("lag_weeks", flat=True)) == [3, 6]
    assert Mapping.objects.active().get(metric=metric).pk != mapping.pk
    assert "Retired beliefs" in page(client, "/p/fieldnote/evidence/?show=retired")


def test_a_belief_may_leave_its_lag_open_on_the_page(goal, product, alice, logged_in):
    metric = metric_make(product, key="imports", kind="outcome")
    client = logged_in(alice)
    fields = {
        "belief": "Imports help.",
        "direction": "+",
        "lag_weeks": "",
        "strength": "1",
        "owner": alice.pk,
    }

    form = page(client, f"{GOAL}beliefs/new/")
    client.post(f"{GOAL}beliefs/new/", fields | {"metric": metric.pk})

    mapping = Mapping.objects.get(metric=metric)
    text = page(client, mapping.get_absolute_url())
    assert "Leave empty if you cannot say." in form
    assert mapping.versions.get().lag_weeks is None
    assert "We believe that when Imports rises, Retention rises, sooner or later." in text
    assert "None week" not in text


def test_a_metrics_page_is_told_which_goals_it_serves(goal, alice, logged_in):
    client = logged_in(alice)

    part = client.get(
        "/p/fieldnote/metrics/first-job/goals/", headers={"HX-Request": "true"}
    ).content.decode()
    own = page(client, "/p/fieldnote/metrics/retention/goals/")

    assert part.startswith("<ul")
    assert "Mapped" in part
    assert "Impact metric" in own
    page(client, "/p/fieldnote/metrics/nothing/goals/", status=404)
