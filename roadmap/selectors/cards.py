"""One card, ready to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from roadmap.boards.context import CONTEXT_FIELDS
from roadmap.models import Card, CardMove, Stage
from roadmap.selectors.goals import GoalRef, goals_by_metric
from roadmap.selectors.work import WorkCard, work_collect
from teams.selectors import organisation_get

ORIGINS = {"tool": "From the tool", "person": "By a person in Bearing"}
MOVES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """One field of the context with its origin in words."""

    name: str
    label: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class CardPage:
    """What the card's page shows beside the card itself."""

    stage: str
    stage_label: str
    days: int | None
    ageing: bool
    entries: list[ContextEntry]
    metric_origin: str
    goals: list[GoalRef]
    moves: list[CardMove]
    by_person: bool


def card_page(*, card: Card, now: datetime) -> CardPage:
    """Stage, age, context, goals and moves of one card."""
    organisation = organisation_get()
    product = card.board.team.product
    works = work_collect(
        product=product, now=now, ageing_days=organisation.ageing_days, team=card.board.team, cards=[card.pk]
    )
    found: WorkCard | None = next((row for work in works for row in work.cards), None)
    entries = [
        ContextEntry(
            name,
            name.replace("_", " ").capitalize(),
            card.context[name]["value"],
            ORIGINS.get(card.context[name]["origin"], ""),
        )
        for name in CONTEXT_FIELDS
        if name in card.context
    ]
    goals: dict[int, list[GoalRef]] = {}
    if card.metric_id:
        goals = goals_by_metric(product=product, metric_ids=[card.metric_id], today=organisation.today(now))
    origins = {card.metric_origin, *(entry["origin"] for entry in card.context.values())}
    moves = (
        CardMove.objects.filter(card=card).select_related("from_column", "to_column").order_by("-at", "-pk")
    )
    return CardPage(
        stage=found.stage if found else "",
        stage_label=_stage_label(found.stage if found else ""),
        days=found.days_in_stage if found else None,
        ageing=bool(found and found.ageing),
        entries=entries,
        metric_origin=ORIGINS.get(card.metric_origin, ""),
        goals=goals.get(card.metric_id or 0, []),
        moves=list(moves[:MOVES_SHOWN]),
        by_person="person" in origins,
    )


def _stage_label(stage: str) -> str:
    return str(Stage(stage).label) if stage else "No stage"
