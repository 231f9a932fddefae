"""Targets of Stream Teams: proposed, talked over, agreed by both sides, locked, closed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F

from common.audit import audit_record
from common.errors import ApplicationError
from common.locking import version_claim
from common.quarters import Quarter
from metrics.calculations.points import GREATEST
from metrics.calculations.verdicts import value_meets
from metrics.models import Metric, Target, TargetOffer
from metrics.selectors.values import metric_quarter_values
from teams.models import Team
from teams.selectors import organisation_get

PRODUCT, TEAM = TargetOffer.Side.PRODUCT, TargetOffer.Side.TEAM


class TargetRefusedError(ApplicationError):
    """A target cannot be like this, or not now."""


@dataclass(frozen=True)
class Figures:
    """What is offered, in the metric's unit."""

    baseline: float
    commit: float
    stretch: float | None = None


@transaction.atomic
def target_propose(
    *,
    team: Team,
    metric: Metric,
    quarter: Quarter,
    figures: Figures,
    side: str,
    actor: models.Model | None,
    now: datetime,
    note: str = "",
    override_reason: str = "",
) -> Target:
    """Proposes a target; the proposing `side` ("product" or "team") thereby agrees to its own offer.

    TargetRefusedError, with the field, when the metric may not be a team's target, when there is one already,
    when the quarter is over, or when the figures contradict each other.
    """
    _metric_check(team, metric, override_reason)
    if quarter.end <= organisation_get().today(now):
        raise TargetRefusedError(
            f"{quarter.label} is over. Propose for a quarter that is not.", field="quarter"
        )
    if Target.objects.filter(team=team, metric=metric, quarter_start=quarter.start).exists():
        raise TargetRefusedError(
            f"{team} has a target on this metric in {quarter.label}. Make a counter-offer to that one.",
            field="metric",
        )
    _figures_check(figures, metric)
    target = Target(
        team=team,
        metric=metric,
        quarter_start=quarter.start,
        quarter_end=quarter.end,
        baseline=figures.baseline,
        commit=figures.commit,
        stretch=figures.stretch,
        override_reason=override_reason.strip(),
    )
    _side_agrees(target, side, actor, now)
    target.save()
    _offer(target, side, actor, note)
    _audit(target, "target proposed", actor, after=_told(target), reason=note or override_reason)
    return target


@transaction.atomic
def target_counter(
    *,
    target: Target,
    figures: Figures,
    side: str,
    actor: models.Model | None,
    now: datetime,
    note: str = "",
    expected_version: int | None,
) -> Target:
    """Offers other figures: the other side has to agree anew. After the lock an easier commit judges nothing."""
    _open_required(target, now)
    _figures_check(figures, target.metric)
    version_claim(target, expected_version)
    before = _told(target)
    target.baseline, target.commit, target.stretch = figures.baseline, figures.commit, figures.stretch
    target.state = Target.State.PROPOSED
    target.product_agreed_by = target.product_agreed_at = None
    target.team_agreed_by = target.team_agreed_at = None
    _side_agrees(target, side, actor, now)
    target.save()
    _offer(target, side, actor, note)
    _audit(target, "target counter-offered", actor, before=before, after=_told(target), reason=note)
    return target


@transaction.atomic
def target_agree(
    *, target: Target, side: str, actor: models.Model | None, now: datetime, expected_version: int | None
) -> Target:
    """One side agrees to the figures as they stand; with both, the target is agreed.

    `expected_version` makes sure that nobody agrees to figures that changed meanwhile.
    """
    _open_required(target, now)
    version_claim(target, expected_version)
    _side_agrees(target, side, actor, now)
    target.save()
    _audit(
        target,
        f"target agreed by the {'Product' if side == PRODUCT else 'Stream'} Team",
        actor,
        after=_told(target),
    )
    return target


@transaction.atomic
def target_withdraw(
    *,
    target: Target,
    actor: models.Model | None,
    now: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> None:
    """Takes a target away that both sides have not agreed to, or not yet locked. Its history stays in the trail."""
    _open_required(target, now)
    if target.locked_at is not None and target.state == Target.State.AGREED:
        raise TargetRefusedError(
            "It is agreed and locked for this quarter, so it stays. Make a counter-offer instead."
        )
    version_claim(target, expected_version)
    _audit(target, "target withdrawn", actor, before=_told(target), reason=reason)
    target.delete()


@transaction.atomic
def targets_carry_over(
    *, team: Team, source: Quarter, into: Quarter, side: str, actor: models.Model | None, now: datetime
) -> list[Target]:
    """Proposes last quarter's targets again: the same commit and stretch, from where the metric stands now.

    Metrics that already have a target in `into`, or may no longer be one, are passed over.
    """
    earlier = list(
        Target.objects.of_quarter(source.start).filter(team=team).select_related("metric", "team__product")
    )
    present = set(Target.objects.of_quarter(into.start).filter(team=team).values_list("metric_id", flat=True))
    values = metric_quarter_values(metrics=[target.metric for target in earlier], quarters=[source])
    made = []
    for target in earlier:
        if target.metric_id in present or target.metric.archived_at is not None:
            continue
        value = values.get((target.metric_id, source.start))
        made.append(
            target_propose(
                team=team,
                metric=target.metric,
                quarter=into,
                figures=Figures(target.commit if value is None else value, target.commit, target.stretch),
                side=side,
                actor=actor,
                now=now,
                note=f"Carried over from {source.label}.",
                override_reason=target.override_reason,
            )
        )
    return made


@transaction.atomic
def targets_lock(*, now: datetime) -> int:
    """Keeps the commit of every target whose quarter has run for the lock days; returns how many."""
    organisation = organisation_get()
    since = organisation.today(now) - timedelta(days=organisation.target_lock_days)
    waiting = Target.objects.filter(
        quarter_start__lte=since, locked_at=None, team__product__archived_at=None
    ).exclude(state=Target.State.CLOSED)
    return waiting.update(locked_commit=F("commit"), locked_at=now)


@transaction.atomic
def targets_close(*, now: datetime) -> int:
    """Closes the targets of quarters that are over for good; returns how many."""
    organisation = organisation_get()
    until = organisation.today(now) - timedelta(days=organisation.quarter_close_days)
    over = Target.objects.filter(quarter_end__lte=until, team__product__archived_at=None).exclude(
        state=Target.State.CLOSED
    )
    return over.update(state=Target.State.CLOSED, version=F("version") + 1)


def _metric_check(team: Team, metric: Metric, override_reason: str) -> None:
    if team.kind != Team.Kind.STREAM:
        raise TargetRefusedError(
            "Only a Stream Team has targets on metrics; the Product Team answers for goals."
        )
    if metric.product_id not in {None, team.product_id}:
        raise TargetRefusedError("That metric belongs to another product.", field="metric")
    if metric.archived_at is not None:
        raise TargetRefusedError("That metric is archived. Bring it back first.", field="metric")
    if metric.kind in {Metric.Kind.OUTPUT, Metric.Kind.EFFORT}:
        raise TargetRefusedError(
            f"{metric.get_kind_display()} is never a target: it tells what was made, not what changed for users.",
            field="metric",
        )
    if metric.kind == Metric.Kind.IMPACT and not override_reason.strip():
        raise TargetRefusedError(
            "An impact metric is too far from one team's work to be its target. Choose an outcome metric, "
            "or say why it must be this one.",
            field="override_reason",
        )


def _figures_check(figures: Figures, metric: Metric) -> None:
    for field in ("baseline", "commit", "stretch"):
        value = getattr(figures, field)
        if value is not None and (not math.isfinite(value) or abs(value) >= GREATEST):
            raise TargetRefusedError("Write a number below 1,000,000,000,000,000 in size.", field=field)
    better = "at least" if metric.direction == Metric.Direction.INCREASE else "at most"
    if not value_meets(figures.commit, figures.baseline, metric.direction):
        raise TargetRefusedError(
            f"The commit must be {better} the baseline, {figures.baseline:g}.", field="commit"
        )
    if figures.stretch is not None and not value_meets(figures.stretch, figures.commit, metric.direction):
        raise TargetRefusedError(
            f"The stretch must be {better} the commit, {figures.commit:g}.", field="stretch"
        )


def _open_required(target: Target, now: datetime) -> None:
    organisation = organisation_get()
    over = target.quarter_end + timedelta(days=organisation.quarter_close_days) <= organisation.today(now)
    if target.state == Target.State.CLOSED or over:
        raise TargetRefusedError("That quarter is closed, so its targets stay as they were.")


def _side_agrees(target: Target, side: str, actor: models.Model | None, now: datetime) -> None:
    pk = actor.pk if actor is not None else None
    if side == PRODUCT:
        target.product_agreed_by_id, target.product_agreed_at = pk, now
    elif side == TEAM:
        target.team_agreed_by_id, target.team_agreed_at = pk, now
    else:
        raise ValueError(f"{side!r} is not a side; known: product, team.")
    if target.product_agreed_at is not None and target.team_agreed_at is not None:
        target.state = Target.State.AGREED


def _offer(target: Target, side: str, actor: models.Model | None, note: str) -> None:
    TargetOffer.objects.create(
        target=target,
        side=side,
        baseline=target.baseline,
        commit=target.commit,
        stretch=target.stretch,
        note=note.strip(),
        author_id=actor.pk if actor is not None else None,
    )


def _told(target: Target) -> dict[str, object]:
    return {
        "metric": target.metric.name,
        "quarter_start": target.quarter_start,
        "baseline": target.baseline,
        "commit": target.commit,
        "stretch": target.stretch,
        "state": target.state,
    }


def _audit(
    target: Target,
    action: str,
    actor: models.Model | None,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    audit_record(
        actor=actor,
        action=action,
        subject=target,
        before=before,
        after=after,
        reason=reason,
        product_id=target.team.product_id,
    )
