"""The page of one Stream Team: are its metrics moving, and does its work point at them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from common.display.parts import QuarterCell
from common.display.values import with_unit
from common.quarters import Quarter
from metrics.calculations.verdicts import value_meets
from metrics.models import Metric, Target
from metrics.selectors import (
    TargetStanding,
    metric_quarter_values,
    metric_spark_points,
    target_standings,
    targets_of_quarter,
)
from roadmap.boards.stages import DISCARDED
from roadmap.models import Stage
from roadmap.selectors.goals import GoalRef, goals_by_metric
from roadmap.selectors.work import TeamWork, WorkCard, work_collect
from teams.models import Organisation, Team

QUARTERS_SHOWN = 8
SPARK_WEEKS = 52
NEEDS_SHOWN = 8
_LABELS = dict(Stage.choices)


@dataclass(frozen=True, slots=True)
class MetricLine:
    """One target of the quarter with its history."""

    standing: TargetStanding
    strip: list[QuarterCell]
    points: list[tuple[date, float]]
    steps: list[tuple[date, date, float]]
    goals: list[GoalRef]


@dataclass(slots=True)
class CardGroup:
    """Cards that point at one metric; `standing` when it is a target of the team, no metric for the unlinked."""

    metric: Metric | None
    standing: TargetStanding | None = None
    cards: list[WorkCard] = field(default_factory=list)

    @property
    def in_hand(self) -> int:
        return sum(1 for card in self.cards if card.in_hand)


@dataclass(frozen=True, slots=True)
class Need:
    """One card that needs a look, and why."""

    icon: str
    title: str
    text: str
    card: WorkCard
    link: bool = False


@dataclass(frozen=True, slots=True)
class TeamPage:
    """All of it."""

    quarter: Quarter
    lines: list[MetricLine]
    groups: list[CardGroup]
    needs: list[Need]
    needs_rest: int
    work: TeamWork
    in_hand: int
    finding: str
    work_finding: str


def team_page(*, team: Team, organisation: Organisation, now: datetime) -> TeamPage:
    """Targets with actuals and history, cards by target metric, and what needs a look. Constant in queries."""
    today = organisation.today(now)
    quarter = organisation.calendar.quarter_of(today)
    targets = targets_of_quarter(quarter=quarter, team=team)
    standings = target_standings(targets=targets, quarter=quarter, today=today)
    metrics = [standing.metric for standing in standings]
    goals = (
        goals_by_metric(product=team.product, metric_ids=[m.pk for m in metrics], today=today)
        if metrics
        else {}
    )
    works = work_collect(product=team.product, now=now, ageing_days=organisation.ageing_days, team=team)
    groups = _groups(works[0].cards, standings)
    needs = _needs(works[0].cards)
    in_hand = sum(group.in_hand for group in groups)
    return TeamPage(
        quarter=quarter,
        lines=_lines(team, standings, quarter, today, goals),
        groups=groups,
        needs=needs[:NEEDS_SHOWN],
        needs_rest=max(len(needs) - NEEDS_SHOWN, 0),
        work=works[0],
        in_hand=in_hand,
        finding=_finding(standings, quarter),
        work_finding=_work_finding(groups, in_hand),
    )


def _lines(
    team: Team,
    standings: Sequence[TargetStanding],
    quarter: Quarter,
    today: date,
    goals: dict[int, list[GoalRef]],
) -> list[MetricLine]:
    metrics = [standing.metric for standing in standings]
    if not metrics:
        return []
    quarters = list(quarter.shift(1 - QUARTERS_SHOWN).until(quarter))
    values = metric_quarter_values(metrics=metrics, quarters=quarters)
    stored = Target.objects.filter(team=team, metric__in=metrics, quarter_start__gte=quarters[0].start)
    targets = {(target.metric_id, target.quarter_start): target for target in stored}
    points = metric_spark_points(metrics=metrics, weeks=SPARK_WEEKS, today=today)
    return [
        MetricLine(
            standing=standing,
            strip=[
                _cell(
                    standing.metric,
                    span,
                    targets.get((standing.metric.pk, span.start)),
                    values.get((standing.metric.pk, span.start)),
                    is_open=span.start == quarter.start,
                )
                for span in quarters
            ],
            points=points.get(standing.metric.pk, []),
            steps=[
                (span.start, span.end, target.judged_commit)
                for span in quarters[-5:]
                if (target := targets.get((standing.metric.pk, span.start)))
            ],
            goals=goals.get(standing.metric.pk, []),
        )
        for standing in standings
    ]


def _cell(
    metric: Metric, span: Quarter, target: Target | None, value: float | None, *, is_open: bool
) -> QuarterCell:
    if is_open:
        result = "open"
    elif target is None:
        result = "no_target"
    elif value is None:
        result = "no_data"
    else:
        result = "met" if value_meets(value, target.judged_commit, metric.direction) else "missed"
    return QuarterCell(
        label=span.label,
        short=f"’{span.year % 100:02d}" if span.number == 1 else f"Q{span.number}",
        result=result,
        actual="" if value is None else with_unit(value, metric.unit, metric.decimals),
        target="" if target is None else with_unit(target.judged_commit, metric.unit, metric.decimals),
    )


def _groups(cards: Sequence[WorkCard], standings: Sequence[TargetStanding]) -> list[CardGroup]:
    """Target metrics first, then other metrics, then what points at none; discarded cards are left out."""
    groups = {standing.metric.pk: CardGroup(standing.metric, standing) for standing in standings}
    unlinked = CardGroup(None)
    for card in cards:
        if card.stage == DISCARDED:
            continue
        metric = card.card.metric
        if metric is None:
            unlinked.cards.append(card)
        else:
            groups.setdefault(metric.pk, CardGroup(metric)).cards.append(card)
    found = [*groups.values(), *([unlinked] if unlinked.cards else [])]
    order = {stage: place for place, stage in enumerate(Stage.values)}
    for group in found:
        group.cards.sort(key=lambda card: (order.get(card.stage, 99), -(card.days_in_stage or 0)))
    return found


def _needs(cards: Sequence[WorkCard]) -> list[Need]:
    needs = []
    for card in cards:
        name = card.card.key or card.card.title
        stage = _LABELS.get(card.stage, "a column without a stage")
        if not card.in_hand:
            continue
        if card.card.blocked:
            needs.append(
                Need("blocked", f"{name} is blocked", card.card.blocked_reason or card.card.title, card)
            )
        if card.ageing:
            needs.append(
                Need(
                    "clock",
                    f"{name} has been in {stage} for {card.days_in_stage} days",
                    card.card.title,
                    card,
                )
            )
        if card.card.metric_id is None:
            text = f"{card.card.title}, in {stage}."
            if card.card.metric_key_unknown:
                text = f"It names {card.card.metric_key_unknown}, which is no metric here."
            needs.append(Need("unlinked", f"{name} is not linked to a metric", text, card, link=True))
    order = {"blocked": 0, "clock": 1, "unlinked": 2}
    return sorted(needs, key=lambda need: (order[need.icon], -(need.card.days_in_stage or 0)))


def _finding(standings: Sequence[TargetStanding], quarter: Quarter) -> str:
    if not standings:
        return ""
    good = sum(1 for standing in standings if standing.status in {"target_reached", "on_pace"})
    what = "metric has" if len(standings) == 1 else "metrics have"
    return f"{good} of {len(standings)} {what} reached their {quarter.label} target or are on pace for it."


def _work_finding(groups: Sequence[CardGroup], in_hand: int) -> str:
    if not in_hand:
        return "No work in hand."
    aimed = sum(group.in_hand for group in groups if group.standing)
    return f"{in_hand} {'card' if in_hand == 1 else 'cards'} in hand, {aimed} of them at a target of this quarter."
