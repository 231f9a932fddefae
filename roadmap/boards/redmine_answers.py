"""Redmine's answers, turned into cards, columns and moves: pure, no call is made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from common.errors import PermanentError
from roadmap.boards.base import CardData, ColumnData, MoveData, MoveSource, names_blocked, pseudonym

UNKNOWN_SHAPE = (
    "Redmine answered in a shape that this version of Bearing does not know. Check that the address is a Redmine of "
    "version 4 or newer, and tell whoever runs Bearing."
)
_ODD = (KeyError, TypeError, ValueError, AttributeError)
# A custom field with one of these names holds labels: Redmine has none of its own.
_LABEL_FIELDS = frozenset({"labels", "label", "tags", "tag"})


def rows_of(answer: Any, name: str) -> list[dict[str, Any]]:
    """The list called `name`; PermanentError when it is missing: taken for an empty one, cards would vanish."""
    rows = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PermanentError(UNKNOWN_SHAPE)
    return rows


def total_of(answer: Mapping[str, Any], name: str) -> int:
    """How many there are in all; where the list is not paged, as many as it has."""
    total = answer.get("total_count", len(rows_of(answer, name)))
    if not isinstance(total, int) or isinstance(total, bool):
        raise PermanentError(UNKNOWN_SHAPE)
    return total


@dataclass(frozen=True, slots=True)
class IssuesRead:
    """The cards of a read, how many issues could not be read, and which (by id) nobody has touched since they began."""

    cards: tuple[CardData, ...]
    broken: int
    unmoved: frozenset[str]


@dataclass(frozen=True)
class RedmineAnswers:
    """Redmine's answers in the shapes to look things up in; everything is found by id."""

    statuses: Mapping[str, Mapping[str, Any]]
    first_statuses: Mapping[str, str]  # tracker → the status in which its issues begin
    project_id: str
    web_url: str

    @classmethod
    def of(
        cls,
        statuses: Sequence[Mapping[str, Any]],
        trackers: Sequence[Mapping[str, Any]],
        *,
        web_url: str,
        project: Mapping[str, Any],
    ) -> RedmineAnswers:
        """Takes the lists as they came; PermanentError when a status has no id or name."""
        try:
            by_id = {_id(status): {**status, "name": _text(status["name"])} for status in statuses}
            project_id = _id(project)
        except _ODD:
            raise PermanentError(UNKNOWN_SHAPE) from None
        first = {
            str(tracker.get("id")): str(status.get("id"))
            for tracker in trackers
            if isinstance(status := tracker.get("default_status"), dict)
        }
        return cls(statuses=by_id, first_statuses=first, project_id=project_id, web_url=web_url)

    def columns_data(self) -> tuple[ColumnData, ...]:
        """The statuses in Redmine's order."""
        return tuple(
            ColumnData(
                external_id=key,
                name=str(status["name"]),
                position=number,
                category="done" if status.get("is_closed") is True else None,
                state_ids=(key,),
            )
            for number, (key, status) in enumerate(self.statuses.items(), start=1)
        )

    def issues(self, issues: Sequence[Mapping[str, Any]]) -> IssuesRead:
        """The cards of this project's issues, one for each id, and how many issues could not be read."""
        found: dict[str, CardData] = {}
        unmoved: set[str] = set()
        broken = 0
        open_ids = {issue.get("id") for issue in issues if self._is_open(issue)}
        for issue in issues:
            try:
                # An old Redmine does not know how to leave subprojects out.
                if _id(issue["project"]) != self.project_id:
                    continue
                card = self._card(issue, open_ids)
            except _ODD:
                broken += 1
                continue
            found[card.external_id] = card
            if card.updated_at == card.created_at and self._is_first(issue):
                unmoved.add(card.external_id)
        return IssuesRead(cards=tuple(found.values()), broken=broken, unmoved=frozenset(unmoved))

    def _is_first(self, issue: Mapping[str, Any]) -> bool:
        """True in the status in which the tracker's issues begin."""
        tracker = issue.get("tracker")
        key = str(tracker.get("id")) if isinstance(tracker, dict) else ""
        return self.first_statuses.get(key) == _id(issue["status"])

    def _is_open(self, issue: Mapping[str, Any]) -> bool:
        status = issue.get("status")
        key = str(status.get("id")) if isinstance(status, dict) else ""
        return key in self.statuses and self.statuses[key].get("is_closed") is not True

    def _card(self, issue: Mapping[str, Any], open_ids: Set[Any]) -> CardData:
        number, status_id = int(_id(issue)), _id(issue["status"])
        title, created = _text(issue["subject"]), _moment(issue["created_on"])
        if created is None:
            raise ValueError
        status = self.statuses.get(status_id)
        status_name = str(status["name"]) if status else _name(issue["status"]) or status_id
        closed = status is not None and status.get("is_closed") is True
        fields = _custom_fields(issue.get("custom_fields"))
        labels = [_name(issue.get("category")), _name(issue.get("fixed_version"))]
        labels += [value for name, values in fields if name.casefold() in _LABEL_FIELDS for value in values]
        blockers = _blockers(number, issue.get("relations"), open_ids)
        assignee = issue.get("assigned_to")
        return CardData(
            external_id=str(number),
            # MySQL may give the highest id out again after a restart.
            identity=f"{number}@{int(created.timestamp())}",
            key=f"#{number}",
            title=title,
            url=f"{self.web_url}/issues/{number}",
            type=_name(issue.get("tracker")),
            column_external_id=status_id if status else None,
            state_raw=status_name,
            labels=tuple(dict.fromkeys(label for label in labels if label)),
            assignees=(pseudonym("redmine", self.web_url, _id(assignee)),) if assignee else (),
            priority=_name(issue.get("priority")),
            estimate=_hours(issue.get("estimated_hours")),
            start_date=_date(issue.get("start_date")),
            due_date=_date(issue.get("due_date")),
            created_at=created,
            updated_at=_moment(issue.get("updated_on")) or created,
            done_at=_moment(issue.get("closed_on")) if closed else None,
            blocked=bool(blockers) or names_blocked([status_name, *labels]),
            blocked_reason=f"Waits for {', '.join(f'#{other}' for other in blockers)}" if blockers else "",
            description="\n".join(
                [
                    *(f"{name}: {', '.join(values)}" for name, values in fields),
                    str(issue.get("description") or ""),
                ]
            ),
            closed=closed,
        )

    def moves(self, card: CardData, answer: Any) -> tuple[list[MoveData], int]:
        """What an issue's journals tell of its status, and how many entries could not be read."""
        issue = answer.get("issue") if isinstance(answer, dict) else None
        journals = issue.get("journals") if isinstance(issue, dict) else None
        if not isinstance(journals, list):
            raise PermanentError(UNKNOWN_SHAPE)
        found: list[MoveData] = []
        odd = 0
        for journal in journals:
            try:
                found += self._moves(card, journal)
            except _ODD:
                odd += 1
        return found, odd

    def _moves(self, card: CardData, journal: Mapping[str, Any]) -> list[MoveData]:
        at = _moment(journal["created_on"])
        changes = [
            detail
            for detail in journal["details"]
            if detail["property"] == "attr" and detail["name"] == "status_id"
        ]
        if at is None or not all(change["new_value"] for change in changes):
            raise ValueError
        return [
            MoveData(
                card_identity=card.identity,
                from_column_external_id=source if source in self.statuses else None,
                from_raw=self._status_name(source),
                to_column_external_id=target if target in self.statuses else None,
                to_raw=self._status_name(target),
                at=at,
                source=MoveSource.REPORTED,
                external_id=str(journal.get("id") or ""),
            )
            for change in changes
            for source, target in [(str(change.get("old_value") or ""), str(change["new_value"]))]
        ]

    def _status_name(self, status_id: str) -> str:
        return str(self.statuses[status_id]["name"]) if status_id in self.statuses else status_id


def _id(item: Mapping[str, Any]) -> str:
    """A positive whole number, as text."""
    number = item["id"]
    if isinstance(number, bool) or not isinstance(number, int) or number <= 0:
        raise ValueError
    return str(number)


def _text(value: Any) -> str:
    text = value.strip()  # not str(): a missing title must not become the word None
    if not text:
        raise ValueError
    return str(text)


def _name(item: Any) -> str:
    return str(item.get("name") or "").strip() if isinstance(item, dict) else ""


def _custom_fields(fields: Any) -> list[tuple[str, list[str]]]:
    """The filled custom fields: (name, values)."""
    found = []
    for item in fields if isinstance(fields, list) else ():
        name = _name(item)
        value = item.get("value") if isinstance(item, dict) else None
        values = [str(part).strip() for part in (value if isinstance(value, list) else [value]) if part]
        if name and values:
            found.append((name, values))
    return found


def _blockers(number: int, relations: Any, open_ids: Set[Any]) -> list[int]:
    """The open issues of this board that an issue waits for."""
    found = []
    for relation in relations if isinstance(relations, list) else ():
        if not isinstance(relation, dict) or relation.get("relation_type") != "blocks":
            continue
        other = relation.get("issue_id")
        if relation.get("issue_to_id") == number and isinstance(other, int) and other in open_ids:
            found.append(other)
    return sorted(found)


def _hours(value: Any) -> Decimal | None:
    try:
        hours = Decimal(str(value)) if value is not None and not isinstance(value, bool) else None
    except InvalidOperation:
        return None
    return hours if hours is not None and hours.is_finite() and hours > 0 else None


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _date(value: Any) -> date | None:
    moment = _moment(value)
    return moment.date() if moment else None
