"""Work in hand, from the newest edition: by team for the overview, by stage for one goal."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Subquery

from roadmap.boards.stages import ROADMAP_COLUMNS, roadmap_column_of
from roadmap.models import Edition, EditionCard
from teams.models import Product

# By hand: compiling it anew costs the overview more than the database takes.
_TOTALS = """SELECT id, iso_year, iso_week, totals FROM roadmap_edition WHERE product_id = %s
ORDER BY iso_year DESC, iso_week DESC, revision DESC LIMIT 1"""
_FLOW = [stage for column in ROADMAP_COLUMNS for stage in column.stages]


@dataclass(slots=True)
class TeamInHand:
    """One team's line: cards in each of the five roadmap columns, and what needs a look."""

    team_id: int | None
    team_name: str
    team_slug: str
    freshness: str
    counts: list[int] = field(default_factory=lambda: [0] * len(ROADMAP_COLUMNS))
    in_hand: int = 0
    blocked: int = 0
    ageing: int = 0
    unlinked: int = 0


@dataclass(frozen=True, slots=True)
class WorkInHand:
    """`columns` are the five names, `rows` the teams by name; `week` is "" while there is no edition."""

    week: str
    columns: list[str]
    rows: list[TeamInHand]


def work_in_hand(*, product: Product) -> WorkInHand:
    """Every team of the newest edition with its cards by roadmap column, from its frozen totals. One query."""
    columns = [column.label for column in ROADMAP_COLUMNS]
    edition = next(iter(Edition.objects.raw(_TOTALS, [product.pk])), None)
    if edition is None:
        return WorkInHand("", columns, [])
    rows = [
        TeamInHand(
            team_id=lane["team"],
            team_name=lane["name"],
            team_slug=lane["slug"],
            freshness=lane["freshness"],
            counts=list(lane["columns"]),
            in_hand=lane["in_hand"],
            blocked=lane["blocked"],
            ageing=lane["ageing"],
            unlinked=lane["not_linked"],
        )
        for lane in edition.totals.get("lanes", [])
    ]
    return WorkInHand(edition.week, columns, rows)


def _newest(product: Product) -> Any:
    return (
        Edition.objects.filter(product=product)
        .order_by("-iso_year", "-iso_week", "-revision")
        .values("pk")[:1]
    )


@dataclass(slots=True)
class StageWork:
    """The cards of one roadmap column that point at a goal's metrics."""

    label: str
    cards: list[EditionCard] = field(default_factory=list)


def goal_work(*, product: Product, metric_ids: Collection[int]) -> list[StageWork]:
    """Cards of the newest edition that point at one of the metrics, by roadmap column. One query."""
    stages = {column.key: StageWork(column.label) for column in ROADMAP_COLUMNS}
    cards = (
        EditionCard.objects.filter(
            edition=Subquery(_newest(product)), metric__in=set(metric_ids), stage__in=_FLOW
        )
        .select_related("edition_team")
        .order_by("edition_team__team_name", "-days_in_stage", "pk")
    )
    for card in cards:
        column = roadmap_column_of(card.stage)
        if column is not None:
            stages[column.key].cards.append(card)
    return list(stages.values())
