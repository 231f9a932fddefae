"""Goals are made, edited and retired on pages."""

from __future__ import annotations

from datetime import date

import pytest

from common.models import JobRun
from strategy.models import Goal
from strategy.services import goal_version_create
from strategy.tests.factories import metric_make
from strategy.tests.pages import GOAL, GOALS, page

pytestmark = pytest.mark.usefixtures("frozen_today")


def sent(*, first="2027-Q1", rows=4, **fields):
    """A goal form as a browser sends it."""
    year, number = int(first[:4]), int(first[-1])
    data = {
        "title": "Customers stay",
        "bet": "Customers who see value stay.",
        "direction": "increase",
        "baseline": "80",
        "tolerance": "0",
        "horizon": "short",
        "targets-TOTAL_FORMS": str(rows),
        "targets-INITIAL_FORMS": str(rows),
    }
    for index in range(rows):
        data[f"targets-{index}-quarter"] = (
            f"{year + (number - 1 + index) // 4}-Q{(number - 1 + index) % 4 + 1}"
        )
        data[f"targets-{index}-value"] = ""
    return data | {key.replace("__", "-"): value for key, value in fields.items()}


def test_a_goal_is_made_in_the_browser_and_activated(product, alice, logged_in):
    metric = metric_make(product)
    client = logged_in(alice)

    made = client.post(
        f"{GOALS}new/",
        sent(
            first="2026-Q4",
            owner=alice.pk,
            metric=metric.pk,
            targets__0__value="81",
            targets__1__value="82.5",
        ),
    )
    activated = client.post(f"{GOAL}activate/")

    goal = Goal.objects.get()
    assert (made.status_code, made["Location"], activated.status_code) == (302, GOAL, 302)
    assert goal.state == "active"
    assert [row.value for row in goal.versions.get().targets.all()] == [81.0, 82.5]


def test_a_wrong_form_names_the_field_and_keeps_what_was_typed(product, alice, logged_in):
    response = logged_in(alice).post(
        f"{GOALS}new/",
        sent(first="2026-Q4", title="", bet="Kept text", baseline="NaN", targets__1__value="abc"),
    )

    text = response.content.decode()
    assert response.status_code == 422
    assert "Kept text" in text
    assert "Q1 2027: target" in text
    assert not Goal.objects.exists()


def test_quarters_are_added_without_script_and_nothing_is_lost(product, alice, logged_in):
    response = logged_in(alice).post(
        f"{GOALS}new/", sent(first="2026-Q4", title="Half written", targets__0__value="81", add_quarters="1")
    )

    text = response.content.decode()
    assert response.status_code == 200
    assert "Half written" in text
    assert 'name="targets-0-value" value="81"' in text
    assert 'name="targets-7-value"' in text
    assert not Goal.objects.exists()


def test_an_edit_says_from_when_it_holds_and_needs_a_reason(goal, alice, logged_in):
    client = logged_in(alice)
    form = page(client, f"{GOAL}edit/")
    data = sent(
        owner=alice.pk,
        metric=goal.current.metric_id,
        version=goal.version,
        targets__0__value="91",
        title="They stay",
    )

    refused = client.post(f"{GOAL}edit/", data)
    saved = client.post(f"{GOAL}edit/", data | {"reason": "Harder."}, follow=True)

    assert "hold from Q1 2027" in form
    assert (refused.status_code, "Say why" in refused.content.decode()) == (422, True)
    assert "What is measured changes from Q1 2027" in saved.content.decode()
    assert goal.versions.count() == 3


def test_a_stale_edit_shows_both_versions_and_loses_nothing(goal, alice, dana, now, logged_in):
    seen = goal.version
    goal_version_create(goal=goal, changes={"title": "Danas title"}, actor=dana, reason="So.", now=now)
    data = sent(
        owner=alice.pk,
        metric=goal.current.metric_id,
        version=seen,
        title="Alices title",
        reason="Mine.",
        targets__0__value="90",
    )

    client = logged_in(alice)
    conflict = client.post(f"{GOAL}edit/", data)
    goal.refresh_from_db()
    again = client.post(f"{GOAL}edit/", data | {"version": goal.version})

    text = conflict.content.decode()
    assert conflict.status_code == 409
    assert "<ins>Alices title</ins>" in text
    assert "Danas title" in text
    assert f'name="version" value="{goal.version}"' in text
    assert again.status_code == 302


@pytest.mark.parametrize("path", ["edit/", "retire/", "address/", "beliefs/new/"])
def test_viewers_cannot_write(goal, bob, logged_in, path):
    assert logged_in(bob).get(GOAL + path).status_code == 403


def test_a_goal_is_retired_and_brought_back_with_reasons(goal, alice, logged_in):
    client = logged_in(alice)

    client.post(f"{GOAL}retire/", {"reason": "Done.", "version": goal.version})
    retired = page(client, GOAL)
    goal.refresh_from_db()
    client.post(f"{GOAL}bring-back/", {"reason": "Not done.", "version": goal.version})

    assert "This goal is retired" in retired
    goal.refresh_from_db()
    assert goal.state == "active"


def test_evaluate_now_shows_how_the_run_goes(goal, product, alice, logged_in):
    client = logged_in(alice)

    response = client.post(f"{GOALS}evaluate/", follow=True)

    run = JobRun.objects.get(kind="quarter_evaluation", requested_by=alice)
    assert run.subject == str(product.pk)
    assert "Quarter evaluation" in response.content.decode()


def test_an_admin_corrects_a_quarter_with_a_reason(goal, alice, dana, logged_in):
    path = f"{GOAL}results/2026-Q3/"
    seen = page(logged_in(alice), path)

    forbidden = logged_in(alice).post(path, {"act": "actual", "actual": "84", "reason": "x"})
    unreasoned = logged_in(dana).post(path, {"act": "actual", "actual": "84", "reason": ""})
    logged_in(dana).post(path, {"act": "actual", "actual": "84", "reason": "The export was wrong."})

    assert "Correct or exempt" not in seen
    assert (forbidden.status_code, unreasoned.status_code) == (403, 422)
    text = page(logged_in(dana), path)
    assert "The export was wrong." in text
    assert goal.results.get(quarter_start=date(2026, 7, 1), revision=2).verdict == "met"
