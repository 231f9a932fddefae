"""The way of a GitLab issue over a board, worked out from what GitLab reports: labels put on and off, closed, reopened.

GitLab knows no moves. An issue stands where its labels and its state put it, so its way is its labels and states over
time. Events of long ago may be missing, therefore the walk starts from today's labels and goes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from roadmap.boards.base import MoveData, MoveSource
from roadmap.boards.gitlab_answers import GitLabBoard, Issue, moment, number

# One drag over the board takes a label off, puts another on and may close: three events within this time.
TOGETHER = timedelta(seconds=1)
_STATES = {"closed": True, "opened": False, "reopened": False}


@dataclass(frozen=True, slots=True)
class Change:
    """One event: a list's label put on or off, or the issue closed or reopened."""

    at: datetime
    event: str
    column_id: str = ""  # the list of the label; "" for a change of state
    on: bool = False  # label put on, or issue closed
    source: MoveSource = MoveSource.REPORTED


@dataclass
class GitLabEvents:
    """Reads events; counts those that have no known shape."""

    board: GitLabBoard
    broken: int = 0

    def changes(self, label_events: Iterable[Any], state_events: Iterable[Any]) -> list[Change]:
        """The events that matter on this board, oldest first."""
        found: list[Change] = []
        for read, events in ((self._label, label_events), (self._state, state_events)):
            for event in events:
                try:
                    change = read(event)
                except (KeyError, TypeError, ValueError, AttributeError):
                    self.broken += 1
                    continue
                if change is not None:
                    found.append(change)
        return sorted(found, key=lambda change: (change.at, change.event))

    def _label(self, event: Mapping[str, Any]) -> Change | None:
        at, label, action = moment(event["created_at"]), event["label"], event["action"]
        if at is None or action not in {"add", "remove"}:
            raise ValueError
        # A label that was deleted since says nothing about a list that is there today.
        columns = self.board.lists_with([label]) if label else frozenset()
        if not columns:
            return None
        return Change(at, f"label-{number(event['id'])}", column_id=min(columns), on=action == "add")

    def _state(self, event: Mapping[str, Any]) -> Change | None:
        at, state = moment(event["created_at"]), event["state"]
        if at is None:
            raise ValueError
        if state not in _STATES:
            return None
        return Change(at, f"state-{number(event['id'])}", on=_STATES[state])


def issue_moves(board: GitLabBoard, issue: Issue, changes: Sequence[Change]) -> list[MoveData]:
    """The moves of an issue over the board, oldest first.

    Where an issue is closed and no event tells it, its time of closing gives a derived move.
    """
    states = [change for change in changes if not change.column_id]
    closed_at = issue.card.done_at
    if issue.card.closed and not states and closed_at is not None:
        closing = Change(closed_at, "", on=True, source=MoveSource.DERIVED)
        changes = sorted([*changes, closing], key=lambda change: (change.at, change.event))
        states = [closing]
    lists = _lists_before(issue.lists, changes)
    closed = not states[0].on if states else issue.card.closed
    here: str | None = board.place(lists, closed=closed)
    moves: list[MoveData] = []
    for batch in _batches(changes):
        for change in batch:
            if not change.column_id:
                closed = change.on
            elif change.on:
                lists.add(change.column_id)
            else:
                lists.discard(change.column_id)
        if _is_entry(issue, batch):
            here = None  # created with a label: it was in no column before
        there = board.place(lists, closed=closed)
        if there != here:
            moves.append(_move(board, issue, batch, here, there))
        here = there
    return moves


def _lists_before(lists: Iterable[str], changes: Sequence[Change]) -> set[str]:
    """The lists whose label an issue had before all these changes, from those that it has today."""
    before = set(lists)
    for change in reversed(changes):
        if change.column_id:
            (before.discard if change.on else before.add)(change.column_id)
    return before


def _batches(changes: Iterable[Change]) -> Iterable[list[Change]]:
    """Changes that belong to one act."""
    batch: list[Change] = []
    for change in changes:
        if batch and change.at - batch[-1].at > TOGETHER:
            yield batch
            batch = []
        batch.append(change)
    if batch:
        yield batch


def _is_entry(issue: Issue, batch: Sequence[Change]) -> bool:
    created = issue.card.created_at
    return created is not None and abs(batch[0].at - created) <= TOGETHER


def _move(
    board: GitLabBoard, issue: Issue, batch: Sequence[Change], source: str | None, target: str
) -> MoveData:
    reported = any(change.source is MoveSource.REPORTED for change in batch)
    return MoveData(
        card_identity=issue.card.identity,
        from_column_external_id=source,
        from_raw=board.column_name(source) if source else "",
        to_column_external_id=target,
        to_raw=board.column_name(target),
        at=batch[-1].at,
        source=MoveSource.REPORTED if reported else MoveSource.DERIVED,
        external_id=batch[-1].event,
    )
