"""Jira's changelogs, turned into moves over a board: pure, no call is made here.

Jira hands a changelog over in three shapes: `issueChangeLogs[].changeHistories[]` for many issues at once, `values[]`
for one issue, and `changelog.histories[]` inside an issue. An entry has the same parts in all of them, but its time is
a text in some answers and a number in others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from roadmap.boards.base import MoveData, MoveSource
from roadmap.boards.jira_answers import JiraBoard, identifier, moment

STATUS_FIELD = "status"
Entries = dict[str, list[Any]]  # changelog entries by issue id


def entries_of_bulk(page: Any) -> Entries | None:
    """A page of many issues' changelogs; None when it is not of that shape."""
    listed = page.get("issueChangeLogs") if isinstance(page, dict) else None
    if not isinstance(listed, list):
        return None
    found: Entries = {}
    for log in listed:
        if isinstance(log, dict) and isinstance(log.get("changeHistories"), list):
            found.setdefault(str(log.get("issueId")), []).extend(log["changeHistories"])
    return found


def entries_of_issue(page: Any) -> list[Any] | None:
    """A page of one issue's changelog; None when it is not of that shape."""
    listed = page.get("values") if isinstance(page, dict) else None
    return listed if isinstance(listed, list) else None


def entries_of_search(issue: Any) -> tuple[list[Any], bool] | None:
    """The changelog inside an issue of a search, and whether it is all of it; None when it is not of that shape."""
    changelog = issue.get("changelog") if isinstance(issue, dict) else None
    listed = changelog.get("histories") if isinstance(changelog, dict) else None
    if not isinstance(changelog, dict) or not isinstance(listed, list):
        return None
    total = changelog.get("total")
    return listed, not (isinstance(total, int) and total > len(listed))


def moves_reported(board: JiraBoard, entries: Mapping[str, Iterable[Any]]) -> tuple[list[MoveData], int]:
    """The moves from column to column that `entries` report, in order, and how many entries could not be read.

    A change of status inside one column is no move, and neither is one from a status off the board to another.
    """
    moves: list[MoveData] = []
    broken = 0
    for issue_id, histories in entries.items():
        for history in histories:
            try:
                moves += _moves(board, issue_id, history)
            except (KeyError, TypeError, ValueError, AttributeError):
                broken += 1
    return sorted(moves, key=lambda move: (move.at, move.card_identity)), broken


def _moves(board: JiraBoard, issue_id: str, history: Mapping[str, Any]) -> list[MoveData]:
    changed = [item for item in history["items"] if item.get("fieldId", item.get("field")) == STATUS_FIELD]
    if not changed:
        return []
    at = moment(history.get("created"))
    if at is None:
        raise ValueError
    found = []
    for item in changed:
        source, target = identifier(item["from"]), identifier(item["to"])
        from_column, to_column = board.column_by_status.get(source), board.column_by_status.get(target)
        if from_column == to_column:
            continue
        found.append(
            MoveData(
                card_identity=issue_id,
                from_column_external_id=from_column.external_id if from_column else None,
                from_raw=str(item.get("fromString") or source),
                to_column_external_id=to_column.external_id if to_column else None,
                to_raw=str(item.get("toString") or target),
                at=at,
                source=MoveSource.REPORTED,
                external_id=str(history.get("id") or ""),
            )
        )
    return found
