"""Pages of contests: who sees what, and what is decided there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.urls import reverse

from contest.models import Contest
from contest.services import contest_cancel
from contest.tests.factories import proposal_make
from strategy.services import quarters_evaluate
from strategy.tests.factories import mapping_make, metric_make

pytestmark = pytest.mark.usefixtures("frozen_today")


def _url(name: str, contest: Contest, **more: Any) -> str:
    return reverse(f"contest:{name}", kwargs={"product": "fieldnote", "contest_id": contest.pk, **more})


def _body(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return str(response.content.decode())


def test_an_empty_list_explains_the_rule(logged_in: Any, alice: Any, product: Any) -> None:
    body = _body(logged_in(alice).get(reverse("contest:contest-list", args=["fieldnote"])))

    assert "No goal is challenged." in body
    assert "three misses in a row" in body
    assert "Nobody can veto a contest" in body


def test_the_list_shows_open_and_past_contests(
    logged_in: Any, bob: Any, contest: Contest, alice: Any, dana: Any, now: datetime
) -> None:
    page = logged_in(bob).get(reverse("contest:contest-list", args=["fieldnote"]))
    assert "One goal is challenged." in _body(page)
    assert "14 days left" in _body(page)

    contest_cancel(contest=contest, actor=dana, reason="Wrong file.", expected_version=None, now=now)

    body = _body(logged_in(bob).get(reverse("contest:contest-list", args=["fieldnote"])))
    assert "Cancelled" in body
    assert "Wrong file." in body


def test_the_page_says_why_it_opened_and_what_comes(logged_in: Any, bob: Any, contest: Contest) -> None:
    body = _body(logged_in(bob).get(_url("contest-detail", contest)))

    assert "Should we change the goal “Customers stay”?" in body
    assert "3 quarters missed: Q1 2026, Q2 2026, Q3 2026" in body
    assert "78.9% of 86.0% (−7.1 points)" in body
    assert "Keep the goal as it is" in body
    assert "Until 2 December 2026" in body
    assert "Add a proposal" not in body
    assert "Choose an entry" not in body
    assert 'role="img"' in body


def test_each_person_sees_what_they_may_do(
    logged_in: Any, erin: Any, alice: Any, dana: Any, contest: Contest
) -> None:
    member = _body(logged_in(erin).get(_url("contest-detail", contest)))
    manager = _body(logged_in(alice).get(_url("contest-detail", contest)))
    admin = _body(logged_in(dana).get(_url("contest-detail", contest)))

    assert "Add a proposal" in member
    assert "Delay by 14 days" not in member
    assert "Delay by 14 days" in manager
    assert "Cancel for bad data" not in manager
    assert "Cancel for bad data" in admin


def test_the_evidence_page_shows_the_pack(
    logged_in: Any, bob: Any, product: Any, goal: Any, alice: Any, now: datetime
) -> None:
    mapping_make(goal, metric_make(product, key="activation", kind="outcome"), alice)
    quarters_evaluate(now=now)
    contest = Contest.objects.get()

    body = _body(logged_in(bob).get(_url("contest-evidence", contest)))

    assert "Activation" in body
    assert "no team had a target on it" in body
    assert "No work was shipped for this goal" in body


@pytest.mark.parametrize(
    "name", ["contest-detail", "contest-evidence", "proposal-new", "contest-close", "contest-delay"]
)
def test_a_stranger_finds_nothing(
    logged_in: Any, charlie: Any, contest: Contest, client: Any, name: str
) -> None:
    assert logged_in(charlie).get(_url(name, contest)).status_code == 404
    assert "/accounts/login/" in client.get(_url(name, contest))["Location"]


def test_a_contest_is_found_under_its_own_product_only(
    logged_in: Any, charlie: Any, dana: Any, contest: Contest
) -> None:
    address = reverse("contest:contest-detail", kwargs={"product": "elsewhere", "contest_id": contest.pk})

    assert logged_in(dana).get(address).status_code == 404


def test_an_entry_is_chosen_on_a_page_that_states_the_effect(
    logged_in: Any, alice: Any, erin: Any, contest: Contest, later: datetime, now: datetime, frozen_today: Any
) -> None:
    proposal = proposal_make(contest, erin, now=now)
    client = logged_in(alice)
    early = client.post(
        _url("contest-close", contest), {"entry": proposal.pk, "reason": "Now.", "version": 1}
    )
    assert "Proposals are taken until 2 December 2026" in _body(early, 422)

    frozen_today.move_to(later)
    client = logged_in(alice)
    assert "Lower the targets" in _body(client.get(_url("contest-close", contest)))
    confirm = _body(client.get(_url("contest-close", contest) + f"?entry={proposal.pk}"))
    assert "1 January 2027" in confirm
    assert "miss streak starts at 0" in confirm

    assert "Give a reason" in _body(client.post(_url("contest-close", contest), {"entry": proposal.pk}), 422)
    response = client.post(
        _url("contest-close", contest), {"entry": proposal.pk, "reason": "The figures say so.", "version": 1}
    )

    assert response.status_code == 302
    body = _body(client.get(_url("contest-detail", contest)))
    assert "The figures say so." in body
    assert "version 2" in body
    assert "Did the change work?" in body


def test_the_choice_is_the_product_managers(logged_in: Any, erin: Any, contest: Contest) -> None:
    assert logged_in(erin).get(_url("contest-close", contest)).status_code == 403
    assert logged_in(erin).post(_url("contest-delay", contest), {"reason": "Later."}).status_code == 403


def test_delay_and_cancel_ask_for_a_reason(logged_in: Any, alice: Any, dana: Any, contest: Contest) -> None:
    assert "Give a reason" in _body(
        logged_in(alice).post(_url("contest-delay", contest), {"version": 1}), 422
    )
    assert (
        logged_in(alice)
        .post(_url("contest-delay", contest), {"reason": "Holidays.", "version": 1})
        .status_code
        == 302
    )
    assert "Holidays." in _body(logged_in(alice).get(_url("contest-detail", contest)))

    stale = logged_in(dana).post(_url("contest-cancel", contest), {"reason": "Wrong file.", "version": 1})
    assert "The contest changed since you opened this page" in _body(stale, 409)
    assert (
        logged_in(dana)
        .post(_url("contest-cancel", contest), {"reason": "Wrong file.", "version": 2})
        .status_code
        == 302
    )
    assert "Wrong file." in _body(logged_in(dana).get(_url("contest-detail", contest)))


def test_the_goals_page_gets_its_panel(
    logged_in: Any, bob: Any, contest: Contest, product: Any, alice: Any
) -> None:
    address = reverse("contest:goal-panel", args=["fieldnote", contest.goal.slug])

    part = logged_in(bob).get(address, headers={"HX-Request": "true"})
    whole = logged_in(bob).get(address)

    assert "A contest is open on this goal" in _body(part)
    assert "<html" not in _body(part)
    assert "<html" in _body(whole)


def test_the_goals_page_says_at_its_top_that_a_contest_is_open(
    logged_in: Any, bob: Any, alice: Any, dana: Any, contest: Contest, now: datetime
) -> None:
    url = contest.goal.get_absolute_url()
    during = _body(logged_in(bob).get(url))

    contest_cancel(contest=contest, actor=dana, reason="Bad data.", expected_version=contest.version, now=now)
    after = _body(logged_in(bob).get(url))

    assert "A contest is open on this goal" in during
    assert f'href="{contest.get_absolute_url()}"' in during
    assert "A contest is open on this goal" not in after
