"""What happened in the sample's two years: targets agreed, quarters judged, contests, weekly editions."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from common.errors import ApplicationError
from common.quarters import month_shift
from config.sample.cards import CARDS, WEEKS, cards_file
from config.sample.voices import reviews_hold
from config.sample.world import CLOSED
from config.sample.world.metrics import METRICS
from config.sample.world.targets import (
    OPEN_CONTEST_GOAL,
    OPEN_CONTEST_TARGETS,
    PAST_CONTEST_GOAL,
    PAST_CONTEST_TARGETS,
    PAST_CONTEST_TITLE,
    TARGETS,
)
from contest.models import Contest
from contest.services import contest_close_by_choice, proposal_create
from metrics.models import TargetOffer
from metrics.services.targets import Figures, target_agree, target_propose, targets_close, targets_lock
from roadmap.selectors.cutoffs import cutoff_last
from roadmap.services.boards import board_create, board_file_keep
from roadmap.services.connections import connection_create
from roadmap.services.editions import edition_publish
from roadmap.services.sync import board_sync
from strategy.services import forecasts_make, forecasts_score, mappings_test, quarters_evaluate

if TYPE_CHECKING:
    from config.sample.build import Sample

PAST_CONTEST_AFTER = 2
# The quarters whose forecasts are told, and how often: enough for a track record, and still a quick start.
FORECAST_FROM = CLOSED - 4
FORECAST_EVERY = timedelta(weeks=2)
TESTED_MONTHS = 12
LEADS = {
    "onboarding": "onboarding-lead",
    "dispatch": "dispatch-lead",
    "payments": "payments-lead",
    "crew-app": "crew-app-lead",
}


def quarters_tell(sample: Sample) -> None:
    """Team targets of every quarter, agreed by both sides, forecasts on the way, and the verdicts at each close."""
    for number in range(CLOSED + 1):
        _targets_agree(sample, number)
        lock = sample.quarters[number].start + timedelta(days=sample.organisation.target_lock_days)
        if sample.at(lock, 3) <= sample.now:
            targets_lock(now=sample.at(lock, 3))
        if number >= FORECAST_FROM:
            _forecasts_tell(sample, number)
        if number == CLOSED:
            break
        close = sample.close_of(number)
        targets_close(now=close)
        quarters_evaluate(now=close, product=sample.product)
        forecasts_score(now=close, product=sample.product)
        if number == PAST_CONTEST_AFTER:
            _past_contest_tell(sample)
    quarters_evaluate(now=sample.now, product=sample.product)
    forecasts_make(now=sample.now, product=sample.product)


def beliefs_tell(sample: Sample) -> None:
    """What the first run of each month of the last year said of the beliefs, their reviews, and what this week's says."""
    first, before = sample.today.replace(day=1), None
    for months in range(TESTED_MONTHS, -1, -1):
        day = month_shift(first, -months)
        moment = sample.at(day + timedelta(days=-day.weekday() % 7), 4)  # its first Monday
        if moment < sample.now:
            reviews_hold(sample, after=before, until=moment)
            mappings_test(now=moment, product=sample.product)
            before = moment
    reviews_hold(sample, after=before, until=sample.now)
    mappings_test(now=sample.now, product=sample.product)


def _forecasts_tell(sample: Sample, number: int) -> None:
    """What was forecast in the quarter's second week, its fourth and so on, from the figures known then."""
    quarter = sample.quarters[number]
    moment = sample.at(quarter.start, 3) + FORECAST_EVERY
    while sample.organisation.today(moment) < quarter.end and moment < sample.now:
        forecasts_make(now=moment, product=sample.product)
        moment += FORECAST_EVERY


def _targets_agree(sample: Sample, number: int) -> None:
    """Proposed by the team in the first week, agreed by the Product Team two days later."""
    quarter = sample.quarters[number]
    anchors = {metric.key: metric.anchors for metric in METRICS}
    proposed = min(sample.at(quarter.start + timedelta(days=3)), sample.now)
    agreed = min(sample.at(quarter.start + timedelta(days=5)), sample.now)
    for fact in TARGETS:
        commit = fact.commits[number]
        baseline = anchors[fact.metric][number] if anchors[fact.metric] else fact.commits[max(number - 1, 0)]
        target = target_propose(
            team=sample.teams[fact.team],
            metric=sample.metrics[fact.metric],
            quarter=quarter,
            figures=Figures(baseline=baseline, commit=commit),
            side=TargetOffer.Side.TEAM,
            actor=sample.people[LEADS[fact.team]],
            now=proposed,
        )
        target_agree(
            target=target,
            side=TargetOffer.Side.PRODUCT,
            actor=sample.manager,
            now=agreed,
            expected_version=target.version,
        )


def _contest_of(sample: Sample, goal_key: str) -> Contest:
    contest: Contest | None = Contest.objects.open().filter(goal=sample.goals[goal_key]).first()
    if contest is None:
        raise ApplicationError(
            f"The sample's goal {goal_key} has no open contest, though it missed three quarters."
        )
    return contest


def _past_contest_tell(sample: Sample) -> None:
    """Three misses in a row opened a contest long ago; a lower target was chosen and has held since."""
    contest = _contest_of(sample, PAST_CONTEST_GOAL)
    proposal = proposal_create(
        contest=contest,
        author=sample.people["payments-lead"],
        kind="revise_target",
        title=PAST_CONTEST_TITLE,
        now=contest.opened_at + timedelta(days=4),
        change={
            "targets": [
                {"quarter": quarter.slug, "value": value}
                for quarter, value in zip(sample.quarters[4:], PAST_CONTEST_TARGETS, strict=True)
            ]
        },
        why="Accounts take online payments as fast as hoped, but their customers change habits at half that pace.",
        outcome_1_quarter="The share grows by one and a half points.",
        outcome_4_quarters="One invoice in five is paid online.",
        outcome_12_quarters="Half of all invoices are paid online, without a discount for it.",
        risks="A lower target may slow the team down. The quarterly review watches the pace.",
    )
    contest_close_by_choice(
        contest=contest,
        proposal=proposal,
        actor=sample.manager,
        reason="The belief holds, the pace was wrong: three quarters show the same growth.",
        now=contest.proposals_until + timedelta(hours=1),
    )


def contests_tell(sample: Sample) -> None:
    """Two proposals in the contest that the newest missed quarter has opened."""
    contest = _contest_of(sample, OPEN_CONTEST_GOAL)
    proposed = min(contest.opened_at + timedelta(days=3), sample.now)
    ahead = [quarter for quarter in sample.quarters if quarter.start > sample.organisation.today(proposed)]
    proposal_create(
        contest=contest,
        author=sample.people["design-lead"],
        kind="revise_target",
        title="Lower the target and give the board two more quarters",
        now=proposed,
        change={
            "targets": [
                {"quarter": quarter.slug, "value": value}
                for quarter, value in zip(ahead, OPEN_CONTEST_TARGETS, strict=False)
            ]
        },
        why="Larger businesses take nine months to change tools, and the board is in use for seven.",
        outcome_1_quarter="The share stops falling.",
        outcome_4_quarters="26% of revenue comes from larger trades.",
        outcome_12_quarters="A third of revenue comes from larger trades.",
        risks="Two more quarters may only show what three have shown.",
    )
    belief = sample.goals[OPEN_CONTEST_GOAL].mappings.get()
    proposal_create(
        contest=contest,
        author=sample.people["dispatch-lead"],
        kind="change_mappings",
        title="Bet on full plans instead of boards",
        now=min(contest.opened_at + timedelta(days=8), sample.now),
        change={
            "changes": [
                {
                    "action": "retire",
                    "mapping": belief.pk,
                    "reason": "Boards in use have doubled and the share has fallen.",
                },
                {
                    "action": "add",
                    "metric": "jobs-per-account",
                    "belief": "a larger business stays and grows where all its crews are planned",
                    "direction": "+",
                    "effect": 0.8,
                    "lag_weeks": 8,
                    "strength": 2,
                    "falsifier": "Plans get fuller for two quarters and the share does not rise.",
                },
            ]
        },
        why="Four of five larger accounts that left planned only part of their crews with us.",
        outcome_1_quarter="Fuller plans in accounts with ten crews or more.",
        outcome_4_quarters="The share is back at 26%.",
        outcome_12_quarters="Larger trades stay as long as smaller ones.",
        risks="Full plans may be a sign of a good account and not a reason for it.",
    )


def roadmap_tell(sample: Sample) -> None:
    """Four boards as uploads, read before each of the last five weekly cut-offs, and the editions made then."""
    connection = connection_create(
        product=sample.product,
        kind="upload",
        name="Sample boards",
        values={"complete": True},
        actor=sample.manager,
    )
    cutoff = cutoff_last(now=sample.now - timedelta(minutes=10)).at
    boards = {
        team: board_create(
            connection=connection,
            team=sample.teams[team],
            external_id=team,
            name=f"{sample.teams[team].name} board",
            actor=sample.people[LEADS[team]],
            now=cutoff - timedelta(weeks=WEEKS),
        )
        for team in CARDS
    }
    for week in range(WEEKS):
        moment = cutoff - timedelta(weeks=WEEKS - 1 - week)
        for team, board in boards.items():
            board.refresh_from_db()
            content = json.dumps(cards_file(team, week, moment.date())).encode()
            board_file_keep(
                board=board,
                name=f"{team}.json",
                content=content,
                actor=sample.people[LEADS[team]],
                now=moment - timedelta(hours=2),
            )
            board.refresh_from_db()
            board_sync(board=board, now=moment - timedelta(hours=1))
        edition_publish(product=sample.product, now=moment + timedelta(minutes=5))
