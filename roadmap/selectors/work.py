"""The work of a product's teams as it stands now, card by card, in the shape that an edition freezes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from roadmap.boards.stages import DISCARDED, RELEASED, VERIFIED
from roadmap.calculations.difference import FINISHED_STAGES
from roadmap.calculations.flow import CLOSED_AS_DEFAULT, Step, card_stage, stage_entered_at
from roadmap.models import Board, Card, CardMove, Column, Stage
from roadmap.selectors.goals import goals_by_metric
from teams.models import Product, Team
from teams.selectors import organisation_get

# Ids in one statement: SQLite takes a limited number of parameters.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class WorkCard:
    """One card with what follows from its column, its moves and its metric."""

    card: Card
    stage: str
    column_name: str
    days_in_stage: int | None
    ageing: bool
    metric_name: str
    goals: tuple[str, ...]
    contradicted: bool  # points at a metric whose belief the figures contradict
    context: Mapping[str, str]

    @property
    def in_hand(self) -> bool:
        """Not released, verified or discarded yet."""
        return self.stage not in FINISHED_STAGES

    @property
    def stage_label(self) -> str:
        """The stage as people read it."""
        return str(Stage(self.stage).label) if self.stage else "No stage"


@dataclass(slots=True)
class TeamWork:
    """A team, its boards, and the cards that they show."""

    team: Team
    boards: list[Board] = field(default_factory=list)
    cards: list[WorkCard] = field(default_factory=list)


def work_collect(
    *,
    product: Product,
    now: datetime,
    ageing_days: int,
    team: Team | None = None,
    cards: Collection[int] | None = None,
) -> list[TeamWork]:
    """Every active Stream Team of the product (or only `team`) with its boards and present cards, by team name.

    `cards` leaves only those with these ids.

    A card that the last complete read did not show is not among them. The number of queries does not grow with teams,
    boards or cards (but one for each five hundred cards whose stage is spread over several columns).
    """
    teams = Team.objects.filter(product=product).active().stream().order_by("name")
    works = {row.pk: TeamWork(row) for row in (teams if team is None else [team])}
    boards = Board.objects.active().filter(team__in=works).select_related("connection").order_by("name", "pk")
    by_id = {board.pk: board for board in boards}
    for board in by_id.values():
        works[board.team_id].boards.append(board)
    columns = {column.pk: column for column in Column.objects.filter(board__in=by_id)}
    present = Card.objects.filter(board__in=by_id, missing_since=None).present()
    if cards is not None:
        present = present.filter(pk__in=cards)
    rows = list(present.select_related("metric").order_by("pk"))
    stages = {card.pk: _stage(card, columns, by_id) for card in rows}
    entered = _entered(rows, stages, columns)
    today = organisation_get().today(now)
    metric_ids = {card.metric_id for card in rows if card.metric_id}
    goals = goals_by_metric(product=product, metric_ids=metric_ids, today=today) if metric_ids else {}
    for card in rows:
        since = entered.get(card.pk) or card.stage_since or card.first_seen_at
        stage = stages[card.pk]
        days = max((now - since).days, 0)
        column = columns.get(card.column_id or 0)
        works[by_id[card.board_id].team_id].cards.append(
            WorkCard(
                card=card,
                stage=stage,
                column_name=column.name if column else card.state_raw,
                days_in_stage=days,
                ageing=bool(stage) and stage not in {RELEASED, VERIFIED, DISCARDED} and days > ageing_days,
                metric_name=card.metric.name if card.metric else "",
                goals=tuple(goal.title for goal in goals.get(card.metric_id or 0, ())),
                contradicted=any(goal.contradicted for goal in goals.get(card.metric_id or 0, ())),
                context={
                    name: str(entry["value"])
                    for name, entry in sorted(card.context.items())
                    if entry["value"]
                },
            )
        )
    return list(works.values())


def _stage(card: Card, columns: Mapping[int, Column], boards: Mapping[int, Board]) -> str:
    column = columns.get(card.column_id or 0)
    closed_as = str(boards[card.board_id].settings.get("closed_as") or CLOSED_AS_DEFAULT)
    return card_stage(column_stage=column.stage if column else "", closed=card.closed, closed_as=closed_as)


def _entered(
    cards: Iterable[Card], stages: Mapping[int, str], columns: Mapping[int, Column]
) -> dict[int, datetime | None]:
    """Since when each card has been in its stage, looking at its moves only where columns share the stage."""
    by_stage = Counter((column.board_id, column.stage) for column in columns.values() if column.stage)
    stage_of = {column.pk: column.stage for column in columns.values()}
    entered: dict[int, datetime | None] = {}
    asked: dict[int, Card] = {}
    for card in cards:
        own = stage_of.get(card.column_id or 0, "")
        if own != stages[card.pk]:
            # Its stage comes from having been closed, not from its column.
            entered[card.pk] = card.done_at
        elif own and by_stage[card.board_id, own] > 1:
            asked[card.pk] = card
    ids = list(asked)
    steps: dict[int, list[Step]] = {}
    for start in range(0, len(ids), CHUNK):
        moves = CardMove.objects.filter(card__in=ids[start : start + CHUNK]).order_by("-at", "-pk")
        for card_id, at, source, target in moves.values_list(
            "card_id", "at", "from_column_id", "to_column_id"
        ):
            steps.setdefault(card_id, []).append(Step(at, source, target))
    for pk, card in asked.items():
        entered[pk] = stage_entered_at(
            steps.get(pk, ()), stage=stages[pk], stages=stage_of, column_since=card.stage_since
        )
    return entered
