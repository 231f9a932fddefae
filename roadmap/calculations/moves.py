"""Which moves of a card a read tells us, and since when the card stands in its column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from roadmap.boards.base import CardData, MoveData, MoveSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was stored of a card before the read; columns by their external ids."""

    column: str | None
    column_name: str
    stage_since: datetime | None
    last_read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What follows from a read: the moves to record, and since when the card stands where it stands."""

    moves: tuple[MoveData, ...]
    column_since: datetime | None


def moves_read(
    *, card: CardData, told: Sequence[MoveData], known: Known | None, now: datetime, tells_moves: bool
) -> Reading:
    """The moves that a read tells of one card.

    What the tool reports counts as it is. A time stamp that the tool keeps for the last move counts when the column
    really is another one (some tools stamp a change of swimlane too). Where the tool tells nothing, the move lies
    between the last read and `now`. `told` are the provider's moves of this card; `known` is None at first sight;
    `tells_moves` says that the tool would have told a move, so that a card without one has never moved.
    """
    reported = [move for move in told if move.source == MoveSource.REPORTED]
    derived = [move for move in told if move.source == MoveSource.DERIVED]
    here = [
        move.at
        for move in reported
        if move.to_column_external_id is not None and move.to_column_external_id == card.column_external_id
    ]
    if known is None:
        moves = [*reported, *derived[-1:]]
        ours = [*here, *(move.at for move in derived[-1:])]
        first = card.moved_at or (card.created_at if tells_moves else None)
        return Reading(moves=tuple(moves), column_since=max(ours, default=first) or now)
    if known.column == card.column_external_id:
        # Away and back again since the last read: only a reported move can tell.
        later = [at for at in here if known.stage_since is None or at > known.stage_since]
        return Reading(moves=tuple(reported), column_since=max(later, default=known.stage_since))
    newer = [at for at in here if known.stage_since is None or at > known.stage_since]
    if newer:
        return Reading(moves=tuple(reported), column_since=max(newer))
    exact = [
        move
        for move in derived
        if move.to_column_external_id == card.column_external_id
        and (known.stage_since is None or move.at > known.stage_since)
    ]
    move = exact[-1] if exact else _observed(card, known, now)
    filled = MoveData(
        card_identity=card.identity,
        from_column_external_id=known.column,
        from_raw=known.column_name,
        to_column_external_id=card.column_external_id,
        to_raw=card.state_raw,
        at=move.at,
        not_before=move.not_before,
        source=move.source,
    )
    return Reading(moves=(*reported, filled), column_since=filled.at)


def _observed(card: CardData, known: Known, now: datetime) -> MoveData:
    return MoveData(
        card_identity=card.identity,
        to_column_external_id=card.column_external_id,
        to_raw=card.state_raw,
        at=now,
        not_before=known.last_read_at,
        source=MoveSource.OBSERVED,
    )
