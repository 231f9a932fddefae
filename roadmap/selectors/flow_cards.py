"""The cards that flow is counted from, each with its way over its board."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from roadmap.boards import providers
from roadmap.boards.base import History
from roadmap.boards.stages import DISCARDED, RELEASED, VERIFIED
from roadmap.calculations.difference import FINISHED_STAGES
from roadmap.calculations.flow import CLOSED_AS_DEFAULT, card_stage
from roadmap.calculations.flow_history import CardFacts, Entry, StageMove, history_read
from roadmap.calculations.flow_weeks import Way
from roadmap.models import Board, Card, CardMove, Column
from teams.models import Product, Team

_CARD_FIELDS = (
    "pk", "board_id", "key", "title", "url", "column_id", "closed", "blocked", "metric_id", "metric__name",
    "tool_created_at", "first_seen_at", "stage_since", "done_at", "missing_since", "gone_at", "archived_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FlowCard:
    """One card: where it counts now, how it came there, and what it points at."""

    pk: int
    key: str
    title: str
    url: str
    team: Team
    stage: str
    blocked: bool
    metric_id: int | None
    metric_name: str
    history: tuple[Entry, ...]
    left_at: datetime | None

    @property
    def is_present(self) -> bool:
        """Whether the last complete read of its board showed it."""
        return self.left_at is None

    @property
    def in_hand(self) -> bool:
        """On its board, and not released, verified or discarded yet."""
        return self.is_present and self.stage not in FINISHED_STAGES

    @property
    def awaits_verification(self) -> bool:
        """Released, and not verified."""
        return self.is_present and self.stage == RELEASED

    @property
    def way(self) -> Way:
        """As the weekly figures take it."""
        return Way(self.history, self.left_at)


@dataclass(frozen=True, slots=True)
class BoardKnown:
    """A board with its first read (None: never read); `told_whole` where its tool tells every move there ever was."""

    board: Board
    first_read: datetime | None
    told_whole: bool

    @property
    def known_since(self) -> datetime | None:
        """Since when its cards are known; None: always, or never where it was never read."""
        return None if self.told_whole else self.first_read


@dataclass(frozen=True, slots=True)
class FlowCards:
    """What a product's teams, or one team, worked on since a moment; the numbers of moves are those since then."""

    teams: list[Team]
    boards: list[BoardKnown]
    cards: list[FlowCard]
    moves_reported: int
    moves_observed: int

    @property
    def known_since(self) -> datetime | None:
        """The first read of any board; None where a board's tool tells everything, and where none was read."""
        read = [row.known_since for row in self.boards if row.first_read is not None]
        known = [since for since in read if since is not None]
        return min(known) if known and len(known) == len(read) else None


def flow_cards(*, product: Product, team: Team | None, since: datetime) -> FlowCards:
    """Cards of the active Stream Teams (or of `team`) that are not finished, or that moved or closed after `since`.

    Six statements, however many teams, boards, cards and moves there are.
    """
    streams = Team.objects.filter(product=product).active().stream().order_by("name")
    teams = {row.pk: row for row in (streams if team is None else [team])}
    boards = {
        board.pk: board
        for board in Board.objects.active().filter(team__in=teams).select_related("connection").order_by("name", "pk")
    }  # fmt: skip
    columns = {column.pk: column.stage for column in Column.objects.filter(board__in=boards)}
    known = _known(boards)
    chosen = _chosen(boards, since)
    moves: dict[int, list[StageMove]] = {}
    reported = observed = 0
    for card, move in _moves(chosen, columns):
        moves.setdefault(card, []).append(move)
        if move.at >= since:
            observed += move.not_before is not None
            reported += move.not_before is None
    cards = []
    for row in chosen.order_by("pk").values(*_CARD_FIELDS):
        board = known[row["board_id"]]
        cards.append(_card(row, board, teams[board.board.team_id], columns, moves.get(row["pk"], ())))
    return FlowCards(list(teams.values()), list(known.values()), cards, reported, observed)


def _known(boards: Mapping[int, Board]) -> dict[int, BoardKnown]:
    """Each board with its first read: the first sight of any of its cards."""
    first_seen = dict(
        Card.objects.filter(board__in=boards)
        .order_by()
        .values_list("board_id")
        .annotate(first=Min("first_seen_at"))
    )
    whole = {kind for kind, provider in providers().items() if provider.history is History.FULL}
    return {
        pk: BoardKnown(board, first_seen.get(pk), board.connection.kind in whole)
        for pk, board in boards.items()
    }


def _chosen(boards: Iterable[int], since: datetime) -> QuerySet[Card]:
    """Cards that are on their board and not finished, and those to which something happened after `since`."""
    moved = CardMove.objects.filter(card=OuterRef("pk"), at__gte=since)
    open_now = (
        Q(gone_at=None, archived_at=None)
        & ~Q(column__stage__in=[VERIFIED, DISCARDED], column__isnull=False)
    )  # fmt: skip
    lately = Q(first_seen_at__gte=since) | Q(done_at__gte=since) | Q(gone_at__gte=since)
    return Card.objects.filter(open_now | lately | Exists(moved), board__in=list(boards))


def _moves(chosen: QuerySet[Card], columns: Mapping[int, str]) -> Iterator[tuple[int, StageMove]]:
    """Every move of the cards, oldest first, its columns as stages."""
    rows = (
        CardMove.objects.filter(card__in=chosen.values("pk"))
        .order_by("at", "pk")
        .values_list("card_id", "at", "not_before", "from_column_id", "to_column_id", "from_raw")
    )
    for card, at, not_before, source, target, raw in rows.iterator(chunk_size=5000):
        # A column that is gone has left its name: the card came from somewhere that stands for no stage.
        origin = columns.get(source, "") if source is not None else ("" if raw else None)
        yield card, StageMove(at, not_before, origin, columns.get(target or 0, ""))


def _card(
    row: Mapping[str, Any],
    known: BoardKnown,
    team: Team,
    columns: Mapping[int, str],
    moves: Sequence[StageMove],
) -> FlowCard:
    own = columns.get(row["column_id"] or 0, "")
    closed_as = str(known.board.settings.get("closed_as") or CLOSED_AS_DEFAULT)
    stage = card_stage(column_stage=own, closed=row["closed"], closed_as=closed_as)
    facts = CardFacts(
        stage=stage,
        column_stage=own,
        first_seen_at=row["first_seen_at"],
        created_at=row["tool_created_at"],
        column_since=row["stage_since"],
        closed_at=row["done_at"],
        told_whole=known.told_whole,
        watched_since=known.first_read,
    )
    left = [at for at in (row["missing_since"], row["gone_at"], row["archived_at"]) if at is not None]
    return FlowCard(
        pk=row["pk"],
        key=row["key"],
        title=row["title"],
        url=row["url"],
        team=team,
        stage=stage,
        blocked=row["blocked"],
        metric_id=row["metric_id"],
        metric_name=row["metric__name"] or "",
        history=history_read(facts, moves),
        left_at=min(left, default=None),
    )
