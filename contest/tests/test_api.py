"""The API shows what the pages show, and its writes obey the same rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from contest.models import Contest, Proposal
from contest.services import decision_apply
from contest.tests.factories import NEW_TARGETS, WORDS, proposal_make

pytestmark = pytest.mark.usefixtures("frozen_today")


def _api(user: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def _new(contest: Contest, **more: Any) -> dict[str, Any]:
    return {
        "contest": contest.pk,
        "kind": "revise_target",
        "title": "Lower the targets",
        "change": NEW_TARGETS,
        **WORDS,
        **more,
    }


def test_it_lists_contests_with_their_missed_quarters(contest: Contest, bob: Any) -> None:
    row = _api(bob).get("/api/v1/contests/?open=true&product=fieldnote").json()["results"][0]

    assert (row["goal"], row["phase"]) == ("retention", "proposals")
    assert [quarter["quarter"] for quarter in row["missed_quarters"]] == ["2026-Q1", "2026-Q2", "2026-Q3"]
    assert "evidence" not in row


def test_one_contest_carries_its_evidence_and_an_etag(contest: Contest, bob: Any) -> None:
    response = _api(bob).get(f"/api/v1/contests/{contest.pk}/")

    assert response.json()["evidence"]["schema"] == 1
    assert response["ETag"] == '"1"'


def test_a_member_proposes(contest: Contest, erin: Any, alice: Any) -> None:
    response = _api(erin).post(
        "/api/v1/proposals/", _new(contest, co_authors=["ALICE@example.com"]), format="json"
    )

    assert response.status_code == 201
    assert response.json()["state"] == "proposed"
    assert Proposal.objects.get(pk=response.json()["id"]).authors.count() == 2


@pytest.mark.parametrize(("person", "status"), [("bob", 403), ("charlie", 400)])
def test_viewers_and_strangers_do_not(
    contest: Contest, person: str, status: int, request: pytest.FixtureRequest
) -> None:
    response = _api(request.getfixturevalue(person)).post("/api/v1/proposals/", _new(contest), format="json")

    assert response.status_code == status
    assert Proposal.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"change": {"targets": []}}, "change"),
        ({"change": {"colour": "red"}}, "change"),
        ({"risks": ""}, "risks"),
        ({"title": ""}, "title"),
        ({"kind": "keep"}, "kind"),
        ({"co_authors": ["bob@example.com"]}, "co_authors"),
        ({"co_authors": ["nobody@example.com"]}, "co_authors"),
    ],
)
def test_it_names_the_field_that_is_wrong(
    contest: Contest, erin: Any, bob: Any, more: Any, field: str
) -> None:
    response = _api(erin).post("/api/v1/proposals/", _new(contest, **more), format="json")

    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"].startswith(field)
    assert Proposal.objects.count() == 1


def test_a_draft_is_edited_submitted_and_withdrawn(contest: Contest, erin: Any, alice: Any) -> None:
    client = _api(erin)
    draft = {"contest": contest.pk, "kind": "revise_target", "title": "Later", "draft": True}
    made = client.post("/api/v1/proposals/", draft, format="json").json()
    address = f"/api/v1/proposals/{made['id']}/"

    assert _api(alice).get(address).status_code == 404
    assert client.post(f"{address}submit/").status_code == 400
    edited = client.patch(
        address, {**WORDS, "change": NEW_TARGETS}, format="json", headers={"If-Match": '"1"'}
    )
    assert edited.status_code == 200
    stale = client.patch(address, {"title": "Stale"}, format="json", headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert client.post(f"{address}submit/").json()["state"] == "proposed"
    assert _api(alice).patch(address, {"title": "Mine"}, format="json").status_code == 403
    assert client.post(f"{address}withdraw/").json()["state"] == "withdrawn"


def test_authors_are_named_after_the_decision(
    contest: Contest, erin: Any, alice: Any, bob: Any, now: datetime
) -> None:
    proposal = proposal_make(contest, erin, now=now)
    address = f"/api/v1/proposals/{proposal.pk}/"
    assert _api(bob).get(address).json()["authors"] == []
    assert _api(erin).get(address).json()["authors"] == ["Erin"]

    decision_apply(contest=contest, proposal=proposal, actor=alice, reason="Right.", now=now)

    assert _api(bob).get(address).json()["authors"] == ["Erin"]
    row = _api(bob).get(f"/api/v1/contests/{contest.pk}/").json()
    assert (row["outcome"], row["applied_version"], row["applies_on"]) == ("adopted", 2, "2027-01-01")


def test_a_stranger_sees_neither(contest: Contest, charlie: Any) -> None:
    client = _api(charlie)

    assert client.get("/api/v1/contests/").json()["count"] == 0
    assert client.get("/api/v1/proposals/").json()["count"] == 0
    assert client.get(f"/api/v1/contests/{contest.pk}/").status_code == 404


@pytest.mark.parametrize("count", [2, 30])
def test_the_queries_of_a_list_do_not_grow(
    contest: Contest, alice: Any, now: datetime, count: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(count):
        proposal_make(contest, alice, now=now, title=f"Proposal {number}")

    with django_assert_max_num_queries(6):
        assert len(_api(alice).get("/api/v1/proposals/").json()["results"]) == count + 1
