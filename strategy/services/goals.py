"""The life of a goal: draft, active, retired, brought back; its address; where its streak starts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.text import slugify

from common.audit import audit_record
from common.locking import version_claim
from common.models import SlugRedirect
from common.quarters import Quarter
from metrics.models import Metric
from strategy.content import GoalContent, TargetContent, content_of
from strategy.errors import UnableToChangeGoalError
from strategy.guards import edit_refusal
from strategy.models import Goal, GoalVersion, QuarterResult
from strategy.selectors.versions import version_in_force
from strategy.services.checks import content_check, version_write
from teams.models import Organisation, Product, User
from teams.selectors import organisation_get

if TYPE_CHECKING:
    from django.db.models import Model

SLUG_MAX = 80
RETIRED_REASON = "The goal was retired throughout this quarter."


@transaction.atomic
def goal_create(
    *,
    product: Product,
    title: str,
    bet: str,
    owner: User,
    metric: Metric,
    baseline: float,
    targets: Sequence[TargetContent] = (),
    direction: str = GoalVersion.Direction.INCREASE,
    tolerance: float = 0.0,
    horizon: str = GoalVersion.Horizon.SHORT,
    guardrails: Iterable[Metric] = (),
    slug: str = "",
    actor: User,
    now: datetime,
) -> Goal:
    """A draft with its first version. Baseline, targets and tolerance are in the metric's unit.

    Raises UnableToChangeGoalError naming the field that cannot stand.
    """
    organisation = organisation_get()
    content = GoalContent(
        title=title.strip(), bet=bet.strip(), owner=owner.pk, metric=metric.pk, direction=direction,
        baseline=baseline, tolerance=tolerance, horizon=horizon,
        guardrails=frozenset(item.pk for item in guardrails),
        targets=tuple(sorted(target for target in targets if not target.is_empty)),
    )  # fmt: skip
    content_check(content, product=product, calendar=organisation.calendar)
    goal = Goal.objects.create(product=product, slug=_free_slug(product, slug or title))
    quarter = organisation.calendar.quarter_of(organisation.today(now))
    version = version_write(
        goal,
        content,
        number=1,
        effective_from=quarter.start,
        origin=GoalVersion.Origin.EDIT,
        reason="",
        author=actor,
        now=now,
    )
    goal.current, goal.planned = version, None
    audit_record(
        actor=actor,
        action="goal created",
        subject=goal,
        after={
            "title": title,
            "metric": metric,
            "direction": direction,
            "baseline": baseline,
            "owner": owner,
        },
        product_id=product.pk,
    )
    return goal


@transaction.atomic
def goal_activate(*, goal: Goal, actor: User, now: datetime, expected_version: int | None = None) -> Goal:
    """Makes a draft count: its quarters are judged from now on, the streak from the first full quarter.

    Raises UnableToChangeGoalError unless it is a draft with a target for this quarter or a later one.
    """
    version_claim(goal, expected_version)
    goal.refresh_from_db()
    if goal.state != Goal.State.DRAFT:
        raise UnableToChangeGoalError("Only a draft can be activated.")
    organisation = organisation_get()
    today = organisation.today(now)
    quarter = organisation.calendar.quarter_of(today)
    version = version_in_force(goal=goal, day=today)
    content = content_of(version)
    content_check(content, product=goal.product, calendar=organisation.calendar, goal=goal)
    if not any(target.quarter_start >= quarter.start for target in content.targets):
        raise UnableToChangeGoalError(
            "Set a target for this quarter or a later one first, or nothing could ever be judged.",
            field="targets",
        )
    goal.state = Goal.State.ACTIVE
    goal.activated_at = now
    goal.counting_from = quarter.start if today == quarter.start else quarter.next.start
    goal.save(update_fields=["state", "activated_at", "counting_from", "updated_at"])
    if version.effective_from != quarter.start:
        version.effective_from = quarter.start
        version.save(update_fields=["effective_from"])
    goal.current, goal.planned = version, None
    audit_record(
        actor=actor,
        action="goal activated",
        subject=goal,
        after={"counts_from": organisation.calendar.quarter_of(goal.counting_from).label},
        product_id=goal.product_id,
    )
    return goal


@transaction.atomic
def goal_retire(
    *,
    goal: Goal,
    actor: User | None,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
    origin: str = GoalVersion.Origin.EDIT,
) -> Goal:
    """Ends a goal: it is judged no more and leaves the lists, its history stays.

    Raises UnableToChangeGoalError without a reason, for a goal that is not active, or while a contest is open
    on it (unless that contest's decision retires it).
    """
    version_claim(goal, expected_version)
    goal.refresh_from_db()
    if goal.state == Goal.State.RETIRED:
        raise UnableToChangeGoalError("This goal is retired already.")
    if not reason.strip():
        raise UnableToChangeGoalError("Say why the goal is retired.", field="reason")
    if origin == GoalVersion.Origin.EDIT and (refusal := edit_refusal(goal)):
        raise UnableToChangeGoalError(refusal)
    before = goal.state
    goal.state = Goal.State.RETIRED
    goal.retired_at = now
    goal.activated_at = goal.activated_at or now  # a draft can be put away too
    goal.save(update_fields=["state", "retired_at", "activated_at", "updated_at"])
    _tell(
        goal,
        actor,
        "goal retired",
        before={"state": before},
        after={"state": goal.state},
        reason=reason,
        now=now,
    )
    return goal


@transaction.atomic
def goal_bring_back(
    *, goal: Goal, actor: User, reason: str, now: datetime, expected_version: int | None = None
) -> Goal:
    """Makes a retired goal active again. Its streak stands where it stood; quarters spent wholly in retirement
    are exempt, so that putting a goal away for a week does not spare it a miss.

    Raises UnableToChangeGoalError without a reason or when the goal is not retired.
    """
    version_claim(goal, expected_version)
    goal.refresh_from_db()
    if goal.state != Goal.State.RETIRED or goal.retired_at is None:
        raise UnableToChangeGoalError("Only a retired goal can be brought back.")
    if not reason.strip():
        raise UnableToChangeGoalError("Say why the goal is brought back.", field="reason")
    organisation = organisation_get()
    _exempt_retirement(
        goal, organisation, retired_on=organisation.today(goal.retired_at), actor=actor, now=now
    )
    goal.state = Goal.State.ACTIVE
    goal.retired_at = None
    if goal.counting_from is None:  # retired as a draft
        quarter = organisation.calendar.quarter_of(organisation.today(now))
        goal.activated_at, goal.counting_from = now, quarter.next.start
    goal.save(update_fields=["state", "retired_at", "activated_at", "counting_from", "updated_at"])
    _tell(
        goal,
        actor,
        "goal brought back",
        before={"state": Goal.State.RETIRED},
        after={"state": goal.state},
        reason=reason,
        now=now,
    )
    return goal


def _exempt_retirement(
    goal: Goal, organisation: Organisation, *, retired_on: date, actor: User, now: datetime
) -> None:
    """Writes exempt results for the quarters that passed wholly while the goal was retired."""
    first = organisation.calendar.quarter_of(retired_on).next
    last = organisation.calendar.quarter_of(organisation.today(now)).previous
    judged = set(goal.results.current().values_list("quarter_start", flat=True))
    newest = goal.results.current().filter(provisional=False).order_by("-quarter_start").first()
    quarters: list[Quarter] = [quarter for quarter in first.until(last) if quarter.start not in judged]
    QuarterResult.objects.bulk_create(
        QuarterResult(
            goal=goal,
            goal_version=version_in_force(goal=goal, day=quarter.start),
            quarter_start=quarter.start,
            quarter_end=quarter.end,
            verdict=QuarterResult.Verdict.EXEMPT,
            streak=newest.streak if newest else 0,
            missed_recently=newest.missed_recently if newest else 0,
            provisional=False,
            evaluated_at=now,
            evaluated_by=actor,
            reason=RETIRED_REASON,
        )
        for quarter in quarters
    )


@transaction.atomic
def goal_slug_change(
    *, goal: Goal, slug: str, actor: User, now: datetime, expected_version: int | None = None
) -> Goal:
    """Moves a goal to another address; the old one redirects. UnableToChangeGoalError when it is taken."""
    wanted = slugify(slug)[:SLUG_MAX]
    if not wanted:
        raise UnableToChangeGoalError("Use letters, digits and hyphens.", field="slug")
    version_claim(goal, expected_version)
    goal.refresh_from_db()
    if wanted == goal.slug:
        return goal
    if wanted in _taken(goal.product, except_goal=goal):
        raise UnableToChangeGoalError("Another goal of this product has this address.", field="slug")
    old = goal.slug
    SlugRedirect.objects.filter(kind="strategy.goal", scope=goal.product_id, slug=wanted).delete()
    SlugRedirect.objects.update_or_create(
        kind="strategy.goal", scope=goal.product_id, slug=old, defaults={"object_id": goal.pk}
    )
    goal.slug = wanted
    goal.save(update_fields=["slug", "updated_at"])
    _tell(goal, actor, "goal address changed", before={"slug": old}, after={"slug": wanted}, now=now)
    return goal


@transaction.atomic
def goal_streak_restart(*, goal: Goal, now: datetime, actor: User | None = None, reason: str = "") -> date:
    """A decided contest ends the streak: it starts at 0 with the first quarter not yet closed at `now`.

    Returns that quarter's first day. Only the contest app calls this, also through goal_version_create.
    """
    organisation = organisation_get()
    first = _first_open_quarter(organisation, organisation.today(now))
    version_claim(goal, None)
    before = Goal.objects.values_list("streak_from", flat=True).get(pk=goal.pk)
    Goal.objects.filter(pk=goal.pk).update(streak_from=first.start)
    goal.streak_from = first.start
    # Open quarters carry the streak before them, which is over.
    open_quarters = goal.results.current().filter(provisional=True, quarter_start__gte=first.start)
    open_quarters.update(streak=0, missed_recently=0)
    _tell(
        goal,
        actor,
        "streak started at 0",
        before={"streak_from": before},
        after={"streak_from": first.start},
        reason=reason,
        now=now,
    )
    return first.start


def _first_open_quarter(organisation: Organisation, today: date) -> Quarter:
    """The earliest quarter that has not closed on `today`."""
    from strategy.calculations.closing import is_closed

    quarter = organisation.calendar.quarter_of(today)
    while not is_closed(quarter.previous.end, today, organisation.quarter_close_days):
        quarter = quarter.previous
    return quarter


def _tell(
    goal: Goal,
    actor: Model | None,
    action: str,
    *,
    now: datetime,
    before: dict[str, Any],
    after: dict[str, Any],
    reason: str = "",
) -> None:
    """Records the event under the goal's present title."""
    if "current" not in goal.__dict__:
        goal.current = version_in_force(goal=goal, day=organisation_get().today(now))
    audit_record(
        actor=actor,
        action=action,
        subject=goal,
        before=before,
        after=after,
        reason=reason,
        product_id=goal.product_id,
    )


def _taken(product: Product, *, except_goal: Goal | None = None) -> set[str]:
    goals = Goal.objects.filter(product=product)
    redirects = SlugRedirect.objects.filter(kind="strategy.goal", scope=product.pk)
    if except_goal is not None:
        goals = goals.exclude(pk=except_goal.pk)
        redirects = redirects.exclude(object_id=except_goal.pk)
    return {
        *goals.values_list("slug", flat=True),
        *redirects.values_list("slug", flat=True),
        "new",
        "evaluate",
    }


def _free_slug(product: Product, text: str) -> str:
    """An address from the text that no goal of the product has or had."""
    base = slugify(text)[:SLUG_MAX] or "goal"
    taken = _taken(product)
    slug, count = base, 1
    while slug in taken:
        count += 1
        slug = f"{base[: SLUG_MAX - 5]}-{count}"
    return slug
