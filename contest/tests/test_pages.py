"""Pages of contests: who sees what, forms without JavaScript, text that stays text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.urls import reverse

from common.models import AuditEvent
from contest.models import Contest, Proposal
from contest.services import contest_cancel, decision_apply, proposal_edit
from contest.tests.factories import WORDS, proposal_make
from strategy.services import quarters_evaluate
from strategy.tests.factories import mapping_make, metric_make

HTML = "<script>alert(1)</script>"
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


def test_a_viewer_cannot_propose(logged_in: Any, bob: Any, contest: Contest) -> None:
    data = {"kind": "retire_goal", "title": "End it", "as": "draft"}

    assert logged_in(bob).get(_url("proposal-new", contest)).status_code == 403
    assert logged_in(bob).post(_url("proposal-new", contest), data).status_code == 403
    assert not Proposal.objects.exclude(kind="keep").exists()


def test_the_kind_is_chosen_first(logged_in: Any, erin: Any, contest: Contest) -> None:
    body = _body(logged_in(erin).get(_url("proposal-new", contest)))

    for kind in ("revise_target", "change_mappings", "replace_goal", "retire_goal"):
        assert f"?kind={kind}" in body
    assert "?kind=keep" not in body


def test_targets_are_proposed_in_the_form(logged_in: Any, erin: Any, contest: Contest) -> None:
    client = logged_in(erin)
    assert 'value="90.0"' in _body(client.get(_url("proposal-new", contest) + "?kind=revise_target"))
    data = {
        "kind": "revise_target",
        "as": "propose",
        "title": "Lower the targets",
        "change-value_2027-Q1": "80",
        "change-value_2027-Q2": "81.5",
        **WORDS,
    }

    response = client.post(_url("proposal-new", contest), data)

    proposal = Proposal.objects.get(kind="revise_target")
    assert response.status_code == 302
    assert response["Location"] == proposal.get_absolute_url()
    assert proposal.change == {
        "targets": [{"quarter": "2027-Q1", "value": 80.0}, {"quarter": "2027-Q2", "value": 81.5}]
    }
    body = _body(client.get(proposal.get_absolute_url()))
    assert "<del>90.0%</del>" in body
    assert "<ins>80.0%</ins>" in body


def test_a_gap_and_missing_words_are_named(logged_in: Any, erin: Any, contest: Contest) -> None:
    data = {"kind": "revise_target", "as": "propose", "title": "Lower", "change-value_2027-Q2": "81", **WORDS}

    body = _body(logged_in(erin).post(_url("proposal-new", contest), data), 422)
    assert "Q1 2027 has no target" in body

    data = {"kind": "revise_target", "as": "propose", "title": "", "change-value_2027-Q1": "much"}
    body = _body(logged_in(erin).post(_url("proposal-new", contest), data), 422)
    assert "Enter a number" in body
    assert "Title" in body
    assert not Proposal.objects.exclude(kind="keep").exists()


def test_mappings_are_proposed_in_the_form(
    logged_in: Any, product: Any, goal: Any, alice: Any, now: datetime
) -> None:
    mapping = mapping_make(goal, metric_make(product, key="activation", kind="outcome"), alice)
    metric_make(product, key="invites", kind="outcome")
    quarters_evaluate(now=now)
    contest = Contest.objects.get()
    client = logged_in(alice)
    assert "Activation" in _body(client.get(_url("proposal-new", contest) + "?kind=change_mappings"))
    data = {
        "kind": "change_mappings",
        "as": "propose",
        "title": "Bet on invitations",
        f"change-m{mapping.pk}_action": "retire",
        f"change-m{mapping.pk}_reason": "It moved nothing.",
        "change-n0_metric": "invites",
        "change-n0_belief": "",
        "change-n0_direction": "+",
        "change-n0_strength": "3",
        "change-n0_lag_weeks": "8",
        **WORDS,
    }

    assert "The belief sentence is missing." in _body(client.post(_url("proposal-new", contest), data), 422)
    response = client.post(_url("proposal-new", contest), {**data, "change-n0_belief": "Because teams stay."})

    assert response.status_code == 302
    changes = Proposal.objects.get(kind="change_mappings").change["changes"]
    assert [item["action"] for item in changes] == ["retire", "add"]


def test_a_mapping_whose_lag_nobody_names_is_proposed_and_shown(
    logged_in: Any, product: Any, goal: Any, alice: Any, now: datetime
) -> None:
    mapping_make(goal, metric_make(product, key="activation", kind="outcome"), alice)
    metric_make(product, key="invites", kind="outcome")
    quarters_evaluate(now=now)
    contest = Contest.objects.get()
    client = logged_in(alice)
    data = {
        "kind": "change_mappings",
        "as": "propose",
        "title": "Bet on invitations",
        "change-n0_metric": "invites",
        "change-n0_belief": "Because teams stay.",
        "change-n0_direction": "+",
        "change-n0_strength": "3",
        "change-n0_lag_weeks": "",
        **WORDS,
    }

    assert client.post(_url("proposal-new", contest), data).status_code == 302

    proposal = Proposal.objects.get(kind="change_mappings")
    assert proposal.change["changes"][0]["lag_weeks"] is None
    assert "lag not named" in _body(client.get(_url("contest-detail", contest)))
    assert contest.evidence["mappings"][0]["lag_weeks"] is None
    assert "None week" not in _body(client.get(_url("contest-evidence", contest)))


def test_a_replacement_and_a_retirement_are_proposed_in_the_form(
    logged_in: Any, erin: Any, product: Any, contest: Contest
) -> None:
    metric_make(product, key="churn")
    client = logged_in(erin)
    data = {
        "kind": "replace_goal",
        "as": "propose",
        "title": "Stop losing customers",
        "change-title": "Fewer customers leave",
        "change-bet": "Cheaper.",
        "change-metric": "churn",
        "change-direction": "band",
        "change-baseline": "6",
        "change-horizon": "long",
        "change-low_2027-Q1": "2",
        "change-high_2027-Q1": "4",
        **WORDS,
    }

    assert client.post(_url("proposal-new", contest), data).status_code == 302
    retire = {"kind": "retire_goal", "as": "propose", "title": "End it", **WORDS}
    assert client.post(_url("proposal-new", contest), retire).status_code == 302

    body = _body(client.get(_url("contest-detail", contest)))
    assert "2.0 to 4.0%" in body
    assert "Retired from Q1 2027" in body


def test_drafts_are_hidden_from_everybody_else(
    logged_in: Any, erin: Any, alice: Any, dana: Any, contest: Contest, now: datetime
) -> None:
    draft = proposal_make(contest, erin, now=now, title="A secret thought", draft=True)

    assert "A secret thought" in _body(logged_in(erin).get(_url("contest-detail", contest)))
    for person in (alice, dana):
        assert "A secret thought" not in _body(logged_in(person).get(_url("contest-detail", contest)))
        assert logged_in(person).get(draft.get_absolute_url()).status_code == 404
        assert logged_in(person).get(_url("proposal-edit", contest, proposal_id=draft.pk)).status_code == 404


def test_authors_are_hidden_until_the_decision(
    logged_in: Any, erin: Any, bob: Any, alice: Any, contest: Contest, now: datetime
) -> None:
    erin.display_name = "Onboarding lead"
    erin.save()
    proposal = proposal_make(contest, erin, now=now)
    before = [
        _body(logged_in(bob).get(url))
        for url in (_url("contest-detail", contest), proposal.get_absolute_url())
    ]

    decision_apply(contest=contest, proposal=proposal, actor=alice, reason="Right.", now=now)

    after = _body(logged_in(bob).get(_url("contest-detail", contest)))
    assert all("Onboarding lead" not in body for body in before)
    assert "Onboarding lead" in after


def test_no_list_of_changes_gives_an_author_away_before_the_decision(
    logged_in: Any, erin: Any, alice: Any, dana: Any, contest: Contest, now: datetime
) -> None:
    erin.display_name = "Onboarding lead"
    erin.save()
    proposal = proposal_make(contest, erin, now=now, title="Win trust first")
    draft = proposal_make(contest, erin, now=now, title="A secret thought", draft=True)
    admin = logged_in(dana)
    event = AuditEvent.objects.get(subject=f"contest.proposal:{proposal.pk}", action="proposal proposed")
    lists = [
        f"/settings/activity/?actor={erin.pk}",
        "/settings/activity/?q=proposal",
        reverse("product-changes", args=["fieldnote"]),
        reverse("overview", args=["fieldnote"]),
        reverse("admin:common_auditevent_changelist"),
        reverse("admin:contest_proposal_change", args=[proposal.pk]),
        f"/api/v1/proposals/{proposal.pk}/",
        contest.get_absolute_url(),
        contest.goal.get_absolute_url(),
    ]

    before = {url: admin.get(url) for url in lists}
    one = admin.get(reverse("admin:common_auditevent_change", args=[event.pk]))
    decision_apply(contest=contest, proposal=proposal, actor=alice, reason="Right.", now=now)
    after = admin.get(lists[1]).text

    assert one.status_code == 302
    for url, answer in before.items():
        assert answer.status_code == 200, url
        text = answer.text.replace(f'<option value="{erin.pk}">Onboarding lead</option>', "")
        text = text.replace(f'<option value="{erin.pk}" selected>Onboarding lead</option>', "")
        assert "Onboarding lead" not in text, url
        assert "A secret thought" not in text, url
    assert "Win trust first" not in before[lists[0]].text
    assert "proposal proposed" in after
    assert "A secret thought" not in after
    assert draft.authors.get() == erin


def test_the_second_of_two_editors_sees_both_versions(
    logged_in: Any, erin: Any, alice: Any, contest: Contest, now: datetime
) -> None:
    proposal = proposal_make(contest, erin, now=now, co_authors=[alice])
    seen = proposal.version
    proposal_edit(proposal=proposal, actor=alice, expected_version=seen, now=now, risks="Alice's risk.")
    address = _url("proposal-edit", contest, proposal_id=proposal.pk)
    data = {
        "kind": "revise_target",
        "title": "Erin's title",
        "version": seen,
        "change-value_2027-Q1": "70",
        "co_authors": [alice.pk],
        **WORDS,
    }

    body = _body(logged_in(erin).post(address, data), 409)
    assert "Alice&#x27;s risk." in body
    assert "Erin&#x27;s title" in body
    proposal.refresh_from_db()
    assert proposal.title == "Lower the targets"

    response = logged_in(erin).post(address, {**data, "version": proposal.version})
    proposal.refresh_from_db()
    assert response.status_code == 302
    assert proposal.title == "Erin's title"


def test_html_stays_text_everywhere(logged_in: Any, alice: Any, contest: Contest, now: datetime) -> None:
    words: dict[str, Any] = {name: f"{HTML}{name}" for name in WORDS}
    proposal = proposal_make(contest, alice, now=now, title=f"T{HTML}", **words)
    client = logged_in(alice)
    pages = [
        _url("contest-detail", contest),
        proposal.get_absolute_url(),
        _url("proposal-edit", contest, proposal_id=proposal.pk),
    ]
    decision_apply(contest=contest, proposal=proposal, actor=alice, reason=HTML, now=now)
    pages += [reverse("contest:contest-list", args=["fieldnote"])]

    for address in pages:
        body = _body(client.get(address))
        assert HTML not in body
        assert "&lt;script&gt;" in body


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


def test_a_proposal_is_withdrawn_and_proposed_again(
    logged_in: Any, alice: Any, contest: Contest, now: datetime
) -> None:
    proposal = proposal_make(contest, alice, now=now)
    client = logged_in(alice)

    client.post(_url("proposal-withdraw", contest, proposal_id=proposal.pk), {"version": proposal.version})
    proposal.refresh_from_db()
    assert proposal.state == "withdrawn"

    stale = client.post(_url("proposal-submit", contest, proposal_id=proposal.pk), {"version": 1})
    assert "Somebody else saved this" in _body(stale, 422)
    client.post(_url("proposal-submit", contest, proposal_id=proposal.pk), {"version": proposal.version})
    proposal.refresh_from_db()
    assert proposal.state == "proposed"


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
