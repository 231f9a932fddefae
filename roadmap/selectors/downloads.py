"""An edition to take away: rows for a spreadsheet, and a document for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from roadmap.models import Edition, EditionCard, Stage

HEADERS = (
    "Team", "Stage", "Column on the board", "Key", "Title", "Target metric", "Goals", "Days in stage", "Blocked",
    "Why blocked", "Ageing", "Contradicted belief", "Change", "Weeks unchanged", "Link",
)  # fmt: skip
_LABELS = dict(Stage.choices)
# A spreadsheet takes a cell that begins like this for a formula and would run it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell_safe(value: Any) -> str:
    """A value as the text of a cell that no spreadsheet runs as a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def edition_csv_rows(*, edition: Edition) -> Iterator[list[str]]:
    """The header and a row for each card, by team and stage."""
    yield list(HEADERS)
    for card in _cards(edition):
        values = (
            card.edition_team.team_name, _LABELS.get(card.stage, ""), card.column_name, card.key, card.title,
            card.metric_name, ", ".join(card.goals), card.days_in_stage, "yes" if card.blocked else "no",
            card.blocked_reason, "yes" if card.ageing else "no",
            "yes" if card.contradicted else "no", card.change, card.weeks_unchanged, card.url,
        )  # fmt: skip
        yield [cell_safe(value) for value in values]


def edition_document(*, edition: Edition) -> dict[str, Any]:
    """The whole edition as plain values."""
    return {
        "schema": edition.schema,
        "product": edition.product.slug,
        "week": edition.week,
        "revision": edition.revision,
        "cutoff_at": edition.cutoff_at.isoformat(),
        "published_at": edition.published_at.isoformat(),
        "totals": edition.totals,
        "difference": edition.difference,
        "teams": [
            {"team": team.team_name, "freshness": team.freshness, "boards": team.boards}
            for team in edition.teams.all()
        ],
        "cards": [card_document(card) for card in _cards(edition)],
    }


def card_document(card: EditionCard) -> dict[str, Any]:
    """One frozen card as plain values."""
    return {
        "card": card.card_id,
        "team": card.edition_team.team_name,
        "key": card.key,
        "title": card.title,
        "url": card.url,
        "stage": card.stage,
        "column": card.column_name,
        "metric": card.metric_name,
        "goals": card.goals,
        "context": card.context,
        "blocked": card.blocked,
        "blocked_reason": card.blocked_reason,
        "ageing": card.ageing,
        "contradicted": card.contradicted,
        "days_in_stage": card.days_in_stage,
        "weeks_unchanged": card.weeks_unchanged,
        "change": card.change,
    }


def _cards(edition: Edition) -> Iterator[EditionCard]:
    rows = EditionCard.objects.filter(edition=edition).select_related("edition_team")
    return rows.order_by("edition_team__team_name", "stage", "-days_in_stage", "pk").iterator(chunk_size=500)
