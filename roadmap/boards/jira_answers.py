"""Jira's answers, turned into columns and cards: pure, no call is made here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from common.errors import PermanentError
from roadmap.boards.base import CardData, ColumnData, names_blocked, pseudonym
from roadmap.boards.context import context_read
from roadmap.boards.jira_columns import KnownColumn, columns_name
from roadmap.boards.jira_text import text_plain

UNKNOWN_SHAPE = (
    "Jira answered in a shape that this version of Bearing does not know. Check that the address is a Jira Cloud site "
    "or a Jira Data Center of version 8 or newer, and tell whoever runs Bearing."
)
# What a card is made of. Jira Cloud answers with nothing but ids unless the fields are named.
FIELDS = (
    "summary", "status", "labels", "assignee", "priority", "duedate", "created", "updated", "resolutiondate",
    "statuscategorychangedate", "issuetype", "description",
)  # fmt: skip
_EPOCH_MILLISECONDS_FROM = 1e11
_NO_CATEGORY = "undefined"


@dataclass(frozen=True)
class JiraBoard:
    """A board's configuration: its columns, and what else is needed to read it."""

    name: str
    columns: tuple[ColumnData, ...]
    filter_id: str
    sub_filter: str = ""
    estimate_field: str = ""
    column_by_status: Mapping[str, ColumnData] = field(default_factory=dict)

    @classmethod
    def of(cls, configuration: Any, known: Sequence[KnownColumn] = ()) -> JiraBoard:
        """Takes a board's configuration as it came; `known` are the columns of the last read, to keep their ids.

        PermanentError when its shape is not the documented one.
        """
        try:
            return cls._of(configuration, known)
        except (KeyError, TypeError, AttributeError, ValueError):
            raise PermanentError(UNKNOWN_SHAPE) from None

    @classmethod
    def _of(cls, configuration: Any, known: Sequence[KnownColumn]) -> JiraBoard:
        listed = configuration["columnConfig"]["columns"]
        named = columns_name(
            [
                (column["name"].strip(), tuple(identifier(status["id"]) for status in column["statuses"]))
                for column in listed
            ],
            known,
        )
        columns = tuple(
            ColumnData(
                external_id=column.external_id,
                name=column.name,
                position=position,
                wip_limit=_limit(listed[position].get("max")),
                category=column.category or None,
                state_ids=column.statuses,
            )
            for position, column in enumerate(named)
        )
        estimation = configuration.get("estimation") or {}
        return cls(
            name=str(configuration.get("name") or ""),
            columns=columns,
            filter_id=str(int(identifier(configuration["filter"]["id"]))),
            sub_filter=str((configuration.get("subQuery") or {}).get("query") or "").strip(),
            estimate_field=str((estimation.get("field") or {}).get("fieldId") or ""),
            column_by_status={status: column for column in columns for status in column.state_ids},
        )

    def categorised(self, statuses: Any) -> JiraBoard:
        """The board with Jira's category ("new", "indeterminate", "done") of each column whose statuses agree."""
        categories = {
            str(status.get("id")): _category(status)
            for status in (statuses if isinstance(statuses, list) else [])
            if isinstance(status, dict)
        }
        columns = []
        for column in self.columns:
            told = {categories.get(status, "") for status in column.state_ids}
            columns.append(replace(column, category=(told.pop() or None) if len(told) == 1 else None))
        return replace(
            self,
            columns=tuple(columns),
            column_by_status={status: column for column in columns for status in column.state_ids},
        )

    def columns_known(self) -> tuple[KnownColumn, ...]:
        """The columns in the shape that the next read is given."""
        return tuple(
            KnownColumn(column.external_id, column.name, column.state_ids, column.category or "")
            for column in self.columns
        )


@dataclass(frozen=True)
class SiteFields:
    """Fields that differ from site to site: the flag "impediment", and those named like a part of a card's context.

    `context` gives names by id, such as "Target metric" by "customfield_10050".
    """

    flagged: str = ""
    context: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, listed: Any) -> SiteFields:
        """Finds them among all fields of a site; none where the list is not shown."""
        flagged, context = "", {}
        for entry in listed if isinstance(listed, list) else []:
            if not isinstance(entry, dict) or not entry.get("custom") or not isinstance(entry.get("id"), str):
                continue
            name, clauses = str(entry.get("name") or "").strip(), entry.get("clauseNames")
            # The name is shown in the reader's language; the name for searches is not.
            names = [name, *(clauses if isinstance(clauses, list) else ())]
            if any(str(other).casefold() == "flagged" for other in names):
                flagged = entry["id"]
            elif context_read((), f"{name}: value"):
                context[entry["id"]] = name
        return cls(flagged, context)

    @property
    def ids(self) -> tuple[str, ...]:
        """What to ask for with each issue."""
        return (*((self.flagged,) if self.flagged else ()), *self.context)


@dataclass(frozen=True)
class JiraAnswers:
    """Turns issues into cards of one board."""

    board: JiraBoard
    web_url: str
    site_fields: SiteFields = SiteFields()

    def cards(self, issues: Iterable[Any]) -> tuple[list[CardData], int]:
        """The cards, one for each issue, and how many issues could not be read."""
        found: dict[str, CardData] = {}
        broken = 0
        for issue in issues:
            try:
                card = self._card(issue)
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
                broken += 1
                continue
            found[card.external_id] = card
        return list(found.values()), broken

    def _card(self, issue: Mapping[str, Any]) -> CardData:
        issue_id, fields = identifier(issue["id"]), issue["fields"]
        title = fields["summary"].strip()  # not str(): a missing title must not become the word None
        status = fields["status"]
        status_id = identifier(status["id"])
        if not title:
            raise ValueError
        column = self.board.column_by_status.get(status_id)
        labels = _labels(fields)
        flag = _words(fields.get(self.site_fields.flagged))
        category_since, resolved = (
            moment(fields.get("statuscategorychangedate")),
            moment(fields.get("resolutiondate")),
        )
        closed = _closed(status, resolved)
        key = str(issue.get("key") or "")
        return CardData(
            external_id=issue_id,
            identity=issue_id,  # ids are given out once, and stay when an issue moves to another project
            title=title,
            key=key,
            url=f"{self.web_url}/browse/{key}" if key else "",
            type=_name(fields.get("issuetype")),
            column_external_id=column.external_id if column else None,
            state_raw=_name(status) or status_id,
            labels=labels,
            assignees=self._people(fields.get("assignee")),
            priority=_name(fields.get("priority")),
            estimate=_number(fields.get(self.board.estimate_field)),
            due_date=_day(fields.get("duedate")),
            created_at=moment(fields.get("created")),
            updated_at=moment(fields.get("updated")),
            # Where the category is done, the time of its last change is when the card became done; a resolution may
            # be left over from an earlier round.
            done_at=(category_since or resolved) if closed else None,
            moved_at=category_since,
            blocked=bool(flag)
            or names_blocked([_name(status), *([column.name] if column else ()), *(labels or ())]),
            blocked_reason=f"Flagged: {flag}" if flag else "",
            description=self._description(fields),
            closed=closed,
        )

    def _description(self, fields: Mapping[str, Any]) -> str:
        """The description, after a line for each field that is part of the context, as people write such lines."""
        lines = [
            f"{name}: {' '.join(words.split())}"
            for field_id, name in self.site_fields.context.items()
            if (words := _words(fields.get(field_id)))
        ]
        return "\n".join([*lines, text_plain(fields.get("description"))])

    def _people(self, person: Any) -> tuple[str, ...]:
        """Jira Cloud knows a person by `accountId`, Data Center by `key` or `name`."""
        if not isinstance(person, dict):
            return ()
        known = next((str(person[part]) for part in ("accountId", "key", "name") if person.get(part)), "")
        return (pseudonym("jira", self.web_url, known),) if known else ()


def moment(value: Any) -> datetime | None:
    """A time as Jira writes it: a text with a zone ("2021-10-05T17:35:41.985-0700"), or seconds or milliseconds."""
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
            return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            return None
        return datetime.fromtimestamp(value / 1000 if value >= _EPOCH_MILLISECONDS_FROM else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def identifier(value: Any) -> str:
    """An id, which Jira writes as text or as a number; ValueError when it is neither."""
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise ValueError
    return str(value).strip()


def _closed(status: Mapping[str, Any], resolved: datetime | None) -> bool:
    """Done is what its status means. A resolution counts only where the category is not told."""
    category = _category(status)
    return category == "done" if category else resolved is not None


def _category(status: Mapping[str, Any]) -> str:
    category = status.get("statusCategory")
    key = str(category.get("key") or "") if isinstance(category, dict) else ""
    return "" if key == _NO_CATEGORY else key


def _labels(fields: Mapping[str, Any]) -> tuple[str, ...] | None:
    if "labels" not in fields:
        return None
    labels = fields["labels"]
    return (
        tuple(label for label in labels if isinstance(label, str) and label)
        if isinstance(labels, list)
        else ()
    )


def _words(value: Any) -> str:
    """What a field of any kind says: a text, a number, an option or several of them; "" for a person or nothing."""
    if isinstance(value, list):
        return ", ".join(words for part in value if (words := _words(part)))
    if isinstance(value, dict):
        return text_plain(value) if value.get("type") == "doc" else _words(value.get("value"))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()


def _name(value: Any) -> str:
    return str(value.get("name") or "").strip() if isinstance(value, dict) else ""


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return Decimal(str(value))


def _limit(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
