"""A board that somebody exported from Trello as JSON: its lists, its cards, and the moves that its actions tell. Pure.

The export has the shapes of Trello's API, so it is read as a connected board is, and nothing is to be matched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from common.display.values import plural
from common.errors import PermanentError
from roadmap.boards.base import CardData, Snapshot
from roadmap.boards.trello_answers import TrelloCards, TrelloHistory, TrelloLists
from roadmap.boards.upload_files import MAX_ROWS, Problem, Row, UploadError

ACTIONS_EXPORTED = 1000  # Trello puts no more into an export
# What of a card the preview shows, under the names of a plain list.
_SHOWN: dict[str, Callable[[CardData], Iterable[str]]] = {
    "Id": lambda card: (card.key or card.external_id,),
    "Title": lambda card: (card.title,),
    "Column": lambda card: (card.state_raw,),
    "Labels": lambda card: card.labels or (),
    "Description": lambda card: (card.description,),
    "Due date": lambda card: (str(card.due_date or ""),),
    "Closed": lambda card: ("yes" if card.closed else "no",),
}
HEADERS = tuple(_SHOWN)


def is_trello_export(data: Any) -> bool:
    """True for a whole board as Trello's menu “Export as JSON” gives it."""
    return (
        isinstance(data, dict) and isinstance(data.get("lists"), list) and isinstance(data.get("cards"), list)
    )


def export_snapshot(data: Mapping[str, Any], *, complete: bool) -> Snapshot:
    """The exported board; UploadError naming each card that lacks an id, a name or a list."""
    if not is_trello_export(data):
        raise _refused('it is no board that Trello exported: "lists" or "cards" are missing.')
    cards, actions = data["cards"], data.get("actions")
    if len(cards) > MAX_ROWS:
        raise _refused(f"it has more than {MAX_ROWS:,} cards. Upload fewer.")
    try:
        lists = TrelloLists.of(data["lists"])
    except PermanentError:
        raise _refused('a list lacks an id or a name under "lists". Export the board again.') from None
    reading = TrelloCards(lists)
    problems: list[Problem] = []
    for number, card in enumerate(cards, start=1):
        broken = reading.broken
        reading.page_add([card])
        if reading.broken > broken:
            problems.append(
                Problem(number, "cards", "the card lacks an id, a name or a list. Export the board again.")
            )
    if problems:
        raise UploadError(problems)
    history = TrelloHistory(lists)
    history.page_add(actions if isinstance(actions, list) else [])
    return Snapshot(
        columns=tuple(lists.by_id.values()),
        cards=tuple(history.done_fill(reading.by_id.values())),
        moves=tuple(history.moves_of(reading.by_id)),
        deleted=history.gone(reading.by_id),
        complete=complete,
        notes=tuple(_notes(actions, reading, history)),
    )


def card_row(number: int, card: CardData) -> Row:
    """A card as a row under HEADERS, for the preview."""
    return Row(number, {header: tuple(shown(card)) for header, shown in _SHOWN.items()})


def _refused(message: str) -> UploadError:
    return UploadError([Problem(0, "", message)])


def _notes(actions: Any, reading: TrelloCards, history: TrelloHistory) -> list[str]:
    notes = []
    if reading.aside:
        cards = plural(reading.aside, "template or dividing line", "templates and dividing lines")
        notes.append(f"{cards} left out: no work.")
    if reading.off_board:
        notes.append(
            f"{plural(reading.off_board, 'card')} in a list that the export does not have: on no column."
        )
    if not isinstance(actions, list):
        notes.append("The export has no actions: moves are seen between two uploads.")
    elif len(actions) >= ACTIONS_EXPORTED:
        notes.append(
            f"Trello exports the last {ACTIONS_EXPORTED:,} actions: moves before them are not known."
        )
    if history.broken:
        notes.append(f"{plural(history.broken, 'action')} left out: in a shape that is not known.")
    return notes
