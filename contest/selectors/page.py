"""Everything that a contest's page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch
from django.utils.safestring import SafeString

from common.display.parts import Change, QuarterCell, Step
from common.display.values import change, long_date, number, plural, with_unit
from common.display.words import reading_words
from contest.charts import quarters_chart
from contest.models import Contest, FollowUp, Proposal
from contest.selectors.facts import GoalToday, goal_today
from contest.selectors.lists import ContestRow, contests_of_goal, days_left
from strategy.models import QuarterResult
from teams.models import Organisation, User
from teams.permissions import can_participate, is_admin, is_product_manager
from teams.selectors import organisation_get

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


@dataclass(frozen=True)
class Unit:
    """How the figures of a frozen metric are written."""

    name: str
    unit: str
    decimals: int

    def show(self, value: float | None) -> str:
        return "" if value is None else with_unit(value, self.unit, self.decimals)


@dataclass(frozen=True)
class QuarterRow:
    """A frozen quarter, ready to show."""

    label: str
    verdict: str
    actual: str
    target: str
    short_by: str
    attainment: str
    case: str
    missed: bool
    goal_version: int


@dataclass(frozen=True)
class ProposalRow:
    """An entry of the contest with its difference from the goal of today. `authors` is empty while hidden."""

    proposal: Proposal
    rows: Sequence[Change]
    mine: bool
    authors: Sequence[str]
    chosen: bool = False


@dataclass(frozen=True)
class CaseRow:
    """One of the four cases and the missed quarters that it describes."""

    name: str
    sentence: str
    labels: Sequence[str]


@dataclass(frozen=True)
class FollowUpRow:
    """A booked look back and, once its quarter has closed, how it went."""

    number: int
    label: str
    due_on: date
    verdict: str
    actual: str
    target: str


@dataclass(frozen=True)
class May:
    """What the person looking may do here."""

    propose: bool = False
    close: bool = False
    delay: bool = False
    cancel: bool = False
    manage: bool = False


@dataclass(frozen=True)
class ContestPage:
    contest: Contest
    title: str
    unit: Unit
    days_left: int | None
    until: date
    steps: Sequence[Step]
    quarters: Sequence[QuarterRow]
    strip: Sequence[QuarterCell]
    chart: SafeString
    missed_sentence: str
    proposals: Sequence[ProposalRow]
    withdrawn: Sequence[ProposalRow]
    drafts: Sequence[ProposalRow]
    today: GoalToday
    may: May
    follow_ups: Sequence[FollowUpRow]
    others: Sequence[ContestRow]

    @property
    def received(self) -> int:
        """Proposals without "keep as it is"."""
        return sum(row.proposal.kind != Proposal.Kind.KEEP for row in self.proposals)

    @property
    def cases(self) -> list[CaseRow]:
        """The readings of the missed quarters, each case once."""
        missed = [row for row in self.quarters if row.missed]
        return [
            CaseRow(*reading_words(case), [row.label for row in missed if row.case == case])
            for case in dict.fromkeys(row.case for row in missed)
        ]

    @property
    def newest(self) -> QuarterRow | None:
        return self.quarters[-1] if self.quarters else None


def contest_page(*, contest: Contest, user: User | AnonymousUser, now: datetime) -> ContestPage:
    """The contest as `user` may see it. A fixed number of queries, however many proposals there are."""
    organisation = organisation_get()
    today = goal_today(goal=contest.goal, today=organisation.today(now), calendar=organisation.calendar)
    unit = contest_unit(contest)
    quarters = [_quarter_row(row, unit) for row in contest.evidence.get("quarters", [])]
    entries = proposal_rows(contest=contest, user=user, today=today)
    others = [row for row in contests_of_goal(goal=contest.goal, now=now) if row.contest.pk != contest.pk]
    proposed = [row for row in entries if row.proposal.state == Proposal.State.PROPOSED]
    return ContestPage(
        contest=contest,
        title=contest.goal_version.title,
        unit=unit,
        days_left=days_left(contest, organisation=organisation, now=now),
        until=_day(contest.proposals_until, organisation),
        steps=_steps(contest, quarters, len(proposed), organisation),
        quarters=quarters,
        strip=[_cell(row) for row in quarters],
        chart=_chart(contest, unit, quarters),
        missed_sentence=missed_sentence(contest),
        proposals=proposed,
        withdrawn=[row for row in entries if row.proposal.state == Proposal.State.WITHDRAWN],
        drafts=[row for row in entries if row.proposal.state == Proposal.State.DRAFT],
        today=today,
        may=contest_may(contest=contest, user=user, now=now),
        follow_ups=_follow_ups(contest, today),
        others=others,
    )


def contest_unit(contest: Contest) -> Unit:
    """The unit of the frozen figures, which stays when the metric's is changed."""
    metric = contest.evidence.get("goal", {}).get("metric", {})
    return Unit(metric.get("name", ""), metric.get("unit", ""), metric.get("decimals", 2))


def contest_may(*, contest: Contest, user: User | AnonymousUser, now: datetime) -> May:
    """What `user` may do with the contest at `now`."""
    if not contest.is_open or not user.is_authenticated:
        return May()
    manages = is_product_manager(user, contest.goal.product)
    return May(
        propose=contest.is_taking_proposals and can_participate(user, contest.goal.product),
        close=manages and now >= contest.proposals_until,
        delay=manages and contest.is_taking_proposals and contest.delayed_at is None,
        cancel=is_admin(user),
        manage=manages,
    )


def proposal_rows(*, contest: Contest, user: User | AnonymousUser, today: GoalToday) -> list[ProposalRow]:
    """The contest's proposals that `user` may see; "keep as it is" last. Two queries."""
    proposals = (
        Proposal.objects.visible_to(user)
        .filter(contest=contest)
        .prefetch_related(Prefetch("authors", User.objects.order_by("display_name", "pk")))
        .order_by("submitted_at", "id")
    )
    rows = [proposal_row(proposal, contest=contest, user=user, today=today) for proposal in proposals]
    return sorted(rows, key=lambda row: row.proposal.kind == Proposal.Kind.KEEP)


def proposal_row(
    proposal: Proposal, *, contest: Contest, user: User | AnonymousUser, today: GoalToday
) -> ProposalRow:
    """One entry. Authors stay hidden until the decision, except from themselves."""
    proposal.contest = contest
    authors = list(proposal.authors.all())
    mine = user.pk in {author.pk for author in authors}
    return ProposalRow(
        proposal=proposal,
        rows=difference_shown(proposal, contest=contest, today=today),
        mine=mine,
        authors=[str(author) for author in authors] if mine or authors_shown(contest) else [],
        chosen=contest.chosen_id == proposal.pk,
    )


def difference_shown(proposal: Proposal, *, contest: Contest, today: GoalToday) -> list[Change]:
    """The difference from the goal of today, or once the contest is over from the goal as it then was."""
    if contest.is_open:
        return today.difference(proposal)
    return [Change(*row) for row in proposal.difference]


def authors_shown(contest: Contest) -> bool:
    """Whether everybody sees who wrote what: after the decision, or when the policy at opening said so."""
    return contest.phase == Contest.Phase.DECIDED or not contest.policy.get("authors_hidden", True)


def _day(at: datetime, organisation: Organisation) -> date:
    return at.astimezone(organisation.zone).date()


def _steps(
    contest: Contest, quarters: Sequence[QuarterRow], entries: int, organisation: Organisation
) -> list[Step]:
    """The five steps. Later ones carry no date, because none is known."""
    misses = sum(row.missed for row in quarters)
    opened = Step(
        "Opened",
        f"{long_date(_day(contest.opened_at, organisation))}, {plural(misses, 'miss', 'misses')}",
        "done",
    )
    if contest.phase == Contest.Phase.CANCELLED and contest.cancelled_at:
        day = long_date(_day(contest.cancelled_at, organisation))
        return [opened, Step("Cancelled", f"{day}, because its data were bad", "now")]
    until = long_date(_day(contest.proposals_until, organisation))
    if contest.phase == Contest.Phase.DECIDED and contest.decided_at:
        day = long_date(_day(contest.decided_at, organisation))
        return [
            opened,
            Step("Proposals", f"{plural(entries - 1, 'proposal')} received", "done"),
            Step("Decided", f"{day}: {contest.get_outcome_display().lower()}", "now"),
        ]
    order = [Contest.Phase.PROPOSALS, Contest.Phase.REVIEW, Contest.Phase.VOTING]
    at = order.index(Contest.Phase(contest.phase))
    words = {
        Contest.Phase.PROPOSALS: ("Proposals", f"Until {until}. {entries - 1} received so far"),
        Contest.Phase.REVIEW: ("Review", "Follows the proposals"),
        Contest.Phase.VOTING: ("Voting", "Follows the review"),
    }
    steps = [
        Step(*words[phase], "done" if place < at else "now" if place == at else "next")
        for place, phase in enumerate(order)
    ]
    return [opened, *steps, Step("Decided", "With a reason that everybody can read", "next")]


def _quarter_row(row: dict[str, Any], unit: Unit) -> QuarterRow:
    banded = row["low"] is not None
    target = f"{unit.show(row['low'])} to {unit.show(row['high'])}" if banded else unit.show(row["target"])
    gap = None
    if row["actual"] is not None and not banded and row["target"] is not None:
        gap = row["actual"] - row["target"]
    share = row["attainment"]
    return QuarterRow(
        label=row["label"],
        verdict=row["verdict"],
        actual=unit.show(row["actual"]),
        target=target,
        short_by=change(gap, unit.unit, unit.decimals) if gap is not None else "",
        attainment=f"{number(share * 100)}%" if share is not None else "",
        case=row["case"],
        missed=row["missed"],
        goal_version=row["goal_version"],
    )


def _cell(row: QuarterRow) -> QuarterCell:
    name, _, year = row.label.partition(" ")
    short = f"’{year[-2:]}" if name == "Q1" else name
    return QuarterCell(row.label, short, row.verdict, row.actual, row.target)


def _chart(contest: Contest, unit: Unit, quarters: Sequence[QuarterRow]) -> SafeString:
    spoken = "; ".join(
        f"{row.label}: {row.actual or 'no data'} of {row.target or 'no target'}" for row in quarters
    )
    return quarters_chart(
        contest.evidence.get("quarters", []),
        unit=unit.unit,
        decimals=unit.decimals,
        title=f"{unit.name} against its targets. {spoken}.",
    )


def missed_sentence(contest: Contest) -> str:
    """ "3 quarters missed: Q1 2026, Q2 2026, Q3 2026"."""
    labels = [row["label"] for row in contest.evidence.get("quarters", []) if row["missed"]]
    return f"{plural(len(labels), 'quarter')} missed: {', '.join(labels)}"


def _follow_ups(contest: Contest, today: GoalToday) -> list[FollowUpRow]:
    booked = list(FollowUp.objects.filter(contest=contest)) if contest.phase == Contest.Phase.DECIDED else []
    if not booked:
        return []
    results = {
        result.quarter_start: result
        for result in QuarterResult.objects.filter(
            goal_id=contest.goal_id, quarter_start__in=[row.quarter_start for row in booked]
        )
        .current()
        .select_related("goal_version__metric")
    }
    return [_follow_up(row, results.get(row.quarter_start), today) for row in booked]


def _follow_up(row: FollowUp, result: QuarterResult | None, today: GoalToday) -> FollowUpRow:
    label = today.calendar.quarter_of(row.quarter_start).label
    if result is None:
        return FollowUpRow(row.number, label, row.due_on, "", "", "")
    metric = result.goal_version.metric
    unit = Unit(metric.name, metric.unit, metric.decimals)
    banded = result.target_low is not None
    target = (
        f"{unit.show(result.target_low)} to {unit.show(result.target_high)}"
        if banded
        else unit.show(result.target)
    )
    verdict = "open" if result.provisional else result.verdict
    return FollowUpRow(row.number, label, row.due_on, verdict, unit.show(result.actual), target)
