"""Stores one snapshot of a board; runs inside the caller's transaction, which makes it whole or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any

from metrics.models import Metric
from roadmap.boards import provider_get
from roadmap.boards.base import CardData, ColumnData, History, MoveData, MoveSource, Snapshot
from roadmap.boards.changes import Changes, snapshot_changes
from roadmap.boards.context import CONTEXT_FIELDS, context_read
from roadmap.boards.stages import stage_propose
from roadmap.calculations.moves import Known, moves_read
from roadmap.calculations.vanishing import Vanishing, vanishing_read
from roadmap.models import Board, Card, CardMove, Column
from roadmap.services.texts import text_fit, url_fit

BATCH = 500
# A first read of a huge board would fill the run's row with ids that nobody reads.
CHANGES_LISTED = 1000
TOOL, PERSON = "tool", "person"
_FIELDS = (
    "external_id", "key", "title", "url", "type", "column_id", "state_raw", "swimlane", "labels", "assignees",
    "priority", "blocked", "blocked_reason", "tool_created_at", "tool_updated_at", "done_at", "due_on", "closed",
    "stage_since", "missing_since", "gone_at", "metric_id", "metric_origin", "metric_key_unknown", "context",
)  # fmt: skip
_STORED, _READ = attrgetter(*_FIELDS), itemgetter(*_FIELDS)


@dataclass(frozen=True, slots=True)
class Stored:
    """What a read changed, for the run's row."""

    counts: dict[str, int]
    changes: dict[str, Any]
    notes: tuple[str, ...]
    held: bool


@dataclass
class SnapshotStore:
    """One read of one board on its way into the database."""

    board: Board
    snapshot: Snapshot
    now: datetime
    accept_missing: bool = False
    notes: list[str] = field(default_factory=list)
    keys: dict[str, int] = field(default_factory=dict)  # the primary key of each card by its identity

    def store(self) -> Stored:
        """Upserts columns and cards, records moves, marks what vanished; returns what changed."""
        self.notes = list(self.snapshot.notes)
        columns_before = list(Column.objects.filter(board=self.board).order_by("position", "pk"))
        # Locked, so that what a person says about a card meanwhile waits and is not written over with older values.
        # By key: the default order joins the board, its team and its product, which would be locked as well.
        stored = Card.objects.select_for_update().filter(board=self.board).order_by("pk")
        before = {card.identity: card for card in stored}
        ids_before = {column.pk: column.external_id for column in columns_before}
        # Taken before anything is written: the stored rows themselves are changed below.
        previous = _snapshot_of(columns_before, before, ids_before)
        columns = self._columns_store(columns_before)
        # A card that changed its place while the tool was read may come twice: the last one counts.
        cards = {card.identity: _card_fit(card) for card in self.snapshot.cards}
        moves = self._cards_store(cards, before, columns, ids_before)
        exact = self._moves_store(moves, columns)
        vanishing = self._vanished_store(cards, before)
        changes = snapshot_changes(previous, replace(self.snapshot, cards=tuple(cards.values())))
        returned = [
            card.external_id
            for identity, card in before.items()
            if identity in cards and (card.missing_since or card.gone_at)
        ]
        told = self._changes_told(changes, before, cards, vanishing, returned)
        counts = {name: len(values) for name, values in told.items()} | {"read": len(cards), "moves": exact}
        if vanishing.held:
            counts["held"] = len(vanishing.held)
        return Stored(
            counts=counts,
            changes={name: values[:CHANGES_LISTED] for name, values in told.items() if values},
            notes=tuple(self.notes),
            held=bool(vanishing.held),
        )

    # --- columns ----------------------------------------------------------------------------------

    def _columns_store(self, stored: Sequence[Column]) -> dict[str, Column]:
        known = {column.external_id: column for column in stored}
        for data in self.snapshot.columns:
            column = known.get(data.external_id) or Column(board=self.board, external_id=data.external_id)
            known[data.external_id] = self._column_fill(column, data)
        Column.objects.bulk_create([column for column in known.values() if not column.pk])
        listed = {data.external_id for data in self.snapshot.columns}
        for external_id, column in known.items():
            if external_id not in listed and column.is_active and self.snapshot.complete:
                column.is_active = False
                column.save(update_fields=["is_active"])
        unmatched = [column.name for column in known.values() if column.is_active and not column.stage]
        if unmatched:
            self.notes.append(
                f"No stage is known for {_listed(unmatched)}: cards there are in no roadmap column. "
                "Say what these columns mean."
            )
        return known

    def _column_fill(self, column: Column, data: ColumnData) -> Column:
        values: dict[str, Any] = {
            "name": text_fit(data.name, 200) or data.external_id,
            "position": max(data.position, 0),
            "wip_limit": data.wip_limit,
            "is_active": data.is_active,
        }
        renamed = column.pk and column.name != values["name"]
        if column.stage_origin != Column.StageOrigin.PERSON and (
            not column.pk or renamed or not column.stage
        ):
            proposed = stage_propose(values["name"], data.category)
            if proposed:
                values |= {"stage": proposed, "stage_origin": Column.StageOrigin.NAME}
        if renamed:
            self.notes.append(f"The column {column.name} is now called {values['name']}.")
        changed = [name for name, value in values.items() if getattr(column, name) != value]
        for name in changed:
            setattr(column, name, values[name])
        if column.pk and changed:
            Column.objects.filter(pk=column.pk).update(**{name: values[name] for name in changed})
        return column

    # --- cards ------------------------------------------------------------------------------------

    def _cards_store(
        self,
        cards: dict[str, CardData],
        before: dict[str, Card],
        columns: dict[str, Column],
        ids_before: dict[int, str],
    ) -> list[MoveData]:
        """Writes new cards and those that differ; returns the moves that the read tells."""
        tells_moves = provider_get(self.board.connection.kind).history is not History.NONE
        metrics = {
            key.lower(): pk
            for key, pk in Metric.objects.of_product(self.board.team.product).values_list("key", "pk")
        }
        told: dict[str, list[MoveData]] = {}
        for move in self.snapshot.moves:
            told.setdefault(move.card_identity, []).append(move)
        new: list[Card] = []
        changed: list[Card] = []
        moves: list[MoveData] = []
        for identity, data in cards.items():
            card = before.get(identity)
            known = self._known(card, ids_before)
            reading = moves_read(
                card=data, told=told.get(identity, ()), known=known, now=self.now, tells_moves=tells_moves
            )
            moves += reading.moves
            values = self._values(data, card, columns, metrics) | {"stage_since": reading.column_since}
            if card is None:
                new.append(Card(board=self.board, identity=identity, first_seen_at=self.now, **values))
            elif _STORED(card) != _READ(values):
                changed.append(
                    Card(board=self.board, identity=identity, first_seen_at=card.first_seen_at, **values)
                )
        self.keys = {identity: card.pk for identity, card in before.items()}
        self.keys |= {card.identity: card.pk for card in Card.objects.bulk_create(new, batch_size=BATCH)}
        Card.objects.bulk_create(
            changed,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["board", "identity"],
            update_fields=[*(name.removesuffix("_id") if name in {"column_id", "metric_id"} else name
                             for name in _FIELDS), "updated_at"],
        )  # fmt: skip
        return moves

    def _known(self, card: Card | None, columns: dict[int, str]) -> Known | None:
        if card is None or self.board.last_synced_at is None:
            return None
        return Known(
            column=columns.get(card.column_id or 0),
            column_name=card.state_raw,
            stage_since=card.stage_since,
            last_read_at=self.board.last_synced_at,
        )

    def _values(
        self, data: CardData, card: Card | None, columns: dict[str, Column], metrics: dict[str, int]
    ) -> dict[str, Any]:
        labels = list(data.labels) if data.labels is not None else (list(card.labels) if card else [])
        column = columns.get(data.column_external_id or "")
        return {
            "external_id": text_fit(data.external_id, 200),
            "key": text_fit(data.key, 60),
            "title": data.title,
            "url": url_fit(data.url),
            "type": text_fit(data.type, 60),
            "column_id": column.pk if column else None,
            "state_raw": text_fit(data.state_raw, 200),
            "swimlane": text_fit(data.swimlane, 200),
            "labels": [text_fit(label, 200) for label in labels],
            "assignees": list(data.assignees),
            "priority": text_fit(data.priority, 60),
            "blocked": data.blocked,
            "blocked_reason": text_fit(data.blocked_reason, 300),
            "tool_created_at": data.created_at,
            "tool_updated_at": data.updated_at,
            "done_at": data.done_at or (card.done_at if card and card.closed and data.closed else None)
            or (self.now if data.closed and card and not card.closed else None),
            "due_on": data.due_date,
            "closed": data.closed,
            "missing_since": None,
            "gone_at": None,
            **_context(context_read(labels, text_fit(data.description, 100_000)), card, metrics),
        }  # fmt: skip

    # --- moves ------------------------------------------------------------------------------------

    def _moves_store(self, moves: Iterable[MoveData], columns: dict[str, Column]) -> int:
        """Stores moves that are not known yet; exact ones take the place of observed ones of the same time."""
        moves = list(moves)
        if not moves:
            return 0
        earliest = min(move.at for move in moves)
        stored = list(CardMove.objects.filter(card__board=self.board, at__gte=earliest).order_by("pk"))
        known = {(move.card_id, move.at, move.to_column_id) for move in stored}
        rows = []
        for move in moves:
            source = columns.get(move.from_column_external_id or "")
            target = columns.get(move.to_column_external_id or "")
            key = (self.keys[move.card_identity], move.at, target.pk if target else None)
            if key in known:
                continue
            known.add(key)
            rows.append(
                CardMove(
                    card_id=key[0],
                    from_column=source,
                    to_column=target,
                    from_raw=text_fit(move.from_raw, 200),
                    to_raw=text_fit(move.to_raw, 200),
                    at=move.at,
                    not_before=move.not_before,
                    source=move.source.value,
                )
            )
        self._observed_replace(stored, rows)
        CardMove.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
        return len(rows)

    def _observed_replace(self, stored: Iterable[CardMove], rows: Sequence[CardMove]) -> None:
        exact = [row for row in rows if row.source != MoveSource.OBSERVED.value]
        by_card: dict[int, list[CardMove]] = {}
        for row in exact:
            by_card.setdefault(row.card_id, []).append(row)
        replaced = [
            move.pk
            for move in stored
            if move.source == CardMove.Source.OBSERVED and move.not_before is not None
            and any(row.to_column_id == move.to_column_id and move.not_before <= row.at <= move.at
                    for row in by_card.get(move.card_id, ()))
        ]  # fmt: skip
        if replaced:
            CardMove.objects.filter(pk__in=replaced).delete()

    # --- what vanished ----------------------------------------------------------------------------

    def _vanished_store(self, cards: dict[str, CardData], before: dict[str, Card]) -> Vanishing:
        known = {identity: card.missing_since for identity, card in before.items() if card.gone_at is None}
        vanishing = vanishing_read(
            known=known,
            read=cards.keys(),
            complete=self.snapshot.complete,
            deleted=self.snapshot.deleted,
            accept=self.accept_missing,
        )
        _mark(before, vanishing.missing, missing_since=self.now)
        _mark(before, vanishing.gone, gone_at=self.now)
        if vanishing.held:
            self.notes.append(
                f"{len(vanishing.held)} of {len(known)} cards are not in this read, more than a fifth at once. "
                "They are kept as they are until somebody confirms that they are really gone."
            )
        return vanishing

    def _changes_told(
        self,
        changes: Changes,
        before: dict[str, Card],
        cards: dict[str, CardData],
        vanishing: Vanishing,
        returned: list[str],
    ) -> dict[str, list[Any]]:
        """The change list of the run, cards by the id that their tool gives them."""

        def external(identity: str) -> str:
            return cards[identity].external_id if identity in cards else before[identity].external_id

        back = {identity for identity, card in before.items() if card.gone_at is not None}
        return {
            "created": [external(identity) for identity in changes.created if identity not in back],
            "moved": [
                {"card": external(move.identity), "from": move.from_column, "to": move.to_column}
                for move in changes.moved
            ],
            "renamed": [
                {"card": external(item.identity), "before": item.before, "after": item.after}
                for item in changes.renamed
            ],
            "closed": [external(identity) for identity in changes.closed],
            "reopened": [external(identity) for identity in changes.reopened],
            "missing": [external(identity) for identity in vanishing.missing],
            "gone": [external(identity) for identity in vanishing.gone],
            "returned": returned,
            "columns_renamed": [
                {"column": item.identity, "before": item.before, "after": item.after}
                for item in changes.columns_renamed
            ],
            "columns_added": list(changes.columns_added),
            "columns_removed": list(changes.columns_removed),
        }


def _mark(before: dict[str, Card], identities: Sequence[str], **values: Any) -> None:
    keys = [before[identity].pk for identity in identities]
    for start in range(0, len(keys), BATCH):
        Card.objects.filter(pk__in=keys[start : start + BATCH]).update(**values)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown


def _context(found: dict[str, str], card: Card | None, metrics: dict[str, int]) -> dict[str, Any]:
    """The card's context after a read: the tool's values, but never over a person's."""
    context = {
        name: entry for name, entry in (card.context if card else {}).items() if entry.get("origin") == PERSON
    }
    for name in CONTEXT_FIELDS:
        if name != "metric" and name in found and name not in context:
            context[name] = {"value": text_fit(found[name], 500), "origin": TOOL}
    if card is not None and card.metric_origin == PERSON:
        return {
            "context": context,
            "metric_id": card.metric_id,
            "metric_origin": PERSON,
            "metric_key_unknown": card.metric_key_unknown,
        }
    key = found.get("metric", "")
    metric_id = metrics.get(key)
    return {
        "context": context,
        "metric_id": metric_id,
        "metric_origin": TOOL if key else "",
        "metric_key_unknown": "" if metric_id or not key else text_fit(key, 120),
    }


def _card_fit(card: CardData) -> CardData:
    """The card under the title that is stored, so that a cut title is no rename at the next read."""
    title = text_fit(card.title, 500) or "(no title)"
    return card if title == card.title else replace(card, title=title)


def _snapshot_of(columns: Sequence[Column], cards: dict[str, Card], ids: dict[int, str]) -> Snapshot:
    """The stored state in the shape of a read, to be compared with one."""
    return Snapshot(
        columns=tuple(
            ColumnData(external_id=column.external_id, name=column.name, position=column.position)
            for column in columns
            if column.is_active
        ),
        cards=tuple(
            CardData(
                external_id=card.external_id,
                identity=card.identity,
                title=card.title,
                column_external_id=ids.get(card.column_id or 0),
                closed=card.closed,
            )
            for card in cards.values()
            if card.gone_at is None
        ),
    )
