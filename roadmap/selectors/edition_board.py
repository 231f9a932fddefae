"""An edition as its page shows it: lanes (teams, goals or metrics) by the roadmap's five columns, or a list."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from roadmap.boards.stages import ROADMAP_COLUMNS, RoadmapColumn, roadmap_column_of
from roadmap.models import Edition, EditionTeam, Stage
from roadmap.selectors.edition_cards import CardRow, edition_rows
from roadmap.selectors.edition_filters import NO_GOAL, NO_METRIC, Choices, Filters, choices_of

# Finished work older than this is counted, and shown when asked for.
RECENT_DAYS = 28
# So many cards of a cell are on the page; the others come when asked for, so that a page of thousands stays quick.
CELL_SHOWN = 8
_LABELS = dict(Stage.choices)


@dataclass(slots=True)
class Group:
    """The cards of one stage within a cell; `label` names the queue where a column gathers several stages."""

    label: str
    cards: list[CardRow] = field(default_factory=list)


@dataclass(slots=True)
class Cell:
    """A lane's cards in one roadmap column; `more` of them are not on the page yet."""

    column: RoadmapColumn
    groups: list[Group] = field(default_factory=list)
    count: int = 0
    older: int = 0
    more: int = 0


@dataclass(frozen=True, slots=True)
class LaneBoard:
    """A board as it stood when the edition was made."""

    pk: int
    name: str
    state: str
    error: str
    last_read: datetime | None


@dataclass(slots=True)
class Lane:
    """One team, goal or metric: its counts, and a cell for each column. `boards` only where it is a team."""

    name: str
    cells: list[Cell]
    cards: list[CardRow]
    narrowed: Mapping[str, str]
    team: EditionTeam | None = None
    boards: list[LaneBoard] = field(default_factory=list)
    unmatched: list[CardRow] = field(default_factory=list)

    @property
    def key(self) -> str:
        """A name for the lane that an element's id may hold; the same whatever else is shown."""
        return f"{zlib.crc32(self.name.encode()):08x}"

    @property
    def blocked(self) -> int:
        return sum(1 for card in self.cards if card.stuck)

    @property
    def ageing(self) -> int:
        return sum(1 for card in self.cards if card.ageing)

    @property
    def unlinked(self) -> int:
        return sum(1 for card in self.cards if card.unlinked and card.in_hand)


@dataclass(slots=True)
class EditionBoard:
    """An edition as its page shows it. Lanes are empty in the list view, `cards` in the others.

    `late` are the teams whose boards were not all fresh, whatever is shown.
    """

    edition: Edition
    filters: Filters
    lanes: list[Lane]
    columns: list[tuple[RoadmapColumn, int]]
    cards: list[CardRow]
    unmatched: list[CardRow]
    late: list[tuple[EditionTeam, list[LaneBoard]]]
    shown: int
    choices: Choices


def edition_board(*, edition: Edition, filters: Filters) -> EditionBoard:
    """The edition in the view asked for, with what the filters leave and how many each would leave. Two queries."""
    teams, rows = edition_rows(edition=edition)
    kept = [card for card in rows if filters.admits(card)]
    on_stage = [card for card in kept if roadmap_column_of(card.stage)]
    unmatched = [card for card in kept if not card.stage]
    lanes = [] if filters.view == "list" else list(_lanes(teams, on_stage, filters))
    return EditionBoard(
        edition=edition,
        filters=filters,
        lanes=lanes,
        columns=[
            (column, sum(1 for card in on_stage if card.stage in column.stages)) for column in ROADMAP_COLUMNS
        ],
        cards=_listed(kept) if filters.view == "list" else [],
        unmatched=unmatched,
        late=[(team, _boards(team)) for team in teams if team.freshness != EditionTeam.Freshness.FRESH],
        shown=len(on_stage) + len(unmatched),
        choices=choices_of(rows=rows, teams=[team.team_name for team in teams]),
    )


def _listed(cards: Iterable[CardRow]) -> list[CardRow]:
    """By team, along the flow, the oldest first; discarded work is left out."""
    order = {stage: place for place, stage in enumerate(["", *Stage.values])}
    shown = [card for card in cards if card.stage != Stage.DISCARDED]
    return sorted(
        shown, key=lambda card: (card.team.casefold(), order[card.stage], -(card.days or 0), card.key)
    )


def _lanes(teams: Sequence[EditionTeam], cards: Sequence[CardRow], filters: Filters) -> Iterable[Lane]:
    if filters.view == "goal":
        yield from _lanes_by(cards, filters, lambda card: card.goals or (NO_GOAL,), NO_GOAL)
        return
    if filters.view == "metric":
        yield from _lanes_by(cards, filters, lambda card: (card.metric_name or NO_METRIC,), NO_METRIC)
        return
    by_team: dict[int, list[CardRow]] = {team.pk: [] for team in teams}
    for card in cards:
        by_team[card.lane].append(card)
    for team in teams:
        if by_team[team.pk] or not filters.any:
            lane = _lane(team.team_name, by_team[team.pk], filters, {"team": team.team_name})
            lane.team, lane.boards = team, _boards(team)
            yield lane


def _lanes_by(
    cards: Sequence[CardRow], filters: Filters, names: Callable[[CardRow], Sequence[str]], without: str
) -> Iterable[Lane]:
    """A lane for each name, most work first and `without` last; a card with two names stands in both."""
    found: dict[str, list[CardRow]] = {}
    for card in cards:
        for name in names(card):
            found.setdefault(name, []).append(card)
    asked = getattr(filters, filters.view)
    for name in sorted(found, key=lambda name: (name == without, -len(found[name]), name.casefold())):
        if not asked or name == asked:
            yield _lane(name, found[name], filters, {filters.view: name})


def _lane(name: str, cards: list[CardRow], filters: Filters, narrowed: Mapping[str, str]) -> Lane:
    cells = {column.key: Cell(column) for column in ROADMAP_COLUMNS}
    by_stage: dict[str, list[CardRow]] = {}
    for card in cards:
        column = roadmap_column_of(card.stage)
        if column is None:
            continue
        cell = cells[column.key]
        cell.count += 1
        if not card.in_hand and not filters.older and (card.days or 0) > RECENT_DAYS:
            cell.older += 1
        else:
            by_stage.setdefault(card.stage, []).append(card)
    for cell in cells.values():
        _cell_fill(cell, by_stage, None if filters.column else CELL_SHOWN)
    return Lane(name=name, cells=list(cells.values()), cards=cards, narrowed=narrowed)


def _cell_fill(cell: Cell, by_stage: Mapping[str, list[CardRow]], limit: int | None) -> None:
    """Puts the first `limit` cards into the cell, stage by stage; what wants a look comes first."""
    left = limit
    for stage in cell.column.stages:
        cards = by_stage.get(stage, [])
        if left is not None and len(cards) > left:
            cards = sorted(cards, key=lambda card: not card.stuck)
        shown = cards if left is None else cards[:left]
        cell.more += len(cards) - len(shown)
        left = None if left is None else left - len(shown)
        if shown:
            cell.groups.append(Group(_LABELS[stage], shown))
    if len(cell.groups) == 1 and cell.groups[0].label == cell.column.label:
        cell.groups[0].label = ""


def _boards(team: EditionTeam) -> list[LaneBoard]:
    return [_lane_board(row) for row in team.boards]


def _lane_board(row: Mapping[str, Any]) -> LaneBoard:
    read = row.get("last_synced_at")
    return LaneBoard(
        pk=row["id"],
        name=row["name"],
        state=row["state"],
        error=row.get("error") or "",
        last_read=datetime.fromisoformat(read) if read else None,
    )
