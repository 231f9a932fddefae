"""What the page of a team's targets shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from common.quarters import Quarter
from metrics.models import Target
from metrics.selectors.targets import TargetStanding, target_standings, targets_of_quarter
from teams.models import Team


@dataclass(frozen=True)
class TargetQuarter:
    """One quarter's targets. `carry` is how many of the quarter before are not proposed in it."""

    quarter: Quarter
    standings: list[TargetStanding]
    carry: int

    @property
    def agreed(self) -> int:
        return sum(1 for standing in self.standings if standing.target.state != Target.State.PROPOSED)


@dataclass(frozen=True)
class TargetBoard:
    """This quarter, the next, and the one before for comparison."""

    current: TargetQuarter
    coming: TargetQuarter
    past: TargetQuarter


def target_board(*, team: Team, quarter: Quarter, today: date) -> TargetBoard:
    """The targets of the team around `quarter`."""
    spans = [quarter.previous, quarter, quarter.next]
    found = [
        list(
            targets_of_quarter(team=team, quarter=span)
            .select_related("product_agreed_by", "team_agreed_by", "metric__product")
            .order_by("metric__name")
        )
        for span in spans
    ]
    standings = [
        target_standings(targets=rows, quarter=span, today=today) if rows else []
        for rows, span in zip(found, spans, strict=True)
    ]
    carry = [
        len(
            {target.metric_id for target in before if target.metric.archived_at is None}
            - {target.metric_id for target in after}
        )
        for before, after in pairwise(found)
    ]
    return TargetBoard(
        current=TargetQuarter(spans[1], standings[1], carry[0]),
        coming=TargetQuarter(spans[2], standings[2], carry[1]),
        past=TargetQuarter(spans[0], standings[0], 0),
    )
