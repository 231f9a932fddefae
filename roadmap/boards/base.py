"""What every board provider promises, and the neutral shapes it hands over.

A provider is one file with one class. It knows no database and no settings: what it needs comes in `config` (the
connection's settings and secrets, the board's settings, and the keys below), what it read goes out as a `Snapshot`.
Choices, add page, form and masking of secrets are derived from the class attributes.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from django import forms

from common.http import HttpClient

BOARD_KEY = "board"  # config: the board's external id in its tool
CURSOR_KEY = "cursor"  # config: what the last snapshot left to remember
MASK = "••••••••"  # what is shown in place of a secret

HttpFactory = Callable[..., HttpClient]
MAX_BYTES = 50 * 1024 * 1024  # one answer: a page of cards with the longest descriptions, or a whole board
QUICK: Mapping[str, Any] = {"attempts": 1, "timeout": (5.0, 15.0), "total_time": 20.0}


class History(StrEnum):
    """How much of a card's way over the board the tool tells."""

    FULL = "full"  # every move, ever
    WINDOW = "window"  # the newest moves only
    LAST = "last"  # when the card last moved
    NONE = "none"  # nothing: moves are seen between two reads


class Since(StrEnum):
    """How exactly the tool answers "what changed since"."""

    EXACT = "exact"
    MINUTE = "minute"
    DAY = "day"
    NONE = "none"


class Deletes(StrEnum):
    """How a deleted card is noticed."""

    REPORTED = "reported"
    ABSENCE = "absence"


class MoveSource(StrEnum):
    """How a move is known: told by the tool, or worked out from the tool's times, or seen between two reads."""

    REPORTED = "reported"
    DERIVED = "derived"
    OBSERVED = "observed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnData:
    """A column. `external_id` outlives a rename; `category` is the tool's own word for what the column means."""

    external_id: str
    name: str
    position: int
    wip_limit: int | None = None
    category: str | None = None
    state_ids: tuple[str, ...] = ()
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CardData:
    """A card. `identity` is unique on its board for ever, also where the tool gives an id out twice.

    `labels` is None where the tool did not tell them in this read: keep what was known. `closed` means that the tool
    counts the card as finished, closed or archived. `assignees` are pseudonyms. Times are aware; dates are dates.
    """

    external_id: str
    identity: str
    title: str
    key: str = ""
    url: str = ""
    type: str = ""
    column_external_id: str | None = None
    state_raw: str = ""
    swimlane: str = ""
    labels: tuple[str, ...] | None = ()
    assignees: tuple[str, ...] = ()
    priority: str = ""
    estimate: Decimal | None = None
    start_date: date | None = None
    due_date: date | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    started_at: datetime | None = None
    done_at: datetime | None = None
    moved_at: datetime | None = None
    blocked: bool = False
    blocked_reason: str = ""
    description: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveData:
    """A card's entry into a column at a moment; `from_…` is empty where the tool does not tell it.

    A derived move is the card's last one only, and its column must be compared with the one known before: some tools
    stamp a change of swimlane as well. Match columns by id: a raw name changes when the column is renamed.
    """

    card_identity: str
    to_column_external_id: str | None
    to_raw: str
    at: datetime
    source: MoveSource
    from_column_external_id: str | None = None
    from_raw: str = ""
    not_before: datetime | None = None
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardData:
    """A board that the credentials can see, for choosing."""

    external_id: str
    name: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What the "Test connection" button shows; counts are None where no board is chosen yet."""

    title: str
    version: str = ""
    boards_count: int | None = None
    columns_count: int | None = None
    cards_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One whole read of a board. Only a `complete` one may make cards count as missing.

    `notes` are sentences for the sync's page: what could not be read, and why. `cursor` is to be stored and given
    back in the next read's config. `deleted` are the identities of cards that the tool says were deleted: they are
    gone at once.
    """

    columns: tuple[ColumnData, ...]
    cards: tuple[CardData, ...]
    moves: tuple[MoveData, ...] = ()
    deleted: tuple[str, ...] = ()
    complete: bool = True
    notes: tuple[str, ...] = ()
    requests_made: int = 0
    cursor: Mapping[str, Any] = field(default_factory=dict)


class BoardProvider(ABC):
    """One board tool. Errors are PermanentError or TransientError, with a sentence that says what to do."""

    kind: ClassVar[str] = ""  # stored with each connection, so never renamed
    label: ClassVar[str]
    icon: ClassVar[str]
    docs_url: ClassVar[str] = ""
    settings_form: ClassVar[type[forms.Form]]
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    access_help: ClassVar[str]  # where to get the token, and the least scope that is enough
    history: ClassVar[History] = History.NONE
    since: ClassVar[Since] = Since.NONE
    deletes: ClassVar[Deletes] = Deletes.ABSENCE
    is_upload: ClassVar[bool] = False

    def __init__(self, config: Mapping[str, Any], http: HttpFactory = HttpClient) -> None:
        self.config = config
        self.http = http

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.config_shown(self.config)}>"

    @classmethod
    def config_shown(cls, config: Mapping[str, Any]) -> dict[str, Any]:
        """`config` for pages, logs and the audit trail: secrets masked, file contents left out."""
        return {
            name: (MASK if value else "") if name in cls.secret_fields else value
            for name, value in config.items()
            if not isinstance(value, bytes)
        }

    @classmethod
    def config_split(cls, cleaned: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """The settings form's data as (what may be stored openly, what must be sealed). Empty secrets are left out."""
        open_part = {name: value for name, value in cleaned.items() if name not in cls.secret_fields}
        sealed = {name: str(value) for name, value in cleaned.items() if name in cls.secret_fields and value}
        return open_part, sealed

    def client(self, address: str, *, quick: bool = False, **access: Any) -> HttpClient:
        """Calls the tool at `address`; `quick` is for a person who waits: one try, short limits."""
        return self.http(address, max_bytes=MAX_BYTES, **access, **(QUICK if quick else {}))

    @property
    def board_external_id(self) -> str:
        """The chosen board's id in its tool, "" when none is chosen yet."""
        return str(self.config.get(BOARD_KEY) or "")

    @abstractmethod
    def check(self) -> CheckResult:
        """One cheap real call that proves address, credentials and (when chosen) board; errors as `fetch`."""

    @abstractmethod
    def boards(self) -> list[BoardData]:
        """The boards that the credentials can see, by name; errors as `fetch`."""

    @abstractmethod
    def fetch(self, since: datetime | None = None) -> Snapshot:
        """The board as it stands now, whole.

        `since` is the last complete read, as a hint where the tool can save work; the snapshot is whole all the same.
        Raises PermanentError when somebody must change something, TransientError when a later try may do.
        """


def pseudonym(*parts: str) -> str:
    """A short stable name for a person, told apart but not readable; same parts, same pseudonym."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]


def names_blocked(names: Iterable[str]) -> bool:
    """True when a column or label says in so many words that the work is blocked."""
    return any(name.strip().casefold() in {"blocked", "on hold", "impeded", "waiting"} for name in names)
