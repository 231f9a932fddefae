"""Pages of proposals: forms for each kind without JavaScript, drafts, hidden authors, text that stays text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.urls import reverse

from common.models import AuditEvent
from contest.models import Contest, Proposal
from contest.services import decision_apply, proposal_edit
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
