"""Editions, ready to show: the board of one edition with its filters, and the list of the earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from roadmap.boards.stages import RELEASED, ROADMAP_COLUMNS, VERIFIED, RoadmapColumn, roadmap_column_of
from roadmap.models import Edition, EditionCard, EditionTeam, Stage
from teams.models import Product

# Finished work older than this is counted, and shown when asked for.
RECENT_DAYS = 28
FLAGS = ("blocked", "ageing", "unlinked")
_LABELS = dict(Stage.choices)


@dataclass(frozen=True, slots=True)
class Filters:
    """What of an edition is shown; empty means everything. From and to the query string."""

    team: str = ""
    goal: str = ""
    metric: str = ""
    flags: frozenset[str] = frozenset()
    older: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filters:
        """Unknown values match nothing rather than fail: a shared address may outlive a team."""
        return cls(
            team=query.get("team", "")[:120],
            goal=query.get("goal", "")[:200],
            metric=query.get("metric", "")[:120],
            flags=frozenset(flag for flag in FLAGS if query.get(flag)),
            older=bool(query.get("older")),
        )

    @property
    def any(self) -> bool:
        return bool(self.team or self.goal or self.metric or self.flags)

    def admits(self, card: CardRow) -> bool:
        """True when the card is among what is asked for."""
        return (
            (not self.team or card.team == self.team)
            and (not self.goal or self.goal in card.goals)
            and (not self.metric or card.metric_name == self.metric)
            and ("blocked" not in self.flags or card.stuck)
            and ("ageing" not in self.flags or card.ageing)
            and ("unlinked" not in self.flags or (card.unlinked and card.in_hand))
        )


@dataclass(frozen=True, slots=True)
class CardRow:
    """One card of an edition."""

    pk: int | None
    lane: int
    team: str
    key: str
    title: str
    url: str
    stage: str
    column_name: str
    metric_name: str
    goals: tuple[str, ...]
    blocked: bool
    blocked_reason: str
    ageing: bool
    days: int | None
    weeks_unchanged: int
    change: str
    linked: bool

    @property
    def in_hand(self) -> bool:
        return self.stage not in {RELEASED, VERIFIED, Stage.DISCARDED}

    @property
    def unlinked(self) -> bool:
        return not self.linked

    @property
    def stuck(self) -> bool:
        """Blocked while it is in hand; what is released is not held up by it any more."""
        return self.blocked and self.in_hand

    @property
    def css(self) -> str:
        """The classes of its frame: red when blocked, dashed when it points at no metric."""
        names = ["blk"] if self.stuck else []
        names += ["unl"] if self.unlinked else []
        names += [] if self.in_hand else ["done"]
        return " ".join(["card", *names])


@dataclass(slots=True)
class Group:
    """The cards of one stage within a cell; `label` names the queue where a column gathers several stages."""

    label: str
    cards: list[CardRow] = field(default_factory=list)


@dataclass(slots=True)
class Cell:
    """A team's cards in one roadmap column."""

    column: RoadmapColumn
    groups: list[Group] = field(default_factory=list)
    older: int = 0

    @property
    def count(self) -> int:
        return sum(len(group.cards) for group in self.groups)


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
    """One team: its boards with their freshness, its counts, and a cell for each column."""

    team: EditionTeam
    boards: list[LaneBoard]
    cells: list[Cell]
    cards: list[CardRow]
    unmatched: list[CardRow] = field(default_factory=list)
    shown: bool = True

    @property
    def blocked(self) -> int:
        return sum(1 for card in self.cards if card.stuck)

    @property
    def ageing(self) -> int:
        return sum(1 for card in self.cards if card.ageing)

    @property
    def unlinked(self) -> int:
        return sum(1 for card in self.cards if card.unlinked and card.in_hand)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter with the number of cards it leaves."""

    value: str
    count: int


@dataclass(slots=True)
class EditionBoard:
    """An edition as its page shows it."""

    edition: Edition
    filters: Filters
    lanes: list[Lane]
    columns: list[tuple[RoadmapColumn, int]]
    shown: int
    older: int
    teams: list[Choice]
    goals: list[Choice]
    metrics: list[Choice]
    flags: dict[str, int]

    @property
    def unmatched(self) -> list[CardRow]:
        """Cards in a column that no stage is known for."""
        return [card for lane in self.lanes for card in lane.unmatched]


def edition_latest(*, product: Product) -> Edition | None:
    """The newest edition of the product in its last revision."""
    return Edition.objects.filter(product=product).order_by("-iso_year", "-iso_week", "-revision").first()


def edition_get(*, product: Product, week: str, revision: int | None = None) -> Edition | None:
    """The edition of a week, in its last revision when none is named."""
    editions = Edition.objects.filter(product=product, iso_year=int(week[:4]), iso_week=int(week[6:]))
    if revision is not None:
        editions = editions.filter(revision=revision)
    return editions.order_by("-revision").first()


def edition_list(*, product: Product, limit: int = 12) -> list[Edition]:
    """The newest editions, one a week in its last revision, newest first."""
    weeks: dict[str, Edition] = {}
    rows = Edition.objects.filter(product=product).order_by("-iso_year", "-iso_week", "-revision")
    for edition in rows[: limit * 4]:
        weeks.setdefault(edition.week, edition)
    return list(weeks.values())[:limit]


def edition_rows(*, edition: Edition) -> tuple[list[EditionTeam], list[CardRow]]:
    """The teams and cards of an edition. Two queries, however many cards there are."""
    teams = list(
        EditionTeam.objects.filter(edition=edition).select_related("team").order_by("team_name", "pk")
    )
    names = {team.pk: team.team_name for team in teams}
    values = EditionCard.objects.filter(edition=edition).order_by("-days_in_stage", "key", "pk")
    rows = [
        CardRow(
            pk=card_id, lane=lane, team=names[lane], key=key, title=title, url=url, stage=stage,
            column_name=column_name, metric_name=metric_name, goals=tuple(goals), blocked=blocked,
            blocked_reason=reason, ageing=ageing, days=days, weeks_unchanged=weeks, change=change,
            linked=bool(metric_name),
        )
        for card_id, lane, key, title, url, stage, column_name, metric_name, goals, blocked, reason, ageing, days,
        weeks, change in values.values_list(
            "card_id", "edition_team_id", "key", "title", "url", "stage", "column_name", "metric_name", "goals",
            "blocked", "blocked_reason", "ageing", "days_in_stage", "weeks_unchanged", "change",
        )
    ]  # fmt: skip
    return teams, rows


def edition_board(*, edition: Edition, filters: Filters) -> EditionBoard:
    """The edition by team and column, with what the filters leave and how many each would leave."""
    teams, rows = edition_rows(edition=edition)
    kept = [card for card in rows if filters.admits(card)]
    by_lane: dict[int, list[CardRow]] = {team.pk: [] for team in teams}
    for card in kept:
        by_lane[card.lane].append(card)
    lanes = [_lane(team, by_lane[team.pk], filters) for team in teams]
    columns = [
        (column, sum(lane.cells[place].count for lane in lanes))
        for place, column in enumerate(ROADMAP_COLUMNS)
    ]
    board_rows = [card for card in rows if card.stage != Stage.DISCARDED]
    return EditionBoard(
        edition=edition,
        filters=filters,
        lanes=[lane for lane in lanes if lane.cards or not filters.any],
        columns=columns,
        shown=sum(count for _, count in columns) + sum(len(lane.unmatched) for lane in lanes),
        older=sum(cell.older for lane in lanes for cell in lane.cells),
        teams=_choices(((card.team,) for card in board_rows), [team.team_name for team in teams]),
        goals=_choices(card.goals for card in board_rows),
        metrics=_choices((card.metric_name,) for card in board_rows if card.linked),
        flags={
            "blocked": sum(1 for card in board_rows if card.stuck),
            "ageing": sum(1 for card in board_rows if card.ageing),
            "unlinked": sum(1 for card in board_rows if card.unlinked and card.in_hand),
        },
    )


def _lane(team: EditionTeam, cards: list[CardRow], filters: Filters) -> Lane:
    lane = Lane(
        team=team,
        boards=[_lane_board(row) for row in team.boards],
        cards=cards,
        cells=[Cell(column) for column in ROADMAP_COLUMNS],
    )
    cells = {cell.column.key: cell for cell in lane.cells}
    groups: dict[str, Group] = {}
    for card in cards:
        column = roadmap_column_of(card.stage)
        if column is None:
            if not card.stage:
                lane.unmatched.append(card)
            continue
        cell = cells[column.key]
        if not card.in_hand and not filters.older and (card.days or 0) > RECENT_DAYS:
            cell.older += 1
            continue
        if card.stage not in groups:
            groups[card.stage] = Group(_LABELS[card.stage])
        groups[card.stage].cards.append(card)
    for cell in lane.cells:
        cell.groups = [groups[stage] for stage in cell.column.stages if stage in groups]
        if len(cell.groups) == 1 and cell.groups[0].label == cell.column.label:
            cell.groups[0].label = ""
    return lane


def _lane_board(row: Mapping[str, Any]) -> LaneBoard:
    read = row.get("last_synced_at")
    return LaneBoard(
        pk=row["id"],
        name=row["name"],
        state=row["state"],
        error=row.get("error") or "",
        last_read=datetime.fromisoformat(read) if read else None,
    )


def _choices(values: Iterable[Iterable[str]], names: Sequence[str] = ()) -> list[Choice]:
    counts: dict[str, int] = dict.fromkeys(names, 0)
    for group in values:
        for value in group:
            counts[value] = counts.get(value, 0) + 1
    return [Choice(value, counts[value]) for value in sorted(counts, key=str.casefold)]


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One line of "What changed": an icon, a bold sentence, and the cards in words."""

    icon: str
    title: str
    text: str


_CHANGE_LINES: dict[str, tuple[str, str, str]] = {
    "advanced": ("right", "moved on", ""),
    "new": ("plus", "is new|are new", ""),
    "moved_back": ("undo", "moved back", ""),
    "discarded": ("archive", "was discarded|were discarded", ""),
    "vanished": ("x", "is no longer on its board|are no longer on their boards", ""),
    "re_pointed": ("metric", "points at another metric|point at another metric", ""),
    "blocked": ("blocked", "became blocked", ""),
    "unblocked": ("check", "is no longer blocked|are no longer blocked", ""),
    "placed": ("swap", "came into a column with a stage", ""),
    "unplaced": ("help", "stands in a column without a stage|stand in columns without a stage", ""),
}
NAMED = 8


def change_lines(difference: Mapping[str, Any]) -> list[ChangeLine]:
    """The difference of an edition in sentences, in the order in which people ask for them."""
    lines = []
    for kind, (icon, words, _) in _CHANGE_LINES.items():
        entries = difference.get(kind) or []
        if not entries:
            continue
        one, _, many = words.partition("|")
        count = len(entries)
        title = f"{count} card {one}" if count == 1 else f"{count} cards {many or one}"
        lines.append(ChangeLine(icon, title, _entries_text(kind, entries)))
    return lines


def _entries_text(kind: str, entries: Sequence[Mapping[str, Any]]) -> str:
    places: dict[str, list[str]] = {}
    for entry in entries[:NAMED]:
        places.setdefault(_place(kind, entry), []).append(str(entry["key"] or entry["title"]))
    parts = []
    for place, names in places.items():
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        parts.append(f"{listed} {place}".strip())
    rest = f" And {len(entries) - NAMED} more." if len(entries) > NAMED else ""
    return ". ".join(parts) + "." + rest


def _place(kind: str, entry: Mapping[str, Any]) -> str:
    if kind == "re_pointed":
        return f"from {entry['from'] or 'no metric'} to {entry['to'] or 'no metric'}"
    if kind == "vanished":
        return f"of {entry['team']}"
    if kind in {"advanced", "moved_back"}:
        return f"to {_LABELS.get(entry['to'], 'no stage')}"
    if kind in {"new", "placed"}:
        return f"in {_LABELS.get(entry['to'], 'no stage')}"
    return ""


def headline_of(totals: Mapping[str, Any]) -> str:
    """The answer of the page in one sentence or two; what is missing comes first."""
    teams, in_hand = totals.get("teams") or {}, int(totals.get("in_hand") or 0)
    linked, loose = int(totals.get("linked") or 0), int(totals.get("not_linked") or 0)
    absent = int(teams.get("missing") or 0)
    first = f"{_counted(absent, 'team', 'teams')} without a board that could be read. " if absent else ""
    if not in_hand:
        return f"{first}No work in hand."
    work = f"{_counted(in_hand, 'piece of work', 'pieces of work')} in hand."
    if not loose:
        return f"{first}{work} {'It points' if in_hand == 1 else 'All of it points'} at a metric."
    if not linked:
        return f"{first}{work} None of it points at a metric."
    return f"{first}{work} {linked} {'points' if linked == 1 else 'point'} at a metric, {loose} {'does' if loose == 1 else 'do'} not."


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
