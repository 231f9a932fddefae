"""What of an edition is shown, and how: from and to the query string, so that every view has an address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from roadmap.boards.stages import ROADMAP_COLUMNS, roadmap_column_of
from roadmap.models import Stage
from roadmap.selectors.edition_cards import CardRow

NO_GOAL, NO_METRIC = "Not linked to a goal", "Not linked to a metric"
FLAGS = ("blocked", "ageing", "unlinked", "contradicted")
# The name of each view and its word; the first is shown when none is named.
VIEWS = (("team", "Team"), ("goal", "Goal"), ("metric", "Metric"), ("list", "List"))


@dataclass(frozen=True, slots=True)
class Filters:
    """What of an edition is shown; empty means everything."""

    view: str = VIEWS[0][0]
    team: str = ""
    goal: str = ""
    metric: str = ""
    column: str = ""
    flags: frozenset[str] = frozenset()
    older: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filters:
        """Unknown values match nothing rather than fail: a shared address may outlive a team."""
        view = query.get("view", "")
        return cls(
            view=view if view in dict(VIEWS) else VIEWS[0][0],
            team=query.get("team", "")[:120],
            goal=query.get("goal", "")[:200],
            metric=query.get("metric", "")[:120],
            column=query.get("column", "")[:40],
            flags=frozenset(flag for flag in FLAGS if query.get(flag)),
            older=bool(query.get("older")),
        )

    @property
    def any(self) -> bool:
        return bool(self.team or self.goal or self.metric or self.column or self.flags)

    @property
    def column_label(self) -> str:
        """The one column shown, in words; empty when all are."""
        return next((column.label for column in ROADMAP_COLUMNS if column.key == self.column), self.column)

    def admits(self, card: CardRow) -> bool:
        """True when the card is among what is asked for."""
        return (
            (not self.team or card.team == self.team)
            and (not self.goal or self.goal in (card.goals or (NO_GOAL,)))
            and (not self.metric or self.metric == (card.metric_name or NO_METRIC))
            and (not self.column or self._in_column(card))
            and all(flag_holds(flag, card) for flag in self.flags)
        )

    def _in_column(self, card: CardRow) -> bool:
        column = roadmap_column_of(card.stage)
        return column is not None and column.key == self.column


def flag_holds(flag: str, card: CardRow) -> bool:
    """True when the card has what the flag asks for; finished work is neither stuck nor without a link to mend."""
    if flag == "blocked":
        return card.stuck
    if flag == "ageing":
        return card.ageing
    return card.in_hand and (card.contradicted if flag == "contradicted" else card.unlinked)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter with the number of cards it leaves."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What each filter offers, counted over the whole edition."""

    teams: list[Choice]
    goals: list[Choice]
    metrics: list[Choice]
    flags: dict[str, int]


def choices_of(*, rows: Sequence[CardRow], teams: Sequence[str]) -> Choices:
    """The values of every filter; discarded work is not counted."""
    shown = [card for card in rows if card.stage != Stage.DISCARDED]
    return Choices(
        teams=_choices(((card.team,) for card in shown), teams),
        goals=_choices(card.goals for card in shown),
        metrics=_choices((card.metric_name,) for card in shown if card.linked),
        flags={flag: sum(1 for card in shown if flag_holds(flag, card)) for flag in FLAGS},
    )


def _choices(values: Iterable[Iterable[str]], names: Sequence[str] = ()) -> list[Choice]:
    counts: dict[str, int] = dict.fromkeys(names, 0)
    for group in values:
        for value in group:
            counts[value] = counts.get(value, 0) + 1
    return [Choice(value, counts[value]) for value in sorted(counts, key=str.casefold)]
