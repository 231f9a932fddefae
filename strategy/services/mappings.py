"""Beliefs: that moving an outcome metric moves a goal. Each wording is kept."""

from __future__ import annotations

import math
from collections.abc import Mapping as Changes
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from common.audit import audit_record, changes
from common.locking import version_claim
from metrics.models import Metric
from strategy.errors import UnableToChangeMappingError
from strategy.models import Goal, Mapping, MappingVersion
from strategy.selectors.arithmetic import ratio_parts
from strategy.selectors.versions import version_in_force, version_planned
from teams.models import User
from teams.selectors import organisation_get

FIELDS = ("belief", "direction", "effect", "lag_weeks", "strength", "falsifier", "owner", "review_on")
LAG_MAX = 104


@transaction.atomic
def mapping_create(
    *,
    goal: Goal,
    metric: Metric,
    belief: str,
    owner: User,
    direction: str = MappingVersion.Direction.PLUS,
    effect: float | None = None,
    lag_weeks: int | None = None,
    strength: int = MappingVersion.Strength.MEDIUM,
    falsifier: str = "",
    review_on: date | None = None,
    actor: User | None,
    now: datetime,
    active_from: date | None = None,
    reason: str = "",
) -> Mapping:
    """A belief with its first wording, active from today or `active_from`.

    effect: the goal's expected movement, in its unit, for one unit of the metric. lag_weeks: 0 to 104,
    None when nobody can say, so that the test looks at every usual lag.
    Raises UnableToChangeMappingError when the metric is no outcome metric of the product or organisation, is
    the goal's own metric or part of it, or is mapped to the goal already.
    """
    today = organisation_get().today(now)
    start = active_from or today
    _metric_check(goal, metric, today)
    values = {
        "belief": belief,
        "direction": direction,
        "effect": effect,
        "lag_weeks": lag_weeks,
        "strength": strength,
        "falsifier": falsifier,
        "owner": owner,
        "review_on": review_on,
    }
    _wording_check(values)
    mapping = _pair_create(goal, metric, start)
    mapping.current = _version_write(
        mapping, values, number=1, day=start, reason=reason, actor=actor, now=now
    )
    audit_record(
        actor=actor,
        action="belief added",
        subject=mapping,
        after={**values, "goal": _goal_title(goal, today), "metric": metric, "active_from": start},
        reason=reason,
        product_id=goal.product_id,
    )
    return mapping


@transaction.atomic
def mapping_adjust(
    *,
    mapping: Mapping,
    changes: Changes[str, Any],
    actor: User | None,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
    effective_from: date | None = None,
) -> MappingVersion:
    """A new wording of the belief, from today or `effective_from`; the old one is kept.

    changes: any of belief, direction, effect, lag_weeks, strength, falsifier, owner, review_on.
    Raises UnableToChangeMappingError (nothing changed, no reason, retired) and ConflictError.
    """
    version_claim(mapping, expected_version)
    mapping.refresh_from_db()
    if mapping.active_until is not None:
        raise UnableToChangeMappingError("This belief is retired. Bring it back before you change it.")
    if unknown := set(changes) - set(FIELDS):
        raise UnableToChangeMappingError(f"A belief has no {', '.join(sorted(unknown))}.")
    newest = mapping.versions.select_related("owner").order_by("-number")[0]
    before = {name: getattr(newest, name) for name in FIELDS}
    after = before | dict(changes)
    _wording_check(after)
    if before == after:
        raise UnableToChangeMappingError("Nothing was changed.")
    if not reason.strip():
        raise UnableToChangeMappingError("Say why: the reason stays with the wording.", field="reason")
    day = effective_from or organisation_get().today(now)
    mapping.current = _version_write(
        mapping, after, number=newest.number + 1, day=day, reason=reason, actor=actor, now=now
    )
    _tell(mapping, actor, "belief adjusted", before, after, reason, now)
    return mapping.current


@transaction.atomic
def mapping_retire(
    *,
    mapping: Mapping,
    actor: User | None,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
    active_until: date | None = None,
) -> Mapping:
    """Ends a belief from today or from `active_until` on; its history stays. Needs a reason."""
    version_claim(mapping, expected_version)
    mapping.refresh_from_db()
    if mapping.active_until is not None:
        raise UnableToChangeMappingError("This belief is retired already.")
    if not reason.strip():
        raise UnableToChangeMappingError("Say why the belief is retired.", field="reason")
    mapping.active_until = max(active_until or organisation_get().today(now), mapping.active_from)
    mapping.retired_reason = reason
    mapping.save(update_fields=["active_until", "retired_reason", "updated_at"])
    _tell(
        mapping,
        actor,
        "belief retired",
        {"active_until": None},
        {"active_until": mapping.active_until},
        reason,
        now,
    )
    return mapping


@transaction.atomic
def mapping_bring_back(
    *, mapping: Mapping, actor: User, reason: str, now: datetime, expected_version: int | None = None
) -> Mapping:
    """Believes again: a new mapping of the same pair with the last wording, so that the gap stays visible.

    Raises UnableToChangeMappingError when it is not retired, no longer allowed, or mapped again already.
    """
    version_claim(mapping, expected_version)
    mapping.refresh_from_db()
    if mapping.active_until is None:
        raise UnableToChangeMappingError("This belief is active.")
    if not reason.strip():
        raise UnableToChangeMappingError("Say why you believe it again.", field="reason")
    newest = mapping.versions.select_related("owner").order_by("-number")[0]
    wording = {name: getattr(newest, name) for name in FIELDS}
    return mapping_create(
        goal=mapping.goal, metric=mapping.metric, actor=actor, now=now, reason=reason, **wording
    )


def _metric_check(goal: Goal, metric: Metric, today: date) -> None:
    """Only an outcome metric of the product or the organisation can stand under a goal, and not its own."""
    if goal.state == Goal.State.RETIRED:
        raise UnableToChangeMappingError("This goal is retired. Bring it back before you add a belief.")
    if metric.kind != Metric.Kind.OUTCOME:
        raise UnableToChangeMappingError(
            f"{metric.name} is an {metric.kind} metric. A belief is about an outcome metric (product usage).",
            field="metric",
        )
    if metric.product_id not in {None, goal.product_id}:
        raise UnableToChangeMappingError(
            "Choose a metric of this product or of the organisation.", field="metric"
        )
    if metric.archived_at is not None:
        raise UnableToChangeMappingError(f"{metric.name} is archived. Bring it back first.", field="metric")
    versions = [version_in_force(goal=goal, day=today), version_planned(goal=goal, today=today)]
    for version in versions:
        # Part of the goal's own figure moves with it by arithmetic, which would pass for evidence.
        if version is not None and (ratio_parts(version.metric) & ratio_parts(metric)):
            raise UnableToChangeMappingError(
                f"{metric.name} is part of the goal's own metric {version.metric.name} or computed from the same "
                "figures, so both move together by arithmetic and nothing can be tested.",
                field="metric",
            )


def _wording_check(values: dict[str, Any]) -> None:
    if not str(values["belief"]).strip():
        raise UnableToChangeMappingError("Write down the belief: why should the goal follow?", field="belief")
    if values["direction"] not in MappingVersion.Direction.values:
        raise UnableToChangeMappingError(
            "Choose whether the goal moves the same or the other way.", field="direction"
        )
    if values["strength"] not in MappingVersion.Strength.values:
        raise UnableToChangeMappingError("Strength is 1 (weak), 2 (medium) or 3 (strong).", field="strength")
    if values["lag_weeks"] is not None and not 0 <= values["lag_weeks"] <= LAG_MAX:
        raise UnableToChangeMappingError(f"A lag is 0 to {LAG_MAX} weeks, or left empty.", field="lag_weeks")
    if values["effect"] is not None and not math.isfinite(values["effect"]):
        raise UnableToChangeMappingError("The expected effect must be a number.", field="effect")


def _pair_create(goal: Goal, metric: Metric, start: date) -> Mapping:
    try:
        with transaction.atomic():
            return Mapping.objects.create(goal=goal, metric=metric, active_from=start)
    except IntegrityError:
        raise UnableToChangeMappingError(
            f"{metric.name} is mapped to this goal already. Adjust that belief instead.", field="metric"
        ) from None


def _version_write(
    mapping: Mapping,
    values: dict[str, Any],
    *,
    number: int,
    day: date,
    reason: str,
    actor: User | None,
    now: datetime,
) -> MappingVersion:
    return MappingVersion.objects.create(
        mapping=mapping,
        number=number,
        effective_from=day,
        reason=reason,
        author=actor,
        created_at=now,
        **(values | {"belief": str(values["belief"]).strip()}),
    )


def _goal_title(goal: Goal, today: date) -> str:
    return version_in_force(goal=goal, day=today).title


def _tell(
    mapping: Mapping,
    actor: User | None,
    action: str,
    before: dict[str, Any],
    after: dict[str, Any],
    reason: str,
    now: datetime,
) -> None:
    if "current" not in mapping.goal.__dict__:
        mapping.goal.current = version_in_force(goal=mapping.goal, day=organisation_get().today(now))
    old, new = changes(before, after)
    audit_record(
        actor=actor,
        action=action,
        subject=mapping,
        before=old,
        after=new,
        reason=reason,
        product_id=mapping.goal.product_id,
    )
