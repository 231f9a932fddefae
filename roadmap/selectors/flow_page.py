"""The flow of a product or of one team: how long work takes, where it stands, and where it points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from roadmap.boards.stages import IN_PROGRESS, PRIORITISED, RELEASED, STAGES, TO_BUILD, TO_DESIGN
from roadmap.calculations.difference import FINISHED_STAGES
from roadmap.calculations.flow_effort import EffortCard
from roadmap.calculations.flow_history import reached
from roadmap.calculations.flow_times import (
    ENOUGH,
    HALF,
    MOST,
    Days,
    Measure,
    Summary,
    age,
    percentile,
    summary,
    timing,
)
from roadmap.calculations.flow_weeks import (
    DiagramPoint,
    ReleaseWeek,
    cutoffs_before,
    diagram,
    release_weeks,
)
from roadmap.models import Stage
from roadmap.selectors.cutoffs import cutoff_last
from roadmap.selectors.flow_beliefs import active_beliefs, active_goals
from roadmap.selectors.flow_cards import BoardKnown, FlowCard, FlowCards, flow_cards
from roadmap.selectors.flow_debt import Aged, Debt, debt_view
from roadmap.selectors.flow_effort import EffortView, effort_view
from roadmap.selectors.flow_words import MEASURES, days_text, headline, lack_text, precision_text
from teams.models import Product, Team
from teams.selectors import organisation_get

PERIODS = (13, 26, 52)
OLDEST_SHOWN = 6
PROGRESS = (TO_DESIGN, TO_BUILD, IN_PROGRESS)
_LABELS = {str(value): str(label) for value, label in Stage.choices}


@dataclass(frozen=True, slots=True)
class TimeRow:
    """One of the three times; `lack` says why there are no percentiles."""

    name: str
    meaning: str
    result: Summary
    half: str
    most: str
    lack: str


@dataclass(frozen=True, slots=True)
class StageRow:
    """The cards that stand in one stage, with their ages in it; percentiles from `ENOUGH` cards on."""

    label: str
    cards: int
    half: str
    most: str
    oldest: str
    ageing: int


@dataclass(frozen=True, slots=True)
class FlowPage:
    """All of it. `since` is the cut-off that the period begins with."""

    weeks: int
    since: datetime
    now: datetime
    boards: list[BoardKnown]
    late_boards: list[BoardKnown]
    unread_boards: list[BoardKnown]
    headline: str
    precision: str
    times: list[TimeRow]
    lead: Summary
    released: int
    release_weeks: list[ReleaseWeek]
    diagram: list[DiagramPoint]
    stages: list[StageRow]
    oldest: list[Aged]
    in_hand: int
    in_progress: int
    unplaced: int
    ageing_days: int
    debt: Debt
    effort: EffortView

    @property
    def has_cards(self) -> bool:
        """Whether any board was ever read."""
        return any(row.first_read is not None for row in self.boards)

    @property
    def weeks_with_release(self) -> int:
        """Whole weeks of the period with a first release."""
        return sum(1 for week in self.release_weeks if week.count and not week.running)

    @property
    def weeks_known(self) -> int:
        """Whole weeks of the period of which anything is known."""
        return sum(1 for week in self.release_weeks if week.known and not week.running)


def period_of(text: str) -> int:
    """The weeks that an address asks for; the shortest period for anything else."""
    return int(text) if text.isdecimal() and int(text) in PERIODS else PERIODS[0]


def period_cutoffs(*, weeks: int, now: datetime) -> list[datetime]:
    """The weekly cut-offs of the period, by the clock of the organisation's zone; the last one is not after `now`.

    In UTC, as the moves are: comparing moments of two zones asks both for their offset, each time.
    """
    last = cutoff_last(now=now).at.astimezone(organisation_get().zone)
    return [at.astimezone(UTC) for at in cutoffs_before(last, weeks)]


def flow_page(*, product: Product, team: Team | None, weeks: int, now: datetime) -> FlowPage:
    """The page's figures over the last `weeks` whole weeks and the running one. Constant in queries."""
    organisation = organisation_get()
    cutoffs = period_cutoffs(weeks=weeks, now=now)
    found = flow_cards(product=product, team=team, since=cutoffs[0])
    today = organisation.today(now)
    results = {
        measure: summary((timing(card.history, measure) for card in found.cards), since=cutoffs[0], until=now)
        for measure in Measure
    }
    by_week = release_weeks(
        (card.way for card in found.cards), cutoffs=cutoffs, now=now, known_since=found.known_since
    )
    released = sum(week.count for week in by_week)
    in_progress = sum(1 for card in found.cards if card.in_hand and card.stage in PROGRESS)
    in_hand = [card for card in found.cards if card.in_hand]
    lead = results[Measure.FIRST_RELEASE]
    return FlowPage(
        weeks=weeks,
        since=cutoffs[0],
        now=now,
        boards=found.boards,
        late_boards=[row for row in found.boards if row.known_since and row.known_since > cutoffs[0]],
        unread_boards=[row for row in found.boards if row.first_read is None],
        headline=headline(weeks=weeks, released=released, lead=lead, in_progress=in_progress),
        precision=precision_text(found.moves_reported, found.moves_observed),
        times=[_time_row(measure, result) for measure, result in results.items()],
        lead=lead,
        released=released,
        release_weeks=by_week,
        diagram=_diagram(found, cutoffs, now, timedelta(hours=organisation.stale_hours)),
        stages=_stage_rows(in_hand, now, organisation.ageing_days),
        oldest=_oldest(in_hand, now),
        in_hand=len(in_hand),
        in_progress=in_progress,
        unplaced=sum(1 for card in in_hand if not card.stage),
        ageing_days=organisation.ageing_days,
        debt=debt_view(found.cards, now),
        effort=effort_view(
            effort_cards(found.cards, since=cutoffs[0], now=now),
            goals=active_goals(product=product, today=today),
            beliefs=active_beliefs(product=product, today=today),
            of_team=team is not None,
        ),
    )


def effort_cards(cards: Iterable[FlowCard], *, since: datetime, now: datetime) -> list[EffortCard]:
    """Cards in hand and cards first released in [since, now)."""
    counted = []
    for card in cards:
        release = reached(card.history, RELEASED)
        released = release is not None and not release.already_there and since <= release.counted_at < now
        if card.in_hand or released:
            counted.append(EffortCard(card.metric_id, card.in_hand, released))
    return counted


def _time_row(measure: Measure, result: Summary) -> TimeRow:
    name, meaning = MEASURES[measure]
    lack = "" if result.half else lack_text(measure, result)
    return TimeRow(name, meaning, result, days_text(result.half), days_text(result.most), lack)


def _diagram(
    found: FlowCards, cutoffs: Sequence[datetime], now: datetime, fresh_for: timedelta
) -> list[DiagramPoint]:
    """From the first cut-off of which anything is known until now; nothing where that is no span of time."""
    known = found.known_since
    moments = [*(at for at in cutoffs if known is None or at >= known), now]
    if len(moments) < 2 or not found.cards:
        return []
    return diagram((card.way for card in found.cards), moments=moments, fresh_for=fresh_for)


def _stage_rows(cards: Sequence[FlowCard], now: datetime, ageing_days: int) -> list[StageRow]:
    rows = []
    for stage in (*STAGES, ""):
        if stage in FINISHED_STAGES:
            continue
        ages = [age(card.history[-1].span, now) for card in cards if card.stage == stage]
        if stage or ages:
            rows.append(_stage_row(_LABELS.get(stage, "No stage"), ages, ageing_days if stage else None))
    return rows


def _stage_row(label: str, ages: Sequence[Days], ageing_days: int | None) -> StageRow:
    enough = len(ages) >= ENOUGH
    return StageRow(
        label=label,
        cards=len(ages),
        half=days_text(percentile(ages, HALF) if enough else None),
        most=days_text(percentile(ages, MOST) if enough else None),
        oldest=days_text(percentile(ages, 1.0) if ages else None),
        ageing=0 if ageing_days is None else sum(1 for days in ages if int(days.shortest) > ageing_days),
    )


def _oldest(cards: Iterable[FlowCard], now: datetime) -> list[Aged]:
    """Work under way; an opportunity that waits for its turn is not late."""
    aged = [Aged.of(card, now) for card in cards if card.stage not in {PRIORITISED, ""}]
    return sorted(aged, key=lambda item: (-item.days.shortest, item.card.pk))[:OLDEST_SHOWN]
