"""Filters of the list of goals; they live in the address, so that every view can be shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common.display.words import GOAL
from strategy.models import Goal, GoalVersion
from strategy.selectors.rows import GoalRow

STATUSES = ("off_track", "at_risk", "on_track", "achieved", "no_data")
SHOWN = {"active": (Goal.State.ACTIVE,), "draft": (Goal.State.DRAFT,), "retired": (Goal.State.RETIRED,)}


@dataclass(frozen=True)
class Choice:
    """One value of a filter: what it is called, how many goals have it, whether it is on."""

    value: str
    label: str
    count: int
    is_on: bool


@dataclass(frozen=True)
class FilterChoices:
    """What the filter bar shows."""

    shown: list[Choice]
    statuses: list[Choice]
    horizons: list[Choice]
    owners: list[Choice]
    is_on: bool


@dataclass(frozen=True)
class GoalFilter:
    """What to show: state, status, owner (id as text) and horizon; unknown values count as not given."""

    show: str = "active"
    status: str = ""
    owner: str = ""
    horizon: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> GoalFilter:
        show, status, horizon = (query.get(name, "") for name in ("show", "status", "horizon"))
        return cls(
            show=show if show in SHOWN else "active",
            status=status if status in STATUSES else "",
            owner=query.get("owner", ""),
            horizon=horizon if horizon in GoalVersion.Horizon.values else "",
        )

    @property
    def states(self) -> Sequence[str]:
        return SHOWN[self.show]

    def apply(self, rows: Sequence[GoalRow]) -> list[GoalRow]:
        """The rows that pass."""
        return [
            row
            for row in rows
            if (not self.status or row.status == self.status)
            and (not self.owner or str(row.version.owner_id) == self.owner)
            and (not self.horizon or row.version.horizon == self.horizon)
        ]

    def choices(self, rows: Sequence[GoalRow]) -> FilterChoices:
        """The chips, with the number of goals behind each."""
        owners = {str(row.version.owner_id): row.owner for row in rows}
        return FilterChoices(
            shown=[Choice(value, value.capitalize(), 0, value == self.show) for value in SHOWN],
            statuses=[
                Choice(code, GOAL[code].text, count, code == self.status)
                for code in STATUSES
                if (count := sum(row.status == code for row in rows)) or code == self.status
            ],
            horizons=[
                Choice(str(value), str(label), count, value == self.horizon)
                for value, label in GoalVersion.Horizon.choices
                if (count := sum(row.version.horizon == value for row in rows)) or value == self.horizon
            ],
            owners=[
                Choice(pk, name, sum(str(row.version.owner_id) == pk for row in rows), pk == self.owner)
                for pk, name in sorted(owners.items(), key=lambda item: item[1])
            ],
            is_on=bool(self.status or self.owner or self.horizon),
        )
