"""The figures of an edition: what its headline, chips and bars count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from roadmap.boards.stages import ROADMAP_COLUMNS, roadmap_column_of
from roadmap.models import EditionTeam
from roadmap.selectors.work import TeamWork


def totals_of(*, teams: Sequence[TeamWork], lanes: Sequence[EditionTeam]) -> dict[str, Any]:
    """Counts over all cards of an edition; blocked, ageing and not linked count work in hand only."""
    cards = [card for work in teams for card in work.cards]
    in_hand = [card for card in cards if card.in_hand]
    columns = Counter({column.key: 0 for column in ROADMAP_COLUMNS})
    for card in cards:
        if column := roadmap_column_of(card.stage):
            columns[column.key] += 1
    goals = Counter(title for card in in_hand for title in card.goals)
    return {
        "cards": len(cards),
        "columns": dict(columns),
        "in_hand": len(in_hand),
        "linked": sum(1 for card in in_hand if card.card.metric_id),
        "not_linked": sum(1 for card in in_hand if not card.card.metric_id),
        "blocked": sum(1 for card in in_hand if card.card.blocked),
        "ageing": sum(1 for card in in_hand if card.ageing),
        "unmatched": sum(1 for card in cards if not card.stage),
        "discarded": sum(1 for card in cards if card.stage == "discarded"),
        "goals": [{"title": title, "cards": count} for title, count in goals.most_common()],
        "no_goal": sum(1 for card in in_hand if not card.goals),
        "teams": dict(Counter(lane.freshness for lane in lanes)),
        "boards": sum(len(lane.boards) for lane in lanes),
        "lanes": [_lane_totals(work, lane) for work, lane in zip(teams, lanes, strict=True)],
    }


def _lane_totals(work: TeamWork, lane: EditionTeam) -> dict[str, Any]:
    """One team's line: its cards by roadmap column, and what needs a look in its hands."""
    columns = [column.key for column in ROADMAP_COLUMNS]
    counts = [0] * len(columns)
    for card in work.cards:
        if column := roadmap_column_of(card.stage):
            counts[columns.index(column.key)] += 1
    in_hand = [card for card in work.cards if card.in_hand]
    return {
        "team": work.team.pk,
        "name": work.team.name,
        "slug": work.team.slug,
        "freshness": lane.freshness,
        "columns": counts,
        "in_hand": len(in_hand),
        "blocked": sum(1 for card in in_hand if card.card.blocked),
        "ageing": sum(1 for card in in_hand if card.ageing),
        "not_linked": sum(1 for card in in_hand if not card.card.metric_id),
    }
