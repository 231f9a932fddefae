"""What the chart and list components are given: plain values, ready to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class QuarterCell:
    """One quarter of a strip. `label` "Q3 2026", `short` "Q3" (or "’26" for the first of a year)."""

    label: str
    short: str
    result: str  # met, missed, open, no_target, no_data, exempt
    actual: str = ""  # ready to show, with its unit
    target: str = ""
    provisional: bool = False


@dataclass(frozen=True)
class Segment:
    """One part of a segmented bar: `kind` good, warn, bad or none."""

    kind: str
    count: int
    word: str
    icon: str


@dataclass(frozen=True)
class BetGoal:
    """A goal on the map of bets; `detail` such as "109.9% of 110.0%"."""

    id: str
    title: str
    url: str
    status: str
    detail: str = ""


@dataclass(frozen=True)
class BetMetric:
    """A metric on the map of bets; `status` as for `{% metric_status %}`."""

    id: str
    name: str
    url: str
    status: str


@dataclass(frozen=True)
class BetTeam:
    """A team on the map of bets with the ids of the metrics that it answers for."""

    id: str
    name: str
    url: str
    detail: str = ""
    metrics: Sequence[str] = ()


@dataclass(frozen=True)
class BetLink:
    """A belief: goal and metric by id, and the verdict on it."""

    goal: str
    metric: str
    verdict: str


@dataclass(frozen=True)
class BetMap:
    """Everything on the map of bets. Links to unknown ids are an error."""

    goals: Sequence[BetGoal]
    metrics: Sequence[BetMetric]
    teams: Sequence[BetTeam] = ()
    links: Sequence[BetLink] = ()


@dataclass(frozen=True)
class TreeMetric:
    """A metric under a goal: its value, status, verdict and the cards in hand per stage."""

    name: str
    url: str
    value: str
    status: str
    verdict: str
    cards: int = 0
    stages: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True)
class TreeGoal:
    """The root of a metric tree."""

    title: str
    url: str
    value: str
    status: str
    metrics: Sequence[TreeMetric] = ()


@dataclass(frozen=True)
class Step:
    """One step of a stage bar; `state` is done, now or next."""

    label: str
    detail: str
    state: str


@dataclass(frozen=True)
class Change:
    """One field that differs between two versions, both ready to show; empty means absent."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class BothVersions:
    """One field after two people saved: what the reader typed, and what is stored."""

    label: str
    yours: str
    theirs: str

    @property
    def differs(self) -> bool:
        return self.yours != self.theirs


@dataclass(frozen=True)
class Table:
    """The figures of a chart as a table. The first cell of a row is its heading; cells are ready to show."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class KeyItem:
    """One entry of a chart's key; `line` names a class of charts.css; "marks" are quarters met and missed, "band" an area."""

    word: str
    line: str = "ln"


@dataclass(frozen=True)
class HistoryEntry:
    """One audit event, ready to show."""

    who: str
    what: str
    at: datetime
    reason: str = ""
    changes: Sequence[Change] = ()
