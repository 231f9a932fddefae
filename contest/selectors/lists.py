"""Contests of a product as lists, counts and news."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse

from contest.models import Contest, Proposal
from strategy.models import Goal
from teams.selectors import organisation_get

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models import Organisation, Product, User

NEWS_DAYS = 30


@dataclass(frozen=True)
class ContestRow:
    """One contest in a list, ready to show. `days_left` is None once its time for proposals is over."""

    contest: Contest
    title: str
    url: str
    standing: str
    missed: Sequence[str]
    proposals: int
    days_left: int | None
    until: date
    result: str = ""


# What a line of news says, by hand: compiling it anew would cost the overview five times what the database takes, and
# the evidence pack alone is larger than all else on that page.
_NEWS = """SELECT c.id, c.phase, c.outcome, c.opened_at, c.proposals_until, c.decided_at, c.cancelled_at,
  v.title AS goal_title, p.title AS chosen_title
FROM contest_contest c
  JOIN strategy_goal g ON g.id = c.goal_id
  JOIN strategy_goalversion v ON v.id = c.goal_version_id
  LEFT JOIN contest_proposal p ON p.id = c.chosen_id
WHERE g.product_id = %s AND (c.phase NOT IN (%s, %s) OR c.decided_at >= %s OR c.cancelled_at >= %s)
ORDER BY c.decided_at DESC NULLS FIRST, c.opened_at DESC"""


@dataclass(frozen=True)
class ContestNews:
    """A contest that somebody should look at: opened, waiting for a choice, or decided lately."""

    title: str
    url: str
    standing: str
    words: str
    at: datetime
    days_left: int | None = None


@dataclass(frozen=True)
class ContestLists:
    open: Sequence[ContestRow]
    past: Sequence[ContestRow]


def _with_goal(rows: QuerySet[Contest]) -> QuerySet[Contest]:
    """Contests with what a row of a list shows, in one query."""
    proposed = Q(proposals__state=Proposal.State.PROPOSED) & ~Q(proposals__kind=Proposal.Kind.KEEP)
    return rows.select_related("goal__product", "goal_version", "chosen").annotate(
        proposed=Count("proposals", filter=proposed)
    )


def contest_lists(*, user: User | AnonymousUser, product: Product, now: datetime) -> ContestLists:
    """The product's contests that `user` may see, open ones first. Two queries, however many there are."""
    contests = _with_goal(Contest.objects.visible_to(user).filter(goal__product=product))
    organisation = organisation_get()
    rows = [contest_row(contest, organisation=organisation, now=now) for contest in contests]
    return ContestLists(
        open=[row for row in rows if row.contest.is_open],
        past=[row for row in rows if not row.contest.is_open],
    )


def contest_row(contest: Contest, *, organisation: Organisation, now: datetime) -> ContestRow:
    """One row. Fetch the contest with its goal, product, version and chosen entry."""
    return ContestRow(
        contest=contest,
        title=contest.goal_version.title,
        url=contest.get_absolute_url(),
        standing=contest.standing,
        missed=[quarter["label"] for quarter in contest.evidence.get("quarters", []) if quarter["missed"]],
        proposals=getattr(contest, "proposed", 0),
        days_left=days_left(contest, organisation=organisation, now=now),
        until=contest.proposals_until.astimezone(organisation.zone).date(),
        result=contest.chosen.title if contest.chosen else contest.cancelled_reason,
    )


def days_left(contest: Contest, *, organisation: Organisation, now: datetime) -> int | None:
    """Whole days until proposals end in the organisation's zone; None when that time is over or the contest is."""
    if not contest.is_open or now >= contest.proposals_until:
        return None
    zone = organisation.zone
    return (contest.proposals_until.astimezone(zone).date() - now.astimezone(zone).date()).days


def contest_get_or_404(*, user: User | AnonymousUser, product: Product, contest_id: int) -> Contest:
    """The product's contest with its goal, version and people; Http404 when there is none to see."""
    rows = Contest.objects.visible_to(user).select_related(
        "goal__product",
        "goal_version__metric",
        "chosen",
        "applied_version",
        "decided_by",
        "delayed_by",
        "cancelled_by",
    )
    return get_object_or_404(rows, goal__product=product, pk=contest_id)


def proposal_get_or_404(*, user: User | AnonymousUser, contest: Contest, proposal_id: int) -> Proposal:
    """The contest's proposal; Http404 when there is none to see, which somebody else's draft is."""
    proposal: Proposal = get_object_or_404(
        Proposal.objects.visible_to(user).filter(contest=contest).select_related("base_version"),
        pk=proposal_id,
    )
    proposal.contest = contest
    return proposal


def contest_running(*, goal: Goal) -> Contest | None:
    """The open contest of a goal, if there is one."""
    found: Contest | None = Contest.objects.open().filter(goal=goal).first()
    return found


def contests_of_goal(*, goal: Goal, now: datetime) -> list[ContestRow]:
    """All contests of one goal, the newest first. Two queries."""
    organisation = organisation_get()
    rows = _with_goal(Contest.objects.filter(goal=goal))
    return [contest_row(contest, organisation=organisation, now=now) for contest in rows]


def contests_open_count(product: Product) -> int:
    """How many contests of the product are open."""
    return Contest.objects.open().filter(goal__product=product).count()


def contests_news(product: Product, *, now: datetime) -> list[ContestNews]:
    """Open contests and those that ended in the last 30 days, the newest first. One query and the organisation's."""
    since = now - timedelta(days=NEWS_DAYS)
    over = [Contest.Phase.DECIDED.value, Contest.Phase.CANCELLED.value]
    contests = Contest.objects.raw(_NEWS, [product.pk, *over, since, since])
    organisation = organisation_get()
    return [_news(contest, product, organisation, now) for contest in contests]


def _news(contest: Any, product: Product, organisation: Organisation, now: datetime) -> ContestNews:
    left = days_left(contest, organisation=organisation, now=now)
    if contest.phase == Contest.Phase.DECIDED:
        chosen = contest.chosen_title
        words = f"Decided: {contest.get_outcome_display() if chosen is None else chosen}"
    elif contest.phase == Contest.Phase.CANCELLED:
        words = "Cancelled because its data were bad"
    elif left is None:
        words = "Waits for a product manager to choose an entry"
    else:
        words = "Opened by itself; proposals are taken"
    return ContestNews(
        title=contest.goal_title,
        url=reverse("contest:contest-detail", args=[product.slug, contest.pk]),
        standing=contest.standing,
        words=words,
        at=contest.decided_at or contest.cancelled_at or contest.opened_at,
        days_left=left,
    )
