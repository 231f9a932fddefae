"""Kanboard's answers, turned into cards, columns and moves: pure, no call is made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from common.errors import PermanentError
from roadmap.boards.base import CardData, ColumnData, MoveData, MoveSource, names_blocked, pseudonym

_UNKNOWN_SHAPE = (
    "Kanboard answered in a shape that this version of Bearing does not know. Check that the address is a Kanboard "
    "of version 1.2 or newer, and tell whoever runs Bearing."
)


@dataclass(frozen=True)
class KanboardAnswers:
    """Kanboard's answers in the shapes to look things up in."""

    columns: Mapping[str, Mapping[str, Any]]
    swimlanes: Mapping[str, str]
    categories: Mapping[str, str]
    tags: Mapping[str, tuple[str, ...]]
    web_url: str

    @classmethod
    def of(
        cls, columns: Any, swimlanes: Any, categories: Any, board: Any, *, web_url: str
    ) -> KanboardAnswers:
        """Takes four results as they came; PermanentError when their shape is not the documented one."""
        try:
            return cls._of(columns, swimlanes, categories, board, web_url=web_url)
        except (KeyError, TypeError, AttributeError):
            raise PermanentError(_UNKNOWN_SHAPE) from None

    @classmethod
    def _of(
        cls, columns: Any, swimlanes: Any, categories: Any, board: Any, *, web_url: str
    ) -> KanboardAnswers:
        tags: dict[str, tuple[str, ...]] = {}
        # getBoard repeats every column in each swimlane.
        for swimlane in board or []:
            for column in swimlane.get("columns") or []:
                for task in column.get("tasks") or []:
                    tags[str(task.get("id"))] = tuple(str(tag["name"]) for tag in task.get("tags") or [])
        return cls(
            columns={str(column["id"]): {**column, "title": column["title"].strip()} for column in columns},
            swimlanes={str(lane["id"]): str(lane["name"]) for lane in swimlanes or []},
            categories={str(category["id"]): str(category["name"]) for category in categories or []},
            tags=tags,
            web_url=web_url,
        )

    def columns_data(self) -> tuple[ColumnData, ...]:
        """The columns in Kanboard's order."""
        return tuple(
            ColumnData(
                external_id=key,
                name=str(column["title"]),
                position=whole(column.get("position")),
                wip_limit=whole(column.get("task_limit")) or None,
            )
            for key, column in self.columns.items()
        )

    def cards(self, opened: Any, closed: Any) -> tuple[list[CardData], int]:
        """The cards, one for each task id, and how many tasks could not be read.

        PermanentError when a list is missing: taken for an empty one, it would make every card vanish.
        """
        if not isinstance(opened, list) or not isinstance(closed, list):
            raise PermanentError(_UNKNOWN_SHAPE)
        found: dict[str, CardData] = {}
        broken = 0
        for task in [*opened, *closed]:
            try:
                card = self._card(task)
            except (KeyError, TypeError, ValueError, AttributeError):
                broken += 1
                continue
            found[card.external_id] = card
        return list(found.values()), broken

    def _card(self, task: Mapping[str, Any]) -> CardData:
        task_id, created = int(task["id"]), int(task["date_creation"])
        title = task["title"].strip()  # not str(): a missing title must not become the word None
        if not title or created <= 0:
            raise ValueError
        column_id = str(task["column_id"])
        column = self.columns.get(column_id)
        column_name = str(column["title"]) if column else ""
        closed = whole(task.get("is_active"), default=1) == 0
        # Not told for a closed task: None, not "no labels".
        labels = self.tags.get(str(task_id), None if closed else ())
        blocked = names_blocked([column_name, *(labels or ())])
        owner = whole(task.get("owner_id"))
        started, due = _moment(task.get("date_started")), _moment(task.get("date_due"))
        return CardData(
            external_id=str(task_id),
            identity=_identity(task_id, created),
            key=f"#{task_id}",
            title=title,
            url=f"{self.web_url}/?controller=TaskViewController&action=show&task_id={task_id}",
            type=self.categories.get(str(task.get("category_id")), ""),
            column_external_id=column_id if column else None,
            state_raw=column_name or column_id,
            swimlane=self.swimlanes.get(str(task.get("swimlane_id")), ""),
            labels=labels,
            assignees=(pseudonym("kanboard", self.web_url, str(owner)),) if owner else (),
            priority=str(whole(task.get("priority")) or ""),
            estimate=Decimal(score) if (score := whole(task.get("score"))) else None,
            start_date=started.date() if started else None,
            due_date=due.date() if due else None,
            created_at=_moment(created),
            updated_at=_moment(task.get("date_modification")),
            started_at=started,
            done_at=_moment(task.get("date_completed")) if closed else None,
            moved_at=_moment(task.get("date_moved")),
            blocked=blocked,
            blocked_reason=str(column.get("description") or "") if blocked and column else "",
            description=str(task.get("description") or ""),
            closed=closed,
        )

    def moves(self, events: Sequence[Mapping[str, Any]], cards: Sequence[CardData]) -> list[MoveData]:
        """What Kanboard's events report, and each card's last move from its time stamp where no event tells it."""
        present = {card.identity for card in cards}
        moves = [
            move for event in events if (move := self._reported(event)) and move.card_identity in present
        ]
        told = {(move.card_identity, move.to_column_external_id, move.at) for move in moves}
        for card in cards:
            moved = card.moved_at
            # Equal to the creation, it only says that the card never moved.
            if (
                moved is None
                or card.created_at is None
                or moved <= card.created_at
                or card.column_external_id is None
            ):
                continue
            if (card.identity, card.column_external_id, moved) not in told:
                moves.append(
                    MoveData(
                        card_identity=card.identity,
                        to_column_external_id=card.column_external_id,
                        to_raw=card.state_raw,
                        at=moved,
                        source=MoveSource.DERIVED,
                    )
                )
        return sorted(moves, key=lambda move: (move.at, move.card_identity))

    def _reported(self, event: Mapping[str, Any]) -> MoveData | None:
        if event.get("event_name") != "task.move.column":
            return None
        task, at = event.get("task"), _moment(event.get("date_creation"))
        if not isinstance(task, dict):
            return None
        task_id, created = whole(task.get("id")), whole(task.get("date_creation"))
        source, target = str(event.get("src_column_id") or ""), str(event.get("dst_column_id") or "")
        if at is None or not task_id or not created or not target:
            return None
        return MoveData(
            card_identity=_identity(task_id, created),
            from_column_external_id=source if source in self.columns else None,
            from_raw=str(self.columns[source]["title"]) if source in self.columns else source,
            to_column_external_id=target if target in self.columns else None,
            to_raw=str(self.columns[target]["title"]) if target in self.columns else target,
            at=at,
            source=MoveSource.REPORTED,
            external_id=str(event.get("id") or ""),
        )


def _identity(task_id: int, created: int) -> str:
    return f"{task_id}@{created}"


def whole(value: Any, *, default: int = 0) -> int:
    """A whole number; Kanboard writes numbers as text in some versions, and nothing as null or ""."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return default


def _moment(value: Any) -> datetime | None:
    """Seconds of the epoch as a moment; Kanboard writes 0, null or "" for never."""
    seconds = whole(value)
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (OverflowError, ValueError, OSError):
        return None
