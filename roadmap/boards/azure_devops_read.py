"""The calls that one read of an Azure DevOps board is made of, in the order in which they must come.

The revisions are read first: a card that is moved meanwhile is then seen in its new column without its move, and the
next read brings the move.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from urllib.parse import quote

from common.errors import PermanentError, TransientError
from roadmap.boards.azure_devops_answers import (
    SYSTEM_FIELDS,
    AzureBoard,
    AzureCards,
    PlaceFields,
    areas_read,
    context_fields,
)
from roadmap.boards.azure_devops_calls import UNKNOWN_SHAPE, AzureCalls, RefusedError
from roadmap.boards.azure_devops_moves import (
    Batch,
    Memory,
    Revision,
    batch_read,
    moves_derived,
    moves_told,
    names_merged,
    revision_fields,
)
from roadmap.boards.base import CardData, MoveData
from roadmap.boards.paging import pages

BATCH = 200  # the most work items that one call gives
QUERY_PAGE = 5_000  # ids; a query for more than 20,000 is refused as a whole
HISTORY_FIRST = timedelta(
    days=366
)  # the list is the whole project's: older revisions cost more than they tell
HISTORY_PAGES = 100  # in one read; the next one goes on from there

_CARD_FIELDS = (
    "System.Id", "System.Title", "System.WorkItemType", "System.State", "System.Tags", "System.AssignedTo",
    "System.CreatedDate", "System.ChangedDate", "System.Description", "System.BoardColumn", "System.BoardColumnDone",
    "System.BoardLane", "Microsoft.VSTS.Common.ClosedDate", "Microsoft.VSTS.Common.StateChangeDate",
    "Microsoft.VSTS.Common.ActivatedDate", "Microsoft.VSTS.Common.Priority", "Microsoft.VSTS.CMMI.Blocked",
    "Microsoft.VSTS.Scheduling.StoryPoints", "Microsoft.VSTS.Scheduling.Effort", "Microsoft.VSTS.Scheduling.Size",
    "Microsoft.VSTS.Scheduling.StartDate", "Microsoft.VSTS.Scheduling.DueDate",
    "Microsoft.VSTS.Scheduling.TargetDate", "Microsoft.VSTS.TCM.ReproSteps",
)  # fmt: skip


@dataclass
class BoardHistory:
    """What the revisions brought; `told` is False when this tool or token does not give them."""

    memory: Memory
    token: str = ""
    revisions: list[Revision] = field(default_factory=list)
    told: bool = True
    at_end: bool = True


@dataclass(frozen=True)
class BoardRead:
    """One board of one team, through its calls."""

    calls: AzureCalls
    base_url: str
    project: str
    team: str
    board_id: str

    def board(self) -> AzureBoard:
        """The board with its columns."""
        path = f"{path_of(self.project, self.team)}/_apis/work/boards/{path_of(self.board_id)}"
        return AzureBoard.of(self.calls.get(path))

    def ids(self, board: AzureBoard) -> list[int]:
        """The ids of the work items of the board's team and types, in their order."""
        area, values = areas_read(
            self.calls.get(f"{path_of(self.project, self.team)}/_apis/work/teamsettings/teamfieldvalues")
        )
        query = _query(board.types, area, values)

        def read(last: int | None) -> tuple[list[int], int | None]:
            body = {"query": f"{query} AND [System.Id] > {last or 0} ORDER BY [System.Id]"}
            answer = self.calls.post(f"{path_of(self.project)}/_apis/wit/wiql", body, _top=QUERY_PAGE)
            try:
                found = [int(item["id"]) for item in answer["workItems"]]
            except (KeyError, TypeError, ValueError):
                raise PermanentError(UNKNOWN_SHAPE) from None
            # A server may give less than was asked for, but hardly less than a batch.
            return found, max(found) if len(found) >= BATCH else None

        return sorted({item for page in pages(read, host=self.calls.host) for item in page})

    def cards(self, board: AzureBoard, ids: Sequence[int]) -> tuple[list[CardData], PlaceFields]:
        """The cards of `ids`, without those that could not be read, and the fields by which their columns were found."""
        context = self._context_fields() if ids else {}
        items = self._items(board, ids, context)
        where = board.fields
        fields = [
            item["fields"]
            for item in items
            if isinstance(item, dict) and isinstance(item.get("fields"), dict)
        ]
        if fields and not any(where.column in values for values in fields):
            where = SYSTEM_FIELDS  # this server does not tell each board's own column
        project_url = f"{self.base_url}/{path_of(self.project)}"
        reading = AzureCards(
            board=board, web_url=self.base_url, project_url=project_url, where=where, context=context
        )
        asked = {str(item) for item in ids}
        return [card for card in reading.cards(items) if card.external_id in asked], where

    def _context_fields(self) -> dict[str, str]:
        """The project's own fields that hold parts of a card's context; none where they are not shown."""
        try:
            return context_fields(self.calls.get(f"{path_of(self.project)}/_apis/wit/fields"))
        except RefusedError as error:
            if error.status not in {400, 403, 404, 405, 410}:
                raise
            return {}

    def _items(self, board: AzureBoard, ids: Sequence[int], more: Iterable[str]) -> list[Any]:
        """The work items; one that was taken away since the query comes as null."""
        own = (board.fields.column, board.fields.done, board.fields.lane)
        fields: list[str] | None = list(dict.fromkeys([*_CARD_FIELDS, *own, *more]))
        found: list[Any] = []
        for start in range(0, len(ids), BATCH):
            part = ids[start : start + BATCH]
            try:
                answer = self._batch(part, fields)
            except RefusedError as error:
                # A field that this server does not know refuses the call: without a list it gives all it has.
                if error.status != 400 or fields is None:
                    raise
                fields = None
                answer = self._batch(part, fields)
            items = values_of(answer)
            if len(items) < len(part):
                raise TransientError(f"{self.calls.host} left part of the question unanswered. Try again.")
            found += items
        return found

    def _batch(self, ids: Sequence[int], fields: list[str] | None) -> Any:
        body: dict[str, Any] = {"ids": list(ids), "errorPolicy": "omit"}
        if fields is not None:
            body["fields"] = fields
        return self.calls.post(f"{path_of(self.project)}/_apis/wit/workitemsbatch", body)

    def history(self, board: AzureBoard, memory: Memory, notes: list[str]) -> BoardHistory:
        """The revisions since the last read; a token that may not read them still gets the board."""
        # A refusal does not say whether it is about the board's own fields or about the place to go on from.
        anew = [Memory(names=memory.names)] if memory.token else []
        for begin, where in product([memory, *anew], dict.fromkeys((board.fields, SYSTEM_FIELDS))):
            try:
                history = self._revisions(board.types, begin, where, notes)
            except RefusedError as error:
                if error.status == 400:
                    continue
                if error.status in {403, 404, 405, 410}:
                    break
                raise
            if begin is not memory:
                notes.append("Azure DevOps no longer knows where the last read of moves ended: read anew.")
            return history
        notes.append(
            "Azure DevOps does not let this token read the revisions of the project; moves are known by the last "
            "change of state, or seen between two reads."
        )
        return BoardHistory(memory=memory, told=False)

    def _revisions(
        self, types: Sequence[str], memory: Memory, where: PlaceFields, notes: list[str]
    ) -> BoardHistory:
        body = {"fields": revision_fields(where), "types": list(types), "includeDeleted": True}
        path = f"{path_of(self.project)}/_apis/wit/reporting/workitemrevisions"
        first = (datetime.now(UTC) - HISTORY_FIRST).strftime("%Y-%m-%dT%H:%M:%SZ")
        history = BoardHistory(memory=memory, token=memory.token)
        broken = 0

        def read(token: str | None) -> tuple[Batch, str | None]:
            token = token or memory.token
            place = {"continuationToken": token} if token else {"startDateTime": first}
            batch = batch_read(self.calls.post(path, body, **place), where)
            return batch, None if batch.is_last else batch.token

        for number, batch in enumerate(pages(read, host=self.calls.host), start=1):
            history.revisions += batch.revisions
            history.token = batch.token or history.token
            broken += batch.broken
            if number == HISTORY_PAGES and not batch.is_last:
                notes.append("Only part of the moves was read this time; the next read goes on from there.")
                history.at_end = False
                break
        if broken:
            notes.append(f"Revisions that came in no known form: {broken}. Moves may be missing.")
        return history


def moves_and_memory(
    board: AzureBoard, history: BoardHistory, cards: Sequence[CardData], *, own: bool
) -> tuple[tuple[MoveData, ...], tuple[str, ...], Memory]:
    """(the moves of the cards, the deleted items, what to remember)."""
    names = names_merged(history.memory.names, board.names)
    if not history.told:
        return moves_derived(cards), (), replace(history.memory, names=names)
    told = moves_told(
        history.revisions,
        board=board,
        memory=history.memory,
        names=names,
        present={int(card.external_id) for card in cards},
        placed={int(card.external_id) for card in cards if card.column_external_id is not None},
        own=own,
    )
    places = dict(told.places)
    if history.at_end:
        # No revision for a year: it stands where it stands, so that its next one tells a move.
        for card in cards:
            places.setdefault(int(card.external_id), card.column_external_id or "")
    return told.moves, told.deleted, Memory(token=history.token, names=names, places=places)


def places_told(cards: Sequence[CardData], board: AzureBoard, where: PlaceFields) -> list[str]:
    """What must be known about where the cards stand."""
    notes = []
    if where != board.fields:
        notes.append(
            "Azure DevOps does not tell this board's own columns of the work items; those of the team that owns each "
            "item were taken."
        )
    off = sum(1 for card in cards if card.column_external_id is None)
    if off:
        notes.append(
            f"{counted(off)} of the team {'stands' if off == 1 else 'stand'} in no column of this board."
        )
    return notes


def _query(types: Sequence[str], area: str, values: Sequence[tuple[str, bool]]) -> str:
    """The query for a board's work items, without their order."""
    kinds = ", ".join(_quoted(kind) for kind in types)
    below = " OR ".join(f"[{area}] {'UNDER' if deep else '='} {_quoted(value)}" for value, deep in values)
    return (
        "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project "  # noqa: S608 - all texts are quoted
        f"AND [System.WorkItemType] IN ({kinds}) AND ({below})"
    )


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def counted(items: int) -> str:
    """How many work items, in words."""
    return f"{items} work item{'' if items == 1 else 's'}"


def path_of(*parts: str) -> str:
    """`parts` as steps of an address; names may hold blanks and more."""
    return "/".join(quote(part, safe="") for part in parts)


def values_of(answer: Any) -> list[Any]:
    """The list of an answer; PermanentError when there is none: taken for an empty one, cards would vanish."""
    values = answer.get("value") if isinstance(answer, dict) else None
    if not isinstance(values, list):
        raise PermanentError(UNKNOWN_SHAPE)
    return values
