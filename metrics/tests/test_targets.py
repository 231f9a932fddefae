"""Targets: who may propose what, both sides agree, easing after the lock improves nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.errors import ConflictError
from common.jobs import jobs_work
from metrics.models import Target
from metrics.services import (
    Figures,
    TargetRefusedError,
    observations_record_pairs,
    target_agree,
    target_counter,
    target_propose,
    target_withdraw,
    targets_carry_over,
    targets_close,
    targets_lock,
)
from metrics.tests.factories import MetricFactory

pytestmark = pytest.mark.django_db
START = datetime(2026, 10, 2, 9, tzinfo=UTC)


@pytest.fixture
def quarter(organisation: Any) -> Any:
    return organisation.calendar.parse("2026-Q4")


@pytest.fixture
def metric(product: Any) -> Any:
    return MetricFactory(product=product, name="Activation rate", key="activation-rate")


@pytest.fixture
def propose(team: Any, metric: Any, quarter: Any, alice: Any) -> Any:
    def make(**changed: Any) -> Target:
        fields: dict[str, Any] = {
            "team": team,
            "metric": metric,
            "quarter": quarter,
            "figures": Figures(20, 24, 26),
            "side": "product",
            "actor": alice,
            "now": START,
        }
        return target_propose(**(fields | changed))

    return make


def test_a_proposal_is_agreed_by_its_own_side_only(propose: Any, alice: Any) -> None:
    target = propose()

    assert target.state == "proposed"
    assert (target.product_agreed_by, target.team_agreed_at) == (alice, None)
    assert target.offers.get().side == "product"


def test_it_is_agreed_once_both_sides_say_so(propose: Any, erin: Any) -> None:
    target = target_agree(target=propose(), side="team", actor=erin, now=START, expected_version=1)

    assert (target.state, target.team_agreed_by) == ("agreed", erin)


def test_nobody_agrees_to_figures_they_have_not_seen(propose: Any, erin: Any, alice: Any) -> None:
    target = propose()
    target_counter(
        target=target, figures=Figures(20, 30), side="product", actor=alice, now=START, expected_version=1
    )

    with pytest.raises(ConflictError):
        target_agree(target=target, side="team", actor=erin, now=START, expected_version=1)


def test_a_counter_offer_needs_the_other_side_anew(propose: Any, erin: Any) -> None:
    target = target_agree(target=propose(), side="team", actor=erin, now=START, expected_version=1)

    target = target_counter(
        target=target,
        figures=Figures(20, 22),
        side="team",
        actor=erin,
        now=START,
        expected_version=2,
        note="Too steep.",
    )

    assert (target.state, target.product_agreed_at) == ("proposed", None)
    assert [offer.commit for offer in target.offers.order_by("pk")] == [24, 22]


@pytest.mark.parametrize("kind", ["output", "effort"])
def test_output_and_effort_are_never_targets(propose: Any, product: Any, kind: str) -> None:
    with pytest.raises(TargetRefusedError, match="never a target"):
        propose(metric=MetricFactory(product=product, kind=kind), override_reason="Please.")


def test_an_impact_metric_needs_a_reason(propose: Any, product: Any) -> None:
    impact = MetricFactory(product=product, kind="impact")

    with pytest.raises(TargetRefusedError) as refused:
        propose(metric=impact)

    assert refused.value.field == "override_reason"
    assert propose(metric=impact, override_reason="It is the only team.").override_reason


@pytest.mark.parametrize(
    ("direction", "figures", "field"),
    [
        ("increase", Figures(20, 19), "commit"),
        ("decrease", Figures(20, 21), "commit"),
        ("increase", Figures(20, 24, 23), "stretch"),
        ("decrease", Figures(20, 18, 19), "stretch"),
        ("increase", Figures(20, float("inf")), "commit"),
        ("increase", Figures(float("nan"), 2), "baseline"),
    ],
)
def test_contradicting_figures_are_refused(
    propose: Any, metric: Any, direction: str, figures: Any, field: str
) -> None:
    metric.direction = direction
    metric.save()

    with pytest.raises(TargetRefusedError) as refused:
        propose(figures=figures)

    assert refused.value.field == field


def test_one_target_a_metric_and_quarter_and_none_for_the_past(
    propose: Any, quarter: Any, product_team: Any
) -> None:
    propose()

    with pytest.raises(TargetRefusedError, match="counter-offer"):
        propose()
    with pytest.raises(TargetRefusedError, match="is over"):
        propose(quarter=quarter.previous)
    with pytest.raises(TargetRefusedError, match="Only a Stream Team"):
        propose(team=product_team)


def test_easing_after_the_lock_improves_no_verdict(propose: Any, erin: Any) -> None:
    target = propose()

    assert targets_lock(now=START + timedelta(days=26)) == 0
    assert targets_lock(now=START + timedelta(days=27)) == 1
    target.refresh_from_db()
    eased = target_counter(
        target=target, figures=Figures(20, 21), side="team", actor=erin, now=START, expected_version=None
    )
    assert (eased.commit, eased.locked_commit, eased.judged_commit) == (21, 24, 24)
    harder = target_counter(
        target=eased, figures=Figures(20, 30), side="team", actor=erin, now=START, expected_version=None
    )
    assert harder.judged_commit == 30


def test_targets_close_with_their_quarter(propose: Any, quarter: Any, erin: Any) -> None:
    target = propose()

    assert targets_close(now=datetime(2027, 1, 10, tzinfo=UTC)) == 0
    assert targets_close(now=datetime(2027, 1, 11, tzinfo=UTC)) == 1
    target.refresh_from_db()
    with pytest.raises(TargetRefusedError, match="closed"):
        target_agree(target=target, side="team", actor=erin, now=START, expected_version=None)


def test_the_night_locks_and_closes(propose: Any) -> None:
    propose()

    (run,) = jobs_work(now=START + timedelta(days=40), kinds=["target_lock"])

    assert run.result == {"locked": 1, "closed": 0}


def test_a_locked_agreement_is_not_withdrawn(propose: Any, erin: Any) -> None:
    target = target_agree(target=propose(), side="team", actor=erin, now=START, expected_version=1)
    targets_lock(now=START + timedelta(days=40))
    target.refresh_from_db()

    with pytest.raises(TargetRefusedError, match="locked"):
        target_withdraw(target=target, actor=erin, now=START)


def test_targets_are_carried_over_from_where_the_metric_stands(
    propose: Any, team: Any, metric: Any, quarter: Any, alice: Any
) -> None:
    propose()
    observations_record_pairs(metric=metric, pairs=[(START.date(), 21.0)], actor=alice, now=START)

    def carry() -> list[Target]:
        return targets_carry_over(
            team=team, source=quarter, into=quarter.next, side="team", actor=alice, now=START
        )

    made, again = carry(), carry()

    assert [(t.baseline, t.commit, t.stretch, t.quarter_start) for t in made] == [
        (21.0, 24.0, 26.0, quarter.end)
    ]
    assert again == []


@pytest.mark.usefixtures("frozen_today")
def test_both_sides_agree_in_the_browser(
    logged_in: Any, alice: Any, erin: Any, bob: Any, charlie: Any, client: Any, metric: Any, team: Any
) -> None:
    url = "/p/fieldnote/teams/onboarding/targets/"
    offer = {"metric": metric.pk, "quarter": "2026-Q4", "baseline": "20", "commit": "24,5", "side": "product"}

    proposed = logged_in(alice).post(f"{url}new/", offer, follow=True).content.decode()
    target = Target.objects.get()
    assert "24.5%" in proposed
    assert "Stream Team: not yet" in proposed

    accepted = (
        logged_in(erin).post(f"{url}{target.pk}/agree/", {"version": "1"}, follow=True).content.decode()
    )
    assert "agreed by both sides" in accepted

    countered = logged_in(erin).post(
        f"{url}{target.pk}/",
        {"baseline": "20", "commit": "23", "version": "2", "note": "<b>x</b>"},
        follow=True,
    )
    assert "23.0%" in countered.content.decode()
    assert "&lt;b&gt;" in logged_in(erin).get(f"{url}{target.pk}/").content.decode()
    stale = logged_in(alice).post(f"{url}{target.pk}/", {"baseline": "20", "commit": "29", "version": "2"})
    assert stale.status_code == 409

    carried = logged_in(erin).post(f"{url}carry-over/", {"quarter": "2027-Q1"}, follow=True)
    assert (
        "1 targets are proposed" in carried.content.decode()
        or "proposed for Q1 2027" in carried.content.decode()
    )

    assert logged_in(bob).get(url).status_code == 200
    for path in (f"{url}new/", f"{url}{target.pk}/"):
        assert logged_in(bob).get(path).status_code == 403
    assert logged_in(bob).post(f"{url}{target.pk}/agree/", {"version": "3"}).status_code == 403
    for path in (url, f"{url}new/", f"{url}{target.pk}/"):
        assert logged_in(charlie).get(path).status_code == 404
        assert client.get(path).status_code == 302
