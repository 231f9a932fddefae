"""Work in hand, from the newest edition: by team for the overview, by stage for one goal."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, Subquery

from roadmap.boards.stages import RELEASED, ROADMAP_COLUMNS, VERIFIED, roadmap_column_of
from roadmap.models import Edition, EditionCard, EditionTeam, Stage
from teams.models import Product

_FLOW = [stage for column in ROADMAP_COLUMNS for stage in column.stages]
_FINISHED = [RELEASED, VERIFIED, Stage.DISCARDED.value]


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
    """Every team of the newest edition with its cards by roadmap column. Two queries."""
    columns = [column.label for column in ROADMAP_COLUMNS]
    lanes = list(
        EditionTeam.objects.filter(edition=Subquery(_newest(product))).select_related("team", "edition").order_by(
            "team_name", "pk"
        )
    )  # fmt: skip
    if not lanes:
        return WorkInHand("", columns, [])
    rows = {
        lane.pk: TeamInHand(lane.team_id, lane.team_name, lane.team.slug if lane.team else "", lane.freshness)
        for lane in lanes
    }
    places = {column.key: place for place, column in enumerate(ROADMAP_COLUMNS)}
    for counted in _counted(lanes[0].edition_id):
        row = rows[counted["edition_team_id"]]
        column = roadmap_column_of(counted["stage"])
        if column is not None:
            row.counts[places[column.key]] += counted["cards"]
        if counted["stage"] not in _FINISHED:
            row.in_hand += counted["cards"]
            row.blocked += counted["blocked_cards"]
            row.ageing += counted["ageing_cards"]
            row.unlinked += counted["unlinked_cards"]
    return WorkInHand(lanes[0].edition.week, columns, list(rows.values()))


def _newest(product: Product) -> Any:
    return (
        Edition.objects.filter(product=product)
        .order_by("-iso_year", "-iso_week", "-revision")
        .values("pk")[:1]
    )


def _counted(edition_id: int) -> Any:
    return (
        EditionCard.objects.filter(edition=edition_id)
        .order_by()
        .values("edition_team_id", "stage")
        .annotate(
            cards=Count("pk"),
            blocked_cards=Count("pk", filter=Q(blocked=True)),
            ageing_cards=Count("pk", filter=Q(ageing=True)),
            unlinked_cards=Count("pk", filter=Q(metric=None)),
        )
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
