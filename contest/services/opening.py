"""A contest opens by itself. Nobody can veto it, and nothing opens it twice."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from common.audit import audit_record
from common.display.values import long_date
from contest.evidence import SCHEMA, evidence_pack
from contest.models import Contest, Elector, Proposal
from contest.selectors.facts import goal_version_newest
from contest.selectors.streaks import MissStreak, is_answered, streak_due
from contest.services.messages import contest_link, electors, mail_send
from contest.signals import contest_opened
from strategy.calculations.streaks import WINDOW_SIZE
from strategy.models import Goal, QuarterResult
from teams.models import Organisation
from teams.selectors import organisation_get, product_members

logger = logging.getLogger(__name__)

DELAY_DAYS = 14
KEEP_TITLE = "Keep the goal as it is"


def contests_open_due(*, now: datetime) -> list[Contest]:
    """Opens a contest for every active goal whose streak calls for one; returns those opened by this call.

    Safe to call twice and by two workers at once. One goal that fails holds up no other: it is logged and
    tried again at the next call.
    """
    organisation = organisation_get()
    opened = []
    for goal in _candidates(organisation):
        try:
            contest = contest_open(goal=goal, now=now)
        except Exception:
            logger.exception("Unable to open a contest", extra={"goal": goal.pk})
            continue
        if contest is not None:
            opened.append(contest)
    return opened


def _candidates(organisation: Organisation) -> list[Goal]:
    """Active goals without an open contest that have a closed quarter with enough misses after it."""
    enough = Q(streak__gte=organisation.streak_to_contest) | Q(
        missed_recently__gte=organisation.streak_to_contest
    )
    closed = QuarterResult.objects.filter(enough, goal=OuterRef("pk"), provisional=False).current()
    running = Contest.objects.filter(goal=OuterRef("pk")).open()
    goals = Goal.objects.active().filter(Exists(closed), ~Exists(running), product__archived_at=None)
    return list(goals.order_by("pk"))


def contest_open(*, goal: Goal, now: datetime) -> Contest | None:
    """Opens the contest that the goal's present streak calls for; None when there is nothing to open.

    None too when one is open, when this streak has had its contest, or when another worker was quicker.
    """
    organisation = organisation_get()
    with transaction.atomic():
        locked = Goal.objects.select_for_update(of=("self",)).select_related("product").get(pk=goal.pk)
        if locked.state != Goal.State.ACTIVE or locked.product.archived_at is not None:
            return None
        streak = streak_due(goal=locked, organisation=organisation)
        if streak is None or is_answered(goal=locked, streak=streak):
            return None
        try:
            with transaction.atomic():
                contest = _contest_create(locked, streak, organisation, now)
        except IntegrityError:
            # The unique constraints are the last word when the lock above did not hold the other worker.
            return None
        _electorate_create(contest, organisation, now)
        _keep_create(contest, now)
        _tell(contest, organisation, now)
        contest_opened.send(sender=Contest, contest=contest, now=now)
    return contest


def _contest_create(goal: Goal, streak: MissStreak, organisation: Organisation, now: datetime) -> Contest:
    return Contest.objects.create(
        goal=goal,
        goal_version=goal_version_newest(goal),
        first_missed_quarter=streak.first,
        opened_at=now,
        proposals_until=now + timedelta(days=organisation.proposal_days),
        policy={
            "streak_policy": organisation.streak_policy,
            "streak_to_contest": organisation.streak_to_contest,
            "window": WINDOW_SIZE,
            "proposal_days": organisation.proposal_days,
            "delay_days": DELAY_DAYS,
            "quarter_close_days": organisation.quarter_close_days,
            "authors_hidden": True,
        },
        evidence=evidence_pack(goal=goal, streak=streak, organisation=organisation, now=now),
        evidence_schema=SCHEMA,
    )


def _electorate_create(contest: Contest, organisation: Organisation, now: datetime) -> None:
    people = electors(contest.goal.product, organisation.today(now))
    Elector.objects.bulk_create(
        [Elector(contest=contest, user=user) for user in people], ignore_conflicts=True
    )


def _keep_create(contest: Contest, now: datetime) -> None:
    Proposal.objects.create(
        contest=contest,
        kind=Proposal.Kind.KEEP,
        state=Proposal.State.PROPOSED,
        title=KEEP_TITLE,
        why="Always an entry: the goal, its targets and its mappings stay as they are.",
        base_version=contest.goal_version,
        submitted_at=now,
    )


def _tell(contest: Contest, organisation: Organisation, now: datetime) -> None:
    goal = contest.goal
    labels = [quarter["label"] for quarter in contest.evidence["quarters"] if quarter["missed"]]
    audit_record(
        actor=None,
        service="contest check",
        action="contest opened",
        subject=contest,
        after={"goal": contest.goal_version.title, "missed": labels},
        reason=f"The goal's misses reached {organisation.streak_to_contest}: {organisation.get_streak_policy_display()}.",
        product_id=goal.product_id,
    )
    until = long_date(contest.proposals_until.astimezone(organisation.zone).date())
    mail_send(
        to=product_members(product=goal.product, today=organisation.today(now)),
        subject=f"A contest has opened: {contest.goal_version.title}",
        text=(
            f"The goal “{contest.goal_version.title}” of {goal.product} missed its target in "
            f"{', '.join(labels)}. So a contest has opened by itself.\n\n"
            f"Every member but viewers can propose a change until {until}: revise the target, change the "
            f"mappings, replace the goal or retire it. “Keep as it is” is always an entry.\n\n"
            f"The figures and the proposals: {contest_link(contest)}\n"
        ),
        key=f"contest-opened:{contest.pk}",
        now=now,
    )
